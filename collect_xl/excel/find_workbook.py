"""The workbook that is open in Excel: found by the name that the user gave, and never another one."""

from __future__ import annotations

import atexit
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from collect_xl.errors import CollectXlError, WorkbookError
from collect_xl.excel.native_calls import full_name, process_of_window, take_own_type_cache
from collect_xl.excel.retry import listed, patiently
from collect_xl.remedies import Remedy

if TYPE_CHECKING:
    import xlwings as xw

T = TypeVar("T")

NO_LEAVE = -1743
"""What macOS says to a program that may not control another one (errAEEventNotPermitted)."""

GIVE_LEAVE = "Allow it in System Settings, Privacy & Security, Automation, below Microsoft Excel; then press again."


def find_book(workbook: str, hwnd: int | None = None, wait: Callable[[float], None] = time.sleep) -> xw.Book:
    """Return the open workbook that was meant, and never another one.

    Args:
        workbook: its name, compared as people see it (macOS spells accents in another way); empty: the one in front.
        hwnd: the Excel to look in; None, or one that is gone: all of them.
        wait: waits that many seconds for an Excel that is busy.

    Raises:
        WorkbookError: no such workbook is open, or two are.
        WorkbookBusy: Excel had no time.
    """
    take_own_type_cache()
    import xlwings as xw  # noqa: PLC0415  # half a second that tests of words do not need

    tame()
    if not len(xw.engines):
        raise WorkbookError("There is no Excel on this system.", remedies=(Remedy.USE_FILE,))
    return patiently(lambda: _book_of(list(xw.apps), workbook, hwnd), wait, "tell which workbooks are open")


def running_versions(wait: Callable[[float], None] = lambda _: None) -> list[str]:
    """Return the versions of the Excels that run, each of which was asked for it.

    Args:
        wait: waits that many seconds for an Excel that is busy; by default not at all.

    Raises:
        WorkbookError: one does not answer, or macOS does not let it be asked.
    """
    take_own_type_cache()
    import xlwings as xw  # noqa: PLC0415  # as above

    tame()
    if not len(xw.engines):
        return []
    return patiently(lambda: _allowed(lambda: [str(app.version) for app in xw.apps]), wait, "answer")


def _allowed(ask: Callable[[], T]) -> T:
    """Ask Excel something; say in words where macOS does not let Python do that."""
    try:
        return ask()
    except CollectXlError:
        raise
    except Exception as error:
        if _is_forbidden(error):
            raise WorkbookError("macOS does not let Python work with Excel.", tip=GIVE_LEAVE) from error
        raise


def _book_of(apps: list[xw.App], workbook: str, hwnd: int | None) -> xw.Book:
    books = _allowed(lambda: _candidates(apps, workbook, hwnd))
    if not books:
        message = f"No workbook called {workbook} is open."
        raise WorkbookError(message, tip="Open it in Excel, and press the button again.")
    # guessing would write one workbook's results into the other
    if len(books) > 1:
        message = f"{len(books)} workbooks called {workbook} are open."
        raise WorkbookError(message, tip="Close the others, and press the button again.")
    return books[0]


def _candidates(apps: list[xw.App], workbook: str, hwnd: int | None) -> list[xw.Book]:
    """Return the open workbooks that may be meant; for an empty name the one in front."""
    searched = apps_of_window(apps, hwnd)
    if not workbook:
        return [_in_front(searched)]
    name = _folded(workbook)
    books: list[xw.Book] = []
    for app in searched:
        books.extend(book for book in listed(app.books) if _folded(book.name) == name)
    return books


def apps_of_window(apps: list[xw.App], hwnd: int | None) -> list[xw.App]:
    """Return the Excel of a window, or all of them where it is gone.

    Each workbook has a window, of which xlwings knows the one in front: by now that may be another one, so that the
    process decides.
    """
    if not hwnd:
        return apps
    process = process_of_window(hwnd)
    own_apps = [app for app in apps if process == app.pid] if process else []
    return own_apps or apps


def _is_forbidden(error: Exception) -> bool:
    """Return whether macOS does not let Python control Excel: appscript has the number, xlwings an argument."""
    return NO_LEAVE in (getattr(error, "errornumber", None), *error.args)


def place_of(book: xw.Book, wait: Callable[[float], None] = time.sleep) -> Path:
    """Return where an open workbook is, for its lock and for the log.

    That is its path, its address in a cloud, or its name.

    What is no path of this computer is put below the root, so that it is the same place from every folder.
    """
    address = address_of(book, wait)
    path = Path(address)
    if path.is_absolute():
        return path
    return Path(Path.home().anchor, address.replace("://", "/"))


def address_of(book: xw.Book, wait: Callable[[float], None] = time.sleep) -> str:
    """Return an open workbook's path, its address in a cloud, or its name where it was never saved.

    Two runs on one workbook must meet at one lock, so that it is Excel's own word that counts: a path on this computer
    for an address comes and goes with the synchronisation, and two people have two of them.

    Raises:
        WorkbookBusy: Excel had no time; what is not known is not taken for something else.
    """
    return patiently(lambda: full_name(book), wait, "tell where the workbook is")


def _in_front(apps: Iterable[xw.App]) -> xw.Book:
    for app in apps:
        if len(app.books):
            return app.books.active
    raise WorkbookError("No workbook is open.", tip="Open the workbook with your contacts, and try again.")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


_ENGINES = ("xlwings._xlwindows", "xlwings._xlmac")


def tame() -> None:
    """Take xlwings' own ends and retries away; called right after xlwings was imported.

    When Python ends, xlwings kills every Excel for Windows in which it sees no workbook (one that is just opening a
    large file, or that another program uses), and on macOS runs any macro that is called ``CleanUp``. While the user
    edits a cell, it repeats a call to Excel for Windows without a pause and without an end, or takes nothing for the
    answer; after this such a call fails, and ``retry.patiently`` decides.
    """
    for name in _ENGINES:
        engine = sys.modules.get(name)
        if engine is None:
            continue
        cleanup = getattr(engine, "cleanup", None)
        if cleanup:
            atexit.unregister(cleanup)
        vars(engine)["N_COM_ATTEMPTS"] = 1
