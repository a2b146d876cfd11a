"""Rows whose outcome is unknown: ask Collect, decide where it proves something, never send again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from collect_xl.domain.model import Claim, Listing, Outcome
from collect_xl.domain.ports import Context, Journal, Unsettled
from collect_xl.errors import CampaignError
from collect_xl.evidence.listing import Findings, Sought, digest, look, sent_outcome, window
from collect_xl.planning.standing import answer_told

Assumed = Literal["sent", "not_sent"]
"""What a person may say of an unknown row."""

NEVER_RECEIVED = "Not sent: Collect never received it. Run send again."


@dataclass(slots=True)
class Settled:
    """What a look-up decided, in claims."""

    sent: int = 0
    not_sent: int = 0
    open: int = 0
    """Still unknown."""
    look_again: datetime | None = None
    """When the next look can decide something; None when no look will."""
    words: list[str] = field(default_factory=list)
    """Why what is open stays open."""


def settle(
    context: Context,
    *,
    late: timedelta,
) -> Settled:
    """Look up every unknown claim of an account.

    Finding the request proves ``sent`` at once. ``not_sent`` needs two complete and equal listings, at least the late
    window apart, the first no earlier than that after the last moment at which a byte could leave (design section 4).

    Args:
        context: whose account it is, Collect, the journal, and who asks.
        late: the late window, in which a request may still appear.
    """
    account, journal = context.account, context.journal
    journal.take_over()
    settled = Settled()
    batches = journal.unsettled(account.origin, account.team.id)
    for campaign in dict.fromkeys(batch.scope.campaign for batch in batches):
        of_campaign = [batch for batch in batches if batch.scope.campaign == campaign]
        try:
            listing = context.collect.listing(campaign)
        except CampaignError as gone:  # what is unknown in the others can be settled all the same
            settled.open += sum(len(batch.claims) for batch in of_campaign)
            settled.words.append(f"{gone.message} {gone.tip}")
        else:
            _LookUp(journal, settled, listing, who=context.run.who, late=late).judge(of_campaign)
    return settled


def assume(claims: Iterable[Claim], assumed: Assumed, journal: Journal, *, who: str) -> None:
    """Take a person's word for claims of unknown outcome; it is kept whose word it was, and when.

    Raises:
        HeldElsewhere: "not sent" was said while a byte may still be under way, or a claim is unknown no more.
    """
    told = {"sent": f"Sent, as {who} said.", "not_sent": f"Not sent, as {who} said. Run send again."}[assumed]
    journal.settle([Outcome(claim.id, assumed, told) for claim in claims], who, "a person's word")


class _LookUp:
    """One listing of a campaign, held against the batches that are open in it."""

    def __init__(self, journal: Journal, settled: Settled, listing: Listing, *, who: str, late: timedelta) -> None:
        self._journal, self._settled, self._listing = journal, settled, listing
        self._who, self._late = who, late

    def judge(self, batches: Sequence[Unsettled]) -> None:
        windows = {each.batch: self._window(each) for each in batches}
        sought = [Sought(claim.id, claim.keys, *windows[each.batch]) for each in batches for claim in each.claims]
        bound = self._journal.requests(batches[0].scope.origin, [request.id for request in self._listing.requests])
        findings = look(sought, self._listing, bound)
        found = [sent_outcome(claim, request) for claim, request in findings.found.items()]
        self._journal.settle(found, self._who, "found in a listing")
        self._settled.sent += len(found)
        for each in batches:
            still_open = [claim for claim in each.claims if claim.id not in findings.found]
            self._settled.open += len(still_open)
            self._tell_doubts(still_open, findings)
            missing = [claim for claim in still_open if claim.id in findings.missing]
            if missing and self._proves_absence(each, findings, windows[each.batch][0]):
                self._set_not_sent(missing)

    def _window(self, each: Unsettled) -> tuple[datetime, datetime]:
        offset = self._listing.server_offset if each.server_offset is None else each.server_offset
        return window(each.claimed_at, each.quiet_from, self._late, (offset, self._listing.round_trip))

    def _tell_doubts(self, claims: Sequence[Claim], findings: Findings) -> None:
        doubts = ((claim.row, findings.ambiguous[claim.id]) for claim in claims if claim.id in findings.ambiguous)
        self._settled.words += [f"Row {row}: {doubt}" for row, doubt in doubts]

    def _proves_absence(self, batch: Unsettled, findings: Findings, since: datetime) -> bool:
        """Tell whether this listing is the second of two that together prove that what they lack was never made."""
        listing = self._listing
        if words := _doubt(listing, findings):
            self._settled.words.append(words)
            return False
        if listing.started < batch.quiet_from + self._late:
            self._look_again(batch.quiet_from + self._late)
            return False
        shown = digest(listing, since)
        if batch.first_look is None or batch.first_seen != shown:
            self._journal.looked(batch.batch, listing.ended, shown)
            self._look_again(listing.ended + self._late)
            return False
        if listing.started < batch.first_look + self._late:
            self._look_again(batch.first_look + self._late)
            return False
        return True

    def _set_not_sent(self, claims: Sequence[Claim]) -> None:
        outcomes = [Outcome(claim.id, "not_sent", _why_not_sent(claim)) for claim in claims]
        self._journal.settle(outcomes, self._who, "absent from two equal listings")
        self._settled.not_sent += len(claims)
        self._settled.open -= len(claims)

    def _look_again(self, at: datetime) -> None:
        self._settled.look_again = min(self._settled.look_again or at, at)


def _why_not_sent(claim: Claim) -> str:
    told = answer_told(claim)
    return f"Not sent: {told} No request was made. Mend what it said, then run send again." if told else NEVER_RECEIVED


def _doubt(listing: Listing, findings: Findings) -> str:
    """Return why absence from this listing proves nothing, or nothing."""
    if not listing.complete:
        return "The list of requests could not be read to its end, so what it lacks proves nothing. Run settle again."
    if findings.unexplained:
        ids = ", ".join(request.id for request in findings.unexplained[:5])
        return (
            f"Collect shows {len(findings.unexplained)} new requests of the same time for people who were not looked "
            f"for ({ids}). One of them may be a missing row under another address. Look at them in Collect."
        )
    return ""
