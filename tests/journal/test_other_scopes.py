"""Claims of the same people in other rounds, and in other campaigns of the same name: what an approval did not see."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from collect_xl.domain.model import Outcome
from collect_xl.domain.ports import ToClaim
from collect_xl.journal.claims import claim_rows
from collect_xl.journal.merge import merge
from support.journals import ORIGIN, SCOPE, Desk
from support.waiting import until

SPRING, AUTUMN = replace(SCOPE, round="spring"), replace(SCOPE, round="autumn")
OTHER = replace(SCOPE, campaign="campaign-2")
ANN, BOB = ("mail:ann@acme.com",), ("mail:bob@acme.com",)


@pytest.fixture
def other(place, clock, desk):
    """Return another run on the same journal."""
    with Desk(place, clock, who="bob on PC-8") as opened:
        yield opened


def ask(desk, scope, *people, seen=frozenset(), name="") -> dict[int, str]:
    """Claim people whose approval saw some claims; return who holds the rows that were lost."""
    rows = [ToClaim(row, keys, seen=seen, campaign_name=name) for row, keys in enumerate(people, 2)]
    ticket = desk.journal.claim(desk.run, scope, rows, None)
    return {row: claim.holder for row, claim in ticket.lost.items()}


def test_who_was_asked_in_another_round_unseen_is_refused(desk, other):
    """A claim in another round that the approval did not see refuses the row, and names who made it."""
    other.claim(ANN[0].removeprefix("mail:"), scope=AUTUMN)

    assert ask(desk, SPRING, ANN, BOB) == {2: "bob on PC-8"}


def test_who_was_seen_is_asked_again(desk, other):
    """What the approval saw is no obstacle: the round was confirmed for these people."""
    seen = other.claim("ann@acme.com", scope=AUTUMN).won.values()

    assert ask(desk, SPRING, ANN, seen=frozenset(seen)) == {}


@pytest.mark.slow
def test_own_claims_in_another_round_are_no_news(desk):
    """A workbook with two rounds may ask one person in both, as its approval says."""
    desk.claim("ann@acme.com", scope=AUTUMN)

    assert ask(desk, SPRING, ANN) == {}


def test_who_was_let_go_is_asked(desk, other):
    """A claim that holds no person any more refuses no one."""
    ticket = other.claim("bob@acme.com", scope=AUTUMN)
    other.record(ticket, Outcome(ticket.won[2], "not_sent", why="no connection"))

    assert ask(desk, SPRING, BOB) == {}


def test_another_campaign_of_the_same_name_counts(desk, other):
    """A claim in the campaign that a name meant elsewhere refuses rows that use the name, and no others."""
    ask(other, OTHER, ANN, BOB, name="yearly documents")

    assert ask(desk, SCOPE, ANN, name="yearly documents") == {2: "bob on PC-8"}
    assert ask(desk, SCOPE, BOB, name="monthly documents") == {}


def test_tests_to_oneself_neither_count_nor_are_counted(desk, other):
    """A test to a member of the team is no request to a client, on either side, and teaches no name."""
    trial = replace(SCOPE, round="test-to:run-x")
    other.claim("bob@acme.com", scope=AUTUMN)
    ask(other, replace(trial, round="test-to:run-y"), ANN, name="yearly documents")

    assert ask(desk, trial, BOB, name="yearly documents") == {}
    assert ask(desk, SPRING, ANN) == {}
    assert desk.journal.meanings(ORIGIN, "team-1", {"yearly documents"}) == []


def test_what_a_name_meant_is_kept_and_merged(desk, clock, tmp_path):
    """Which campaign a name meant, in which workbook and since when, is kept once and comes along in a merge."""
    since = clock.now
    ask(desk, SCOPE, ANN, name="yearly documents")
    clock.turn(60)
    ask(desk, SCOPE, BOB, name="yearly documents")
    with Desk(str(tmp_path / "theirs" / "journal.sqlite3"), clock, who="eve on PC-9") as theirs:
        ask(theirs, OTHER, BOB, name="yearly documents")

    merge(desk.journal, tmp_path / "theirs" / "journal.sqlite3")

    kept = desk.journal.meanings(ORIGIN, "team-1", {"yearly documents", "else"})
    assert sorted((each.campaign, each.workbook, each.since) for each in kept) == [
        ("campaign-1", "clients.xlsx", since),
        ("campaign-2", "clients.xlsx", clock.now),
    ]


def test_two_rounds_claimed_at_once_on_a_server(empty_postgres):
    """A run that asks in one round waits for another that is claiming in a second one, and then sees its claims."""
    with Desk(empty_postgres) as first, Desk(empty_postgres) as second, ThreadPoolExecutor(1) as pool:
        first.claim("eve@acme.com", scope=AUTUMN)
        second.claim("max@acme.com", scope=SPRING)
        with first.journal._write() as db:
            batch = first.journal._new_batch(first.run, AUTUMN, "token", None)
            claim_rows(db, batch, [ToClaim(2, ANN, seen=frozenset())])
            asked = pool.submit(ask, second, SPRING, ANN, BOB)
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            until(lambda: asked.done() or db.execute(waiting).scalar_one())
            assert not asked.done()
        assert asked.result(timeout=60) == {2: "ann on PC-7"}
