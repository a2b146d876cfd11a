"""Rows whose outcome is unknown: ask Collect, decide where it proves something, never send again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from collect_xl.domain.model import Claim, Outcome
from collect_xl.domain.ports import Context, Journal, Unsettled
from collect_xl.errors import CampaignError, UsageError
from collect_xl.evidence.judgement import Judgement, Patience, judge, view_of
from collect_xl.evidence.listing import Blindness, Doubt, shown_ids
from collect_xl.followup.cancel import complete_wishes
from collect_xl.remedies import Advice, Remedy

Assumed = Literal["sent", "not_sent"]
"""What a person may say of an unknown row."""

_BLIND: dict[Blindness, str] = {
    "broken off": "The list of requests could not be read to its end, so what it lacks proves nothing.",
    "other key": (
        "These rows were sent with another API key, which may see other requests, so what the list lacks proves "
        "nothing."
    ),
    "lagging": "Collect's list does not show yet what Collect has confirmed already, so what it lacks proves nothing.",
}

_DOUBTS: dict[str, str] = {
    "several": "Collect shows several new requests that may be this one ({ids}). Look at them there, then decide.",
    "two claims": (
        "Collect shows request {ids}, but this person was sent more than one request from here whose answer was lost. "
        "Look at it in Collect, then decide."
    ),
    "far off": "Collect shows request {ids}, made at another time. Look at it in Collect, then decide.",
    "which contact": (
        "Collect shows request {ids}, but its address belongs to more than one contact. Look at it in Collect, then "
        "decide."
    ),
    "older": "Collect shows request {ids}, but not whether it is this one or an older one. Look at it in Collect.",
}


@dataclass(slots=True)
class Settled:
    """What a look-up decided, in claims."""

    sent: int = 0
    not_sent: int = 0
    open: int = 0
    """Still unknown."""
    look_again: datetime | None = None
    """When the next look can decide something; None when no look will."""
    advice: list[Advice] = field(default_factory=list)
    """Why what is open stays open."""
    strangers: dict[str, str] = field(default_factory=dict)
    """ID of a new request for no one we know -> its campaign; a person may say that it is not ours."""

    def add(self, judgement: Judgement) -> None:
        """Count what was proved in one campaign."""
        self.sent += len(judgement.sent)
        self.not_sent += len(judgement.free)
        self.open += len(judgement.open)
        if judgement.look_again is not None:
            self.look_again = min(self.look_again or judgement.look_again, judgement.look_again)


def settle(context: Context, patience: Patience) -> Settled:
    """Look up every unknown claim of an account.

    Finding the request proves ``sent`` at once. ``not_sent`` needs two lists that can see (design section 5).

    Args:
        context: whose account it is, Collect, the journal, and who asks.
        patience: how long absence must last before it is believed.
    """
    account, journal = context.account, context.journal
    journal.take_over()
    settled = Settled()
    batches = journal.unsettled(account.origin, account.team.id)
    batches_of: dict[str, list[Unsettled]] = {}
    for batch in batches:
        batches_of.setdefault(batch.scope.campaign, []).append(batch)
    for campaign, of_campaign in batches_of.items():
        try:
            _settle_campaign(context, campaign, of_campaign, patience, settled)
        except CampaignError as gone:  # what is unknown in the others can still be settled
            settled.open += sum(len(batch.claims) for batch in of_campaign)
            settled.advice.append(gone.advice)
    return settled


def assume(claims: Iterable[Claim], assumed: Assumed, journal: Journal, *, who: str) -> None:
    """Take a person's word for claims of unknown outcome; it is kept whose word it was, and when.

    Raises:
        HeldElsewhere: "not sent" was said while a byte may still be under way, or a claim is unknown no more.
    """
    outcomes = [Outcome(claim.id, assumed, who, why="person said") for claim in claims]
    journal.settle(outcomes, who, "a person's word")


def set_aside_strangers(context: Context, ids: Collection[str]) -> None:
    """Keep a person's word that requests were not made from here, so that they block nothing any more.

    Args:
        context: the journal and the account.
        ids: of requests that lists of Collect have shown.

    Raises:
        UsageError: no list of a campaign with unknown rows has shown one of them.
    """
    account, journal = context.account, context.journal
    team = (account.origin, account.team.id)
    left = set(ids)
    for campaign in {batch.scope.campaign for batch in journal.unsettled(*team)}:
        shown = left & journal.listed(*team, campaign).keys()
        if shown:
            journal.not_ours(*team, campaign, shown)
            left -= shown
    if left:
        raise UsageError(
            f"Collect's lists have shown no request {min(left)} in a campaign with unknown rows.",
            tip="Copy the ID as the look-up shows it.",
        )


def _settle_campaign(
    context: Context, campaign: str, batches: Sequence[Unsettled], patience: Patience, settled: Settled
) -> None:
    view = view_of(context, campaign, context.collect.listing(campaign, fresh=True))
    judgement = judge(context, batches, view, patience)
    complete_wishes(context, view.claims, view.listing.requests)
    settled.add(judgement)
    # What is doubtful or blocked was decided by no list: it is open.
    for number, doubt in judgement.doubtful.items():
        settled.advice.append(Advice(f"Row {judgement.open[number].row}: {_doubt_words(doubt)}"))
    for number, strangers in judgement.blocked.items():
        settled.advice.append(_about_strangers(judgement.open[number], shown_ids(strangers)))
        settled.strangers |= {request.id: campaign for request in strangers}
    for why in dict.fromkeys(judgement.blind.values()):
        if why:
            settled.advice.append(Advice(_BLIND[why], (Remedy.LOOK_UP_AGAIN,)))


def _doubt_words(doubt: Doubt) -> str:
    return _DOUBTS[doubt.why].format(ids=shown_ids(doubt.requests))


def _about_strangers(claim: Claim, ids: str) -> Advice:
    words = (
        f"Row {claim.row}: Collect shows new requests for people who were not looked for ({ids}). One of them may be "
        "this row under another address. Look at them in Collect."
    )
    return Advice(words, (Remedy.NOT_OURS,))
