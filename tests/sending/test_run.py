"""Runs against a fake Collect over a real socket, with a real journal: nobody twice, nobody forgotten."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from collect_xl.domain.events import BatchEnded, BatchStarted, Waiting
from collect_xl.errors import DiskError
from collect_xl.planning.reasons import not_sent_words
from collect_xl.sending.run import send
from collect_xl.sending.terms import Terms
from collect_xl.testing import faults
from support.office import SHORT
from support.people import row


@pytest.fixture
def people(office):
    """Rows of the open campaign."""

    def make(count: int, first: int = 2):
        numbers = range(first, first + count)
        return [row(n, f"p{n}@example.com", campaign=office.server.campaign) for n in numbers]

    return make


@pytest.mark.parametrize("count", [1, 49, 50, 51, 120])
def test_everybody_is_asked_once_in_sheet_order(office, people, count):
    """Everybody is asked once, in batches of at most 50, in the order of the sheet."""
    report = office.send(people(count))

    assert [f"p{n}@example.com" for n in range(2, count + 2)] == office.mailed
    assert -(-count // 50) == len(office.server.posts)
    assert tuple(range(2, count + 2)) == report.rows("sent")


def test_second_send_makes_no_call(office, people):
    """What was sent is never posted again."""
    office.send(people(60))

    report = office.send(people(60))

    assert len(office.server.posts) == 2
    assert report.states == {}


def test_second_send_by_contact_id_knows_the_person(office, people):
    """A person asked by address is known when the row later carries the contact's id."""
    office.send(people(1))
    contact = office.server.accepted[0].contact_id

    office.send([row(9, id=contact, campaign=office.server.campaign)])

    assert office.mailed == ["p2@example.com"]


UNCLEAR = [
    pytest.param(faults.DropAfterCreating(), True, id="created, then dropped"),
    pytest.param(faults.DropAfterCreating(reset=True), True, id="created, then reset"),
    pytest.param(faults.DropBeforeCreating(), False, id="dropped before creating"),
    pytest.param(faults.Html(), False, id="HTML with 200"),
    pytest.param(faults.Html(created=True), True, id="HTML with 200, created"),
    pytest.param(faults.Status(500, created=True), True, id="500, created"),
    pytest.param(faults.Status(503), False, id="503"),
    pytest.param(faults.Status(307, headers={"Location": "/v1/requests"}), False, id="307"),
    pytest.param(faults.Status(302, headers={"Location": "/v1/requests"}, created=True), True, id="302, created"),
]


@pytest.mark.parametrize(("fault", "created"), UNCLEAR)
def test_unclear_answer_is_unknown_until_settled(office, people, fault, created):
    """An answer that proves nothing leaves its rows unknown, unsent again, until a look-up decides."""
    office.server.on(fault, nth=1)
    report = office.send(people(3))

    assert report.rows("unknown") == (2, 3, 4)
    assert office.send(people(3)).states == {}
    assert len(office.server.posts) == 1

    settled = office.settle()
    if not created:  # absence takes two looks
        assert (settled.sent, settled.not_sent, settled.open) == (0, 0, 3)
        settled = office.settle()

    assert (3 if created else 0, 0 if created else 3) == (settled.sent, settled.not_sent)
    office.send(people(3))
    assert {1} == set(Counter(office.mailed).values())
    assert len(office.mailed) == 3


def test_two_unclear_batches_stop_the_run(office, people):
    """After two unclear batches in a row nothing more is sent."""
    office.server.on(faults.Status(500))

    report = office.send(people(250))

    assert len(office.server.posts) == 2
    assert report.stopped == "two unknown"
    assert len(report.rows("unknown")) == 100


@pytest.mark.parametrize("status", [401, 403])
def test_refused_key_stops_the_run(office, people, status):
    """A key that Collect refuses even for ``GET /team`` ends the run, its rows unknown: they may have been made."""
    plan, context = office.plan(people(120)), office.context()
    office.server.on(faults.Status(status))
    office.server.on(faults.Status(status), route="GET /team")

    report = send(plan, context, terms=Terms(patience=SHORT))

    assert (len(office.server.posts), report.stopped, len(report.rows("unknown"))) == (1, "key", 50)
    assert "is not known" in report.words


@pytest.mark.slow
def test_too_many_requests_is_sent_again_whole(office, people):
    """429 is waited for, and the batch goes out whole once lists prove that nothing was made of it."""
    office.server.on(faults.Status(429, headers={"Retry-After": "0"}), nth=1)
    waits = []

    report = office.send(people(3), on_event=lambda event: waits.append(event) if isinstance(event, Waiting) else None)

    assert (report.rows("sent"), len(office.mailed)) == ((2, 3, 4), 3)
    assert [len(call.body["contacts"]) for call in office.server.posts] == [3, 3]
    assert waits


def test_absurd_retry_after_ends_the_run(office, people):
    """A wait longer than a minute is told instead of waited for."""
    office.server.on(faults.Status(429, headers={"Retry-After": "86400"}))

    report = office.send(people(3))

    assert report.stopped == "busy server"
    assert "86400" in report.words
    assert len(office.server.posts) == 1
    assert report.look_again is not None


@pytest.mark.parametrize("fault", [faults.Shuffled(), faults.OtherCase()], ids=["shuffled", "other letter case"])
def test_answers_reach_their_rows(office, people, fault):
    """A shuffled answer, or one in another spelling, still gives every row its own request."""
    office.server.on(fault)

    office.send(people(20))

    assert {each.request_id: each.email.casefold() for each in office.server.accepted} == {
        claim.request_id: f"p{claim.row}@example.com" for claim in office.claims()
    }


