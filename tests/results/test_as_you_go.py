"""Rows that fill in while a run is on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from collect_xl.domain.events import BatchEnded
from collect_xl.domain.model import Outcome, RemoteRequest
from collect_xl.domain.rows import Choices
from collect_xl.errors import WorkbookBusy
from collect_xl.results.as_you_go import row_result
from collect_xl.testing import FakeCollect, faults
from collect_xl.workflow import open as app
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import HowToSend
from support.books import make_book, results
from support.fronts import Yes
from support.people import row


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
        return stories.send(
            refusing, app.collect_of(session), Choices(), Yes(on_event), how=HowToSend(as_you_go=True)
        ).finished


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

    fill_in = write

    def __getattr__(self, name):
        return getattr(self.workbook, name)


def filled(book):
    """How many rows show a status."""
    return sum(bool(each.get("Collect status")) for each in results(book).values())


@pytest.mark.slow
def test_rows_fill_in_as_their_batch_is_answered(server, tmp_path):
    """After the first batch its fifty rows are filled, after the last one all."""
    book, seen = make_book(tmp_path / "clients.xlsx", 120), []

    finished = send(book, lambda event: seen.append(filled(book)) if isinstance(event, BatchEnded) else None)

    assert seen == [50, 100, 120]
    assert finished.written.rows == 120
    assert {end.status for end in finished.rows} == {"pending"}


@pytest.mark.slow
def test_batch_that_cannot_be_shown_is_written_at_the_end(server, tmp_path):
    """Excel that is busy for a while costs nothing: the run goes on, and its end writes what is missing."""
    book, seen = make_book(tmp_path / "clients.xlsx", 120), []

    send(book, lambda event: seen.append(filled(book)) if isinstance(event, BatchEnded) else None, busy=(1, 3))

    assert seen == [0, 50, 50]
    assert filled(book) == 120


@pytest.mark.slow
def test_lost_answer_shows_as_unknown_at_once(server, tmp_path):
    """A batch whose answer was lost is called unknown while the run goes on."""
    server.on(faults.DropAfterCreating(), nth=1)
    book, seen = make_book(tmp_path / "clients.xlsx", 60), []

    def look(event):
        if isinstance(event, BatchEnded):
            seen.append([each.get("Collect status", "") for each in results(book).values()].count("unknown"))

    send(book, look)

    assert seen[0] == 50


def test_a_new_request_has_nothing_of_the_items_of_an_earlier_one():
    """While a run is on, a row that is sent again loses what stood below the names of items."""
    outcome = Outcome(1, "sent", request=RemoteRequest("request-2", status="pending"))
    fields = {"result.requestId", "result.missing", "result.item:Passport"}

    result = row_result(row(2, "a@example.com"), outcome, datetime.now(UTC), fields, lambda _: False, UTC)

    assert result.cells == {"result.requestId": "request-2", "result.missing": "", "result.item:Passport": ""}
