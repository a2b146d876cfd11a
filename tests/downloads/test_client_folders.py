"""The folder of fetched files: names, links, other runs, kills."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from collect_xl.domain.uploads import Upload
from collect_xl.downloads.client_folders import open_client_folders
from collect_xl.downloads.manifest import NAME
from collect_xl.errors import CollectUnavailable, DiskError, HeldElsewhere

ACCOUNT = "https://api.example.com/v1 t1"
UPLOAD = Upload("u1", "e1", "Passport", "scan.pdf", 4, "https://storage.example.com/1")


def scan(file):
    """Write a file of four bytes."""
    return file.write(b"scan")


def kept(folder):
    """Return what a folder holds for people, by path."""
    files = (each for each in folder.rglob("*") if each.is_file() and not each.is_relative_to(folder / NAME))
    shown = {each.relative_to(folder).as_posix(): each.read_bytes() for each in files}
    return {path: content for path, content in shown.items() if not path.endswith(".lock")}


def test_files_stand_by_client_and_document(tmp_path):
    """A file stands in the folder of its document, in that of its request, and is known the next time."""
    with open_client_folders(tmp_path / "files", ACCOUNT) as shelf:
        assert shelf.standing_of("r1", UPLOAD) == "new"
        assert shelf.keep("r1", "Acme - Ann", UPLOAD, scan) == "Acme - Ann/Passport/scan.pdf"
    with open_client_folders(tmp_path / "files", ACCOUNT) as shelf:
        assert shelf.standing_of("r1", UPLOAD) == "here"
        assert shelf.folder_of("r1") == "Acme - Ann"

    assert kept(tmp_path / "files") == {"Acme - Ann/Passport/scan.pdf": b"scan"}


def test_nothing_is_overwritten(tmp_path):
    """A file of that name that is there already stays; folders of two requests of one name are told apart by ID."""
    (tmp_path / "ACME - ANN").mkdir()
    with open_client_folders(tmp_path, ACCOUNT) as shelf:
        assert shelf.keep("r1", "Acme - Ann", UPLOAD, scan) == "Acme - Ann r1/Passport/scan.pdf"
        assert shelf.keep("r2", "Acme - Bob", UPLOAD, scan) == "Acme - Bob/Passport/scan.pdf"
        assert shelf.keep("r3", "acme - bob", UPLOAD, scan) == "acme - bob r3/Passport/scan.pdf"
        (tmp_path / "Acme - Bob" / "Passport" / "SCAN (2).pdf").write_bytes(b"mine")
        another = replace(UPLOAD, id="u2", name="Scan.pdf")
        assert shelf.keep("r2", "Acme - Bob", another, scan) == "Acme - Bob/Passport/Scan (3).pdf"
        assert shelf.keep("r2", "Acme - Bob", replace(UPLOAD, element="e2", id="u3"), scan) == (
            "Acme - Bob/Passport (2)/scan.pdf"
        )

    assert kept(tmp_path)["Acme - Bob/Passport/SCAN (2).pdf"] == b"mine"


def test_new_name_of_a_client_makes_no_second_folder(tmp_path):
    """A request keeps the folder that it got first."""
    with open_client_folders(tmp_path, ACCOUNT) as shelf:
        shelf.keep("r1", "Acme - Ann", UPLOAD, scan)
        path = shelf.keep("r1", "Acme - Ann Miller", replace(UPLOAD, id="u2", name="b.pdf"), scan)

    assert path == "Acme - Ann/Passport/b.pdf"


def test_what_was_moved_is_known(tmp_path):
    """A file that its reader has put elsewhere is known to have been here."""
    with open_client_folders(tmp_path, ACCOUNT) as shelf:
        path = shelf.keep("r1", "Ann", UPLOAD, scan)
        (tmp_path / path).unlink()
        assert shelf.standing_of("r1", UPLOAD) == "moved"


def test_half_a_file_is_none(tmp_path):
    """A file that does not come whole leaves nothing, and is new the next time."""

    def half(file):
        file.write(b"sc")
        raise CollectUnavailable("It broke off.")

    with open_client_folders(tmp_path, ACCOUNT) as shelf:
        with pytest.raises(CollectUnavailable, match="broke off"):
            shelf.keep("r1", "Ann", UPLOAD, half)
        assert shelf.standing_of("r1", UPLOAD) == "new"

    assert kept(tmp_path) == {}


def test_links_are_not_followed(tmp_path):
    """A link in place of a request's folder would lead its files elsewhere: it is refused."""
    files, elsewhere = tmp_path / "files", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with open_client_folders(files, ACCOUNT) as shelf:
        shelf.keep("r1", "Ann", UPLOAD, scan)
        (files / "Ann").rename(tmp_path / "away")
        (files / "Ann").symlink_to(elsewhere)
        with pytest.raises(DiskError, match="is a link"):
            shelf.keep("r1", "Ann", replace(UPLOAD, id="u2"), scan)

    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"format": 1, "account": "another"}\n', "another account"),
        (b'{"format": 2, "account": ""}\n', "newer version"),
        (b"My list of files\n", "line 1 cannot be read"),
        (b'{"format": 1, "account": "%s"}\n{"request": "r1", "folder": ".."}\n' % ACCOUNT.encode(), "line 2"),
        (b'{"format": 1, "account": "%s"}\n{"request": "r1", "upload": "u9"}\n' % ACCOUNT.encode(), "line 2"),
        (b'{"format": 1, "account": "%s"}\n[]\n' % ACCOUNT.encode(), "line 2"),
    ],
)
def test_list_that_is_not_ours_ends_in_words(tmp_path, content, words):
    """A list of files of another account, of a newer version or of no known form is left as it is."""
    (tmp_path / NAME).write_bytes(content)

    with pytest.raises(DiskError, match=words), open_client_folders(tmp_path, ACCOUNT):
        pass

    assert (tmp_path / NAME).read_bytes() == content


