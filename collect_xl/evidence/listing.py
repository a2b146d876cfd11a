"""What a listing of a campaign proves about claims whose outcome is not known."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collect_xl.domain.identity import id_key, mail_key
from collect_xl.domain.model import Listing, Outcome, RemoteRequest

CLOCK_TOLERANCE = timedelta(seconds=5)
"""What two clocks that were compared through a ``Date`` header of whole seconds may still differ by."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A claim to look for, and when its request can have been made, by the server's clock."""

    claim: int
    keys: tuple[str, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Findings:
    """What a listing says of the claims that were looked for."""

    found: Mapping[int, RemoteRequest]
    ambiguous: Mapping[int, str]
    """Claim -> why its request cannot be distinguished from another."""
    missing: tuple[int, ...]
    unexplained: tuple[RemoteRequest, ...]
    """Requests of the same time for none of the people looked for: absence proves nothing while there are any."""


def window(
    claimed_at: datetime, quiet_from: datetime, late: timedelta, clock: tuple[float | None, float]
) -> tuple[datetime, datetime]:
    """Return when the server may have made a batch's requests, by its own clock.

    Args:
        claimed_at: our clock, before the first byte left.
        quiet_from: our clock, from when on no byte could leave.
        late: how long after that a request may still appear.
        clock: the server's offset to ours in seconds, None when it was never measured, and the round trip.
    """
    offset, round_trip = clock
    tolerance = CLOCK_TOLERANCE + timedelta(seconds=round_trip)
    if offset is None:  # no Date header was ever seen: an hour covers every clock that TLS accepts
        tolerance += timedelta(hours=1)
    shift = timedelta(seconds=offset or 0.0)
    return claimed_at + shift - tolerance, quiet_from + shift + late + tolerance


def look(sought: Sequence[Sought], listing: Listing, bound: Collection[str]) -> Findings:
    """Compare claims with a listing by contact and time; older requests of the same contact are legitimate.

    Args:
        sought: the claims in question.
        listing: every request of the campaign.
        bound: request ids that belong to other claims already.
    """
    fresh = [each for each in listing.requests if each.id not in bound and _possible(each, sought)]
    by_claim = {each.claim: [request for request in fresh if _fits(request, each)] for each in sought}
    uses = Counter(request.id for requests in by_claim.values() for request in requests)
    found: dict[int, RemoteRequest] = {}
    ambiguous: dict[int, str] = {}
    missing: list[int] = []
    for claim, requests in by_claim.items():
        if not requests:
            missing.append(claim)
        # A request that fits two claims, or whose time is unknown, proves nothing: it may be an older one.
        elif len(requests) == 1 and uses[requests[0].id] == 1 and requests[0].created is not None:
            found[claim] = requests[0]
        else:
            ambiguous[claim] = _doubt(requests)
    unexplained = tuple(each for each in fresh if each.id not in uses)
    return Findings(found, ambiguous, tuple(missing), unexplained)


def sent_outcome(claim: int, request: RemoteRequest) -> Outcome:
    """Return the outcome of a claim whose request was found, with the keys that the request teaches."""
    return Outcome(claim, "sent", request=request, keys=_keys_of(request))


def digest(listing: Listing, since: datetime) -> str:
    """Return a short text that two listings share only when they show the same requests since a moment."""
    ids = sorted(each.id for each in listing.requests if each.created is None or each.created >= since)
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]


def _possible(request: RemoteRequest, sought: Sequence[Sought]) -> bool:
    """Return whether a request may have been made in the time of any claim; one without a time always may."""
    created = request.created
    return created is None or any(each.since <= created <= each.until for each in sought)


def _fits(request: RemoteRequest, each: Sought) -> bool:
    in_time = request.created is None or each.since <= request.created <= each.until
    return in_time and not set(each.keys).isdisjoint(_keys_of(request))


def _keys_of(request: RemoteRequest) -> tuple[str, ...]:
    keys = []
    if request.contact_id:
        keys.append(id_key(request.contact_id))
    if request.email:
        keys.append(mail_key(request.email))
    return tuple(keys)


def _doubt(requests: Sequence[RemoteRequest]) -> str:
    ids = ", ".join(request.id for request in requests)
    if len(requests) > 1:
        return f"Collect shows {len(requests)} requests that may be this one ({ids}). Look at them there, then decide."
    return f"Collect shows request {ids}, but not whether it is this one or an older one. Look at it in Collect."
