"""A workbook that is open in the Excel that is none, in the hands of a person and of the program."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.table import Table

from collect_xl.excel.open_workbook import LiveWorkbook
from support.contract_facts import PLAIN, Extras
from support.excel_engine import Book, Excel

if TYPE_CHECKING:
    from support.contract_facts import Grid

__all__ = ["LiveBook"]


class LiveBook:
    """An open workbook with the sheets ``Contacts`` and, when asked for, ``Options``."""

    def __init__(self, excel: Excel, name: str = "clients.xlsx") -> None:
        self.excel = excel
        self.waits: list[float] = []
        """Seconds that the program waited for Excel."""
        wb = openpyxl.Workbook()
        wb.active.title = "Contacts"
        self.impl = excel.books._in_front(Book(excel.books, wb, None, name))

    @property
    def page(self) -> openpyxl.worksheet.worksheet.Worksheet:
        """The sheet with the contacts."""
        return self.impl.wb["Contacts"]

    def fill(
        self, contacts: Grid, extras: Extras = PLAIN, *, hidden: Sequence[int] = (), options: Grid | None = None
    ) -> None:
        """Give the sheets this content, as a person does, at any time."""
        type_in(self.page, contacts)
        if extras.table:
            self.page.add_table(Table(displayName="People", ref=extras.table, totalsRowCount=int(extras.totals)))
        if extras.merged:
            self.page.merge_cells(extras.merged)
        if extras.formula:
            self.page[extras.formula] = '=IF(A1="","","")'
        self.impl.pivots = {"Contacts": {"Totals": extras.pivot}} if extras.pivot else {}
        self._put_pictures(extras.pictures)
        self._format(extras)
        for place, target in extras.links.items():
            self.page[place].hyperlink = target
        if extras.formulas:
            self.impl.results = openpyxl.Workbook()
            self.impl.results.active.title = "Contacts"
        for place, result in extras.formulas.items():
            self.page[place] = "=Z1"
            self.impl.results["Contacts"][place] = result
        for number in list(self.page.row_dimensions):
            self.page.row_dimensions[number].hidden = number in hidden
        for number in hidden:
            self.page.row_dimensions[number].hidden = True
        if options is not None:
            wb = self.impl.wb
            type_in(wb["Options"] if "Options" in wb.sheetnames else wb.create_sheet("Options"), options)

    def _put_pictures(self, places: Sequence[str]) -> None:
        self.impl.rich = {"Contacts": frozenset(places)}
        for place in places:
            self.page[place].value = "#VALUE!"
            self.page[place].data_type = "e"

    def _format(self, extras: Extras) -> None:
        for place in extras.texts:
            self.page[place].number_format = "@"
        if extras.date1904:
            self.impl.wb.epoch = CALENDAR_MAC_1904

    def open(self, **sheets: str) -> LiveWorkbook:
        """Take it for a run."""
        import xlwings as xw  # noqa: PLC0415  # as the program does: where it is used

        names = (sheets.get("contacts_sheet"), sheets.get("options_sheet"))
        workbook = LiveWorkbook(xw.Book(impl=self.impl), names, self.waits.append)
        workbook.layout()
        return workbook

    def shown(self, sheet: str = "Contacts") -> Grid:
        """Return what a sheet shows now, without blank columns at its right."""
        lines = [[cell.value for cell in line] for line in self.impl.wb[sheet].iter_rows()]
        width = max((at for line in lines for at, value in enumerate(line, 1) if value is not None), default=0)
        return [line[:width] for line in lines]


def type_in(page: openpyxl.worksheet.worksheet.Worksheet, grid: Grid) -> None:
    """Replace what a sheet holds; texts stay texts."""
    page._cells.clear()
    for row, line in enumerate(grid, 1):
        for column, value in enumerate(line, 1):
            if value is not None:
                cell = page.cell(row, column)
                cell.value = datetime.combine(value, time()) if type(value) is date else value
                if isinstance(value, str) and cell.data_type != "s":
                    cell.data_type, cell.number_format = "s", "@"
