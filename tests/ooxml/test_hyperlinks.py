"""Native hyperlinks: made, kept, replaced, removed, and never more than Excel keeps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import openpyxl
import pytest

from collect_xl.ooxml import hyperlinks as links
from collect_xl.ooxml.hyperlink_xml import relationship_pattern, whole_relationships
from collect_xl.ooxml.hyperlinks import Link
from collect_xl.workbook.write_columns import add_columns
from support.comparing import changed_members, content, local
from support.odd_files import rezipped
from support.raw_workbook import STRICT, raw_workbook, rows
from support.workbooks import plain

if TYPE_CHECKING:
    from pathlib import Path

SHEET, RELS = "xl/worksheets/sheet1.xml", "xl/worksheets/_rels/sheet1.xml.rels"
LINES = (("Email", "URL"), ("ann@example.com", None), ("bob@example.com", None), ("eve@example.com", None))


def add(path: Path, lines, **options) -> tuple[Path, tuple[str, ...]]:
    output = path.with_name(f"{path.stem}+.xlsx")
    options.setdefault("link", Link("URL"))
    return output, add_columns(path, "Contacts", 1, ("URL",), lines, output, **options).notes


def links_of(path: Path) -> dict[str, str]:
    """Return the addresses by cell, as openpyxl sees them."""
    book = openpyxl.load_workbook(path)
    return {cell.coordinate: cell.hyperlink.target for row in book["Contacts"] for cell in row if cell.hyperlink}


def targets(path: Path) -> set[str]:
    return {each.get("Target") for each in ET.fromstring(content(path, RELS)) if each.get("TargetMode") == "External"}


def test_addresses_become_links_beside_those_that_exist(tmp_path):
    """A text that is an https address gets a link; links elsewhere in the sheet stay as they are."""
    path = plain(tmp_path / "book.xlsx", LINES, links={"A2": "https://example.com/old"})
    output, _ = add(path, [(2, ("https://example.com/r?a=1&b='2'",)), (3, ("no address",))])
    assert links_of(output) == {"A2": "https://example.com/old", "B2": "https://example.com/r?a=1&b='2'"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le", "windows-1252"])
def test_relationships_in_another_encoding(tmp_path, encoding):
    """Old links are found and kept, and new ones added, where the relationships are not written in UTF-8."""
    path = plain(tmp_path / "book.xlsx", LINES, links={"A2": "https://example.com/old"})
    mark = {"utf-16-be": "\ufeff", "utf-16-le": "\ufeff"}.get(encoding, "")
    declared = encoding.removesuffix("-be").removesuffix("-le")

    def encoded(name, inside):
        if name != RELS:
            return inside
        text = inside.decode().replace("UTF-8", declared).replace("/old", "/öld")
        return (mark + text).encode(encoding)

    rezipped(path, encoded)
    output, notes = add(path, [(2, ("https://example.com/1",)), (3, ("https://example.com/2",))])
    assert links_of(output) == {
        "A2": "https://example.com/öld",
        "B2": "https://example.com/1",
        "B3": "https://example.com/2",
    }
    again, _ = add(output, [(2, ("",)), (3, ("https://example.com/3",))])
    assert links_of(again) == {"A2": "https://example.com/öld", "B3": "https://example.com/3"}
    assert notes == ()


def test_a_comment_among_the_relationships(tmp_path):
    """New relationships are not written into a comment that holds an end tag."""
    path = plain(tmp_path / "book.xlsx", LINES, links={"A2": "https://example.com/old"})
    comment = b"<!-- </Relationships> -->"
    rezipped(
        path,
        lambda name, inside: (
            inside.replace(b"</Relationships>", comment + b"</Relationships>") if name == RELS else inside
        ),
    )
    output, _ = add(path, [(2, ("https://example.com/1",))])
    assert links_of(output) == {"A2": "https://example.com/old", "B2": "https://example.com/1"}


def test_the_first_link_of_a_sheet_makes_its_relationships(tmp_path):
    """A sheet without relationships gets the part for them."""
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": rows(*LINES)})
    output, _ = add(path, [(2, ("https://example.com/1",))])
    assert links_of(output) == {"B2": "https://example.com/1"}
    assert {SHEET, RELS} == changed_members(path, output)


def test_no_part_with_old_addresses_stays_in_the_zip(tmp_path):
    """Each part is in the file once: what the directory names no more would still hold the addresses of before."""
    path = plain(tmp_path / "book.xlsx", LINES, links={"A2": "https://example.com/old"})
    output, _ = add(path, [(2, ("https://example.com/1",))])
    with ZipFile(output) as archive:
        parts = len(archive.infolist())
    assert output.read_bytes().count(b"PK\3\4") == parts


def test_a_link_over_no_cells_that_are_known_stays(tmp_path):
    """A link over a whole column is not Excel's way to write one: it stays as it is, beside the new ones."""
    old = b'<hyperlink ref="B:B" location="Contacts!A1"/>'
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": f"{rows(*LINES)}<hyperlinks>{old.decode()}</hyperlinks>"})
    output, _ = add(path, [(2, ("https://example.com/1",))])
    sheet = content(output, SHEET)
    assert (sheet.count(old), sheet.count(b"<hyperlink ")) == (1, 2)


