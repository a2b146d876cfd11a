"""What a file is, told by its content; parts and relationships of all spellings; declarations that are refused."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from collect_xl.errors import DamagedWorkbook, DiskError, HostileWorkbook, NotAWorkbook, WorkbookError, WorkbookRefused
from collect_xl.ooxml.document_type import declares_document_type
from collect_xl.ooxml.package import Package
from collect_xl.workbook.saved import open_saved
from collect_xl.workbook.write_columns import add_columns
from support.raw_workbook import STRICT, TRANSITIONAL, TYPES, raw_workbook, rows
from support.workbooks import plain

BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def ole(*streams: str) -> bytes:
    """Return the beginning of an OLE file with streams of these names."""
    names = b"".join(f"{name}\0".encode("utf-16-le").ljust(128, b"\0") for name in streams)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + names


def zipped(path: Path, parts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def changed(path: Path, part: str, change) -> Path:
    """Rewrite a workbook with one part changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    return zipped(path, {**parts, part: change(parts.get(part, ""))})


@pytest.fixture
def book(tmp_path):
    """A small workbook."""
    return raw_workbook(tmp_path / "clients.xlsx", {"Contacts": rows(("Email",)), "More": rows(("Other",))})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(ole("Root Entry", "EncryptedPackage"), "protected by a password", id="encrypted"),
        pytest.param(ole("Root Entry", "Workbook"), "Excel 97-2003 workbook", id="xls"),
        pytest.param(ole("Root Entry", "Book"), "Excel 5 workbook", id="xls 5"),
        pytest.param(ole("Root Entry", "WordDocument"), "Word document", id="doc"),
        pytest.param(ole("Root Entry", "Else"), "older Office file", id="other OLE"),
        pytest.param(b"Email,Name\nann@example.com,Ann\n", "a text file, perhaps CSV", id="csv"),
        pytest.param("\ufeffEmail\tName\n".encode("utf-16"), "a text file, perhaps CSV", id="utf-16 text"),
        pytest.param(b"<html><table><tr><td>Email</td></tr></table>", "a web page", id="html"),
        pytest.param(
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "XML Spreadsheet",
            id="xml 2003",
        ),
        pytest.param(b"<?xml version='1.0'?><a/>", "an XML file", id="xml"),
        pytest.param(b"%PDF-1.7\n", "PDF", id="pdf"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\1\2\3", "not known here", id="picture"),
        pytest.param(b"", "an empty file", id="empty"),
    ],
)
def test_other_files_are_told_by_their_content(tmp_path, content, kind):
    """Whatever its name says, a file of another kind is named, with what to do about it."""
    path = tmp_path / "clients.xlsx"
    path.write_bytes(content)
    with pytest.raises(NotAWorkbook) as raised:
        Package.open(path)
    assert kind in str(raised.value)
    assert raised.value.tip


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        ("mimetype", "OpenDocument"),
        ("xl/workbook.bin", "binary workbook"),
        ("Index/Document.iwa", "Numbers"),
        ("word/document.xml", "Word"),
        ("ppt/presentation.xml", "PowerPoint"),
        ("readme.txt", "zip archive that holds no workbook"),
        ("", "zip archive that holds no workbook"),
    ],
)
def test_other_zips_are_told_by_their_members(tmp_path, member, kind):
    """A zip that is no workbook is named by what it holds."""
    with pytest.raises(NotAWorkbook, match=kind):
        Package.open(zipped(tmp_path / "clients.xlsx", {member: "x"} if member else {}))


def test_a_binary_workbook_with_content_types_is_told(book):
    """An .xlsb has content types, too; its main part decides."""
    binary = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    path = changed(book, "[Content_Types].xml", lambda xml: xml.replace(f"{TYPES}.sheet.main+xml", binary))
    with pytest.raises(NotAWorkbook, match="binary workbook"):
        Package.open(path)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (f"{TYPES}.template.main+xml", "template"),
        ("application/vnd.ms-excel.template.macroEnabled.main+xml", "template"),
        ("application/vnd.ms-excel.addin.macroEnabled.main+xml", "add-in"),
    ],
)
def test_templates_and_add_ins_are_not_written(book, kind, word):
    """A template or an add-in, told by its content type, is refused with the remedy."""
    path = changed(book, "[Content_Types].xml", lambda xml: xml.replace(f"{TYPES}.sheet.main+xml", kind))
    with pytest.raises(WorkbookRefused, match=word):
        add_columns(path, "Contacts", 1, ("Status",), [])


def test_a_file_that_is_not_there_is_a_disk_error(tmp_path):
    """A wrong name is no damaged workbook."""
    with pytest.raises(DiskError, match=r"nowhere\.xlsx cannot be read"):
        Package.open(tmp_path / "nowhere.xlsx")


