"""How a row can have ended, as a receipt shows it: the words, the colour, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from collect_xl.domain.model import ClaimState
from collect_xl.domain.rows import Reason

EndingWord = Literal[
    "asked", "earlier", "undelivered", "unknown", "refused", "invalid", "held", "not reached", "left out"
]


@dataclass(frozen=True, slots=True)
class Ending:
    """One kind of end."""

    word: EndingWord
    title: str
    colour: str
    todo: str = ""
    """What people have to do about such rows; empty where there is nothing to do."""


# In the order of the chart and of the page; after the first two, what needs a person's attention comes first.
ENDINGS = (
    Ending("asked", "Asked now", "#1f7a4d"),
    Ending("earlier", "Asked before", "#8db8a3"),
    Ending(
        "undelivered",
        "Collect could not deliver",
        "#b3261e",
        "Correct the contact in Collect, or cancel the request, correct the row and send again.",
    ),
    Ending(
        "unknown",
        "Unknown",
        "#7b3fa0",
        "The answer was lost, so it is not known whether these people were asked. Look up the unknown rows; until then "
        "they are not asked again.",
    ),
    Ending("refused", "Refused by Collect", "#d1495b", "Nothing was sent. Read why, correct it, then send again."),
    Ending("invalid", "Wrong in the sheet", "#e08e2b", "Correct the cells that are named, then send again."),
    Ending("held", "Held back", "#b58900", "Read in each row what holds it back."),
    Ending("not reached", "Not reached", "#7a869a", "The run ended before them. Send again."),
    Ending("left out", "Left out", "#c8ced8"),
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
    "asked elsewhere": "left out",
    "duplicate": "left out",
    "hidden": "left out",
    "blank": "left out",
    "not chosen": "left out",
    "not allowed": "left out",
    "beyond first": "left out",
    "beyond cap": "not reached",
}
