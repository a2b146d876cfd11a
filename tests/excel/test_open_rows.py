"""What an open workbook holds, however Excel delivers it."""

from __future__ import annotations

from datetime import datetime, time

import pytest
import xlwings as xw
from openpyxl.worksheet.table import Table

from collect_xl.domain.identity import anchor
from collect_xl.domain.model import Fault, Number
from collect_xl.errors import LayoutError, WorkbookBusy, WorkbookRefused
from collect_xl.excel.open_workbook import open_live
from collect_xl.excel.retry import PAUSES
from support.contract import PEOPLE
from support.excel_quirks import EDITING, ComError
from support.live_book import LiveBook

SYSTEMS = {"Windows": False, "macOS": True}


@pytest.fixture(params=SYSTEMS.values(), ids=SYSTEMS.keys())
def either(request, book):
    """Give the same on Windows and on macOS."""
    book.excel.quirks.mac = request.param
    return book


def cells(book, row=2):
    """Return what a row holds."""
    return dict(next(each.cells for each in book.open().rows() if each.number == row))


def formula(book, cell, shows):
    """Put a formula into a cell, with what it shows."""
    page = book.page
    page[cell] = "=THIS()"
    if book.impl.results is None:
        import openpyxl  # noqa: PLC0415

        book.impl.results = openpyxl.Workbook()
        book.impl.results.active.title = "Contacts"
    book.impl.results["Contacts"][cell] = shows


def table(book, area, **more):
    """Make a table of an area."""
    book.page.add_table(Table(displayName="People", ref=area, **more))


@pytest.mark.parametrize("floats", [True, False])
def test_whole_numbers_come_without_point(book, floats):
    """A customer number 49 is ``49``, although Excel delivers 49.0, and the same where it delivers 49."""
    book.excel.quirks.floats = floats
    book.fill([["Email", "Custom: n", "Custom: m"], ["a@x.org", 49, 0.1 + 0.2]])
    assert cells(book) == {"email": "a@x.org", "custom:n": Number("49"), "custom:m": Number("0.3")}


def test_long_numbers_are_not_trusted(book):
    """A number of more than 15 digits has lost some of them in Excel: its row is told so, not sent."""
    book.fill([["Contact ID", "Email"], [1234567890123456789, "a@x.org"]])
    assert cells(book)["contactId"] == Fault("digits", "1.23456789012346E+18")


def test_leading_zeros_that_a_format_shows(book):
    """A number shown as 00123 is ``00123``; each cell by its own format, and text as it is."""
    book.fill([["Email", "Custom: zip"], *([f"{n}@x.org", 123] for n in range(4)), ["t@x.org", "0042"]])
    for cell, code in (("B2", "00000"), ("B3", "0000000"), ("B5", "00000")):
        book.page[cell].number_format = code
    found = [row.cells["custom:zip"] for row in book.open().rows()]
    assert found == [Number("00123"), Number("0000123"), Number("123"), Number("00123"), "0042"]


def test_formats_are_asked_for_only_where_there_are_numbers(book):
    """A sheet of texts costs no call for formats; a column of numbers in one format costs one."""
    book.open()
    assert book.excel.meter.calls["number_format"] == 0
    book.fill([["Email", "Custom: n"], *([f"{n}@x.org", n] for n in range(300))])
    book.open()
    assert book.excel.meter.calls["number_format"] == 1


def test_money_is_a_number(book):
    """Windows delivers money as Decimal; it is the number all the same."""
    book.fill([["Email", "Custom: fee"], ["a@x.org", 19.9]])
    book.page["B2"].number_format = "#,##0.00 [$€-407]"
    assert cells(book)["custom:fee"] == Number("19.9")


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#SPILL!", "#CALC!"])
def test_errors_are_not_blanks(either, error):
    """A cell with an error is a fault, also where Excel delivers a bare number for it, or nothing at all."""
    formula(either, "B3", error)
    assert cells(either, 3)["firstName"] == Fault("error", error)


