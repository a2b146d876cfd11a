"""undo and extend: exactly these requests are changed, and nothing is believed that Collect does not show."""

from __future__ import annotations

import json
import signal
import threading

import openpyxl
import pytest

from collect_xl.errors import DiskError
from collect_xl.followup.cancel import CANCEL, change
from collect_xl.followup.due_date import extend_to
from collect_xl.followup.refresh import refresh
from collect_xl.testing import faults
from support.books import HEADERS, make_book, results
from support.people import row
from support.waiting import until

DUE = "2090-01-31T22:59:00Z"


@pytest.fixture(autouse=True)
def looks(monkeypatch):
    """Look at the list twice in a moment, instead of four times in ten seconds."""
    monkeypatch.setattr("collect_xl.followup.cancel._LOOKS", (0.0, 0.1))


@pytest.fixture
def book(shell, tmp_path):
    """A workbook whose five contacts were sent."""
    made = make_book(tmp_path / "a.xlsx", 5, headers=(*HEADERS, "Collect due date"))
    assert shell.send(made).returncode == 0
    return made


@pytest.fixture
def rows(office):
    """Three rows that were sent."""
    made = [row(n, f"p{n}@example.com", campaign=office.server.campaign) for n in (2, 3, 4)]
    office.send(made)
    return made


def claims(office):
    """Return the latest claim of each row."""
    found = office.journal.claims(office.account.origin, office.account.team.id, office.server.campaign)
    return {each.row: each for each in found}


def patches(server) -> list[dict]:
    """Return the bodies of all PATCH calls, in order."""
    return [call.body for call in server.calls if call.route == "PATCH /request"]


def apply(office, wish=CANCEL, *, only=(2, 3, 4), stop=None):
    """Change the requests of some rows."""
    asked = {n: each for n, each in claims(office).items() if n in only}
    return change(office.context(), asked, wish, stop or threading.Event())


@pytest.mark.slow
def test_undo_cancels_exactly_the_rows_that_were_named(shell, server, book):
    """Exactly these rows' requests are cancelled; their rows say so, and the others are untouched."""
    ids = {n: shown["Collect request ID"] for n, shown in results(book).items()}

    done = shell.run("cancel", book, "--rows", "3-4", "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert patches(server) == [{"requestId": ids[n], "status": "canceled"} for n in (3, 4)]
    assert [shown["Collect status"] for shown in results(book).values()] == [
        *("pending", "cancelled", "cancelled", "pending", "pending")
    ]
    assert "2 cancelled." in done.stdout


def test_request_that_no_answer_named_is_cancelled_with_its_date_first(shell, server, tmp_path):
    """Where a list alone gave a request to its row, Collect's own date of it is shown before anything is changed."""
    book = make_book(tmp_path / "lost.xlsx", 2)
    server.on(faults.DropAfterCreating(), nth=1)
    shell.send(book)
    for request in server.account.requests.values():
        request["createdAt"] = f"{request['createdAt'][:10]}T07:08:09Z"
    assert shell.run("lookup", book).returncode == 0

    asked = shell.run("cancel", book, "--rows", "3")

    words = " ".join((asked.stdout + asked.stderr).split())
    assert "07:08 UTC. It was found in Collect's list, and no answer named it" in words
    assert patches(server) == []


@pytest.mark.slow
def test_request_that_an_answer_named_is_cancelled_without_such_words(shell, book):
    """What an answer named is ours for certain: no list is read for its date, and nothing is said of colleagues."""
    done = shell.run("cancel", book, "--rows", "3", "--yes")

    assert "a colleague may have made it" not in done.stdout + done.stderr


@pytest.mark.slow
def test_undone_rows_are_free_and_counted_apart(shell, server, book):
    """Rows that were undone are sent again, once, and the preview says that they were asked before."""
    shell.run("cancel", book, "--rows", "3", "--yes")

    done = shell.send(book)

    assert "1 of them was asked before; that request was cancelled." in done.stdout
    assert [each.email for each in server.accepted][5:] == ["p3@example.com"]
    assert shell.send(book).returncode == 0
    assert len(server.accepted) == 6


@pytest.mark.slow
def test_undo_of_a_run_cancels_what_that_run_sent(shell, server, tmp_path):
    """A run's name undoes what that run sent, and nothing of another run; its rows that are gone are told."""
    book = make_book(tmp_path / "a.xlsx", 1)
    assert shell.send(book).returncode == 0
    make_book(book, 4)
    second = json.loads(shell.send(book, "--json").stdout.splitlines()[-1])["run"]
    make_book(book, 3)

    done = shell.run("cancel", book, second, "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [shown["Collect status"] for shown in results(book).values()] == ["pending", "cancelled", "cancelled"]
    assert [each["status"] for each in server.account.requests.values()] == [
        *("pending", "cancelled", "cancelled", "pending")
    ]
    assert "1 more requests of the run" in done.stdout
    assert shell.run("cancel", book, "nonsense", "--yes").returncode == 2


@pytest.mark.slow
def test_nobody_there_to_be_asked(shell, server, book):
    """Without a terminal and without --yes nothing is changed, and the exit code is 2."""
    for words in (("cancel", book, "--rows", "2"), ("due", book, "--rows", "2", "--due", "2090-01-31")):
        assert shell.run(*words).returncode == 2
    assert patches(server) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["cancel", "a.xlsx"], id="undo of nothing"),
        pytest.param(["cancel", "a.xlsx", "run-1", "--rows", "2"], id="undo of run and rows"),
        pytest.param(["due", "a.xlsx", "--due", "2090-01-31"], id="extend of no rows"),
        pytest.param(["due", "a.xlsx", "--rows", "2"], id="extend to no date"),
        pytest.param(["due", "a.xlsx", "--rows", "2", "--due", "2020-01-31"], id="a date that is past"),
        pytest.param(["due", "a.xlsx", "--rows", "2", "--due", "03/04/2090"], id="a date that could be two"),
    ],
)
def test_words_that_do_not_fit(shell, server, book, words):
    """Words that do not fit end with 2, and nothing is changed."""
    assert shell.run(*words, "--yes").returncode == 2
    assert patches(server) == []


