"""The options of a workbook that is open in Excel, as its options sheet shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collect_xl.domain.headings import OPTIONS_SHEETS
from collect_xl.domain.model import CellValue, OptionCell
from collect_xl.excel.open_layout import sheet_of
from collect_xl.excel.open_sheet import OpenSheet
from collect_xl.excel.retry import listed
from collect_xl.excel.typed_cells import cell_value, is_number
from collect_xl.ooxml.number_formats import seen
from collect_xl.workbook.labels import is_blank
from collect_xl.workbook.options_sheet import Line, options_of

if TYPE_CHECKING:
    import xlwings as xw


def read_options(book: xw.Book, options_sheet: str | None) -> tuple[OptionCell, ...]:
    """Return the named lines of the options sheet; empty where the book has none.

    Args:
        book: the workbook.
        options_sheet: the sheet's name, ignoring case; None for ``Options``.

    Raises:
        LayoutError: the sheet was named, and is absent.
    """
    sheets = [OpenSheet(sheet) for sheet in listed(book.sheets)]
    sheet = sheet_of(book, sheets, options_sheet, OPTIONS_SHEETS)
    return options_of(sheet.name, _lines(sheet)) if sheet else ()


def _lines(sheet: OpenSheet) -> dict[int, Line]:
    """Return the rows of a sheet that hold something: row -> column -> value."""
    used = sheet.used()
    lines: dict[int, Line] = {}
    for row, raw_values in enumerate(sheet.values(used), used.top):
        line: dict[int, CellValue] = {}
        for column, raw in enumerate(raw_values, used.left):
            value = _value(sheet, column, row, raw)
            if value is not None and not is_blank(value):
                line[column] = value
        if line:
            lines[row] = line
    return lines


def _value(sheet: OpenSheet, column: int, row: int, raw: object) -> CellValue | None:
    """Return what a cell holds, a number as its own format shows it."""
    if not is_number(raw):
        return cell_value(raw)
    readers = sheet.number_readers(column, [row])
    return cell_value(raw, readers.get(row, seen))
