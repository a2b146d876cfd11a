"""Taking over: what another computer sent is looked up at Collect, and then known here like what was sent from here."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter

import openpyxl
import pytest

from collect_xl.followup.takeover import Wanted
from collect_xl.testing import faults
from support.books import HEADERS, make_book, results
from support.shell import Shell


@pytest.fixture
def elsewhere(tmp_path, server):
    """Another computer, with a journal of its own."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    return Shell(place, server)


@pytest.fixture
def book(elsewhere, tmp_path):
    """A workbook whose five contacts another computer has sent."""
    made = make_book(tmp_path / "a.xlsx", 5)
    assert elsewhere.send(made).returncode == 0
    return made


def edit(book, **cells: str | None) -> None:
    """Change cells of the contacts by hand."""
    opened = openpyxl.load_workbook(book)
    for place, text in cells.items():
        opened["Contacts"][place] = text
    opened.save(book)
    opened.close()


def adopt(shell, book, *words: str, round_: str = "", **more):
    return shell.run("takeover", book, "--round", round_, "--yes", *words, **more)


@pytest.mark.slow
def test_adopted_rows_are_already_sent(shell, server, book):
    """Before adopting a send leaves the rows out as sent from elsewhere; after it they are already sent, all well."""
    told = shell.send(book)
    assert (told.returncode, shell.run("check", book).returncode) == (3, 3)
    assert "5 sent from another computer" in told.stdout
    assert told.stdout.count("  rows 2-6: Skipped: sent from another computer") == 1

    done = adopt(shell, book)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 taken over." in done.stdout
    again = shell.send(book)
    assert (again.returncode, len(server.accepted)) == (0, 5)
    assert "5 already sent" in again.stdout
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}
    assert {each["Collect message"] for each in results(book).values()} == {""}


@pytest.mark.slow
def test_adopted_rows_are_followed_and_undone(shell, server, book):
    """Refresh, late and undo work on what was taken over, and an undone row is free."""
    adopt(shell, book)
    for request in list(server.account.requests.values())[:2]:
        request["status"] = "due"

    assert "5 requests checked: 2 with another status" in shell.run("refresh", book).stdout
    assert "2 overdue" in shell.run("overdue", book, "--within", "0").stdout
    assert shell.run("cancel", book, "--rows", "4", "--yes").returncode == 0
    assert "1 of them was asked before" in shell.send(book).stdout
    assert Counter(each.email for each in server.accepted)["p4@example.com"] == 2


@pytest.mark.slow
def test_nothing_is_taken_over_without_a_yes(shell, book):
    """Without a terminal and a yes the rows are shown, and nothing is remembered."""
    done = shell.run("takeover", book, "--round", "")

    assert done.returncode == 2
    assert "row 2: p2@example.com, request" in done.stdout
    assert "5 sent from another computer" in shell.send(book).stdout


@pytest.mark.slow
def test_round_is_the_one_that_was_said(shell, server, book):
    """Rows taken over in an earlier round are asked again in a later one only when that is said."""
    opened = openpyxl.load_workbook(book)
    opened["Options"].append(("Round", "2027"))
    opened.save(book)
    opened.close()

    done = adopt(shell, book, round_="2026")
    assert done.returncode == 0, done.stdout
    assert 'options sheet says round "2027" now' in done.stdout

    held = shell.send(book)
    assert (held.returncode, 'asked in round "2026"' in held.stderr + held.stdout) == (2, True)
    assert shell.send(book, "--new-round", "2027").returncode == 0
    assert len(server.accepted) == 10


