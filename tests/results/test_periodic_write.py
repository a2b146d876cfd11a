"""Results that go into a saved workbook while its run is on."""

from __future__ import annotations

import os
import shutil
from collections import Counter

import pytest

from collect_xl.domain.events import BatchEnded
from collect_xl.domain.rows import Choices
from collect_xl.errors import WorkbookBusy
from collect_xl.results import periodic_write
from collect_xl.results.periodic_write import LEAST, SHARE, WritePace
from collect_xl.testing import FakeCollect, faults
from collect_xl.workbook.saved import open_saved
from collect_xl.workflow import open as app
from collect_xl.workflow import stories
from support.books import make_book, results
from support.fronts import Yes
from support.shell import Shell
from support.waiting import line_of, until


class Clock:
    """A clock that tests turn."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        """Return the time."""
        return self.now


def passing(clock, seconds):
    """A write that takes some seconds."""

    def write():
        clock.now += seconds

    return write


def test_write_is_due_after_some_seconds():
    """A quick write is due a few seconds after the one before, not after each batch."""
    clock = Clock()
    pace = WritePace(clock)
    assert not pace.is_due()
    clock.now += LEAST
    assert pace.is_due()
    pace.time(passing(clock, 0.1))
    assert not pace.is_due()


def test_slow_write_takes_a_tenth_of_the_run():
    """After a write of two seconds the next one is due when the run has lasted twenty more."""
    clock = Clock()
    pace = WritePace(clock)
    pace.time(passing(clock, 2.0))
    clock.now += 2.0 * SHARE - 0.1
    assert not pace.is_due()
    clock.now += 0.1
    assert pace.is_due()


def test_first_write_of_a_large_workbook_waits_its_turn(tmp_path):
    """The rehearsal has shown what a write will take, so that a short run is not slowed by its first one."""
    clock = Clock()
    pace = WritePace(clock, cost=2.0)
    clock.now += 2.0 * SHARE - 0.1
    assert not pace.is_due()
    clock.now += 0.1
    assert pace.is_due()

    workbook = open_saved(make_book(tmp_path / "clients.xlsx", 3))
    assert workbook.write_seconds == 0.0
    workbook.probe()
    assert workbook.write_seconds > 0.0


def test_wait_ahead_counts():
    """What a run will wait now can be used for writing."""
    pace = WritePace(Clock())
    assert pace.is_due(ahead=LEAST)
    assert not pace.is_due(ahead=LEAST - 1)


def test_failed_write_has_its_cost():
    """A workbook that is open elsewhere is not tried again with every batch."""
    clock = Clock()
    pace = WritePace(clock)

    def fail():
        clock.now += 1.0
        raise WorkbookBusy("It is open.")

    with pytest.raises(WorkbookBusy):
        pace.time(fail)
    clock.now += SHARE - 0.1
    assert not pace.is_due()


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A Collect that the environment points to; a write is due after each batch."""
    monkeypatch.setattr(periodic_write, "LEAST", 0.0)
    monkeypatch.setattr(periodic_write, "SHARE", 0)
    with FakeCollect() as made:
        monkeypatch.setenv("COLLECT_API_KEY", made.key)
        monkeypatch.setenv("COLLECT_API_URL", made.url)
        monkeypatch.setenv("COLLECT_XL_HISTORY", str(tmp_path / "journal.sqlite3"))
        monkeypatch.setenv("COLLECT_XL_LIST_LAG", "0.3")
        yield made


def send(book, after_batch, output=None):
    """Send a saved workbook; ``after_batch`` hears the number of each batch that has ended."""

    def on_event(event):
        if isinstance(event, BatchEnded):
            after_batch(event.number)

    with app.opened(app.Paths(book, output=output), app.WRITE) as session:
        return stories.send(session, app.collect_of(session), Choices(), Yes(on_event)).finished


def filled(book):
    """How many rows show a status."""
    return sum(bool(each.get("Collect status")) for each in results(book).values())


@pytest.mark.slow
def test_saved_workbook_fills_in_while_its_run_is_on(server, tmp_path):
    """After each batch for which a write was due the sheet holds all results so far."""
    book, seen = make_book(tmp_path / "clients.xlsx", 120), []

    finished = send(book, lambda _: seen.append(filled(book)))

    assert seen == [50, 100, 120]
    assert finished.written.rows == 120
    assert finished.written.notes == ("A copy of the workbook as it was is kept as clients.backup.xlsx.",)