@pytest.mark.slow
def test_extend_changes_due_dates_and_writes_them_back(shell, server, book):
    """A bare date ends at 23:59 in the team's zone; the sheet's column gets it, for these rows alone."""
    before = results(book, columns=["Collect due date"])

    done = shell.run("due", book, "--rows", "2,4", "--due", "2090-01-31", "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [each["dueDate"] for each in patches(server)] == [DUE, DUE]
    after = results(book, columns=["Collect due date"])
    assert {n: {"Collect due date": "2090-01-31 00:00:00"} for n in (2, 4)} | {n: before[n] for n in (3, 5, 6)} == after
    assert shell.run("overdue", book, "--within", "30").stdout.count("  due soon  ") == 3


@pytest.mark.slow
def test_outcomes_as_json(shell, server, book):
    """With --json standard output is one object a row and a summary."""
    server.on(faults.Status(404), route="PATCH /request", nth=2)

    done = shell.run("cancel", book, "--rows", "2-4", "--yes", "--json")

    *lines, summary = map(json.loads, done.stdout.splitlines())
    assert [(line["row"], line["outcome"]) for line in lines] == [(2, "done"), (3, "refused"), (4, "done")]
    assert (done.returncode, summary["counts"]["done"], summary["counts"]["refused"]) == (3, 2, 1)


UNCLEAR = [
    pytest.param(faults.DropAfterCreating(), True, id="done, then dropped"),
    pytest.param(faults.DropBeforeCreating(), False, id="dropped before it was done"),
    pytest.param(faults.Html(created=True), True, id="HTML with 200, done"),
    pytest.param(faults.Html(), False, id="HTML with 200"),
    pytest.param(faults.Status(500, created=True), True, id="500, done"),
    pytest.param(faults.Status(503), False, id="503"),
    pytest.param(faults.Status(307, headers={"Location": "/v1/request"}), False, id="307"),
    pytest.param(faults.Cut(60), True, id="cut off, done"),
]


@pytest.mark.parametrize("wish", [CANCEL, extend_to(DUE)], ids=["cancel", "due"])
@pytest.mark.parametrize(("fault", "done"), UNCLEAR)
def test_unclear_answer_is_settled_by_looking(office, rows, fault, done, wish):
    """An answer that proves nothing is never followed by a second PATCH; the request itself is looked at."""
    office.server.on(fault, route="PATCH /request")

    report = apply(office, wish, only=(2,))

    assert len(patches(office.server)) == 1
    assert [each.state for each in report.ends] == ["done" if done else "unknown"]
    found = claims(office)[2]
    assert (found.state == "cancelled") == (done and wish is CANCEL)
    assert (found.due == DUE) == (done and wish is not CANCEL)


SILENT = [
    pytest.param(lambda body: {**body, "request": None}, id="no request"),
    pytest.param(lambda _: {"errors": []}, id="nothing at all"),
    pytest.param(
        lambda body: {"request": {**body["request"], "dueDate": None, "status": "pending"}}, id="the request as before"
    ),
    pytest.param(lambda body: {"request": {**body["request"], "_id": "another"}}, id="another request"),
]


@pytest.mark.parametrize("answer", SILENT)
@pytest.mark.parametrize("wish", [CANCEL, extend_to(DUE)], ids=["cancel", "due"])
def test_answer_that_does_not_show_it_is_settled_by_looking(office, rows, answer, wish):
    """A 200 that does not show the change counts only once the request itself shows it."""
    office.server.on(faults.Reshaped(answer), route="PATCH /request")

    report = apply(office, wish, only=(2,))

    assert [each.state for each in report.ends] == ["done"]
    assert len(patches(office.server)) == 1


def test_cancellation_that_the_list_does_not_show_is_not_believed(office, rows):
    """A 200 with ``errors`` is no confirmation: nobody is freed, what it said is told, and the wish is kept."""
    office.server.on(faults.Status(200, body={"errors": ["locked"], "request": None}), route="PATCH /request")

    report = apply(office, only=(2,))

    assert [(each.state, "locked" in each.words) for each in report.ends] == [("unknown", True)]
    assert (claims(office)[2].state, claims(office)[2].wish) == ("sent", "cancel")


def test_cancellation_that_only_the_answer_shows_is_not_believed(office, rows):
    """A PATCH that answers ``cancelled`` while the list says ``pending`` frees nobody until the list shows it."""
    request_id = claims(office)[2].request_id
    body = {"errors": [], "request": {"_id": request_id, "status": "cancelled"}}
    office.server.on(faults.Status(200, body=body), route="PATCH /request")

    report = apply(office, only=(2,))

    assert [(each.state in {"asked", "unknown"}, "Refresh" in each.words) for each in report.ends] == [(True, True)]
    assert claims(office)[2].state == "sent"
    assert office.plan(rows).size == 0


@pytest.mark.parametrize("how", ["refresh", "lookup"])
def test_wish_is_completed_by_whoever_looks(office, rows, how):
    """A cancellation that the list shows only later is completed by a refresh or a look-up; then the row is free."""
    body = {"errors": [], "request": None}
    office.server.on(faults.Status(200, body=body), route="PATCH /request", nth=1)
    apply(office, only=(2,))
    office.server.account.requests[claims(office)[2].request_id]["status"] = "cancelled"

    if how == "refresh":
        refresh(office.context(), [office.server.campaign])
    else:
        office.server.on(faults.DropAfterCreating(), nth=2)
        office.send([row(9, "p9@example.com", campaign=office.server.campaign)])
        office.settle()

    assert (claims(office)[2].state, claims(office)[2].wish) == ("cancelled", "")
    assert office.plan(rows).size == 1


def test_request_that_others_cancelled_stays_held(office, rows):
    """Without the user's own wish a request that was cancelled in Collect keeps its person from being asked again."""
    office.server.account.requests[claims(office)[2].request_id]["status"] = "cancelled"

    refresh(office.context(), [office.server.campaign])

    assert (claims(office)[2].state, office.plan(rows).size) == ("sent", 0)


def test_answer_about_another_request_frees_nobody(office, rows):
    """A 200 that shows another request as cancelled says nothing of ours."""
    body = {"errors": [], "request": {"_id": "another", "status": "cancelled"}}
    office.server.on(faults.Status(200, body=body), route="PATCH /request")

    report = apply(office, only=(2,))

    assert [each.state for each in report.ends] == ["unknown"]
    assert claims(office)[2].state == "sent"


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 409, 422])
def test_refused_change_frees_nobody(office, rows, status):
    """A refusal, confirmed by a look, leaves the request and its claim as they were."""
    office.server.on(faults.Status(status), route="PATCH /request")

    report = apply(office)

    assert {"refused"} == {each.state for each in report.ends}
    assert {"sent"} == {each.state for each in claims(office).values()}


