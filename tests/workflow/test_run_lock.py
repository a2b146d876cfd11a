"""One run a workbook: what stands in the lock's folder leads to no other file, and holds nothing up."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path

import pytest

from collect_xl.errors import DiskError, HeldElsewhere
from collect_xl.workflow.run_lock import hold, refuse_held

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and owners of POSIX")


def lock_of(folder: Path, book: Path, end: str) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    name = hashlib.sha256(os.fsencode(os.path.realpath(book))).hexdigest()[:24]
    return folder / f"{name}.{end}"


def test_a_note_that_is_a_link(tmp_path):
    """A link in the note's place is replaced by the note, and the file that it leads to stays as it is."""
    precious, book = tmp_path / "precious", tmp_path / "clients.xlsx"
    precious.write_text("text")
    note = lock_of(tmp_path / "books", book, "who")
    note.symlink_to(precious)
    with hold(tmp_path / "books", book, "ann on PC-7"):
        assert (precious.read_text(), note.read_text(), note.is_symlink()) == ("text", "ann on PC-7", False)
        assert stat.S_IMODE(note.stat().st_mode) == 0o600


def test_a_lock_that_is_a_link(tmp_path):
    """A link in the lock's place is refused in words, and the file that it leads to keeps content and rights."""
    precious, book = tmp_path / "precious", tmp_path / "clients.xlsx"
    precious.write_text("text")
    precious.chmod(0o640)
    lock_of(tmp_path / "books", book, "lock").symlink_to(precious)
    with pytest.raises(DiskError, match="is a link, not a file"), hold(tmp_path / "books", book, "ann"):
        pass
    assert (precious.read_text(), stat.S_IMODE(precious.stat().st_mode)) == ("text", 0o640)


def test_a_look_for_a_run_follows_no_link(tmp_path):
    """Whether a run is on is not asked of a lock that leads to another file: it is refused in words."""
    precious, book = tmp_path / "precious", tmp_path / "clients.xlsx"
    precious.write_text("text")
    lock_of(tmp_path / "books", book, "lock").symlink_to(precious)

    with pytest.raises(DiskError, match="left as it is"):
        refuse_held(tmp_path / "books", book)
    assert precious.read_text() == "text"


@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_note_that_is_no_file_is_not_read(tmp_path, kind):
    """A second run names no one where the note is a link or a pipe, and does not wait for it."""
    secret, book = tmp_path / "secret", tmp_path / "clients.xlsx"
    secret.write_text("the key")
    with hold(tmp_path / "books", book, "ann"):
        note = lock_of(tmp_path / "books", book, "who")
        note.unlink()
        if kind == "pipe":
            os.mkfifo(note)
        else:
            note.symlink_to(secret)
        with pytest.raises(HeldElsewhere, match="by another run"), hold(tmp_path / "books", book, "bob"):
            pass


def test_a_note_commands_no_terminal(tmp_path):
    """What another run left as its name is shown in one bounded line without control characters."""
    book = tmp_path / "clients.xlsx"
    with (
        hold(tmp_path / "books", book, "x\x1b[2J\ny" + "z" * 9999),
        pytest.raises(HeldElsewhere) as held,
        hold(tmp_path / "books", book, "bob"),
    ):
        pass
    assert held.value.message.isprintable()
    assert len(held.value.message) < 700


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("what", ["another user's", "link"])
def test_a_folder_that_is_not_ours(tmp_path, what):
    """A folder of another user's, or a link in its place, takes no lock of ours."""
    real, folder = tmp_path / "real", tmp_path / "books"
    real.mkdir()
    if what == "link":
        folder.symlink_to(real)
    else:
        folder.mkdir()
        os.chown(folder, 4321, 4321)
    with pytest.raises(DiskError, match=r"is a link|belongs to another user"), hold(folder, tmp_path / "b.xlsx", "ann"):
        pass
    assert not list(real.iterdir())


def test_a_name_that_is_no_text(tmp_path):
    """A workbook whose name is not UTF-8 is held like any other."""
    book = Path(os.fsdecode(os.fsencode(tmp_path) + b"/cl\xffients.xlsx"))
    with (
        hold(tmp_path / "books", book, "ann"),
        pytest.raises(HeldElsewhere, match="by ann"),
        hold(tmp_path / "books", book, "bob"),
    ):
        pass
