"""Rows that fill in while a run is on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collect_xl.domain.events import BatchEnded
from collect_xl.domain.rows import Choices
from collect_xl.errors import WorkbookBusy
from collect_xl.testing import FakeCollect, faults
from collect_xl.workflow import open as app
from collect_xl.workflow import stories
from support.books import make_book, results
from support.fronts import Yes


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A Collect that the environment points to."""
    with FakeCollect() as made:
        monkeypatch.setenv("COLLECT_API_KEY", made.key)
        monkeypatch.setenv("COLLECT_API_URL", made.url)
        monkeypatch.setenv("COLLECT_XL_HISTORY", str(tmp_path / "journal.sqlite3"))
        yield made


def send(book, on_event, busy=()):
    """Send batch by batch; the workbook refuses the writes of these numbers."""
    with app.opened(app.Paths(book), app.WRITE) as session:
        refusing = replace(session, workbook=Refusing(session.workbook, busy))
        return stories.send(refusing, app.collect_of(session), Choices(), Yes(on_event), as_you_go=True).finished


class Refusing:
    """A workbook that is busy now and then."""

    def __init__(self, workbook, busy):
        self.workbook, self.busy, self.writes = workbook, busy, 0

    def write(self, found):
        """Write, unless it is one of those times."""
        self.writes += 1
        if self.writes in self.busy:
            raise WorkbookBusy("Somebody types.")
        return self.workbook.write(found)

    def __getattr__(self, name):
        return getattr(self.workbook, name)


def filled(book):
    """How many rows show a status."""
    return sum(bool(each.get("Collect status")) for each in results(book).values())


def test_rows_fill_in_as_their_batch_is_answered(server, tmp_path):
    """After the first batch its fifty rows are filled, after the last one all."""
    book, seen = make_book(tmp_path / "clients.xlsx", 120), []

    finished = send(book, lambda event: seen.append(filled(book)) if isinstance(event, BatchEnded) else None)

    assert seen == [50, 100, 120]
    assert finished.written.rows == 120
    assert {end.status for end in finished.rows} == {"pending"}


def test_batch_that_cannot_be_shown_is_written_at_the_end(server, tmp_path):
    """Excel that is busy for a while costs nothing: the run goes on, and its end writes what is missing."""
    book, seen = make_book(tmp_path / "clients.xlsx", 120), []

    send(book, lambda event: seen.append(filled(book)) if isinstance(event, BatchEnded) else None, busy=(1, 3))

    assert seen == [0, 50, 50]
    assert filled(book) == 120


def test_lost_answer_shows_as_unknown_at_once(server, tmp_path):
    """A batch whose answer was lost is called unknown while the run goes on."""
    server.on(faults.DropAfterCreating(), nth=1)
    book, seen = make_book(tmp_path / "clients.xlsx", 60), []

    def look(event):
        if isinstance(event, BatchEnded):
            seen.append([each.get("Collect status", "") for each in results(book).values()].count("unknown"))

    send(book, look)

    assert seen[0] == 50
