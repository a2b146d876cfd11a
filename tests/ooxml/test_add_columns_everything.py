"""A workbook with one of everything: columns are added, and all of it is still there; what openpyxl would have lost."""

from __future__ import annotations

import shutil
import warnings
import zipfile
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from collect_xl.ooxml.package import Package
from collect_xl.workbook.write_columns import add_columns
from support.comparing import assert_sheet_kept, changed_members, content
from support.corpus import FOLDER
from support.other_readers import Grid, read_by_calamine
from support.programs import output_of
from support.workbooks import everything

COLUMNS = ("Collect status", "Collect request ID", "Collect portal URL", "Collect message")
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


@pytest.mark.slow
def test_libreoffice_reads_the_same_values(book, tmp_path):
    """LibreOffice opens the result, and exports each old cell as it does without our columns."""
    assert_libreoffice_exports_the_same([book], tmp_path)


@pytest.mark.slow
@pytest.mark.slow
def test_libreoffice_reads_the_same_values_of_real_workbooks(tmp_path):
    """With columns in each of their sheets, LibreOffice exports of people's own workbooks what it did before."""
    books = sorted(FOLDER.glob("*.xls[xm]"))
    if not books:
        pytest.skip(f"no workbooks in {FOLDER}: set COLLECT_XL_CORPUS")
    assert_libreoffice_exports_the_same(books, tmp_path)


def assert_libreoffice_exports_the_same(books: list[Path], folder: Path) -> None:
    """Add columns to each sheet of each workbook, and hold LibreOffice's exports of both against each other."""
    before, after = folder / "before", folder / "after"
    before.mkdir(), after.mkdir()
    for each in books:
        shutil.copy(each, before), shutil.copy(each, after)
    places = {each.stem: added_to_each_sheet(after / each.name) for each in books}
    exports = exported(before), exported(after)
    for stem, columns in places.items():
        old, new = (dict(read_by_calamine(export / f"{stem}.xlsx")) for export in exports)
        for sheet, (_, second, *_) in columns.items():
            kept = {place: value for place, value in new[sheet].items() if place[1] not in columns[sheet]}
            assert differences(old[sheet], kept) == {}, (stem, sheet)
            assert [new[sheet][row, second] for row in (1, 2, 11)] == ["Collect request ID", "REQ-2", "REQ-11"]


def added_to_each_sheet(path: Path) -> dict[str, tuple[int, ...]]:
    """Return where the columns stand in each sheet."""
    with Package.open(path) as package:
        names = [each.name for each in package.sheets()]
    return {
        name: add_columns(path, name, 1, COLUMNS, ROWS, path, force=True, keep_backup=False).columns for name in names
    }


def exported(folder: Path) -> Path:
    """Return the folder with what LibreOffice makes of the workbooks of a folder."""
    office = shutil.which("soffice")
    if not office:
        pytest.skip("LibreOffice (soffice) is not installed")
    target = folder.with_name(f"{folder.name}-exported")
    profile = f"-env:UserInstallation={folder.with_name('profile').as_uri()}"
    files = sorted(folder.iterdir())
    output_of([office, profile, "--headless", "--convert-to", "xlsx", "--outdir", target, *files], seconds=400)
    return target


def differences(old: Grid, new: Grid) -> dict[tuple[int, int], tuple[object, object]]:
    """Return the cells that differ; what ``NOW()`` says is another moment in each export."""
    cells = {place: (old.get(place), new.get(place)) for place in {*old, *new}}
    return {place: pair for place, pair in cells.items() if pair[0] != pair[1] and not are_moments_of_now(*pair)}


def are_moments_of_now(*values: object) -> bool:
    now = (datetime.now(UTC) - datetime(1899, 12, 30, tzinfo=UTC)) / timedelta(days=1)
    return all(isinstance(value, float) and abs(value - now) < 1 for value in values)