def test_workbook_that_is_opened_meanwhile_is_left_alone(server, tmp_path):
    """Excel opens the workbook after the first batch: the run goes on, and one file beside has all in the end."""
    book, seen = make_book(tmp_path / "clients.xlsx", 120), []

    def opens(number):
        (tmp_path / "~$clients.xlsx").write_bytes(b"\x03Ann")
        seen.append((filled(book), len(list(tmp_path.glob("*(results*")))))

    finished = send(book, opens)

    assert seen == [(50, 0), (50, 0), (50, 0)]
    assert finished.written.path == str(tmp_path / "clients (results).xlsx")
    assert filled(tmp_path / "clients (results).xlsx") == 120


@pytest.mark.slow
def test_workbook_that_is_saved_over_gets_all_results_in_the_end(server, tmp_path):
    """A program saves what it had read before the run: the end writes every row once more."""
    book = make_book(tmp_path / "clients.xlsx", 120)
    earlier = shutil.copy(book, tmp_path / "earlier.xlsx")

    def saves_over(number):
        if number == 3:
            os.replace(earlier, book)  # noqa: PTH105  # as another program does

    send(book, saves_over)

    assert filled(book) == 120


@pytest.mark.slow
def test_copy_for_the_results_fills_in_as_a_whole(server, tmp_path):
    """With an output the workbook stays as it is, and each write holds the rows of those before."""
    book, out, seen = make_book(tmp_path / "clients.xlsx", 120), tmp_path / "out.xlsx", []

    send(book, lambda _: seen.append(filled(out)), output=out)

    assert seen == [50, 100, 120]
    assert filled(book) == 0


def test_row_that_ends_as_it_began_shows_no_state_of_in_between(server, tmp_path, monkeypatch):
    """A row is refused as last time; in between it was shown as unknown, and no later write was possible."""
    book = make_book(tmp_path / "clients.xlsx", 1)
    lock = tmp_path / "~$clients.xlsx"
    server.on(faults.BadRow("p2@example.com"))
    send(book, lambda _: None)
    first, in_between = results(book), []
    assert first[2]["Collect status"] == "refused"

    def opens_until_it_is_proved(event):
        if not isinstance(event, BatchEnded):
            return
        if not in_between:
            in_between.append(results(book)[2]["Collect status"])
            lock.write_bytes(b"\x03Ann")
        else:  # the lists have proved it, however long that took
            lock.unlink()
            monkeypatch.setattr(periodic_write, "LEAST", 3600.0)

    with app.opened(app.Paths(book), app.WRITE) as session:
        stories.send(session, app.collect_of(session), Choices(), Yes(opens_until_it_is_proved))

    assert in_between == ["unknown"]
    assert results(book) == first


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGKILL")
def test_killed_run_leaves_its_results_in_the_sheet(tmp_path):
    """A kill in the second batch leaves the results of the first one in the workbook."""
    with FakeCollect() as server:
        shell = Shell(tmp_path, server)
        book = make_book(tmp_path / "clients.xlsx", 60)
        server.on(faults.Hang(LEAST + 1), nth=1)
        server.on(faults.Hang(), nth=2)
        run = shell.start("send", book, "--yes")
        try:
            until(lambda: len(server.posts) == 2, "the second POST", seconds=60)
        finally:
            run.kill()
            run.communicate(timeout=60)

        assert filled(book) == 50
        assert "Collect status" in results(book)[2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGKILL")
def test_run_killed_while_it_waits_for_a_proof_leaves_its_results(tmp_path):
    """While a refused batch waits for its proof, the sheet has what was sent, and says what is unknown."""
    with FakeCollect() as server:
        shell = Shell(tmp_path, server)
        book = make_book(tmp_path / "clients.xlsx", 60)
        server.on(faults.BadRow("p61@example.com"))
        run = shell.start("send", book, "--yes", COLLECT_XL_LIST_LAG="600", PYTHONUNBUFFERED="1")
        try:
            line = ""
            while "Waiting" not in line:
                line = line_of(run, "the wait for the proof")
        finally:
            run.kill()
            run.communicate(timeout=60)

        states = Counter(each["Collect status"] for each in results(book).values())
        assert states == {"pending": 50, "unknown": 10}
