"""The person before the Excel that is none, and the boxes that Windows and macOS put before her.

A box does what the real one does with each key: which button is the default, what Escape means, how long appscript
waits. What she does is a word of ``answers``::

    yes, no       reads, and clicks the button that means it
    enter         reads nothing: the key that ends a cell, when the box has been there for a moment
    enter late    the same, when the box has been there for long
    tab enter     the keys that leave a cell and end the next, late
    y             a letter that was meant for a cell, late
    escape        that key
    at once       clicks yes before she can have read the question
    lunch         comes back after ten minutes, and clicks yes
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collect_xl.addin import boxes
from support.excel_quirks import Meter

READING = 20.0
"""Seconds in which a person reads a box."""
HASTE = 0.3
LUNCH = 600.0
GONE, TIMED_OUT, CANCELLED = 0, -1712, -128

_OK, _CANCEL, _YES, _NO = 1, 2, 6, 7
_BUTTONS = {0: (_OK,), 1: (_OK, _CANCEL), 4: (_YES, _NO)}
"""The low digit of a style of ``MessageBoxW`` -> its buttons."""


class AppleError(Exception):
    """What appscript raises."""

    def __init__(self, number: int, words: str = "") -> None:
        super().__init__(words or f"OSERROR: {number}")
        self.errornumber, self.errormessage = number, words


class Person:
    """Who answers the boxes.

    Args:
        windows: the windows of Excel that are there.
        meter: told of each box right before it is shown.
    """

    def __init__(self, windows: Callable[[], list[int]], meter: Meter) -> None:
        self.answers: list[str] = []
        """What she does next; else she reads, and clicks OK or yes."""
        self.shown: list[tuple[str, str, str, str]] = []
        """Words, title, ``ok`` or ``question``, ``info`` or ``critical``."""
        self.seconds = 1_000.0
        self._windows, self.meter = windows, meter

    def clock(self) -> float:
        """Return the time by which she lives."""
        return self.seconds

    def box(self, app: Any, box: boxes.Box) -> bool:
        """Show a box as the system does on which this Excel runs."""
        if app.impl.quirks.mac:
            return boxes.mac_box(app, box, lambda _: Additions(self))
        return boxes.windows_box(app, box, self.message_box)

    def message_box(self, window: int | None, words: str, title: str, style: int) -> int:
        """Do what ``MessageBoxW`` of Windows does."""
        if window is not None and window not in self._windows():
            return GONE
        buttons = _BUTTONS[style & 0xF]
        self._note(words, title, buttons, critical=style & 0xF0 == 0x30)
        while True:
            chosen = self._pressed(buttons, buttons[(style & 0xF00) >> 8])
            if chosen is not None:
                return chosen

    def _note(self, words: str, title: str, buttons: tuple, *, critical: bool) -> None:
        self.meter.happens("alert")
        self.shown.append((words, title, "question" if len(buttons) > 1 else "ok", "critical" if critical else "info"))

    def _does(self, *, asked: bool) -> str:
        if asked and self.answers:
            return self.answers.pop(0)
        return "yes"

    def _pressed(self, buttons: tuple[int, ...], default: int) -> int | None:
        """Return the button that she presses; None for a key that does nothing."""
        does = self._does(asked=len(buttons) > 1)
        self.seconds += {"enter": HASTE, "at once": HASTE, "lunch": LUNCH}.get(does, READING)
        if len(buttons) == 1:
            return buttons[0]
        other = buttons[1 - buttons.index(default)]
        keys = {
            "enter": default,
            "enter late": default,
            "tab enter": other,
            "y": _YES if _YES in buttons else None,
            "escape": _CANCEL if _CANCEL in buttons else None,
            "no": buttons[1],
        }
        return keys.get(does, buttons[0])


class Additions:
    """The scripting additions of macOS, as appscript 1.5 reaches them."""

    def __init__(self, person: Person) -> None:
        self._person = person

    def activate(self) -> None:
        """Bring Excel in front."""
        self._person.meter.call("activate")

    def display_alert(self, title, message, buttons, default_button=None, cancel_button=None, timeout=60):
        """Show an alert: without a default the rightmost button is it; an answer after the time-out is lost."""
        person = self._person
        person._note(message, title, tuple(buttons), critical=False)
        rightmost = buttons[-1]
        if len(buttons) == 1:
            person.seconds += READING
            return {"button returned": rightmost}
        does = person._does(asked=True)
        seconds = {"enter": HASTE, "at once": HASTE, "lunch": LUNCH}.get(does, READING)
        person.seconds += min(seconds, timeout or seconds)
        if 0 < timeout < seconds:
            raise AppleError(TIMED_OUT, "Apple event timed out.")
        other = next((each for each in buttons if each != (default_button or rightmost)), None)
        keys = {
            "enter": default_button or rightmost,
            "enter late": default_button or rightmost,
            "y": None,
            "escape": cancel_button,
            "tab enter": other,
            "no": buttons[0],
        }
        chosen = keys.get(does, rightmost)
        if chosen is None:
            return self.display_alert(title, message, buttons, default_button, cancel_button, timeout)
        if chosen == cancel_button:
            raise AppleError(CANCELLED, "User canceled.")
        return {"button returned": chosen}
