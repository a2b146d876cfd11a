"""A person's word for rows whose outcome nothing proves."""

from __future__ import annotations

import io
import json
import time

import pytest

from collect_xl.cli.answers import Answers
from collect_xl.cli.lookup import run_assume
from collect_xl.cli.screen import Screen
from collect_xl.domain.model import Scope
from collect_xl.domain.ports import ToClaim
from collect_xl.errors import HeldElsewhere
from collect_xl.followup.lookup import assume
from collect_xl.testing import FakeCollect, faults
from collect_xl.workflow.open import Paths
from support.books import make_book, results


@pytest.fixture
def server():
    """A Collect of this test's own, whose first answer is lost."""
    with FakeCollect() as made:
        made.on(faults.DropBeforeCreating(), nth=1)
        yield made


@pytest.fixture
def unknown(shell, tmp_path):
    """Return a workbook with two unknown rows."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    assert shell.send(book).returncode == 4
    return book


def statuses(book) -> list[str]:
    return [each["Collect status"] for each in results(book).values()]


@pytest.mark.slow
def test_said_to_be_sent_is_never_sent_again(shell, server, unknown):
    """A row that somebody says was sent is not asked again; whose word it was stays in the journal."""
    done = shell.run("lookup", unknown, "--assume", "sent", "--rows", "2", "--yes")

    assert done.returncode == 4, done.stderr  # the other row is unknown still
    assert statuses(unknown) == ["pending", "unknown"]
    first, second, _ = (json.loads(line) for line in shell.run("log", "--json").stdout.splitlines())
    step = first["history"][-1]
    assert (first["state"], step["how"], step["by"], second["state"]) == (
        "sent",
        "a person's word",
        first["by"],
        "unknown",
    )
    assert shell.send(unknown).returncode == 4
    assert len(server.posts) == 1


@pytest.mark.slow
def test_request_of_what_was_said_to_be_sent_is_found(shell, tmp_path):
    """A refresh finds the request that somebody said there is, and follows it from then on."""
    with FakeCollect() as server:
        server.on(faults.DropAfterCreating(), nth=1)
        shell.environ |= {"COLLECT_API_URL": server.url, "COLLECT_API_KEY": server.key}
        book = make_book(tmp_path / "clients.xlsx", 2)
        assert shell.send(book).returncode == 4
        assert shell.run("lookup", book, "--assume", "sent", "--yes").returncode == 0
        assert "not known yet" in results(book)[2]["Collect message"]
        for request in server.account.requests.values():
            request["status"] = "completed"

        done = shell.run("refresh", book)

        assert done.returncode == 0, done.stdout + done.stderr
        shown = {each["Collect request ID"]: each for each in results(book).values()}
        assert shown.keys() == server.account.requests.keys()
        assert {(each["Collect status"], each["Collect message"]) for each in shown.values()} == {("completed", "")}


@pytest.mark.slow
def test_what_was_said_to_be_sent_and_is_nowhere_is_told(shell, server, unknown):
    """Where Collect has no request of it, each refresh says so and ends with 3."""
    assert shell.run("lookup", unknown, "--assume", "sent", "--yes").returncode == 0

    done = shell.run("refresh", unknown)

    assert done.returncode == 3, done.stdout
    assert "Row 3 was said to be sent, and Collect shows no request" in done.stderr + done.stdout
    assert statuses(unknown) == ["pending", "pending"]


@pytest.mark.slow
def test_said_to_be_not_sent_is_free_again(shell, server, unknown):
    """Rows that somebody says were never sent are told so, and the next send asks them once."""
    done = shell.run("lookup", unknown, "--assume", "not-sent", "--yes")

    assert done.returncode == 0, done.stderr
    assert statuses(unknown) == ["skipped", "skipped"]
    assert "said" in results(unknown)[2]["Collect message"]
    assert shell.send(unknown).returncode == 0
    assert sorted(each.email for each in server.accepted) == ["p2@example.com", "p3@example.com"]


def test_nobody_there_and_no_yes_changes_nothing(shell, unknown):
    """Without a terminal a word counts only with ``--yes``."""
    done = shell.run("lookup", unknown, "--assume", "sent")

    assert (done.returncode, statuses(unknown)) == (2, ["unknown", "unknown"])
    assert "--yes" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "end"), [("n", (7, "unknown")), ("", (7, "unknown")), ("yes", (0, "pending"))], ids=["no", "-", "yes"]
)
def test_person_is_shown_the_rows_and_asked(shell, unknown, monkeypatch, capsys, typed, end):
    """In a terminal the rows are shown and confirmed; only yes means yes."""
    for name, value in shell.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))

    code = run_assume(Paths(unknown), "sent", None, Screen(), Answers(yes=False, terminal=True))

    assert [(code, status) for status in statuses(unknown)] == [end, end]
    assert "row 3: p3@example.com" in capsys.readouterr().out


def test_not_sent_is_refused_while_a_byte_may_be_under_way(office):
    """While a sender whose lease has ended may still be at work, nobody's word frees its rows; "sent" may be said."""
    journal = office.open_journal(lease=0.01, deadline=60)
    scope = Scope(office.account.origin, office.account.team.id, office.server.campaign, "")
    ticket = journal.claim(office.run(journal), scope, [ToClaim(2, ("mail:p2@example.com",))], None)
    time.sleep(0.02)
    journal.take_over()
    claims = journal.claims(scope.origin, scope.team, scope.campaign)

    with pytest.raises(HeldElsewhere, match="cannot become not_sent now"):
        assume(claims, "not_sent", journal, who="ann")

    assert office.states() == {"p2@example.com": "unknown"}
    assume(claims, "sent", journal, who="ann")
    assert office.states() == {"p2@example.com": "sent"}
    assert journal.history(ticket.won[2])[-1].how == "a person's word"


def test_nothing_unknown_is_nothing_to_do(shell, server, unknown):
    """Where no chosen row is unknown, nothing is asked or changed."""
    done = shell.run("lookup", unknown, "--assume", "sent", "--rows", "9")

    assert (done.returncode, "nothing to assume" in done.stdout) == (0, True)


@pytest.mark.parametrize("words", [["--yes"], ["--rows", "2"], ["--assume", "sent", "--wait"], ["--assume", "maybe"]])
def test_words_that_belong_to_assume_alone(shell, words):
    """Words that do not fit together end with 2."""
    assert shell.run("lookup", "clients.xlsx", *words).returncode == 2
