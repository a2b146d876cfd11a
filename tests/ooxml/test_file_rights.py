"""What a workbook has besides its content outlives the write, and what does not is said."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import sys

import pytest

from collect_xl.errors import DiskError
from collect_xl.ooxml.atomic_save import Draft
from collect_xl.ooxml.file_rights import hand_on, usual_mode
from collect_xl.workbook.saved import open_saved
from collect_xl.workbook.write_columns import add_columns
from support.other_user import let_others_in
from support.workbooks import plain

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root can become another user")

ACCESS_LIST = struct.pack(
    "<I" + "HHI" * 5,
    2,
    *(0x01, 6, 0xFFFFFFFF),  # the owner may read and write
    *(0x02, 4, 4321),  # user 4321 may read
    *(0x04, 0, 0xFFFFFFFF),  # the group has no rights
    *(0x10, 4, 0xFFFFFFFF),  # the mask
    *(0x20, 0, 0xFFFFFFFF),  # nobody else
)


@pytest.fixture
def book(tmp_path):
    """A small workbook."""
    return plain(tmp_path / "clients.xlsx", (("Email",), ("ann@example.com",)))


def add(path, **options):
    return add_columns(path, "Contacts", 1, ("Status",), [(2, ("sent",))], **options)


def set_attribute(path, name, value):
    try:
        os.setxattr(path, name, value)
    except OSError:
        pytest.skip("the disk keeps no such attributes")


def test_a_draft_is_private_until_it_is_whole(book, tmp_path):
    """While a draft is written only its user can open it, whatever the umask and the workbook's rights."""
    book.chmod(0o644)
    before = os.umask(0)
    try:
        with Draft(book) as draft:
            (path,) = tmp_path.glob(".~*")
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            draft.file.write(b"new")
            draft.keep()
    finally:
        os.umask(before)
    assert stat.S_IMODE(book.stat().st_mode) == 0o644


def test_a_new_file_gets_the_usual_rights(tmp_path):
    """A file that replaces nothing and copies nothing has the rights that the umask gives."""
    before = os.umask(0o027)
    try:
        with Draft(tmp_path / "receipt.html") as draft:
            draft.keep()
        assert usual_mode() == 0o640
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "receipt.html").stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform != "linux", reason="extended attributes are read on Linux alone")
def test_extended_attributes_are_kept(book, tmp_path):
    """Extended attributes and the access list of the workbook are those of the new file, of the output and the copy."""
    set_attribute(book, "user.origin", b"intranet")
    set_attribute(book, "system.posix_acl_access", ACCESS_LIST)
    mode = stat.S_IMODE(book.stat().st_mode)
    output = tmp_path / "new.xlsx"
    notes = add(book, output=output).notes + add(book).notes
    for path in (book, output, tmp_path / "clients.backup.xlsx"):
        assert os.getxattr(path, "user.origin") == b"intranet"
        assert os.getxattr(path, "system.posix_acl_access") == ACCESS_LIST
        assert mode == stat.S_IMODE(path.stat().st_mode)
    assert not [note for note in notes if "could not keep" in note]


if sys.platform == "darwin":  # not skipped elsewhere: CI allows no skip that is not named

    @pytest.mark.process
    def test_what_macos_keeps_of_a_file(book, tmp_path):
        """On macOS the mark of a file from the internet, other extended attributes and the access list are kept."""
        for words in (
            ["xattr", "-w", "com.apple.quarantine", "0081;0;Safari;"],
            ["chmod", "+a", "everyone allow readattr"],
        ):
            subprocess.run([*words, str(book)], check=True)
        output = tmp_path / "new.xlsx"
        notes = add(book, output=output).notes
        attributes = subprocess.run(["xattr", str(output)], capture_output=True, text=True, check=True)
        listed = subprocess.run(["ls", "-le", str(output)], capture_output=True, text=True, check=True)
        assert "com.apple.quarantine" in attributes.stdout
        assert "everyone allow readattr" in listed.stdout
        assert not [note for note in notes if "could not keep" in note]


def test_a_hard_link_is_told(book, tmp_path):
    """The other name of a workbook keeps the old content; preview and write say so."""
    os.link(book, tmp_path / "other.xlsx")
    before = book.read_bytes()
    workbook = open_saved(book)
    assert [note for note in workbook.probe() if "hard link" in note]
    assert [note for note in add(book).notes if "hard link" in note]
    assert before == (tmp_path / "other.xlsx").read_bytes()
    assert not [note for note in add(book, output=tmp_path / "out.xlsx").notes if "hard link" in note]


@needs_root
@pytest.mark.process
def test_rights_of_a_group_do_not_become_those_of_another(book, tmp_path):
    """A user who cannot keep owner and group keeps the rights of others away, and is told."""
    os.chown(book, 0, 4321)
    book.chmod(0o664)
    tmp_path.chmod(0o777)
    code = (
        "import os, sys; from pathlib import Path; from collect_xl.ooxml.file_rights import hand_on\n"
        "os.setgroups([]); os.setgid(5555); os.setuid(5555)\n"
        "book = Path(sys.argv[1]); new = book.with_name('new'); new.touch(0o600); print(hand_on(book, new))"
    )
    let_others_in(tmp_path)
    done = subprocess.run([sys.executable, "-c", code, str(book)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "('its owner', 'the rights of its group')"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


@needs_root
def test_root_keeps_the_owner(book):
    """A run of root leaves the workbook, and its copy, to the user who owns it."""
    os.chown(book, 4321, 4322)
    add(book)
    for path in (book, book.with_name("clients.backup.xlsx")):
        assert (path.stat().st_uid, path.stat().st_gid) == (4321, 4322)


def test_nothing_is_lost_between_files_of_one_user(book, tmp_path):
    """Between two files of one user all can be kept."""
    new = tmp_path / "new"
    new.touch(0o600)
    assert hand_on(book, new) == ()


@pytest.mark.parametrize("letter", ["n", "é", "名"])
def test_a_name_that_leaves_no_room_for_a_copy(tmp_path, letter):
    """A name with no room for what a copy's name adds is refused before anything is sent; a shorter one is written."""
    size = len(letter.encode())
    long = letter * (240 // size) + "n" * (240 % size + 10) + ".xlsx"
    book = plain(tmp_path / "book.xlsx", (("Email",), ("ann@example.com",)))
    with pytest.raises(DiskError, match="is too long: no copy of the workbook"):
        open_saved(book.rename(tmp_path / long)).probe()
    short = letter * (230 // size) + ".xlsx"
    book = (tmp_path / long).rename(tmp_path / short)
    open_saved(book).probe()
    assert add(book).changed
    assert not list(tmp_path.glob(".~*"))
