"""What becomes of intents whose sender is gone: unknown, never anything surer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select, update

from collect_xl.errors import JournalError
from collect_xl.journal import tables as t
from collect_xl.journal.changes import News, add_events
from collect_xl.journal.read_claims import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

if TYPE_CHECKING:
    from datetime import datetime

    from collect_xl.domain.ports import Ticket

__all__ = ["end_lease", "require_owner", "take_over"]

_WORDS: Final = "its sender ended before its outcome was known"


def take_over(db: Connection, gone: frozenset[str], who: str, now: datetime) -> int:
    """Turn intents of dead runs, and those whose lease has ended, into unknown; return how many.

    Args:
        db: a transaction that writes.
        gone: runs whose process is dead for certain: no byte of theirs can leave any more.
        who: for the history.
        now: the time.
    """
    intents = (
        select(t.claims.c.id, t.claims.c.batch, t.batches.c.run, t.batches.c.lease_until)
        .join_from(t.claims, t.batches)
        .where(t.claims.c.state == "intent")
        .order_by(t.claims.c.id)
        .with_for_update(of=t.claims)
    )
    over = [row for row in db.execute(intents) if row.run in gone or row.lease_until <= now]
    _quieten(db, {row.batch for row in over if row.run in gone}, now)
    for some in chunks(row.id for row in over):
        these = t.claims.c.id.in_(some)
        db.execute(update(t.claims).where(these).values(state="unknown", state_at=now, words=_WORDS))
    add_events(db, News("settler", who, f"taken over: {_WORDS}", now), [(row.id, "intent", "unknown") for row in over])
    return len(over)


def _quieten(db: Connection, batches: Iterable[int], now: datetime) -> None:
    for some in chunks(sorted(batches)):
        of_dead = t.batches.c.id.in_(some) & (t.batches.c.quiet_from > now)
        db.execute(update(t.batches).where(of_dead).values(quiet_from=now))


def require_owner(db: Connection, ticket: Ticket) -> None:
    """Raise ``JournalError`` when the journal does not know a batch as this run's."""
    owner = db.execute(select(t.batches.c.owner).where(t.batches.c.id == ticket.batch)).scalar_one_or_none()
    if owner != ticket.owner:
        raise JournalError(
            f"The journal does not know batch {ticket.batch} as this run's.",
            tip="It was replaced while this run used it. Look at Collect before sending again.",
        )


def end_lease(db: Connection, ticket: Ticket, now: datetime) -> None:
    """Keep that the sender is silent from here on; what was seen at Collect before proves nothing about its batch."""
    ended = {"lease_until": min(now, ticket.lease_until), "quiet_from": now, "first_look": None, "first_seen": ""}
    db.execute(update(t.batches).where(t.batches.c.id == ticket.batch).values(ended))
