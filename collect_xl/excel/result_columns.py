"""Result columns in open Excel: added at the right, taken into the table, and tried before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import MAX_COLUMN, Area, column_letters
from collect_xl.domain.headings import RESULT_COLUMNS, RESULT_WIDTHS
from collect_xl.domain.model import Column
from collect_xl.errors import WorkbookRefused
from collect_xl.excel.retry import is_busy, patiently, words_of
from collect_xl.excel.text_block import formula_in_the_way, is_formula, refused
from collect_xl.excel.typed_cells import cell_value
from collect_xl.workbook.headers import ListTable, cell_name, shown

if TYPE_CHECKING:
    import xlwings as xw

    from collect_xl.excel.open_rows import Contacts
    from collect_xl.excel.open_sheet import OpenSheet

__all__ = ["add_missing", "try_writing"]

MARK = "collect-xl tries whether it may write here"
"""Stands in a cell for a moment; should it ever stay, the next trial takes it away."""
_NOTHING = ("", MARK)


def add_missing(contacts: Contacts, wait: Callable[[float], None]) -> tuple[Contacts, tuple[str, ...]]:
    """Write the headers of result columns that are missing, and let the table grow to them.

    Args:
        contacts: where they stand.
        wait: waits so many seconds for an Excel that is busy.

    Returns:
        the contacts with these columns, and sentences for the user.

    Raises:
        WorkbookRefused: there is no room at the right, or the sheet is protected.
    """
    missing = [each for each in RESULT_COLUMNS if each.key not in contacts.columns]
    if not missing:
        return contacts, ()
    sheet, row = contacts.sheet, contacts.layout.header_row
    first = _first_free(contacts, len(missing))
    titles, area = [each.title for each in missing], Area(first, row, first + len(missing) - 1, row)
    try:
        sheet.cells(area).raw_value = [titles]
    except Exception as error:
        if is_busy(error):
            raise
        raise refused(sheet.name, cell_name(sheet.name, first, row), words_of(error)) from error
    notes = _grown(contacts, area, wait)
    if [shown(cell_value(each)) for each in sheet.values(area)[0]] != titles:
        raise refused(sheet.name, cell_name(sheet.name, first, row), "")
    _dress(sheet, area, [each.key for each in missing])
    columns = tuple(Column(each.key, first + step, each.title) for step, each in enumerate(missing))
    layout = replace(contacts.layout, columns=(*contacts.layout.columns, *columns))
    header = {**contacts.header, **{column.index: column.header for column in columns}}
    return replace(contacts, layout=layout, header=header), notes


def _first_free(contacts: Contacts, wanted: int) -> int:
    """Return the column right of everything that the sheet holds; what is only formatted does not count."""
    used = contacts.sheet.used()
    right = used.left - 1 + max(map(_width, _all(used, contacts.sheet)), default=0)
    if right + wanted > MAX_COLUMN:
        letters = column_letters(right).decode()
        raise WorkbookRefused(
            f"{contacts.sheet.name} is used up to column {letters}: "
            f"there is no room for {wanted} more columns at its right.",
            tip="Clear the cells at the far right of the sheet, or move the contacts to a sheet of their own.",
        )
    return right + 1


def _width(line: Sequence[str]) -> int:
    """Return how many cells of a line there are up to the last that holds something of somebody's."""
    return max((step for step, each in enumerate(line, 1) if each not in _NOTHING), default=0)


def _all(used: Area, sheet: OpenSheet) -> Iterator[list[str]]:
    """Yield all formulas of a sheet: a formula that shows nothing holds its place as well."""
    for top in range(used.top, used.bottom + 1, 10_000):
        yield from sheet.formulas(used._replace(top=top, bottom=min(used.bottom, top + 9_999)))


