"""The contacts and options of a workbook that is open in Excel, as they are at one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import Area
from collect_xl.domain.headings import CONTACTS_SHEETS, OPTIONS_SHEETS, RESULT_COLUMNS
from collect_xl.domain.identity import ANCHOR_FIELDS
from collect_xl.domain.model import CellValue, Fault, Layout, OptionCell, SheetRow
from collect_xl.errors import LayoutError
from collect_xl.excel.open_sheet import Lines, OpenSheet
from collect_xl.excel.typed_cells import cell_value, is_number
from collect_xl.ooxml.number_formats import NumberReader, number_reader, seen
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
    shown,
)
from collect_xl.workbook.options_sheet import options_of
from collect_xl.workbook.saved_rows import LONGEST_GAP

if TYPE_CHECKING:
    import xlwings as xw

__all__ = ["Contacts", "Grid", "read_contacts", "read_options"]

Grid = dict[int, dict[str, CellValue]]
"""Row -> field -> what the cell holds; blank cells are absent."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """Where the contacts stand, and until where the sheet is used."""

    sheet: OpenSheet
    layout: Layout
    header: Mapping[int, str]
    """What the columns of the layout have in the header row."""
    last: int
    """The last row that belongs to the list for certain; the last used one where only its content decides."""
    bottom: int
    """The last row that is used."""
    continues: bool
    """Whether rows directly below ``last`` belong to the list as well."""
    table: ListTable | None
    merged: tuple[Area, ...] = ()
    """Merged areas that make it unclear whose value a cell of the list holds."""

    @property
    def columns(self) -> dict[str, int]:
        """Field -> column."""
        return {column.field: column.index for column in self.layout.columns}

    @property
    def complete(self) -> bool:
        """Whether the sheet has all result columns that every sheet gets."""
        return all(each.key in self.columns for each in RESULT_COLUMNS)

    @property
    def body(self) -> Area:
        """The rows below the header, over the columns that mean something; at least one row."""
        places = self.columns.values()
        first = self.layout.header_row + 1
        return Area(min(places), first, max(places), max(self.bottom, first))

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the header in order, as ``Source.rows`` says."""
        body = self.body
        hidden = self.sheet.hidden(body)
        before = self.layout.header_row
        for number, cells in self._with_faults(self.grid(body)):
            if number > max(before, self.last) + 1 or (number > self.last and not self.continues):
                break
            if number - before <= LONGEST_GAP:
                yield from (SheetRow(blank, blank in hidden, {}) for blank in range(before + 1, number))
            yield SheetRow(number, number in hidden, cells)
            before = number

    def grid(self, area: Area, fields: Collection[str] | None = None) -> Grid:
        """Return what the rows of an area hold in the columns of the list, or in some of them.

        Args:
            area: the rows; as wide as the list.
            fields: the only fields to return, None for all.
        """
        return self.typed(area, self.sheet.values(area), fields)

    def typed(self, area: Area, lines: Lines, fields: Collection[str] | None = None) -> Grid:
        """Return what lines that were read hold, in the columns of the list or in some of them; see ``grid``."""
        wanted = {field: column for field, column in self.columns.items() if fields is None or field in fields}
        found: Grid = {}
        for field, column in wanted.items():
            values = [line[column - area.left] for line in lines]
            readers = self._readers(column, area.top, values)
            for row, raw in enumerate(values, area.top):
                value = cell_value(raw, readers.get(row, seen))
                if value is not None:
                    found.setdefault(row, {})[field] = value
        return dict(sorted(found.items()))

    def keyed(self, area: Area, lines: Lines) -> Grid:
        """Return what lines that were read hold of what tells rows from each other, as ``rows`` would."""
        return dict(self._with_faults(self.typed(area, lines, ANCHOR_FIELDS)))

    def _readers(self, column: int, top: int, values: Sequence[object]) -> dict[int, NumberReader]:
        """Return what reads the numbers of a column, by row; of columns of texts the format is not asked for."""
        rows = [row for row, raw in enumerate(values, top) if is_number(raw)]
        return dict(self._formats(column, rows))

    def _formats(self, column: int, rows: Sequence[int]) -> Iterator[tuple[int, NumberReader]]:
        if not rows:
            return
        code: object = self.sheet.cells(Area(column, rows[0], column, rows[-1])).number_format
        if isinstance(code, str):
            reader = number_reader(code, date1904=False)
            yield from ((row, reader) for row in rows)
        elif len(rows) > 1:  # several formats: Excel names none
            middle = len(rows) // 2
            yield from self._formats(column, rows[:middle])
            yield from self._formats(column, rows[middle:])

    def _with_faults(self, grid: Grid) -> Iterator[tuple[int, dict[str, CellValue]]]:
        """Yield the rows with the cells that merged areas cover: nobody can tell whose value those show."""
        for area in self.merged:
            for row in range(area.top, area.bottom + 1):
                for field, column in self.columns.items():
                    if area.left <= column <= area.right:
                        grid.setdefault(row, {})[field] = Fault("merged", bytes(area).decode())
        yield from sorted(grid.items())


