"""Requests that were made from another computer become claims of this journal, as Collect tells of them."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from collect_xl.domain.identity import id_key, mail_key
from collect_xl.domain.model import Outcome
from collect_xl.domain.ports import ToClaim
from collect_xl.journal.changes import News, apply
from collect_xl.journal.claims import NewBatch, claim_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from collect_xl.domain.model import Claim, RemoteRequest
    from collect_xl.domain.ports import Adopted

__all__ = ["adopt_rows"]

HOW: Final = "adopted"


def adopt_rows(db: Connection, new: NewBatch, rows: Sequence[Adopted]) -> dict[int, Claim]:
    """Remember rows inside a transaction that is still to be committed; return those whose person is held already.

    Requests are dated when Collect made them. What nobody knows is dated now: its sender may still be at work, so that
    it is quiet only when a claim made now would be.

    Args:
        db: the transaction.
        new: a batch as it would begin now.
        rows: with their requests.
    """
    by_time: dict[datetime | None, list[Adopted]] = {}
    for each in rows:
        made = (each.request.created or new.claimed_at) if each.request else None
        by_time.setdefault(made, []).append(each)
    lost: dict[int, Claim] = {}
    for made, some in by_time.items():
        lost |= _adopt(db, _dated(new, made), some)
    return lost


def _dated(new: NewBatch, made: datetime | None) -> NewBatch:
    batch = replace(new, owner=secrets.token_hex(16), how=HOW, told_at=new.claimed_at)
    return batch if made is None else replace(batch, claimed_at=made, lease_until=made, quiet_from=made)


def _adopt(db: Connection, batch: NewBatch, rows: Sequence[Adopted]) -> dict[int, Claim]:
    ticket = claim_rows(db, batch, [ToClaim(each.row, each.keys) for each in rows])
    news = News("sender", batch.run.who, HOW, batch.told_at or batch.claimed_at)
    apply(db, news, [_outcome(ticket.won[each.row], each) for each in rows if each.row in ticket.won])
    return dict(ticket.lost)


def _outcome(claim: int, adopted: Adopted) -> Outcome:
    if adopted.request is None:
        return Outcome(claim, "unknown", adopted.by)
    return Outcome(claim, "sent", adopted.by, adopted.request, _keys(adopted.request))


def _keys(request: RemoteRequest) -> tuple[str, ...]:
    contact = (id_key(request.contact_id),) if request.contact_id else ()
    return (*contact, mail_key(request.email)) if request.email else contact
