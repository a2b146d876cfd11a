"""A refused batch is cut in halves until its bad rows are alone: which refusals are worth that, and when it ends."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from collect_xl.domain.model import ClaimState, PostAnswer
from collect_xl.planning.plan import Batch

ROWS_FAULT: Mapping[int, str] = {
    400: "a row's content is invalid",
    404: "a row names a contact that Collect does not know",  # the campaign was seen before the run began
    409: "a row's contact is in a state that forbids it",
    413: "the rows are too long together",
    422: "a row's content is invalid",
}
"""Refusals that may lie in one row; every other one would meet each half as well."""

ENOUGH = 12
"""Refused calls in a row, for one reason, after which nothing is halved until a call is accepted again. One bad row of
50 takes 6 of them and 13 calls in all, four bad rows together 11 and 23; bad rows that are one in ten almost never
make 12 in a row."""

GIVE_UP = 15
"""Refused calls in a row, for one reason, after which a campaign is left alone: then it is hardly its rows' fault."""

_NAMES = re.compile(r"\S*[@\d]\S*")
"""Words that tell of this or that row: addresses, ids, numbers."""


def may_be_a_rows(answer: PostAnswer, batch: Batch) -> bool:
    """Tell whether a refusal may lie in one of the rows alone."""
    if answer.http_status == 404:  # noqa: PLR2004  # Not Found: without a contact's id it can only be the campaign
        return any(row.contact.id for row in batch.rows)
    return answer.http_status in ROWS_FAULT


def halves(batch: Batch) -> tuple[Batch, Batch]:
    """Return a batch of two rows or more in two, in the same order."""
    middle = len(batch.rows) // 2
    return replace(batch, rows=batch.rows[:middle]), replace(batch, rows=batch.rows[middle:])


@dataclass(slots=True)
class Refusals:
    """Calls of one campaign that were refused one after another, each for the same reason."""

    reason: tuple[int | None, str] = (None, "")
    count: int = 0

    def note(self, answer: PostAnswer, states: Collection[ClaimState]) -> None:
        """Count a refused call, or begin anew: with a call that sent something, and with another reason."""
        if "sent" in states:
            self.count = 0
        elif set(states) == {"refused"}:
            reason = _reason(answer)
            self.reason, self.count = reason, self.count + 1 if reason == self.reason else 1

    @property
    def halving_pays(self) -> bool:
        """Whether halves of a refused batch may still be accepted."""
        return self.count < ENOUGH

    @property
    def are_hopeless(self) -> bool:
        """Whether the campaign is to be left alone."""
        return self.count >= GIVE_UP


def _reason(answer: PostAnswer) -> tuple[int | None, str]:
    """Return why a call was refused, without the names that differ from row to row."""
    return answer.http_status, _NAMES.sub("*", " ".join(answer.errors).casefold())
