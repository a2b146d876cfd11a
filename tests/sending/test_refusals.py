"""Refused calls: lists prove what came of them, then the rows go out one per call; nobody is asked twice meanwhile."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.domain.events import BatchEnded, Waiting
from collect_xl.domain.model import Outcome
from collect_xl.domain.ports import DayCap
from collect_xl.evidence.judgement import Patience
from collect_xl.planning.limits import Room
from collect_xl.planning.reasons import refused_words
from collect_xl.sending.refusals import MOST_BATCHES, MOST_TRIALS, proof_words
from collect_xl.testing import faults
from support.books import make_book, results
from support.people import row

ONE = "In a moment its list will show whether it made the request anyway."
SEVERAL = "In a moment its list will show which of the requests it made anyway."
"""What the wait for a proof is for."""


@pytest.fixture
def people(office):
    """Rows of the open campaign."""

    def make(count: int, first: int = 2, **more: object):
        numbers = range(first, first + count)
        return [row(n, f"p{n}@example.com", **{"campaign": office.server.campaign, **more}) for n in numbers]

    return make


def rows_of(call) -> list[int]:
    """Return the row numbers of a call's contacts."""
    return [int(each["email"].removeprefix("p").partition("@")[0]) for each in call.body["contacts"]]


def sizes(server) -> list[int]:
    """Return how many rows each call had."""
    return [len(call.body["contacts"]) for call in server.posts]


def refuse(server, *bad: int, status: int = 400, text: str = "not valid") -> None:
    """Let Collect refuse every call with one of these rows in it."""
    server.on(faults.Status(status, body={"message": text}), when=lambda call: not set(bad).isdisjoint(rows_of(call)))


@pytest.mark.parametrize("bad", [(2,), (27,), pytest.param((2, 3, 27, 51), marks=pytest.mark.slow)], ids=str)
def test_bad_rows_of_fifty_are_refused_alone(office, people, bad):
    """Once absence is proved each row of a refused batch goes out alone: the bad are refused, the others asked once."""
    refuse(office.server, *bad)

    report = office.send(people(50))

    assert (report.rows("refused"), len(report.rows("sent")), report.stopped) == (bad, 50 - len(bad), None)
    assert Counter(office.mailed) == {f"p{n}@example.com": 1 for n in range(2, 52) if n not in bad}
    assert sizes(office.server) == [50] + [1] * 50


def test_bad_row_says_what_collect_said_of_it(office, people):
    """A row that was refused alone keeps Collect's words, under a code of its own."""
    refuse(office.server, 3)

    office.send(people(4))

    (claim,) = [each for each in office.claims() if each.state == "refused"]
    assert (claim.row, claim.why) == (3, "refused alone")
    assert refused_words(claim.words).startswith("Collect refused this row. It said: not valid. Nothing was sent.")


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422])
def test_any_refusal_may_lie_in_a_row(office, people, status):
    """Whatever the refusal, one bad row costs its neighbours nothing; a firewall may be behind 401 and 403."""
    refuse(office.server, 4, status=status)

    report = office.send(people(3))

    assert (report.rows("refused"), report.rows("sent"), report.stopped) == ((4,), (2, 3), None)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 429])
@pytest.mark.parametrize("made", [0, 2, 5])
def test_part_of_a_refused_batch_is_never_asked_again(office, people, status, made):
    """Collect makes none, some or all of a batch and refuses it: everybody is asked, once, and has the own request."""
    office.server.on(faults.CreatesFirst(made, status), nth=1)

    report = office.send(people(5))

    assert Counter(office.mailed) == {f"p{n}@example.com": 1 for n in range(2, 7)}
    assert report.rows("sent") == (2, 3, 4, 5, 6)
    owners = {each.request_id: each.email for each in office.server.accepted}
    assert {claim.row: owners[claim.request_id] for claim in office.claims() if claim.request_id} == {
        n: f"p{n}@example.com" for n in range(2, 7)
    }


@pytest.mark.slow
@pytest.mark.parametrize("style", ["minutes", "days", "day-early", "day-late", "local"])
def test_times_that_are_off_prove_nothing(office, people, style):
    """Whatever ``createdAt`` and ``Date`` say, what is new and a person's own is the call's result."""
    office.server.created_style = style
    office.server.date_offset = 20.0
    office.server.on(faults.CreatesFirst(2, 400), nth=1)

    report = office.send(people(4))

    assert Counter(office.mailed) == {f"p{n}@example.com": 1 for n in range(2, 6)}
    assert len(report.rows("sent")) == 4


