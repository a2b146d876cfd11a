"""Boxes of the system in front of Excel: a message, or a question to which only a deliberate answer means yes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from collect_xl.errors import CollectXlError, WorkbookRefused
from collect_xl.excel.retry import patiently, words_of

if TYPE_CHECKING:
    import xlwings as xw

TITLE = "Collect"
SOON = 1.5
"""Seconds in which no one can have read a question: an answer within them was meant for something else."""

clock: Callable[[], float] = time.monotonic
"""Seconds; tests turn it."""

Kind = Literal["information", "warning", "question"]

Answer = Literal["yes", "no", "too soon"]
"""The last is a yes in the first moment, such as from keys that were meant for a cell."""


@dataclass(frozen=True, slots=True)
class Box:
    """What is shown."""

    words: str
    kind: Kind
    yes: str = ""
    """What the button of a question does, such as ``Send 253 requests``."""


MessageBox = Callable[[int | None, str, str, int], int]
"""``MessageBoxW`` of Windows: window, words, title and style; the number of the button, or 0 where it was not shown."""

# From winuser.h. OK and Cancel, not Yes and No: a Y that was meant for a cell would press Yes, and Escape would do
# nothing. The second button is the default, so that Enter and the space bar mean Cancel.
_OK_CANCEL = 0x1
_SECOND_IS_DEFAULT = 0x100
_SET_FOREGROUND = 0x10000
_TOPMOST = 0x40000
_STYLES: dict[Kind, int] = {
    "information": 0x40,
    "warning": 0x30,
    "question": 0x20 | _OK_CANCEL | _SECOND_IS_DEFAULT,
}
_OK = 1

_CANCELLED = -128
"""What macOS says where the button was pressed that cancels, or Escape."""


def show(app: xw.App, box: Box) -> Answer:
    """Show a box once, and return how a question was answered; a message always has a no.

    Args:
        app: the Excel in front of which it belongs.
        box: what is shown.

    Raises:
        WorkbookRefused: it was not shown, or its answer is not known.
        WorkbookBusy: it was not shown, since Excel had no time.
    """
    began = clock()
    try:
        is_yes = SYSTEMS[sys.platform](app, box)
    except CollectXlError:
        raise
    except Exception as error:
        # Never again: it may have been shown, and answered.
        raise WorkbookRefused(
            f"The system does not show a box in front of Excel. It says: {words_of(error)}", tip="Try again."
        ) from error
    if not is_yes:
        return "no"
    return "too soon" if clock() - began < SOON else "yes"


def windows_box(app: xw.App, box: Box, message_box: MessageBox | None = None) -> bool:
    """Show a box on Windows; it belongs to Excel's window, which takes no input meanwhile.

    Args:
        app: the Excel.
        box: what is shown.
        message_box: None for that of Windows.
    """
    message_box = message_box or _message_box_of_windows()
    style = _STYLES[box.kind] | _SET_FOREGROUND
    words = f"{box.words}\n\nOK: {box.yes}. Cancel: nothing is done." if box.kind == "question" else box.words
    window: int | None = None
    with suppress(Exception):
        window = app.hwnd
    button = message_box(window, words, TITLE, style) if window else 0
    if not button:
        # The window is gone, so that nothing was shown. Without one the box could be behind others.
        button = message_box(None, words, TITLE, style | _TOPMOST)
    if not button:
        raise WorkbookRefused("Windows showed no box.", tip="Close other boxes, and try again.")
    return box.kind == "question" and button == _OK


def mac_box(app: xw.App, box: Box, additions: Callable[[int], Any] | None = None) -> bool:
    """Show a box on macOS.

    Args:
        app: the Excel.
        box: what is shown.
        additions: gives the scripting additions in a process; None for those of macOS.
    """
    system = (additions or _additions_of_macos)(app.pid)
    # Excel is brought in front, or the box could not be seen; this may be done again, the box may not.
    patiently(system.activate, time.sleep, "come in front")
    if box.kind != "question":
        system.display_alert(TITLE, message=box.words, buttons=["OK"], timeout=0)
        return False
    try:
        # Without a time-out of its own appscript would stop waiting after a minute, and the answer would be lost.
        answer = system.display_alert(
            TITLE,
            message=box.words,
            buttons=["Cancel", box.yes],
            default_button="Cancel",
            cancel_button="Cancel",
            timeout=0,
        )
    except Exception as error:
        if getattr(error, "errornumber", None) == _CANCELLED:
            return False
        raise
    return box.yes in answer.values()


SYSTEMS: dict[str, Callable[[Any, Box], bool]] = {"win32": windows_box, "darwin": mac_box}
"""How each system with an Excel shows a box; tests add theirs."""


def _message_box_of_windows() -> MessageBox:
    # Loaded by name, since on other systems it is not there even for the checker of types.
    message_box: MessageBox = vars(import_module("ctypes"))["windll"].user32.MessageBoxW
    return message_box


def _additions_of_macos(pid: int) -> Any:  # noqa: ANN401  # appscript has no types
    return import_module("osax").OSAX(pid=pid)
