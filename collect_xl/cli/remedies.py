"""The commands that take the steps of ``Remedy``, as the terminal names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from collect_xl.cli.invocation import CURRENT
from collect_xl.errors import CollectXlError
from collect_xl.remedies import Advice, Remedy


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, and the command that does it."""

    words: str
    command: str = ""
    """Behind ``collect-xl``; BOOK is the workbook in hand. Empty where no command alone does it."""


STEPS: Final[Mapping[Remedy, Step]] = {
    Remedy.CHECK: Step("See what is wrong", "check BOOK"),
    Remedy.CHECK_ACCOUNT: Step("Look at the workbook together with the account", "check BOOK --online"),
    Remedy.SEND_AGAIN: Step("Then send again."),
    Remedy.LOOK_UP: Step("Look up the unknown rows", "lookup BOOK"),
    Remedy.LOOK_UP_AGAIN: Step("Look them up again later", "lookup BOOK"),
    Remedy.REFRESH: Step("Refresh the statuses", "refresh BOOK"),
    Remedy.NOT_OURS: Step("If they were not made from here", "lookup BOOK --not-ours ID"),
    Remedy.SEND_ANYWAY: Step("To ask these people anyway", "send BOOK --even-if-asked"),
    Remedy.SEND_EDITED: Step("To send the edited rows as they are now", "send BOOK --send-edited"),
    Remedy.CONFIRM_ROUND: Step("To ask them again, repeat the name of the round: --new-round ROUND"),
    Remedy.CONFIRM_CAMPAIGN: Step("To ask people in the other campaign, name it: --new-campaign ID"),
    Remedy.TAKE_OVER: Step("Take over what the other computer sent", "takeover BOOK --round ROUND"),
    Remedy.TAKE_OVER_FIRST: Step("Or take over what was sent", "takeover BOOK --round ROUND --new-history"),
    Remedy.TAKE_OVER_ROUND: Step("Take the rows over with --round and their own round, or with --rows."),
    Remedy.BRING_JOURNAL: Step("Or bring its send history here", "history merge FILE"),
    Remedy.MERGE_JOURNAL: Step("Bring what was sent before along", "history merge FILE"),
    Remedy.BEGIN_JOURNAL: Step("If nothing was ever sent from here, say so once", "send BOOK --new-history"),
    Remedy.RESTORE_JOURNAL: Step("Restore a backup", "history restore FILE"),
    Remedy.MOVE_JOURNAL: Step("Name another place", "config set history PATH"),
    Remedy.SHARE_JOURNAL: Step(
        "Keep the send history in PostgreSQL", "config set history postgresql://USER@HOST/DATABASE"
    ),
    Remedy.KEEP_JOURNAL_LOGIN: Step("Keep the password in the key store", "key set --history"),
    Remedy.FIND_JOURNAL_LOGIN: Step("See where the password comes from", "key status --history"),
    Remedy.KEEP_KEY: Step("Keep the key in the key store", "key set"),
    Remedy.SET_LIMIT: Step("Correct the setting", "config set NAME NUMBER"),
    Remedy.CHOOSE_ROWS: Step("Correct --rows."),
    Remedy.NAME_SHEET: Step("Or name the sheet: --contacts-sheet NAME"),
    Remedy.NEW_WORKBOOK: Step(
        "Make a workbook from the template: collect-xl new FILE. Then copy the contacts into it."
    ),
    Remedy.WRITE_ANYWAY: Step("Or write anyway, and lose that: --force"),
    Remedy.USE_FILE: Step("Work on the saved file instead, without --live."),
    Remedy.FIND_RUN: Step("See the names of all runs", "log"),
}


def commands(remedies: tuple[Remedy, ...]) -> str:
    """Return what to type for these remedies, with the workbook in hand by its real name."""
    return " ".join(map(_words_of, remedies))


def command_of(remedy: Remedy) -> str:
    """Return the command alone that takes a step, ready to paste; empty where none does."""
    command = STEPS[remedy].command
    if CURRENT.pasted:
        command = command.replace(" BOOK", f" {CURRENT.pasted}")
    return f"collect-xl {command}" if command else ""


def _words_of(remedy: Remedy) -> str:
    step = STEPS[remedy]
    return f"{step.words}: {command_of(remedy)}" if step.command else step.words


def tip_of(error: CollectXlError) -> str:
    """Return what to do about an error, with the commands that do it."""
    return advice_words(error.todo)


def advice_words(advice: Advice) -> str:
    """Return what was found and what to type."""
    return f"{advice.words} {commands(advice.remedies)}".strip()