def test_refused_change_that_was_made_all_the_same_is_done(office, rows):
    """A refusal after which the request shows the change is believed by what it shows."""
    office.server.on(faults.Status(400, created=True), route="PATCH /request")

    assert apply(office, only=(2,)).rows("done") == (2,)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_key_ends_it(office, rows, status):
    """A key that is refused is not tried on the other rows."""
    office.server.on(faults.Status(status), route="PATCH /request", nth={2, 3})

    report = apply(office)

    assert [each.state for each in report.ends] == ["done", "not reached", "not reached"]
    assert (report.stopped, len(patches(office.server))) == ("key", 2)


@pytest.mark.slow
def test_too_many_calls_are_waited_for(office, rows):
    """429 proves that nothing was done, so that the change is tried again after the wait."""
    office.server.on(faults.Status(429, headers={"Retry-After": "0"}), route="PATCH /request", nth=2)

    report = apply(office)

    assert (report.rows("done"), len(patches(office.server))) == ((2, 3, 4), 4)


def test_absurd_wait_ends_it(office, rows):
    """A wait of more than a minute is told instead of waited for."""
    office.server.on(faults.Status(429, headers={"Retry-After": "86400"}), route="PATCH /request")

    report = apply(office)

    assert (report.stopped, len(patches(office.server))) == ("busy server", 1)


