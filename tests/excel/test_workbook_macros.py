"""Macros of the workbook itself that run at each change: they see our writes, and may change the sheet meanwhile."""

from __future__ import annotations

import pytest

from collect_xl.errors import WorkbookRefused
from support.contract import results_of, sent


def stamps(at):
    """Return a macro that notes beside each changed row that it was changed."""

    def stamp(cells):
        for row in range(cells.row, cells.row + cells.shape[0]):
            cells.sheet.page.cell(row, at, "changed")

    return stamp


def capitals(cells):
    """Write everything in capitals, as some sheets do with what is typed."""
    for cell in cells.cells():
        if isinstance(cell.value, str):
            cell.value = cell.value.upper()


def column(book, header):
    """Return what stands below a header."""
    top, *lines = book.shown()
    return [line[top.index(header)] for line in lines]


def test_macro_that_stamps_each_change(book):
    """A column of the user's that is filled at each change keeps its stamps, and results are on their rows."""
    workbook = book.open()
    book.excel.quirks.macro = stamps(30)

    written = workbook.write(results_of(workbook, {2: sent(2), 3: sent(3)}))

    assert (written.rows, written.lost) == (2, ())
    assert column(book, "Collect status")[:2] == ["pending", "pending"]
    assert book.page.cell(2, 30).value == "changed"


def test_check_starts_no_macro(book):
    """Opening a workbook and trying whether results can be written changes no cell, so that no macro runs."""
    changed = []
    book.excel.quirks.macro = changed.append

    book.open().probe()

    assert changed == []


def test_macro_that_changes_what_we_write(book):
    """A macro that writes everything in capitals does not let a run end as if the results were there."""
    workbook = book.open()
    book.excel.quirks.macro = capitals

    with pytest.raises(WorkbookRefused) as refused:
        workbook.write(results_of(workbook, {2: sent(2), 3: sent(3)}))
    assert "a macro of the workbook, or another program, changes it" in refused.value.message