def read_contacts(book: xw.Book, contacts_sheet: str | None) -> Contacts:
    """Return where the contacts of an open workbook are.

    Args:
        book: the workbook.
        contacts_sheet: the sheet, ignoring case; None for ``Contacts``, else the only sheet with a fitting header.

    Raises:
        LayoutError: no such sheet, no header, two that fit, or a field that has two columns.
    """
    sheets = [OpenSheet(each) for each in book.sheets]
    named = _named(sheets, [contacts_sheet] if contacts_sheet else CONTACTS_SHEETS)
    if contacts_sheet and named is None:
        raise _no_sheet(book.name, contacts_sheet, sheets)
    if named is not None:
        header = header_of(_page(named))
        if header is None:
            raise header_row_missing(named.name)
        return _contacts(named, header)
    other = _named(sheets, OPTIONS_SHEETS)
    header = only_header([_page(each) for each in sheets if each.visible and each is not other])
    return _contacts(next(each for each in sheets if each.name == header.page.name), header)


def read_options(book: xw.Book, options_sheet: str | None) -> tuple[OptionCell, ...]:
    """Return the named lines of the options sheet; empty where the book has none.

    Raises:
        LayoutError: the sheet was named, and is absent.
    """
    sheets = [OpenSheet(each) for each in book.sheets]
    sheet = _named(sheets, [options_sheet] if options_sheet else OPTIONS_SHEETS)
    if options_sheet and sheet is None:
        raise _no_sheet(book.name, options_sheet, sheets)
    return options_of(sheet.name, dict(_lines(sheet))) if sheet else ()


def _named(sheets: Sequence[OpenSheet], names: Sequence[str]) -> OpenSheet | None:
    known = {each.name.strip().casefold(): each for each in reversed(sheets)}
    return next((known[name.strip().casefold()] for name in names if name.strip().casefold() in known), None)


def _no_sheet(book: str, name: str, sheets: Sequence[OpenSheet]) -> LayoutError:
    names = ", ".join(each.name for each in sheets) or "none"
    return LayoutError(f"{book} has no worksheet named {name}; it has: {names}.", tip="Name one of these sheets.")


def _page(sheet: OpenSheet) -> Page:
    tables, used = sheet.tables(), sheet.used()
    texts: dict[int, dict[int, str]] = {}
    tops = {table.area.top for table in tables if table.area.top > HEADER_ROWS}
    head = [used._replace(bottom=min(used.bottom, HEADER_ROWS))] if used.top <= HEADER_ROWS else []
    for area in (*head, *(used._replace(top=row, bottom=row) for row in sorted(tops))):
        for row, line in enumerate(sheet.values(area), area.top):
            read = ((column, shown(cell_value(raw))) for column, raw in enumerate(line, area.left))
            texts[row] = {column: text for column, text in read if text.strip()}
    return Page(sheet.name, sheet.visible, texts, tables)


def _contacts(sheet: OpenSheet, header: Header) -> Contacts:
    layout = layout_of(header)
    row = layout.header_row
    bottom = max(sheet.used().bottom, row + 1)
    texts = {column.index: header.texts[column.index] for column in layout.columns}
    last = min(last_row(header, layout.columns), bottom)
    found = Contacts(sheet, layout, texts, last, bottom, may_continue(header), header.table)
    found = replace(found, merged=tuple(_harmful(found)))
    if _goes_on_below(found):
        found = replace(found, layout=replace(layout, notes=(*layout.notes, _below(layout, last))))
    return found


def _harmful(contacts: Contacts) -> Iterator[Area]:
    """Yield the merged areas that begin in the list, hold something and cover more than one row or column of it."""
    for area in dict.fromkeys(contacts.sheet.merged(contacts.body)):
        columns = [column for column in contacts.columns.values() if area.left <= column <= area.right]
        own_cell = area.top == area.bottom and columns == [area.left]
        if area.top > contacts.layout.header_row and columns and not own_cell:
            first = contacts.sheet.values(Area(area.left, area.top, area.left, area.top))
            if first[0][0] is not None:
                yield area


def _goes_on_below(contacts: Contacts) -> bool:
    if not contacts.continues or contacts.last >= contacts.bottom:
        return False
    below = contacts.body._replace(top=contacts.last + 1, bottom=contacts.last + 1)
    return bool(contacts.grid(below))


def _below(layout: Layout, last: int) -> str:
    return (
        f"Row {last + 1} stands directly below the table {layout.table}, outside it; "
        "it and the rows after it, up to the next blank one, are read as well."
    )


def _lines(sheet: OpenSheet) -> Iterator[tuple[int, dict[int, CellValue]]]:
    used = sheet.used()
    for row, line in enumerate(sheet.values(used), used.top):
        found = {}
        for column, raw in enumerate(line, used.left):
            value = cell_value(raw, _reader(sheet, column, row) if is_number(raw) else seen)
            if value is not None and shown(value).strip():
                found[column] = value
        if found:
            yield row, found


def _reader(sheet: OpenSheet, column: int, row: int) -> NumberReader:
    code: object = sheet.cells(Area(column, row, column, row)).number_format
    return number_reader(code, date1904=False) if isinstance(code, str) else seen
