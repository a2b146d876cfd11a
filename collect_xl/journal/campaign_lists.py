"""What complete lists of a campaign showed: the base that later lists are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, select, update

from collect_xl.journal import tables as t
from collect_xl.journal.tables import chunks, insert_new, insert_one

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

BEFORE_ALL_LISTS = 0
"""The list number given to requests that, as a person said, were not made from here."""


def keep_list(db: Connection, team: int, campaign: str, ids: Collection[str], at: datetime) -> int:
    """Keep a complete list; return its number.

    Requests that a claim is bound to are not kept: they are known to be ours.

    Args:
        db: a transaction that writes.
        team: its number.
        campaign: its ID.
        ids: every request that the list shows.
        at: when it was begun.
    """
    number = insert_one(db, t.lists, {"team": team, "campaign": campaign, "at": at})
    origin = db.execute(select(t.teams.c.origin).where(t.teams.c.id == team)).scalar_one()
    ours = bound_ids(db, origin, ids)
    lines = [
        {"team": team, "campaign": campaign, "request_id": each, "list": number} for each in sorted(set(ids) - ours)
    ]
    insert_new(db, t.listed, lines)
    return number


def bound_ids(db: Connection, origin: str, ids: Collection[str]) -> frozenset[str]:
    """Return those of some request ids that are bound to a claim."""
    ours: set[str] = set()
    for some in chunks(sorted(ids)):
        bound = select(t.bindings.c.request_id).where(t.bindings.c.origin == origin, t.bindings.c.request_id.in_(some))
        ours.update(db.execute(bound).scalars())
    return frozenset(ours)


def listed(db: Connection, campaign: str, *conditions: ColumnElement[bool]) -> Mapping[str, int]:
    """Return requests that were bound to no claim when a list first showed them, with that list's number."""
    query = select(t.listed.c.request_id, t.listed.c.list).join(t.teams)
    return dict(db.execute(query.where(t.listed.c.campaign == campaign, *conditions)).all())


def keep_strangers(db: Connection, team: int, campaign: str, ids: Collection[str]) -> None:
    """Keep a person's word that requests were not made from here: they count as seen before every claim."""
    for request_id in sorted(ids):
        line = {"team": team, "campaign": campaign, "request_id": request_id, "list": BEFORE_ALL_LISTS}
        insert_new(db, t.listed, [line])
        same = (t.listed.c.team == team) & (t.listed.c.campaign == campaign) & (t.listed.c.request_id == request_id)
        db.execute(update(t.listed).where(same).values(list=BEFORE_ALL_LISTS))
