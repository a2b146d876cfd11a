"""Dates as cells: built-in formats over the user's own looks, in both date systems, and without styles at all."""

# ruff: noqa: DTZ001  # a cell has no zone

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter

from collect_xl.ooxml.add_columns import add_columns
from collect_xl.ooxml.date_cells import DAY, DAY_AND_TIME, serial
from collect_xl.ooxml.sheet_edit import TextColumns
from support.odd_files import rezipped
from support.raw_workbook import raw_workbook, rows

DATE, MOMENT = date(2027, 1, 31), datetime(2027, 1, 31, 14, 30)
COLUMNS = TextColumns(
    sheet="Contacts",
    header_row=1,
    headers=("Status", "Due", "Made"),
    dates={"Due": DAY, "Made": DAY_AND_TIME},
)


def write(path, lines, columns=COLUMNS):
    """Write lines from row 2 on."""
    return add_columns(path, columns, list(enumerate(lines, 2)), keep_backup=False)


def formats(path, cells):
    """Return value, number of the format and alignment of cells."""
    sheet = openpyxl.load_workbook(path)["Contacts"]
    return [(sheet[cell].value, sheet[cell]._style.numFmtId, sheet[cell].alignment.horizontal) for cell in cells]


@pytest.mark.parametrize("date1904", [False, True], ids=["from 1900", "from 1904"])
@pytest.mark.parametrize("day", [date(1970, 1, 1), DATE, MOMENT, datetime(2199, 12, 31, 23, 59, 59)])
def test_a_serial_is_what_other_programs_take_it_for(day, date1904):
    """XlsxWriter has the same number for a day, in both date systems."""
    book = xlsxwriter.Workbook("never written", {"date_1904": date1904})
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)

    assert float(serial(day, date1904=date1904)) == pytest.approx(
        book.add_worksheet()._convert_date_time(moment), abs=1e-9
    )


def test_dates_have_the_built_in_formats(tmp_path):
    """New columns show days by format 14 and moments by 22, which each reader's Excel spells in its own way."""
    path = raw_workbook(tmp_path / "a.xlsx", {"Contacts": rows(["Email"], ["a@x.org"], ["b@x.org"])})
    book = openpyxl.load_workbook(path)
    book.save(path)
    write(path, [("sent", DATE, MOMENT), ("sent", "", None)])

    assert formats(path, ["C2", "D2"]) == [(datetime(2027, 1, 31), 14, None), (MOMENT, 22, None)]
    assert [cell.value for cell in openpyxl.load_workbook(path)["Contacts"][1]] == ["Email", "Status", "Due", "Made"]


def test_looks_and_own_date_formats_are_kept(tmp_path):
    """Of a cell that was formatted as text only the format changes; a date format of the user's stays as it is."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        for column, title in enumerate(("Email", "Status", "Due", "Made")):
            sheet.write(0, column, title)
        text = book.add_format({"num_format": "@", "align": "right", "quote_prefix": True})
        own = book.add_format({"num_format": "dddd d mmmm", "align": "center"})
        clock = book.add_format({"num_format": "h:mm"})
        for row, looks in ((1, text), (2, own), (3, clock)):
            sheet.write(row, 0, "a@x.org")
            sheet.write(row, 2, "2026-12-31", looks)
    write(path, [("sent", DATE, None)] * 3)
    (first, second, third) = formats(path, ["C2", "C3", "C4"])

    assert first == (datetime(2027, 1, 31), 14, "right")
    assert (second[0], second[1] > 163, second[2]) == (datetime(2027, 1, 31), True, "center")
    assert third[:2] == (datetime(2027, 1, 31), 14)
    assert openpyxl.load_workbook(path)["Contacts"]["C2"].quotePrefix is not True


def test_nothing_changes_the_second_time(tmp_path):
    """The same dates again leave the file as it is, and no style is made twice."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Contacts").write_column(0, 0, ["Email", *(f"{n}@x.org" for n in range(3_000))])
    lines = [("sent", DATE, MOMENT)] * 3_000
    first = write(path, lines)
    before = path.read_bytes()
    second = write(path, lines)
    with zipfile.ZipFile(path) as opened:
        styles = opened.read("xl/styles.xml")

    assert (first.changed, second.changed, path.read_bytes() == before) == (True, False, True)
    assert styles.count(b'numFmtId="14"') == styles.count(b'numFmtId="22"') == 1


@pytest.mark.parametrize("harm", ["no part", "no formats"])
def test_without_styles_a_date_is_a_text(tmp_path, harm):
    """Where a workbook has no styles, a bare number would be no date to anyone: its text is written."""
    path = raw_workbook(tmp_path / "a.xlsx", {"Contacts": rows(["Email"], ["a@x.org"])})

    def harmed(name: str, content: bytes) -> bytes | None:
        if harm == "no formats":
            return re.sub(rb"<cellXfs.*</cellXfs>", b"", content) if name == "xl/styles.xml" else content
        if name == "xl/styles.xml":
            return None
        return re.sub(rb"<(Relationship|Override) [^>]*styles[^>]*>", b"", content)

    write(rezipped(path, harmed), [("sent", DATE, MOMENT)])
    with zipfile.ZipFile(path) as opened:
        sheet = opened.read("xl/worksheets/sheet1.xml")

    assert b">2027-01-31<" in sheet
    assert b">2027-01-31 14:30:00<" in sheet