def test_errors_leave_other_cells_alone(either):
    """Beside an error, texts, numbers and blanks are what they are; a formula that shows nothing is blank."""
    either.fill([["Email", "First name", "Last name", "Custom: n"], ["a@x.org", None, None, 7]])
    formula(either, "B2", "#REF!")
    formula(either, "C2", None)
    assert cells(either) == {"email": "a@x.org", "firstName": Fault("error", "#REF!"), "custom:n": Number("7")}


def test_blocks_are_read_once_where_they_fail(book):
    """On macOS ``err_to_str`` fails on a block; that is tried once a sheet, and no longer after that."""
    book.excel.quirks.mac = True
    workbook = book.open()
    contacts = workbook._contacts
    before = book.excel.meter.calls["read"]
    contacts.grid(contacts.body)
    assert book.excel.meter.calls["read"] == before + 1


def test_numbers_in_the_range_of_errors_are_numbers(book):
    """A number that somebody typed is no error, although it has an error's code."""
    book.fill([["Email", "Custom: n"], ["a@x.org", -2146826246]])
    assert cells(book)["custom:n"] == Number("-2146826246")


def test_times_and_moments(book):
    """A time of day is one, not a moment in 1899; a moment keeps its minutes, and COM's last digits are rounded off."""
    moments = [datetime(2026, 5, 1, 12, 30), time(9, 30), datetime(2026, 5, 1, 23, 59, 59, 999_999)]  # noqa: DTZ001
    book.fill([["Email", "Custom: a", "Custom: b", "Custom: c"], ["a@x.org", *moments]])
    found = cells(book)
    assert (found["custom:a"], found["custom:b"]) == (moments[0], time(9, 30))
    assert found["custom:c"].isoformat() == "2026-05-02"


@pytest.mark.parametrize("content", [[["Email"]], [["Email"], ["a@x.org"]], [["Email", "Round"], ["a@x.org", "Q1"]]])
def test_smallest_sheets(either, content):
    """A sheet of one cell, of one column and of one row below the header are read like any other."""
    either.fill(content)
    assert [list(row.cells.values()) for row in either.open().rows()] == content[1:]


def test_formatted_blanks_below_are_no_rows(book):
    """Excel counts formatted blanks as used; they are no contacts."""
    book.page["A40"].number_format = "@"
    book.page["Z1"].number_format = "@"
    assert [row.number for row in book.open().rows()] == [2, 3, 4]


def test_merged_cells_are_faults(book):
    """Nobody can tell whose value a merged cell shows; one cell merged with what is not read is fine."""
    book.fill([["Email", "First name", "Shoe size"], ["a@x.org", "Ann", 38], ["b@x.org", None, 39], ["c@x.org"]])
    book.page.merge_cells("B2:B3")
    book.page.merge_cells("A4:C4")
    found = [dict(row.cells) for row in book.open().rows()]
    assert [line.get("firstName") for line in found[:2]] == [Fault("merged", "B2:B3")] * 2
    assert found[2] == {"email": Fault("merged", "A4:C4"), "firstName": Fault("merged", "A4:C4")}
    book.page.unmerge_cells("A4:C4")
    book.page["B4"] = "Cyd"
    book.page.merge_cells("B4:C4")
    assert cells(book, 4) == {"email": "c@x.org", "firstName": "Cyd"}


def test_merged_headers_are_none_of_the_contacts(book):
    """A header merged with the cell below it, or a title above the list, covers nobody's cells."""
    book.fill([["Our clients"], ["Email", "First name"], [None, None], ["a@x.org", "Ann"]])
    for area in ("A1:B1", "A2:A3", "B2:B3"):
        book.page.merge_cells(area)
    assert [dict(row.cells) for row in book.open().rows()] == [{}, {"email": "a@x.org", "firstName": "Ann"}]


@pytest.mark.parametrize("how", ["by hand", "on a protected sheet", "with a hidden column"])
def test_hidden_rows(book, how):
    """Hidden rows are known on a protected sheet too, where Excel does not tell visible cells."""
    book.fill([["Email", "Round"], *([f"{n}@x.org", "Q"] for n in range(2, 12))], hidden=[3, 4, 9])
    book.page.protection.sheet = how == "on a protected sheet"
    book.page.column_dimensions["A"].hidden = how == "with a hidden column"
    assert [row.number for row in book.open().rows() if row.hidden] == [3, 4, 9]


