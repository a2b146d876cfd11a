"""A run that waits for its proof is ended, or is turned away: any later run goes on, and no person is asked twice."""

from __future__ import annotations

import re
import shutil
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.testing import faults
from support.books import make_book, results
from support.shell import Shell
from support.waiting import until

pytestmark = pytest.mark.slow

PEOPLE = 10
MADE = 4
"""Requests that Collect makes of a batch which it then refuses."""
LONG = {"COLLECT_XL_LIST_LAG": "600"}
"""A wait that is never over while the test is at work."""
LATER = 150.0
"""Seconds after which another process believes Collect's lists."""
WINDOW_OVER = 900.0
"""Seconds after which the late window of a lost answer is over, with the lease of its call."""
DATED = ("Email", "First name", "Last name", "Due date")


def statuses(book) -> Counter[str]:
    """Return how many rows there are of each status."""
    return Counter(cells["Collect status"] for cells in results(book).values())


def sizes(server) -> list[int]:
    """Return how many people each call had."""
    return [len(call.body["contacts"]) for call in server.posts]


def require_once(server, book, people=PEOPLE) -> None:
    """Everybody was asked once, and the sheet shows beside each row its own request."""
    owners = {each.request_id: each.email for each in server.accepted}
    assert len(owners) == len(set(owners.values())) == people
    shown = {row: owners.get(cells["Collect request ID"]) for row, cells in results(book).items()}
    assert shown == {row: f"p{row}@example.com" for row in range(2, people + 2)}


def shows_unknown(book) -> bool:
    """Return whether the sheet shows unknown rows, as it does while a run waits; it may have no columns of ours yet."""
    return any(cells.get("Collect status") == "unknown" for cells in results(book).values())


@pytest.fixture
def waiting(shell, server, tmp_path):
    """Return a run that waits for the proof of a half-done batch, and its workbook."""
    book = make_book(tmp_path / "clients.xlsx", PEOPLE)
    server.on(faults.CreatesFirst(MADE, 400, {"message": "broken"}), nth=1)
    run = shell.start("send", book, "--yes", **LONG)
    until(lambda: shows_unknown(book), "the run waits for its proof", run=run)
    return run, book


def send(shell, book, tmp_path):
    return shell.send(book), book


def look_up_and_send(shell, book, tmp_path):
    assert shell.run("lookup", book).returncode == 0
    return shell.send(book), book


def send_from_elsewhere(shell, book, tmp_path):
    """Send a copy of the workbook from another user's folder, on the same journal."""
    home = tmp_path / "elsewhere"
    home.mkdir()
    copy = shutil.copy(book, home / "copy.xlsx")
    elsewhere = Shell(home, shell.server, begun=False)
    return elsewhere.send(copy, COLLECT_XL_HISTORY=shell.environ["COLLECT_XL_HISTORY"], USER="bob"), copy


