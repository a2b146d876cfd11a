"""``send --not-before``: agreed upon now, judged again then, and sent only as it was agreed upon."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.cli import send_later
from collect_xl.cli.answers import SendAnswers
from collect_xl.cli.countdown import countdown
from collect_xl.cli.screen import Screen
from collect_xl.cli.send_one import Order
from collect_xl.domain.rows import Choices
from collect_xl.errors import PlanChanged
from collect_xl.workflow.open import Paths
from support.books import make_book, results
from support.waiting import line_of, until


@pytest.fixture
def book(tmp_path):
    """A workbook with three contacts."""
    return make_book(tmp_path / "clients.xlsx", 3)


def typed(moment):
    """A moment as a user types it, with a zone of its own."""
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def from_now(seconds):
    """A moment in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "0:00:01"), (59, "0:00:59"), (3600, "1:00:00"), (28_983, "8:03:03"), (86_400, "1 day 0:00:00")],
)
def test_countdown(seconds, shown):
    """What is left is shown as a clock does, never as nothing while something is left."""
    assert countdown(seconds) == shown


@pytest.mark.slow
def test_nothing_is_sent_before_the_time(shell, server, book):
    """The first call leaves after the time, and then everybody is sent."""
    moment = from_now(5)
    run = shell.start("send", book, "--yes", "--not-before", typed(moment))

    until(lambda: server.posts, "the first POST", run=run)

    assert datetime.now(UTC) >= moment
    told, _ = run.communicate(timeout=60)
    assert run.returncode == 0, told
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}


@pytest.mark.slow
def test_wait_that_is_ended_sends_nothing(shell, server, book):
    """While it waits nothing is held, so that other commands may use the workbook; a signal ends it with 7."""
    run = shell.start("send", book, "--yes", "--not-before", typed(from_now(86_400)), PYTHONUNBUFFERED="1")
    line = ""
    while "Waiting until" not in line:
        line = line_of(run, "the wait")
    assert "(Europe/Paris)" in line
    assert shell.run("refresh", book).returncode == 0

    run.send_signal(signal.SIGTERM)
    told, _ = run.communicate(timeout=60)

    assert (run.returncode, server.posts) == (7, []), told
    assert "Nothing was sent" in told


def later(book, monkeypatch, meanwhile, **answers):
    """Send at a time that has come when the wait, in which something happens, is over."""
    monkeypatch.setattr(send_later, "_wait", lambda *_: meanwhile() or True)
    order = Order(Paths(book), Choices(), SendAnswers(yes=True, terminal=False, **answers))
    return send_later.run_send_later(order, typed(from_now(-60)), Screen())


@pytest.fixture
def here(shell, monkeypatch):
    """This process, pointed to the fake Collect."""
    for name, value in shell.environ.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_workbook_that_was_changed_meanwhile_is_not_sent(server, book, monkeypatch):
    """A contact more than was approved, typed in while it waited: nothing goes out, not even to the others."""
    with pytest.raises(PlanChanged):
        later(book, monkeypatch, lambda: make_book(book, 4) and None)
    assert server.posts == []


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_people_whom_others_asked_meanwhile_change_the_plan(server, book, monkeypatch):
    """A colleague has asked one of them while it waited: the plan is another one, and must be seen."""

    def colleague_asks():
        server.account.send({"campaignId": server.campaign, "contacts": [{"email": "p3@example.com"}]})

    with pytest.raises(PlanChanged):
        later(book, monkeypatch, colleague_asks)
    assert server.posts == []


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_same_plan_is_sent_then(server, book, monkeypatch):
    """Where nothing changed the plan goes out as it was approved."""
    assert later(book, monkeypatch, lambda: None) == 0
    assert len(server.accepted) == 3


def test_unclear_time_is_refused_before_anything(shell, server, book):
    """A slip in the time ends the command before the account is asked."""
    done = shell.send(book, "--not-before", "03/04/2027")

    assert (done.returncode, server.calls) == (2, []), done.stdout
    assert 'The start "03/04/2027"' in done.stderr
    assert "What to do" in done.stderr


def test_several_workbooks_cannot_wait(shell, server, book, tmp_path):
    """The time goes with one workbook, in words."""
    done = shell.send(book, make_book(tmp_path / "more.xlsx", 2), "--not-before", typed(from_now(3600)))

    assert (done.returncode, server.posts) == (2, [])
    assert "--not-before" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")
def test_countdown_at_a_terminal_ends_by_ctrl_c(shell, server, book):
    """The question names the time, the wait counts down, and Ctrl-C ends it with nothing sent."""
    from support.terminal import Terminal  # noqa: PLC0415  # not on Windows

    with Terminal(shell, "send", book, "--not-before", typed(from_now(90_000)), columns=120) as terminal:
        terminal.until("(Europe/Paris)? [y/N]")
        assert "Nothing is sent before" in terminal.shown
        terminal.type("y\n")
        terminal.until("Ctrl-C ends it.")
        terminal.type("\x03")
        assert terminal.ends() == 7, terminal.shown
    assert server.posts == []
