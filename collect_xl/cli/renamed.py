"""Commands and options that have another name now: the old one is answered with the new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

COMMANDS: Final[Mapping[str, str]] = {
    "settle": "lookup",
    "undo": "cancel",
    "extend": "due",
    "adopt": "takeover",
    "late": "overdue",
    "pick": "lists",
    "journal": "history",
}
"""Old command -> new one."""

OPTIONS: Final[Mapping[str, str]] = {
    "--most": "--limit",
    "--at-most": "--abort-above",
    "--most-per-day": "--daily-limit",
    "--settle": "--lookup",
    "--new-journal": "--new-history",
    "--journal": "--history",
    "--undo": "--take-back",
}
"""Old option -> new one."""


def command_words(old: str) -> str:
    """Return what to say to someone who typed an old command, or nothing.

    Args:
        old: the word that was typed.
    """
    return f'"{old}" is called "{COMMANDS[old]}" now.' if old in COMMANDS else ""


def option_words(old: str) -> str:
    """Return what to say to someone who typed an old option, or nothing.

    Args:
        old: the option as typed, with its dashes.
    """
    return f"{old} is called {OPTIONS[old]} now." if old in OPTIONS else ""
