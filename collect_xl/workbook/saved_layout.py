"""Where the contacts of a saved workbook stand: on which sheet, below which header row, and down to which row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import column_number, integer
from collect_xl.domain.headings import CONTACTS_SHEETS, OPTIONS_SHEETS
from collect_xl.ooxml.tables import tables_of
from collect_xl.ooxml.tokenizer import SheetStream, cells
from collect_xl.ooxml.xml_bytes import attribute
from collect_xl.workbook.headers import (
    HEADER_ROWS,
    Header,
    ListTable,
    Page,
    cell_name,
    header_of,
    header_row_missing,
    last_row,
    layout_of,
    may_continue,
    only_header,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collect_xl.domain.model import Layout
    from collect_xl.ooxml.cell_values import Cells
    from collect_xl.ooxml.package import Package, SheetPart

__all__ = ["HEADER_ROWS", "Place", "cell_name", "find_contacts", "named_sheet", "shown"]


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
    sheet = package.sheet(contacts_sheet) if contacts_sheet else named_sheet(package, CONTACTS_SHEETS)
    if sheet is None:
        return _place(package, _only_header(package, values))
    header = header_of(_page(package, values, sheet))
    if header is None:
        raise header_row_missing(sheet.name)
    return _place(package, header)


def named_sheet(package: Package, names: Sequence[str]) -> SheetPart | None:
    """Return the sheet that has the first of some names that any sheet has, ignoring case."""
    sheets = {each.name.strip().casefold(): each for each in reversed(package.sheets())}
    return next((sheets[name.casefold()] for name in names if name.casefold() in sheets), None)


def _only_header(package: Package, values: Cells) -> Header:
    """Return the header of the only visible sheet that has one."""
    other = named_sheet(package, OPTIONS_SHEETS)
    sheets = [each for each in package.sheets() if each.state == "visible" and each != other]
    return only_header([_page(package, values, each) for each in sheets])


def _page(package: Package, values: Cells, sheet: SheetPart) -> Page:
    tables = [
        ListTable(
            table.name,
            table.area,
            has_header=attribute(table.tag, b"headerRowCount") != b"0",
            totals=integer(attribute(table.tag, b"totalsRowCount")),
        )
        for table in tables_of(package, sheet.part)
    ]
    texts = _texts(package, values, sheet, {table.area.top for table in tables})
    return Page(sheet.name, sheet.state == "visible", texts, tables)


def _texts(package: Package, values: Cells, sheet: SheetPart, others: set[int]) -> dict[int, dict[int, str]]:
    """Return the texts of the first rows and of some others: row -> column -> text."""
    stream = SheetStream(package.stream(sheet.part), sheet.part)
    last, found = max(HEADER_ROWS, *others, 0), {}
    for row in stream.rows():
        if row.number > last:
            break
        if row.number <= HEADER_ROWS or row.number in others:
            read = ((column_number(token[0]), shown(values.read(token))) for token in cells(row.body, stream.prefix))
            found[row.number] = {column: text for column, text in read if text.strip()}
    return found


def _place(package: Package, header: Header) -> Place:
    layout = layout_of(header)
    part = package.sheet(header.page.name).part
    last = last_row(header, layout.columns)
    return Place(part, layout, last, header.table.area.bottom if header.table else last, may_continue(header))
