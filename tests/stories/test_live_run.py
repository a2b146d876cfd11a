"""The story of a run on a workbook that is open in Excel: as on a saved one, while Excel and its user go on."""

from __future__ import annotations

import pytest

from collect_xl.domain.events import BatchEnded
from collect_xl.domain.rows import Choices
from collect_xl.errors import WorkbookRefused
from collect_xl.excel.find_workbook import place_of
from collect_xl.testing import FakeCollect
from collect_xl.workflow import open as app
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import HowToSend
from support.excel_engine import running_excel
from support.fronts import Yes
from support.live_book import LiveBook

OPTIONS = [["Option", "Value"], ["Campaign ID", "Yearly documents"]]


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A Collect that the environment points to."""
    with FakeCollect() as made:
        monkeypatch.setenv("COLLECT_API_KEY", made.key)
        monkeypatch.setenv("COLLECT_API_URL", made.url)
        monkeypatch.setenv("COLLECT_XL_HISTORY", str(tmp_path / "journal.sqlite3"))
        yield made


@pytest.fixture(params=[False, True], ids=["Windows", "macOS"])
def book(request):
    """Give an open workbook with 120 people."""
    with running_excel() as excel:
        excel.quirks.mac = request.param
        made = LiveBook(excel)
        lines = [[f"p{row}@example.com", f"First{row}", 40_000 + row] for row in range(2, 122)]
        made.fill([["Email", "First name", "Custom: ref"], *lines], options=OPTIONS)
        yield made


def send(book, on_event=lambda _: None, workbook=None):
    """Send what the open workbook asks for, as the add-in does."""
    workbook = workbook or book.open()
    with app.opened_workbook(workbook, place_of(workbook._book), app.WRITE) as session:
        return stories.send(
            session, app.collect_of(session), Choices(), Yes(on_event), how=HowToSend(as_you_go=True)
        ).finished


def results(book):
    """Return each person's results, by address."""
    header, *lines = book.shown()
    found = [dict(zip(header, line, strict=True)) for line in lines]
    return {each["Email"]: (each["Collect status"], each["Collect request ID"]) for each in found}


def test_rows_fill_in_while_the_run_is_on(server, book):
    """Three batches fill their rows one after the other, with at most eight calls each once the columns stand."""
    meter, seen, calls = book.excel.meter, [], []

    def on_event(event):
        if isinstance(event, BatchEnded):
            seen.append(sum(status is not None for status, _ in results(book).values()))
            calls.append(meter.count)
            meter.calls.clear()

    finished = send(book, on_event)
    assert (finished.written.rows, finished.written.lost, finished.failure) == (120, (), None)
    assert seen == [50, 100, 120]
    assert max(calls[1:]) <= 8
    assert {status for status, _ in results(book).values()} == {"pending"}
    assert len({request for _, request in results(book).values()}) == 120
    links = [(cell.value, cell.hyperlink.target) for cell in book.page["F"][1:]]
    assert (len(links), all(shown == target for shown, target in links)) == (120, True)


@pytest.mark.slow
def test_nobody_is_asked_twice(server, book):
    """A second run on what the first one wrote asks nobody."""
    send(book)
    send(book)
    assert len(server.accepted) == 120


@pytest.mark.slow
def test_person_who_sorts_and_deletes_while_we_send(server, book):
    """Whoever was asked has their own request beside them, wherever a sort has put them; who is gone is told of."""
    acts = iter([lambda lines: lines[::-1], lambda lines: lines[:7] + lines[8:]])

    def on_event(event):
        if isinstance(event, BatchEnded):
            header, *lines = book.shown()
            book.fill([header, *next(acts, lambda lines: lines)(lines)])

    finished = send(book, on_event)
    assert len(server.accepted) == 120
    asked = {each.email: each.request_id for each in server.accepted}
    assert {who: request for who, (_, request) in results(book).items()} == {
        who: request for who, request in asked.items() if who in results(book)
    }
    assert len(results(book)) == 119
    assert finished.written.lost == (114,)


def test_excel_that_is_busy_during_a_batch(server, book):
    """A batch that cannot be shown is shown at the end; no request is sent again for that."""

    def on_event(event):
        if isinstance(event, BatchEnded):
            book.excel.quirks.busy = 0 if event.number > 1 else 9

    finished = send(book, on_event)
    assert (len(server.accepted), finished.failure) == (120, None)
    assert {status for status, _ in results(book).values()} == {"pending"}


@pytest.mark.parametrize("protected", ["raise", "ignore"])
def test_protected_sheet_sends_nothing(server, book, protected):
    """What cannot be written back is not asked."""
    book.excel.quirks.protected = protected
    book.page.protection.sheet = True
    with pytest.raises(WorkbookRefused, match="protected"):
        send(book)
    assert server.accepted == []


@pytest.mark.slow
def test_results_that_excel_did_not_take_come_with_the_next_run(server, book):
    """A sheet that is protected after the first batch keeps its rows; the next run restores them without asking."""

    def protect(event):
        if isinstance(event, BatchEnded):
            book.page.protection.sheet = True

    finished = send(book, protect)
    assert finished.failure is not None
    assert len(server.accepted) == 120
    book.page.protection.sheet = False
    send(book)
    assert len(server.accepted) == 120
    assert {status for status, _ in results(book).values()} == {"pending"}
