"""A file that is not known to be a journal of ours is neither written, nor narrowed, nor followed through a link."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from collect_xl.errors import CollectXlError, JournalError
from collect_xl.journal import backup, open_journal, restore
from support.journals import Desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights, owners, pipes and devices of POSIX")

CONTENTS = {"a workbook": b"PK\x03\x04" + bytes(5000), "one byte": b"x", "an empty file": b""}


@pytest.mark.parametrize("content", CONTENTS)
def test_a_file_that_is_no_journal_stays_as_it_is(tmp_path, content):
    """Content, rights and neighbours of a file that a setting names by mistake are the same afterwards."""
    file = tmp_path / "shared.xlsx"
    file.write_bytes(CONTENTS[content])
    file.chmod(0o664)
    before = file.stat()
    with pytest.raises(JournalError, match="left as it is"):
        open_journal(str(file), who="ann")
    after = file.stat()
    assert (before.st_mode, before.st_mtime_ns, CONTENTS[content]) == (
        after.st_mode,
        after.st_mtime_ns,
        file.read_bytes(),
    )
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_is_no_journal(tmp_path, kind):
    """A pipe, a folder or a device is named as what it is, keeps its rights, and nothing waits for it."""
    place = tmp_path / "odd"
    if kind == "pipe":
        os.mkfifo(place, 0o666)
    elif kind == "folder":
        place.mkdir(0o755)
    else:
        place = Path("/dev/full")
    before = place.stat().st_mode
    try:
        with pytest.raises(JournalError, match=f"is a {kind}, not a file"):
            open_journal(str(place), who="ann")
        assert before == place.stat().st_mode
        assert not place.with_name(f"{place.name}.lock").exists()
    finally:
        if kind == "device":
            place.chmod(stat.S_IMODE(before))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_journal_of_another_user(file):
    """Root does not write into another user's journal, which that user could then not open any more."""
    open_journal(str(file), who="ann").close()
    os.chown(file, 4321, 4321)
    with pytest.raises(JournalError, match="belongs to another user"):
        open_journal(str(file), who="root")


def test_a_database_of_another_program_keeps_its_mode(file):
    """A database of another program is not even switched to another way of writing."""
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE songs (title)")
    before = file.read_bytes()
    with pytest.raises(JournalError, match="another program"):
        open_journal(str(file), who="ann")
    assert before == file.read_bytes()


def test_a_journal_behind_a_link(file, tmp_path):
    """A journal that has moved is found through the link that was left; a link to nothing makes no file."""
    with Desk(str(file)) as desk:
        desk.put("ann@acme.com", "sent")
    link = tmp_path / "link.sqlite3"
    link.symlink_to(file)
    with Desk(str(link)) as desk:
        assert desk.states() == ["sent"]
    link.unlink()
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match="link to a file that does not exist"):
        open_journal(str(link), who="ann")
    assert not (tmp_path / "elsewhere").exists()


def test_a_lock_that_is_a_link(file, tmp_path):
    """A link in the place of the lock is refused in words, and its target stays as it is."""
    target = tmp_path / "precious"
    target.write_text("text")
    target.chmod(0o644)
    file.parent.mkdir()
    Path(f"{file}.lock").symlink_to(target)
    with pytest.raises(CollectXlError, match="is a link, not a file"):
        open_journal(str(file), who="ann")
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("text", 0o644)


def test_an_open_journal_that_others_can_read_is_narrowed(file):
    """Our own journal is narrowed to its user, as one that came from a backup may need."""
    open_journal(str(file), who="ann").close()
    file.chmod(0o644)
    open_journal(str(file), who="ann").close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_journal_that_died_while_it_was_made(file):
    """The empty private file that a killed run leaves becomes the journal at the next run."""
    file.parent.mkdir()
    file.touch(0o600)
    with Desk(str(file)) as desk:
        desk.put("ann@acme.com", "sent")
        assert desk.states() == ["sent"]


@pytest.mark.parametrize("name", ["x" * 300, "~no_such_user/journal", "loop/journal"])
def test_a_place_that_cannot_be_reached(tmp_path, name):
    """A name that is too long, a home that does not exist and a link to itself are told in words."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    place = name if name.startswith("~") else str(tmp_path / name)
    # From Python 3.13 on a path that leads in a circle fails where it is read, not where it is resolved.
    with pytest.raises(CollectXlError, match=r"cannot be (?:reached|read)"):
        open_journal(place, who="ann")


def test_a_backup_takes_no_other_files_place(file, tmp_path):
    """A backup replaces neither another program's database, nor a pipe, and a restore no workbook."""
    with Desk(str(file)) as desk:
        desk.put("ann@acme.com", "sent")
    other = tmp_path / "songs"
    with closing(sqlite3.connect(other)) as songs:
        songs.execute("CREATE TABLE songs (title)")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (other, pipe):
        with pytest.raises(JournalError, match="is no send history"):
            backup(str(file), target)
    kept = tmp_path / "kept"
    backup(str(file), kept)
    workbook = tmp_path / "clients.xlsx"
    workbook.write_bytes(CONTENTS["a workbook"])
    with pytest.raises(JournalError, match="not known to be a send history"):
        restore(str(workbook), kept)
    assert CONTENTS["a workbook"] == workbook.read_bytes()