@pytest.mark.slow
def test_list_that_lags_is_waited_for(office, people):
    """A list that lacks what answers have named is not believed: the wait doubles until it can see."""
    office.server.list_lag = 0.8
    office.server.on(faults.CreatesFirst(3, 400), nth=1)

    report = office.send(people(60))

    assert {1} == set(Counter(office.mailed).values())
    assert len(report.rows("sent")) == 60


@pytest.mark.slow
def test_list_that_lags_for_ever_leaves_rows_unknown(office, people):
    """Where a list does not catch up within the late window nothing is sent again, and the rows stay unknown."""
    office.server.list_lag = 3600.0
    office.server.on(faults.CreatesFirst(3, 400), nth=1)

    report = office.send(people(60))

    assert (len(report.rows("unknown")), len(report.rows("sent"))) == (50, 10)
    assert {1} == set(Counter(office.mailed).values())


@pytest.mark.slow
def test_broken_list_proves_nothing(office, people):
    """A refusal after which no list can be read to its end leaves all rows unknown, and none is sent again."""
    refuse(office.server, 3)
    terms = office.terms()
    hidden = faults.Status(418)
    office.server.on(hidden, route="GET /requests", when=lambda call: call.query.get("filter") == "archived")

    report = office.send(people(4), terms=terms)

    assert (sizes(office.server), report.rows("unknown")) == ([4], (2, 3, 4, 5))


def test_two_lists_are_needed(office, people):
    """Absence is proved by a second list, at least the lag after the answer: one list alone sends nothing again."""
    refuse(office.server, 3)
    listed = []

    def note(event):
        if isinstance(event, Waiting) and event.is_proof and not listed:
            lists = [call for call in office.server.calls if call.route == "GET /requests"]
            listed.append((len(lists), [each.state for each in office.claims()], len(office.server.posts)))

    office.send(people(3), on_event=note)

    ((_, states, posts),) = listed
    assert (states, posts) == (["unknown"] * 3, 1)


def test_stranger_blocks_the_rows_it_may_be(office, people):
    """A new request of somebody unknown may be a row under another address: no row is sent again, none is refused."""
    plan_rows = people(3)
    office.server.on(faults.ColleagueAsks("colleagues.client@example.org", then=faults.Status(400)), nth=1)

    report = office.send(plan_rows)

    assert (report.rows("unknown"), sizes(office.server)) == ((2, 3, 4), [3])


def test_campaign_that_refuses_everything_is_left_after_few_calls(office, people):
    """After three batches refused for one reason two rows are tried alone, then the campaign is left, others sent."""
    broken = office.server.campaign
    other = office.server.account.add_campaign("Other")
    office.account = type(office.account)(office.client.origin, office.client.team(), office.client.campaigns())
    office.server.on(
        faults.Status(400, body={"message": "items are missing"}), when=lambda call: call.body["campaignId"] == broken
    )

    report = office.send([*people(220), *people(2, first=500, campaign=other)])

    of_broken = [len(call.body["contacts"]) for call in office.server.posts if call.body["campaignId"] == broken]
    assert of_broken == [50] * MOST_BATCHES + [1] * MOST_TRIALS
    assert report.rows("sent") == (500, 501)
    assert "nothing more was sent in" in report.words


def test_reasons_that_differ_only_by_name_are_one_reason(office, people):
    """Complaints that name now this and now that row count as one reason, so that a bad campaign ends soon."""

    class Names(faults.Fault):
        def perform(self, call, world):
            del world
            first = call.body["contacts"][0]["email"]
            return faults.Answer(400, {"errors": [f"{first} (no. {call.number}): items are missing"]})

    office.server.on(Names())

    office.send(people(220))

    assert sizes(office.server) == [50] * MOST_BATCHES + [1] * MOST_TRIALS


@pytest.mark.slow
def test_row_that_is_taken_alone_lets_the_others_go(office, people):
    """Where a row of three refused batches is accepted alone the reason lies in rows: everybody good is asked."""
    refuse(office.server, 2, 52, 102)

    report = office.send(people(200))

    assert (report.rows("refused"), len(report.rows("sent"))) == ((2, 52, 102), 197)
    assert {1} == set(Counter(office.mailed).values())


def test_three_turned_away_in_a_row_stop_posting(office, people):
    """429 sets a batch aside and others go on; after three in a row without an acceptance nothing more is posted."""
    office.server.on(faults.Status(429, headers={"Retry-After": "0"}))

    report = office.send(people(250))

    assert (report.stopped, sizes(office.server)) == ("busy server", [50, 50, 50])
    assert len(report.rows("unknown")) == 150


