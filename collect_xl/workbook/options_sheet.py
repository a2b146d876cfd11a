"""The options sheet: lines of a name and a value, wherever on the sheet they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collect_xl.domain.a1 import column_number
from collect_xl.domain.headings import OPTIONS_SHEETS, is_option_heading, option_of
from collect_xl.domain.model import OptionCell
from collect_xl.ooxml.tokenizer import SheetStream, cells
from collect_xl.workbook.headers import cell_name, shown
from collect_xl.workbook.saved_layout import named_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collect_xl.domain.model import CellValue
    from collect_xl.ooxml.cell_values import Cells
    from collect_xl.ooxml.package import Package, SheetPart

__all__ = ["find_options", "options_of"]


def find_options(package: Package, values: Cells, options_sheet: str | None) -> tuple[OptionCell, ...]:
    """Return the named lines of the options sheet; empty where the book has none.

    Args:
        package: the open workbook.
        values: the values of its cells.
        options_sheet: the sheet's name, ignoring case; None for ``Options``.

    Raises:
        LayoutError: the sheet was named, and is absent.
    """
    sheet = package.sheet(options_sheet) if options_sheet else named_sheet(package, OPTIONS_SHEETS)
    if sheet is None:
        return ()
    return options_of(sheet.name, dict(_lines(package, values, sheet)))


def options_of(sheet: str, lines: Mapping[int, Mapping[int, CellValue]]) -> tuple[OptionCell, ...]:
    """Return the named lines of an options sheet.

    Args:
        sheet: its name.
        lines: what it holds, without blank cells: row -> column -> value, in order.
    """
    first, column = _start(lines)
    return tuple(_options(sheet, {row: line for row, line in lines.items() if row >= first}, column))


def _lines(package: Package, values: Cells, sheet: SheetPart) -> Iterator[tuple[int, dict[int, CellValue]]]:
    stream = SheetStream(package.stream(sheet.part), sheet.part)
    for row in stream.rows():
        read = ((column_number(token[0]), values.read(token)) for token in cells(row.body, stream.prefix))
        line = {column: value for column, value in read if value is not None and shown(value).strip()}
        if line:
            yield row.number, line


def _start(lines: Mapping[int, Mapping[int, CellValue]]) -> tuple[int, int]:
    """Return the first row of options and the column of their names: told by the header, else by a name we know."""
    for row, line in lines.items():
        for column in line:
            if is_option_heading(shown(line[column]), shown(line.get(column + 1))):
                return row + 1, column
    named = (column for line in lines.values() for column in line if option_of(shown(line[column])))
    return 1, next(named, 1)


def _options(sheet: str, lines: Mapping[int, Mapping[int, CellValue]], column: int) -> Iterator[OptionCell]:
    """Yield the options; a value below another one, without a name of its own, is one more value of that name."""
    above: tuple[int, str, str] | None = None
    for row, line in lines.items():
        name, value = shown(line.get(column)), line.get(column + 1)
        name_at = cell_name(sheet, column, row)
        if not name and value is not None and above and above[0] == row - 1:
            name, name_at = above[1:]
        if name:
            yield OptionCell(name, name_at, value, cell_name(sheet, column + 1, row))
            above = (row, name, name_at)
