"""The claim: who gets a person, who is told that somebody else has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from threading import Barrier

import pytest

from collect_xl.domain.model import Outcome
from collect_xl.domain.ports import Run
from collect_xl.errors import JournalError
from support.journals import ORIGIN, SCOPE, Desk, sent


def test_a_claim_holds_every_key_of_its_person(desk):
    """A person claimed by id and address is lost to whoever asks by either of them."""
    first = desk.claim(("id:X", "mail:ann@acme.com"))
    again = desk.claim(("id:X",), ("mail:ann@acme.com",))
    assert {2: first.won[2], 3: first.won[2]} == {row: claim.id for row, claim in again.lost.items()}
    assert again.won == {}


def test_a_lost_row_names_who_holds_the_person(desk):
    """A lost row comes with the whole claim that holds its person."""
    ticket = desk.claim("ann@acme.com")
    desk.record(ticket, sent(ticket.won[2], "request-1"))
    holder = desk.claim("ann@acme.com").lost[2]
    assert ("sent", "request-1", desk.run.id, 2, "ann on PC-7", SCOPE, ("mail:ann@acme.com",)) == (
        holder.state,
        holder.request_id,
        holder.run,
        holder.row,
        holder.holder,
        holder.scope,
        holder.keys,
    )


def test_twins_in_one_call(desk):
    """Of two rows of one call that share a key the second is lost to the first."""
    ticket = desk.claim(("mail:ann@acme.com",), ("id:X", "mail:ann@acme.com"), ("mail:bob@acme.com",))
    assert {2, 4} == set(ticket.won)
    assert {3: ticket.won[2]} == {row: claim.id for row, claim in ticket.lost.items()}


def test_a_twin_of_a_lost_row_is_not_lost_with_it(desk):
    """A row that shares a key only with a lost row of its call is won."""
    desk.claim(("id:X",))
    ticket = desk.claim(("id:X", "mail:ann@acme.com"), ("mail:ann@acme.com",))
    assert ({3}, {2}) == (set(ticket.won), set(ticket.lost))


def test_two_ids_with_one_address_are_both_claimed(desk):
    """An ID is exclusive, an address is not: the second contact waits for the address, and each holds its own ID."""
    first, second = desk.claim(("id:X", "mail:office@acme.com")), desk.claim(("id:Y", "mail:office@acme.com"))
    assert (set(first.won), set(second.won)) == ({2}, {2})
    lost = desk.claim(("id:X",), ("id:Y", "mail:other@acme.com")).lost
    assert {row: claim.id for row, claim in lost.items()} == {2: first.won[2], 3: second.won[2]}


def test_two_ids_with_one_address_in_one_call(desk):
    """Two contacts that share an address are both won in one call."""
    assert set(desk.claim(("id:X", "mail:office@acme.com"), ("id:Y", "mail:office@acme.com")).won) == {2, 3}


def test_shared_address_alone_is_held_while_either_is(desk):
    """A row by the shared address alone is lost to whoever holds it, or may mean it."""
    first = desk.claim(("id:X", "mail:office@acme.com"))
    second = desk.claim(("id:Y", "mail:office@acme.com"))
    assert set(desk.claim("office@acme.com").lost) == {2}
    desk.record(first, Outcome(first.won[2], "not_sent"))
    assert {row: claim.id for row, claim in desk.claim("office@acme.com").lost.items()} == {2: second.won[2]}
    desk.record(second, Outcome(second.won[2], "not_sent"))
    assert set(desk.claim("office@acme.com").won) == {2}


def test_claim_keeps_which_keys_stood_in_the_row(desk):
    """Keys that were learned are kept apart from those that stood in the row."""
    desk.journal.learn(ORIGIN, "team-1", [("X", "ann@acme.com")])
    desk.claim("ann@acme.com")
    (claim,) = desk.known()
    assert (set(claim.keys), claim.own) == ({"id:X", "mail:ann@acme.com"}, ("mail:ann@acme.com",))


@pytest.mark.parametrize(
    ("people", "won"),
    [
        pytest.param([("id:X", "mail:a@acme.com")] * 4, 1, id="one person"),
        pytest.param([(f"id:{n}", "mail:a@acme.com") for n in range(4)], 4, id="four contacts with one address"),
        pytest.param([("mail:a@acme.com",), ("id:X", "mail:a@acme.com")] * 2, 1, id="by address and by ID"),
    ],
)
def test_claims_at_the_same_moment(place, people, won):
    """Of runs that claim at the same moment one gets a person, and each gets its own where the address is shared."""
    with ExitStack() as stack:
        desks = [stack.enter_context(Desk(place)) for _ in people]
        start = Barrier(len(people))

        def ask(number: int) -> int:
            start.wait(30)
            return len(desks[number].claim(people[number]).won)

        with ThreadPoolExecutor(len(people)) as pool:
            assert sum(pool.map(ask, range(len(people)))) == won


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"round": "2"}, id="round"),
        pytest.param({"campaign": "campaign-2"}, id="campaign"),
        pytest.param({"team": "team-2"}, id="team"),
        pytest.param({"origin": "http://127.0.0.1:8080"}, id="origin"),
    ],
)
def test_scopes_do_not_know_each_other(desk, other):
    """The same person may be claimed again in another round, campaign, team or at another address of the API."""
    desk.claim("ann@acme.com")
    assert {2} == set(desk.claim("ann@acme.com", scope=replace(SCOPE, **other)).won)


def test_learned_keys_are_claimed_too(desk):
    """A person asked by address is lost when the row later carries the id that was learned, and the reverse."""
    desk.journal.learn(ORIGIN, "team-1", [("X", "Ann@ACME.com"), ("Y", "bob@acme.com")])
    desk.claim("ann@acme.com", ("id:Y",))
    assert {2, 3} == set(desk.claim(("id:X",), "bob@acme.com").lost)
    assert frozenset({"id:X"}) == desk.journal.aliases(ORIGIN, "team-1")["mail:ann@acme.com"]


def test_aliases_reach_one_step(desk):
    """Two ids that share an address are each known by it, but neither by the other."""
    desk.journal.learn(ORIGIN, "team-1", [("X", "office@acme.com"), ("Y", "office@acme.com")])
    assert desk.known_keys(desk.claim(("id:X",))) == ("id:X", "mail:office@acme.com")


def test_keys_of_an_answer_are_held(desk):
    """A contact id that Collect's answer names is held at once; other rounds learn it from whole replies alone."""
    ticket = desk.claim("ann@acme.com")
    desk.record(ticket, sent(ticket.won[2], "request-1", keys=["id:X"]))
    assert {2} == set(desk.claim(("id:X",)).lost)
    next_round = desk.claim(("id:X",), scope=replace(SCOPE, round="2"))
    assert desk.known_keys(next_round, round_="2") == ("id:X",)
    desk.journal.learn(ORIGIN, "team-1", [("X", "ann@acme.com")])
    third_round = desk.claim(("id:X",), scope=replace(SCOPE, round="3"))
    assert desk.known_keys(third_round, round_="3") == ("id:X", "mail:ann@acme.com")


