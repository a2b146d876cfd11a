"""What our own code reads through xlwings' engine for Windows, pywin32 and COM, and in how many calls.

It is Wine, not Windows, and a stand-in, not Excel: see ``excel_process.py``.
"""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from collect_xl.domain.model import Fault, Number
from support.contract_facts import PEOPLE, RESULT_HEADERS, Extras
from support.excel_quirks import ERROR_CODES
from windows.remote_workbook import ComBook

PLAIN, TEXT = "General", "@"
LONGEST_TEXT = "long " * 6_553 + "ab"

VALUES = {  # what a cell holds, its format -> what is read
    "digits that are a text": ("007", TEXT, "007"),
    "a whole number": (49, PLAIN, Number("49")),
    "a number that no binary number is": (0.1 + 0.2, PLAIN, Number("0.3")),
    "zeros that a format shows": (123, "00000", Number("00123")),
    "more digits than Excel keeps": (1234567890123456789, PLAIN, Fault("digits", "1.23456789012346E+18")),
    "money": (19.9, "#,##0.00 [$€-407]", Number("19.9")),
    "money of many digits": (1234567.8912, "[$$-409]#,##0.0000", Number("1234567.8912")),
    "a number that is an error's": (-2146826246, PLAIN, Number("-2146826246")),
    "yes": (True, PLAIN, True),
    "no": (False, PLAIN, False),
    "a date": (datetime(2026, 12, 31), "yyyy-mm-dd", date(2026, 12, 31)),  # noqa: DTZ001  # Excel has no zones
    "a date in summer": (datetime(2026, 7, 1), "yyyy-mm-dd", date(2026, 7, 1)),  # noqa: DTZ001
    "a moment": (datetime(2026, 5, 1, 12, 30), "yyyy-mm-dd hh:mm", datetime(2026, 5, 1, 12, 30)),  # noqa: DTZ001
    "a moment with a fraction": (
        datetime(2026, 5, 1, 23, 59, 59, 500_000),  # noqa: DTZ001
        "yyyy-mm-dd hh:mm",
        datetime(2026, 5, 1, 23, 59, 59, 500_000),  # noqa: DTZ001
    ),
    "a time of day": (time(9, 30), "hh:mm", time(9, 30)),
    "other letters": ("名簿 ŁÓDŹ é", TEXT, "名簿 ŁÓDŹ é"),
    "letters of two parts": ("😀 a\nb", TEXT, "😀 a\nb"),
    "the longest text": (LONGEST_TEXT, TEXT, LONGEST_TEXT),
    "an apostrophe": ("'quoted", TEXT, "'quoted"),
    "what looks like a formula": ("=1+1", TEXT, "=1+1"),
}


@pytest.fixture
def book(excel_desk) -> ComBook:
    """Give an open workbook with three people."""
    made = ComBook(excel_desk)
    made.fill(PEOPLE)
    return made


def cells(book: ComBook, row: int = 2) -> dict[str, object]:
    """Return what a row holds."""
    return dict(next(each.cells for each in book.open().rows() if each.number == row))


@pytest.mark.parametrize(("value", "code", "expected"), VALUES.values(), ids=VALUES.keys())
def test_value_is_read_as_what_it_is(book, value, code, expected):
    """A value comes through COM's types, pywin32 and xlwings as what the cell shows."""
    book.fill([["Email", "Custom: n"], ["a@x.org", value]])
    book.person("page['B2'].number_format = shown_as", shown_as=code)

    assert cells(book)["custom:n"] == expected


@pytest.mark.parametrize("error", ERROR_CODES)
def test_error_is_no_value(book, error):
    """An error is a fault by its name, also where xlwings has no name for its number."""
    book.fill([["Email", "Custom: n"], ["a@x.org", None]], Extras(formulas={"B2": error}))

    assert cells(book)["custom:n"] == Fault("error", error)


def test_types_of_com(book, excel_desk):
    """Each kind of value travels as the type that COM has for it, so that what is read here is what Excel sends."""
    kept = ["a", 1.5, True, None, datetime(2026, 5, 1)]  # noqa: DTZ001
    book.fill([["Email", *"bcdef"], [*kept, 2]], Extras(formulas={"H2": "#SPILL!"}))
    book.person("page['F2'].number_format = '[$€-407]0.00'")

    types = excel_desk.ask("types", "A2:H2", "Value")

    assert types == ["str", "float", "bool", "NoneType", "datetime", "Decimal", "NoneType", "int"]
    assert excel_desk.ask("types", "E2:F2", "Value2") == ["float", "float"]


