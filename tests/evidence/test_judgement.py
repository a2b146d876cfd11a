"""When lists are believed: two that can see, far enough apart, and what a claim becomes then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.domain.model import Listing, Outcome, RemoteRequest, Scope
from collect_xl.domain.ports import Base, ToClaim
from collect_xl.evidence.judgement import Patience, absent_outcome, judge, view_of
from support.people import claim

PATIENCE = Patience(late=timedelta(minutes=10), lag=timedelta(minutes=1))
KEYS = ("mail:p2@example.com", "mail:p3@example.com")


class Case:
    """A batch of two rows in a journal, and lists that are shown to it minute by minute.

    Args:
        office: its journal.
        why: of the rows; an answer that was read to its end, or ``answer lost``.
    """

    def __init__(self, office, why: str = "answered") -> None:
        self.context = office.context()
        self.journal, self.account = office.journal, office.account
        self.campaign = office.server.campaign
        scope = Scope(self.account.origin, self.account.team.id, self.campaign, "")
        salt = "salt"
        number = self.journal.keep_list(self.account.origin, self.account.team.id, self.campaign, ["OLD"])
        base = Base(number, f"{salt}:{self.context.collect.key_print(salt)}")
        rows = [ToClaim(row, (key,)) for row, key in enumerate(KEYS, 2)]
        ticket = self.journal.claim(self.context.run, scope, rows, 0.0, None, base)
        outcomes = [Outcome(each, "unknown", why=why) for each in ticket.won.values()]
        self.journal.record(ticket, outcomes, "POST", answered=why != "answer lost")
        self.claims = tuple(ticket.won.values())
        self.batch = ticket.batch
        self.answered = datetime.now(UTC)

    def be_ahead(self, days: int, offset: float) -> None:
        """Let the sender's clock have been days ahead, and the server have differed from it by some seconds."""
        ahead = days * 86_400_000_000
        times = ("claimed_at", "lease_until", "quiet_from", "answered_at")
        moved = ", ".join(f"{name} = {name} + {ahead}" for name in times)
        with self.journal._write() as db:
            db.exec_driver_sql(f"UPDATE batches SET {moved}, server_offset = {offset}")

    def see(
        self,
        minute: float,
        *requests: RemoteRequest,
        complete: bool = True,
        waited: bool = False,
        offset: float | None = 0.0,
    ):
        """Show a list that was begun so many minutes after the answer; return what it proved."""
        at = self.answered + timedelta(minutes=minute)
        listing = Listing(requests, complete=complete, started=at, ended=at, server_offset=offset)
        view = view_of(self.context, self.campaign, listing)
        batches = self.journal.unsettled(self.account.origin, self.account.team.id, self.campaign)
        believed = frozenset({self.batch} if waited else ())
        return judge(self.context, batches, view, PATIENCE, waited=believed)


def request(number: int, email: str = "p2@example.com") -> RemoteRequest:
    return RemoteRequest(f"R{number}", email=email, created=datetime.now(UTC))


def test_found_is_sent_at_once(office):
    """One list that shows a request proves it sent; the other row stays open."""
    case = Case(office)

    judgement = case.see(0.1, request(1))

    assert (set(judgement.sent), set(judgement.open), judgement.free) == ({case.claims[0]}, {case.claims[1]}, {})
    assert [each.why for each in office.claims()] == ["found in list", "answered"]


def test_one_list_proves_no_absence(office):
    """However late the first list is, a second one must follow."""
    case = Case(office)

    judgement = case.see(500)

    assert (judgement.free, len(judgement.open)) == ({}, 2)
    assert judgement.look_again is not None


YEAR = 366 * 86_400.0


@pytest.mark.parametrize("why", ["answered", "answer lost"])
def test_a_sender_whose_clock_was_a_year_ahead(office, why):
    """Where Collect's clock says that the sender's was wrong and ours is right, rows are settled as fast as ever."""
    case = Case(office, why)
    case.be_ahead(366, -YEAR)
    assert case.see(0).free == {}
    free = [len(case.see(minute).free) for minute in (13, 24)]
    assert sorted(free) == [0, 2]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        pytest.param(0.0, 0.0, id="the server was as far ahead"),
        pytest.param(-YEAR, None, id="nobody knows now"),
        pytest.param(-YEAR, -YEAR, id="ours is ahead still"),
        pytest.param(0.0, YEAR, id="ours is behind"),
    ],
)
def test_clocks_that_cannot_be_told_apart(office, then, now):
    """Times are moved only where it is certain which clock was wrong; else absence is not believed."""
    case = Case(office, "answer lost")
    case.be_ahead(366, then)
    found = [case.see(minute, offset=now) for minute in (0, 13, 24)]
    assert [each.free for each in found] == [{}, {}, {}]


@pytest.mark.parametrize(("minute", "proved"), [(1.0, 0), (1.9, 0), (2.1, 2)])
def test_after_an_answer_of_another_process(office, minute, proved):
    """After an answer the second list is believed a minute after it, and one more where clocks may differ."""
    case = Case(office)
    case.see(0.1)

    assert len(case.see(minute).free) == proved


def test_wait_that_this_process_measured(office):
    """A process that measured the wait by a clock that cannot be set needs no minute more."""
    case = Case(office)
    case.see(0.1)

    free = case.see(0.2, waited=True).free

    assert {each.why for each in free.values()} == {"absent after refusal"}
    assert [each.state for each in office.claims()] == ["not_sent", "not_sent"]


def test_same_list_is_not_two(office):
    """One list that is held against a batch twice stays one."""
    case = Case(office)
    case.see(0.1)

    assert case.see(0.1, waited=True).free == {}


