"""Why results cannot be written into a sheet that is open in Excel, in sentences for the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import Area, column_name
from collect_xl.errors import WorkbookBusy, WorkbookRefused
from collect_xl.excel.retry import PassOverRefusals, is_busy, words_of
from collect_xl.workbook.labels import area_name, cell_name

if TYPE_CHECKING:
    from collect_xl.excel.open_sheet import OpenSheet

UNPROTECT = "Unprotect it (Review > Unprotect Sheet), or unlock its result columns, and try again."


def cell_locked(sheet: str, column: int, row: int, message: str = "") -> WorkbookRefused:
    """Return the error for a cell that Excel does not let us write.

    Args:
        sheet: the sheet's name.
        column: the cell's column.
        row: the cell's row.
        message: what Excel itself says; empty where it silently kept what was there.
    """
    quote = f" Excel says: {message}" if message else ""
    return WorkbookRefused(
        f"Results cannot be written into {cell_name(sheet, column, row)}: "
        f"the sheet {sheet} is protected, or the cell is locked.{quote}",
        tip=UNPROTECT,
    )


def not_kept(sheet: OpenSheet, column: int, row: int) -> WorkbookRefused:
    """Return the error for a cell that does not show what was written into it."""
    refusal = cell_locked if may_be_protected(sheet) else cell_changed
    return refusal(sheet.name, column, row)


def may_be_protected(sheet: OpenSheet) -> bool:
    """Return whether the sheet is protected, or Excel does not say."""
    with PassOverRefusals():
        return sheet.is_protected()
    return True


def cell_changed(sheet: str, column: int, row: int) -> WorkbookRefused:
    """Return the error for a cell that shows another text than was written, on a sheet without protection."""
    return WorkbookRefused(
        f"{cell_name(sheet, column, row)} does not keep what is written into it: a macro of the workbook, or another"
        " program, changes it.",
        tip="Open the workbook without its macros, and try again; what was sent is in the send history.",
    )


def sheet_protected(sheet: str) -> WorkbookRefused:
    """Return the error for a protected sheet, where Excel did not say which cell it refused."""
    return WorkbookRefused(f"Results cannot be written: the sheet {sheet} is protected.", tip=UNPROTECT)


@contextmanager
def locked_where_refused(sheet: str, column: int, row: int) -> Iterator[None]:
    """Raise what Excel refuses in the block as ``cell_locked``.

    That Excel is busy is no refusal, and goes on as an error.
    """
    try:
        yield
    except Exception as error:
        if is_busy(error):
            raise
        raise cell_locked(sheet, column, row, words_of(error)) from error


def merged_in_the_way(sheet: str, area: Area) -> WorkbookRefused:
    """Return the error for merged cells where results belong."""
    return WorkbookRefused(
        f"{sheet}!{area_name(area)} is merged, where results must be written.",
        tip="Unmerge these cells (Home > Merge & Center), and try again.",
    )


def no_room(sheet: str, last_column: int, missing: int) -> WorkbookRefused:
    """Return the error for a sheet that has no room for new columns at its right.

    Args:
        sheet: the sheet's name.
        last_column: the last column that holds something.
        missing: how many columns are needed.
    """
    letters = column_name(last_column)
    return WorkbookRefused(
        f"{sheet} is used up to column {letters}: there is no room for {missing} more columns at its right.",
        tip="Clear the cells at the far right of the sheet, or move the contacts to a sheet of their own.",
    )


def rows_moved(sheet: str) -> WorkbookBusy:
    """Return the error for rows that moved between finding and writing them."""
    return WorkbookBusy(f"Rows of {sheet} were moved while results were written.", tip="Run the command again.")
