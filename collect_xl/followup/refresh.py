"""Later news of what was sent: status, due date and portal of every request, from one listing a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from collect_xl.domain.model import Claim, Listing, RemoteRequest
from collect_xl.domain.ports import Collect, Context, Unsettled
from collect_xl.domain.statuses import CANCELLED, LISTED
from collect_xl.errors import CampaignError
from collect_xl.evidence.judgement import view_of
from collect_xl.evidence.listing import broken_off, look, sent_outcome
from collect_xl.followup.cancel import complete_wishes
from collect_xl.remedies import Advice, Remedy


@dataclass(slots=True)
class Refreshed:
    """What a refresh learned, by the numbers of claims."""

    seen: set[int] = field(default_factory=set)
    """Everything that Collect still shows."""
    requests: dict[int, RemoteRequest] = field(default_factory=dict)
    """As Collect shows them, by claim."""
    changed: set[int] = field(default_factory=set)
    """Those whose status is another one now."""
    cancelled: set[int] = field(default_factory=set)
    gone: list[Claim] = field(default_factory=list)
    """Sent, but no longer shown by a complete listing: deleted at Collect."""
    unseen: list[Claim] = field(default_factory=list)
    """Sent, as a person said, while no request of theirs can be found."""
    advice: list[Advice] = field(default_factory=list)
    """Why a campaign could not be looked at, or not to its end."""


def refresh(context: Context, campaigns: Iterable[str]) -> Refreshed:
    """Look at every sent request of some campaigns, and keep what Collect says of it now.

    What is shown is a fact even where a listing breaks off; what is missing means something only in a complete one.

    Args:
        context: whose account it is, Collect, the journal, and who asks.
        campaigns: IDs.
    """
    refreshed = Refreshed()
    for campaign in campaigns:
        _refresh_campaign(context, campaign, refreshed)
    return refreshed


def _refresh_campaign(context: Context, campaign: str, refreshed: Refreshed) -> None:
    """Look at the sent requests of one campaign, and add what was learned."""
    account, journal = context.account, context.journal
    claims = journal.claims(account.origin, account.team.id, campaign)
    sent = [claim for claim in claims if claim.state == "sent"]
    if not sent:
        return
    try:
        listing = _listing(context.collect, campaign, sent)
    except CampaignError as error:
        refreshed.advice.append(error.advice)
        return
    if not listing.complete:
        refreshed.advice.append(Advice(f"The list of requests {broken_off(listing)}.", (Remedy.REFRESH,)))
    seen = _find_requests(context, sent, listing, refreshed)
    # What was cancelled in Collect itself stays held: only the user's own wish lets a client be asked again.
    journal.refreshed(seen, context.run.who, "refresh")
    complete_wishes(context, sent, listing.requests)
    _note_news(sent, seen, refreshed)


def _find_requests(
    context: Context, sent: Sequence[Claim], listing: Listing, refreshed: Refreshed
) -> Mapping[int, RemoteRequest]:
    """Return what Collect shows of each claim, by the claim's number, and note those of which it shows nothing."""
    shown = listing.by_id
    without_request = [claim for claim in sent if not claim.request_id]
    seen = dict(_bind_requests(context, without_request, listing))
    for claim in sent:
        if claim.request_id in shown:
            seen[claim.id] = shown[claim.request_id]
        elif claim.request_id and listing.complete:  # what a broken list lacks may be on a page that was not read
            refreshed.gone.append(claim)
    refreshed.unseen += [claim for claim in without_request if claim.id not in seen]
    return seen


def _note_news(sent: Sequence[Claim], seen: Mapping[int, RemoteRequest], refreshed: Refreshed) -> None:
    """Note what Collect says otherwise than at the last look."""
    refreshed.seen |= seen.keys()
    refreshed.requests |= seen
    status_before = {claim.id: claim.status for claim in sent}
    for number, request in seen.items():
        if request.status.casefold() in CANCELLED:
            refreshed.cancelled.add(number)
        if request.status not in {"", status_before[number]}:
            refreshed.changed.add(number)


def _bind_requests(context: Context, claims: Sequence[Claim], listing: Listing) -> Mapping[int, RemoteRequest]:
    """Find the requests of claims that are sent by a person's word alone, and keep which they are."""
    if not claims:
        return {}
    view = view_of(context, claims[0].scope.campaign, listing)
    # Theirs, and made before that was said.
    requests = look([_said(claim, listing) for claim in claims], view, timedelta()).found
    outcomes = [sent_outcome(claim, request, "found in list") for claim, request in requests.items()]
    if outcomes:
        context.journal.settle(outcomes, context.run.who, "found by a refresh")
    return requests


def _said(claim: Claim, listing: Listing) -> Unsettled:
    """Return a claim that a person called sent as if it were still to be looked up."""
    said_at = claim.settled_at or listing.ended
    return Unsettled(claim.batch, claim.scope, (claim,), claim.claimed_at, said_at, None)


def _listing(collect: Collect, campaign: str, sent: Sequence[Claim]) -> Listing:
    """Return what Collect shows of a campaign, in states of the account's own making, too, where one is wanted."""
    listing = collect.listing(campaign, fresh=True)
    shown = listing.by_id
    unshown = {claim.status for claim in sent if claim.request_id not in shown} - LISTED - {""}
    if not unshown:  # only then are calls spent on the names that the account gave to states of its own
        return listing
    more = collect.listing(campaign, sorted(unshown), fresh=True)
    requests = {**shown, **more.by_id}
    return replace(more, requests=tuple(requests.values()))
