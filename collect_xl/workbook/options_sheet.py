"""The options sheet: lines of a name and a value, wherever on the sheet they are; for saved and open workbooks."""

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

    A value directly below another one, without a name of its own, is one more value of the same name.

    Args:
        sheet: its name.
        lines: what it holds, in order: row -> line.
    """
    first_row, name_column, value_column = _start(lines)
    options: list[OptionCell] = []
    above: _Name | None = None
    for row, line in lines.items():
        if row < first_row:
            continue
        at = cell_name(sheet, name_column, row)
        name = _name_of(_Name(label_text(line.get(name_column)), at, row), above, has_value=value_column in line)
        if name is not None:
            option = OptionCell(
                name=name.text,
                name_at=name.at,
                value=line.get(value_column),
                value_at=cell_name(sheet, value_column, row),
            )
            options.append(option)
            above = name
    return tuple(options)


def _start(lines: Mapping[int, Line]) -> tuple[int, int, int]:
    """Return the first row of options, and the columns of their names and values."""
    for row, line in lines.items():
        for column, text in line.items():
            value_column = _value_column(line, column, label_text(text))
            if value_column is not None:
                return row + 1, column, value_column
    # a sheet without a header line still has names that we know
    for line in lines.values():
        for column, value in line.items():
            if option_of(label_text(value)):
                return 1, column, column + 1
    return 1, 1, 2


def _value_column(line: Line, names: int, heading: str) -> int | None:
    """Return the column of values that belongs to a heading of names; the nearest one at its right goes first."""
    columns = [column for column, text in line.items() if is_option_heading(heading, label_text(text))]
    if not columns:
        return None
    return min(columns, key=lambda column: (column < names, abs(column - names)))


def _name_of(name: _Name, above: _Name | None, *, has_value: bool) -> _Name | None:
    """Return the name of a line, if need be that of the line above it; None for a line that is no option."""
    if name.text:
        return name
    if has_value and above is not None and above.row == name.row - 1:
        return _Name(above.text, above.at, name.row)
    return None
