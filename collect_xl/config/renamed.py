"""Names of settings that changed; an old one that would be ignored stops every command.

A forgotten send history means people asked twice: a variable of a scheduled job must never lose its meaning in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collect_xl.errors import UsageError

VARIABLES: Final[Mapping[str, str]] = {
    "COLLECT_XL_JOURNAL": "COLLECT_XL_HISTORY",
    "COLLECT_XL_JOURNAL_PASSWORD": "COLLECT_XL_HISTORY_PASSWORD",
    "COLLECT_XL_SETTLE_AFTER": "COLLECT_XL_LOOKUP_AFTER",
    "COLLECT_XL_MOST": "COLLECT_XL_LIMIT",
    "COLLECT_XL_MOST_PER_DAY": "COLLECT_XL_DAILY_LIMIT",
}
"""Old variable -> new one."""

SETTINGS: Final[Mapping[str, str]] = {"journal": "history", "most": "limit", "most-per-day": "daily-limit"}
"""Old name in the user's file -> new one."""


def refuse_old_variables(environ: Mapping[str, str]) -> None:
    """Raise ``UsageError`` where an old variable is set and the new one does not say the same.

    Args:
        environ: the environment of this process.
    """
    for old, new in VARIABLES.items():
        value = environ.get(old, "").strip()
        if value and value != environ.get(new, "").strip():
            raise UsageError(f"The variable {old} is called {new} now. Nothing was sent.", tip=f"Rename it to {new}.")


def refuse_old_settings(kept: Mapping[str, object], file: str) -> None:
    """Raise ``UsageError`` where the user's file has an old name and the new one does not say the same.

    Args:
        kept: what the file says.
        file: its path, for the message.
    """
    for old, new in SETTINGS.items():
        if old in kept and kept[old] != kept.get(new):
            raise UsageError(
                f'The setting "{old}" in {file} is called "{new}" now. Nothing was sent.',
                tip=f"Rename it to {new} in that file.",
            )
