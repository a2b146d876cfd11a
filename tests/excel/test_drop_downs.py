"""The drop-downs of a template that is open in Excel, filled there."""

from __future__ import annotations

import openpyxl
import pytest
import xlwings

from collect_xl.errors import LayoutError, WorkbookBusy
from collect_xl.excel.drop_downs import write_live_lists
from collect_xl.template import new_workbook
from collect_xl.workbook.lists import LISTS_SHEET, lists_of
from support.excel_engine import Book, running_excel
from support.live_book import LiveBook

MANY = lists_of([("=1+1", "c1"), ("007", "c2"), ("Taxes", "c3")], ["ann@a.example"], [("Passport", "i1")])
FEW = lists_of([("Taxes", "c3")], [], [])


@pytest.fixture(params=[False, True], ids=["Windows", "macOS"])
def excel(request):
    """Start an Excel of each system."""
    with running_excel() as started:
        started.quirks.mac = request.param
        yield started


@pytest.fixture
def book(excel, tmp_path):
    """A template that is open."""
    wb = openpyxl.load_workbook(new_workbook(tmp_path / "clients.xlsx"))
    return excel.books._in_front(Book(excel.books, wb, None, "clients.xlsx"))


def fill(book, lists, waits=None):
    write_live_lists(xlwings.Book(impl=book), lists, (waits if waits is not None else []).append)


def shown(book) -> list[tuple[object, ...]]:
    return [line[:5] for line in book.wb[LISTS_SHEET].iter_rows(min_row=2, values_only=True) if any(line)]


def test_entries_are_texts_whatever_they_look_like(book):
    """A campaign that is called like a formula or a number stays what it is called."""
    fill(book, MANY)

    assert shown(book) == [
        ("=1+1", "c1", "ann@a.example", "Passport", "i1"),
        ("007", "c2", None, None, None),
        ("Taxes", "c3", None, None, None),
    ]
    assert {cell.data_type for cell in book.wb[LISTS_SHEET]["A"] if cell.value} == {"s"}


def test_what_is_no_longer_offered_is_gone(book):
    """A shorter list leaves nothing of the longer one before it; nothing at all empties the lists."""
    fill(book, MANY)
    fill(book, FEW)
    few = shown(book)
    fill(book, {})

    assert (few, shown(book)) == ([("Taxes", "c3", None, None, None)], [])


def test_only_the_lists_change(book):
    """The other sheets are as they were."""
    before = {sheet.title: list(sheet.values) for sheet in book.wb if sheet.title != LISTS_SHEET}
    fill(book, MANY)

    assert {sheet.title: list(sheet.values) for sheet in book.wb if sheet.title != LISTS_SHEET} == before


def test_a_workbook_without_lists_is_told(excel):
    """A workbook of another origin is left alone, with the way out."""
    own = LiveBook(excel)
    with pytest.raises(LayoutError, match="has no sheet Collect lists") as error:
        fill(own.impl, MANY)

    assert "Make a workbook from the template" in error.value.tip


def test_a_changed_sheet_of_lists_is_left_alone(book):
    """Where somebody keeps other things on that sheet, nothing is written over them."""
    book.wb[LISTS_SHEET]["B1"] = "My own"
    with pytest.raises(LayoutError, match="they were changed"):
        fill(book, MANY)

    assert shown(book) == []


def test_excel_that_is_busy(excel, book):
    """A cell that is being edited is waited for; who edits for long is told."""
    excel.quirks.busy = 2
    waits: list[float] = []
    fill(book, FEW, waits)
    excel.quirks.busy = 1_000_000
    with pytest.raises(WorkbookBusy):
        fill(book, MANY)

    assert (len(waits) > 0, shown(book)) == (True, [("Taxes", "c3", None, None, None)])
