"""Refused calls of a campaign: for which reason, how many, and whether more may be posted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from collect_xl.domain.model import PostAnswer
from collect_xl.domain.ports import Ticket
from collect_xl.planning.plan import Batch

MOST_BATCHES = 3
"""Batches refused for one reason, after which no more is posted until a row of one was tried alone."""

MOST_TRIALS = 2
"""Rows of different batches that are tried alone and refused for the same reason, after which a campaign is left: one
of them may be the very row that is wrong."""

_NAMES = re.compile(r"\S*[@\d]\S*")
"""Words that belong to this or that row: addresses, ids, numbers."""

Reason = tuple[int | None, str]

Kind = Literal["whole", "batch", "single"]
"""What becomes of rows once it is proved that nothing was done: ``whole``: they go out together again (429);
``batch``: one per call; ``single``: they are refused."""


@dataclass(slots=True)
class SetAside:
    """A call that was refused, or rows that an accepted call does not name, until their outcome is proved."""

    batch: Batch
    ticket: Ticket
    kind: Kind
    reason: Reason
    answered: float
    """When the answer was read, by a clock that cannot be set."""
    wait: float
    """Seconds after the answer from which a list is believed."""
    unnamed: int = 0
    """How many of its rows an accepted call does not name; Collect refused the others."""

    @property
    def ready(self) -> float:
        """When the next list may prove something."""
        return self.answered + self.wait


def by_campaign(calls: Iterable[SetAside]) -> Mapping[str, Sequence[SetAside]]:
    """Return calls by the IDs of their campaigns."""
    calls_of: dict[str, list[SetAside]] = {}
    for each in calls:
        calls_of.setdefault(each.batch.campaign.id, []).append(each)
    return calls_of


@dataclass(slots=True)
class CampaignState:
    """Whether a campaign takes calls, as its refusals show."""

    reason: Reason = (None, "")
    batches: int = 0
    """Refused for that reason since the last call that was accepted."""
    trials: int = 0
    """Rows tried alone and refused for that reason, while nothing else is posted."""
    deferred: list[Batch] = field(default_factory=list)
    """What waits until a row was tried alone."""
    is_hopeless: bool = False

    @property
    def is_paused(self) -> bool:
        """Whether nothing more is posted until a row of a refused batch was tried alone."""
        return self.batches >= MOST_BATCHES

    def accept(self) -> None:
        """Note a call that was accepted: the reason is in single rows."""
        self.batches = self.trials = 0

    def refuse(self, answer: PostAnswer, kind: Kind) -> None:
        """Note a refused call, or begin to count again where the reason is another one."""
        reason = reason_of(answer)
        if reason != self.reason:
            self.reason = reason
            self.accept()
        if kind == "batch":
            self.batches += 1
        elif self.is_paused:
            self.trials += 1
            self.is_hopeless = self.trials >= MOST_TRIALS


def reason_of(answer: PostAnswer) -> Reason:
    """Return why a call was refused, without the names that differ from row to row."""
    return answer.http_status, _NAMES.sub("*", " ".join(answer.errors).casefold())


def proof_words(refused: int, unnamed: int) -> str:
    """Return what a run waits for.

    Args:
        refused: how many rows Collect refused.
        unnamed: how many rows the answer to an accepted call does not name.
    """
    happened = []
    if refused:
        happened.append(f"Collect refused {_count(refused)}")
    if unnamed:
        happened.append(f"Collect's answer does not name {_count(unnamed)}")
    rows = refused + unnamed
    question = "whether it made the request anyway" if rows == 1 else "which of the requests it made anyway"
    return f"{'. '.join(happened)}. In a moment its list will show {question}."


def _count(rows: int) -> str:
    return "one row" if rows == 1 else f"{rows} rows"


def hopeless_words(batch: Batch) -> str:
    """Return why nothing more was posted in a campaign."""
    return (
        "Collect refused several batches and single rows for one reason, so nothing more was sent in "
        f"{batch.campaign.called}: it seems to be in the campaign or its options, not in single rows. "
        "Fix that, then send again."
    )
