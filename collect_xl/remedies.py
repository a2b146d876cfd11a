"""What a user can do next, as values: the core names the step, and each face says which command or button takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Remedy(Enum):
    """A step; its value says it without a command or a button, for cells, logs and Python callers."""

    CHECK = "Check the workbook."
    CHECK_ACCOUNT = "Check the workbook together with the account."
    SEND_AGAIN = "Send again."
    LOOK_UP = "Look up the unknown rows."
    LOOK_UP_AGAIN = "Look up the unknown rows again later."
    REFRESH = "Refresh the statuses."
    NOT_OURS = "If they were not made from here, say so in the look-up."
    SEND_ANYWAY = "Or ask these people although others may have asked them."
    SEND_EDITED = "Or send the edited rows as they are now."
    CONFIRM_ROUND = "To ask them again, confirm the new round."
    CONFIRM_CAMPAIGN = "To ask people in the other campaign, confirm it."
    TAKE_OVER = "Take over what the other computer sent."
    TAKE_OVER_FIRST = "Or take over what was sent."
    TAKE_OVER_ROUND = "Take the rows over in their own round, or by their numbers."
    BRING_JOURNAL = "Bring the other computer's send history here."
    MERGE_JOURNAL = "Merge the old send history into the new one."
    BEGIN_JOURNAL = "If nothing was ever sent from here, begin a new send history."
    RESTORE_JOURNAL = "Restore a backup of the send history."
    MOVE_JOURNAL = "Name another place for the send history."
    SHARE_JOURNAL = "Keep the send history in a PostgreSQL database."
    KEEP_JOURNAL_LOGIN = "Keep the password of the send history in the key store."
    FIND_JOURNAL_LOGIN = "See where the password of the send history comes from."
    KEEP_KEY = "Keep the API key in the key store."
    SET_LIMIT = "Correct the setting."
    CHOOSE_ROWS = "Choose rows of contacts."
    NAME_SHEET = "Name the sheet that is meant."
    NEW_WORKBOOK = "Make a workbook from the template, then copy the contacts into it."
    WRITE_ANYWAY = "Or write anyway, and lose that."
    USE_FILE = "Work on the saved file instead."
    FIND_RUN = "Look up the name of the run in the history of what was sent."


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence on what was found, and what to do about it."""

    words: str
    remedies: tuple[Remedy, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.words, *(remedy.value for remedy in self.remedies))).strip()


def spelled(remedies: tuple[Remedy, ...], words: Mapping[Remedy, str]) -> str:
    """Return the sentences of remedies in the words of one face.

    Args:
        remedies: what to do, in this order.
        words: the face's words; a remedy without an entry is said as it is.
    """
    return " ".join(words.get(remedy, remedy.value) for remedy in remedies)