def test_row_that_the_answer_lacks_is_found_in_the_list(office, people):
    """A row without a request in the answer is not guessed: the list finds it before the run ends."""
    office.server.on(faults.Fewer(2))

    report = office.send(people(5))

    assert (report.rows("sent"), len(office.mailed)) == ((2, 3, 4, 5, 6), 5)
    assert [each.why for each in office.claims()] == ["found in list"] * 2 + [""] * 3


def test_contact_of_an_unknown_row_is_known_by_its_id(office, people):
    """Contacts that an answer echoes are kept: an unknown row is not sent again under its contact's ID."""
    office.server.on(faults.Fewer(1), nth=1)
    (lost,) = office.send(people(3), terms=office.terms(may_wait=False)).rows("unknown")
    contact = next(each.contact_id for each in office.server.accepted if each.email == f"p{lost}@example.com")

    report = office.send([row(9, id=contact, campaign=office.server.campaign)])

    assert (report.states, len(office.mailed)) == ({}, 3)


def test_row_that_errors_names_is_decided_by_lists(office, people):
    """A row that ``errors`` names, and that no list shows, is refused; its neighbours are sent."""
    office.server.on(faults.Complains("email"), nth=1)

    report = office.send(people(5))

    assert (report.rows("refused"), report.rows("sent")) == ((2,), (3, 4, 5, 6))
    assert len(office.mailed) == 4


@pytest.mark.slow
def test_dripping_headers_do_not_hang_the_run(office, people):
    """A server that drips its headers is left at the deadline, its rows unknown."""
    office.client = type(office.client)(office.server.url, office.server.key, read_timeout=5, deadline=1.0)
    office.server.on(faults.Drip(seconds=0.2))

    report = office.send(people(2))

    assert report.rows("unknown") == (2, 3)


@pytest.mark.slow
def test_unreachable_collect_sends_nothing_and_frees_the_rows(office, people):
    """Where no connection is made the rows are free again."""
    office.server.close()

    report = office.send(people(2))

    assert report.rows("not_sent") == (2, 3)
    assert report.stopped == "unreachable"


def test_stop_ends_between_batches(office, people):
    """A stop finishes the batch in flight, records it, and begins no other."""
    stop = threading.Event()

    def ask(event):
        if isinstance(event, BatchStarted):
            stop.set()

    report = office.send(people(120), on_event=ask, stop=stop)

    assert (report.stopped, len(report.rows("sent"))) == ("asked", 50)
    assert len(office.server.posts) == 1


def test_sender_whose_lease_ended_does_not_post(office, people, monkeypatch):
    """A claim that ended before the body left is abandoned: nothing is posted, and the rows are free."""
    journal = office.open_journal(lease=0.0)

    report = office.send(people(2), journal)

    assert report.stopped == "slept"
    assert office.mailed == []
    assert {"not_sent"} == set(office.states().values())


def test_rows_that_another_run_took_are_left_to_it(office, people):
    """Of two runs with the same plan only one posts each person; the other says who holds them."""
    plan = office.plan(people(3))
    office.send(people(2))

    report = send(plan, office.context())

    assert {2: "ann on PC-7", 3: "ann on PC-7"}.items() <= report.held.items()
    assert report.rows("sent") == (4,)
    assert len(office.mailed) == 3


def test_stop_while_waiting_for_the_last_batch_is_a_stop(office, people):
    """Who stops a run that waits to try its only batch again is told so, since its people were not asked."""
    office.server.on(faults.Status(429, headers={"Retry-After": "30"}))
    stop = threading.Event()

    report = office.send(
        people(3), on_event=lambda event: stop.set() if isinstance(event, Waiting) else None, stop=stop
    )

    assert (report.stopped, len(office.server.posts)) == ("asked", 1)


def test_batch_that_the_journal_could_not_keep_is_unknown(office, people, monkeypatch):
    """When the disk fails after the call, the run ends and calls its rows unknown, not unreached."""

    def full(*_: object, **__: object) -> None:
        raise DiskError("The disk is full.", tip="Free some space.")

    monkeypatch.setattr(office.journal, "record", full)

    report = office.send(people(60))

    assert (report.stopped, len(report.rows("unknown"))) == ("journal", 50)
    assert "disk is full" in report.words


@pytest.mark.slow
def test_row_that_is_lost_at_the_second_try_is_the_others(office, people):
    """A row that another run took while this one waited is told as held, and as nothing else."""
    plan, context = office.plan(people(2)), office.context()
    other = office.open_journal()
    office.server.on(faults.Status(400), nth=1)

    def sends_meanwhile(event):
        if isinstance(event, BatchEnded) and event.rows["not_sent"]:
            office.send(people(1), other)

    report = send(plan, context, terms=office.terms(), on_event=sends_meanwhile)

    assert (tuple(report.held), report.states) == ((2,), {3: "sent"})
    assert sorted(office.mailed) == ["p2@example.com", "p3@example.com"]


def test_complaint_that_names_nobody_stays_on_the_row(office, people):
    """What Collect answered is told where a row is unknown, and where it then turns out that nothing was made."""
    office.server.on(faults.Complains("nameless"), nth=1)
    report = office.send(people(2), terms=office.terms(may_wait=False))
    (lost,) = report.rows("unknown")
    (held,) = [each for each in office.plan(people(2)).left_out if each.reason == "unknown"]

    assert (held.row, "something went wrong" in held.words, "answer was lost" in held.words) == (lost, True, False)

    office.look_later()
    (claim,) = [each for each in office.claims() if each.state == "not_sent"]
    assert (claim.why, "something went wrong" in not_sent_words(claim.why, claim.words)) == ("absent after error", True)