def test_filter_with_many_gaps(either):
    """Excel on macOS tells the first 255 characters of an address; no row counts as hidden for that."""
    hidden = list(range(3, 400, 2))
    either.fill([["Email"], *([f"{n}@x.org"] for n in range(2, 400))], hidden=hidden)
    assert [row.number for row in either.open().rows() if row.hidden] == hidden


BODY = range(2, 8_002)
SCATTERED = {
    "a filter with a gap in every second row": (list(BODY[::2]), ()),
    "a filter over blank rows": (list(range(3, 8_002, 3)), range(100, 160)),
    "no row in sight": (list(BODY), ()),
    "no filter": ([], ()),
}


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "blank"), SCATTERED.values(), ids=SCATTERED.keys())
@pytest.mark.parametrize("protected", [False, True], ids=["open", "protected"])
def test_8000_rows_open_with_few_calls(book, hidden, blank, protected):
    """Each call into Excel for Windows takes up to a millisecond: a large list opens with 30 at most."""
    lines = [[None if row in blank else f"{row}@x.org", "Ann"] for row in BODY]
    for row in blank:
        lines[row - 2] = []
    book.fill([["Email", "First name"], *lines], hidden=hidden)
    book.page.protection.sheet = protected
    before = book.excel.meter.count
    rows = list(book.open().rows())
    assert book.excel.meter.count - before <= 30, book.excel.meter.calls
    assert [row.number for row in rows if row.hidden and row.cells] == [row for row in hidden if row not in blank]


@pytest.mark.parametrize("evaluate", ["refuses", "an error", "errors"])
def test_excel_that_does_not_count(book, evaluate):
    """Where Excel does not calculate the formula that counts, rows are known by its areas."""
    book.excel.quirks.evaluate = evaluate
    book.fill([["Email"], *([f"{n}@x.org"] for n in range(2, 60))], hidden=[3, 4, 9, 58])
    assert [row.number for row in book.open().rows() if row.hidden] == [3, 4, 9, 58]


@pytest.mark.parametrize("blanks", [[5], list(range(3, 40, 2))], ids=["one", "scattered"])
def test_blank_rows_between_hidden_ones(book, blanks):
    """A blank row is in sight or not like any other; where many are scattered that does not matter."""
    lines = [[] if row in blanks else [f"{row}@x.org"] for row in range(2, 42)]
    book.fill([["Email"], *lines], hidden=[4, 5, 6])
    found = [row.number for row in book.open().rows() if row.hidden and (row.cells or len(blanks) == 1)]
    assert found == [4, 5, 6] if len(blanks) == 1 else found == [4, 6]


@pytest.mark.parametrize("rows", [20, 2_000])
def test_formulas_that_show_nothing_cost_no_calls(either, rows):
    """A column of formulas that show nothing costs the same for 20 rows and for 2,000, on both systems."""
    either.fill([["Email", "First name"], *([f"{n}@x.org", None] for n in range(rows))])
    for row in range(2, rows + 2):
        either.page[f"B{row}"] = '=IF(A2="","","")'
    before = either.excel.meter.count
    assert len(list(either.open().rows())) == rows
    assert either.excel.meter.count - before <= 30, either.excel.meter.calls


@pytest.mark.parametrize("localised", [True, False])
def test_all_rows_hidden(book, localised):
    """A filter may leave nothing: Excel says so in its own language."""
    book.excel.quirks.localised = localised
    book.fill(PEOPLE, hidden=[2, 3, 4])
    assert [row.hidden for row in book.open().rows()] == [True] * 3


def test_table_with_a_row_typed_below_it(book):
    """A row directly below a table belongs to the list, and the preview says so; after a blank row nothing does."""
    book.fill([["Email"], ["a@x.org"], ["b@x.org"], ["below@x.org"], [], ["far@x.org"]])
    table(book, "A1:A3")
    workbook = book.open()
    assert [row.number for row in workbook.rows()] == [2, 3, 4]
    assert workbook.layout().table == "People"
    assert "Row 4 is directly below the table People" in workbook.layout().notes[0]