@pytest.mark.slow
def test_batch_that_was_turned_away_goes_out_whole(office, people):
    """429 for one batch holds up no other; it is sent in one call when lists prove that nothing was made of it."""
    office.server.on(faults.Status(429, headers={"Retry-After": "0"}), nth=1)

    report = office.send(people(60))

    assert (sizes(office.server), len(report.rows("sent"))) == ([50, 10, 50], 60)
    assert {1} == set(Counter(office.mailed).values())


def test_stop_while_waiting_for_proof(office, people):
    """A stop ends the wait; the rows stay unknown, and the report says when to look again."""
    refuse(office.server, 2)
    stop = threading.Event()

    def on_event(event):
        if isinstance(event, Waiting) and event.is_proof:
            stop.set()

    # However busy this machine is, the wait is still on when the stop comes.
    terms = office.terms(patience=Patience(late=timedelta(minutes=2), lag=timedelta(minutes=1)))
    report = office.send(people(8), terms=terms, on_event=on_event, stop=stop)

    assert (report.stopped, len(report.rows("unknown")), len(office.server.posts)) == ("asked", 8, 1)
    assert report.look_again is not None


@pytest.mark.parametrize(
    ("fault", "count", "words"),
    [
        pytest.param(faults.Status(400), 1, f"Collect refused one row. {ONE}", id="one refused"),
        pytest.param(faults.Status(400), 3, f"Collect refused 3 rows. {SEVERAL}", id="a refused batch"),
        pytest.param(faults.Complains("email"), 3, f"Collect refused one row. {ONE}", id="refused in an accepted call"),
        pytest.param(faults.Complains("nameless"), 3, f"Collect's answer does not name one row. {ONE}", id="not named"),
    ],
)
def test_wait_for_proof_says_what_happened(office, people, fault, count, words):
    """What the run waits for is said as it was: a row that an accepted call does not name was not refused."""
    office.server.on(fault, nth=1)
    stop = threading.Event()
    why = []

    def on_event(event):
        if isinstance(event, Waiting) and event.is_proof:
            why.append(event.why)
            stop.set()

    terms = office.terms(patience=Patience(late=timedelta(minutes=2), lag=timedelta(minutes=1)))
    office.send(people(count), terms=terms, on_event=on_event, stop=stop)

    assert why == [words]


def test_wait_for_proof_counts_refused_and_unnamed_rows_apart():
    """Rows that were refused and rows that no answer names are said in a sentence each."""
    assert proof_words(3, 1) == f"Collect refused 3 rows. Collect's answer does not name one row. {SEVERAL}"


def test_what_is_known_is_written_before_the_wait(office, people):
    """Before the run waits its caller is told, with the journal's state kept and no lease held."""
    refuse(office.server, 2)
    seen = []

    def before_wait():
        with office.journal._read() as db:
            held = db.exec_driver_sql("SELECT count(*) FROM batches WHERE lease_until > quiet_from").scalar_one()
        seen.append(([each.why for each in office.claims()], held))

    office.send(people(2), before_wait=before_wait)

    assert seen[0] == (["answered", "answered"], 0)


def test_run_that_may_not_wait_leaves_the_proof_to_the_next(office, people):
    """Without waiting the rows stay unknown; a later look proves it, and the next run sends each of them alone."""
    refuse(office.server, 3)
    report = office.send(people(4), terms=office.terms(may_wait=False))
    assert (report.rows("unknown"), sizes(office.server)) == ((2, 3, 4, 5), [4])
    assert office.send(people(4)).states == {}

    office.look_later()
    assert [each.why for each in office.claims()] == ["absent after refusal"] * 4
    report = office.send(people(4))

    assert (report.rows("sent"), report.rows("refused"), sizes(office.server)) == ((2, 4, 5), (3,), [4, 1, 1, 1, 1])


def test_between_processes_the_wall_clock_is_given_a_minute(office, people):
    """Another process believes absence only a minute later: its clock may differ from the one that took the answer."""
    refuse(office.server, 3)
    office.send(people(2), terms=office.terms(may_wait=False))

    office.settle()
    office.pass_time(50)
    assert office.settle().not_sent == 0
    office.pass_time(20)

    assert office.settle().not_sent == 2