def test_two_runs_do_not_fetch_into_one_folder(tmp_path):
    """A second run is turned away while the first one is on."""
    with (
        open_client_folders(tmp_path, ACCOUNT),
        pytest.raises(HeldElsewhere, match="Another run"),
        open_client_folders(tmp_path, ACCOUNT),
    ):
        pass


def test_folder_in_a_folder_that_is_not_there(tmp_path):
    """A path that was mistyped makes no folders."""
    with pytest.raises(DiskError, match="No such file"), open_client_folders(tmp_path / "a" / "b", ACCOUNT):
        pass


def _fetch_two(folder):
    with open_client_folders(folder, ACCOUNT) as shelf:
        for upload in (UPLOAD, replace(UPLOAD, id="u2", name="back.pdf")):
            if shelf.standing_of("r1", upload) == "new":
                shelf.keep("r1", "Ann", upload, scan)


def _die_at(step, folder):
    """Fetch in a child that dies at a step that touches the disk; return whether it came so far."""
    child = os.fork()
    if child == 0:
        left = [step]

        def count(event, _):
            if event == "open" or event.startswith("os."):
                left[0] -= 1
                if left[0] == 0:
                    os._exit(9)

        sys.addaudithook(count)
        _fetch_two(folder)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_every_step_it_goes_on(tmp_path):
    """Wherever a run dies, the next one leaves each file once, whole, under its first name, and no draft."""
    step = 1
    while _die_at(step, tmp_path / str(step)):
        folder = tmp_path / str(step)
        _fetch_two(folder)
        assert kept(folder) == {"Ann/Passport/back.pdf": b"scan", "Ann/Passport/scan.pdf": b"scan"}, step
        step += 1
    assert step > 20


def test_line_that_was_cut_is_written_anew(tmp_path):
    """What a kill left of a line is cut off, so that the next one is whole."""
    with open_client_folders(tmp_path, ACCOUNT) as shelf:
        shelf.keep("r1", "Ann", UPLOAD, scan)
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"request": "r2", "fol')

    _fetch_two(tmp_path)
    _fetch_two(tmp_path)

    assert len(kept(tmp_path)) == 2
