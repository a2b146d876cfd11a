"""How a row can have ended, as a receipt shows it: the words, the colour, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from collect_xl.domain.model import ClaimState
from collect_xl.domain.rows import Reason

EndingWord = Literal[
    "asked", "earlier", "undelivered", "unknown", "refused", "invalid", "held", "duplicate", "asked by others",
    "not reached", "left out",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """One kind of end."""

    word: EndingWord
    title: str
    colour: str
    """Stands out from white paper and from a dark screen."""
    todo: str = ""
    """What people have to do about such rows; empty where there is nothing to do."""
    note: str = ""
    """The head of the column for what differs from row to row."""


# In the order of the chart; the page shows those with something to do first.
ENDINGS = (
    Ending("asked", "Asked now", "#2a8f5c", note="Due"),
    Ending("earlier", "Asked before", "#7fb59b", note="Sent on"),
    Ending(
        "undelivered",
        "Not delivered",
        "#d0342c",
        "Correct the contact in Collect, or cancel the request, correct the row and send again.",
    ),
    Ending(
        "unknown",
        "Unknown",
        "#9a5cc2",
        "The answer was lost, so it is not known whether these people were asked. Look up the unknown rows; until then "
        "they are not asked again.",
    ),
    Ending(
        "refused",
        "Refused by Collect",
        "#e0607a",
        "Nothing was sent. Correct what Collect complains of, then send again.",
    ),
    Ending("invalid", "Needs correction", "#e08e2b", "Correct these cells, then send again.", note="Found"),
    Ending("held", "Held back", "#b58900", "Decide for each of these rows, as the reason says, then send again."),
    Ending(
        "duplicate",
        "In the sheet twice",
        "#4f7fd6",
        "Each person is asked once. Delete the extra row; if it is another person with the same address, give both "
        "rows their contact IDs.",
    ),
    Ending(
        "asked by others",
        "Asked by others",
        "#2f9fb3",
        "Collect shows a request for these people that was not sent from here. Leave them as they are, or cancel that "
        "request in Collect and send again.",
    ),
    Ending("not reached", "Not reached", "#76869b", "Send again. People who have been asked are not asked twice."),
    Ending("left out", "Left out", "#a9b2c0"),
)

OF_STATE: Mapping[ClaimState, EndingWord] = {
    "sent": "asked",
    "unknown": "unknown",
    "intent": "unknown",
    "refused": "refused",
    "not_sent": "not reached",
    "cancelled": "left out",
}

OF_REASON: Mapping[Reason, EndingWord] = {
    "sent": "earlier",
    "invalid": "invalid",
    "unknown": "unknown",
    "busy": "held",
    "elsewhere": "held",
    "typed": "held",
    "edited": "held",
    "skipped": "left out",
    "skip unclear": "held",
    "ask": "held",
    "asked elsewhere": "asked by others",
    "duplicate": "duplicate",
    "hidden": "left out",
    "blank": "left out",
    "not chosen": "left out",
    "not allowed": "left out",
    "beyond first": "left out",
    "beyond cap": "not reached",
}
