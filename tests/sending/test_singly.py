"""Refused batches in halves: the bad row ends up alone, its neighbours go out once, and a hopeless campaign is left."""

from __future__ import annotations

import threading
from collections import Counter
from itertools import pairwise

import pytest

from collect_xl.domain.events import BatchEnded, BatchHalved
from collect_xl.sending.singly import ENOUGH, GIVE_UP
from collect_xl.testing import faults
from support.books import make_book, results
from support.people import row


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


def refuse(server, *bad: int, status: int = 400, text: str = "not valid") -> None:
    """Let Collect refuse every call with one of these rows in it."""
    server.on(faults.Status(status, body={"message": text}), when=lambda call: not set(bad).isdisjoint(rows_of(call)))


@pytest.mark.parametrize("bad", [2, 3, 26, 27, 50, 51], ids="row {}".format)
def test_bad_row_of_fifty_ends_up_alone(office, people, bad):
    """One bad row of fifty is refused alone after few calls, and its 49 neighbours are asked, once each."""
    refuse(office.server, bad)

    report = office.send(people(50))

    assert (report.rows("refused"), len(report.rows("sent"))) == ((bad,), 49)
    assert Counter(office.mailed) == {f"p{n}@example.com": 1 for n in range(2, 52) if n != bad}
    assert len(office.server.posts) <= 13
    assert report.stopped is None


def test_bad_row_says_what_collect_said_of_it(office, people):
    """The words on a row that is refused alone speak of no other row; those of an untried company do."""
    refuse(office.server, 3)

    office.send(people(4))

    told = {each.row: each.words for each in claims(office) if each.state == "refused"}
    assert told[3].startswith("Collect found the batch invalid (400). It said: not valid. Nothing was sent.")
    assert "4 rows were refused together" in told[5]


@pytest.mark.parametrize(("bad", "most"), [((2, 3), 21), ((2, 3, 4, 5), 23), ((2, 27, 51), 33)])
def test_several_bad_rows_are_each_found(office, people, bad, most):
    """Bad rows beside each other and far apart are all found, and everybody else is asked."""
    refuse(office.server, *bad)

    report = office.send(people(50))

    assert (report.rows("refused"), len(report.rows("sent"))) == (bad, 50 - len(bad))
    assert {1} == set(Counter(office.mailed).values())
    assert len(office.server.posts) <= most


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_refusals_that_may_lie_in_a_row_are_halved(office, people, status):
    """Whatever refusal may lie in one row is looked for in the rows."""
    refuse(office.server, 4, status=status)

    report = office.send(people(5))

    assert (report.rows("refused"), len(report.rows("sent"))) == ((4,), 4)


@pytest.mark.parametrize("status", [401, 402, 403, 405, 410, 415])
def test_refusals_that_concern_everybody_are_not_halved(office, people, status):
    """A key, a plan, a right, a method: each half would meet the same, so that one call is enough."""
    refuse(office.server, 4, status=status)

    report = office.send(people(5))

    assert (len(office.server.posts), len(report.rows("refused"))) == (1, 5)


def test_unknown_contact_id_does_not_stop_the_run(office, people):
    """404 for a contact's ID is that row's; its neighbours and the next batches go out."""
    wrong = row(9, id="nobody", campaign=office.server.campaign)
    office.server.on(faults.Status(404), when=lambda call: "nobody" in call.body["contacts"])

    report = office.send([*people(3), wrong, *people(60, first=10)])

    assert (report.rows("refused"), len(report.rows("sent")), report.stopped) == ((9,), 63, None)


def test_only_what_is_proven_refused_is_halved(office, people):
    """A refusal after which the list cannot be read to its end leaves all rows unknown, and none is sent again."""
    refuse(office.server, 3)
    office.server.on(
        faults.Status(418), route="GET /requests", when=lambda call: call.query.get("filter") == "archived"
    )

    report = office.send(people(4))

    assert (len(office.server.posts), report.rows("unknown")) == (1, (2, 3, 4, 5))


def test_batch_that_was_partly_made_is_not_halved(office, people):
    """Where a refused call made some of its requests, the others are refused, but not sent again in this run."""

    class Half(faults.Fault):
        def perform(self, call, world):
            made = {**call.body, "contacts": call.body["contacts"][:2]}
            world.perform(type(call)(call.route, call.number, call.subject, call.query, made, call.at))
            return faults.Answer(400, {"message": "stopped half-way"})

    office.server.on(Half(), nth=1)

    report = office.send(people(4))

    assert (report.rows("sent"), report.rows("refused")) == ((2, 3), (4, 5))
    assert len(office.server.posts) == 1


def test_half_whose_answer_is_lost_is_unknown_and_the_other_half_waits_for_nobody(office, people):
    """A lost answer to one half leaves that half unknown, unsent again; the bad half is judged by itself."""
    refuse(office.server, 5)
    office.server.on(faults.DropAfterCreating(), nth=2)

    report = office.send(people(4))

    assert report.rows("unknown")[:2] == (2, 3)
    assert Counter(office.mailed).most_common(1)[0][1] == 1
    for _ in range(3):
        office.settle()
    office.send(people(4))
    assert sorted(office.mailed) == ["p2@example.com", "p3@example.com", "p4@example.com"]


