"""Whose a batch is, and until when: checked and ended inside the transaction that keeps its outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from collect_xl.errors import JournalError
from collect_xl.journal import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from collect_xl.domain.ports import Ticket

__all__ = ["end_lease", "require_owner"]


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
