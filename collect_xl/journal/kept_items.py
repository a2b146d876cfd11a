"""What is kept of the items of requests, one line a claim, and of their contacts: replaced by each look."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, delete, select

from collect_xl.domain import ports
from collect_xl.domain.items import KeptItems, items_as_json, items_of_json
from collect_xl.journal import tables as t
from collect_xl.journal.details import all_details
from collect_xl.journal.people import in_team
from collect_xl.journal.tables import insert_lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager


class Looks(ports.Journal):
    """The part of the journal that keeps what Collect shows of requests beyond what decides."""

    @abstractmethod
    def _read(self) -> AbstractContextManager[Connection]:
        """Give a transaction that reads."""

    @abstractmethod
    def _write(self) -> AbstractContextManager[Connection]:
        """Give a transaction that writes."""

    def details(self, origin: str, team: str) -> Mapping[int, str]:
        """Return what Collect showed of claims' contacts, where a sheet had columns for it."""
        with self._read() as db:
            return all_details(db, *in_team(origin, team))

    def items(self, origin: str, team: str) -> Mapping[str, KeptItems]:
        """Return what is kept of requests' items, by request ID."""
        with self._read() as db:
            return all_items(db, *in_team(origin, team))

    def keep_items(self, claim: int, kept: KeptItems) -> None:
        """Keep the items of a claim's request, instead of what was kept of it before."""
        with self._write() as db:
            keep_items(db, claim, kept)


def keep_items(db: Connection, claim: int, kept: KeptItems) -> None:
    """Keep the items of a claim's request; the last ones count.

    Args:
        db: a transaction that writes.
        claim: its number.
        kept: what Collect showed.
    """
    line = {
        "claim": claim,
        "request_id": kept.request_id,
        "status": kept.status,
        "activity": kept.activity,
        "text": items_as_json(kept.items),
    }
    db.execute(delete(t.items).where(t.items.c.claim == claim))
    insert_lines(db, t.items, [line])


def all_items(db: Connection, *conditions: ColumnElement[bool]) -> Mapping[str, KeptItems]:
    """Return what is kept of claims that meet conditions on ``teams``, by request ID."""
    joined = t.items.join(t.claims).join(t.batches).join(t.scopes).join(t.teams)
    column = t.items.c
    # What was learned of a request that is no longer the claim's own is another person's.
    is_its_own = column.request_id == t.claims.c.request_id
    query = select(column.request_id, column.status, column.activity, column.text).select_from(joined)
    kept: dict[str, KeptItems] = {}
    for request_id, status, activity, text in db.execute(query.where(is_its_own, *conditions)):
        try:
            items = items_of_json(text)
        except (ValueError, TypeError):
            continue  # as if it had never been asked for
        kept[request_id] = KeptItems(request_id, status, activity, items)
    return kept
