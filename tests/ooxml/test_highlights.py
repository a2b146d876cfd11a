"""Colours of added columns: conditional formats on these columns alone, which go when the text of the cell does."""

from __future__ import annotations

import re
import zipfile
from xml.etree import ElementTree as ET

import openpyxl
import pytest
import xlsxwriter

from collect_xl.ooxml.package import Package
from collect_xl.workbook.write_columns import add_columns, result_highlights
from support.comparing import changed_members, content
from support.corpus import corpus_workbooks
from support.paper import printed
from support.raw_workbook import raw_workbook
from support.spreadsheet import needs_libreoffice

STATUS, MESSAGE = "Collect status", "Collect message"
HEADERS = (STATUS, MESSAGE)
ROWS = [(2, ("invalid", "Correct it.")), (3, ("pending", "")), (4, ("unknown", "Look it up."))]
COLOURS = result_highlights(STATUS, MESSAGE)

_FORMATS = re.compile(rb"<(?:\w+:)?conditionalFormatting [^>]*>(?:(?!</(?:\w+:)?conditionalFormatting).)*dxfId.*?"
                      rb"</(?:\w+:)?conditionalFormatting>", re.DOTALL)  # fmt: skip
_STYLE = re.compile(rb"<(\w+:)?dxf>.*?</(?:\w+:)?dxf>|<(?:\w+:)?dxf/>", re.DOTALL)


def add(path, out, sheet="Contacts", rows=ROWS, highlights=COLOURS, **more):
    """Write status and message."""
    return add_columns(path, sheet, 1, HEADERS, rows, out, highlights=highlights, **more)


def formats(path, sheet=0):
    """Return the cells that conditional formats cover, each with the colours of its rules in the order of priority."""
    book = openpyxl.load_workbook(path)
    page = book.worksheets[sheet]
    covered = {}
    for area in page.conditional_formatting:
        rules = sorted(area.rules, key=lambda rule: rule.priority)
        covered[str(area.sqref)] = [rule.dxf.fill.bgColor.rgb[-6:] for rule in rules]
    return covered


def plain(path, **options):
    """A workbook with two contacts; ``formats`` on what stands there already."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Contacts")
        page.write_row(0, 0, ("Email", "First name"))
        for row in range(1, 4):
            page.write_row(row, 0, (f"p{row}@example.com", "Ann"))
        if options.get("formats"):
            red = book.add_format({"bg_color": "#FF0000"})
            page.conditional_format("A2:Z9", {"type": "no_blanks", "format": red})
            page.data_validation("B2:B9", {"validate": "list", "source": ["Ann", "Bob"]})
    return path


def test_both_columns_get_the_templates_colours(tmp_path):
    """Status is coloured by each word of the template, the message where a person has to do something."""
    added = add(plain(tmp_path / "a.xlsx"), tmp_path / "b.xlsx")

    assert added.columns == (3, 4)
    covered = formats(tmp_path / "b.xlsx")
    assert set(covered) == {"C2:C1048576", "D2:D1048576"}
    assert covered["D2:D1048576"] == ["FBDDDD", "E8E0F8"]
    assert covered["C2:C1048576"] == ["DCE8FA", "FCEFCF", "D9F2E0", "FBDDDD", "E8E0F8", "ECEEF1", "E8E0F8"]


def test_users_own_formats_stay_and_go_first(tmp_path):
    """A format of the user's that covers our columns, too, keeps its place, its colour and its precedence."""
    add(plain(tmp_path / "a.xlsx", formats=True), tmp_path / "b.xlsx")

    covered = formats(tmp_path / "b.xlsx")
    assert covered["A2:Z9"] == ["FF0000"]
    priorities = [
        int(each) for each in re.findall(rb'priority="(\d+)"', content(tmp_path / "b.xlsx", "xl/worksheets/sheet1.xml"))
    ]
    assert priorities == sorted(set(priorities))
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    assert [str(each.sqref) for each in book["Contacts"].data_validations.dataValidation] == ["B2:B9"]


def test_columns_that_stood_there_keep_their_looks(tmp_path):
    """Whoever took the colours away does not get them again with each run."""
    first, second = tmp_path / "b.xlsx", tmp_path / "c.xlsx"
    add(plain(tmp_path / "a.xlsx"), first, highlights=())

    add(first, second, rows=[(2, ("pending", ""))])

    assert formats(second) == {}
    assert changed_members(first, second) == {"xl/worksheets/sheet1.xml"}


