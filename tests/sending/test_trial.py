"""A test to oneself: exactly what a client would get, to a member of the team alone, and nothing else is touched."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest

import collect_xl
from collect_xl.testing import faults
from support.books import HEADERS, make_book, results


@pytest.fixture
def me(server):
    """The address of a member of the team."""
    return server.account.users[0]["email"]


@pytest.fixture
def book(tmp_path):
    """A workbook of three people with a custom field."""
    rows = [(f"p{n}@example.com", f"First{n}", f"Last{n}", f"ref-{n}") for n in (2, 3, 4)]
    return make_book(tmp_path / "a.xlsx", rows, headers=(*HEADERS, "Custom: ref"), options={"Round": "Q4"})


def try_out(shell, book, me, *words):
    return shell.run("send", book, "--test-to", me, "--yes", *words)


@pytest.mark.slow
def test_member_gets_what_the_row_would_send(shell, server, book, me):
    """The call is the row's own, word for word, but for the address; the terminal shows the portal."""
    done = try_out(shell, book, me.upper(), "--rows", "3")

    assert done.returncode == 0, done.stdout + done.stderr
    shell.send(book, "--rows", "3")
    tried, real = (call.body for call in server.posts)
    assert tried["contacts"][0].pop("email") == me
    assert real["contacts"][0].pop("email") == "p3@example.com"
    assert tried == real
    assert server.account.requests[server.accepted[0].request_id]["portalUrl"] in done.stdout


def test_workbook_is_left_alone(shell, server, book, me):
    """Not one byte of the workbook changes, and it may even be open elsewhere."""
    before = book.read_bytes()
    (book.parent / "~$a.xlsx").write_bytes(b"\x03Ann" + b" " * 50)

    assert try_out(shell, book, me).returncode == 0

    assert (book.read_bytes(), len(server.accepted)) == (before, 1)


@pytest.mark.slow
def test_real_send_follows_as_if_nothing_had_been(shell, server, book, me):
    """The row is sent afterwards without a new round to be said, twice tried or not."""
    for _ in range(2):
        assert try_out(shell, book, me, "--rows", "2").returncode == 0

    assert shell.send(book).returncode == 0

    assert [each.email for each in server.accepted] == [me, me, "p2@example.com", "p3@example.com", "p4@example.com"]


def test_member_who_is_a_client_too_is_asked_all_the_same(shell, server, tmp_path, me):
    """A member who stands in the sheet, too, was not asked by a test: the real request follows, in any round."""
    book = make_book(tmp_path / "a.xlsx", [(me, "M", "E")], options={"Round": "Q4"})
    try_out(shell, book, me)

    done = shell.send(book)

    assert (done.returncode, [each.email for each in server.accepted]) == (0, [me, me]), done.stdout + done.stderr
    assert results(book)[2]["Collect request ID"] == server.accepted[1].request_id


def test_nobody_but_a_member_gets_a_test(shell, server, book):
    """An address that the team does not list is refused, with those that it lists; nothing is sent."""
    done = try_out(shell, book, "p2@example.com")

    assert (done.returncode, server.posts) == (2, [])
    assert server.account.users[0]["email"] in done.stderr


@pytest.mark.slow
def test_test_is_claimed_and_kept(shell, server, book, me, tmp_path):
    """The journal has the test as sent, in a round of its own, and the log shows it."""
    try_out(shell, book, me)

    with sqlite3.connect(tmp_path / "journal.sqlite3") as db:
        found = db.execute("select state, round, request_id from claims, scopes").fetchall()
    db.close()
    ((state, round_, request_id),) = found
    assert (state, round_.startswith("test-to:"), request_id) == ("sent", True, server.accepted[0].request_id)
    assert json.loads(shell.run("log", "--json").stdout.splitlines()[0])["people"][0] == me


@pytest.mark.slow
def test_lost_answer_is_settled_like_any_other(shell, server, book, me):
    """A test whose answer is lost is unknown until a look-up finds it, and is not sent again by that."""
    server.on(faults.DropAfterCreating(), nth=1)

    assert try_out(shell, book, me).returncode == 4

    assert "1 were sent" in shell.run("lookup", book).stdout
    assert len(server.posts) == 1


@pytest.mark.slow
def test_sent_row_can_be_tried(shell, server, book, me):
    """When everything was sent already a row can still be tried, and keeps its own request."""
    shell.send(book)
    mine = results(book)[2]["Collect request ID"]

    assert try_out(shell, book, me).returncode == 0

    shell.send(book)
    assert (len(server.accepted), results(book)[2]["Collect request ID"]) == (4, mine)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rows", "2-3"), "tries one row"),
        (("--rows", "99"), "has no contact"),
        (("--rows", "5"), "Row 5 is invalid"),
        (("--first", "2"), "--test-to sends one row's request"),
        (("--output", "out.xlsx"), "--test-to sends one row's request"),
    ],
)
def test_words_that_do_not_fit_are_told(shell, server, tmp_path, me, words, said):
    """What does not go with a test is told before anything is sent."""
    book = make_book(tmp_path / "a.xlsx", [("a@example.com",)] * 3 + [("not an address",)])

    done = try_out(shell, book, me, *words)

    assert (done.returncode, server.posts) == (2, [])
    assert said in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.slow
def test_nothing_goes_without_a_yes(shell, server, book, me):
    """Without a terminal and a yes the call is shown, and not made."""
    done = shell.run("send", book, "--test-to", me)

    assert (done.returncode, server.posts) == (2, [])
    assert re.search(rf"^  Email +{me}$", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_closed_campaign_cannot_be_tried(shell, server, tmp_path, me):
    """A campaign that takes no requests takes no tests either."""
    closed = server.campaign_like("closed")
    book = make_book(tmp_path / "a.xlsx", 1, options={"Campaign ID": closed})

    assert (try_out(shell, book, me).returncode, server.posts) == (5, [])


@pytest.mark.slow
def test_refused_test_says_why(shell, server, book, me):
    """What Collect says against a row is told at once, which is what a test is for; a test waits for no proof."""
    server.on(faults.Status(400, body={"message": "unknown variable ref"}))

    done = try_out(shell, book, me, "--json")

    row, summary = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, row["status"], summary["exit"]) == (4, "unknown", 4)
    assert "unknown variable ref" in row["message"]


def test_program_can_try_a_row(server, book, me, monkeypatch, tmp_path):
    """The door that programs and the ribbon use shows the trial, and sends it only when it is approved."""
    for name, value in (("API_KEY", server.key), ("API_URL", server.url), ("XL_HISTORY", tmp_path / "j.sqlite3")):
        monkeypatch.setenv(f"COLLECT_{name}", str(value))

    assert collect_xl.send_trial(book, me, approve=lambda trial: trial.to != me) is None
    ended = collect_xl.send_trial(book, me, row=4, approve=lambda trial: (trial.row, trial.to) == (4, me))

    assert (ended.state, ended.request_id) == ("sent", server.accepted[0].request_id)
    assert len(server.accepted) == 1
