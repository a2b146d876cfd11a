"""The options sheet: lines of a name and a value, wherever on the sheet they stand; for saved and open workbooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collect_xl.domain.headings import is_option_heading, option_of
from collect_xl.domain.model import CellValue, OptionCell
from collect_xl.workbook.labels import cell_name, label_text

Line = Mapping[int, CellValue]
"""What a row of the sheet holds: column -> value; blank cells are absent."""


@dataclass(frozen=True, slots=True)
class _Name:
    """The name of an option, and the last row that counts as its line."""

    text: str
    at: str
    row: int


def options_of(sheet: str, lines: Mapping[int, Line]) -> tuple[OptionCell, ...]:
    """Return the named lines of an options sheet.

    A value directly below another one, without a name of its own, is one more value of that name.

    Args:
        sheet: its name.
        lines: what it holds, in order: row -> line.
    """
    first_row, name_column = _start(lines)
    options: list[OptionCell] = []
    above: _Name | None = None
    for row, line in lines.items():
        if row < first_row:
            continue
        name = _name_of(row, line, cell_name(sheet, name_column, row), name_column, above)
        if name is not None:
            option = OptionCell(
                name=name.text,
                name_at=name.at,
                value=line.get(name_column + 1),
                value_at=cell_name(sheet, name_column + 1, row),
            )
            options.append(option)
            above = name
    return tuple(options)


def _start(lines: Mapping[int, Line]) -> tuple[int, int]:
    """Return the first row of options and the column of their names."""
    for row, line in lines.items():
        for column, value in line.items():
            if is_option_heading(label_text(value), label_text(line.get(column + 1))):
                return row + 1, column
    # a sheet without a header line still has names that we know
    for line in lines.values():
        for column, value in line.items():
            if option_of(label_text(value)):
                return 1, column
    return 1, 1


def _name_of(row: int, line: Line, at: str, column: int, above: _Name | None) -> _Name | None:
    """Return the name that a line has, if need be from the line above it.

    None for a line that is no option.
    """
    text = label_text(line.get(column))
    if text:
        return _Name(text, at, row)
    has_value = line.get(column + 1) is not None
    if has_value and above is not None and above.row == row - 1:
        return _Name(above.text, above.at, row)
    return None