def test_totals_end_a_table(book):
    """The line of totals is no contact, nor is what stands below it."""
    book.fill([["Email"], ["a@x.org"], ["2 people"], ["below@x.org"]])
    table(book, "A1:A3", totalsRowCount=1)
    assert [row.number for row in book.open().rows()] == [2]


@pytest.mark.parametrize("hidden", ["hidden", "veryHidden"])
def test_sheets_by_other_names(either, hidden):
    """The sheet may be named, or be the only one with contacts; two of them are not told apart by guessing."""
    book = either
    book.page.title = "People"
    with pytest.raises(LayoutError, match=r"clients\.xlsx has no worksheet named Nobody; it has: People"):
        open_live(xw.Book(impl=book.impl), contacts_sheet="Nobody")
    assert open_live(xw.Book(impl=book.impl), contacts_sheet="PEOPLE").layout().sheet == "People"
    assert open_live(xw.Book(impl=book.impl)).layout().sheet == "People"
    other = book.impl.wb.create_sheet("Others")
    other["A1"] = "Email"
    with pytest.raises(LayoutError, match="several have a column of contacts: People, Others"):
        open_live(xw.Book(impl=book.impl))
    other.sheet_state = hidden
    assert open_live(xw.Book(impl=book.impl)).layout().sheet == "People"


def test_options_with_formats(book):
    """Options show what their cells show: a code with leading zeros keeps them."""
    book.fill(PEOPLE, options=[["Option", "Value"], ["Round", 7]])
    book.impl.wb["Options"]["B2"].number_format = "000"
    assert [each.value for each in book.open().options()] == [Number("007")]


@pytest.mark.parametrize("name", ["a=b.xlsx", "Müller & Söhne (2).xlsx", "$(rm).xlsx"])
def test_names_with_odd_signs(excel, name):
    """The workbook's name is only a name."""
    book = LiveBook(excel, name)
    book.fill(PEOPLE)
    workbook = book.open()
    assert (workbook.name, len(list(workbook.rows()))) == (name, 3)


@pytest.mark.parametrize("quirks", [{"busy": 3}, {"busy": 3, "busy_code": EDITING}, {"lost_proxies": 2}])
def test_excel_that_is_busy_for_a_while(book, quirks):
    """Reading waits for an Excel in which somebody types, and begins again; so it does when a call returned nothing."""
    for name, value in quirks.items():
        setattr(book.excel.quirks, name, value)
    assert [row.number for row in book.open().rows()] == [2, 3, 4]
    assert book.waits == list(PAUSES[: len(book.waits)])
    assert book.waits


def test_excel_that_stays_busy(book):
    """After a quarter of a minute it is said what to do."""
    book.excel.quirks.busy = 10_000
    with pytest.raises(WorkbookBusy) as told:
        book.open()
    assert "Press Enter or Escape" in told.value.tip
    assert book.waits == list(PAUSES)


def test_excel_that_says_no(book):
    """Any other error of Excel is said in its own words."""

    def fail():
        raise ComError(-2147352567, "Out of memory.", -2147024882)

    book.excel.meter.meanwhile["used_range"] = fail
    with pytest.raises(WorkbookRefused, match="It says: Out of memory"):
        book.open()


def test_large_answers_are_asked_for_in_parts(book):
    """A system that refuses large answers is asked for half of them, and again."""
    book.fill([["Email"], *([f"{n}@x.org"] for n in range(3_000))])

    def too_large():
        raise ComError(-1741, "buffer for return too small")

    meanwhile = book.excel.meter.meanwhile
    meanwhile["EntireRow.Hidden"] = lambda: meanwhile.update(read=too_large, formula=too_large)
    workbook = book.open()
    assert len(list(workbook.rows())) == 3_000
    workbook.probe()
    assert meanwhile == {}


def test_rows_read_the_same_twice(either):
    """What identifies a row is the same in two looks at it, however Excel delivers it."""
    either.fill([["Contact ID", "Email", "Round"], [12, None, 7], [None, "A@x.org ", None]])
    first, second = ([anchor(row.cells) for row in either.open().rows()] for _ in range(2))
    assert first == second == [("12", "", "", "7"), ("", "a@x.org", "", "")]