def test_formula_that_shows_nothing_is_blank(book):
    """A formula with an empty text is a blank cell."""
    book.fill([["Email", "First name"], ["a@x.org", None]], Extras(formula="B2"))

    assert cells(book) == {"email": "a@x.org"}


def test_merged_cells_are_faults(book):
    """A cell that is merged with the one of another row belongs to no row."""
    book.fill([["Email", "First name"], ["a@x.org", "Ann"], ["b@x.org", None]], Extras(merged="B2:B3"))

    assert cells(book, 3)["firstName"] == Fault("merged", "B2:B3")


def test_pivot_table_is_noticed(book):
    """Excel is asked for pivot tables, and one that covers the list is mentioned."""
    book.person("excel.books.active.pivots = {'Contacts': {'Pivot 1': 'A1:C4'}}")

    assert "Pivot 1" in " ".join(book.open().layout().notes)


SHEETS = ("visible", "hidden", "veryHidden")


@pytest.mark.parametrize("state", SHEETS)
def test_hidden_sheets_are_not_searched(book, state):
    """A second sheet with addresses makes the list uncertain only where it can be seen."""
    book.person(
        "page.title = 'People'; other = book.impl.wb.create_sheet('Others'); "
        "other['A1'] = 'Email'; other.sheet_state = state",
        state=state,
    )
    try:
        found = book.open().layout().sheet
    except Exception as error:  # noqa: BLE001  # its words are compared
        found = str(error)

    assert ("several have a column of contacts" in found) == (state == "visible")
    assert state == "visible" or found == "People"


BODY = range(2, 8_002)
FILTERS = {
    "every second row": list(BODY[::2]),
    "all rows": list(BODY),
    "no row": [],
}


@pytest.mark.parametrize("protected", [False, True], ids=["open", "protected"])
@pytest.mark.parametrize("hidden", FILTERS.values(), ids=FILTERS.keys())
def test_long_filtered_list_is_read_in_few_calls(book, excel_desk, hidden, protected):
    """A list of 8,000 rows takes at most 30 questions for cells, however a filter tears it apart."""
    book.fill([["Email", "First name"], *([f"{row}@x.org", "Ann"] for row in BODY)], hidden=hidden)
    book.person("page.protection.sheet = protected; calls.forget()", protected=protected)

    rows = list(book.open().rows())

    assert [row.number for row in rows if row.hidden] == hidden
    asked = {name: number for name, number in excel_desk.calls.items() if name not in STEPS}
    assert sum(asked.values()) <= 30, excel_desk.calls
    assert sum(excel_desk.calls.values()) <= MOST_STEPS, excel_desk.calls


STEPS = frozenset(
    {"Worksheet.Cells", "Range._Default", "Worksheet.Range", "Range.Worksheet", "Range.Row", "Range.Column"}
    | {"Range.Rows", "Range.Columns", "Range.Count", "Worksheet.Parent", "Workbook.Application", "Application.Hwnd"}
    | {"RowsOf.Count", "ColumnsOf.Count", "Range.EntireRow"}
)
"""Ways to a block of cells, which xlwings takes one by one for each of them: where it is, and how large."""
MOST_STEPS = 100
"""Calls in all, with those."""


def test_batch_is_written_in_few_calls(book, excel_desk):
    """Fifty results take a constant number of calls, wherever they stand."""
    book.fill([["Email", *RESULT_HEADERS], *([f"{row}@x.org"] for row in range(2, 202))])
    taken = book.open()
    asked = {}
    for first in (2, 102):
        results = _results(taken, range(first, first + 50))
        excel_desk.excel("calls.forget()")
        assert taken.write(results).rows == 50
        asked[first] = sum(excel_desk.calls.values())

    assert max(asked.values()) <= MOST_TO_WRITE, excel_desk.calls
    assert asked[2] == asked[102]


MOST_TO_WRITE = 80


def _results(taken, rows):
    from support.contract import results_of  # noqa: PLC0415

    return results_of(taken, {row: {"status": f"of {row}", "error": ""} for row in rows})
