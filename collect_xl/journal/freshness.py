"""How later news of Collect about sent requests is kept: status, due date, portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, select, update

from collect_xl.journal import tables as t
from collect_xl.journal.changes import News
from collect_xl.journal.read_claims import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from collect_xl.domain.model import RemoteRequest

__all__ = ["keep_seen"]

_TOLD = ("status", "due", "portal_url")


def keep_seen(db: Connection, news: News, seen: Mapping[int, RemoteRequest]) -> None:
    """Keep what is new of sent claims; a claim that is no longer sent, or is another request's, is left alone.

    Args:
        db: a transaction that writes.
        news: who tells; enters the history of the claims whose status or due date changed.
        seen: claim -> its request as Collect shows it; what is empty there is kept as it was.
    """
    lines: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for number, request_id, *old in _sent(db, sorted(seen)):
        request = seen[number]
        now = [getattr(request, name) or was for name, was in zip(_TOLD, old, strict=True)]
        if request.id != request_id or now == old:
            continue
        lines.append({"number": number, **dict(zip(_TOLD, now, strict=True))})
        events += [news.event(number, "sent", "sent", remark) for remark in _remarks(old, now)]
    if lines:
        to: dict[str, Any] = {name: bindparam(name) for name in _TOLD}
        db.execute(update(t.claims).where(t.claims.c.id == bindparam("number")).values(to), lines)
    if events:
        db.execute(t.events.insert(), events)


def _remarks(old: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """Yield for the history what is another one now; a due date that was not known before is no change."""
    (status, due), (status_now, due_now) = old[:2], now[:2]
    if status_now != status:
        yield f"Collect: {status or 'no status'} -> {status_now}"
    if due and due_now != due:
        yield f"Collect: due {due} -> {due_now}"


def _sent(db: Connection, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return the claims that are sent, locked until the transaction ends where the database locks single lines."""
    claim = t.claims.c
    query = select(claim.id, claim.request_id, claim.status, claim.due, claim.portal_url).where(claim.state == "sent")
    query = query.order_by(claim.id).with_for_update()
    return [tuple(row) for some in chunks(numbers) for row in db.execute(query.where(claim.id.in_(some)))]