def test_campaign_that_refuses_everything_is_left_after_few_calls(office, people):
    """When every call is refused for one reason the campaign is left alone, and other campaigns are sent."""
    broken = office.server.campaign
    other = office.server.account.add_campaign("Other")
    office.account = type(office.account)(office.client.origin, office.client.team(), office.client.campaigns())
    office.server.on(
        faults.Status(400, body={"message": "items are missing"}), when=lambda call: call.body["campaignId"] == broken
    )

    report = office.send([*people(220), *people(2, first=500, campaign=other)])

    assert len(office.server.posts) == GIVE_UP + 1
    assert (report.rows("sent"), report.rows("refused")) == ((500, 501), tuple(range(2, 152)))
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

    assert len(office.server.posts) == GIVE_UP


def test_vain_halving_still_tries_the_largest_part(office, people):
    """When the first rows of a batch are all bad, the other half is sent before the campaign is given up."""
    refuse(office.server, *range(2, 10))

    report = office.send(people(120))

    assert set(range(27, 122)) <= set(report.rows("sent"))
    assert max(in_a_row(office)) < GIVE_UP


def test_stop_ends_between_two_halves(office, people):
    """A stop between two halves leaves the others refused, as the whole batch was, and nothing unknown."""
    refuse(office.server, 2)
    stop = threading.Event()

    def on_event(event):
        if isinstance(event, BatchEnded):
            stop.set()

    report = office.send(people(8), on_event=on_event, stop=stop)

    assert (report.stopped, report.rows("unknown")) == ("asked", ())
    assert (len(office.server.posts), office.mailed) == (4, [])


def test_events_count_every_row_once(office, people):
    """Whatever is halved, the ends that are told add up to the rows of the plan."""
    refuse(office.server, *range(2, 40))
    events = []

    office.send(people(60), on_event=events.append)

    assert sum(sum(each.rows.values()) for each in events if isinstance(each, BatchEnded)) == 60
    assert 0 < sum(isinstance(each, BatchHalved) for each in events) < ENOUGH


def test_half_that_another_run_took_meanwhile_is_left_to_it(office, people):
    """Rows are free between refusal and halves: who was sent meanwhile by another run is not sent again."""
    refuse(office.server, 2, 3, 4, 5)
    other = office.open_journal()

    def sends_meanwhile(event):
        if isinstance(event, BatchHalved) and len(office.server.posts) == 1:
            office.server._rules.clear()
            office.send(people(2), other)

    report = office.send(people(4), on_event=sends_meanwhile)

    assert (set(report.held), report.rows("sent")) == ({2, 3}, (4, 5))
    assert Counter(office.mailed) == {f"p{n}@example.com": 1 for n in (2, 3, 4, 5)}


class Killed(BaseException):
    """Stands for a process that dies: nothing of ours catches it."""


STEPS = [(name, nth) for name in ("claim", "record", "settle") for nth in range(1, 8)]


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("name", "nth"), STEPS)
def test_run_that_dies_at_any_step_of_halving_asks_nobody_twice(office, people, monkeypatch, name, nth, late):
    """Dying before or after every write of a halving: nobody is asked twice, and in the end all good rows are."""
    refuse(office.server, 3, 9)
    dying = office.open_journal()
    step, count = getattr(dying, name), iter(range(1, 100))

    def die(*args):
        if next(count) != nth:
            return step(*args)
        if late:
            step(*args)
        raise Killed

    monkeypatch.setattr(dying, name, die)
    monkeypatch.setattr(dying._locks, "_remove", lambda _: None)  # a dead process removes nothing
    with pytest.raises(Killed):
        office.send(people(10), dying)
    dying.close()

    office.journal.take_over()
    for _ in range(2):
        office.settle()
    office.send(people(10))

    assert Counter(office.mailed) == {f"p{n}@example.com": 1 for n in range(2, 12) if n not in {3, 9}}


def test_sheet_shows_the_bad_row_alone(shell, server, tmp_path):
    """After one send the bad row says ``refused`` and why; a second send tries it alone, and nobody else."""
    book = make_book(tmp_path / "a.xlsx", 50)
    server.on(faults.BadRow("p7@example.com"))

    done = shell.send(book)

    assert done.returncode == 3, done.stdout
    shown = results(book)
    assert Counter(each["Collect status"] for each in shown.values()) == {"pending": 49, "refused": 1}
    assert "p7@example.com is not valid" in shown[7]["Collect error"]
    assert done.stdout.count("in halves") == 1
    assert "  row 7: Collect found the batch invalid (400). It said: p7@example.com is not valid" in done.stdout
    logged = shell.run("log", "--state", "refused").stdout
    assert ("p7@example.com" in logged, "p6@example.com" in logged) == (True, False)
    assert len(shell.run("log").stdout.splitlines()) == 51  # one line a row, below the header
    calls = len(server.posts)
    shell.send(book)
    assert [rows_of(call) for call in server.posts[calls:]] == [[7]]


def claims(office):
    return office.journal.claims(office.account.origin, office.account.team.id, office.server.campaign)


def in_a_row(office) -> list[int]:
    """Return how many calls lie between two that made requests."""
    made = {each.email for each in office.server.accepted}
    good = [n for n, call in enumerate(office.server.posts) if call.body["contacts"][0]["email"] in made]
    return [after - before - 1 for before, after in pairwise([-1, *good])]
