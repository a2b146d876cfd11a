"""The buttons that take the steps of ``Remedy``; where the ribbon has none, the command that does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collect_xl.errors import CollectXlError
from collect_xl.remedies import Advice, Remedy, spelled

BUTTONS: Final[Mapping[Remedy, str]] = {
    Remedy.CHECK: "Press Check.",
    Remedy.CHECK_ACCOUNT: "Press Check.",
    Remedy.SEND_AGAIN: "Then press Send again.",
    Remedy.LOOK_UP: "Press Look up unknown rows.",
    Remedy.LOOK_UP_AGAIN: "Press Look up unknown rows again later.",
    Remedy.REFRESH: "Press Refresh status.",
    Remedy.NOT_OURS: "If they were not made from here, run in a terminal: collect-xl lookup BOOK --not-ours ID",
    Remedy.SEND_ANYWAY: "To ask these people anyway, select their rows and press Send selected rows.",
    Remedy.SEND_EDITED: "To send the edited rows as they are now, select them and press Send selected rows.",
    Remedy.CONFIRM_ROUND: "Press Send again, and answer the question about the new round with yes.",
    Remedy.TAKE_OVER: "To take it over, run in a terminal: collect-xl takeover BOOK --round ROUND",
    Remedy.TAKE_OVER_FIRST: (
        "Or take over what was sent, in a terminal: collect-xl takeover BOOK --round ROUND --new-history"
    ),
    Remedy.BRING_JOURNAL: "Or bring its send history here, in a terminal: collect-xl history merge FILE",
    Remedy.MERGE_JOURNAL: "Bring what was sent before along, in a terminal: collect-xl history merge FILE",
    Remedy.RESTORE_JOURNAL: "Restore a backup, in a terminal: collect-xl history restore FILE",
    Remedy.MOVE_JOURNAL: "Name another place under Settings.",
    Remedy.SHARE_JOURNAL: "Name the database under Settings.",
    Remedy.KEEP_JOURNAL_LOGIN: "Keep the password, in a terminal: collect-xl key set --history",
    Remedy.FIND_JOURNAL_LOGIN: "See where the password comes from, in a terminal: collect-xl key status --history",
    Remedy.KEEP_KEY: "Press Settings and give the key.",
    Remedy.CHOOSE_ROWS: "Select rows with contacts.",
    Remedy.NEW_WORKBOOK: "Make a workbook, in a terminal: collect-xl new FILE. Then copy the contacts into it.",
}


def buttons(remedies: tuple[Remedy, ...]) -> str:
    """Return what to press for these remedies."""
    return spelled(remedies, BUTTONS)


def tip_of(error: CollectXlError) -> str:
    """Return what to do about an error, with the buttons that do it."""
    return advice_words(error.todo)


def advice_words(advice: Advice) -> str:
    """Return what was found and what to press."""
    return f"{advice.words} {buttons(advice.remedies)}".strip()
