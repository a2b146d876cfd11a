"""The process of a button on the Windows Python: our own code, on xlwings' engine for Windows, pywin32 and COM.

A person answers its boxes, by the rules of ``support/excel_person.py``; nothing else is put in the place of anything.
Waits for a busy Excel are shortened. Started by ``excel_stand_in.py``.
"""

from __future__ import annotations

import gc
import os
import tkinter as tk
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import win32gui
from win32com.client import CDispatch

from collect_xl.addin import boxes, progress, ribbon, windows
from collect_xl.config.settings import ConfigName, set_config
from collect_xl.excel import find_workbook, portal_links, retry, screen_updating
from collect_xl.excel.open_workbook import LiveWorkbook
from support.excel_person import Person
from support.excel_quirks import Meter, Quirks
from windows import windows_remote
from windows.wire_values import packed, unpacked

for module in (retry, portal_links, screen_updating):
    module.PAUSES = (0.01,) * len(retry.PAUSES)
ribbon.RESTORE_PAUSE = 0.01


def _no_window() -> None:
    raise OSError


class SeenEvent(progress.ResponsiveEvent):
    """Lets a test know that a run was stopped."""

    def set(self) -> None:
        """Stop, and leave a file that says so."""
        super().set()
        file = os.environ.get("STOP_IS_SEEN")
        if file:
            Path(file).touch()


progress.ResponsiveEvent = SeenEvent
progress._start = _no_window
"""Most runs have no window that shows their progress: it takes a process of its own."""


class Windows(list):
    """The windows that there are."""

    def __contains__(self, window: object) -> bool:
        return bool(win32gui.IsWindow(window))


PERSON = Person(Windows, Meter(Quirks()))
boxes.clock = PERSON.clock
boxes.SYSTEMS["win32"] = lambda app, box: boxes.windows_box(app, box, PERSON.message_box)
TAKEN: list[LiveWorkbook] = []
BROWSED: list[str] = []
webbrowser.open = BROWSED.append  # no browser is started, and no page asked for
LOOK_AFTER = 500
"""Milliseconds for which a window is open."""


def _no_window_of_ours(title: str) -> None:
    """Open no window: what a button says stands in boxes. Windows have tests of their own."""


ribbon.open_window = _no_window_of_ours
_USUAL = dict(os.environ)


def take(workbook: str, sheets: tuple[str | None, str | None] = (None, None), hwnd: int | None = None) -> int:
    """Find an open workbook, take it for a run, and return by which number it is asked from now on."""
    book = find_workbook.find_book(workbook, hwnd)
    taken = LiveWorkbook(book, sheets)
    taken.layout()
    TAKEN.append(taken)
    return len(TAKEN) - 1


def of_taken(number: int, method: str, arguments: Sequence[object]) -> object:
    """Ask a workbook that was taken."""
    answer = getattr(TAKEN[number], method)(*arguments)
    return list(answer) if method == "rows" else answer


def types(area: str, member: str) -> list[str]:
    """Return the Python types of what Excel gives for cells of the sheet of contacts, as pywin32 made them."""
    cells = find_workbook.find_book("clients.xlsx").sheets["Contacts"].range(area)
    block = getattr(cells.api, member)
    return [type(value).__name__ for line in block for value in line]


def held() -> list[str]:
    """Return what is held of Excel, by whichever part of the program."""
    import xlwings as xw  # noqa: PLC0415  # after our own code, which says where pywin32 keeps types

    gc.collect()
    kinds = (xw.App, xw.Book, xw.Sheet, xw.Range, CDispatch)
    return [type(each).__name__ for each in gc.get_objects() if isinstance(each, kinds)]


def press_with_window(words: Sequence[str]) -> dict[str, object]:
    """Press a button whose window opens; it is closed after a moment. Return what was held of Excel meanwhile."""
    seen: dict[str, object] = {"titles": []}

    def look(root: tk.Tk) -> None:
        seen["held"] = held()
        seen["titles"].append(root.title())
        root.destroy()

    def opened(title: str) -> tk.Tk | None:
        root = windows.open_window(title)
        root.after(LOOK_AFTER, look, root)
        return root

    ribbon.open_window = opened
    try:
        seen["code"] = ribbon.main(list(words))
    finally:
        ribbon.open_window = _no_window_of_ours
    return seen


def keep_setting(name: ConfigName, value: str) -> None:
    """Keep a setting of this user's."""
    set_config(name, value)


def ask(asked: str) -> str:
    """Call a function of this process, and return its answer, or the error that it raised."""
    function, arguments, environ = unpacked(asked)
    surround(environ)
    try:
        return packed((ASKED[function](*arguments), None))
    except Exception as error:  # noqa: BLE001  # it is raised where it was asked
        error.__cause__ = error.__context__ = None
        return packed((None, error))


def let_go() -> None:
    """Hold nothing of Excel."""
    TAKEN.clear()
    gc.collect()


def surround(environ: Mapping[str, str]) -> None:
    """Give this process an environment."""
    os.environ.clear()
    os.environ.update(_USUAL)
    os.environ.update(environ)


def press(words: Sequence[str], answers: Sequence[str], environ: Mapping[str, str]) -> dict[str, object]:
    """Press a button, and return what a person saw of it."""
    surround(environ)
    PERSON.answers[:] = answers
    PERSON.shown.clear()
    BROWSED.clear()
    code = ribbon.main(list(words))
    gc.collect()
    shown = [list(box) for box in PERSON.shown]
    return {"code": code, "boxes": shown, "unasked": list(PERSON.answers), "browsed": list(BROWSED)}


ASKED: dict[str, Callable[..., object]] = {
    "take": take,
    "of_taken": of_taken,
    "types": types,
    "held": held,
    "press_with_window": press_with_window,
    "keep_setting": keep_setting,
}
"""What a test may ask for."""
windows_remote.obey({"press": press, "ask": ask, "let_go": let_go, "surround": surround})
