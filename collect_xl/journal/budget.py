"""What all runs on one journal share: turns for calls to Collect, and how many people may be asked in a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, func, select, update

from collect_xl.journal import tables as t
from collect_xl.journal.tables import insert_new

if TYPE_CHECKING:
    from collections.abc import Callable

    from collect_xl.domain.model import ClaimState
    from collect_xl.domain.ports import DayCap

_ASKED: Final[frozenset[ClaimState]] = frozenset({"intent", "sent", "unknown", "cancelled"})
"""States of claims whose person was mailed, or may have been; taking a request back does not unsend the mail."""

_LONGEST_QUEUE: Final = timedelta(hours=1)
"""A next turn further away than this was kept by a clock that has been set back since."""


def take_turn(db: Connection, origin: str, per_minute: int, clock: Callable[[], datetime]) -> float:
    """Take the next turn for a call, and return the seconds until then.

    Turns are evenly spaced, so that no minute, wherever it begins, holds more calls than are allowed.

    Args:
        db: a transaction that writes.
        origin: the API's address.
        per_minute: how many calls a minute may hold.
        clock: this computer's; a server's own goes before it, since the computers' clocks may differ.
    """
    next_call = _lock_next_call(db, origin, clock)
    # Only now, with the lock: waiting for it takes time.
    now = _now(db, clock)
    turn = now
    if now < next_call <= now + _LONGEST_QUEUE:
        turn = next_call
    following = turn + timedelta(minutes=1) / per_minute
    db.execute(update(t.budgets).where(t.budgets.c.origin == origin).values(next_call=following))
    return (turn - now).total_seconds()


def asked_since(db: Connection, origin: str, team: str, since: datetime) -> int:
    """Return how many people were asked, or may have been, since a moment."""
    query = (
        select(func.count())
        .select_from(t.claims)
        .join(t.batches)
        .join(t.scopes)
        .join(t.teams)
        .where(t.teams.c.origin == origin, t.teams.c.team == team)
        .where(t.batches.c.claimed_at >= since, t.claims.c.state.in_(sorted(_ASKED)))
    )
    return int(db.execute(query).scalar_one())


def room(db: Connection, origin: str, team: str, cap: DayCap, clock: Callable[[], datetime]) -> int:
    """Return how many more people may be asked today.

    Other runs wait for this transaction before they learn it.

    Args:
        db: a transaction that writes, and has taken no other lock yet: two that lock in another order block each other.
        origin: the API's address.
        team: its id.
        cap: how many a day may hold, and when it began.
        clock: this computer's.
    """
    # Counted under the lock: two runs that count at once would both take the last places.
    _lock_next_call(db, origin, clock)
    return max(cap.most - asked_since(db, origin, team, cap.since), 0)


def _lock_next_call(db: Connection, origin: str, clock: Callable[[], datetime]) -> datetime:
    """Return when the next call of an origin may leave.

    Its line stays locked until the transaction ends.
    """
    insert_new(db, t.budgets, [{"origin": origin, "next_call": _now(db, clock)}])
    line = select(t.budgets.c.next_call).where(t.budgets.c.origin == origin).with_for_update()
    next_call: datetime = db.execute(line).scalar_one()
    return next_call


def _now(db: Connection, clock: Callable[[], datetime]) -> datetime:
    # The clocks of computers that share a server may differ, so that its own decides.
    if db.dialect.name != "postgresql":
        return clock()
    now: datetime = db.execute(select(func.clock_timestamp())).scalar_one()
    return now
