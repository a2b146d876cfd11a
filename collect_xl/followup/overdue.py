"""Requests that need attention: undelivered, overdue, due soon; and which rows have one at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collect_xl.domain.items import KeptItems, outstanding
from collect_xl.domain.model import Claim
from collect_xl.domain.rows import LeftOut, claims_of, rejected
from collect_xl.domain.statuses import DONE, LateKind, is_undelivered
from collect_xl.planning.eligibility import Sorted
from collect_xl.planning.history import Known, bound_claim


@dataclass(frozen=True, slots=True)
class Late:
    """A row whose request needs attention."""

    row: int
    kind: LateKind
    claim: Claim
    due: datetime | None
    missing: tuple[str, ...] = ()
    """What is missing or was rejected, in words, as of the last look at its items; empty where that is not known."""


NO_ITEMS: Mapping[str, KeptItems] = {}


def undelivered_rows(left_out: Iterable[LeftOut]) -> tuple[int, ...]:
    """Return the rows of a plan whose request Collect could not deliver, as the journal last heard."""
    return tuple(row for row, claim in claims_of(left_out).items() if is_undelivered(claim))


def asked_rows(truth: Sorted, known: Known) -> dict[int, Claim]:
    """Return the claim of each row whose request is open at Collect, as far as the journal knows, by row number.

    A row that has become invalid since, as by a due date that has passed, is known by the request id that it shows.
    """
    requests = claims_of(each for each in truth.left_out if each.reason in {"sent", "edited"})
    for row in rejected(truth.rows):
        claim = bound_claim(row, known)
        if claim is not None:
            requests[row.number] = claim
    return {row: claim for row, claim in sorted(requests.items()) if claim.state == "sent"}


def late_rows(
    asked: Mapping[int, Claim], now: datetime, within: timedelta, items: Mapping[str, KeptItems] = NO_ITEMS
) -> Sequence[Late]:
    """Return what needs attention, in sheet order.

    Args:
        asked: rows with an open request, from ``asked_rows``.
        now: an aware moment.
        within: how far ahead a due date is reported.
        items: what is kept of requests' items, by request ID.
    """
    late = []
    for row, claim in asked.items():
        due = _due(claim)
        kind = _kind(claim, due, now, within)
        if kind is not None:
            late.append(Late(row, kind, claim, due, _missing(claim, items)))
    return late


def _missing(claim: Claim, items: Mapping[str, KeptItems]) -> tuple[str, ...]:
    kept = items.get(claim.request_id)
    # After another status something may have come in that the last look did not see.
    return outstanding(kept.items) if kept is not None and kept.status == claim.status else ()


def _kind(claim: Claim, due: datetime | None, now: datetime, within: timedelta) -> LateKind | None:
    """Return why a request needs attention; None where it needs none."""
    if is_undelivered(claim):
        return "undelivered"
    status = claim.status.casefold()
    if status in DONE:
        return None
    # Collect's own word holds also where no due date is known.
    if status == "due" or (due is not None and due <= now):
        return "overdue"
    return "due soon" if due is not None and due <= now + within else None


def _due(claim: Claim) -> datetime | None:
    return datetime.fromisoformat(claim.due) if claim.due else None
