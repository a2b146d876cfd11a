"""Open batches held against a list: what it proves is kept, and when the next list may prove more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from collect_xl.domain.identity import new_pairs
from collect_xl.domain.model import Claim, ClaimState, Listing, Outcome, RemoteRequest
from collect_xl.domain.ports import Context, Unsettled
from collect_xl.domain.why import Why
from collect_xl.errors import HeldElsewhere
from collect_xl.evidence.listing import (
    Blindness,
    Doubt,
    Findings,
    View,
    blindness,
    look,
    sent_outcome,
)

BETWEEN_PROCESSES = timedelta(minutes=1)
"""What is waited longer where the clock of another process, or computer, said when an answer came."""


_WRONG = timedelta(hours=1)
"""From here on a clock is wrong, and not just a little fast."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long absence must last before it is believed."""

    late: timedelta
    """After a lost answer: how long a request may still turn up, and how far two lists are apart."""
    lag: timedelta
    """After a refusal that was read to its end: how long Collect's lists may lag behind."""


@dataclass(slots=True)
class Judgement:
    """What lists proved of open claims, by the numbers of claims."""

    sent: dict[int, Outcome] = field(default_factory=dict)
    free: dict[int, Outcome] = field(default_factory=dict)
    """Proved that nothing was done: not sent, or refused."""
    open: dict[int, Claim] = field(default_factory=dict)
    doubtful: dict[int, Doubt] = field(default_factory=dict)
    blocked: dict[int, tuple[RemoteRequest, ...]] = field(default_factory=dict)
    blind: dict[int, Blindness] = field(default_factory=dict)
    """Batch -> why its claims' absence could not be proved."""
    look_again: datetime | None = None
    """When the next list can decide something; None when none will."""

    @property
    def decided(self) -> dict[int, Outcome]:
        """What was proved, either way."""
        return {**self.sent, **self.free}

    def again(self, at: datetime) -> None:
        """Note when a further list can decide something."""
        self.look_again = at if self.look_again is None else min(self.look_again, at)


def keep_list(context: Context, campaign: str, listing: Listing) -> int | None:
    """Keep which requests a list shows; return its number, or None where it was not read to its end."""
    if not listing.complete:
        return None
    account = context.account
    return context.journal.keep_list(account.origin, account.team.id, campaign, listing.ids)


def view_of(context: Context, campaign: str, listing: Listing) -> View:
    """Keep a list as the base of later claims, and return it with what is known of its requests."""
    account, journal = context.account, context.journal
    team = (account.origin, account.team.id)
    number = keep_list(context, campaign, listing)
    pairs = journal.aliases(*team)
    learned = new_pairs(listing.requests, pairs)
    if learned:
        journal.learn(*team, learned)
        pairs = journal.aliases(*team)
    # Read after the list: what another run made meanwhile is bound by now.
    return View(
        listing=listing,
        bound=journal.bound(account.origin, listing.ids),
        listed=journal.listed(*team, campaign),
        claims=journal.claims(*team, campaign),
        pairs=pairs,
        key_print=context.collect.key_print,
        number=number,
    )


def judge(
    context: Context,
    batches: Sequence[Unsettled],
    view: View,
    patience: Patience,
    *,
    waited: frozenset[int] = frozenset(),
) -> Judgement:
    """Hold open batches of one campaign against a list, and keep what it proves.

    Args:
        context: the journal, and who asks.
        batches: with their unknown claims.
        view: the list.
        patience: how long absence must last.
        waited: batches whose wait after a refusal this very process has measured, by a clock that cannot be set.
    """
    batches = [_with_right_times(context, batch, view.listing) for batch in batches]
    findings = look(batches, view, patience.late)
    judgement = Judgement(doubtful=findings.doubtful, blocked=findings.blocked)
    found = [sent_outcome(claim, request, "found in list") for claim, request in findings.found.items()]
    absent: list[Outcome] = []
    for batch in batches:
        missing = _missing(batch, findings)
        if missing and _are_absent(context, batch, view, patience, judgement, has_waited=batch.batch in waited):
            absent += map(absent_outcome, missing)
    judgement.sent = _keep(context, found, "found in a list")
    judgement.free = _keep(context, absent, "absent from two lists")
    judgement.open = {claim.id: claim for batch in batches for claim in batch.claims}
    for number in judgement.decided:
        del judgement.open[number]
    return judgement


def _missing(batch: Unsettled, findings: Findings) -> list[Claim]:
    """Return the claims of a batch that a list does not show, as far as their absence may ever be proved by lists."""
    # The answer itself had a request that is probably that row's: only a person can say that it is not.
    provable = [claim for claim in batch.claims if claim.why != "other name"]
    return [claim for claim in provable if claim.id in findings.missing]