@pytest.mark.parametrize("go_on", [send, look_up_and_send, send_from_elsewhere])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_any_later_run_goes_on(shell, server, tmp_path, waiting, number, go_on):
    """What was made is found, what was not goes out once the wall clock allows it, one row a call."""
    run, book = waiting
    run.send_signal(number)
    words, _ = run.communicate(timeout=60)
    if number == signal.SIGINT:
        assert run.returncode == 4, words
        assert re.search(r"from \d\d:\d\d:\d\d on: collect-xl lookup", words)
    assert statuses(book) == {"pending": MADE, "unknown": PEOPLE - MADE}

    too_early = shell.send(book, **LONG)

    assert (too_early.returncode, len(server.posts)) == (4, 1), too_early.stdout
    shell.pass_time(LATER)
    done, sent_book = go_on(shell, book, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    require_once(server, sent_book)
    assert sizes(server) == [PEOPLE] + [1] * (PEOPLE - MADE)
    if sent_book != book:
        shell.send(book)
        require_once(server, book)


def test_run_killed_while_it_looks_for_its_single_calls(shell, server, tmp_path):
    """A row that was refused alone is unknown until a later run proves it; the others are not asked again."""
    book = make_book(tmp_path / "clients.xlsx", 4)
    server.on(faults.BadRow("p3@example.com"))
    hanging = []

    def is_after_singles(call) -> bool:
        if len(server.posts) == 1 + 4 and not hanging:
            hanging.append(call)
            return True
        return False

    server.on(faults.Hang(), route="GET /requests", when=is_after_singles)
    run = shell.start("send", book, "--yes")
    until(lambda: hanging, "the run looks for its single calls", run=run)
    run.kill()
    run.communicate(timeout=60)

    early = shell.send(book, **LONG)

    assert (early.returncode, statuses(book)) == (4, {"pending": 3, "unknown": 1}), early.stdout
    assert len(server.posts) == 5
    shell.pass_time(LATER)
    done = shell.send(book)
    assert (done.returncode, statuses(book)) == (3, {"pending": 3, "refused": 1}), done.stdout
    assert sizes(server) == [4, 1, 1, 1, 1, 1]
    assert len(server.accepted) == 3


def test_another_key_proves_no_absence(shell, server, tmp_path):
    """Requests made with a key that sees them are hidden from a colleague's: with that one nothing is sent again."""
    book = make_book(tmp_path / "clients.xlsx", PEOPLE)
    server.on(faults.CreatesFirst(MADE, 400), nth=1)
    shell.send(book, "--no-wait")
    shell.pass_time(LATER)
    first_key, server.key = server.key, "another-key"
    server.account.hide(list(server.account.requests))

    hidden = [shell.send(book, COLLECT_API_KEY=server.key) for _ in range(3)]
    told = shell.run("lookup", book, COLLECT_API_KEY=server.key)

    assert {each.returncode for each in hidden} == {4}, hidden[0].stdout
    assert (len(server.posts), statuses(book)) == (1, {"unknown": PEOPLE})
    assert "another API key" in told.stdout + told.stderr
    server.key = first_key
    server.account.hidden.clear()
    assert shell.send(book).returncode == 0
    require_once(server, book)


def test_hidden_requests_prove_no_absence(shell, server, tmp_path):
    """A list that lacks what answers have named cannot see: the rows of a refused batch are not sent again by it."""
    book = make_book(tmp_path / "clients.xlsx", PEOPLE + 50)
    server.on(faults.CreatesFirst(MADE, 400), nth=1)
    shell.send(book, "--no-wait")
    assert statuses(book) == {"unknown": 50, "pending": PEOPLE}
    shell.pass_time(LATER)
    server.account.hide(list(server.account.requests))

    hidden = [shell.send(book) for _ in range(3)]

    assert {each.returncode for each in hidden} == {4}, hidden[0].stdout
    assert sizes(server) == [50, PEOPLE]
    server.account.hidden.clear()
    assert shell.send(book).returncode == 0
    require_once(server, book, PEOPLE + 50)


DAYS = 3


def created_earlier(server, days: int) -> None:
    """Let Collect show its requests as so many days older."""
    moment = datetime.now(UTC) - timedelta(days=days)
    for request in server.account.requests.values():
        request["createdAt"] = f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def test_rest_of_a_list_is_sent_days_later(shell, server, tmp_path):
    """What a run left open is found, or sent, by one three days later; each person is asked once."""
    book = make_book(tmp_path / "clients.xlsx", PEOPLE)
    server.on(faults.CreatesFirst(MADE, 400), nth=1)
    shell.send(book, "--no-wait")
    shell.pass_time(DAYS * 86_400)
    created_earlier(server, DAYS)

    done = shell.send(book)

    assert done.returncode == 0, done.stdout + done.stderr
    require_once(server, book)
    assert sizes(server) == [PEOPLE] + [1] * (PEOPLE - MADE)


def test_new_request_that_says_it_is_days_old_is_asked_about(shell, server, tmp_path):
    """A request that appeared after the call, and was made days before it as it says, is bound by a person alone."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    server.on(faults.CreatesFirst(1, 400), nth=1)
    shell.send(book, "--no-wait")
    created_earlier(server, DAYS)
    shell.pass_time(LATER)
    ((request, _),) = server.account.requests.items()

    runs = [shell.send(book) for _ in range(3)]
    told = shell.run("lookup", book)

    assert {each.returncode for each in runs} == {4}, runs[0].stdout
    assert (sizes(server), statuses(book)) == ([2, 1], {"unknown": 1, "pending": 1})
    assert f"Collect shows request {request}, made at another time" in told.stdout + told.stderr
    assert shell.run("lookup", book, "--assume", "sent", "--yes").returncode == 0
    assert shell.send(book).returncode == 0
    assert len(server.posts) == 2


def batches(path, count: int, people: int):
    """Make a workbook with so many batches, one a due date."""
    lines = [
        (f"p{2 + batch * people + person}@example.com", "First", "Last", f"2099-01-{batch + 1:02}")
        for batch in range(count)
        for person in range(people)
    ]
    return make_book(path, lines, headers=DATED)


@pytest.mark.parametrize("made", [False, True], ids=["nothing made", "the first one made"])
def test_three_turned_away_end_the_run(shell, server, tmp_path, made):
    """After three batches that came too fast nothing more is posted; a later run sends whole what was not made."""
    book = batches(tmp_path / "clients.xlsx", 4, 3)
    too_many = {"Retry-After": "0"}
    server.on(faults.Status(429, too_many, created=made), nth=1)
    server.on(faults.Status(429, too_many), nth=(2, 3))

    first = shell.send(book)

    assert (first.returncode, sizes(server)) == (4, [3, 3, 3]), first.stdout
    assert statuses(book) == {"unknown": 9, "skipped": 3}
    early = shell.send(book, **LONG)
    assert sizes(server) == [3, 3, 3, 3], early.stdout
    shell.pass_time(LATER)
    last = shell.send(book)
    assert last.returncode == 0, last.stdout
    require_once(server, book, 12)
    assert sizes(server) == [3] * (6 if made else 7)


def test_campaign_that_refuses_everything_is_left(shell, server, tmp_path):
    """Three batches and two single rows refused for one reason end the campaign; once fixed, each is asked once."""
    book = batches(tmp_path / "clients.xlsx", 6, 3)
    broken = [True]
    server.on(faults.Status(400, body={"message": "items are missing"}), when=lambda _: broken[0])

    first = shell.send(book)

    assert (first.returncode, sizes(server)) == (3, [3, 3, 3, 1, 1]), first.stdout
    assert "nothing more was sent in Yearly documents" in " ".join(first.stdout.split())
    assert server.accepted == []
    again = shell.send(book)
    assert again.returncode == 3, again.stdout
    assert server.accepted == []
    broken[0] = False
    last = shell.send(book)
    assert last.returncode == 0, last.stdout
    require_once(server, book, 18)


def test_rows_of_an_earlier_run_that_prove_unsent_are_told(shell, server, tmp_path):
    """Where the lists of a run prove that an earlier call was never done, its rows are told, and the exit code is 7."""
    book = batches(tmp_path / "clients.xlsx", 2, 2)
    server.on(faults.DropBeforeCreating(), nth=1)
    shell.send(book, "--first", 2)
    server.on(faults.CreatesFirst(1, 400), nth=2)

    second = shell.send(book)

    assert statuses(book) == {"skipped": 2, "pending": 2}, second.stdout
    assert second.returncode == 7
    assert "2 rows of an earlier run were never sent" in " ".join(second.stdout.split())
    third = shell.send(book)
    assert third.returncode == 0, third.stdout
    require_once(server, book, 4)


def test_row_that_collect_left_out_is_told(shell, server, tmp_path):
    """Where Collect takes a batch without one of its rows, and complains of no row by name, the exit code is 3."""
    book = make_book(tmp_path / "clients.xlsx", 3)
    server.on(faults.Complains("nameless"), nth=1)

    first = shell.send(book)

    assert statuses(book) == {"skipped": 1, "pending": 2}, first.stdout
    assert first.returncode == 3
    assert shell.send(book).returncode == 0
    require_once(server, book, 3)


def test_send_with_nothing_else_to_send_finds_what_a_lost_answer_made(shell, server, tmp_path):
    """A send finds what a call made whose answer was lost, even where nothing else is to be sent."""
    book = make_book(tmp_path / "clients.xlsx", 3)
    server.on(faults.DropAfterCreating(), nth=1)
    assert shell.send(book).returncode == 4
    assert statuses(book) == {"unknown": 3}

    again = shell.send(book)

    assert (again.returncode, statuses(book)) == (0, {"pending": 3}), again.stdout
    assert sizes(server) == [3]
    require_once(server, book, 3)


def test_send_with_nothing_else_to_send_proves_that_a_lost_answer_made_nothing(shell, server, tmp_path):
    """Two sends, the late window apart, prove that a call was never done; its rows are in the second one's plan."""
    book = make_book(tmp_path / "clients.xlsx", 3)
    server.on(faults.DropBeforeCreating(), nth=1)
    window = {"COLLECT_XL_LOOKUP_AFTER": "600"}
    shell.send(book, **window)
    early = shell.send(book, **window)
    assert (early.returncode, sizes(server)) == (4, [3]), early.stdout
    shell.pass_time(WINDOW_OVER)
    first = shell.send(book, **window)
    assert (first.returncode, sizes(server)) == (4, [3]), first.stdout
    shell.pass_time(WINDOW_OVER)

    second = shell.send(book, **window)

    assert (second.returncode, statuses(book)) == (0, {"pending": 3}), second.stdout
    assert sizes(server) == [3, 3]
    require_once(server, book, 3)
