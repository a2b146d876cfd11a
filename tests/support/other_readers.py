"""What openpyxl and python-calamine read in a workbook, and whether it is what we read."""

from __future__ import annotations

import math
import warnings
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import openpyxl
import python_calamine

from collect_xl.domain.model import CellValue, Fault, Number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Grid = dict[tuple[int, int], object]
"""``(row, column)`` -> value; blank cells are absent."""


def read_by_openpyxl(path: Path) -> Iterator[tuple[str, Grid]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of everything that it would lose when saving
        book = openpyxl.load_workbook(path, data_only=True)
    for sheet in book.worksheets:
        grid = {(cell.row, cell.column): cell.value for row in sheet.iter_rows() for cell in row}
        yield sheet.title, {place: value for place, value in grid.items() if value not in {None, ""}}


def read_by_calamine(path: Path) -> Iterator[tuple[str, Grid]]:
    book = python_calamine.CalamineWorkbook.from_path(path)
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        top, left = sheet.start or (0, 0)
        lines = enumerate(sheet.to_python(skip_empty_area=True), start=top + 1)
        yield name, {(r, c): value for r, line in lines for c, value in enumerate(line, start=left + 1) if value != ""}


def agree(ours: CellValue | None, theirs: object) -> bool:
    """Tell whether two readers read the same; identifiers are compared as the numbers that Excel made of them."""
    if isinstance(ours, Number) or (isinstance(ours, Fault) and ours.kind == "digits"):
        number = float(ours.shown if isinstance(ours, Fault) else ours)
        return isinstance(theirs, float | int) and math.isclose(number, theirs, rel_tol=1e-13)
    if isinstance(ours, datetime) and isinstance(theirs, datetime):
        return abs(ours - theirs) < timedelta(milliseconds=2)
    if isinstance(ours, str) and isinstance(theirs, timedelta):
        hours, minutes, seconds = map(int, ours.split(":"))
        return timedelta(hours=hours, minutes=minutes, seconds=seconds) == theirs
    if isinstance(theirs, str):
        theirs = theirs.replace("\r\n", "\n")
    return theirs in _as_others_see(ours)


def _as_others_see(ours: CellValue | None) -> list[object]:
    if isinstance(ours, Fault):  # what is no value to us is an error's name or nothing to them
        return [None, ours.shown]
    if isinstance(ours, date) and not isinstance(ours, datetime):
        return [ours, datetime.combine(ours, time.min)]
    return [ours]