def test_row_that_an_answer_probably_named_is_never_absent(office):
    """The answer had one request under another name: no list proves that it is not the row's, only a person can."""
    case = Case(office, why="other name")
    case.see(2.1)

    assert case.see(500).free == {}


@pytest.mark.parametrize(("first", "second", "proved"), [(9.0, 30.0, 0), (10.1, 20.0, 0), (10.1, 20.2, 2)])
def test_after_a_lost_answer(office, first, second, proved):
    """After a lost answer the first list counts from the late window on, and the second as much later."""
    case = Case(office, "answer lost")
    case.see(first)

    assert len(case.see(second).free) == proved


def test_lists_in_between_need_not_be_equal(office):
    """A busy campaign shows others' requests in every list; those of other claims and old ones prove nothing."""
    case = Case(office)
    case.see(0.1, request(9, "p3@example.com"), RemoteRequest("OLD", email="z@example.com"))

    assert set(case.see(3).free) == {case.claims[0]}


def test_broken_list_is_no_first_look(office):
    """A list that was broken off counts neither as the first nor as the second."""
    case = Case(office)
    assert case.see(0.1, complete=False).blind == {case.batch: "broken off"}
    assert case.see(5).free == {}
    assert case.see(6, complete=False).free == {}

    assert len(case.see(7).free) == 2


def test_blind_list_says_when_to_look_again(office):
    """After a list that could not see the wait doubles, at most to the late window."""
    case = Case(office)

    again = [case.see(minute, complete=False).look_again for minute in (2, 8, 60)]

    waits = [at - case.answered for at in again]
    assert [round(each.total_seconds() / 60) for each in waits] == [4, 16, 70]


def test_stranger_keeps_rows_open(office):
    """While a new request of nobody we know is listed no row by address is absent, in however many lists."""
    case = Case(office)

    looks = [case.see(minute, request(1, "c@example.com")) for minute in (0.1, 3, 6)]

    assert [each.free for each in looks] == [{}] * 3
    assert set(looks[-1].blocked) == set(case.claims)


def test_stranger_that_is_not_ours(office):
    """After a person's word the stranger blocks nothing any more."""
    case = Case(office)
    case.see(0.1, request(1, "c@example.com"))
    case.journal.not_ours(case.account.origin, case.account.team.id, case.campaign, ["R1"])
    case.see(1, request(1, "c@example.com"))

    assert len(case.see(3, request(1, "c@example.com")).free) == 2


def test_what_was_decided_meanwhile_keeps_nothing_else_from_being_kept(office):
    """A row that someone settled after the list was read stays as it is; what the list proves of the other is kept."""
    case = Case(office)
    case.see(0.1)
    batches = case.journal.unsettled(case.account.origin, case.account.team.id, case.campaign)
    case.journal.settle([Outcome(case.claims[0], "sent", "by ann", why="person said")], "ann", "a person's word")
    at = case.answered + timedelta(minutes=3)
    view = view_of(case.context, case.campaign, Listing((), complete=True, started=at, ended=at, server_offset=0.0))

    judgement = judge(case.context, batches, view, PATIENCE)

    assert (set(judgement.decided), set(judgement.open)) == ({case.claims[1]}, {case.claims[0]})
    assert [each.state for each in office.claims()] == ["sent", "not_sent"]


def test_list_that_is_looked_at_is_the_base_of_later_claims(office):
    """Every complete list is kept: what it showed is old for a batch that is claimed afterwards."""
    case = Case(office)
    case.see(0.1, request(7, "c@example.com"))

    listed = case.journal.listed(case.account.origin, case.account.team.id, case.campaign)

    assert listed["R7"] > listed["OLD"]


def test_what_another_run_decided_meanwhile_is_left(office):
    """A claim that another run has settled while the list was read stays as it was settled; the others are kept."""
    case = Case(office)
    batches = case.journal.unsettled(case.account.origin, case.account.team.id, case.campaign)
    case.journal.settle([Outcome(case.claims[0], "not_sent", why="person said")], "bob", "a person's word")
    at = case.answered + timedelta(minutes=1)
    listing = Listing((request(8, "p3@example.com"),), complete=True, started=at, ended=at, server_offset=0.0)
    late = [replace(batch, first_look=case.answered) for batch in batches]

    judge(case.context, late, view_of(case.context, case.campaign, listing), PATIENCE, waited=frozenset({case.batch}))

    assert [each.why for each in office.claims()] == ["person said", "found in list"]


@pytest.mark.parametrize(
    ("why", "state", "after"),
    [
        ("answered alone", "refused", "refused alone"),
        ("row refused", "refused", "refused alone"),
        ("answered", "not_sent", "absent after refusal"),
        ("turned away", "not_sent", "absent"),
        ("not named", "not_sent", "absent after error"),
        ("other name", "not_sent", "absent after error"),
        ("answer lost", "not_sent", "absent"),
        ("sender ended", "not_sent", "absent"),
    ],
)
def test_what_an_absent_claim_becomes(why, state, after):
    """Only a row that was refused alone is refused; the others are not sent, and the code says after what."""
    outcome = absent_outcome(replace(claim(1, ["mail:a@example.com"], "unknown"), why=why))

    assert (outcome.state, outcome.why) == (state, after)


@pytest.mark.parametrize(
    ("why", "kept"),
    [
        ("answered alone", True),
        ("row refused", True),
        ("answered", True),
        ("not named", True),
        ("other name", False),
        ("turned away", False),
        ("answer lost", False),
    ],
)
def test_only_a_complaint_stays_with_an_absent_claim(why, kept):
    """What Collect complained of is kept for people; an ID, or how the network failed, says nothing about the row."""
    unknown = replace(claim(1, ["mail:a@example.com"], "unknown", words="bad row"), why=why)

    assert absent_outcome(unknown).words == ("bad row" if kept else "")
