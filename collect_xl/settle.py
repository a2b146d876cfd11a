"""Rows whose outcome is unknown: ask Collect, decide where it proves something, never send again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from collect_xl.evidence import Findings, Sought, digest, look, sent_outcome, window
from collect_xl.model import Account, Claim, Listing, Outcome
from collect_xl.ports import Collect, Journal, Unsettled

__all__ = ["Settled", "settle"]


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
    account: Account,
    ports: tuple[Collect, Journal],
    *,
    who: str,
    late: timedelta,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Settled:
    """Look up every unknown claim of an account.

    Finding the request proves ``sent`` at once. ``not_sent`` needs two complete and equal listings, at least the late
    window apart, the first no earlier than that after the last moment at which a byte could leave (design section 4).

    Args:
        account: whose account it is.
        ports: Collect and the journal.
        who: for the journal: who asked.
        late: the late window, in which a request may still appear.
        now: the clock.
    """
    collect, journal = ports
    journal.take_over()
    settled = Settled()
    batches = journal.unsettled(account.origin, account.team.id)
    for campaign in dict.fromkeys(batch.scope.campaign for batch in batches):
        of_campaign = [batch for batch in batches if batch.scope.campaign == campaign]
        listing = collect.listing(campaign)
        _settle_campaign(of_campaign, listing, journal, settled, (who, late, now()))
    return settled


def _settle_campaign(
    batches: Sequence[Unsettled],
    listing: Listing,
    journal: Journal,
    settled: Settled,
    terms: tuple[str, timedelta, datetime],
) -> None:
    who, late, _ = terms
    windows = {each.batch: _window(each, listing, late) for each in batches}
    sought = [Sought(claim.id, claim.keys, *windows[each.batch]) for each in batches for claim in each.claims]
    bound = journal.requests(batches[0].scope.origin, [request.id for request in listing.requests])
    findings = look(sought, listing, bound)
    journal.settle(
        [sent_outcome(claim, request) for claim, request in findings.found.items()], who, "found in a listing"
    )
    settled.sent += len(findings.found)
    for each in batches:
        open_claims = [claim for claim in each.claims if claim.id not in findings.found]
        _settle_absent(each, open_claims, findings, (journal, settled), (listing, windows[each.batch][0], terms))


def _settle_absent(
    batch: Unsettled,
    claims: Sequence[Claim],
    findings: Findings,
    keep: tuple[Journal, Settled],
    seen: tuple[Listing, datetime, tuple[str, timedelta, datetime]],
) -> None:
    """Decide about what a listing does not show."""
    journal, settled = keep
    listing, since, (who, late, now) = seen
    missing = [claim for claim in claims if claim.id in findings.missing]
    settled.open += len(claims)
    settled.words += [
        f"Row {claim.row}: {findings.ambiguous[claim.id]}" for claim in claims if claim.id in findings.ambiguous
    ]
    if not missing:
        return
    doubt = _doubt(listing, findings)
    if doubt:
        settled.words.append(doubt)
        return
    earliest = batch.quiet_from + late
    shown = digest(listing, since)
    if listing.started < earliest:
        _look_again(settled, earliest, now)
    elif batch.first_look is None or batch.first_seen != shown:
        journal.looked(batch.batch, listing.ended, shown)
        _look_again(settled, listing.ended + late, now)
    elif listing.started < batch.first_look + late:
        _look_again(settled, batch.first_look + late, now)
    else:
        words = "Not sent: Collect never received it. Run send again."
        journal.settle(
            [Outcome(claim.id, "not_sent", words) for claim in missing], who, "absent from two equal listings"
        )
        settled.not_sent += len(missing)
        settled.open -= len(missing)


def _window(each: Unsettled, listing: Listing, late: timedelta) -> tuple[datetime, datetime]:
    offset = listing.server_offset if each.server_offset is None else each.server_offset
    return window(each.claimed_at, each.quiet_from, late, (offset, listing.round_trip))


def _doubt(listing: Listing, findings: Findings) -> str:
    """Return why absence from this listing proves nothing, or nothing."""
    if not listing.complete:
        return "The list of requests could not be read to its end, so what it lacks proves nothing. Run settle again."
    if findings.unexplained:
        ids = ", ".join(request.id for request in findings.unexplained[:5])
        return (
            f"Collect shows {len(findings.unexplained)} new requests of the same time for people who were not looked for "
            f"({ids}). One of them may be a missing row under another address. Look at them in Collect."
        )
    return ""


def _look_again(settled: Settled, at: datetime, now: datetime) -> None:
    at = max(at, now)
    settled.look_again = min(settled.look_again or at, at)
