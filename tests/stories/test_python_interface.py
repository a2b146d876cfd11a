"""The public face: what a program can do without the command line."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

import collect_xl
from collect_xl.errors import DiskError, HeldElsewhere, PlanChanged, UsageError, WorkbookBusy
from collect_xl.testing import FakeCollect, faults
from collect_xl.workflow.run_lock import hold
from support.books import make_book, results

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A Collect that the environment points to."""
    with FakeCollect() as made:
        monkeypatch.setenv("COLLECT_API_KEY", made.key)
        monkeypatch.setenv("COLLECT_API_URL", made.url)
        monkeypatch.setenv("COLLECT_XL_HISTORY", str(tmp_path / "journal.sqlite3"))
        monkeypatch.setenv("COLLECT_XL_LOOKUP_AFTER", "0")
        yield made


@pytest.fixture
def book(tmp_path):
    """A workbook of three people."""
    return make_book(tmp_path / "clients.xlsx", 3)


def test_check_then_send(server, book):
    """A program checks, approves the very plan it was shown, and learns what came of every row."""
    plans = []

    def approve(prepared):
        plans.append(prepared.plan.size)
        return prepared.approval()

    assert collect_xl.check(book).plan.size == 3

    finished = collect_xl.send(book, approve=approve)

    assert plans == [3]
    assert [(end.row, end.status) for end in finished.rows] == [(2, "pending"), (3, "pending"), (4, "pending")]
    assert len(server.accepted) == 3


@pytest.mark.parametrize("answer", [False, None, "n", "yes", 1])
def test_plan_that_is_not_approved_is_not_sent(server, book, answer):
    """Without a yes nothing is sent; what somebody typed is not a yes by being a text."""
    assert collect_xl.send(book, approve=lambda _: answer) is None
    assert server.posts == []


def test_true_approves_the_plan_and_no_new_round(server, book):
    """A plain True is a yes to the plan that was shown, and none to a round that asks people again."""
    assert collect_xl.send(book, approve=lambda _: True).report.rows("sent") == (2, 3, 4)

    again = make_book(book.with_name("again.xlsx"), 3, options={"Round": "2"})
    with pytest.raises(UsageError, match='Round "2" is new'):
        collect_xl.send(again, approve=lambda _: True)
    assert len(server.accepted) == 3


@pytest.mark.slow
def test_settle_finds_what_was_lost(server, book):
    """A lost answer is looked up, and the sheet shows it."""
    server.on(faults.DropAfterCreating(), nth=1)
    collect_xl.send(book, approve=lambda prepared: prepared.approval())

    end = collect_xl.lookup(book)

    assert (end.settled.sent, end.settled.open) == (3, 0)
    assert {row.status for row in end.rows} == {"pending"}
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}


@pytest.mark.slow
def test_example_of_the_readme_runs(server, book, monkeypatch, capsys):
    """The README's example checks, sends and refreshes as it stands there, and prints a line for each row."""
    monkeypatch.chdir(book.parent)
    readme = (PROJECT / "README.md").read_text("utf-8")
    example = readme.split("## From Python", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]

    exec(compile(example, "README.md", "exec"), {})

    printed = capsys.readouterr().out
    assert len(server.accepted) == 3
    assert re.search(r"^2 p2@example\.com pending \w+", printed, re.MULTILINE)
    assert printed.strip().endswith("pending")


def test_rows_make_a_table(server, book):
    """Rows of a check and of a send are plain values with names that a table can use."""
    done = collect_xl.send(book, approve=lambda prepared: prepared.approval())

    planned, sent = (dataclasses.asdict(rows[0]) for rows in (collect_xl.check(book).rows, done.rows))
    columns = ["row", "status", "request_id", "message", "portal_url", "email", "contact_id", "due"]
    assert list(planned) == list(sent) == columns
    assert (planned["status"], sent["email"], sent["status"]) == ("sent", "p2@example.com", "pending")