def test_what_cannot_be_seen_stays_unknown_and_two_end_it(office, rows):
    """Where the look fails too the row is unknown and its claim stays; after two in a row nothing more is changed."""
    office.server.on(faults.DropAfterCreating(), route="PATCH /request")
    office.server.on(faults.Status(418), route="GET /requests")

    report = apply(office)

    assert [each.state for each in report.ends] == ["unknown", "unknown", "not reached"]
    assert (report.stopped, {each.state for each in claims(office).values()}) == ("two unknown", {"sent"})


def test_unreachable_collect_changes_nothing(office, rows, monkeypatch):
    """Where no connection is made the rows are not reached."""
    monkeypatch.setattr("collect_xl.domain.backoff.random.uniform", lambda *_: 0.0)
    office.server.close()

    report = apply(office)

    assert (report.stopped, report.rows("not reached")) == ("unreachable", (2, 3, 4))


def test_wish_that_the_journal_cannot_keep_is_not_sent(office, rows, monkeypatch):
    """A disk that fails between two requests ends the run; what was cancelled before is told and kept."""
    keep = office.journal.wish

    def fails_for_the_second(numbers, who):
        if numbers == [claims(office)[3].id]:
            raise DiskError("The disk is full.", tip="Free some space.")
        keep(numbers, who)

    monkeypatch.setattr(office.journal, "wish", fails_for_the_second)

    report = apply(office)

    assert [each.state for each in report.ends] == ["done", "not reached", "not reached"]
    assert (report.stopped, len(patches(office.server))) == ("journal", 1)
    assert "disk is full" in report.words


def test_stop_ends_between_two_requests(office, rows):
    """A stop finishes the request in hand, and begins no other."""
    stop = threading.Event()
    stop.set()

    report = apply(office, stop=stop)

    assert (report.stopped, patches(office.server)) == ("asked", [])


def test_history_tells_who_cancelled(office, rows):
    """The journal keeps who took a request back, and that Collect's list showed it."""
    apply(office, only=(2,))

    last = office.journal.history(claims(office)[2].id)[-1]
    assert (last.who, last.old, last.new) == ("ann on PC-7", "sent", "cancelled")
    assert "Collect's list shows it" in last.how


@pytest.mark.slow
def test_undo_that_was_killed_is_mended_by_refresh(shell, server, book):
    """A process killed between Collect's change and the journal frees nobody; refresh finds what was done."""
    server.on(faults.Hang(created=True), route="PATCH /request")
    running = shell.start("cancel", book, "--rows", "3", "--yes")
    until(lambda: patches(server), run=running)
    until(lambda: server.account.requests[patches(server)[0]["requestId"]]["status"] == "cancelled", run=running)
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=60)
    assert shell.send(book).returncode == 0
    assert len(server.accepted) == 5

    assert shell.run("refresh", book).returncode == 0

    assert results(book)[3]["Collect status"] == "cancelled"


@pytest.mark.slow
@pytest.mark.parametrize("words", [("cancel",), ("due", "--due", "2099-01-01")], ids=["cancel", "due"])
def test_rows_outside_the_contacts_are_a_slip(shell, server, book, words):
    """Rows that no contact stands in are told with the rows that there are, not passed over as nothing to do."""
    done = shell.run(words[0], book, *words[1:], "--rows", "900-950", "--yes")

    assert done.returncode == 2, done.stdout + done.stderr
    assert "the contacts are in rows 2-" in done.stderr
    assert patches(server) == []


@pytest.mark.slow
def test_edited_row_is_undone_by_its_old_request(shell, server, tmp_path):
    """A row whose address was changed after it was sent: undo cancels the old request, and the new person is asked."""
    book = make_book(tmp_path / "a.xlsx", 2)
    shell.send(book)
    opened = openpyxl.load_workbook(book)
    opened["Contacts"]["A3"] = "new@example.com"
    opened.save(book)
    opened.close()
    assert shell.send(book).returncode == 3

    assert shell.run("cancel", book, "--rows", "3", "--yes").returncode == 0

    assert shell.send(book).returncode == 0
    assert [each.email for each in server.accepted] == ["p2@example.com", "p3@example.com", "new@example.com"]
    assert [each["status"] for each in server.account.requests.values()] == ["pending", "cancelled", "pending"]
