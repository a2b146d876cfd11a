"""Where the contacts of a saved workbook are: on which sheet, below which header row, and down to which row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import column_number, integer
from collect_xl.domain.headings import CONTACTS_SHEETS, OPTIONS_SHEETS
from collect_xl.ooxml.excel_tables import tables_of
from collect_xl.ooxml.tokenizer import open_sheet
from collect_xl.ooxml.xml_bytes import attribute
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collect_xl.domain.model import Layout
    from collect_xl.ooxml.cell_values import Cells
    from collect_xl.ooxml.excel_tables import Table
    from collect_xl.ooxml.package import Package, SheetPart
    from collect_xl.ooxml.row_cells import CellToken


@dataclass(frozen=True, slots=True)
class Place:
    """Where the list of contacts begins and ends."""

    part: str
    """The worksheet's part."""
    layout: Layout
    last: int
    """The last row that belongs to the list; the sheet's very last one where only its content decides."""
    bottom: int
    """The last row of its table, totals and all; ``last`` where it is no table."""
    may_continue: bool
    """Whether rows directly below ``last`` belong to it too: a table that did not grow with what was typed."""


def find_contacts(package: Package, values: Cells, contacts_sheet: str | None) -> Place:
    """Return where the contacts are.

    Args:
        package: the open workbook.
        values: the values of its cells.
        contacts_sheet: the sheet, ignoring case; None for ``Contacts``, else the only sheet with a fitting header.

    Raises:
        LayoutError: no such sheet, no header, two that fit, or a field that has two columns.
    """
    sheet = sheet_of(package, contacts_sheet, CONTACTS_SHEETS)
    if sheet is None:
        return _place(package, _only_header(package, values))
    page = _page(package, values, sheet)
    header = header_of(page)
    if header is None:
        raise header_row_missing(page)
    return _place(package, header)


def sheet_of(package: Package, name: str | None, usual_names: Sequence[str]) -> SheetPart | None:
    """Return the sheet of a name, or the one that has the first of the usual names.

    Args:
        package: the open workbook.
        name: what the user calls the sheet, ignoring case; None for the usual names.
        usual_names: what it is called otherwise.

    Raises:
        LayoutError: the sheet was named, and is absent.
    """
    if name:
        return package.sheet(name)
    return first_named(package.sheets(), usual_names)


def _only_header(package: Package, values: Cells) -> Header:
    """Return the header of the only visible sheet that has one."""
    sheets = package.sheets()
    options_sheet = first_named(sheets, OPTIONS_SHEETS)
    # a hidden sheet is found by its name only, so that a forgotten list is not sent by accident
    candidates = [sheet for sheet in sheets if sheet.state == "visible" and sheet != options_sheet]
    return only_header([_page(package, values, sheet) for sheet in candidates])


def _page(package: Package, values: Cells, sheet: SheetPart) -> Page:
    tables = [_list_table(table) for table in tables_of(package, sheet.part)]
    table_tops = {table.area.top for table in tables}
    return Page(
        name=sheet.name,
        visible=sheet.state == "visible",
        texts=_texts(package, values, sheet, table_tops),
        tables=tables,
    )


def _list_table(table: Table) -> ListTable:
    return ListTable(
        table.name,
        table.area,
        has_header=attribute(table.tag, b"headerRowCount") != b"0",
        totals=integer(attribute(table.tag, b"totalsRowCount")),
    )


def _texts(package: Package, values: Cells, sheet: SheetPart, table_tops: set[int]) -> dict[int, dict[int, str]]:
    """Return the texts of the rows that may be headers: row -> column -> text."""
    stream = open_sheet(package, sheet.part)
    last = max(HEADER_ROWS, *table_tops, 0)
    texts: dict[int, dict[int, str]] = {}
    for row in stream.rows():
        if row.number > last:
            break
        if row.number <= HEADER_ROWS or row.number in table_tops:
            texts[row.number] = _texts_of_row(stream.cells(row), values)
    return texts


def _texts_of_row(tokens: Iterable[CellToken], values: Cells) -> dict[int, str]:
    texts: dict[int, str] = {}
    for token in tokens:
        value = values.read(token)
        if not is_blank(value):
            texts[column_number(token[0])] = label_text(value)
    return texts


def _place(package: Package, header: Header) -> Place:
    layout = layout_of(header)
    last = last_row(header, layout.columns)
    return Place(
        part=package.sheet(header.page.name).part,
        layout=layout,
        last=last,
        bottom=header.table.area.bottom if header.table else last,
        may_continue=may_continue(header),
    )