def _grown(contacts: Contacts, area: Area, wait: Callable[[float], None]) -> tuple[str, ...]:
    """Let the table of the contacts grow to columns that touch it, where Excel did not do so by itself."""
    table = contacts.table
    if table is None or (table.area.right + 1, table.area.top) != (area.left, area.top):
        return ()
    with suppress(Exception):  # a query's table, a neighbour in the way: the columns stand beside it then
        patiently(lambda: _resize(contacts.sheet, table, area.right), wait, "let the table grow")
    grown = [each for each in contacts.sheet.tables() if each.name == table.name and each.area.right >= area.right]
    if grown:
        return ()
    return (f"The table {table.name} was not extended to the new columns, because Excel did not do it.",)


def _resize(sheet: OpenSheet, table: ListTable, right: int) -> None:
    found: xw.main.Table = sheet.sheet.tables[table.name]
    found.resize(sheet.cells(table.area._replace(right=right)))


def _dress(sheet: OpenSheet, area: Area, fields: Sequence[str]) -> None:
    """Make new columns as wide as their content asks, and their headers look like their neighbours'."""
    for column, field in enumerate(fields, area.left):
        with suppress(Exception):  # looks are worth no error
            sheet.cells(Area(column, area.top, column, area.top)).column_width = RESULT_WIDTHS[field]
    if area.left > 1:
        with suppress(Exception):
            neighbour = sheet.cells(Area(area.left - 1, area.top, area.left - 1, area.top))
            headers = sheet.cells(area)
            headers.font.bold = bool(neighbour.font.bold)
            if neighbour.font.color is not None:
                headers.font.color = neighbour.font.color
            if neighbour.color is not None:
                headers.color = neighbour.color


def try_writing(contacts: Contacts) -> None:
    """Find out whether results can be written, and leave everything as it is.

    Raises:
        WorkbookRefused: a formula or a merged cell stands in a result column, there is no room, or the sheet is
            protected - which Excel for macOS only shows by not writing.
    """
    own = {field: column for field, column in contacts.columns.items() if field.startswith("result.")}
    body, cells = contacts.body, list[tuple[int, int]]()
    for column in own.values():
        area = Area(column, body.top, column, max(contacts.last, body.top))
        cells += _free_cells(contacts, area)
    missing = [each for each in RESULT_COLUMNS if each.key not in own]
    if missing:
        apart = min(_first_free(contacts, len(missing)) + 1, MAX_COLUMN)  # a table grows to what is typed beside it
        cells += [(contacts.layout.header_row, apart), (body.top, apart), (contacts.last, apart)]
    for row, column in dict.fromkeys(cells):
        _try(contacts.sheet, row, column)


def _free_cells(contacts: Contacts, area: Area) -> list[tuple[int, int]]:
    """Return the first and the last blank cell of a result column, when nothing in it stands in the way."""
    sheet, rows = contacts.sheet, range(area.top, area.bottom + 1)
    formulas, values = sheet.formulas(area), sheet.values(area)
    for row in rows:
        if is_formula(formulas[row - area.top][0], values[row - area.top][0]):
            raise formula_in_the_way(sheet.name, area.left, row)
    if merged := next(sheet.merged(area), None):
        raise WorkbookRefused(
            f"{sheet.name}!{bytes(merged).decode()} is merged, where results are to be written.",
            tip="Unmerge these cells (Home > Merge & Center), and try again.",
        )
    blank = [row for row in rows if formulas[row - area.top][0] in _NOTHING]
    return [(row, area.left) for row in (blank[:1] + blank[-1:])]


def _try(sheet: OpenSheet, row: int, column: int) -> None:
    """Write a mark into a blank cell, look whether it stands there, and take it away."""
    cell = sheet.cells(Area(column, row, column, row))
    try:
        cell.raw_value = MARK
        kept = cell.options(ndim=2).value[0][0] == MARK
        if kept:
            cell.clear_contents()
    except Exception as error:
        if is_busy(error):
            raise
        raise refused(sheet.name, cell_name(sheet.name, column, row), words_of(error)) from error
    if not kept:
        raise refused(sheet.name, cell_name(sheet.name, column, row), "")
