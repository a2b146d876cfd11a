"""A workbook with one of everything: columns are added, and all of it is still there; what openpyxl would have lost."""

from __future__ import annotations

import shutil
import warnings
import zipfile
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from collect_xl.workbook import add_columns
from support.comparing import assert_sheet_kept, changed_members, content
from support.corpus import corpus_workbook
from support.other_readers import read_by_calamine
from support.programs import output_of
from support.workbooks import everything

COLUMNS = ("Collect status", "Collect request ID", "Collect portal URL", "Collect error")
ROWS = [(row, ("sent", f"REQ-{row}", f"https://example.com/r/{row}", None)) for row in range(2, 12)]
LOST_BY_OPENPYXL = {
    "xl/featurePropertyBag/featurePropertyBag.xml",  # the check box
    "xl/metadata.xml",  # the dynamic array is an old array formula afterwards
    "xl/richData/rdrichvalue.xml",  # the picture in a cell
}


@pytest.fixture
def book(tmp_path):
    """A macro-enabled workbook with one of everything; its VBA project is the one of xlwings' template."""
    package = Path(find_spec("xlwings").origin).parent
    vba = tmp_path / "vbaProject.bin"
    with zipfile.ZipFile(next(package.glob("quickstart*.xlsm"))) as archive:
        vba.write_bytes(archive.read("xl/vbaProject.bin"))
    return everything(tmp_path / "everything.xlsm", vba)


def test_everything_is_still_there(book, tmp_path):
    """Columns beside a table with charts, pictures, buttons, rules and macros around it change the sheet alone."""
    output = tmp_path / "filled.xlsm"
    added = add_columns(book, "Contacts", 1, COLUMNS, ROWS, output)
    sheet = "xl/worksheets/sheet1.xml"
    table, rels = "xl/tables/table1.xml", "xl/worksheets/_rels/sheet1.xml.rels"
    assert added.columns == (4, 5, 6, 7)
    assert {sheet, table, rels} == changed_members(book, output)  # XlsxWriter asks for recalculation anyway
    assert_sheet_kept(content(book, sheet), content(output, sheet), added.columns, {"cols", "hyperlinks"})
    root = ET.fromstring(content(output, table))
    names = [each.get("name") for each in root.iter() if each.tag.endswith("}tableColumn")]
    assert ("A1:G11", ["Email", "Name", "Amount", *COLUMNS]) == (root.get("ref"), names)


@pytest.mark.parametrize(("sheet", "part"), [("Lists", 2), ("Secret", 3)])
def test_every_other_sheet_takes_columns_too(book, tmp_path, sheet, part):
    """A sheet of formulas and a hidden, protected one are written as well, and nothing but them changes."""
    output = tmp_path / "filled.xlsm"
    added = add_columns(book, sheet, 1, ("Status",), [(2, ("sent",))], output)
    member = f"xl/worksheets/sheet{part}.xml"
    assert changed_members(book, output) <= {member, "xl/workbook.xml"}
    assert_sheet_kept(content(book, member), content(output, member), added.columns, {"cols"})


def test_what_openpyxl_loses_of_it(book, tmp_path):
    """Loaded and saved by openpyxl, the same workbook has lost parts: the reason why we do not save through it."""
    output = tmp_path / "saved.xlsm"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = openpyxl.load_workbook(book, keep_vba=True)
        opened.save(output)
        opened.close()
        opened.vba_archive.close()
    with zipfile.ZipFile(book) as before, zipfile.ZipFile(output) as after:
        lost = {name for name in before.namelist() if name not in after.namelist()}
        sheet = after.read("xl/worksheets/sheet1.xml")
    assert lost >= LOST_BY_OPENPYXL
    assert b"sparkline" in content(book, "xl/worksheets/sheet1.xml")
    assert b"sparkline" not in sheet


CONVERTED = ("05_SampleSlicerChart.xlsx", "10_issue.4415.xlsx", "28_date_1904.xlsx", "37_CubeFromRange-Output.xlsx")


def test_libreoffice_reads_the_same_values(book, tmp_path):
    """LibreOffice opens the result, and exports each old cell as it does without our columns."""
    office = shutil.which("soffice")
    if not office:
        pytest.skip("LibreOffice (soffice) is not installed")
    books = [book, *map(corpus_workbook, CONVERTED)]
    places = {}
    for folder in ("before", "after", "converted-before", "converted-after"):
        (tmp_path / folder).mkdir()
    for each in books:
        shutil.copy(each, tmp_path / "before" / each.name)
        sheet = next(name for name, _ in read_by_calamine(each))
        places[each.stem] = sheet, add_columns(each, sheet, 1, COLUMNS, ROWS, tmp_path / "after" / each.name).columns
    for folder in ("before", "after"):
        files = sorted(map(str, (tmp_path / folder).iterdir()))
        target = tmp_path / f"converted-{folder}"
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [office, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(target), *files]
        output_of(command)
    for stem, (sheet, columns) in places.items():
        old = dict(read_by_calamine(tmp_path / "converted-before" / f"{stem}.xlsx"))[sheet]
        new = dict(read_by_calamine(tmp_path / "converted-after" / f"{stem}.xlsx"))[sheet]
        assert {place: value for place, value in new.items() if place[1] not in columns} == old
        assert [new[row, columns[1]] for row in (1, 2, 11)] == ["Collect request ID", "REQ-2", "REQ-11"]
