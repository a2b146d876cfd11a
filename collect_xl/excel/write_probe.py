"""Result cells tried before anything is sent: whether Excel lets us write, with everything left as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collect_xl.domain.a1 import MAX_COLUMN, Area
from collect_xl.domain.headings import is_result
from collect_xl.excel.result_columns import BLANKS, MARK, first_free, missing_columns
from collect_xl.excel.typed_cells import is_formula
from collect_xl.excel.write_refusals import (
    cell_locked,
    locked_where_refused,
    may_be_protected,
    merged_in_the_way,
)
from collect_xl.ooxml.row_edit import formula_in_the_way

if TYPE_CHECKING:
    from collect_xl.excel.open_rows import Contacts
    from collect_xl.excel.open_sheet import OpenSheet

Cell = tuple[int, int]
"""Row and column."""


def try_writing(contacts: Contacts) -> None:
    """Find out whether results can be written, and leave everything as it is.

    Raises:
        WorkbookRefused: a formula or a merged cell is in a result column, there is no room, or the sheet is
            protected - which Excel for macOS only shows by not writing.
    """
    cells = [*_cells_of_present_columns(contacts), *_cells_for_missing_columns(contacts)]
    # What is tried in a cell is seen by others in a shared workbook, starts its macros, and makes it unsaved: only a
    # protected sheet needs it, of which some cells may be unlocked.
    if not may_be_protected(contacts.sheet):
        return
    for row, column in dict.fromkeys(cells):
        _try_cell(contacts.sheet, row, column)


def _cells_of_present_columns(contacts: Contacts) -> list[Cell]:
    """Return blank cells of the result columns that the sheet has already.

    Raises:
        WorkbookRefused: a formula or a merged cell is in one of them.
    """
    top = contacts.body.top
    bottom = max(contacts.last, top)
    cells: list[Cell] = []
    for field, column in contacts.columns.items():
        if is_result(field):
            area = Area(column, top, column, bottom)
            cells.extend(_blank_ends(contacts.sheet, area))
    return cells


def _blank_ends(sheet: OpenSheet, area: Area) -> list[Cell]:
    """Return the first and the last blank cell of a column.

    Both are tried, since a sheet may be locked for some of its rows only.

    Raises:
        WorkbookRefused: a formula or a merged cell is in the column.
    """
    formulas = [line[0] for line in sheet.formulas(area)]
    _refuse_formula(sheet, area, formulas)
    _refuse_merged(sheet, area)
    blank_rows = [row for row, formula in enumerate(formulas, area.top) if formula in BLANKS]
    if not blank_rows:
        return []
    return [(blank_rows[0], area.left), (blank_rows[-1], area.left)]


def _refuse_formula(sheet: OpenSheet, area: Area, formulas: list[str]) -> None:
    values = [line[0] for line in sheet.values(area)]
    for row, (formula, value) in enumerate(zip(formulas, values, strict=True), area.top):
        if is_formula(formula, value):
            raise formula_in_the_way(sheet.name, area.left, row)


def _refuse_merged(sheet: OpenSheet, area: Area) -> None:
    merged = next(sheet.merged(area), None)
    if merged is not None:
        raise merged_in_the_way(sheet.name, merged)


def _cells_for_missing_columns(contacts: Contacts) -> list[Cell]:
    """Return cells right of the sheet, in the rows where missing result columns will be written."""
    missing = missing_columns(contacts)
    if not missing:
        return []
    # not right beside the table: it would grow to what is typed there
    column = min(first_free(contacts, len(missing)) + 1, MAX_COLUMN)
    return [(row, column) for row in (contacts.layout.header_row, contacts.body.top, contacts.last)]


def _try_cell(sheet: OpenSheet, row: int, column: int) -> None:
    """Write a mark into a blank cell, look whether it is there, and take it away."""
    cell = sheet.cell(column, row)
    with locked_where_refused(sheet.name, column, row):
        cell.raw_value = MARK
        is_kept = cell.options(ndim=2).value[0][0] == MARK
        if is_kept:
            cell.clear_contents()
    if not is_kept:
        raise cell_locked(sheet.name, column, row)
