"""An Excel that is busy, ends, or behaves in other ways: what our own code does, through xlwings, pywin32 and COM.

It is Wine, not Windows, and a stand-in, not Excel: see ``excel_process.py``. A call that is rejected is rejected by a
message filter, as Excel does while a cell is edited, before it reaches any object: a question for type information, a
step in a collection and a property that is set are calls like any other.
"""

from __future__ import annotations

import pytest

from collect_xl.errors import WorkbookBusy, WorkbookRefused
from support.contract import results_of, sent
from support.contract_facts import PEOPLE, RESULT_HEADERS, Extras
from windows.excel_desk import USUAL_SETTINGS
from windows.remote_workbook import ComBook

READY = [[*PEOPLE[0], *RESULT_HEADERS], *([*line, None, None, None, None] for line in PEOPLE[1:])]
LATER = 2
"""SERVERCALL_RETRYLATER."""


@pytest.fixture
def book(excel_desk) -> ComBook:
    """Give an open workbook with three people."""
    made = ComBook(excel_desk)
    made.fill(PEOPLE)
    return made


def rows_of(book: ComBook) -> list[tuple[int, bool, dict[str, object]]]:
    """Return what is read of the sheet."""
    return [(row.number, row.hidden, dict(row.cells)) for row in book.open().rows()]


def place_of(excel_desk, call: str, which: int = 0) -> int:
    """Return the number of a call among all that came in."""
    places = [number for number, name in enumerate(excel_desk.log, 1) if name == call]
    assert places, f"{call} is not among {sorted(set(excel_desk.log))}"
    return places[which]


READ_CALLS = (
    "GetTypeInfo", "Window.Application", "Application.Workbooks", "Workbooks._NewEnum", "_NewEnum.Next",
    "Workbook.Name", "Workbook.Worksheets", "Sheets._NewEnum", "Worksheet.Name", "Worksheet.ListObjects",
    "ListObjects._NewEnum", "Worksheet.UsedRange", "Range.Address", "Worksheet.Range", "Range.Value",
    "Worksheet.Visible", "Range.MergeCells", "Worksheet.PivotTables", "Range.EntireRow", "Range.Hidden",
    "Worksheet.Evaluate",
)  # fmt: skip


@pytest.mark.proof
@pytest.mark.whole
@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
@pytest.mark.parametrize("call", READ_CALLS)
def test_reading_waits_where_a_call_is_rejected(book, excel_desk, call, which):
    """Whichever call Excel rejects while a list is read, the list is read as it is, and no row counts as hidden."""
    book.fill(PEOPLE, Extras(table="A1:C4"), hidden=[3])
    excel_desk.excel("calls.forget()")
    expected = rows_of(book)
    place = place_of(excel_desk, call, which)

    excel_desk.excel("calls.forget(); calls.rejected.add(place)", place=place)

    assert rows_of(book) == expected
    assert [row for row, is_hidden, _ in expected if is_hidden] == [3]
    assert len(excel_desk.log) > place


WRITE_CALLS = (
    "GetTypeInfo", "_NewEnum.Next", "Worksheet.Range", "Range.Value", "Range.Formula", "Range.Hidden", "Range.Value=",
    "Range.NumberFormat=", "ListObject.Resize", "ListObject.Range", "Range.ColumnWidth=", "Font.Bold", "Font.Bold=",
)  # fmt: skip


@pytest.mark.proof
@pytest.mark.whole
@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
@pytest.mark.parametrize("call", WRITE_CALLS)
def test_writing_waits_where_a_call_is_rejected(book, excel_desk, call, which):
    """Whichever call Excel rejects while columns are added and results written, the sheet is as it is otherwise."""
    shown = []
    place = 0
    for _ in range(2):
        book.fill(PEOPLE)
        excel_desk.excel("book.page.tables.clear()")
        book.fill(PEOPLE, Extras(table="A1:C4"))
        taken = book.open()
        results = results_of(taken, {row: sent(row) for row in (2, 3, 4)})
        excel_desk.excel("calls.forget(); calls.rejected.add(place)", place=place)
        assert taken.write(results).rows == 3
        shown.append(book.shown())
        place = place or place_of(excel_desk, call, which)

    assert shown[0] == shown[1]
    assert shown[0][0][3:] == RESULT_HEADERS


def test_excel_that_asks_to_come_later(book, excel_desk):
    """The other answer of a busy Excel is waited for, too."""
    excel_desk.excel("calls.answer = later; calls.rejected.update(range(3, 9))", later=LATER)

    assert len(rows_of(book)) == 3


