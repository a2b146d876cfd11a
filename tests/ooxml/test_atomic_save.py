"""Files replaced at once or not at all: locks, links, rights, backups, full disks, and people who changed it."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from collect_xl.errors import DiskError, WorkbookBusy
from collect_xl.ooxml import atomic_save as saving
from collect_xl.ooxml.atomic_save import Draft, backup_path, beside, open_elsewhere, refuse_unwritable
from collect_xl.workbook.write_columns import add_columns
from support.raw_workbook import raw_workbook, rows
from support.systems import symbolic_links
from support.workbooks import plain

LINES = (("Email",), ("ann@example.com",))
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")


@pytest.fixture
def book(tmp_path):
    """A small workbook."""
    return plain(tmp_path / "clients.xlsx", LINES)


def add(path: Path, text: str = "sent", **options):
    return add_columns(path, "Contacts", 1, ("Status",), [(2, (text,))], **options)


def files(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_the_first_write_keeps_a_copy_and_later_ones_leave_it(book, tmp_path):
    """The workbook as it first was stays beside it, however often results are written."""
    before = book.read_bytes()
    first, second = add(book, "sent"), add(book, "completed")
    assert {"clients.xlsx", "clients.backup.xlsx"} == files(tmp_path)
    assert before == backup_path(book).read_bytes()
    assert first.notes == ("A copy of the workbook as it was is kept as clients.backup.xlsx.",)
    assert second.notes == ()


def test_another_workbooks_copy_does_not_stand_in_for_ours(book, tmp_path):
    """Where a copy with that name exists, as from last month, this workbook's gets a number; later writes add none."""
    before = book.read_bytes()
    backup_path(book).write_bytes(b"last month's")
    first, second = add(book, "sent"), add(book, "completed")
    assert (tmp_path / "clients.backup 2.xlsx").read_bytes() == before
    assert files(tmp_path) == {"clients.xlsx", "clients.backup.xlsx", "clients.backup 2.xlsx"}
    assert (len(first.notes), second.notes) == (1, ())


def test_a_run_that_died_after_its_copy_makes_no_second_one(book, tmp_path):
    """A copy that holds what the workbook holds is its own."""
    backup_path(book).write_bytes(book.read_bytes())
    assert add(book, "sent").notes == ()
    assert files(tmp_path) == {"clients.xlsx", "clients.backup.xlsx"}


def test_names_as_long_as_a_system_allows(tmp_path):
    """A workbook whose lock's name would be too long is open nowhere."""
    book = raw_workbook(tmp_path / f"{'n' * 245}.xlsx", {"Contacts": rows(("Email",), ("a@b.c",))})
    open_elsewhere(book)


def test_a_folder_is_no_place_for_results(tmp_path):
    """A folder is refused before anything is written."""
    with pytest.raises(DiskError, match="is a folder"):
        refuse_unwritable(tmp_path)


def test_nothing_new_touches_nothing(book, tmp_path):
    """When every text stands there already, the file keeps its time and its inode."""
    add(book)
    before = book.stat()
    assert not add(book).changed
    assert (before.st_mtime_ns, before.st_ino) == (book.stat().st_mtime_ns, book.stat().st_ino)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("~$clients.xlsx", b"\x03Ann" + b" " * 50, "open in Excel, by Ann", id="Excel"),
        pytest.param(
            ".~lock.clients.xlsx#", b",Bob,pc-7,2026,file:///x;", "open in LibreOffice, by Bob", id="LibreOffice"
        ),
    ],
)
def test_a_workbook_that_is_open_elsewhere_is_not_touched(book, tmp_path, name, content, words):
    """The lock file of Excel or LibreOffice is found, and its owner is named."""
    (tmp_path / name).write_bytes(content)
    before = book.read_bytes()
    with pytest.raises(WorkbookBusy, match=words):
        open_elsewhere(book)
    with pytest.raises(WorkbookBusy, match=words):
        add(book)
    assert before == book.read_bytes()


@symbolic_links
def test_a_lock_file_is_found_through_a_symbolic_link(book, tmp_path):
    """A workbook that is open elsewhere is so under its other name, too."""
    (tmp_path / "~$clients.xlsx").write_bytes(b"\x03Ann" + b" " * 50)
    other = tmp_path / "folder"
    other.mkdir()
    link = other / "link.xlsx"
    link.symlink_to(book)
    before = book.read_bytes()
    with pytest.raises(WorkbookBusy, match="open in Excel, by Ann"):
        open_elsewhere(link)
    with pytest.raises(WorkbookBusy, match="open in Excel, by Ann"):
        add(link)
    assert before == book.read_bytes()


