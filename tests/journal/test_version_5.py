"""A journal of version 4 in this version: nothing of it changes, and items are kept from now on."""

from __future__ import annotations

from sqlalchemy import text, update

from collect_xl.journal import tables as t
from support.journals import ORIGIN, Desk, kept_items, sent_claim


def test_an_older_journal_keeps_its_claims_and_gets_room_for_items(place, clock):
    """A journal of version 4 opens with all its claims, without items, and keeps those that are learned."""
    with Desk(place, clock) as desk:
        claim = sent_claim(desk)
        with desk.journal._write() as db:
            db.execute(text("DROP TABLE items"))
            db.execute(update(t.journal).values(schema=4))

    with Desk(place, clock) as desk:
        assert desk.journal.requests(ORIGIN, ["request-1"])["request-1"].id == claim
        assert desk.journal.items(ORIGIN, "team-1") == {}
        desk.journal.keep_items(claim, kept_items())
    with Desk(place, clock) as desk:
        assert desk.journal.items(ORIGIN, "team-1") == {"request-1": kept_items()}