@pytest.mark.slow
def test_what_another_run_decides_meanwhile_stands(office, people):
    """A row that another run found free and sent during the wait is taken as it stands, and not sent again."""
    refuse(office.server, 3)
    other = office.open_journal()

    def decides(*_: object):
        if sizes(office.server) == [3]:
            office.look_later()
            office.send(people(1), other)

    report = office.send(people(3), before_wait=decides)

    assert Counter(office.mailed) == {"p2@example.com": 1, "p4@example.com": 1}
    assert (report.rows("refused"), 4 in report.rows("sent")) == ((3,), True)


def test_what_a_person_says_during_the_wait_is_reported(office, people):
    """A row of a refused batch that a person calls sent during the wait ends so, and does not go out alone."""
    refuse(office.server, 3)

    def says():
        unknown = [each for each in office.claims() if each.row == 2 and each.state == "unknown"]
        outcomes = [Outcome(each.id, "sent", "ann", why="person said") for each in unknown]
        office.journal.settle(outcomes, "ann", "a person's word")

    report = office.send(people(3), before_wait=says)

    assert report.states == {2: "sent", 3: "refused", 4: "sent"}
    assert Counter(office.mailed) == {"p4@example.com": 1}


@pytest.mark.slow
def test_row_counts_once_in_the_cap(office, people):
    """Rows of a refused batch count once in the cap of a day, however often they are tried."""
    refuse(office.server, 3)
    room = Room(4, "At most 4 people are asked in one day", DayCap(4, datetime(2020, 1, 1, tzinfo=UTC)))

    report = office.send(people(4), terms=office.terms(room=room))

    assert (report.rows("sent"), report.rows("refused"), report.beyond) == ((2, 4, 5), (3,), [])


def test_single_whose_answer_is_lost_is_not_sent_again(office, people):
    """A lost answer to a row that was sent alone leaves it unknown, and the others go out."""
    office.server.on(faults.Status(400), nth=1)
    office.server.on(faults.DropAfterCreating(), nth=2)

    report = office.send(people(4))

    assert (report.rows("unknown"), report.rows("sent")) == ((2,), (3, 4, 5))
    assert Counter(office.mailed) == {f"p{n}@example.com": 1 for n in range(2, 6)}


@pytest.mark.slow
def test_events_end_with_every_row_known(office, people):
    """The last thing told of each row is what came of it."""
    refuse(office.server, 3)
    last = {}

    def on_event(event):
        if isinstance(event, BatchEnded):
            last.update({number: outcome.state for number, outcome in event.outcomes.items()})

    report = office.send(people(6), on_event=on_event)

    assert last == report.states


class Killed(BaseException):
    """Stands for a process that dies: nothing of ours catches it."""


STEPS = [(name, nth) for name in ("claim", "record", "settle", "looked", "keep_list") for nth in range(1, 6)]


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("name", "nth"), STEPS)
def test_run_that_dies_at_any_step_asks_nobody_twice(office, people, monkeypatch, name, nth, late):
    """Dying before or after every write of a wait and of the singles: nobody twice, and in the end all good rows."""
    refuse(office.server, 3)
    office.server.on(faults.CreatesFirst(1, 409), nth=1)
    dying = office.open_journal()
    terms = office.terms()
    step, count = getattr(dying, name), iter(range(1, 1000))

    def die(*args, **more):
        if next(count) != nth:
            return step(*args, **more)
        if late:
            step(*args, **more)
        raise Killed

    monkeypatch.setattr(dying, name, die)
    monkeypatch.setattr(dying._locks, "_remove", lambda _: None)  # a dead process removes nothing
    with suppress(Killed):  # a later step may never come
        office.send(people(5), dying, terms)
    dying.close()

    for _ in range(3):
        office.journal.take_over()
        office.look_later()
        office.send(people(5))

    assert Counter(office.mailed) == {f"p{n}@example.com": 1 for n in (2, 4, 5, 6)}


@pytest.mark.slow
def test_sheet_shows_the_bad_row_alone(shell, server, tmp_path):
    """After one send the bad row says ``refused`` and why; a second send tries it alone, and nobody else."""
    book = make_book(tmp_path / "a.xlsx", 8)
    server.on(faults.BadRow("p7@example.com"))

    done = shell.send(book)

    assert done.returncode == 3, done.stdout
    shown = results(book)
    assert Counter(each["Collect status"] for each in shown.values()) == {"pending": 7, "refused": 1}
    assert "p7@example.com is not valid" in shown[7]["Collect message"]
    logged = shell.run("log", "--state", "refused").stdout
    assert ("p7@example.com" in logged, "p6@example.com" in logged) == (True, False)
    calls = len(server.posts)
    shell.send(book)
    assert [rows_of(call) for call in server.posts[calls:]] == [[7]]
