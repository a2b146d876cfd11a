"""Result columns in open Excel: added at the right of everything, and taken into the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import MAX_COLUMN, Area
from collect_xl.domain.headings import RESULT_COLUMNS, RESULT_WIDTHS
from collect_xl.domain.model import Column
from collect_xl.domain.named_results import WIDTH
from collect_xl.excel.retry import patiently
from collect_xl.excel.typed_cells import cell_value
from collect_xl.excel.write_refusals import locked_where_refused, no_room, not_kept
from collect_xl.workbook.labels import label_text

if TYPE_CHECKING:
    import xlwings as xw

    from collect_xl.domain.headings import Field
    from collect_xl.excel.open_rows import Contacts
    from collect_xl.excel.open_sheet import OpenSheet
    from collect_xl.workbook.headers import ListTable

MARK = "collect-xl tries whether it may write here"
"""Written into a cell for a moment; should it ever stay, the next trial takes it away."""
BLANKS = ("", MARK)
"""Formulas of a cell that holds nothing of the user's."""
_AT_ONCE = 10_000
"""Rows whose formulas are read at once."""


def missing_columns(contacts: Contacts, more: Sequence[Field] = ()) -> list[Field]:
    """Return the result columns that a sheet has not yet: the usual ones, and more that will be added."""
    present = contacts.columns
    return [field for field in (*RESULT_COLUMNS, *more) if field.key not in present]


def add_missing(
    contacts: Contacts, wait: Callable[[float], None], more: Sequence[Field] = ()
) -> tuple[Contacts, tuple[str, ...]]:
    """Write the headers of result columns that are missing, and let the table grow to them.

    Args:
        contacts: where they are.
        wait: waits that many seconds for an Excel that is busy.
        more: columns beside the usual ones.

    Returns:
        the contacts with these columns, and sentences for the user.

    Raises:
        WorkbookRefused: there is no room at the right, or the sheet is protected.
    """
    missing = missing_columns(contacts, more)
    if not missing:
        return contacts, ()
    row = contacts.layout.header_row
    first = first_free(contacts, len(missing))
    area = Area(first, row, first + len(missing) - 1, row)
    titles = [field.title for field in missing]
    _write_titles(contacts.sheet, area, titles)
    # the titles are read back last: a table that takes columns in may rename them
    notes = _grow_table(contacts, area, wait)
    _refuse_other_titles(contacts.sheet, area, titles)
    _dress(contacts.sheet, area, [field.key for field in missing])
    columns = [Column(field.key, column, field.title) for column, field in enumerate(missing, first)]
    return _with_columns(contacts, columns), notes


def first_free(contacts: Contacts, missing: int) -> int:
    """Return the column right of everything that the sheet holds.

    What is only formatted does not count.

    Args:
        contacts: where the contacts are.
        missing: how many columns are needed.

    Raises:
        WorkbookRefused: there is no room for these.
    """
    used = contacts.sheet.used()
    widest = max(map(_width, _formula_lines(used, contacts.sheet)), default=0)
    right = used.left - 1 + widest
    if right + missing > MAX_COLUMN:
        raise no_room(contacts.sheet.name, right, missing)
    return right + 1


def _width(line: Sequence[str]) -> int:
    """Return the number of cells up to the last that holds something of the user's."""
    for width in range(len(line), 0, -1):
        if line[width - 1] not in BLANKS:
            return width
    return 0


def _formula_lines(used: Area, sheet: OpenSheet) -> Iterator[list[str]]:
    """Yield all formulas of a sheet: a formula that shows nothing holds its place as well."""
    for top in range(used.top, used.bottom + 1, _AT_ONCE):
        bottom = min(used.bottom, top + _AT_ONCE - 1)
        yield from sheet.formulas(used._replace(top=top, bottom=bottom))


def _write_titles(sheet: OpenSheet, area: Area, titles: Sequence[str]) -> None:
    with locked_where_refused(sheet.name, area.left, area.top):
        sheet.cells(area).raw_value = [titles]


def _refuse_other_titles(sheet: OpenSheet, area: Area, titles: Sequence[str]) -> None:
    """Raise ``WorkbookRefused`` where Excel silently dropped the titles, as it does on macOS."""
    shown_titles = [label_text(cell_value(raw)) for raw in sheet.values(area)[0]]
    if shown_titles != titles:
        raise not_kept(sheet, area.left, area.top)


def _with_columns(contacts: Contacts, columns: Sequence[Column]) -> Contacts:
    layout = replace(contacts.layout, columns=(*contacts.layout.columns, *columns))
    added_header = {column.index: column.header for column in columns}
    return replace(contacts, layout=layout, header={**contacts.header, **added_header})


def _grow_table(contacts: Contacts, area: Area, wait: Callable[[float], None]) -> tuple[str, ...]:
    """Let the table of the contacts grow to columns that touch it.

    Excel may have done so by itself when they were written.
    """
    table = contacts.table
    if table is None or (table.area.right + 1, table.area.top) != (area.left, area.top):
        return ()
    # a query's table, or a neighbour in the way: the columns are outside the table then, and the user is informed
    with suppress(Exception):
        patiently(lambda: _resize(contacts.sheet, table, area.right), wait, "let the table grow")
    for now in contacts.sheet.tables():
        if now.name == table.name and now.area.right >= area.right:
            return ()
    return (f"The table {table.name} was not extended to the new columns, because Excel did not do it.",)


def _resize(sheet: OpenSheet, table: ListTable, right: int) -> None:
    excel_table: xw.main.Table = sheet.sheet.tables[table.name]
    excel_table.resize(sheet.cells(table.area._replace(right=right)))


def _dress(sheet: OpenSheet, area: Area, fields: Sequence[str]) -> None:
    """Make new columns as wide as their content asks, and their headers look like their neighbour's.

    Looks are worth no error, so what Excel does not take is left out.
    """
    for column, field in enumerate(fields, area.left):
        with suppress(Exception):
            sheet.cell(column, area.top).column_width = RESULT_WIDTHS.get(field, WIDTH)
    if area.left > 1:
        with suppress(Exception):
            _copy_look(sheet.cell(area.left - 1, area.top), sheet.cells(area))


def _copy_look(neighbour: xw.Range, headers: xw.Range) -> None:
    headers.font.bold = bool(neighbour.font.bold)
    if neighbour.font.color is not None:
        headers.font.color = neighbour.font.color
    if neighbour.color is not None:
        headers.color = neighbour.color