def test_links_stand_where_the_schema_wants_them(tmp_path):
    """New links come after what must precede them, and before what must follow."""
    margins = '<pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/>'
    around = f'<mergeCells><mergeCell ref="D8:E9"/></mergeCells>{margins}'
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": rows(*LINES) + around})
    output, _ = add(path, [(2, ("https://example.com/1",))])
    names = [local(each) for each in ET.fromstring(content(output, SHEET))]
    assert names == ["sheetData", "mergeCells", "hyperlinks", "pageMargins"]


def test_a_changed_address_replaces_the_link_and_forgets_the_old_one(tmp_path):
    """No trace of an address that belonged to another person stays in the file."""
    first, _ = add(
        plain(tmp_path / "book.xlsx", LINES), [(2, ("https://example.com/1",)), (3, ("https://example.com/2",))]
    )
    second, _ = add(first, [(2, ("https://example.com/3",)), (3, (None,))])
    assert links_of(second) == {"B2": "https://example.com/3", "B3": "https://example.com/2"}
    assert {"https://example.com/2", "https://example.com/3"} == targets(second)


@pytest.mark.parametrize("text", ["", "gone"])
def test_a_cleared_address_takes_its_link_along(tmp_path, text):
    """An emptied cell, or one with another text, has no link any more; the last one takes the list along."""
    first, _ = add(plain(tmp_path / "book.xlsx", LINES), [(2, ("https://example.com/1",))])
    second, _ = add(first, [(2, (text,))])
    assert links_of(second) == {}
    assert b"hyperlink" not in content(second, SHEET)
    assert set() == targets(second)


def test_a_repetition_changes_no_link(tmp_path):
    """The same addresses again leave sheet and relationships byte for byte."""
    lines = [(row, (f"https://example.com/{row}",)) for row in (2, 3, 4)]
    first, _ = add(plain(tmp_path / "book.xlsx", LINES), lines)
    second, _ = add(first, lines)
    assert set() == changed_members(first, second)


def test_a_link_over_several_cells_is_cut_around_ours(tmp_path):
    """A link that a user laid over a range stays on the cells that we do not write."""
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'{rows(*LINES)}<hyperlinks><hyperlink ref="A2:C4" location="Contacts!A1"/></hyperlinks></worksheet>'
    )
    output, _ = add(raw_workbook(tmp_path / "book.xlsx", {"Contacts": sheet}), [(3, ("https://example.com/3",))])
    found = [each.get("ref") for each in ET.fromstring(content(output, SHEET)).iter() if local(each) == "hyperlink"]
    assert found == ["A2:A4", "B2", "B4", "C2:C4", "B3"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("http://example.com/", id="http"),
        pytest.param("https://example.com/a b", id="blank"),
        pytest.param("https://example.com/ä", id="not ASCII"),
        pytest.param("https://example.com/%zz", id="bad escape"),
        pytest.param("javascript:alert(1)", id="script"),
        pytest.param("https://" + "a" * 2_100, id="too long"),
        pytest.param('https://example.com/"><x', id="markup"),
    ],
)
def test_what_is_no_plain_address_stays_text(tmp_path, text):
    """Excel calls a workbook damaged when a link's target is no URI, so only plain https addresses become links."""
    path = plain(tmp_path / "book.xlsx", LINES)
    output, _ = add(path, [(2, (text,))])
    assert b"hyperlink" not in content(output, SHEET)


