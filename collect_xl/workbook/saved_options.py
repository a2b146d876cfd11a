"""The options of a saved workbook, as its options sheet holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collect_xl.domain.a1 import column_number
from collect_xl.domain.headings import OPTIONS_SHEETS
from collect_xl.ooxml.tokenizer import open_sheet
from collect_xl.workbook.labels import is_blank
from collect_xl.workbook.options_sheet import options_of
from collect_xl.workbook.saved_layout import sheet_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collect_xl.domain.model import CellValue, OptionCell
    from collect_xl.ooxml.cell_values import Cells
    from collect_xl.ooxml.package import Package, SheetPart
    from collect_xl.ooxml.row_cells import CellToken
    from collect_xl.workbook.options_sheet import Line


def find_options(package: Package, values: Cells, options_sheet: str | None) -> tuple[OptionCell, ...]:
    """Return the named lines of the options sheet; empty where the book has none.

    Args:
        package: the open workbook.
        values: the values of its cells.
        options_sheet: the sheet's name, ignoring case; None for ``Options``.

    Raises:
        LayoutError: the sheet was named, and is absent.
    """
    sheet = sheet_of(package, options_sheet, OPTIONS_SHEETS)
    if sheet is None:
        return ()
    return options_of(sheet.name, _lines(package, values, sheet))


def _lines(package: Package, values: Cells, sheet: SheetPart) -> dict[int, Line]:
    """Return the rows of a sheet that hold something: row -> column -> value."""
    stream = open_sheet(package, sheet.part)
    lines: dict[int, Line] = {}
    for row in stream.rows():
        line = _line(stream.cells(row), values)
        if line:
            lines[row.number] = line
    return lines


def _line(tokens: Iterable[CellToken], values: Cells) -> Line:
    line: dict[int, CellValue] = {}
    for token in tokens:
        value = values.read(token)
        if value is not None and not is_blank(value):
            line[column_number(token[0])] = value
    return line