def test_new_round_must_be_named(server, book):
    """A program cannot ask the same people again in a new round without naming it, whatever it approves."""
    again = make_book(book.with_name("again.xlsx"), 3, options={"Round": "2"})
    collect_xl.send(book, approve=lambda prepared: prepared.approval())

    with pytest.raises(UsageError, match='Round "2" is new'):
        collect_xl.send(again, approve=lambda prepared: prepared.approval())
    assert len(server.accepted) == 3
    collect_xl.send(again, approve=lambda prepared: prepared.approval(new_rounds=("2",)))

    assert len(server.accepted) == 6


def test_approval_of_another_plan_sends_nothing(server, book):
    """What was approved for one plan does not send another."""
    other = collect_xl.check(book, collect_xl.Choices(first=1), online=True).approval()

    with pytest.raises(PlanChanged):
        collect_xl.send(book, approve=lambda _: other)
    assert server.posts == []


@pytest.mark.slow
def test_requests_are_cancelled_and_given_more_time(server, book):
    """A program changes due dates and cancels, each once it has approved the requests that it was shown."""
    collect_xl.send(book, approve=lambda prepared: prepared.approval())

    assert collect_xl.cancel(book, [2], approve=lambda _: False) is None
    changed = collect_xl.change_due_date(book, [3], "2099-12-31", approve=lambda requests: list(requests) == [3])
    cancelled = collect_xl.cancel(book, [2], approve=lambda requests: list(requests) == [2])

    assert changed.changed.rows("done") == (3,)
    assert {row.row: row.status for row in cancelled.rows} == {2: "cancelled", 3: "pending", 4: "pending"}
    assert collect_xl.overdue(book).rows == ()


def test_workbook_that_is_open_elsewhere_is_not_sent(server, book):
    """What cannot be written back must not be asked: a workbook open in Excel sends nothing."""
    (book.parent / "~$clients.xlsx").write_bytes(b"\x03Ann" + b" " * 50)

    with pytest.raises(WorkbookBusy, match="Ann"):
        collect_xl.send(book, approve=lambda prepared: prepared.approval())

    assert server.posts == []


def test_workbook_is_held_by_one_run(tmp_path):
    """A second holder learns who the first one is, by whatever name it calls the file."""
    book = make_book(tmp_path / "clients.xlsx", 1)
    (tmp_path / "link.xlsx").symlink_to(book)

    with (
        hold(tmp_path / "locks", book, "ann on PC-7"),
        pytest.raises(HeldElsewhere, match="ann on PC-7"),
        hold(tmp_path / "locks", tmp_path / "link.xlsx", "bob"),
    ):
        pass
    with hold(tmp_path / "locks", book, "bob"):
        pass


def test_results_that_cannot_be_written_are_told_and_come_later(server, book, monkeypatch):
    """When the write-back fails after the sends, the failure is told, and the next run writes without asking again."""
    from collect_xl.errors import DiskError  # noqa: PLC0415
    from collect_xl.workbook.saved import SavedWorkbook  # noqa: PLC0415

    def full(*_):
        raise DiskError("The disk is full.", tip="Free some space.")

    with monkeypatch.context() as patched:
        patched.setattr(SavedWorkbook, "write", full)
        finished = collect_xl.send(book, approve=lambda prepared: prepared.approval())
    assert str(finished.failure) == "The disk is full."

    collect_xl.send(book, approve=lambda prepared: prepared.approval())

    assert len(server.posts) == 1
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}


def test_a_folder_that_takes_no_lock_is_named(tmp_path):
    """Where the lock of a workbook cannot be kept, the folder is named, and the run does not begin."""
    (tmp_path / "locks").write_text("a file, not a folder")
    with (
        pytest.raises(DiskError, match="locks cannot be written"),
        hold(tmp_path / "locks", tmp_path / "b.xlsx", "ann"),
    ):
        pass