def test_the_caller_decides_which_rows_get_links(tmp_path):
    """An address is linked only where the caller allows it."""
    lines = [(row, (f"https://example.com/{row}",)) for row in (2, 3)]
    output, _ = add(plain(tmp_path / "book.xlsx", LINES), lines, link=Link("URL", lambda row, _text: row == 3))
    assert links_of(output) == {"B3": "https://example.com/3"}


def test_addresses_beyond_excels_limit_stay_text(tmp_path, monkeypatch):
    """Excel keeps 65,530 links a sheet; the rest is plain text, and a note says how many."""
    monkeypatch.setattr(links, "MAX_LINKS", 3)
    path = plain(tmp_path / "book.xlsx", LINES, links={"A1": "https://example.com/old"})
    output, notes = add(path, [(row, (f"https://example.com/{row}",)) for row in (2, 3, 4)])
    assert {"A1", "B2", "B3"} == set(links_of(output))
    assert "1 addresses in Contacts are plain text" in notes[0]


def test_a_strict_workbook_gets_strict_links(tmp_path):
    """In a Strict workbook the relationship's type and the attribute are of the Strict namespace."""
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": rows(*LINES)}, namespace=STRICT)
    output, _ = add(path, [(2, ("https://example.com/1",))])
    kind = "http://purl.oclc.org/ooxml/officeDocument/relationships"
    assert f"{kind}/hyperlink".encode() in content(output, RELS)
    link = next(each for each in ET.fromstring(content(output, SHEET)).iter() if local(each) == "hyperlink")
    assert link.get(f"{{{kind}}}id") == "rId1"


@pytest.mark.parametrize("names", [("rId1", "rId2"), ("link", "rId007"), ("R2", "rId4294967296"), ("rId0", "rId-1")])
def test_links_are_found_by_ids_of_any_kind(tmp_path, names):
    """A link is kept or replaced whatever its program calls its relationship."""
    first, _ = add(plain(tmp_path / "book.xlsx", LINES), [(row, (f"https://example.com/{row}",)) for row in (2, 3)])
    renamed = tmp_path / "renamed.xlsx"
    with ZipFile(first) as old, ZipFile(renamed, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            for number, each in enumerate(names, start=1):
                text = text.replace(b'"rId%d"' % number, f'"{each}"'.encode()) if "sheet1" in name else text
            new.writestr(name, text)
    second, _ = add(renamed, [(2, ("https://example.com/2",)), (3, ("https://example.com/new",))])
    assert links_of(second) == {"B2": "https://example.com/2", "B3": "https://example.com/new"}
    assert {"https://example.com/2", "https://example.com/new"} == targets(second)


@pytest.mark.parametrize(
    "root",
    [
        pytest.param("<Relationships @/>", id="empty"),
        pytest.param("<p:Relationships @ />", id="prefix"),
        pytest.param("<Relationships @></Relationships>", id="open"),
        pytest.param("<Relationships @\n>\n</Relationships>\n<!-- -->", id="comment behind"),
    ],
)
def test_relationships_are_added_however_their_part_is_written(tmp_path, root):
    """An empty part, one with a prefix, or one with something behind its end takes the addresses, too."""
    path, prefix = tmp_path / "book.xlsx", ":p" * root.startswith("<p:")
    raw_workbook(path, {"Contacts": rows(*LINES)})
    namespace = f'xmlns{prefix}="http://schemas.openxmlformats.org/package/2006/relationships"'
    with ZipFile(path, "a") as package:
        package.writestr(RELS, root.replace("@", namespace))
    output, _ = add(path, [(2, ("https://example.com/1",))])
    assert links_of(output) == {"B2": "https://example.com/1"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(rb' (TargetMode="External")/>', rb" \1 />", id="blank before the end"),
        pytest.param(rb'(Id="rId\d+") (Type="[^"]+")', rb"\2 \1", id="another order"),
        pytest.param(rb'Target="([^"]+)"', rb"Target='\1'", id="single quotes"),
        pytest.param(rb"<Relationship (.*?)/>", rb"<Relationship \1></Relationship>", id="end tags"),
        pytest.param(rb"(<Relationship )", rb"<!-- -->\1", id="comments"),
        pytest.param(rb"(<Relationship )", rb'\1xmlns:x="x" ', id="a namespace"),
        pytest.param(rb"", b"", id="as usual"),
    ],
)
def test_addresses_are_found_however_relationships_are_written(tmp_path, before, after):
    """A link with the same address is kept, and one with another is replaced, whatever program wrote them."""
    lines = [(2, ("https://example.com/?a=1&b=2",)), (3, ("https://example.com/3",))]
    first, _ = add(plain(tmp_path / "book.xlsx", LINES), lines)
    other = tmp_path / "other.xlsx"
    with ZipFile(first) as old, ZipFile(other, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, re.sub(before, after, text) if name == RELS and before else text)
    again, _ = add(other, lines)
    assert [content(again, SHEET), content(again, RELS)] == [content(other, SHEET), content(other, RELS)]
    changed, _ = add(other, [(2, ("https://example.com/?a=1",)), (3, (None,))])
    assert links_of(changed) == {"B2": "https://example.com/?a=1", "B3": "https://example.com/3"}


