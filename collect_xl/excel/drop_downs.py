"""The lists of a template that is open in Excel: new ones put in the place of the old ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import Area
from collect_xl.excel.open_sheet import OpenSheet
from collect_xl.excel.retry import listed, patiently
from collect_xl.workbook.lists import FIRST_ROW, LISTS, LISTS_SHEET, list_rows, refuse_absence, refuse_changes

if TYPE_CHECKING:
    import xlwings as xw


def write_live_lists(
    book: xw.Book, lists: Mapping[str, Sequence[str]], wait: Callable[[float], None] = time.sleep
) -> None:
    """Fill the drop-downs of an open workbook; it is left to its user to save it.

    Args:
        book: the workbook.
        lists: header of ``LISTS`` -> entries.
        wait: waits that many seconds for an Excel that is busy.

    Raises:
        LayoutError: it was not made by ``collect-xl new``.
        WorkbookBusy: Excel had no time.
        WorkbookRefused: Excel said no.
    """
    patiently(lambda: _write(book, lists), wait, "take the lists")


def _write(book: xw.Book, lists: Mapping[str, Sequence[str]]) -> None:
    refuse_absence(book.name, [sheet.name for sheet in listed(book.sheets)])
    sheet = OpenSheet(book.sheets[LISTS_SHEET])
    width = len(LISTS)
    header = sheet.values(Area(1, 1, width, 1))[0]
    refuse_changes(header)
    rows = list(list_rows(lists, sheet.used().bottom - 1))
    if not rows:
        return
    last, _ = rows[-1]
    cells = sheet.cells(Area(1, FIRST_ROW, width, last))
    # the format comes first: else Excel makes a formula of =1+1, and a number of 007
    cells.number_format = "@"
    cells.value = [[text or None for text in texts] for _, texts in rows]
