"""Several runs in one Excel, its user meanwhile, and runs that die: the settings are the user's afterwards."""

from __future__ import annotations

import pytest
import xlwings as xw

from collect_xl.addin.ribbon import restored
from collect_xl.excel.screen_updating import ScreenUpdating, turns_folder
from support.contract import PEOPLE, RESULT_HEADERS, results_of
from support.live_book import LiveBook

OWN = (True, "automatic")


def settings(excel):
    """Return what a person notices of an Excel's settings."""
    return excel.settings["screen_updating"], excel.settings["calculation"]


def many(excel, name="clients.xlsx", rows=60):
    """Return a workbook with more rows than are written with the updates on, and results for them."""
    book = LiveBook(excel, name)
    book.fill([[*PEOPLE[0], *RESULT_HEADERS], *([f"p{row}@x.org", None, None] for row in range(2, rows + 2))])
    workbook = book.open()
    return workbook, results_of(workbook, {row: {"status": "pending"} for row in range(2, rows + 2)})


def test_button_that_is_pressed_while_a_run_writes(excel):
    """Its window is closed minutes after the run has ended: what it found when it was pressed is not put back."""
    workbook, results = many(excel)
    opened = []

    def press():
        assert settings(excel) == (False, "manual")
        fence = restored(workbook._book.app)
        fence.__enter__()
        opened.append(fence)

    excel.meter.meanwhile["write"] = press
    workbook.write(results)
    workbook.close()
    assert settings(excel) == OWN
    opened.pop().__exit__(None, None, None)
    assert settings(excel) == OWN


def test_two_workbooks_are_written_at_a_time(excel):
    """Each in a process of its own: the one that began second does not put back what the first had changed."""
    first, results = many(excel)
    second, others = many(excel, "others.xlsx")
    seen = []

    def write_the_other():
        second.write(others)
        second.close()
        seen.append(settings(excel))

    excel.meter.meanwhile["write"] = write_the_other
    first.write(results)
    first.close()
    assert (seen, settings(excel)) == ([(False, "manual")], OWN)


def test_two_runs_that_overlap(excel):
    """The second begins while the first writes, and ends after it."""
    book = xw.Book(impl=LiveBook(excel).impl)
    first, second = (ScreenUpdating(book, lambda _: None) for _ in range(2))
    one, two = first.paused(worth_it=True), second.paused(worth_it=True)
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    assert settings(excel) == OWN
    two.__exit__(None, None, None)
    assert settings(excel) == OWN


def test_user_who_calculates_by_hand(excel):
    """Who had chosen manual calculation has it afterwards, and so has who chooses another way meanwhile."""
    book = xw.Book(impl=LiveBook(excel).impl)
    excel.settings["calculation"] = "manual"
    with ScreenUpdating(book, lambda _: None).paused(worth_it=True):
        pass
    assert settings(excel) == (True, "manual")
    excel.settings["calculation"] = "automatic"
    with ScreenUpdating(book, lambda _: None).paused(worth_it=True):
        excel.settings["calculation"] = "semiautomatic"
    assert settings(excel) == (True, "semiautomatic")


def test_manual_calculation_that_is_chosen_while_a_button_is_on(excel):
    """A button that writes nothing gives back the status bar alone."""
    with restored(xw.Book(impl=LiveBook(excel).impl).app):
        excel.settings["calculation"] = "manual"
    assert settings(excel) == (True, "manual")


def test_run_that_dies_while_it_writes(excel):
    """A killed run leaves an Excel that calculates by hand; the next run that writes puts it right."""
    book = xw.Book(impl=LiveBook(excel).impl)
    killed = ScreenUpdating(book, lambda _: None)
    writing = killed.paused(worth_it=True)
    writing.__enter__()
    killed._turn.release()  # as the system does
    assert settings(excel) == (False, "manual")
    with ScreenUpdating(book, lambda _: None).paused(worth_it=True):
        pass
    assert settings(excel) == OWN
    assert list(turns_folder().glob("*.json")) == []


def test_excel_that_is_busy_until_the_end(excel):
    """What Excel did not take back after the last write it takes when the run ends."""
    waits = []
    book = xw.Book(impl=LiveBook(excel).impl)
    updates = ScreenUpdating(book, waits.append)
    with updates.paused(worth_it=True):
        excel.quirks.busy = 16
    assert settings(excel) == (False, "manual")
    excel.quirks.busy = 0
    updates.close()
    assert settings(excel) == OWN


@pytest.mark.parametrize("writes", [True, False])
def test_redrawing_that_xlwings_left_off(excel, writes):
    """On macOS xlwings stops the redrawing for a moment, and leaves it off where Excel is busy in that moment."""
    book = xw.Book(impl=LiveBook(excel).impl)
    updates = ScreenUpdating(book, lambda _: None)
    if writes:
        with updates.paused(worth_it=False):
            excel.settings["screen_updating"] = False
    updates.close()
    assert settings(excel) == OWN