def test_excel_that_stays_busy(book, excel_desk):
    """After all waits it is said what to do."""
    excel_desk.excel("calls.rejects_all = True")

    with pytest.raises(WorkbookBusy) as told:
        book.open()
    excel_desk.excel("calls.forget()")

    assert "Press Enter or Escape" in told.value.tip


EDITED = (
    "Range.Value", "Range.Formula", "Range.Hidden", "Worksheet.UsedRange", "Worksheet.Evaluate", "Range.MergeCells",
)  # fmt: skip


@pytest.mark.parametrize("call", EDITED)
def test_reading_waits_where_excel_itself_says_that_a_cell_is_edited(book, excel_desk, call):
    """0x800AC472, which Excel's object model raises while a cell is edited, is waited for."""
    book.fill([["Email", "Shoe size"], ["a@x.org", 1], [None, 2], ["c@x.org", 3]], hidden=[4])
    expected = rows_of(book)
    excel_desk.excel("calls.forget(); calls.before[call] = (1, lambda: refuse('', -2146777998))", call=call)

    assert rows_of(book) == expected
    assert excel_desk.excel("answer = list(calls.before)") == []


@pytest.mark.parametrize("call", ["Range.Value=", "Range.NumberFormat=", "Range.Formula", "ListObject.Resize"])
def test_writing_waits_where_excel_itself_says_that_a_cell_is_edited(book, excel_desk, call):
    """0x800AC472 in a property that is set, or a method, is waited for."""
    book.fill(PEOPLE, Extras(table="A1:C4"))
    taken = book.open()
    results = results_of(taken, {row: sent(row) for row in (2, 3, 4)})
    excel_desk.excel("calls.forget(); calls.before[call] = (1, lambda: refuse('', -2146777998))", call=call)

    assert taken.write(results).rows == 3
    assert [line[3] for line in book.shown()[1:]] == ["pending"] * 3


# Excel ends


@pytest.mark.parametrize("call", ["Workbook.Name", "Range.Value", "Worksheet.Evaluate"])
def test_excel_that_ends_while_it_is_read(book, excel_desk, call):
    """An Excel that ends in the middle of a call was closed; no one is asked to close a box."""
    book.fill(PEOPLE, hidden=[3])
    excel_desk.excel("calls.before[call] = (1, die)", call=call)

    with pytest.raises(WorkbookRefused, match="Excel was closed, or has ended"):
        book.open()


# Sheets that do not take what is written


