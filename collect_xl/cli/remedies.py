"""The commands that take the steps of ``Remedy``, as the terminal names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collect_xl.cli.invocation import CURRENT
from collect_xl.errors import CollectXlError
from collect_xl.remedies import Advice, Remedy, spelled

COMMANDS: Final[Mapping[Remedy, str]] = {
    Remedy.CHECK: "See what is wrong: collect-xl check BOOK",
    Remedy.CHECK_ACCOUNT: "Look at the workbook together with the account: collect-xl check BOOK --online",
    Remedy.SEND_AGAIN: "Then send again.",
    Remedy.LOOK_UP: "Look up the unknown rows: collect-xl lookup BOOK",
    Remedy.LOOK_UP_AGAIN: "Look them up again later: collect-xl lookup BOOK",
    Remedy.REFRESH: "Refresh the statuses: collect-xl refresh BOOK",
    Remedy.NOT_OURS: "If they were not made from here: collect-xl lookup BOOK --not-ours ID",
    Remedy.SEND_ANYWAY: "To ask these people anyway: collect-xl send BOOK --even-if-asked",
    Remedy.SEND_EDITED: "To send the edited rows as they are now: collect-xl send BOOK --send-edited",
    Remedy.CONFIRM_ROUND: "To ask them again, repeat the name of the round: --new-round ROUND",
    Remedy.CONFIRM_CAMPAIGN: "To ask people in the other campaign, name it: --new-campaign ID",
    Remedy.TAKE_OVER: "Take over what the other computer sent: collect-xl takeover BOOK --round ROUND",
    Remedy.TAKE_OVER_FIRST: "Or take over what was sent: collect-xl takeover BOOK --round ROUND --new-history",
    Remedy.TAKE_OVER_ROUND: "Take the rows over with --round and their own round, or with --rows.",
    Remedy.BRING_JOURNAL: "Or bring its send history here: collect-xl history merge FILE",
    Remedy.MERGE_JOURNAL: "Bring what was sent before along: collect-xl history merge FILE",
    Remedy.BEGIN_JOURNAL: "If nothing was ever sent from here, say so once: collect-xl send BOOK --new-history",
    Remedy.RESTORE_JOURNAL: "Restore a backup: collect-xl history restore FILE",
    Remedy.MOVE_JOURNAL: "Name another place: collect-xl config set history PATH",
    Remedy.SHARE_JOURNAL: (
        "Keep the send history in PostgreSQL: collect-xl config set history postgresql://USER@HOST/DATABASE"
    ),
    Remedy.KEEP_JOURNAL_LOGIN: "Keep the password in the key store: collect-xl key set --history",
    Remedy.FIND_JOURNAL_LOGIN: "See where the password comes from: collect-xl key status --history",
    Remedy.KEEP_KEY: "Keep the key in the key store: collect-xl key set",
    Remedy.SET_LIMIT: "Correct the setting: collect-xl config set NAME NUMBER",
    Remedy.CHOOSE_ROWS: "Correct --rows.",
    Remedy.NAME_SHEET: "Or name the sheet: --contacts-sheet NAME",
    Remedy.NEW_WORKBOOK: "Make a workbook from the template: collect-xl new FILE. Then copy the contacts into it.",
    Remedy.WRITE_ANYWAY: "Or write anyway, and lose that: --force",
    Remedy.USE_FILE: "Work on the saved file instead, without --live.",
    Remedy.FIND_RUN: "See the names of all runs: collect-xl log",
}


def commands(remedies: tuple[Remedy, ...]) -> str:
    """Return what to type for these remedies, with the workbook in hand by its real name."""
    words = spelled(remedies, COMMANDS)
    return words.replace(" BOOK", f" {CURRENT.pasted}") if CURRENT.pasted else words


def command_of(remedy: Remedy) -> str:
    """Return the command alone that takes a step, ready to paste; empty where none does."""
    _, is_named, command = commands((remedy,)).partition(": collect-xl ")
    return f"collect-xl {command}" if is_named else ""


def tip_of(error: CollectXlError) -> str:
    """Return what to do about an error, with the commands that do it."""
    return advice_words(error.todo)


def advice_words(advice: Advice) -> str:
    """Return what was found and what to type."""
    return f"{advice.words} {commands(advice.remedies)}".strip()
