"""What the buttons call: find the workbook, run the button's story, and speak through Excel's own alerts."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING

from collect_xl.addin.boxes import TITLE, Box, Kind, show
from collect_xl.addin.button_context import Afterwards, ButtonContext, Front
from collect_xl.addin.buttons import Button
from collect_xl.addin.click import Click, parse_click
from collect_xl.addin.log import keep_traceback
from collect_xl.addin.remedies import tip_of
from collect_xl.addin.windows import open_window
from collect_xl.addin.words import fit
from collect_xl.domain.plain_text import shown, shown_lines
from collect_xl.errors import CollectXlError
from collect_xl.excel.find_workbook import apps_of_window, find_book, tame
from collect_xl.excel.native_calls import take_own_type_cache

if TYPE_CHECKING:
    import tkinter as tk

    import xlwings as xw

TOO_SOON = (
    "Nothing was done: the answer came before the question could be read, perhaps from a key that was meant for a "
    "cell.\n\nPress the button again, and read the question before you answer."
)
RESTORE_TRIES = 40
RESTORE_PAUSE = 0.25
"""Seconds: ten in all, in which the user may leave the cell they type in, so that Excel takes its status bar back."""


def main(words: Sequence[str]) -> int:
    """Do what a button asks for; return 0, or 1 after an alert."""
    click: Click | None = None
    try:
        click = parse_click(words)
        afterwards = _in_excel(click)
        if afterwards is not None:
            # Excel cannot be quit while something of it is held here: it would go on without a window.
            gc.collect()
            afterwards()
    except Exception as error:  # noqa: BLE001  # an alert for every error: Excel shows no traceback
        front = _front_of(click.hwnd if click else None)
        front.status(None)
        front.tell(_error_words(error, click), bad=True)
        return 1
    return 0


def _in_excel(click: Click) -> Afterwards | None:
    """Do the part of a button's story that needs Excel, and return the rest of it."""
    # Before the workbook is looked for, and with no reference left behind when it is found.
    tame()
    book = find_book(click.workbook, click.hwnd)
    with restored(book.app) as excel:
        return story_of(click.button)(ButtonContext(click, book, excel))


def story_of(button: Button) -> Callable[[ButtonContext], Afterwards | None]:
    """Return the function that a button calls."""
    module, _, name = button.function.partition(":")
    story: Callable[[ButtonContext], Afterwards | None] = getattr(import_module(module), name)
    return story


class ExcelFront:
    """Excel's own alerts and status bar, and windows beside it.

    Args:
        app: the Excel in which the button was pressed.
    """

    def __init__(self, app: xw.App) -> None:
        self._app = app

    def tell(self, words: str, *, bad: bool = False) -> None:
        """Show a box with one button."""
        kind: Kind = "warning" if bad else "information"
        try:
            show(self._app, Box(fit(shown_lines(words)), kind))
        except CollectXlError:
            # An Excel that stays busy shows nothing, but the message must be seen.
            _WithoutExcel().tell(words, bad=bad)

    def ask(self, question: str, yes: str) -> bool:
        """Show a question, and return whether it was read and answered with yes."""
        answer = show(self._app, Box(shown_lines(question), "question", yes))
        if answer == "too soon":
            self.tell(TOO_SOON, bad=True)
        return answer == "yes"

    def status(self, words: str | None) -> None:
        """Write into the status bar, unless Excel is busy: it is said in passing."""
        # False is Excel's own word for giving its bar back.
        text: str | bool = False if words is None else shown(words)
        with suppress(Exception):
            self._app.status_bar = text

    def window(self) -> tk.Tk | None:
        """Return a window to fill."""
        return open_window(TITLE)


class _WithoutExcel:
    """What is left to speak through when no Excel answers: a window of ours."""

    def tell(self, words: str, *, bad: bool = False) -> None:
        """Show a box, where there are windows; the log has it in any case."""
        root = open_window(TITLE)
        if root is None:
            return
        from tkinter import messagebox  # noqa: PLC0415  # there is Tk, as the window shows

        show = messagebox.showerror if bad else messagebox.showinfo
        show(TITLE, fit(shown_lines(words)), parent=root)
        root.destroy()

    def ask(self, question: str, yes: str) -> bool:
        """Return False: what cannot be asked is not agreed to."""
        del question, yes
        return False

    def status(self, words: str | None) -> None:
        """There is no status bar."""

    def window(self) -> tk.Tk | None:
        """Return a window to fill."""
        return open_window(TITLE)


@contextmanager
def restored(app: xw.App) -> Iterator[ExcelFront]:
    """Give a front for an Excel, and give its status bar back at the end."""
    # No other setting: a button that is pressed while a run writes would take the run's settings for the user's
    # own, and put them back for good. The run that changes a setting gives it back.
    try:
        yield ExcelFront(app)
    finally:
        # What the status bar showed before is not put back: VBA's word that Python starts, or Excel's own, which it
        # may give as a text and would then show for good.
        _restore_one(app, "status_bar", value=False)


def _restore_one(app: xw.App, name: str, *, value: object) -> None:
    # While the user types in a cell, Excel takes nothing; most leave it within seconds.
    for _ in range(RESTORE_TRIES):
        try:
            if getattr(app, name) != value:
                setattr(app, name, value)
        except Exception:  # noqa: BLE001  # busy, in the words of each engine
            time.sleep(RESTORE_PAUSE)
        else:
            return


def _front_of(hwnd: int | None) -> Front:
    """Return the Excel in which the button was pressed."""
    with suppress(Exception):
        take_own_type_cache()
        import xlwings as xw  # noqa: PLC0415  # half a second that a wrong command line does not need

        # Before any look at Excel: xlwings would end those without a workbook when Python ends.
        tame()
        return ExcelFront(apps_of_window(list(xw.apps), hwnd)[0])
    return _WithoutExcel()


def _error_words(error: Exception, click: Click | None) -> str:
    """Return what went wrong, what to do next, and where the details are."""
    log = keep_traceback(error, click)
    details = f"\n\nDetails: {log}" if log else ""
    if isinstance(error, CollectXlError):
        return f"{error.message}\n\n{tip_of(error)}{details}"
    return (
        f"Something went wrong that collect-xl did not foresee ({type(error).__name__}). What was sent is in the "
        f"send history, and is not sent twice.\n\nPress the button again. If it happens again, send the log to "
        f"the person who looks after collect-xl.{details}"
    )
