"""Files that are not known to be ours are not written, and what is no file is not read."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from collect_xl.domain.own_files import open_regular, own_folder, refuse_folder, refuse_stranger, why_not_ours
from collect_xl.errors import DiskError

posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices and owners of POSIX")


@pytest.fixture(params=["link", "folder", "pipe", "socket", "device"])
def no_file(request, tmp_path):
    """Return a name that stands for something else than a file, and the word for it."""
    path = tmp_path / "odd"
    match request.param:
        case "link":
            (tmp_path / "target").write_text("precious")
            path.symlink_to(tmp_path / "target")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(str(path))
        case "device":
            path = type(path)(os.devnull)
    return path, request.param


@posix
@pytest.mark.timeout(20)
def test_only_a_file_is_ours(no_file):
    """Links, folders, pipes, sockets and devices are named as what they are, and refused where we would write."""
    path, word = no_file
    assert f"is a {word}, not a file" == why_not_ours(path)
    with pytest.raises(DiskError, match=f"is a {word}, not a file, so it is left as it is"):
        refuse_stranger(path, tip="")


@posix
@pytest.mark.timeout(20)
def test_only_a_file_is_read(no_file):
    """What is no file is refused at once, without a wait for what it may give."""
    path, word = no_file
    if word == "link":
        with open_regular(path) as file:
            assert file.read() == b"precious"
    # Of links and sockets the system itself says that they cannot be opened.
    words = {"link": "symbolic links", "socket": "No such device"}.get(word, f"it is a {word}, not a file")
    with pytest.raises(OSError, match=words):
        open_regular(path, follow_links=False).close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user(tmp_path):
    """A file that belongs to another user is not ours, though root may write it."""
    file = tmp_path / "theirs"
    file.write_text("")
    os.chown(file, 4321, 4321)
    assert why_not_ours(file) == "belongs to another user"


def test_a_file_that_is_absent_may_be_made(tmp_path):
    """A file that is not there yet, or is our own, may be written."""
    file = tmp_path / "new"
    assert why_not_ours(file) == ""
    file.write_text("")
    assert why_not_ours(file) == ""


@posix
@pytest.mark.parametrize("place", ["file", "file/below", "link", "pipe"])
def test_a_folder_that_cannot_be_ours_is_known_before_it_is_made(tmp_path, place):
    """What making a folder would be refused for is said in the same words, and nothing is made."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(DiskError) as foreseen:
        refuse_folder(tmp_path / place)
    with pytest.raises(DiskError) as met:
        own_folder(tmp_path / place)
    assert (foreseen.value.message, foreseen.value.tip) == (met.value.message, met.value.tip)
    assert before == sorted(tmp_path.iterdir())


def test_a_folder_that_can_be_made_is_not_made_to_find_out(tmp_path):
    """A folder that is not there, below others that are not there, is no obstacle; and it is not made."""
    refuse_folder(tmp_path / "new" / "one")
    assert list(tmp_path.iterdir()) == []
