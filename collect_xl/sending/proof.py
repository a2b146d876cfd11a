"""What became of refused calls: proved by Collect's own lists, before anything is sent again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from collect_xl.domain.model import Outcome
from collect_xl.domain.ports import Context
from collect_xl.errors import AccountError, CollectUnavailable
from collect_xl.evidence.judgement import BETWEEN_PROCESSES, Judgement, Patience, judge, view_of
from collect_xl.evidence.listing import View
from collect_xl.sending.refusals import SetAside, by_campaign

LISTS = 2
"""How many lists that can see prove absence; after these a further one says no more."""


class Proof:
    """Holds calls that were set aside against lists.

    Args:
        context: the connection to Collect, and the journal.
        patience: how long absence must last before it is believed.
    """

    def __init__(self, context: Context, patience: Patience) -> None:
        self._context = context
        self._patience = patience
        self._proved: list[SetAside] = []
        self.others: dict[int, Outcome] = {}
        """Row -> what lists said of calls of this run, whether they were set aside or not."""
        self._closed: set[int] = set()
        """Batches of the journal about which lists have nothing more to say in this run."""
        self._lists: Counter[int] = Counter()
        """How many lists that can see a batch was held against."""

    def look(self, aside: Sequence[SetAside]) -> Iterator[tuple[SetAside, dict[int, Outcome]]]:
        """Read the list of each campaign once, and yield for each call what was decided of its rows.

        Args:
            aside: the calls that are set aside.
        """
        for campaign, calls in by_campaign(filter(self.is_open, aside)).items():
            yield from self._look_at(campaign, calls)

    def is_open(self, each: SetAside) -> bool:
        """Return whether a further list may decide about a call."""
        return each.ticket.batch not in self._closed

    def take_proved(self) -> Sequence[SetAside]:
        """Return the calls whose outcome was proved, with none but the rows that were not sent, once."""
        proved, self._proved = self._proved, []
        return proved

    def look_again(self, aside: Sequence[SetAside]) -> datetime | None:
        """Return when another run may prove what this one has left open; None where nothing is."""
        left = [each.ready for each in aside if self.is_open(each)]
        if not left:
            return None
        seconds = max(max(left) - self._context.monotonic(), 0.0)
        return self._context.now() + timedelta(seconds=seconds) + BETWEEN_PROCESSES

    def _look_at(self, campaign: str, aside: Sequence[SetAside]) -> Iterator[tuple[SetAside, dict[int, Outcome]]]:
        context = self._context
        account = context.account
        try:
            listing = context.collect.listing(campaign, fresh=True)
        except (AccountError, CollectUnavailable):
            # The campaign is gone, or the key is refused now: the rows stay unknown, and a later look-up may tell.
            self._closed |= {each.ticket.batch for each in aside}
            return
        view = view_of(context, campaign, listing)
        batches = context.journal.unsettled(account.origin, account.team.id, campaign)
        now = context.monotonic()
        waited = frozenset(each.ticket.batch for each in aside if now >= each.ready)
        judgement = judge(context, batches, view, self._patience, waited=waited)
        self._note_others(judgement, view)
        for each in aside:
            outcomes = self._outcomes(each, judgement, view)
            if judgement.open.keys().isdisjoint(each.ticket.won.values()):
                self._closed.add(each.ticket.batch)
            else:
                self._wait_longer(each, judgement, has_waited=each.ticket.batch in waited)
            if each.ticket.batch in self._closed:
                not_sent = [row for row, outcome in outcomes.items() if outcome.state == "not_sent"]
                self._proved.append(replace(each, batch=each.batch.only(not_sent)))
            yield each, outcomes

    def _note_others(self, judgement: Judgement, view: View) -> None:
        """Note what the list says of calls of this run whose answers were lost."""
        decided = judgement.decided
        for claim in view.claims:
            if claim.run == self._context.run.id and claim.id in decided:
                self.others[claim.row] = decided[claim.id]

    def _outcomes(self, each: SetAside, judgement: Judgement, view: View) -> dict[int, Outcome]:
        """Return what was decided of the rows of a call, by this run or meanwhile by another one."""
        rows = {number: row for row, number in each.ticket.won.items()}
        decided = judgement.decided
        outcomes = {}
        for claim in view.claims:
            if claim.id not in rows or claim.id in judgement.open:
                continue
            as_it_is = Outcome(claim.id, claim.state, claim.words, why=claim.why)
            outcomes[rows[claim.id]] = decided.get(claim.id, as_it_is)
        return outcomes

    def _wait_longer(self, each: SetAside, judgement: Judgement, *, has_waited: bool) -> None:
        """Let a call wait twice as long where the list could not see; after the late window no list will.

        Where it is not clear whose a request is, no later list says more: then a person must.
        """
        blindness = judgement.blind.get(each.ticket.batch, "")
        if blindness in {"lagging", "broken off"}:
            if has_waited:
                each.wait *= 2
            if each.wait > self._patience.late.total_seconds():
                self._closed.add(each.ticket.batch)
        else:
            # Two lists prove absence: where the first came late, as in a long run, a second one must follow.
            self._lists[each.ticket.batch] += 1
            if has_waited and self._lists[each.ticket.batch] >= LISTS:
                self._closed.add(each.ticket.batch)
