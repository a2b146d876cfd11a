"""Which items of sent requests came in: only requests that changed since the last look are asked about, one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from collect_xl.domain.items import KeptItems
from collect_xl.domain.model import Claim, RemoteRequest
from collect_xl.domain.ports import Context
from collect_xl.domain.statuses import CANCELLED, FINISHED
from collect_xl.errors import CollectXlError

MOST_FAILURES: Final = 3
"""Calls in a row that fail before the rest is left to the next refresh: a server that is down would cost hours."""


@dataclass(slots=True)
class ItemsLooked:
    """What a look at the items of requests learned, by rows."""

    asked: int = 0
    """Requests that were asked about and answered."""
    unchanged: int = 0
    """Requests that show nothing new since the last look."""
    failed: dict[int, str] = field(default_factory=dict)
    """Row -> why its request could not be asked about; what was known of it stays."""
    left: int = 0
    """Requests that were not reached."""
    stopped: bool = False
    """Whether the user ended it."""


def look_at_items(
    context: Context,
    claims: Mapping[int, Claim],
    shown: Mapping[int, RemoteRequest],
    stop: threading.Event,
    on_step: Callable[[int, int], None],
) -> ItemsLooked:
    """Ask about the items of requests that changed since the last look, and keep each answer at once.

    Args:
        context: whose account it is, Collect, the journal, and who asks.
        claims: rows with the claim of their request.
        shown: requests as a list showed them just now, by claim.
        stop: when set, no further request is asked about.
        on_step: hears before each call how many were made, and how many there are in all.
    """
    looked = ItemsLooked()
    kept = context.journal.items(context.account.origin, context.account.team.id)
    changed: dict[int, tuple[int, RemoteRequest]] = {}
    for row, claim in claims.items():
        request = shown.get(claim.id)
        if request is None or request.status.casefold() in CANCELLED:
            continue
        if _is_current(kept.get(request.id), request):
            looked.unchanged += 1
        else:
            changed[claim.id] = (row, request)
    failures = 0
    for number, (claim_id, (row, request)) in enumerate(changed.items()):
        looked.stopped = stop.is_set()
        if looked.stopped or failures == MOST_FAILURES:
            looked.left = len(changed) - number
            break
        on_step(number, len(changed))
        try:
            items = context.collect.request_items(request.id)
        except CollectXlError as error:
            looked.failed[row] = error.message
            failures += 1
            continue
        failures = 0
        # At once, so that a run that is ended or killed here has not asked in vain.
        context.journal.keep_items(claim_id, KeptItems(request.id, request.status, request.activity, items))
        looked.asked += 1
    return looked


def _is_current(kept: KeptItems | None, request: RemoteRequest) -> bool:
    """Return whether nothing happened to a request since its items were asked for."""
    if kept is None or (kept.status, kept.activity) != (request.status, request.activity):
        return False
    # Without news about activity an item may come in unseen as long as the request is open.
    return bool(request.activity) or request.status.casefold() in FINISHED
