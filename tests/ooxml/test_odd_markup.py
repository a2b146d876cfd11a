"""Comments, instructions, CDATA and alternatives around a sheet's rows: seen through, and kept as they are."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from collect_xl.ooxml.hyperlinks import Link
from collect_xl.workbook.saved import open_saved
from collect_xl.workbook.write_columns import add_columns
from support.comparing import all_of, content, local, sheet_cells, texts
from support.raw_workbook import TRANSITIONAL, raw_workbook, rows
from support.workbooks import with_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MARKUP = "http://schemas.openxmlformats.org/markup-compatibility/2006"
DATA = rows(("Email", "Name"), ("ann@x.example", "Ann"), ("bob@x.example", "Bob"))
TWO = "<cols><col min='1' max='2' width='9' customWidth='1'/></cols>"
MERGES = '<mergeCells count="1"><mergeCell ref="A5:B5"/></mergeCells>'
FALSE_ROWS = '<sheetData><row r="1"><c r="A1"><v>9</v></c></row></sheetData>'
ALTERNATIVES = (
    f'<mc:AlternateContent><mc:Choice Requires="x14">{TWO}</mc:Choice>'
    f'<mc:Fallback><cols><col min="1" max="1" width="7" customWidth="1"/></cols></mc:Fallback></mc:AlternateContent>'
)
ODD = {  # name -> what stands before the rows, what behind
    "comment with rows before": (f"<!-- {FALSE_ROWS} -->", ""),
    "instruction with rows before": (f"<?x {FALSE_ROWS}?>", ""),
    "extension with rows before": (f'<sheetPr><extLst><ext uri="u">{FALSE_ROWS}</ext></extLst></sheetPr>', ""),
    "alternatives with rows before": (
        f"<mc:AlternateContent><mc:Choice>{FALSE_ROWS}</mc:Choice></mc:AlternateContent>",
        "",
    ),
    "CDATA with rows before": (f"<x><![CDATA[{FALSE_ROWS}]]></x>", ""),
    "comment with columns": ("<!-- <cols><col min='1' max='9' style='1' hidden='1'/></cols> -->", ""),
    "comment in the columns": (TWO.replace("</cols>", "<!-- <col min='3' max='99'/> </cols> --></cols>"), ""),
    "comment with a dimension": ('<!-- <dimension ref="A1:Z99"/> --><dimension ref="A1:B3"/>', ""),
    "columns, empty": ("<cols/>", ""),
    "columns, empty pair": ("<cols></cols>", ""),
    "columns among alternatives": (ALTERNATIVES, ""),
    "comment with a merge": ("", '<!-- <mergeCells><mergeCell ref="A1:F9"/></mergeCells> -->'),
    "instruction with a merge": ("", '<?x <mergeCells><mergeCell ref="A1:F9"/></mergeCells> ?>'),
    "comment in the merges": ("", MERGES.replace("<mergeCell ", '<!-- <mergeCell ref="A1:F9"/> --><mergeCell ')),
    "comment with protection": ("", '<!-- <sheetProtection sheet="1"/> -->'),
    "comment with a filter": ("", '<!-- <autoFilter ref="A1:B3"/> --><autoFilter ref="A1:B3"/>'),
    "comment with links": ("", '<!-- <hyperlinks><hyperlink ref="C2" r:id="rId1"/></hyperlinks> -->'),
    "comment in the links": (
        "",
        '<hyperlinks><!-- <hyperlink ref="C2" location="a"/> --><hyperlink ref="C2" location="A1"/></hyperlinks>',
    ),
    "links, empty": ("", "<hyperlinks/>"),
    "comment that ends the rows": ("", "<!-- </sheetData> -->"),
}


def worksheet(before: str, behind: str, root: str = "") -> str:
    spaces = f'xmlns="{TRANSITIONAL}" xmlns:r="{LINKS}" xmlns:mc="{MARKUP}" {root}'
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet {spaces}>{before}{DATA}{behind}</worksheet>'


def write(path: Path) -> Path:
    """Write a status and a link beside each person."""
    output = path.with_name("out.xlsx")
    lines = [(row, ("pending", f"https://acme.usecollect.com/{row}")) for row in (2, 3)]
    link = Link("Collect portal URL")
    add_columns(path, "Contacts", 1, ("Collect status", "Collect portal URL"), lines, output, link=link)
    return output


def elements_around(xml: bytes) -> list[object]:
    """Return everything around the rows with its comments, but for what we may change."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True, insert_pis=True))
    kept = []
    for child in ET.fromstring(xml, parser):
        name = local(child) if isinstance(child.tag, str) else str(child.tag)
        if name not in {"sheetData", "dimension", "cols", "hyperlinks", "autoFilter"}:
            child.tail = None
            kept.append((name, all_of(child)))
    return kept


