"""The statuses of a request: which exist, which are finished, and for which side."""

from __future__ import annotations

from typing import Literal

from collect_xl.domain.model import Claim

LateKind = Literal["undelivered", "overdue", "due soon"]


CANCELLED = frozenset({"cancelled", "canceled"})
"""Both spellings of Collect's word (``collect_api.md`` section 10)."""


DONE_IN_ORDER = ("completed", "waiting", "cancelled", "canceled", "archived")
"""Those of ``DONE``, in the order in which the template's formulas name them."""


DONE = frozenset(DONE_IN_ORDER)
"""Statuses in which the contact has nothing left to do; ``waiting`` waits for the team."""


FINISHED = DONE - {"waiting"}
"""Statuses in which the team has nothing left to do, either."""


ENDED = DONE - {"waiting"} - CANCELLED
"""Statuses of requests that ran their course: they keep their contact from being asked again for a while only."""


LISTED = frozenset({"pending", "waiting", "completed", "due", "error", "archived"}) | CANCELLED
"""Documented statuses, which a list shows; one that an account made up may need to be asked for by name."""


OURS = frozenset({"invalid", "duplicate", "refused", "unknown", "skipped"})
"""Words of the status column that are ours; a row with one of them was not sent, or it is not known."""


NOT_DELIVERED = "Collect could not deliver it. Correct the contact there."


CANCELLED_THERE = (
    "Cancelled in Collect, not from here. To ask again, cancel the request from here, too, or type a new round."
)


def status_word(status: str) -> str:
    """Return Collect's own status as the sheet shows it.

    An account may call a status of its own *refused*: on the sheet that would say that nothing was sent.
    """
    if status.strip().casefold() in OURS:
        return f"{status.strip()} (in Collect)"
    return status or "pending"


def is_undelivered(claim: Claim) -> bool:
    """Return whether Collect says that the person never got the request."""
    return claim.state == "sent" and claim.status.casefold() == "error"


def is_cancelled_there(claim: Claim) -> bool:
    """Return whether the request was cancelled in Collect itself."""
    return claim.state == "sent" and claim.status.casefold() in CANCELLED