@pytest.mark.slow
def test_rows_of_another_round_are_told(shell, elsewhere, tmp_path):
    """Where rows have rounds of their own only those of the round that was said are taken, unless rows are named."""
    rows = [("a@example.com", "A", "B", "one"), ("b@example.com", "A", "B", "two")]
    book = make_book(tmp_path / "a.xlsx", rows, headers=(*HEADERS, "Round"))
    elsewhere.send(book)

    done = adopt(shell, book, round_="one")

    assert done.returncode == 3
    assert "1 taken over, 1 left." in done.stdout
    assert 'row 3 is left as it is: The row says round "two"' in done.stdout
    assert "1 already sent, 1 sent from another computer" in shell.send(book).stdout
    assert "1 taken over." in adopt(shell, book, "--rows", "3", round_="two").stdout


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"A3": "other@example.com"}, "is of p3@example.com, not of this row's contact"),
        ({"G3": "nobodysRequestXyz"}, "Collect shows no request nobodysRequestXyz in Yearly documents"),
        ({"A3": "not an address"}, "The row is invalid"),
    ],
    ids=["another contact", "unknown id", "invalid"],
)
def test_row_that_does_not_match_is_told_and_left(shell, server, book, cells, words):
    """A row that Collect does not confirm stays as it is, with the reason; the others are taken over."""
    edit(book, **cells)

    done = adopt(shell, book)

    assert done.returncode == 3
    assert "4 taken over, 1 left." in done.stdout
    assert words in done.stdout
    shell.send(book)
    assert "other@example.com" not in {each.email for each in server.accepted}


@pytest.mark.slow
def test_cancelled_request_stays_held(shell, server, book):
    """What was cancelled in Collect is taken over as cancelled, and nobody is asked again by itself."""
    next(iter(server.account.requests.values()))["status"] = "cancelled"

    assert adopt(shell, book).returncode == 0

    shell.send(book)
    assert (len(server.accepted), results(book)[2]["Collect status"]) == (5, "cancelled")


def test_unknown_row_with_one_request_is_taken_over(shell, elsewhere, server, tmp_path):
    """A row that is unknown elsewhere is known here once Collect shows its contact's one open request."""
    book = make_book(tmp_path / "a.xlsx", 2)
    server.on(faults.DropAfterCreating(), nth=1)
    assert elsewhere.send(book).returncode == 4

    done = adopt(shell, book)

    assert done.returncode == 0, done.stdout
    assert "the contact's only open or recent request" in done.stdout
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}
    assert (shell.send(book).returncode, len(server.accepted)) == (0, 2)


def test_unknown_row_without_a_request_is_unknown_here_and_settled(shell, elsewhere, server, tmp_path):
    """Where Collect shows nothing the row is unknown here, too: never sent by itself, and settled like our own."""
    book = make_book(tmp_path / "a.xlsx", 2)
    server.on(faults.DropBeforeCreating(), nth=1)
    elsewhere.send(book)

    done = adopt(shell, book)

    assert done.returncode == 4, done.stdout
    assert "2 taken over, 2 of them unknown." in done.stdout
    assert shell.send(book).returncode == 4
    assert server.accepted == []
    assert "2 still unknown" in shell.run("lookup", book).stdout  # its sender may still be at work
    assert shell.run("lookup", book, "--assume", "sent", "--yes").returncode == 0
    assert shell.send(book).returncode == 0
    assert server.accepted == []


@pytest.mark.slow
def test_unknown_row_with_several_requests_is_left(shell, elsewhere, server, tmp_path):
    """Of two open requests of one contact nobody can tell which one the row's is."""
    book = make_book(tmp_path / "a.xlsx", 1)
    for _ in range(2):
        server.account.send({"campaignId": server.campaign, "contacts": [{"email": "p2@example.com"}]})
    server.on(faults.DropBeforeCreating(), nth=1)
    elsewhere.send(book, "--even-if-asked")

    done = adopt(shell, book)

    assert done.returncode == 4
    assert "several of this contact" in done.stdout