@pytest.mark.parametrize(("before", "behind"), ODD.values(), ids=ODD)
def test_a_sheet_with_odd_markup_is_read_and_written_rightly(tmp_path, before, behind):
    """People and results stand where they should, and whatever stands around the rows is as it was."""
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": worksheet(before, behind)})
    assert [row.cells["email"] for row in open_saved(path).rows()] == ["ann@x.example", "bob@x.example"]
    output = write(path)
    old, new = content(path, SHEET), content(output, SHEET)
    assert texts(new, 3) == {1: "Collect status", 2: "pending", 3: "pending"}
    assert elements_around(old) == elements_around(new)
    kept = {place: all_of(cell) for place, cell in sheet_cells(ET.fromstring(new)).items() if place[1] < 3}
    assert kept == {place: all_of(cell) for place, cell in sheet_cells(ET.fromstring(old)).items()}
    names = [local(child) for child in ET.fromstring(new)]
    assert len(names) == len(set(names))
    linked = {link.get("ref") for link in ET.fromstring(new).iterfind("{*}hyperlinks/{*}hyperlink")}
    assert {"D2", "D3"} <= linked


@pytest.mark.parametrize("before", ["<cols/>", "<cols></cols>", TWO])
def test_new_columns_join_the_sheets_own_list(tmp_path, before):
    """The widths of new columns go into the list that is there, empty or not."""
    output = write(raw_workbook(tmp_path / "book.xlsx", {"Contacts": worksheet(before, "")}))
    lists = ET.fromstring(content(output, SHEET)).findall("{*}cols")
    assert [[column.get("min") for column in each] for each in lists] == [
        ["1", "3", "4"] if before == TWO else ["3", "4"]
    ]


def test_columns_that_a_program_chooses_are_left_alone(tmp_path):
    """Among alternatives nothing is added: what a program takes of them is not known."""
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": worksheet(ALTERNATIVES, "")})
    assert content(write(path), SHEET).count(b"<col ") == 2


def test_a_prefix_that_is_declared_further_in_is_not_used_for_links(tmp_path):
    """A link carries the namespace of its id with it where the sheet itself does not declare it."""
    before = f'<sheetPr xmlns:q="{LINKS}"/><!-- xmlns:p="{LINKS}" -->'
    sheet = worksheet(before, "").replace(f'xmlns:r="{LINKS}"', "")
    output = write(raw_workbook(tmp_path / "book.xlsx", {"Contacts": sheet}))
    links = ET.fromstring(content(output, SHEET)).findall("{*}hyperlinks/{*}hyperlink")
    assert [link.get(f"{{{LINKS}}}id") for link in links] == ["rId1", "rId2"]


def altered(path: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    """Change one member of a workbook."""
    old = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == member else old.read(name))
    return path


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b'<!-- <table ref="A1:Z9" tableType="xml"/> -->', id="comment before"),
        pytest.param(b'<?x <table ref="A1:Z9" headerRowCount="0"/> ?>', id="instruction before"),
    ],
)
def test_a_comment_before_a_table_is_no_table(tmp_path, odd):
    """The table is read by its own tag; as its part is unusual, it stays as it is, and the columns stand beside it."""
    path = with_table(tmp_path / "book.xlsx")
    altered(path, "xl/tables/table1.xml", lambda xml: xml.replace(b"<table ", odd + b"<table ", 1))
    added = add_columns(path, "Contacts", 3, ("Collect status",), [(4, ("sent",))], tmp_path / "out.xlsx")
    assert any("written in an unusual way" in note for note in added.notes)
    assert content(path, "xl/tables/table1.xml") == content(tmp_path / "out.xlsx", "xl/tables/table1.xml")
