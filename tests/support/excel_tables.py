"""Tables of the Excel that is none, which grow or do not grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import TableColumn
from xlwings import base_classes

from support.excel_cells import Range
from support.excel_quirks import REFUSED, ComError

if TYPE_CHECKING:
    from openpyxl.worksheet.table import Table as Part

    from support.excel_engine import Sheet


class Table(base_classes.Table):
    """A table."""

    api = parent = None

    def __init__(self, sheet: Sheet, part: Part) -> None:
        self.parent, self.api, self._part = sheet, part, part

    @property
    def name(self):
        return self._part.displayName

    display_name = name

    @property
    def range(self):
        return self.parent.range(self._part.ref)

    @property
    def show_headers(self):
        return self._part.headerRowCount != 0

    @property
    def show_totals(self):
        return bool(self._part.totalsRowCount)

    @property
    def header_row_range(self):
        area = self.range
        return Range(self.parent, area.row, area.column, 1, area.shape[1]) if self.show_headers else None

    @property
    def data_body_range(self):
        area, above = self.range, int(self.show_headers)
        rows = area.shape[0] - above - int(self.show_totals)
        return Range(self.parent, area.row + above, area.column, rows, area.shape[1]) if rows > 0 else None

    def holds(self, cells: Range) -> bool:
        """Tell whether a range begins in this table."""
        area = self.range
        return area.row <= cells.row <= area.last_row and area.column <= cells.column <= area.last_column

    def take_in(self, cells: Range) -> None:
        """Grow to what was typed right of the table or below it, and never shrink again."""
        area = self.range
        down = area.row <= cells.row <= area.last_row
        right = area.column <= cells.column <= area.last_column
        if down and cells.column == area.last_column + 1:
            self._grow(Range(self.parent, area.row, area.column, area.shape[0], area.shape[1] + cells.shape[1]))
        elif right and cells.row == area.last_row + 1 and not self.show_totals:
            self._grow(Range(self.parent, area.row, area.column, area.shape[0] + cells.shape[0], area.shape[1]))

    def resize(self, cells):
        meter = self.parent.meter
        meter.call("resize")
        if self.parent.page.protection.sheet or meter.quirks.tables == "raise":
            raise ComError(REFUSED, "Table cannot be resized.", -2146827284)
        if meter.quirks.tables != "ignore":
            self._grow(cells.impl)

    def _grow(self, area: Range) -> None:
        last = f"{get_column_letter(area.last_column)}{area.last_row}"
        self._part.ref = f"{get_column_letter(area.column)}{area.row}:{last}"
        if self._part.autoFilter is not None:
            self._part.autoFilter.ref = self._part.ref
        page = self.parent.page
        heads = [page.cell(area.row, column) for column in range(area.column, area.last_column + 1)]
        for number, head in enumerate(heads, 1):
            head.value = head.value or f"Column{number}"
        self._part.tableColumns = [TableColumn(id=n, name=str(head.value)) for n, head in enumerate(heads, 1)]


class Tables(base_classes.Tables):
    """The tables of a sheet."""

    api = None

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.api = sheet, sheet.page

    def _all(self):
        self.sheet.meter.call("tables")
        return [Table(self.sheet, part) for part in self.sheet.page.tables.values()]

    def __call__(self, key):
        found = [each for at, each in enumerate(self._all(), 1) if key == at or each.name.lower() == str(key).lower()]
        if not found:
            raise KeyError(key)
        return found[0]

    def __len__(self):
        return len(self.sheet.page.tables)

    def __iter__(self):
        self.sheet.meter.list()
        return iter(self._all())

    def __contains__(self, key):
        return any(each.name.lower() == str(key).lower() for each in self._all())
