"""Demo and sandbox: the whole job can be tried, with requests that get on, apart from the user's own account."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter

import pytest

import collect_xl
from collect_xl.cli.help import VARIABLES
from support.books import make_book, results


def statuses(book) -> Counter[str]:
    """Return how many rows of a workbook show each status."""
    return Counter(row["Collect status"] for row in results(book).values())


@pytest.mark.slow
def test_demo_runs_the_whole_job(shell):
    """The demo sends the sample's good rows, tells the wrong ones, refreshes, and leaves key and history alone."""
    (shell.folder / "journal.sqlite3").unlink()
    done = shell.run("demo", COLLECT_API_KEY="my-real-key", COLLECT_API_URL="https://api.usecollect.com/v1")

    assert done.returncode == 0, done.stdout + done.stderr
    assert statuses(shell.folder / "collect-xl-demo" / "clients.xlsx") == {
        "pending": 56,
        "waiting": 23,
        "completed": 23,
        "due": 12,
        "error": 1,
        "invalid": 4,
        "duplicate": 1,
    }
    assert not (shell.folder / "journal.sqlite3").exists()


@pytest.mark.slow
def test_demo_ends_with_the_next_command(shell):
    """The last line can be pasted, and makes a workbook of one's own; no command would send the sample for real."""
    done = shell.run("demo")
    assert "collect-xl send" not in done.stdout
    command = done.stdout.splitlines()[-1].split()

    assert command[1:] == ["new", "clients.xlsx"]
    assert command[0].endswith("collect-xl")
    assert shell.run(*command[1:]).returncode == 0
    assert (shell.folder / "clients.xlsx").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_lively_sandbox_lets_refresh_and_overdue_be_tried(shell, tmp_path, monkeypatch):
    """What was sent to it gets on from refresh to refresh; overdue names who is late and who was not reached."""
    book = make_book(tmp_path / "a.xlsx", 10)
    sandbox = shell.start("sandbox", "--lively", "--folder", tmp_path / "sandbox", PYTHONUNBUFFERED="1")
    try:
        lines = [sandbox.stdout.readline() for _ in range(8)]
        variables = dict(re.findall(r"export (\w+)=(\S+)", "".join(lines)))
        shell.run("send", book, "--yes", **variables)
        sent = statuses(book)
        shell.run("refresh", book, **variables)
        refreshed = statuses(book)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        late = collect_xl.overdue(book)
        shell.run("refresh", book, **variables)
        later = statuses(book)
    finally:
        sandbox.send_signal(signal.SIGINT)
        sandbox.communicate(timeout=30)

    assert variables.keys() <= {name for name, _ in VARIABLES}
    assert sent == {"pending": 10}
    assert refreshed == {"pending": 4, "waiting": 2, "completed": 2, "due": 1, "error": 1}
    assert [(row.row, row.kind) for row in late.rows if row.kind != "due soon"] == [(5, "overdue"), (7, "undelivered")]
    assert later == {"pending": 2, "waiting": 2, "completed": 3, "due": 2, "error": 1}
