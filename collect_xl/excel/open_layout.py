"""Where the contacts of a workbook that is open in Excel are: on which sheet, and below which header row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import Area
from collect_xl.domain.headings import CONTACTS_SHEETS, OPTIONS_SHEETS
from collect_xl.errors import LayoutError
from collect_xl.excel.open_rows import Contacts
from collect_xl.excel.open_sheet import OpenSheet
from collect_xl.excel.retry import listed
from collect_xl.excel.typed_cells import cell_value
from collect_xl.workbook.contact_list import is_harmful_merge, note_below_table
from collect_xl.workbook.headers import (
    HEADER_ROWS,
    Header,
    ListTable,
    Page,
    header_of,
    header_row_missing,
    last_row,
    layout_of,
    may_continue,
    only_header,
)
from collect_xl.workbook.labels import first_named, is_blank, label_text
from collect_xl.workbook.pivots import pivot_notes

if TYPE_CHECKING:
    import xlwings as xw


def read_contacts(book: xw.Book, contacts_sheet: str | None) -> Contacts:
    """Return where the contacts of an open workbook are.

    Args:
        book: the workbook.
        contacts_sheet: the sheet, ignoring case; None for ``Contacts``, else the only sheet with a fitting header.

    Raises:
        LayoutError: no such sheet, no header, two that fit, or a field that has two columns.
    """
    sheets = [OpenSheet(sheet) for sheet in listed(book.sheets)]
    sheet = sheet_of(book, sheets, contacts_sheet, CONTACTS_SHEETS)
    if sheet is None:
        return _only_contacts(sheets)
    page = _page(sheet)
    header = header_of(page)
    if header is None:
        raise header_row_missing(page)
    return _contacts(sheet, header)


def sheet_of(
    book: xw.Book, sheets: Sequence[OpenSheet], name: str | None, usual_names: Sequence[str]
) -> OpenSheet | None:
    """Return the sheet of a name, or the one that has the first of the usual names.

    Args:
        book: the workbook.
        sheets: its sheets.
        name: what the user calls the sheet, None for the usual names.
        usual_names: what it is called otherwise.

    Raises:
        LayoutError: the sheet was named, and is absent.
    """
    if not name:
        return first_named(sheets, usual_names)
    sheet = first_named(sheets, [name])
    if sheet is None:
        names = ", ".join(each.name for each in sheets) or "none"
        message = f"{book.name} has no worksheet named {name}; it has: {names}."
        raise LayoutError(message, tip="Name one of these sheets.")
    return sheet


def _only_contacts(sheets: Sequence[OpenSheet]) -> Contacts:
    """Return the contacts of the only visible sheet that has some."""
    options_sheet = first_named(sheets, OPTIONS_SHEETS)
    pages = [_page(sheet) for sheet in sheets if sheet.visible and sheet is not options_sheet]
    header = only_header(pages)
    sheet = next(sheet for sheet in sheets if sheet.name == header.page.name)
    return _contacts(sheet, header)


def _page(sheet: OpenSheet) -> Page:
    tables = sheet.tables()
    texts: dict[int, dict[int, str]] = {}
    for area in _header_areas(sheet.used(), tables):
        for row, line in enumerate(sheet.values(area), area.top):
            texts[row] = _texts_of_line(line, area.left)
    return Page(
        name=sheet.name,
        visible=sheet.visible,
        texts=texts,
        tables=tables,
    )


def _header_areas(used: Area, tables: Sequence[ListTable]) -> Iterator[Area]:
    """Yield the areas that may hold a header.

    Those are the first rows of a sheet, and the first row of each table below them.
    """
    if used.top <= HEADER_ROWS:
        yield used._replace(bottom=min(used.bottom, HEADER_ROWS))
    table_tops = {table.area.top for table in tables}
    for row in sorted(table_tops):
        if row > HEADER_ROWS:
            yield used._replace(top=row, bottom=row)


def _texts_of_line(line: Sequence[object], left: int) -> dict[int, str]:
    texts: dict[int, str] = {}
    for column, raw in enumerate(line, left):
        value = cell_value(raw)
        if not is_blank(value):
            texts[column] = label_text(value)
    return texts


def _contacts(sheet: OpenSheet, header: Header) -> Contacts:
    layout = layout_of(header)
    # at least one row, so that areas of the list are never empty
    bottom = max(sheet.used().bottom, layout.header_row + 1)
    contacts = Contacts(
        sheet=sheet,
        layout=layout,
        header={column.index: header.texts[column.index] for column in layout.columns},
        last=min(last_row(header, layout.columns), bottom),
        bottom=bottom,
        continues=may_continue(header),
        table=header.table,
    )
    rich = sheet.rich(contacts.body, contacts.columns.values())
    contacts = replace(contacts, merged=_harmful_merges(contacts), rich=tuple(rich))
    pivots = tuple(pivot_notes(sheet.pivots(), layout))
    if pivots:
        layout = replace(layout, notes=(*layout.notes, *pivots))
        contacts = replace(contacts, layout=layout)
    if _goes_on_below(contacts):
        notes = (*layout.notes, note_below_table(layout, contacts.last))
        contacts = replace(contacts, layout=replace(layout, notes=notes))
    return contacts


def _harmful_merges(contacts: Contacts) -> tuple[Area, ...]:
    """Return the merged areas of the list that leave open whose value they show."""
    columns = contacts.layout.columns
    harmful: list[Area] = []
    for area in dict.fromkeys(contacts.sheet.merged(contacts.body)):
        # an area that begins in the header or above it belongs to the header: its other cells are blank
        is_below_header = area.top > contacts.layout.header_row
        if is_below_header and is_harmful_merge(area, columns) and _holds_something(contacts.sheet, area):
            harmful.append(area)
    return tuple(harmful)


def _holds_something(sheet: OpenSheet, merged: Area) -> bool:
    """Return whether a merged area shows a value; only its first cell can hold one."""
    first_cell = sheet.values(Area(merged.left, merged.top, merged.left, merged.top))
    return first_cell[0][0] is not None


def _goes_on_below(contacts: Contacts) -> bool:
    """Return whether something is directly below a table, in the columns of the list."""
    if not contacts.continues or contacts.last >= contacts.bottom:
        return False
    below = contacts.body._replace(top=contacts.last + 1, bottom=contacts.last + 1)
    return bool(contacts.grid(below))
