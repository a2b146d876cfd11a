"""What a run did, by row number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from collect_xl.domain.amounts import amount, word_for
from collect_xl.domain.events import StopReason
from collect_xl.domain.model import Claim, ClaimState, Outcome
from collect_xl.domain.ports import Ticket
from collect_xl.errors import AccountError, CollectUnavailable, CollectXlError
from collect_xl.planning.eligibility import Elsewhere
from collect_xl.planning.limits import left_words
from collect_xl.planning.plan import Plan
from collect_xl.remedies import Remedy

REMEDIES_OF_STOP: Mapping[StopReason, tuple[Remedy, ...]] = {
    "two unknown": (Remedy.LOOK_UP, Remedy.SEND_AGAIN),
}
"""What to do after a run that ended early, where the reason alone tells it."""


@dataclass(slots=True)
class Report:
    """The outcome of a run, by row number."""

    run: str
    states: dict[int, ClaimState] = field(default_factory=dict)
    """Rows that were claimed, with the last thing known of each."""
    held: dict[int, str] = field(default_factory=dict)
    """Rows that another run holds or has sent meanwhile, with its name."""
    asked_meanwhile: dict[int, Claim] = field(default_factory=dict)
    """Those of them whose person was asked in another round or campaign since the plan was made."""
    stopped: StopReason | None = None
    words: str = ""
    """Why it stopped, or what was not well."""
    remedies: tuple[Remedy, ...] = ()
    """What to do about it."""
    beyond: list[int] = field(default_factory=list)
    """Rows that the caps leave for the next run."""
    freed: list[int] = field(default_factory=list)
    """Rows of earlier runs, unknown until now, of which this run's lists proved that nothing was done."""
    look_again: datetime | None = None
    """When another run, or a look-up, may prove what refused calls did; None where nothing is open."""
    elsewhere: Elsewhere = field(default_factory=dict)
    """Requests of others that appeared since the plan was made, whose people were left out."""

    def leave(self, plan: Plan, why: str) -> None:
        """Note which rows the caps leave for the next run, and say so.

        Args:
            plan: what the run was for.
            why: what sets the bound, as ``Room`` says it.
        """
        beyond = {*self.beyond, *plan.beyond_cap}
        if self.stopped == "cap":
            beyond |= plan.row_numbers - self.states.keys() - self.held.keys()
        self.beyond = sorted(beyond)
        if self.beyond:
            self.add(left_words(why, self.beyond))
            self.stopped = self.stopped or "cap"

    def free(self, rows: Sequence[int]) -> None:
        """Note rows of earlier runs that turned out never sent, and say so: this run was not approved to send them."""
        self.freed = sorted(rows)
        if self.freed:
            count = len(self.freed)
            were = word_for(count, "was")
            self.add(f"{amount(count, 'row')} of an earlier run {were} never sent.", (Remedy.SEND_AGAIN,))

    def note(self, outcomes: Mapping[int, Outcome]) -> None:
        """Note the outcomes of rows."""
        for row, outcome in outcomes.items():
            self.states[row] = outcome.state

    def hold(self, ticket: Ticket) -> None:
        """Note the rows that were lost to claims of others."""
        for row, claim in ticket.lost.items():
            self.held[row] = claim.holder
            if claim.scope != ticket.scope:
                self.asked_meanwhile[row] = claim

    def add(self, words: str, remedies: tuple[Remedy, ...] = ()) -> None:
        """Say one thing more, and what to do about it."""
        self.words = f"{self.words} {words}".strip()
        self.remedies = tuple(dict.fromkeys((*self.remedies, *remedies)))

    def rows(self, state: ClaimState) -> tuple[int, ...]:
        """Return the rows in a state, in order."""
        return tuple(sorted(row for row, each in self.states.items() if each == state))


def stop_reason(error: CollectXlError) -> StopReason:
    """Return why an error ends a run."""
    if isinstance(error, CollectUnavailable):
        return "unreachable"
    return "key" if isinstance(error, AccountError) else "journal"
