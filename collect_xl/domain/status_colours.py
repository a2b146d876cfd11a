"""Which colour each status has, and how the colours look: the same in the template and in every user's own workbook."""

from __future__ import annotations

COLOURS = {
    "green": ("D9F2E0", "14662F", "2E9E57"),
    "blue": ("DCE8FA", "1B4A94", "3B78D8"),
    "amber": ("FCEFCF", "7A4E00", "E0A11B"),
    "red": ("FBDDDD", "9B1C1C", "D64545"),
    "violet": ("E8E0F8", "55308D", "8158C4"),
    "grey": ("ECEEF1", "4B5563", "A3ABB8"),
}
"""Name -> background and text of a cell, and the bar of a chart."""

STATUS_COLOURS = {
    "pending": "blue",
    "waiting": "amber",
    "completed": "green",
    "due": "red",
    "error": "red",
    "invalid": "red",
    "refused": "red",
    "unknown": "violet",
    "duplicate": "grey",
    "skipped": "grey",
    "cancelled": "grey",
    "canceled": "grey",
    "archived": "grey",
}

OTHER_COLOUR = "violet"
"""Of status words that are none of these."""

NEEDS_A_PERSON = ("error", "invalid", "refused", "unknown")
"""Statuses whose message says what to do, so that it is coloured, too."""
