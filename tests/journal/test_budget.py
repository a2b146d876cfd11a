"""What everybody on one journal shares: turns for calls, and how many people may be asked in a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from collect_xl.domain.model import Outcome, Scope
from collect_xl.domain.ports import DayCap, ToClaim
from collect_xl.journal import database as opening
from collect_xl.journal import migrate, open_journal
from collect_xl.journal import tables as t
from collect_xl.journal.places import locate
from support.journals import ORIGIN, SCOPE, Clock, Desk, make_version_2, sent

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def test_turns_lie_evenly_apart(file, clock):
    """Calls leave one after the other with the same pause between, whoever asks; a pause that has passed costs none."""
    with Desk(str(file), clock) as ann, Desk(str(file), clock) as bob:
        assert [each.journal.reserve_call(ORIGIN, 30) for each in (ann, bob, ann)] == [0, 2, 4]
        clock.turn(5)
        assert bob.journal.reserve_call(ORIGIN, 30) == 1
        assert bob.journal.reserve_call("https://other.example.test", 30) == 0
        clock.turn(60)
        assert [ann.journal.reserve_call(ORIGIN, 60) for _ in range(3)] == [0, 1, 2]


def test_a_server_keeps_the_time_of_turns(empty_postgres):
    """On a server its own clock tells the turns, so that computers whose clocks differ share one budget."""
    fast, slow = Clock(), Clock()
    fast.turn(30)
    with Desk(empty_postgres, fast) as ann, Desk(empty_postgres, slow) as bob:
        waits = [each.journal.reserve_call(ORIGIN, 1) for each in (ann, bob, ann)]
    assert [wait > 60 * number for number, wait in enumerate(waits, -1)] == [True] * 3
    assert [wait <= 60 * number for number, wait in enumerate(waits)] == [True] * 3


def test_a_clock_that_was_set_back_stops_nobody(file, clock):
    """A turn that lies days ahead was kept by a wrong clock: nobody waits for it."""
    with Desk(str(file), clock) as desk:
        desk.journal.reserve_call(ORIGIN, 1)
        clock.turn(-2 * 24 * 3600)
        assert desk.journal.reserve_call(ORIGIN, 1) == 0


@pytest.mark.slow
def test_who_counts_as_asked(desk, clock):
    """Whoever was mailed, or may have been, counts, also when the request was taken back; others do not."""
    for state in ("intent", "sent", "unknown", "cancelled", "refused", "not_sent"):
        desk.put(f"{state}@acme.com", state)
    desk.claim("eve@acme.com", scope=Scope(ORIGIN, "team-2", "campaign-1", ""))
    begun = clock.now
    assert desk.journal.asked_since(ORIGIN, "team-1", begun) == 4
    assert desk.journal.asked_since(ORIGIN, "team-1", begun + timedelta(seconds=1)) == 0
    assert desk.journal.asked_since("https://other.example.test", "team-1", begun) == 0


@pytest.mark.slow
def test_a_claim_keeps_to_the_cap(desk):
    """Rows for which the day has no room are not claimed and come back as beyond; who is held costs no room."""
    desk.put("ann@acme.com", "sent")
    rows = [ToClaim(n, (f"mail:{name}@acme.com",)) for n, name in enumerate(("ann", "bob", "eve", "zoe"), 2)]
    ticket = desk.journal.claim(desk.run, SCOPE, rows, None, DayCap(2, LONG_AGO))
    assert (set(ticket.lost), set(ticket.won), ticket.beyond) == ({2}, {3}, (4, 5))
    ticket = desk.journal.claim(desk.run, SCOPE, rows[2:], None, DayCap(2, LONG_AGO))
    assert (ticket.won, ticket.lost, ticket.beyond) == ({}, {}, (4, 5))


def test_room_comes_back_when_nothing_was_sent(desk):
    """A batch that provably never arrived gives its room back."""
    cap, row = DayCap(1, LONG_AGO), [ToClaim(2, ("mail:ann@acme.com",))]
    ticket = desk.journal.claim(desk.run, SCOPE, row, None, cap)
    desk.record(ticket, Outcome(ticket.won[2], "not_sent"))
    ticket = desk.journal.claim(desk.run, SCOPE, row, None, cap)
    desk.record(ticket, sent(ticket.won[2], "request-1"))
    assert desk.journal.claim(desk.run, SCOPE, [ToClaim(3, ("mail:bob@acme.com",))], None, cap).beyond == (3,)


@pytest.mark.slow
def test_claims_at_the_same_time_keep_to_one_cap(place):
    """Four runs that claim at the same moment together stay within the cap."""
    with ExitStack() as stack:
        desks = [stack.enter_context(Desk(place)) for _ in range(4)]

        def ask(number: int) -> int:
            desk, won = desks[number], 0
            for batch in range(5):
                rows = [ToClaim(n, (f"mail:{number}-{batch}-{n}@acme.com",)) for n in range(2, 12)]
                won += len(desk.journal.claim(desk.run, SCOPE, rows, None, DayCap(77, LONG_AGO)).won)
            return won

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(ask, range(4))) == 77


def test_a_journal_without_budgets_is_upgraded(place):
    """A journal of the first version becomes one of this version by all steps, and keeps who was asked."""
    make_version_2(place)
    engine = opening.engine_of(locate(place))
    with engine.begin() as db:
        db.execute(text("DROP TABLE budgets"))
        db.execute(t.journal.update().values(schema=1))
    engine.dispose()
    assert 1 in migrate.MIGRATIONS
    with open_journal(place, who="ann") as journal:
        assert journal.reserve_call(ORIGIN, 1) == 0
        assert journal.asked_since(ORIGIN, "team-1", LONG_AGO) == 18


@pytest.mark.slow
@pytest.mark.parametrize("per_minute", [1, 7, 600])
def test_no_minute_holds_more_calls_than_allowed(file, clock, per_minute):
    """Whichever minute one looks at, it holds at most the calls that are allowed."""
    left = []
    with Desk(str(file), clock) as desk:
        for number in range(2 * per_minute + 3):
            left.append(clock.now + timedelta(seconds=desk.journal.reserve_call(ORIGIN, per_minute)))
            clock.turn(0.01 * (number % 5))
    for begin in left:
        assert sum(begin <= at < begin + timedelta(minutes=1) for at in left) <= per_minute