def test_older_request_is_not_taken_for_a_lost_one(shell, elsewhere, server, tmp_path):
    """A request that is long done, or was cancelled, proves nothing about a row that is unknown elsewhere."""
    book = make_book(tmp_path / "a.xlsx", 1)
    server.account.send({"campaignId": server.campaign, "contacts": [{"email": "p2@example.com"}]})
    for request in server.account.requests.values():
        request |= {"createdAt": "2026-01-01T10:00:00Z", "status": "completed"}
    server.on(faults.DropBeforeCreating(), nth=1)
    elsewhere.send(book)

    done = adopt(shell, book)

    assert (done.returncode, "only requests that are done or cancelled" in done.stdout) == (4, True)


@pytest.mark.slow
def test_row_that_lost_its_id_is_known_by_its_portal(shell, book):
    """A row whose request id was deleted is known by its portal link, if the contact is right."""
    edit(book, G3=None)

    done = adopt(shell, book)

    assert (done.returncode, "the portal link is on the row" in done.stdout) == (0, True)
    assert results(book)[3]["Collect request ID"]


@pytest.mark.slow
def test_contact_that_is_held_here_already_is_told(shell, server, book, tmp_path):
    """Who was sent from here in the same round is not taken over a second time, and keeps the request known here."""
    own = make_book(tmp_path / "own.xlsx", 1)
    shell.send(own, "--even-if-asked")
    mine = results(own)[2]["Collect request ID"]

    adopt(shell, book)

    assert "5 already sent" in shell.send(book).stdout
    assert results(own)[2]["Collect request ID"] == mine


@pytest.mark.slow
def test_incomplete_list_proves_no_absence(shell, server, book):
    """What a list shows is a fact even where it breaks off; what it lacks is left for another time."""
    edit(book, G3="nobodysRequestXyz")
    server.on(faults.Status(418), route="GET /requests", when=lambda call: call.query.get("filter") == "archived")

    done = adopt(shell, book)

    assert "4 taken over, 1 left." in done.stdout
    assert "could not be read to its end" in done.stdout


@pytest.mark.slow
def test_history_says_who_adopted_and_when_collect_made_it(shell, server, book):
    """The journal dates a request as Collect does, and says that it was taken over, by whom, from which workbook."""
    for request in server.account.requests.values():
        request["createdAt"] = "2026-03-04T10:00:00Z"

    adopt(shell, book)

    first = json.loads(shell.run("log", "--json").stdout.splitlines()[0])
    assert first["at"].startswith("2026-03-04T10:00:00")
    assert [each["how"] for each in first["history"]] == ["adopted", "adopted"]
    assert first["history"][0]["at"] > "2026-03-05"
    assert "Already sent on 2026-03-04" in shell.run("check", book, "--row", "2").stdout


@pytest.mark.slow
def test_adopting_twice_changes_nothing(shell, book, tmp_path):
    """A second adopt finds nothing to take over, and the journal keeps one claim each."""
    adopt(shell, book)

    assert "nothing to take over" in adopt(shell, book).stdout

    with sqlite3.connect(tmp_path / "journal.sqlite3") as db:
        assert db.execute("select count(*), count(distinct request_id) from claims").fetchone() == (5, 5)
    db.close()


@pytest.mark.slow
def test_json_tells_row_by_row(shell, book):
    """With --json every row's outcome and a summary are objects, and nothing else is on standard output."""
    edit(book, A3="other@example.com")

    lines = [json.loads(line) for line in adopt(shell, book, "--json").stdout.splitlines()]

    assert [each["outcome"] for each in lines[:-1]] == ["taken_over"] * 4 + ["left"]
    assert (lines[-1]["counts"], lines[-1]["exit"]) == ({"taken_over": 4, "left": 1, "unknown": 0}, 3)


def test_rows_that_are_named_are_the_only_ones():
    """Who names rows takes over exactly these; who names none, all."""
    named = Wanted("Q4", frozenset({3}))

    assert [row for row in (2, 3) if named.chosen(row)] == [3]
    assert [row for row in (2, 3) if Wanted("Q4").chosen(row)] == [2, 3]