@pytest.mark.parametrize("size", range(1, 30))
def test_relationships_are_never_cut_in_two(size):
    """Wherever a part is cut into chunks, a relationship and its end tag stay together, and nothing is lost."""
    xml = b'<Relationships><Relationship Id="a"></Relationship><Relationship Id="b" ></Relationship></Relationships>'
    pieces = list(whole_relationships(xml[at : at + size] for at in range(0, len(xml), size)))
    assert b"".join(pieces) == xml
    assert sum(len(relationship_pattern(b"").findall(piece)) for piece in pieces) == 2


def test_a_link_that_a_program_would_not_find_is_not_made(tmp_path):
    """Where the sheet and its relationships spell their name in two cases, addresses stay text: openpyxl opens it."""
    path, odd = plain(tmp_path / "book.xlsx", LINES, links={"A2": "https://example.com/a"}), tmp_path / "odd.xlsx"
    with ZipFile(path) as old, ZipFile(odd, "w") as new:
        for name in old.namelist():
            inside = re.sub(b"<hyperlinks>.*</hyperlinks>", b"", old.read(name)) if name == SHEET else old.read(name)
            new.writestr(name.replace("sheet1.xml.rels", "Sheet1.xml.rels"), inside)
    output, notes = add(odd, [(2, ("https://example.com/1",))])
    assert [note for note in notes if "plain text, without links" in note and "Sheet1.xml.rels" in note]
    assert {SHEET} == changed_members(odd, output)
    assert openpyxl.load_workbook(output)["Contacts"]["B2"].value == "https://example.com/1"


def test_only_the_same_address_is_the_same_link(tmp_path):
    """A link into the workbook, or to another address, is replaced; one with the very address stays."""
    path = plain(tmp_path / "book.xlsx", LINES, links={"B2": "internal:Contacts!A1", "B3": "https://example.com/b"})
    output, _ = add(path, [(2, ("https://example.com/a",)), (3, ("https://example.com/b",))])
    assert links_of(output) == {"B2": "https://example.com/a", "B3": "https://example.com/b"}
    again, _ = add(output, [(2, ("https://example.com/a",)), (3, ("https://example.com/c",))])
    assert links_of(again) == {"B2": "https://example.com/a", "B3": "https://example.com/c"}
