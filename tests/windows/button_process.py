"""The process of a button on the Windows Python: our own code, on xlwings' engine for Windows, pywin32 and COM.

A person answers its boxes, by the rules of ``support/excel_person.py``; nothing else is put in the place of anything.
Waits for a busy Excel are shortened. Started by ``excel_stand_in.py``.
"""

from __future__ import annotations

import gc
import os
import webbrowser
from collections.abc import Callable, Mapping, Sequence

from windows import windows_remote  # first: it finds the libraries of pywin32

import win32gui

from collect_xl.excel import retry

retry.PAUSES = (0.01,) * len(retry.PAUSES)  # before others take it

from collect_xl.addin import boxes, progress, ribbon  # noqa: E402
from collect_xl.excel import find_workbook  # noqa: E402
from collect_xl.excel.native_calls import take_own_type_cache  # noqa: E402
from collect_xl.excel.open_workbook import LiveWorkbook  # noqa: E402
from support.excel_person import Person  # noqa: E402
from support.excel_quirks import Meter, Quirks  # noqa: E402
from windows.wire_values import packed, unpacked  # noqa: E402

take_own_type_cache()
ribbon.RESTORE_PAUSE = 0.01


def _no_window() -> None:
    raise OSError


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
ribbon.open_window = lambda _: None
"""No window of ours opens: what is told stands in boxes. Windows have tests of their own."""
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


ASKED: dict[str, Callable[..., object]] = {"take": take, "of_taken": of_taken}
windows_remote.obey({"press": press, "ask": ask, "let_go": let_go, "surround": surround})
