"""The hidden name of a filter grows with the filter, and no other name changes."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import xlsxwriter

from collect_xl.workbook.write_columns import add_columns
from support.comparing import changed_members, content

if TYPE_CHECKING:
    from pathlib import Path

WORKBOOK = "xl/workbook.xml"
LINES = (("Email", "Name"), ("ann@x.example", "Ann"), ("bob@x.example", "Bob"))


def book(path: Path, sheet: str = "Contacts", *, chart_before: bool = False) -> Path:
    """Return a workbook with a filter on its list, and another one on a second sheet."""
    with xlsxwriter.Workbook(path) as made:
        if chart_before:
            chart = made.add_chart({"type": "line"})
            chart.add_series({"values": "=More!$A$1:$A$2"})
            made.add_chartsheet("Chart").set_chart(chart)
        for name in (sheet, "More"):
            page = made.add_worksheet(name)
            for number, line in enumerate(LINES):
                page.write_row(number, 0, line)
            page.autofilter("A1:B3")
        made.define_name("Own", f"='{sheet}'!$A$1:$B$3")
    return path


def names_of(path: Path) -> list[tuple[str | None, str | None]]:
    names = ET.fromstring(content(path, WORKBOOK)).iterfind("{*}definedNames/{*}definedName")
    return [(name.get("localSheetId"), name.text) for name in names]


def write(path: Path, sheet: str = "Contacts") -> Path:
    output = path.with_name("out.xlsx")
    add_columns(path, sheet, 1, ("Collect status",), [(2, ("sent",))], output)
    return output


@pytest.mark.parametrize("sheet", ["Contacts", "Müller & Co", "it's"])
@pytest.mark.parametrize("chart_before", [False, True])
def test_the_name_follows_its_filter(tmp_path, sheet, chart_before):
    """Only the name of this sheet's filter grows; that of another sheet, and the user's own, stay."""
    path = book(tmp_path / "book.xlsx", sheet, chart_before=chart_before)
    before = names_of(path)
    after = names_of(write(path, sheet))
    index = str(int(chart_before))
    expected = [(number, text.replace("$B$3", "$C$3") if number == index else text) for number, text in before if text]
    assert before != expected == after


def test_a_name_of_other_cells_stays(tmp_path):
    """A name that is out of step with the filter is not guessed at."""
    path = altered(
        book(tmp_path / "book.xlsx"), b"Contacts!$A$1:$B$3</definedName>", b"Contacts!$A$1:$B$2</definedName>"
    )
    assert WORKBOOK not in changed_members(path, write(path)) or names_of(path) == names_of(tmp_path / "out.xlsx")


def test_a_second_write_changes_no_name(tmp_path):
    """Where the columns are there already the filter does not grow, and neither does its name."""
    path = write(book(tmp_path / "book.xlsx"))
    names = names_of(path)
    add_columns(path, "Contacts", 1, ("Collect status",), [(2, ("completed",))])
    assert names == names_of(path)


def altered(path: Path, old: bytes, new: bytes) -> Path:
    """Change the workbook's main part."""
    archive = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as rewritten:
        for name in archive.namelist():
            inside = archive.read(name)
            rewritten.writestr(name, inside.replace(old, new) if name == WORKBOOK else inside)
    return path
