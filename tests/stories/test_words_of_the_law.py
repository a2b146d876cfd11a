"""What a user can say where only a person knows: not ours, taken back; and what a run leaves for the next one."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from collect_xl.testing import faults
from support.books import make_book, results
from support.shell import Shell


def statuses(book) -> Counter[str]:
    """Return how many rows there are of each status."""
    return Counter(cells["Collect status"] for cells in results(book).values())


def mailed(server) -> Counter[int]:
    """Return how many people were mailed how often."""
    return Counter(Counter(each.email for each in server.accepted).values())


def test_next_run_goes_on_where_one_did_not_wait(shell, server, tmp_path):
    """With --no-wait refused rows stay unknown; the next run finds those that were made, and sends the others."""
    book = make_book(tmp_path / "clients.xlsx", 10)
    server.on(faults.CreatesFirst(4, 400, {"message": "broken"}), nth=1)

    first = shell.send(book, "--no-wait")

    assert (first.returncode, len(server.posts)) == (4, 1)
    assert re.search(r"from \d\d:\d\d:\d\d on: collect-xl lookup", first.stdout)
    assert statuses(book) == {"unknown": 10}

    # Between two processes the wall clock counts, plus a minute; a person need not wait for it here.
    second = shell.send(book)
    assert statuses(book)["pending"] >= 4, second.stdout
    assert mailed(server) == {1: len(server.accepted)}


@pytest.mark.slow
def test_stranger_blocks_until_a_person_says_that_it_is_not_ours(shell, server, tmp_path):
    """A new request for nobody we know keeps refused rows unknown, is named, and blocks nothing once it is not ours."""
    book = make_book(tmp_path / "clients.xlsx", 3)
    refused = faults.Status(400, body={"message": "broken"})
    server.on(faults.ColleagueAsks("stranger@elsewhere.com", then=refused), nth=1)
    shell.send(book)
    stranger = server.accepted[0].request_id
    assert statuses(book) == {"unknown": 3}

    told = shell.run("lookup", book)
    assert stranger in told.stdout
    assert "--not-ours" in told.stdout

    shell.run("lookup", book, "--not-ours", stranger)
    assert "Collect shows new requests" not in shell.run("lookup", book).stdout


def test_request_that_no_list_showed_is_no_stranger(shell, tmp_path):
    """An ID that Collect never showed is refused in words."""
    book = make_book(tmp_path / "clients.xlsx", 1)
    shell.send(book)

    told = shell.run("lookup", book, "--not-ours", "R-nowhere")

    assert told.returncode == 2
    assert "R-nowhere" in told.stdout + told.stderr


@pytest.fixture
def elsewhere(tmp_path, server):
    """Another computer, with a journal of its own."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    return Shell(place, server)


@pytest.mark.slow
def test_take_over_into_the_wrong_round_is_taken_back(shell, elsewhere, server, tmp_path):
    """Taken back, the rows are another computer's again, and can be taken over into the right round."""
    book = make_book(tmp_path / "clients.xlsx", 3)
    elsewhere.send(book)
    shell.run("takeover", book, "--round", "wrong", "--yes")

    undone = shell.run("takeover", book, "--take-back", "--yes")

    assert undone.returncode in {0, 3}, undone.stdout + undone.stderr
    assert "3 sent from another computer" in shell.send(book).stdout
    right = shell.run("takeover", book, "--round", "", "--yes")
    assert "3 taken over." in right.stdout, right.stdout + right.stderr
    assert "3 already sent" in shell.send(book).stdout
    assert mailed(server) == {1: 3}


@pytest.mark.slow
def test_take_back_needs_a_take_over(shell, server, tmp_path):
    """What was sent from here cannot be taken back: it is cancelled, or stays."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    shell.send(book)

    told = shell.run("takeover", book, "--take-back", "--yes")

    assert "nothing to take back" in told.stdout
    assert "2 already sent" in shell.send(book).stdout
    assert mailed(server) == {1: 2}


def test_round_must_be_said_for_a_take_over(shell, tmp_path):
    """Without --round nothing is taken over."""
    book = make_book(tmp_path / "clients.xlsx", 1)

    assert shell.run("takeover", book, "--yes").returncode == 2


@pytest.mark.slow
def test_cancellation_counts_once_the_list_shows_it(shell, server, tmp_path):
    """A PATCH that says cancelled while the list says pending frees nobody; refresh completes it once the list does."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    shell.send(book)
    server.on(LiesAboutCancelling(), route="PATCH /request")

    told = shell.run("cancel", book, "--rows", "2", "--yes")

    assert told.returncode == 4, told.stdout + told.stderr
    assert "You asked to cancel" in results(book)[2]["Collect message"]
    shell.send(book)
    assert mailed(server) == {1: 2}

    next(iter(server.account.requests.values()))["status"] = "cancelled"
    shell.run("refresh", book)
    assert results(book)[2]["Collect status"] == "cancelled"


class LiesAboutCancelling(faults.Fault):
    """Says that a request is cancelled, and does nothing."""

    def perform(self, call, world):
        """Answer as if it were done."""
        del world
        request = {"_id": call.body["requestId"], "status": "cancelled"}
        return faults.Answer(200, {"request": request, "errors": []})
