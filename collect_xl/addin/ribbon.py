"""What the buttons call: find the workbook, run the button's story, and speak through Excel's own alerts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING

from collect_xl.addin.button_context import ButtonContext, Front
from collect_xl.addin.buttons import Button
from collect_xl.addin.click import Click, parse_click
from collect_xl.addin.log import keep_traceback
from collect_xl.addin.remedies import tip_of
from collect_xl.addin.windows import open_window
from collect_xl.addin.words import fit
from collect_xl.errors import CollectXlError
from collect_xl.excel.find_workbook import find_book, tame
from collect_xl.excel.retry import patiently

if TYPE_CHECKING:
    import tkinter as tk

    import xlwings as xw

TITLE = "Collect"
RESTORE_TRIES = 40
RESTORE_PAUSE = 0.25
"""Seconds: ten in all, in which the user may leave the cell they type in, so that Excel takes its status bar back."""


def main(words: Sequence[str]) -> int:
    """Do what a button asks for; return 0, or 1 after an alert."""
    click: Click | None = None
    front: Front | None = None
    try:
        click = parse_click(words)
        front = _front_of(click.hwnd)
        book = find_book(click.workbook, click.hwnd)
        with restored(book.app) as excel:
            story_of(click.button)(ButtonContext(click, book, excel))
    except Exception as error:  # noqa: BLE001  # an alert for every error: Excel shows no traceback
        if front is None:
            front = _front_of(None)
        front.status(None)
        front.tell(_error_words(error, click), bad=True)
        return 1
    return 0


def story_of(button: Button) -> Callable[[ButtonContext], None]:
    """Return the function that a button calls."""
    module, _, name = button.function.partition(":")
    story: Callable[[ButtonContext], None] = getattr(import_module(module), name)
    return story


class ExcelFront:
    """Excel's own alerts and status bar, and windows beside it.

    Args:
        app: the Excel in which the button was pressed.
    """

    def __init__(self, app: xw.App) -> None:
        self._app = app

    def tell(self, words: str, *, bad: bool = False) -> None:
        """Show an alert with one button."""
        mode = "critical" if bad else "info"
        try:
            self._alert(fit(words), "ok", mode)
        except CollectXlError:
            # An Excel that stays busy shows nothing, but the message must be seen.
            _WithoutExcel().tell(words, bad=bad)

    def ask(self, question: str) -> bool:
        """Show an alert with yes and no."""
        return self._alert(question, "yes_no", "info") == "yes"

    def _alert(self, words: str, buttons: str, mode: str) -> str:
        def show() -> str:
            return str(self._app.alert(words, title=TITLE, buttons=buttons, mode=mode))

        return patiently(show, time.sleep, "show a box")

    def status(self, words: str | None) -> None:
        """Write into the status bar, unless Excel is busy: it is said in passing."""
        # False is Excel's own word for giving its bar back.
        text: str | bool = False if words is None else words
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
        show(TITLE, fit(words), parent=root)
        root.destroy()

    def ask(self, question: str) -> bool:
        """Return False: what cannot be asked is not agreed to."""
        del question
        return False

    def status(self, words: str | None) -> None:
        """There is no status bar."""

    def window(self) -> tk.Tk | None:
        """Return a window to fill."""
        return open_window(TITLE)


SETTINGS = ("screen_updating", "calculation", "enable_events")


@contextmanager
def restored(app: xw.App) -> Iterator[ExcelFront]:
    """Give a front for an Excel, and restore Excel's settings at the end."""
    # What a story writes it writes with the screen frozen and calculation waiting; both are back after each write. This
    # is the second fence: a write that Excel itself broke off must not leave a frozen Excel behind.
    settings = {name: _setting(app, name) for name in SETTINGS}
    try:
        yield ExcelFront(app)
    finally:
        # What the status bar showed before is not put back: VBA's word that Python starts, or Excel's own, which it
        # may give as a text and would then show for good.
        _restore(app, {**settings, "status_bar": False})


def _setting(app: xw.App, name: str) -> object:
    try:
        return getattr(app, name)
    except Exception:  # noqa: BLE001  # an Excel that does not give a setting does not get it back
        return None


def _restore(app: xw.App, settings: dict[str, object]) -> None:
    """Set back each setting that has changed."""
    for name, value in settings.items():
        if value is not None:
            _restore_one(app, name, value)


def _restore_one(app: xw.App, name: str, value: object) -> None:
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
        import xlwings as xw  # noqa: PLC0415  # half a second that a wrong command line does not need

        # Before any look at Excel: xlwings would end those without a workbook when Python ends.
        tame()
        return ExcelFront(_app_of(list(xw.apps), hwnd))
    return _WithoutExcel()


def _app_of(apps: list[xw.App], hwnd: int | None) -> xw.App:
    """Return the Excel with that window, else the first one."""
    if hwnd:
        for app in apps:
            if app.hwnd == hwnd:
                return app
    return apps[0]


def _error_words(error: Exception, click: Click | None) -> str:
    """Return what went wrong, what to do next, and where the details are."""
    log = keep_traceback(error, click)
    details = f"\n\nDetails: {log}" if log else ""
    if isinstance(error, CollectXlError):
        return f"{error.message}\n\n{tip_of(error)}{details}"
    return (
        f"Something went wrong that collect-xl did not foresee ({type(error).__name__}). What was sent is in the "
        f"send history, and is not sent twice.\n\nPress the button again. If it happens again, send the log to whoever "
        f"looks after collect-xl.{details}"
    )
