"""Refusals of a proxy, a firewall or the plan are told as what they are, not as the key's or the batch's fault."""

from __future__ import annotations

import pytest

from collect_xl.api.client import CollectClient
from collect_xl.errors import AccountError, CollectUnavailable, CollectXlError, KeyRefused
from collect_xl.sending.read_answer import refusal_words
from support.books import make_book, results
from support.fault_server import FaultServer, answer, answers

PAGE = b"\xef\xbb\xbf\r\n<!DOCTYPE html><html><body>Blocked by the firewall</body></html>"


def post(raw):
    with FaultServer(answers(raw)) as server:
        return CollectClient(server.url, "key").post("{}", lambda: True)


def patch(raw):
    with FaultServer(answers(raw)) as server:
        return CollectClient(server.url, "key").patch("r1", {"status": "cancelled"})


def team(raw):
    with FaultServer(answers(raw)) as server, pytest.raises(CollectXlError) as refused:
        CollectClient(server.url, "key").team()
    return refused.value


@pytest.mark.parametrize("call", [post, patch])
@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        pytest.param(402, b"", "Collect's plan does not allow this", id="plan"),
        pytest.param(403, PAGE, "a page of a proxy, firewall or login answered instead of Collect", id="firewall"),
        pytest.param(400, PAGE, "a page of a proxy, firewall or login answered", id="page-400"),
        pytest.param(407, b"", "a proxy that asks to be signed in to answered instead", id="proxy"),
        pytest.param(451, b"", "Collect refused the", id="odd"),
        pytest.param(403, b'{"error": "no"}', "Collect does not allow this to the key's owner", id="rights"),
        pytest.param(401, PAGE, "Collect refused the API key", id="key"),
    ],
)
def test_what_a_refusal_is_called(call, status, body, words):
    """Each refusal is called what it is; what it proves stays the same."""
    found = call(answer(status, body))
    assert (found.verdict, words in found.words) == ("answered", True)
    assert bool(found.instead) == ("instead" in found.words)


@pytest.mark.parametrize("status", [408, 425, 499])
def test_a_gateway_that_gave_up(status):
    """A gateway that waited no longer proves nothing about a call, and a question may be asked again."""
    assert post(answer(status, b"")).verdict == "lost"
    assert f"Collect cannot answer now ({status})" in str(team(answer(status, b"")))


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        pytest.param(403, PAGE, CollectUnavailable, "A page of a proxy, firewall or login answered", id="firewall"),
        pytest.param(407, b"", CollectUnavailable, "A proxy that asks to be signed in to answered", id="proxy"),
        pytest.param(402, b"", AccountError, "Collect's plan does not allow this", id="plan"),
        pytest.param(403, b"{}", KeyRefused, "to the key's owner", id="rights"),
    ],
)
def test_what_the_refusal_of_a_question_is_called(status, body, kind, words):
    """An administrator is asked for rights only where it was Collect that refused."""
    error = team(answer(status, body))
    assert isinstance(error, kind)
    assert words in error.message
    assert ("administrator" in error.tip) == (kind is not CollectUnavailable)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, PAGE, "a page of a proxy, firewall or login, status 403"),
        (402, b"", "a limit of the plan may be reached, status 402"),
        (400, b"", "status 400"),
        (400, b"limit", "limit"),
    ],
)
def test_what_the_row_says(status, body, words):
    """A refused row says who refused it, in Collect's words where there are any."""
    assert refusal_words(post(answer(status, body))) == words


@pytest.mark.process
def test_a_firewall_in_front_of_a_run(shell, tmp_path):
    """A run behind a firewall is told so from the first question on; nobody is told to ask for rights."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    with FaultServer(answers(answer(403, PAGE))) as server:
        done = shell.send(book, COLLECT_API_URL=server.url)
    assert (done.returncode, "instead of Collect (403)" in done.stderr) == (1, True)
    assert "administrator" not in done.stderr
    assert not any(each.get("Collect status") for each in results(book).values())