@pytest.mark.parametrize(
    "part",
    [
        "[Content_Types].xml",
        "_rels/.rels",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "xl/styles.xml",
        "docProps/core.xml",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_every_part(book, part, encoding):
    """No spreadsheet program declares a document type; a part that does is a bomb, in whatever encoding."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = (BOMB + parts.get(part, b"<x/>").decode()).encode(encoding)
    with zipfile.ZipFile(book, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(HostileWorkbook, match="document type"):
        Package.open(book)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("<!-- <!DOCTYPE x> -->", id="comment"),
        pytest.param("<?x <!DOCTYPE x> ?>", id="instruction"),
        pytest.param("\ufeff<?xml version='1.0'?>\n<!-- <!ENTITY --><!-- a -->", id="comments behind the declaration"),
    ],
)
def test_a_document_type_in_a_comment_is_none(before):
    """What a comment says of document types declares none."""
    assert not declares_document_type(f"{before}<worksheet/>".encode())
    assert declares_document_type(f"{before}<!DOCTYPE x><worksheet/>".encode())


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"<!-- ", id="comment without end"),
        pytest.param(b"<?x ", id="instruction without end"),
        pytest.param(b"junk", id="text before"),
        pytest.param(b"\xff\xfe<\0!\0-\0-\0", id="UTF-16"),
        pytest.param(b"<!-- --><!-- ", id="second comment without end"),
    ],
)
def test_what_may_hide_a_document_type_hides_none(start):
    """Where it is not certain that a declaration is none, it counts."""
    assert declares_document_type(start + b"<!DOCTYPE x>")


@pytest.mark.parametrize(
    ("member", "content", "words"),
    [
        pytest.param("xl/worksheets/sheet1.xml", b"<!DOCTYPE x><worksheet/>", "Sheet Contacts declares", id="hostile"),
        pytest.param("xl/worksheets/_rels/sheet1.xml.rels", b"<a", "sheet1.xml.rels", id="no sheet"),
        pytest.param("xl/workbook.xml", b"<!DOCTYPE x><workbook/>", "/xl/workbook.xml declares", id="workbook"),
        pytest.param("xl/_rels/workbook.xml.rels", b"<!DOCTYPE x><a/>", "workbook.xml.rels declares", id="its links"),
        pytest.param("_rels/.rels", b"<!DOCTYPE x><a/>", "_rels/.rels declares", id="the package's links"),
    ],
)
def test_messages_call_a_sheet_by_its_name(book, member, content, words):
    """A part is called by the name that a user knows, where that can be found out."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(book, "w") as archive:
        for name, old in {**parts, member: content}.items():
            archive.writestr(name, content if name == member else old)
    with pytest.raises(WorkbookError, match=words):
        open_saved(book).probe()


def test_a_part_beyond_all_measure_is_not_read(book, monkeypatch):
    """A small part that is larger than any real one is refused before it is read."""
    monkeypatch.setattr("collect_xl.ooxml.package.SMALL", 100)
    with pytest.raises(HostileWorkbook, match="far beyond"):
        Package.open(book)


@pytest.mark.parametrize("namespace", [TRANSITIONAL, STRICT])
@pytest.mark.parametrize(
    "target",
    [
        "worksheets/sheet1.xml",
        "/xl/worksheets/sheet1.xml",
        "worksheets\\sheet1.xml",
        "./Worksheets/SHEET1.xml",
        "../xl/worksheets/sheet1.xml",
    ],
)
def test_targets_of_all_spellings_are_found(tmp_path, namespace, target):
    """Relative and absolute targets, backslashes, dots and other cases lead to the same part."""
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": rows(("Email",))}, namespace=namespace)
    changed(path, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace("worksheets/sheet1.xml", target))
    with Package.open(path) as package:
        assert package.read(package.sheet("contacts").part).startswith(b"<worksheet")


def test_of_sheets_that_differ_by_case_the_exact_name_goes_first(tmp_path):
    """A sheet is found by its name in any case; where another program made two, the one that is spelled so."""
    path = raw_workbook(tmp_path / "book.xlsx", {"CONTACTS": rows(("A",)), "Contacts": rows(("B",))})
    with Package.open(path) as package:
        names = [package.sheet(name).name for name in ("Contacts", "CONTACTS", "contacts")]
    assert names == ["Contacts", "CONTACTS", "CONTACTS"]


def test_sheets_come_in_the_books_order_with_their_state(book):
    """Worksheets are listed as the book orders them; other kinds of sheets and dangling ones are left out."""
    extra = '<sheet name="Graph" sheetId="8" state="hidden" r:id="rId8"/><sheet name="Gone" sheetId="9" r:id="rId9"/>'

    def listed(xml):
        return xml.replace("<sheets>", f"<sheets>{extra}").replace('name="More"', 'name="More" state="veryHidden"')

    changed(book, "xl/workbook.xml", listed)
    relation = f'<Relationship Id="rId8" Type="{TRANSITIONAL}/chartsheet" Target="worksheets/sheet2.xml"/>'
    changed(
        book, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace("</Relationships>", f"{relation}</Relationships>")
    )
    with Package.open(book) as package:
        assert [(each.name, each.state) for each in package.sheets()] == [
            ("Contacts", "visible"),
            ("More", "veryHidden"),
        ]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"])
def test_a_part_that_is_no_xml_is_damaged(book, part):
    """An ill-formed part is named."""
    changed(book, part, lambda xml: xml[: len(xml) // 2])
    with pytest.raises(DamagedWorkbook, match="no well-formed XML"):
        add_columns(book, "Contacts", 1, ("Status",), [])


def test_a_cut_off_file_is_damaged(tmp_path):
    """A download that stopped half-way is named so."""
    path = plain(tmp_path / "clients.xlsx", (("Email",),))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DamagedWorkbook, match="cut short or damaged"):
        Package.open(path)


def test_junk_before_the_zip_is_no_workbook(tmp_path):
    """A file that does not begin as a zip does is not searched for one."""
    path = plain(tmp_path / "clients.xlsx", (("Email",),))
    path.write_bytes(struct.pack("<Q", 7) + path.read_bytes())
    with pytest.raises(NotAWorkbook):
        Package.open(path)