TEXTS = (
    "007", "=1+1", "+1", "2026-11-24", "TRUE", "1E5", "'quoted", "5%", '=HYPERLINK("http://evil.example","x")',
    "x" * 255, "x" * 256, "x" * 8_203, "x" * 8_204, "x" * 32_767, "😀" * 5_000,
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{text[:12]} of {len(text)}")
def test_text_is_written_as_it_is(book, text):
    """Neither what looks like something else nor a length that Excel takes in no block of cells changes a text."""
    book.fill(READY)
    taken = book.open()

    taken.write(results_of(taken, {2: {"error": "other"}, 3: {"requestId": text, "error": text}}))

    assert book.shown()[2][4::2] == [text, text]
    assert book.person("answer = page['G3'].data_type") == "s"


def test_protected_sheet_is_refused_before_anything_is_sent(book):
    """The trial finds a protected sheet, and says how it is unprotected."""
    book.person("page.protection.sheet = True")

    with pytest.raises(WorkbookRefused, match="protected") as told:
        book.open().probe()

    assert "Unprotect Sheet" in told.value.tip
    assert book.shown() == PEOPLE


def test_protected_sheet_with_unlocked_result_columns(book):
    """Where only the result columns are unlocked, texts are texts nevertheless."""
    book.fill(READY)
    book.person(
        "from openpyxl.styles import Protection\n"
        "page.protection.sheet = True\n"
        "for letter in 'DEFG':\n"
        "    for row in (2, 3, 4):\n"
        "        page[f'{letter}{row}'].protection = Protection(locked=False)"
    )
    taken = book.open()
    taken.probe()

    taken.write(results_of(taken, {2: {**sent(2), "requestId": "007"}}))

    assert book.shown()[1][3:] == ["pending", None, None, "007"]


def test_merged_result_cells_are_refused(book):
    """Cells that are merged where results belong are named before anything is sent."""
    book.fill(READY, Extras(merged="D2:D3"))

    with pytest.raises(WorkbookRefused, match=r"Contacts!D2:D3 is merged"):
        book.open().probe()


def test_formula_in_a_result_column_is_refused(book):
    """A formula in a result column is named before anything is sent."""
    book.fill(READY, Extras(formulas={"D3": "x"}))

    with pytest.raises(WorkbookRefused, match="Contacts!D3 holds a formula"):
        book.open().probe()


@pytest.mark.parametrize("hidden", [[3], [2, 4], [2, 3, 4]], ids=str)
def test_filtered_rows_keep_their_own_results(book, hidden):
    """A block over filtered rows would repeat its first line: every row gets its own result."""
    book.fill(READY, hidden=hidden)
    taken = book.open()

    taken.write(results_of(taken, {row: {"status": f"of {row}"} for row in (2, 3, 4)}))

    assert [line[3] for line in book.shown()[1:]] == ["of 2", "of 3", "of 4"]


@pytest.mark.parametrize("evaluate", ["refuses", "an error", "errors"])
def test_excel_that_does_not_count(book, evaluate):
    """Where Excel does not calculate what is asked, hidden rows are known by areas: SpecialCells and Intersect."""
    book.fill([["Email"], *([f"{n}@x.org"] for n in range(2, 60))], hidden=[3, 4, 9, 58])
    book.person("excel.quirks.evaluate = evaluate", evaluate=evaluate)

    assert [row for row, is_hidden, _ in rows_of(book) if is_hidden] == [3, 4, 9, 58]


@pytest.mark.parametrize("tables", ["by themselves", "raise", "ignore"])
def test_table_that_grows_or_not(book, tables):
    """Whether a table grows by itself, or not at all, results stand beside their rows."""
    book.fill(PEOPLE, Extras(table="A1:C4"))
    book.person("excel.quirks.tables = tables", tables=tables)
    taken = book.open()

    written = taken.write(results_of(taken, {3: sent(3)}))

    assert (book.shown()[0][3:], book.shown()[2][3]) == (RESULT_HEADERS, "pending")
    assert ("not extended" in " ".join(written.notes)) == (tables != "by themselves")


# Links


OLD, NEW = "https://app.usecollect.com/portal/old", "https://app.usecollect.com/portal/new"


@pytest.mark.parametrize("call", ["Range.Hyperlinks", "Hyperlinks._Default", "Hyperlink.Address"])
def test_stale_link_is_replaced_although_excel_is_busy(book, excel_desk, call):
    """A link to another person's portal never stays behind a new text, whichever question Excel rejects."""
    book.fill(READY, Extras(links={"F3": OLD}))
    book.person("page['F3'] = old", old=OLD)
    taken = book.open()
    results = results_of(taken, {3: {**sent(3), "portalUrl": NEW}})
    excel_desk.excel("calls.forget(); calls.before[call] = (1, lambda: refuse('', -2146777998))", call=call)

    taken.write(results)

    assert book.person("answer = page['F3'].hyperlink.target if page['F3'].hyperlink else ''") in {"", NEW}
    assert book.shown()[2][5] == NEW


# Several Excels, windows, and places


def test_window_of_another_workbook_leads_to_the_same_excel(book, excel_desk):
    """Each workbook has a window; the one that VBA named may not be the one in front."""
    window = excel_desk.excel("answer = open_window('Other')")

    assert excel_desk.ask("take", "clients.xlsx", (None, None), window) == 0


def test_window_that_is_gone(book, excel_desk):
    """Where the window was closed meanwhile, all Excels are searched."""
    assert excel_desk.ask("take", "clients.xlsx", (None, None), 4_711) == 0


def test_excel_is_as_before_when_updates_were_paused(book, excel_desk):
    """A long write pauses calculation and screen; an Excel that rejects the end of it gets both back."""
    book.fill([["Email", *RESULT_HEADERS], *([f"{row}@x.org"] for row in range(2, 122))])
    taken = book.open()
    results = results_of(taken, {row: {"status": f"of {row}"} for row in range(2, 122)})
    excel_desk.excel(
        "paused = []\n"
        "calls.forget()\n"
        "calls.before['Range.Value='] = (1, lambda: paused.append(dict(excel.settings)))\n"
        "def busy():\n"
        "    calls.rejected.update(range(len(calls.log) + 1, len(calls.log) + 4))\n"
        "calls.before['Application.Calculation='] = (2, busy)"
    )

    taken.write(results)

    (paused,) = excel_desk.excel("answer = paused")
    assert (paused["screen_updating"], paused["calculation"]) == (False, "manual")
    assert excel_desk.settings == USUAL_SETTINGS


@pytest.mark.parametrize("mode", ["manual", "semiautomatic"])
def test_way_of_calculating_is_the_users(book, excel_desk, mode):
    """The user's own way of calculating is there again after a long write."""
    book.fill([["Email", *RESULT_HEADERS], *([f"{row}@x.org"] for row in range(2, 122))])
    excel_desk.excel("excel.settings['calculation'] = mode", mode=mode)
    taken = book.open()

    taken.write(results_of(taken, {row: {"status": "x"} for row in range(2, 122)}))

    assert excel_desk.settings["calculation"] == mode
