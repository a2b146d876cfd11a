"""Several processes on one journal: one wins, the dead are told from the sleeping."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from collect_xl.journal import open_journal
from support.journal_agent import Agent
from support.journals import ORIGIN, Clock, Desk
from support.waiting import until

OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'collect-xl'"
PEOPLE = [f"person{number}@acme.com" for number in range(50)]


@pytest.mark.slow
def test_eight_at_once(file):
    """Eight processes make the same new journal and claim the same fifty people; each person is won exactly once."""
    won = _race(str(file), 8)
    assert sorted(won) == sorted(PEOPLE)


@pytest.mark.slow
def test_four_at_once_on_a_server(empty_postgres):
    """Four processes make the same new journal on a server and claim the same people; each is won exactly once."""
    won = _race(empty_postgres, 4)
    assert sorted(won) == sorted(PEOPLE)


@pytest.mark.slow
def test_two_that_want_the_same_people_do_not_block_each_other(empty_postgres):
    """Two processes that take the same people from both ends, again and again, wait in turn and never deadlock."""
    psycopg = pytest.importorskip("psycopg")
    with ExitStack() as stack:
        agents = [stack.enter_context(Agent(empty_postgres, f"run-{number}")) for number in range(2)]
        assert [agent.answer() for agent in agents] == ["ready"] * 2
        for turn in range(20):
            people = [f"{turn}-{person}" for person in PEOPLE]
            agents[0].tell("claim", *people)
            agents[1].tell("claim", *reversed(people))
            assert sorted(chain.from_iterable(agent.answer() for agent in agents)) == sorted(people)
    with psycopg.connect(empty_postgres, autocommit=True) as db:  # a transaction sees the activity of its beginning
        until(lambda: _count(db, OTHERS) == 0)  # what a process counted is told when it ends
        assert _count(db, "SELECT sum(deadlocks) FROM pg_stat_database") == 0


def _count(db, query: str) -> int:
    return db.execute(query).fetchone()[0]


def _race(place, runners):
    with ExitStack() as stack:
        agents = [stack.enter_context(Agent(place, f"run-{number}")) for number in range(runners)]
        assert [agent.answer() for agent in agents] == ["ready"] * runners
        for number, agent in enumerate(agents):
            # Each in another order: those that wait for each other must not block each other.
            agent.tell("claim", *(PEOPLE[number * 6 :] + PEOPLE[: number * 6])[:: 1 - 2 * (number % 2)])
        return list(chain.from_iterable(agent.answer() for agent in agents))


def test_a_killed_sender_is_taken_over_at_once(place):
    """What a killed process had claimed is unknown at the next look, and quiet from that moment."""
    with Agent(place, "killed") as agent, Desk(place) as desk:
        agent.answer()
        agent.ask("claim", *PEOPLE[:3])
        assert desk.journal.take_over() == 0
        agent.kill()
        before = datetime.now(UTC)
        assert desk.journal.take_over() == 3
        assert desk.states() == ["unknown"] * 3
        (found,) = desk.journal.unsettled(ORIGIN, "team-1")
        assert before <= found.quiet_from <= datetime.now(UTC)
        assert desk.journal.take_over() == 0


@pytest.mark.slow
def test_a_stopped_sender_is_not_dead(place):
    """A process that only sleeps keeps its claim for its lease; then it is taken over, and on waking must not post."""
    clock = Clock()
    with Agent(place, "asleep", lease=3.0, deadline=0.5) as agent, Desk(place, clock) as desk:
        agent.answer()
        clock.now = datetime.now(UTC)
        agent.ask("claim", "ann@acme.com")
        agent.stop()
        assert desk.journal.take_over() == 0  # by a clock that stands still, however long stopping took
        time.sleep(3.1)
        clock.now = datetime.now(UTC)
        assert desk.journal.take_over() == 1
        (found,) = desk.journal.unsettled(ORIGIN, "team-1")
        assert found.quiet_from - found.claimed_at == timedelta(seconds=3.5)
        agent.wake()
        assert agent.ask("mine") is False


def test_a_run_that_ended_leaves_no_life_sign(file):
    """A run that closes its journal takes its lock away, and those of dead runs go at the next take-over."""
    with Agent(str(file), "killed") as killed, Agent(str(file), "ended") as ended, Desk(str(file)) as desk:
        killed.answer()
        ended.answer()
        killed.kill()
        assert ended.ask("quit") == "closed"
        desk.journal.take_over()
        assert [path.stem for path in (file.parent / "runs").iterdir()] == [desk.run.id]


@pytest.mark.parametrize("number", range(3))
def test_killed_while_it_writes(file, number):
    """A process killed at any moment of its writing leaves a whole journal in which everybody's state is known."""
    with Agent(str(file), "killed") as agent:
        agent.answer()
        for start in range(0, 40, 4):
            agent.tell("claim", *PEOPLE[start : start + 4])
            agent.tell("sent")
        time.sleep(0.01 + 0.05 * number)
        agent.kill()
    with Desk(str(file)) as desk:
        desk.journal.take_over()
        states = desk.states()
        assert set(states) <= {"sent", "unknown"}
        assert states.count("unknown") in {0, 4}
        assert len(desk.claim(*PEOPLE[: len(states)]).won) == 0


def test_a_journal_that_nobody_closed(file):
    """What was committed by a killed process is read by the next one that opens the journal."""
    with Agent(str(file), "killed") as agent:
        agent.answer()
        agent.ask("claim", "ann@acme.com")
        agent.kill()
    with open_journal(str(file), who="bob") as journal:
        assert [claim.state for claim in journal.claims(ORIGIN, "team-1", "campaign-1")] == ["intent"]


def test_a_run_that_ended_without_a_word_on_its_batch(file):
    """A run that closed its journal while a batch was open is taken over at once, not only after its lease."""
    with Desk(str(file)) as ended:
        ended.claim("ann@acme.com")
    with Desk(str(file)) as desk:
        assert desk.journal.take_over() == 1
        assert desk.states() == ["unknown"]