def _with_right_times(context: Context, batch: Unsettled, listing: Listing) -> Unsettled:
    """Return a batch with its times set right, where its sender's clock was far ahead.

    Else its rows would stay unknown until our clock has caught up, perhaps for years. Times are moved only where both
    Collect's clock then and Collect's clock now say that it was the sender's that was wrong, and ours is right.
    """
    then, now = batch.server_offset, listing.server_offset
    if then is None or now is None or abs(now) > _WRONG.total_seconds():
        return batch
    ahead = timedelta(seconds=now - then)
    lies_ahead = batch.quiet_from > listing.started + _WRONG
    if not lies_ahead or ahead < _WRONG or batch.quiet_from - ahead > listing.started + _WRONG:
        return batch
    context.journal.set_right(batch.batch, ahead)
    answered_at = batch.answered_at and batch.answered_at - ahead
    return replace(
        batch,
        claimed_at=batch.claimed_at - ahead,
        quiet_from=batch.quiet_from - ahead,
        answered_at=answered_at,
        first_look=None,
        server_offset=now,
    )


def _are_absent(
    context: Context, batch: Unsettled, view: View, patience: Patience, judgement: Judgement, *, has_waited: bool
) -> bool:
    """Return whether it is proved now that nothing was made of what a list lacks; else note when to look again."""
    judgement.blind[batch.batch] = blindness(batch, view)
    if judgement.blind[batch.batch]:
        judgement.again(_after_blindness(batch, view.listing, patience))
        return False
    again = _next_look(context, batch, view.listing, patience, has_waited=has_waited)
    if again is not None:
        judgement.again(again)
        return False
    return True


_ABSENT: Mapping[Why, tuple[ClaimState, Why]] = {
    "answered alone": ("refused", "refused alone"),
    "row refused": ("refused", "refused alone"),
    "answered": ("not_sent", "absent after refusal"),
    "not named": ("not_sent", "absent after error"),
    "other name": ("not_sent", "absent after error"),
}
"""Why a claim was unknown -> its state, and why, once it is proved that nothing was done."""

_COMPLAINTS: frozenset[Why] = frozenset({"answered alone", "row refused", "answered", "not named"})
"""Where a claim's words are what Collect complained of; those of another name are an ID."""


def absent_outcome(claim: Claim) -> Outcome:
    """Return what a claim becomes of which it is proved that nothing was done."""
    state, why = _ABSENT.get(claim.why, ("not_sent", "absent"))
    words = claim.words if claim.why in _COMPLAINTS else ""
    return Outcome(claim.id, state, words, why=why)


def _keep(context: Context, outcomes: Sequence[Outcome], how: str) -> dict[int, Outcome]:
    """Keep what was proved; return what was kept: what another run has decided meanwhile stands as it is."""
    kept = {outcome.claim: outcome for outcome in outcomes}
    if not kept:
        return {}
    try:
        context.journal.settle(outcomes, context.run.who, how)
    except HeldElsewhere:
        # One that was decided meanwhile must not keep the others from being kept.
        return _keep_each(context, outcomes, how) if len(kept) > 1 else {}
    return kept


def _keep_each(context: Context, outcomes: Sequence[Outcome], how: str) -> dict[int, Outcome]:
    kept: dict[int, Outcome] = {}
    for outcome in outcomes:
        kept |= _keep(context, [outcome], how)
    return kept


def _next_look(
    context: Context, batch: Unsettled, listing: Listing, patience: Patience, *, has_waited: bool
) -> datetime | None:
    """Return when the next list can prove that what this one lacks was never made; None where it is proved now.

    Two lists are needed, whose contents may differ: in a busy campaign they always do.
    """
    if batch.answered_at is None:
        # Whatever was under way has then arrived, or never will.
        first_from = batch.quiet_from + patience.late
        second_from = (batch.first_look or listing.started) + patience.late
    else:
        first_from = batch.answered_at
        second_from = batch.answered_at + patience.lag + BETWEEN_PROCESSES
        if has_waited:
            second_from = batch.answered_at
    if batch.first_look is None:
        if listing.started < first_from:
            return first_from
        context.journal.looked(batch.batch, listing.started)
        return second_from
    if listing.started <= batch.first_look or listing.started < second_from:
        return second_from
    return None


def _after_blindness(batch: Unsettled, listing: Listing, patience: Patience) -> datetime:
    """Return when to look again after a list that could not see.

    As long again as was waited, at most the late window.
    """
    since = batch.answered_at or batch.quiet_from
    waited = max(listing.started - since, patience.lag, timedelta(seconds=1))
    return listing.started + min(waited, patience.late)
