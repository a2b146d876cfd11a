"""A journal of version 3 in this version: which campaign a name meant is taken from what was last seen of it."""

from __future__ import annotations

from sqlalchemy import text, update

from collect_xl.domain.model import Account, Campaign, Team
from collect_xl.domain.ports import Meaning
from collect_xl.journal import tables as t
from support.journals import ORIGIN, SCOPE, Desk


def test_names_of_earlier_sends_are_known(place, clock):
    """Each campaign in which people were asked counts as called by its last known name, since its first batch."""
    with Desk(place, clock) as desk:
        since = clock.now
        desk.claim("ann@acme.com")
        clock.turn(60)
        desk.claim("bob@acme.com")
        campaigns = (Campaign(SCOPE.campaign, " Yearly  Documents", "open"), Campaign("campaign-2", "Else", "open"))
        desk.journal.keep_account(Account(ORIGIN, Team("team-1", "ACME", "UTC"), campaigns))
        with desk.journal._write() as db:
            db.execute(text("DROP TABLE meanings"))
            db.execute(text("DROP TABLE details"))
            db.execute(text("DROP TABLE items"))
            db.execute(update(t.journal).values(schema=3))

    with Desk(place, clock) as desk:
        kept = desk.journal.meanings(ORIGIN, "team-1", {"yearly documents", "else"})

    assert kept == [Meaning("yearly documents", SCOPE.campaign, "clients.xlsx", since)]
