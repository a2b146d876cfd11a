"""Items of requests in the journal: the last look counts; none is another request's or of a damaged line."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from collect_xl.journal import merge
from collect_xl.journal import tables as t
from support.journals import ORIGIN, Desk, kept_items, sent_claim


def test_the_last_look_counts(desk):
    """A second look replaces the first one."""
    claim = sent_claim(desk)
    desk.journal.keep_items(claim, kept_items())
    desk.journal.keep_items(claim, kept_items(activity="2026-11-24T12:00:00+00:00"))

    assert desk.journal.items(ORIGIN, "team-1") == {"request-1": kept_items(activity="2026-11-24T12:00:00+00:00")}
    assert desk.journal.items(ORIGIN, "team-2") == {}


def test_items_of_another_request_are_not_the_claims(desk):
    """What was kept of a request that is no longer the claim's own is not shown."""
    claim = sent_claim(desk)
    desk.journal.keep_items(claim, kept_items(request="request-of-old"))

    assert desk.journal.items(ORIGIN, "team-1") == {}


@pytest.mark.parametrize("damage", ["", "{}x", "7", '[["Passport", "=1+1", "", "", false]]', '[["Passport"]]'])
def test_a_damaged_line_counts_as_never_looked(desk, damage):
    """A line that a restored or merged journal brought along, and that is none of ours, is left out."""
    claim = sent_claim(desk)
    desk.journal.keep_items(claim, kept_items())
    with desk.journal._write() as db:
        db.execute(update(t.items).values(text=damage))

    assert desk.journal.items(ORIGIN, "team-1") == {}


def test_a_merge_brings_items_along(file, tmp_path, clock):
    """The items of another computer's journal are known after its claims were merged."""
    other = tmp_path / "other" / "journal.sqlite3"
    with Desk(str(other), clock) as theirs:
        theirs.journal.keep_items(sent_claim(theirs), kept_items())
    with Desk(str(file), clock) as ours:
        assert merge(ours.journal, other) == 1
        assert ours.journal.items(ORIGIN, "team-1") == {"request-1": kept_items()}
