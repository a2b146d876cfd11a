"""Zips of all kinds copied member by member, and zips that are built to harm or are broken."""

from __future__ import annotations

import random
import struct
import zipfile
from pathlib import Path

import pytest

from collect_xl.errors import CollectXlError, DamagedWorkbook, HostileWorkbook, NotAWorkbook
from collect_xl.ooxml import zip_reader as archive
from collect_xl.ooxml import zip_writer as rewrite
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.zip_reader import Archive
from collect_xl.workbook.write_columns import add_columns
from support.comparing import changed_members, raw_members
from support.raw_workbook import raw_workbook, rows
from support.systems import posix_paths
from support.workbooks import everything, plain

LINES = (("Email",), ("ann@example.com",))
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def book(tmp_path):
    """A small workbook."""
    return plain(tmp_path / "clients.xlsx", LINES)


def add(path: Path, **options) -> Path:
    output = path.with_name(f"filled-{path.name}")
    add_columns(path, "Contacts", 1, ("Status",), [(2, ("sent",))], output, **options)
    return output


def rezipped(source: Path, target: Path, write) -> Path:
    """Copy a workbook into another zip; ``write(zip, name, content)`` appends each member."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            write(new, name, old.read(name))
    return target


class Stream:
    """A file that cannot seek: zipfile writes data descriptors then."""

    def __init__(self, file) -> None:
        self.write, self.flush = file.write, file.flush


def test_members_with_data_descriptors_are_copied_as_they_are(book, tmp_path):
    """Sizes that stand behind the data, as streaming writers put them, stay there."""
    path = tmp_path / "streamed.xlsx"
    with zipfile.ZipFile(book) as old, path.open("wb") as file, zipfile.ZipFile(Stream(file), "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    output = add(path)
    assert changed_members(path, output) <= {SHEET, "xl/workbook.xml"}
    with zipfile.ZipFile(output) as archive_:
        assert archive_.testzip() is None
        assert archive_.getinfo("xl/styles.xml").flag_bits & 8 == 8
        assert archive_.getinfo(SHEET).flag_bits & 8 == 0


def test_dates_comments_attributes_and_extra_fields_are_kept(book, tmp_path):
    """What the zip says of each member, changed or not, and of itself, stays."""

    def write(new, name, content):
        info = zipfile.ZipInfo(name, (2021, 5, 6, 7, 8, 10))
        info.comment, info.external_attr, info.create_system = b"kept", 0o640 << 16, 3
        info.extra = struct.pack("<2H4s", 0xCAFE, 4, b"abcd")  # a field that no Python looks into
        info.compress_type = zipfile.ZIP_STORED if name.endswith("styles.xml") else zipfile.ZIP_DEFLATED
        new.writestr(info, content)
        new.comment = b"the whole"

    path = rezipped(book, tmp_path / "rich.xlsx", write)
    output = add(path)
    with zipfile.ZipFile(output) as filled:
        sheet, whole = filled.getinfo(SHEET), filled.comment
    assert changed_members(path, output) <= {SHEET, "xl/workbook.xml"}
    assert whole == b"the whole"
    assert (sheet.date_time, sheet.comment, sheet.external_attr) == ((2021, 5, 6, 7, 8, 10), b"kept", 0o640 << 16)


def test_zip64_members_are_copied_and_changed(book, tmp_path):
    """Members with 64-bit sizes are read, copied and rewritten."""

    def write(new, name, content):
        with new.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
            member.write(content)

    path = rezipped(book, tmp_path / "wide.xlsx", write)
    output = add(path)
    assert changed_members(path, output) <= {SHEET, "xl/workbook.xml"}


def test_large_sheets_keep_room_for_wide_sizes(book, monkeypatch):
    """The header of a large sheet has room for 64-bit sizes; it is padding while they are not needed."""
    monkeypatch.setattr(rewrite, "_LARGE", 1)
    with zipfile.ZipFile(add(book)) as filled:
        assert filled.testzip() is None


def test_sizes_beyond_32_bits_are_written_as_zip64(book, monkeypatch):
    """Sizes and offsets that do not fit 32 bits go into zip64 fields, which every reader understands."""
    expected = raw_members(add(book))
    monkeypatch.setattr(rewrite, "_LARGE", 1)
    monkeypatch.setattr(rewrite, "_LIMIT_32", 400)
    output = add(book)
    monkeypatch.undo()
    raw = output.read_bytes()
    assert raw.count(b"PK\6\6") == raw.count(b"PK\6\7") == 1
    # with the limit lowered the fields hold 400, not 2**32 - 1: put the real mark there, so that zipfile can judge
    wide = raw.replace(struct.pack("<L", 400), b"\xff" * 4)
    output.write_bytes(wide)
    with zipfile.ZipFile(output) as filled:
        assert filled.testzip() is None
        assert list(expected) == filled.namelist()


@posix_paths
def test_backslashes_in_names_are_slashes(book, tmp_path):
    """Some writers name members with backslashes; they are found, and their names stay."""
    path = rezipped(
        book, tmp_path / "back.xlsx", lambda new, name, content: new.writestr(name.replace("/", "\\"), content)
    )
    output = add(path)
    assert changed_members(path, output) <= {SHEET.replace("/", "\\"), "xl\\workbook.xml"}


def test_names_that_differ_in_case_are_one_part(book, tmp_path):
    """Part names are compared without case, as Open Packaging wants."""
    path = rezipped(
        book, tmp_path / "case.xlsx", lambda new, name, content: new.writestr(name.replace("sheet1", "Sheet1"), content)
    )
    assert "xl/worksheets/Sheet1.xml" in changed_members(path, add(path))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", [SHEET, SHEET.upper(), SHEET.replace("/", "\\")])
def test_two_parts_of_one_name_are_refused(book, name):
    """Nobody can tell which of two parts of the same name counts."""
    with zipfile.ZipFile(book, "a") as opened:
        opened.writestr(name, "<x/>")
    with pytest.raises(DamagedWorkbook, match="two parts of the name"):
        Package.open(book)


def test_a_member_that_is_longer_than_it_says_is_damaged(book):
    """No more is inflated than the directory declares, and what does not fit is an error."""
    raw = bytearray(book.read_bytes())
    entry = raw.rindex(SHEET.encode()) - 46
    raw[entry + 24 : entry + 28] = struct.pack("<L", 100)
    book.write_bytes(raw)
    with pytest.raises(DamagedWorkbook, match="check sum or length"):
        add(book)


def test_a_wrong_check_sum_is_damage(book, tmp_path):
    """A sheet in which one character differs from what was saved is not written on."""
    path = rezipped(
        book, tmp_path / "stored.xlsx", lambda new, name, text: new.writestr(name, text, zipfile.ZIP_STORED)
    )
    path.write_bytes(path.read_bytes().replace(b'<row r="2"', b'<row r="4"', 1))
    with pytest.raises(DamagedWorkbook, match="check sum"):
        add(path)


def test_bombs_are_refused_by_what_they_declare(book, tmp_path):
    """Sixteen megabytes that were packed more than a thousand times are not unpacked."""
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        opened.writestr("xl/media/bomb.xml", bytes(16 << 20))
    with pytest.raises(HostileWorkbook, match=r"bomb\.xml is packed more than"):
        add(book)


@pytest.mark.parametrize(("limit", "value"), [("MAX_MEMBERS", 3), ("MAX_DECLARED", 1_000)])
def test_workbooks_beyond_all_measure_are_refused(book, monkeypatch, limit, value):
    """Too many members, or too many bytes in all, are refused on opening."""
    monkeypatch.setattr(archive, limit, value)
    with pytest.raises(HostileWorkbook, match="exhaust"):
        add(book)


def test_a_zip_with_a_password_is_told(book):
    """Members that are encrypted by the zip itself are named, with the remedy."""
    raw = bytearray(book.read_bytes())
    entry = raw.rindex(SHEET.encode()) - 46
    raw[entry + 8] |= 1
    book.write_bytes(raw)
    with pytest.raises(NotAWorkbook, match="password"):
        Package.open(book)


def test_overlapping_members_are_damaged(book):
    """A member whose bytes reach into the next one, as bombs do it, is refused."""
    opened = Archive(book)
    try:
        member = next(each for each in opened.members if each.name == SHEET)
        member.info.compress_size += 1_000
        with pytest.raises(DamagedWorkbook, match="not where it should be"):
            list(opened.inflated(member, 1 << 20))
    finally:
        opened.close()


def broken(content: bytes, chance: random.Random) -> bytes:
    """Return a file cut short, or with some bits flipped."""
    if chance.random() < 0.3:
        return content[: chance.randrange(len(content))]
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 3))):
        # half of the flips go where they hurt: the directory at the end
        place = chance.randrange(len(damaged)) if chance.random() < 0.5 else -chance.randrange(1, 2_000)
        damaged[place] ^= 1 << chance.randrange(8)
    return bytes(damaged)


@pytest.mark.parametrize("seed", range(8))
def test_broken_files_end_in_a_clear_error_or_unharmed(tmp_path, seed):
    """A file that was cut short or has flipped bits is refused with a remedy, or taken with the damage as it was."""
    chance = random.Random(seed)
    path, output = tmp_path / "broken.xlsx", tmp_path / "filled.xlsx"
    whole = (
        everything(tmp_path / "whole.xlsx").read_bytes() if seed % 2 else plain(tmp_path / "w.xlsx", LINES).read_bytes()
    )
    for _ in range(40):
        content = broken(whole, chance)
        path.write_bytes(content)
        output.unlink(missing_ok=True)
        try:
            add_columns(path, "Contacts", 1, ("Status",), [(2, ("sent",))], output)
        except CollectXlError:
            assert not output.exists()
        else:
            kept = {
                name: facts for name, facts in raw_members(path).items() if "sheet1" not in name and "table" not in name
            }
            assert kept.items() <= raw_members(output).items() | {("xl/workbook.xml", kept.get("xl/workbook.xml"))}
        assert content == path.read_bytes()
        assert not list(tmp_path.glob(".~*"))


def test_a_member_of_an_unknown_compression_is_copied_but_not_read(book, tmp_path):
    """A picture packed in another way passes; a sheet packed so is refused."""
    path = rezipped(
        book,
        tmp_path / "lzma.xlsx",
        lambda new, name, content: new.writestr(name, content, zipfile.ZIP_LZMA if name == SHEET else 8),
    )
    with pytest.raises(DamagedWorkbook, match="compressed in a way"):
        add(path)
    with zipfile.ZipFile(book, "a") as opened:
        opened.writestr("xl/media/image.png", b"picture" * 100, zipfile.ZIP_LZMA)
    assert "xl/media/image.png" not in changed_members(book, add(book))


def test_raw_workbooks_survive(tmp_path):
    """The smallest workbook that there can be is written, too."""
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": rows(("Email",))})
    assert {SHEET} == changed_members(path, add(path))