@pytest.mark.parametrize(
    ("dxfs", "before"),
    [
        pytest.param('<dxfs count="0"/>', 0, id="an empty list"),
        pytest.param("<dxfs></dxfs>", 0, id="an empty list with an end"),
        pytest.param('<dxfs count="7"><dxf><font><b/></font></dxf></dxfs>', 1, id="a count that is wrong"),
        pytest.param('<cellStyles count="0"/><tableStyles/>', 0, id="no list"),
    ],
)
def test_styles_go_behind_the_others(tmp_path, dxfs, before):
    """Our colours are found by counting what stands there, whatever it says of itself."""
    path = raw_styles(tmp_path / "a.xlsx", f"<styleSheet {SPACE}><cellXfs/>{dxfs}<extLst/></styleSheet>")

    add(path, tmp_path / "b.xlsx")

    styles = content(tmp_path / "b.xlsx", "xl/styles.xml")
    ET.fromstring(styles)
    looks = [each[0] for each in _STYLE.finditer(styles)]
    sheet = content(tmp_path / "b.xlsx", "xl/worksheets/sheet1.xml")
    first = min(int(each) for each in re.findall(rb'dxfId="(\d+)"', sheet))
    assert (first, b"DCE8FA" in looks[first], len(looks)) == (before, True, before + 9)
    assert b'<dxfs count="%d">' % (before + 9) in styles


@pytest.mark.parametrize(
    "styles",
    [
        pytest.param("<styleSheet", id="cut off"),
        pytest.param("<other/>", id="no styles"),
        pytest.param("<styleSheet/>", id="nothing in it"),
    ],
)
def test_odd_styles_cost_the_colours_alone(tmp_path, styles):
    """Where the styles cannot be read the results are written without colours."""
    path = raw_styles(tmp_path / "a.xlsx", styles)

    added = add(path, tmp_path / "b.xlsx")

    assert added.changed
    assert changed_members(path, tmp_path / "b.xlsx") == {"xl/worksheets/sheet1.xml"}
    assert b"cfRule" not in content(tmp_path / "b.xlsx", "xl/worksheets/sheet1.xml")


SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def raw_styles(path, styles):
    """A workbook whose part of styles is this text."""
    made = raw_workbook(path.with_name("made.xlsx"), {"Contacts": '<sheetData><row r="1"><c r="A1" t="inlineStr"><is>'
                        "<t>Email</t></is></c></row></sheetData><pageMargins/>"}, formats=("0.0",))  # fmt: skip
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, styles if name == "xl/styles.xml" else old.read(name))
    return path


def without_ours(sheet, plain_sheet):
    """Return a sheet without the block of formats that the plain one lacks."""
    start = 0
    while sheet[start : start + 1] == plain_sheet[start : start + 1] and start < len(plain_sheet):
        start += 1
    extra = len(sheet) - len(plain_sheet)
    return sheet[:start] + sheet[start + extra :], sheet[start : start + extra]


@pytest.mark.slow
@pytest.mark.parametrize("path", corpus_workbooks())
def test_nothing_but_colours_is_added_to_workbooks_that_people_had(path, tmp_path):
    """With colours and without, a workbook differs in one run of bytes of its sheet and one of its styles."""
    with Package.open(path) as package:
        sheet = package.sheets()[0]
    with_colours, without = tmp_path / "with.xlsx", tmp_path / "without.xlsx"
    add(path, with_colours, sheet.name, force=True)
    add(path, without, sheet.name, highlights=(), force=True)

    changed = changed_members(without, with_colours)

    assert len(changed) in {0, 2}
    for member in changed:
        coloured, bare = content(with_colours, member), content(without, member)
        ET.fromstring(coloured)
        if member == sheet.part[1:]:
            kept, ours = without_ours(coloured, bare)
            assert kept == bare
            assert ours.count(b"conditionalFormatting") == 4
        else:
            olds = [each[0] for each in _STYLE.finditer(bare)]
            assert [each[0] for each in _STYLE.finditer(coloured)][: len(olds)] == olds
            bare_rest = re.sub(rb"<(\w+:)?dxfs[^>]*?(/>|>.*?</(\w+:)?dxfs>)", b"", bare, flags=re.DOTALL)
            rest = re.sub(rb"<(\w+:)?dxfs[^>]*?(/>|>.*?</(\w+:)?dxfs>)", b"", coloured, flags=re.DOTALL)
            assert rest == bare_rest


@pytest.mark.slow
@needs_libreoffice
def test_libreoffice_draws_the_colours(tmp_path):
    """A status of error is red on paper, and its message, too; a fixed row has no red any more."""
    coloured = add(plain(tmp_path / "a.xlsx"), tmp_path / "coloured.xlsx").path
    add(coloured, tmp_path / "fixed.xlsx", rows=[(2, ("pending", ""))])

    red = {}
    for name in ("a", "coloured", "fixed"):
        sheets = printed(tmp_path / f"{name}.xlsx", tmp_path / name)
        red[name] = sum(page.dots.count(bytes((0xFB, 0xDD, 0xDD))) for page in sheets)

    assert red["a"] == red["fixed"] == 0
    assert red["coloured"] > 1000