def test_nothing_won_writes_no_batch(desk):
    """A call that wins nobody gives a ticket that is nobody's to post."""
    desk.claim("ann@acme.com")
    ticket = desk.claim("ann@acme.com")
    assert (ticket.batch, desk.journal.still_mine(ticket)) == (0, False)
    desk.record(ticket)


def test_a_run_must_have_begun(desk):
    """A claim for a run without a life sign is refused: it could be called dead while it posts."""
    with pytest.raises(JournalError, match="not begun"):
        desk.journal.claim(Run("ghost", "ann", "x.xlsx"), SCOPE, [], None)


@pytest.mark.slow
def test_more_people_than_a_statement_takes(desk):
    """A thousand and one people with three keys each are claimed and found in one call."""
    people = [(f"id:{n}", f"mail:{n}@acme.com", f"mail:{n}@home.example") for n in range(1001)]
    assert len(desk.claim(*people).won) == 1001
    assert len(desk.claim(*((keys[2],) for keys in people)).lost) == 1001


def test_claims_come_oldest_first_in_all_rounds_and_states(desk, clock):
    """A campaign's claims are returned whatever their round and state, oldest first, and no other campaign's."""
    numbers = [
        desk.put(f"{state}@acme.com", state) for state in ("sent", "refused", "not_sent", "unknown", "cancelled")
    ]
    clock.turn(1)
    second_round = desk.claim("ann@acme.com", scope=replace(SCOPE, round="2")).won[2]
    desk.claim("ann@acme.com", scope=replace(SCOPE, campaign="campaign-2"))
    assert [*numbers, second_round] == [claim.id for claim in desk.known()]
    assert desk.states() == ["sent", "refused", "not_sent", "unknown", "cancelled", "intent"]


def test_requests_are_found_by_id(desk):
    """A request id leads to its claim, at its own address of the API only."""
    number = desk.put("ann@acme.com", "sent")
    found = desk.journal.requests(ORIGIN, [f"request-{number}", "another"])
    assert {f"request-{number}": number} == {request: claim.id for request, claim in found.items()}
    assert desk.journal.requests("https://elsewhere.example", [f"request-{number}"]) == {}


def test_two_journals_on_one_place(desk, place, clock):
    """What one run claimed another run on the same journal loses."""
    desk.claim("ann@acme.com")
    with Desk(place, clock, who="bob on PC-8") as other:
        assert {3} == set(other.claim("ann@acme.com", "eve@acme.com").won)


def test_the_round_of_outcomes_is_whole(desk):
    """An outcome of a claim that is not in the ticket is refused, and nothing of the call is kept."""
    mine, other = desk.claim("ann@acme.com"), desk.claim("bob@acme.com")
    with pytest.raises(JournalError, match="is not of batch"):
        desk.record(mine, Outcome(mine.won[2], "refused"), Outcome(other.won[2], "refused"))
    assert desk.states() == ["intent", "intent"]