@symbolic_links
def test_a_symbolic_link_stays_one(book, tmp_path):
    """Writing through a link changes the file that it points to."""
    link = tmp_path / "link.xlsx"
    link.symlink_to(book)
    added = add(link)
    assert link.is_symlink()
    assert book == added.path
    assert added.changed


@posix
def test_rights_are_kept_and_new_files_take_the_originals(book, tmp_path):
    """The replaced file has the rights that it had; a new one is as private as the workbook it was made of."""
    book.chmod(0o640)
    output = tmp_path / "new.xlsx"
    add(book, output=output)
    add(book)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (book, output, backup_path(book))] == [0o640, 0o640, 0o640]


def test_a_change_by_another_person_is_not_overwritten(book):
    """A workbook that was saved while we wrote stays as that person saved it."""

    def lines():
        yield 2, ("sent",)
        plain(book, (("Other",), ("eve@example.com",)))

    with pytest.raises(WorkbookBusy, match="changed by another program or person"):
        add_columns(book, "Contacts", 1, ("Status",), lines())
    assert {book.name} == files(book.parent)


def test_an_error_of_the_caller_leaves_nothing_behind(book, tmp_path):
    """When the rows end in an error, the workbook is as it was and no draft stays."""
    before = book.read_bytes()

    def lines():
        yield 2, ("sent",)
        raise KeyError("gone")

    with pytest.raises(KeyError):
        add_columns(book, "Contacts", 1, ("Status",), lines())
    assert before == book.read_bytes()
    assert {book.name} == files(tmp_path)


@posix
def test_a_full_disk_leaves_the_original(tmp_path):
    """Where the disk takes no more bytes, the error says so, the original is untouched, and the draft is gone."""
    book = plain(tmp_path / "clients.xlsx", LINES)
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000));"
        "from collect_xl.errors import DiskError; from collect_xl.workbook.write_columns import add_columns\n"
        "try: add_columns(sys.argv[1], 'Contacts', 1, ('Status',), [(2, ('sent',))])\n"
        "except DiskError as error: print(error)"
    )
    before = book.read_bytes()
    done = subprocess.run([sys.executable, "-c", code, str(book)], capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout
    assert before == book.read_bytes()
    assert {book.name} == files(tmp_path)


def test_a_file_that_is_held_gets_its_results_beside_it(book, tmp_path, monkeypatch):
    """When another program holds the file, results are saved beside it, and a note says so."""
    monkeypatch.setattr(saving, "RETRY_AFTER", 0)
    replace = Path.replace

    def held(self, target):
        if Path(target) == book:
            raise PermissionError(errno.EACCES, "held")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    before = book.read_bytes()
    added = add(book)
    assert tmp_path / "clients (results).xlsx" == added.path
    assert before == book.read_bytes()
    assert "held by another program; the results are in clients (results).xlsx" in added.notes[-1]


def test_a_free_name_is_found_beside(book):
    """Results of several runs that could not replace their file do not overwrite each other."""
    first = beside(book)
    first.touch()
    assert [first.name, beside(book).name] == ["clients (results).xlsx", "clients (results 2).xlsx"]


@pytest.mark.parametrize(("what", "words"), [("file", "marked read-only"), ("folder", "takes no new file")])
def test_a_read_only_file_or_folder_is_refused(book, tmp_path, monkeypatch, what, words):
    """A file marked read-only, or a folder that takes no file, is named before anything is written."""
    locked = book if what == "file" else tmp_path
    # root may write everywhere, so the system's answer is given here
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != locked)
    with pytest.raises(DiskError, match=words):
        add(book)
    assert {book.name} == files(tmp_path)


def test_a_draft_is_durable_before_it_takes_its_place(book, monkeypatch):
    """The draft is on the disk before the replacement, and the folder after it where a system has folders synced."""
    steps = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(
        os,
        "fsync",
        lambda handle: steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file") or sync(handle),
    )
    monkeypatch.setattr(Path, "replace", lambda self, target: steps.append("replace") or replace(self, target))
    with Draft(book) as draft:
        draft.file.write(b"new")
        draft.keep()
    assert steps == (["file", "replace", "folder"] if os.name == "posix" else ["file", "replace"])
    assert book.read_bytes() == b"new"
