"""Numbers and dates beyond all measure, in the words of a command, end in words or mean what they say."""

from __future__ import annotations

import pytest

from support.books import make_book

HUGE = "9" * 30


@pytest.fixture
def book(tmp_path):
    return make_book(tmp_path / "clients.xlsx", 2)


def fine(done):
    assert "Unforeseen" not in done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--recent", "--first", "--limit", "--daily-limit", "--per-minute", "--abort-above"])
@pytest.mark.parametrize("number", ["999999999", HUGE])
def test_limits_beyond_all_measure(shell, book, option, number):
    """A limit that is larger than any list limits nothing."""
    assert fine(shell.send(book, option, number)).returncode == 0
    assert len(shell.server.accepted) == 2


@pytest.mark.slow
@pytest.mark.parametrize("due", ["9999-12-31", "0999-01-01", "0001-01-01T00:00+14:00", "2200-01-01"])
def test_due_dates_beyond_the_calendar(shell, book, tmp_path, due):
    """A due date that cannot be meant is an error by its cell, or by its option, and nothing is sent."""
    assert shell.send(book).returncode == 0
    changed = fine(shell.run("due", book, "--rows", "2", "--due", due, "--yes"))
    assert (changed.returncode, "expected a date in the years" in changed.stderr) == (2, True)
    other = make_book(tmp_path / "other.xlsx", [("q@example.com", due)], headers=("Email", "Due date"))
    checked = fine(shell.run("check", other))
    assert (checked.returncode, "expected a date in the years" in checked.stdout) == (3, True)


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31T23:59"])
def test_the_log_since_the_ends_of_the_calendar(shell, book, since):
    """The log can be asked since any date that can be typed."""
    assert fine(shell.run("log", "--since", since)).returncode == 0


@pytest.mark.slow
def test_what_is_due_within_any_time(shell, book):
    """What is due within any number of days is listed."""
    assert shell.send(book).returncode == 0
    assert fine(shell.run("overdue", book, "--within", HUGE)).returncode == 3
