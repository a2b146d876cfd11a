"""What xlwings does not offer, asked of Excel itself: through COM on Windows, through Apple events on macOS."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from collect_xl.domain.a1 import Area
from collect_xl.excel.retry import listed

if TYPE_CHECKING:
    import xlwings as xw


def speaks_apple_events(api: object) -> bool:
    """Return whether an object of Excel's is one of appscript, as on macOS."""
    return type(api).__module__.partition(".")[0] == "appscript"


def process_of_window(window: int) -> int | None:
    """Return the process that a window of Windows belongs to; None where the window is gone."""
    # Of a window that is gone pywin32 may give no process, or an error.
    with suppress(Exception):
        process: int = import_module("win32process").GetWindowThreadProcessId(window)[1]
        return process or None
    return None


def take_own_type_cache() -> None:
    """Let pywin32 keep what it learns of Excel where no other program does; called before xlwings is imported.

    Its own place is shared by all programs of a user and Python version. One that was damaged there, which happens
    often, would stop every button.
    """
    try:
        win32com: Any = import_module("win32com")
    except ImportError:
        return
    import platformdirs  # noqa: PLC0415  # Windows only

    folder = str(platformdirs.user_cache_path("collect-xl", appauthor=False) / "gen_py")
    win32com.__gen_path__ = folder
    # The module is made when win32com is imported, and its name is all that is imported from.
    sys.modules["win32com.gen_py"].__path__ = [folder]


def answer_windows() -> None:
    """Answer what Windows asks all programs that hold something of Excel; nothing on other systems.

    While a program does not, others wait for it, such as the Explorer when a workbook is opened there.
    """
    with suppress(Exception):
        import_module("pythoncom").PumpWaitingMessages()


def full_name(book: xw.Book) -> str:
    """Return a workbook's path or its address in a cloud, as Excel itself has it.

    ``book.fullname`` of xlwings reads a sheet of the workbook and searches folders that the workbook names, on any
    host, to make a path of an address; on macOS it switches Excel's alerts off for that, and may leave them off.
    """
    api: Any = book.api
    name = api.full_name.get() if speaks_apple_events(api) else api.FullName
    return str(name or book.name)


def area_of(cells: xw.Range) -> Area:
    """Return the area of a range."""
    area = parsed_address(cells.address)
    if area is None:
        # a rejected call leaves nothing behind where an address should be; ``is_busy`` knows these words
        raise TypeError("NoneType instead of an address")
    return area


def parsed_address(address: str) -> Area | None:
    """Return the area that Excel means by an address such as ``$A$1:$C$9``; None for one of several areas, or none."""
    return Area.parse(address.replace("$", "").encode())


def is_protected(sheet: xw.Sheet) -> bool:
    """Return whether the cells of a sheet are protected."""
    api: Any = sheet.api
    return bool(api.protect_contents.get() if speaks_apple_events(api) else api.ProtectContents)


def rows_hidden(cells: xw.Range) -> bool | None:
    """Return whether the rows of a block are hidden; None where some are.

    One call for any number of rows. ``cells.rows.hidden`` of xlwings takes two for each row on Windows.
    """
    api: Any = cells.api
    if speaks_apple_events(api):
        hidden: bool | None = cells.rows.hidden
        return hidden
    answer: object = api.EntireRow.Hidden
    return answer if isinstance(answer, bool) else None


def has_rich_data(cells: xw.Range) -> bool | None:
    """Return whether the cells of a block are data types or pictures; None where some are.

    Only Excel for Windows says so, and only since it has data types.
    """
    api: Any = cells.api
    if speaks_apple_events(api):
        return False
    answer: object = api.HasRichDataType
    return answer if isinstance(answer, bool) else None


def pivot_tables(sheet: xw.Sheet) -> Iterator[tuple[str, str]]:
    """Yield the name and the address of each pivot table of a sheet."""
    api: Any = sheet.api
    if speaks_apple_events(api):
        for pivot in api.pivot_tables.get():
            yield str(pivot.name.get()), str(pivot.table_range1.get_address())
    else:
        for pivot in listed(api.PivotTables()):
            yield str(pivot.Name), str(pivot.TableRange1.Address)


def shown_texts(cells: xw.Range) -> object:
    """Return what the cells of a block show on macOS, as texts, in one call."""
    api: Any = cells.api
    return api.string_value.get()


def row_counts(sheet: xw.Sheet, formula: str, rows: int) -> list[int] | None:
    """Return what a formula that counts something in each row of a block gives.

    Args:
        sheet: where it is calculated; no cell changes.
        formula: in English, of 255 characters at most.
        rows: how many numbers it has to give.

    Returns:
        the numbers, or None where Excel gives anything else.
    """
    api: Any = sheet.api
    answer: object = api.Evaluate(formula)
    if not isinstance(answer, tuple) or len(answer) != rows:
        return None
    counts = [_count(line) for line in answer]
    return [count for count in counts if count is not None] if None not in counts else None


def _count(line: object) -> int | None:
    """Return the only number of a line; None for an error, which Excel gives as a negative number, or a text."""
    if not isinstance(line, Sequence) or len(line) != 1:
        return None
    (value,) = line
    is_count = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return int(value) if is_count else None
