"""The first people of a plan, who are sent alone and shown before the others may follow."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

import collect_xl
from collect_xl.domain.rows import Choices
from collect_xl.sending.fresh_lists import OLDEST_AT_START
from collect_xl.sending.run import send
from collect_xl.sending.terms import Terms
from collect_xl.testing import faults
from collect_xl.workflow import open as app
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import HowToSend
from support.books import make_book, results
from support.fronts import Yes
from support.office import SHORT
from support.people import row


class Asked:
    """Answers the question, and keeps what was sent when it was asked."""

    def __init__(self, office, answer):
        self.office, self.answer, self.mailed = office, answer, None

    def __call__(self):
        """Answer."""
        self.mailed = list(self.office.mailed)
        return self.answer


def people(office, count):
    """Rows of the open campaign."""
    return [row(number, f"p{number}@example.com", campaign=office.server.campaign) for number in range(2, count + 2)]


def addresses(first, last):
    """Return the addresses of some rows."""
    return [f"p{number}@example.com" for number in range(first, last + 1)]


def test_first_goes_out_alone_and_the_rest_after_a_yes(office):
    """One person is sent, the question follows, then the others of the same plan."""
    asked = Asked(office, answer=True)

    report = office.send(people(office, 5), terms=office.terms(canary=1), go_on=asked)

    assert asked.mailed == addresses(2, 2)
    assert office.mailed == addresses(2, 6)
    assert report.stopped is None


@pytest.mark.parametrize("answer", [False, None, "no"])
def test_nothing_but_a_yes_sends_the_rest(office, answer):
    """After a no, or anything that is no clear yes, the others are left alone."""
    report = office.send(people(office, 5), terms=office.terms(canary=2), go_on=Asked(office, answer))

    assert office.mailed == addresses(2, 3)
    assert (report.stopped, len(report.states)) == ("canary", 2)


def test_where_no_one_is_asked_the_rest_stays(office):
    """A program that names a canary and answers no question sends the canary alone."""
    report = office.send(people(office, 3), terms=office.terms(canary=1))

    assert (office.mailed, report.stopped) == (addresses(2, 2), "canary")


def test_refused_canary_is_not_even_asked_about(office):
    """The first person is refused: what would befall all others is not tried on them, whatever the answer."""
    office.server.on(faults.BadRow("p2@example.com"))
    asked = Asked(office, answer=True)

    report = office.send(people(office, 5), terms=office.terms(canary=1), go_on=asked)

    assert (asked.mailed, office.mailed) == (None, [])
    assert (report.stopped, report.rows("refused")) == ("canary", (2,))


def test_lost_canary_is_not_even_asked_about(office):
    """The answer about the first person is lost: the others wait until it is known what became of it."""
    office.server.on(faults.DropAfterCreating(), nth=1)
    asked = Asked(office, answer=True)

    report = office.send(people(office, 5), terms=office.terms(canary=1), go_on=asked)

    assert (asked.mailed, office.mailed) == (None, addresses(2, 2))
    assert report.stopped == "canary"


def test_canary_as_large_as_the_plan_asks_nothing(office):
    """Where no others are left there is no question."""
    asked = Asked(office, answer=False)

    report = office.send(people(office, 2), terms=office.terms(canary=2), go_on=asked)

    assert (asked.mailed, len(office.mailed), report.stopped) == (None, 2, None)


def test_person_who_was_asked_during_the_question_is_not_asked_again(office):
    """While the question stands another run sends everyone: the yes sends no one a second time."""

    def other_run_sends():
        office.send(people(office, 4))
        return True

    report = office.send(people(office, 4), terms=office.terms(canary=1), go_on=other_run_sends)

    assert sorted(office.mailed) == addresses(2, 5)
    assert set(report.held) == {3, 4, 5}


def test_lists_are_read_again_after_the_question(office):
    """While the question stands over lunch a colleague asks someone of the rest: that person is left out."""
    context = office.context()
    start, lunch = time.monotonic(), []

    def colleague_asks():
        contacts = [{"email": "p3@example.com"}]
        office.server.account.send({"campaignId": office.server.campaign, "contacts": contacts})
        lunch.append(2 * OLDEST_AT_START)
        return True

    context = replace(context, monotonic=lambda: time.monotonic() - start + sum(lunch))
    terms = Terms(lists=office.lists(context), patience=SHORT, canary=1)
    report = send(office.plan(people(office, 3)), context, terms=terms, go_on=colleague_asks)

    assert office.mailed == ["p2@example.com", "p3@example.com", "p4@example.com"]
    assert sorted(report.states) == [2, 4]


class Shown(Yes):
    """Approves, and keeps what it is shown after the first people."""

    shown = None

    def go_on(self, first, rest):
        """Keep it, and say yes."""
        self.shown = first, rest
        return True


@pytest.mark.slow
def test_face_sees_status_link_and_request_and_so_does_the_sheet(server, tmp_path, monkeypatch):
    """At the question the face has status, portal link and request ID of the first row, and the sheet has them, too."""
    for name, value in (("API_KEY", server.key), ("API_URL", server.url), ("XL_HISTORY", str(tmp_path / "j.sqlite3"))):
        monkeypatch.setenv(f"COLLECT_{name}", value)
    book, seen = make_book(tmp_path / "clients.xlsx", 3), []

    class Looks(Shown):
        """Looks into the sheet at the question."""

        def go_on(self, first, rest):
            """Keep what the sheet shows."""
            seen.append(results(book)[2]["Collect request ID"])
            return super().go_on(first, rest)

    front = Looks()
    with app.opened(app.Paths(book), app.WRITE) as session:
        stories.send(session, app.collect_of(session), Choices(), front, how=HowToSend(canary=1))

    (end,), rest = front.shown
    assert (end.row, end.email, end.status, rest) == (2, "p2@example.com", "pending", 2)
    assert end.portal_url.startswith("http")
    assert [end.request_id] == seen == [server.accepted[0].request_id]
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}


@pytest.mark.slow
def test_unattended_canary_is_refused_in_words(shell, server, tmp_path):
    """Where no one can be asked, with --yes or without, nothing is sent at all, and the words say what else to do."""
    book = make_book(tmp_path / "clients.xlsx", 3)

    for words in ([], ["--yes"]):
        done = shell.run("send", book, "--canary", "1", *words)

        assert (done.returncode, server.posts) == (2, []), done.stdout
        assert "--first 1 --yes" in done.stderr


needs_terminal = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")


@needs_terminal
@pytest.mark.slow
def test_canary_at_a_terminal(shell, server, tmp_path):
    """The first row is sent and shown with its link; a second yes sends the rest."""
    from support.terminal import Terminal  # noqa: PLC0415  # not on Windows

    book = make_book(tmp_path / "clients.xlsx", 3)
    with Terminal(shell, "send", book, "--canary", "1") as terminal:
        terminal.until("Send 3 requests as Sandbox & Co now, the first 1 of them alone? [y/N]")
        terminal.type("y\n")
        terminal.until("Send the other 2 now? [y/N]")
        sent = list(server.accepted)
        assert len(sent) == 1
        assert f"request {sent[0].request_id}" in terminal.shown
        assert "p2@example.com: pending" in terminal.shown
        terminal.type("y\n")
        assert terminal.ends() == 0, terminal.shown
    assert len(server.accepted) == 3


@needs_terminal
@pytest.mark.slow
@pytest.mark.parametrize("typed", ["n\n", "\x03", "\x04"], ids=["no", "Ctrl-C", "end of input"])
def test_no_after_the_canary(shell, server, tmp_path, typed):
    """A no, Ctrl-C or the end of the input leave the others alone; code 7 says that the rest is to be sent."""
    from support.terminal import Terminal  # noqa: PLC0415  # not on Windows

    book = make_book(tmp_path / "clients.xlsx", 3)
    with Terminal(shell, "send", book, "--canary", "1", "--yes") as terminal:
        terminal.until("Send the other 2 now? [y/N]")
        terminal.type(typed)
        assert terminal.ends() == 7, terminal.shown
        assert "2 not reached" in terminal.shown
    assert len(server.accepted) == 1
    status = {row: cells["Collect status"] for row, cells in results(book).items()}
    assert status == {2: "pending", 3: "skipped", 4: "skipped"}


@pytest.mark.slow
def test_python_program_decides_after_the_canary(server, tmp_path, monkeypatch):
    """A program without an answer, or with any but True, sends the first alone; the next call sends the rest."""
    for name, value in (("API_KEY", server.key), ("API_URL", server.url), ("XL_HISTORY", str(tmp_path / "j.sqlite3"))):
        monkeypatch.setenv(f"COLLECT_{name}", value)
    book = make_book(tmp_path / "clients.xlsx", 4)

    def send_with(go_on):
        collect_xl.send(book, approve=lambda prepared: prepared.approval(), canary=1, go_on=go_on)
        return len(server.accepted)

    assert [send_with(None), send_with(lambda _: "yes"), send_with(lambda first: len(first) == 1)] == [1, 2, 4]
