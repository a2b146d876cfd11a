"""Results written into open Excel: each on its own row, whatever Excel and its user do meanwhile."""

from __future__ import annotations

from itertools import groupby

import pytest
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.worksheet.table import Table

from collect_xl.domain.model import Number
from collect_xl.errors import WorkbookBusy, WorkbookRefused
from collect_xl.excel.retry import PAUSES
from support.contract import PEOPLE, RESULT_HEADERS, results_of, sent
from support.excel_quirks import ComError

MOST_CALLS = 8
"""Calls into Excel for a batch of fifty rows."""
READY = [[*PEOPLE[0], *RESULT_HEADERS], *([*line, None, None, None, None] for line in PEOPLE[1:])]


def many(book, rows, *, results=True):
    """Fill in so many people, with result columns or without."""
    header = ["Email", "Custom: n", *(RESULT_HEADERS if results else [])]
    book.fill([header, *([f"p{row}@x.org", f"n{row}"] for row in range(2, rows + 2))])


def statuses(book, column="Collect status"):
    """Return what a column shows, by row."""
    header, *lines = book.shown()
    at = header.index(column)
    return {row: line[at] for row, line in enumerate(lines, 2) if line[at] is not None}


def of(rows):
    """Return a result for each row that names the row."""
    return {row: {"status": f"of {row}", "error": ""} for row in rows}


# What Excel makes of texts


TEXTS = (
    *("007", "=1+1", "+1", "-1", "@SUM(A1)", "2026-11-24", "TRUE", "1E5", "'quoted", "5%"),
    *(
        '=HYPERLINK("http://evil.example","x")',
        "=cmd|' /C calc'!A0",
        '=DDE("cmd","/C")',
        "{=1+1}",
        " =1+1",
        "\uff1d1+1",
    ),
)


@pytest.mark.parametrize("text", TEXTS)
def test_texts_stay_texts(book, text):
    """What looks like a number, a date or a formula stands in the sheet as the text that it is."""
    workbook = book.open()
    workbook.write(results_of(workbook, {3: {"requestId": text, "error": text}}))
    assert book.shown()[2][4::2] == [text, text]
    assert {book.page[cell].data_type for cell in ("E3", "G3")} == {"s"}


def test_odd_characters_and_long_texts(book):
    """What no cell can hold is left out, and what is too long is cut, so that Excel does not refuse the rest."""
    workbook = book.open()
    workbook.write(results_of(workbook, {2: {"error": "a\x00b\r\nc\ud800"}, 3: {"error": "long " * 9_000}}))
    assert book.shown()[1][4] == "ab\nc"
    assert len(book.shown()[2][4]) == 32_767


@pytest.mark.parametrize("length", [255, 256, 8_203, 8_204, 32_767])
def test_text_of_any_length_beside_others(book, length):
    """Excel for Windows takes a text of more than 8,203 characters in one cell, and in no block of several."""
    book.fill(READY)
    workbook = book.open()
    workbook.write(results_of(workbook, {row: {**sent(row), "error": "x" * length} for row in (2, 3, 4)}))
    assert [(line[3], len(line[4])) for line in book.shown()[1:]] == [("pending", length)] * 3


# How often Excel is called


def test_texts_that_look_like_numbers_cost_no_further_calls(book):
    """Cells are formatted as text before they are written, so that nothing has to be mended afterwards."""
    many(book, 50)
    workbook = book.open()
    results = results_of(workbook, {row: {**sent(row), "requestId": f"00{row}"} for row in range(2, 52)})
    book.excel.meter.calls.clear()
    workbook.write(results)
    assert book.excel.meter.count <= MOST_CALLS, book.excel.meter.calls
    assert statuses(book, "Collect request ID") == {row: f"00{row}" for row in range(2, 52)}


@pytest.mark.slow
@pytest.mark.parametrize("mac", [False, True])
@pytest.mark.parametrize("width", [0, 40])
@pytest.mark.parametrize("first", [2, 5_002])
def test_calls_for_a_batch(book, width, first, mac):
    """A batch of fifty rows takes at most eight calls into Excel, wherever it stands and however wide the sheet is."""
    book.excel.quirks.mac = mac
    header = ["Email", *(f"Custom: {n}" for n in range(width)), *RESULT_HEADERS]
    book.fill([header, *([f"p{row}@x.org", *(["x"] * width)] for row in range(2, first + 60))])
    workbook = book.open()
    results = results_of(workbook, {row: sent(row) for row in range(first, first + 50)})
    book.excel.meter.calls.clear()
    assert workbook.write(results).rows == 50
    assert book.excel.meter.count <= MOST_CALLS, book.excel.meter.calls
    assert statuses(book, "Collect request ID") == {row: f"r{row}" for row in range(first, first + 50)}


def test_calls_for_a_batch_with_gaps(book):
    """Rows that are left out, between those that are written, cost no calls and are not touched."""
    many(book, 60)
    book.page["C10"], book.page["C11"] = "mine", "mine too"
    workbook = book.open()
    rows = [row for row in range(2, 55) if row not in {10, 11, 30}]
    results = results_of(workbook, of(rows))
    book.excel.meter.calls.clear()
    workbook.write(results)
    assert book.excel.meter.count <= MOST_CALLS, book.excel.meter.calls
    assert statuses(book) == {**{row: f"of {row}" for row in rows}, 10: "mine", 11: "mine too"}


def test_calls_where_nothing_is_new(book):
    """Writing what is there already writes nothing."""
    many(book, 50)
    workbook = book.open()
    results = results_of(workbook, of(range(2, 52)))
    workbook.write(results)
    book.excel.meter.calls.clear()
    assert workbook.write(results).rows == 50
    assert book.excel.meter.calls["write"] == 0


def test_long_runs_keep_excel_still(book):
    """More than a batch is written with the screen frozen and calculation waiting; both are back afterwards."""
    many(book, 120)
    workbook, excel = book.open(), book.excel
    seen = []
    excel.meter.meanwhile["write"] = lambda: seen.append(
        (excel.settings["screen_updating"], excel.settings["calculation"])
    )
    workbook.write(results_of(workbook, of(range(2, 122))))
    assert seen == [(False, "manual")]
    assert (excel.settings["screen_updating"], excel.settings["calculation"]) == (True, "automatic")


def test_settings_are_given_back_by_an_excel_that_was_busy(book):
    """Somebody who types at the end of a write keeps no frozen Excel."""
    many(book, 120)
    workbook, excel = book.open(), book.excel
    results = results_of(workbook, of(range(2, 122)))
    excel.meter.meanwhile["screen_updating="] = lambda: excel.meter.meanwhile.update(
        {"screen_updating=": lambda: setattr(excel.quirks, "busy", 5)}
    )
    workbook.write(results)
    assert (excel.settings["screen_updating"], excel.settings["calculation"]) == (True, "automatic")
    assert book.waits


# Hidden and filtered rows


@pytest.mark.parametrize("columns", [(), ("D", "E"), ("A",)])
@pytest.mark.parametrize("hidden", [[3], [2, 4, 5], [2, 3, 4, 5, 6, 7], [6, 7], range(3, 8)])
def test_filtered_rows_keep_their_own_results(book, hidden, columns):
    """A block over filtered rows would repeat its first line; every row gets its own, hidden or not."""
    many(book, 6)
    for row in hidden:
        book.page.row_dimensions[row].hidden = True
    for letters in columns:
        book.page.column_dimensions[letters].hidden = True
    workbook = book.open()
    results = results_of(workbook, of(range(2, 8)))
    book.excel.meter.calls.clear()
    workbook.write(results)
    assert statuses(book) == {row: f"of {row}" for row in range(2, 8)}
    stretches = len(list(groupby(range(2, 8), lambda row: row in hidden)))
    assert book.excel.meter.calls["write"] == stretches  # right at once, not mended afterwards


def test_filter_that_is_set_while_we_write(book):
    """A filter that comes between looking and writing corrupts a block for a moment: it is looked at and mended."""
    many(book, 6)
    workbook = book.open()

    def set_filter():
        for row in (3, 5):
            book.page.row_dimensions[row].hidden = True

    results = results_of(workbook, of(range(2, 8)))
    book.excel.meter.meanwhile["write"] = set_filter
    workbook.write(results)
    assert statuses(book) == {row: f"of {row}" for row in range(2, 8)}


# Protected sheets


def protect(book, unlocked=()):
    """Protect the sheet, with some cells unlocked."""
    book.page.protection.sheet = True
    for cell in unlocked:
        book.page[cell].protection = Protection(locked=False)


UNLOCKED = [f"{letter}{row}" for letter in "DEFGHI" for row in range(1, 5)]


@pytest.mark.parametrize("protected", ["raise", "ignore", "can not be set"])
@pytest.mark.parametrize("grid", [PEOPLE, READY], ids=["columns missing", "columns there"])
def test_protected_sheet_is_found_before_anything_is_sent(book, protected, grid):
    """Windows raises and macOS says nothing at all; either way it is found out before the first request."""
    book.fill(grid)
    book.excel.quirks.protected = protected
    protect(book)
    with pytest.raises(WorkbookRefused, match="protected") as told:
        book.open().probe()
    assert "Unprotect Sheet" in told.value.tip
    assert book.shown() == grid


@pytest.mark.parametrize("protected", ["raise", "ignore"])
@pytest.mark.parametrize("grid", [PEOPLE, READY], ids=["columns missing", "columns there"])
def test_sheet_that_is_protected_meanwhile(book, protected, grid):
    """A sheet that is protected while the run is on is refused at the write, also where Excel ignores it silently."""
    book.fill(grid)
    workbook = book.open()
    workbook.probe()
    results = results_of(workbook, {3: sent(3)})
    book.excel.quirks.protected = protected
    protect(book)
    first = "D1" if grid is PEOPLE else "D3"
    with pytest.raises(WorkbookRefused, match=f"Contacts!{first}: the sheet Contacts is protected"):
        workbook.write(results)
    assert book.shown() == grid


@pytest.mark.parametrize("protected", ["raise", "ignore", "can not be set"])
def test_protected_sheet_with_unlocked_result_columns(book, protected):
    """Where only the result columns are unlocked, no format can be set, and texts are texts nevertheless."""
    book.fill(READY)
    book.excel.quirks.protected = protected
    protect(book, [f"{letter}{row}" for letter in "DEFG" for row in (2, 3, 4)])
    workbook = book.open()
    workbook.probe()
    workbook.write(results_of(workbook, {2: {**sent(2), "requestId": "007"}, 4: {"status": "invalid", "error": "=1"}}))
    assert [line[3:] for line in book.shown()[1:]] == [
        ["pending", None, None, "007"],
        [None] * 4,
        ["invalid", "=1", None, None],
    ]


def test_protected_sheet_is_not_called_busy_after_waiting(book):
    """Where pywin32 has the same words for a refusal and for a busy Excel, Excel is asked which of them it was."""
    book.fill(READY)
    workbook = book.open()
    results = results_of(workbook, {3: sent(3)})
    book.excel.quirks.protected = "can not be set"
    protect(book)
    with pytest.raises(WorkbookRefused, match="the sheet Contacts is protected"):
        workbook.write(results)
    assert book.waits == list(PAUSES)


@pytest.mark.parametrize("protected", ["raise", "ignore"])
def test_protected_last_row_is_found_before_anything_is_sent(book, protected):
    """Cells that were unlocked for the first rows alone do not hide that later ones are locked."""
    book.fill(READY)
    book.excel.quirks.protected = protected
    protect(book, [f"{letter}{row}" for letter in "DEFG" for row in (2, 3)])
    with pytest.raises(WorkbookRefused, match="Contacts!D4"):
        book.open().probe()


def test_trial_leaves_no_trace(book):
    """The trial writes into cells that are blank, and takes it away; not one that is formatted is left over."""

    def touched():
        return {cell.coordinate for cell in book.page._cells.values() if cell.value is not None or cell.has_style}

    for grid in (PEOPLE, READY):
        book.fill(grid)
        protect(book, UNLOCKED)
        before = touched()
        assert book.open().probe() == ()
        assert touched() == before


def test_sheet_that_is_not_protected_is_not_tried(book):
    """A mark in a cell starts macros, makes a version and is seen by others: it is made where a sheet is protected."""
    for grid in (PEOPLE, READY):
        book.fill(grid)
        assert book.open().probe() == ()
    assert book.excel.meter.calls["write"] == book.excel.meter.calls["clear"] == 0


def test_trial_that_was_interrupted(book):
    """A mark that a crash left behind is taken away by the next trial."""
    book.fill(READY)
    protect(book, UNLOCKED)

    def crash():
        raise KeyboardInterrupt

    book.excel.meter.meanwhile["clear"] = crash
    with pytest.raises(KeyboardInterrupt):
        book.open().probe()
    assert book.shown() != READY
    book.open().probe()
    assert book.shown() == READY


@pytest.mark.parametrize("call", ["write", "read", "clear"])
@pytest.mark.parametrize("grid", [PEOPLE, READY], ids=["columns missing", "columns there"])
def test_trial_waits_for_an_excel_that_is_busy(book, grid, call):
    """Wherever the trial meets a user who types, it begins again, and leaves no mark behind."""
    book.fill(grid)
    protect(book, UNLOCKED)
    workbook, meanwhile = book.open(), book.excel.meter.meanwhile
    meanwhile["write"] = lambda: meanwhile.update({call: lambda: setattr(book.excel.quirks, "busy", 2)})
    assert workbook.probe() == ()
    assert (book.shown(), len(book.waits)) == (grid, 2)


def test_cell_into_which_a_formula_spills(book):
    """What a formula elsewhere shows in a result cell is not written over: the formula would show an error."""
    book.fill(READY)
    workbook = book.open()
    results = results_of(workbook, {3: sent(3), 4: sent(4)})
    book.page["D3"], book.page["D4"] = "two", "three"
    book.excel.quirks.spills = "D3:D4"
    with pytest.raises(WorkbookRefused, match="Contacts!D3 holds a formula"):
        book.open().probe()
    with pytest.raises(WorkbookRefused, match="Contacts!D3 holds a formula"):
        workbook.write(results)
    assert (book.page["D3"].value, book.page["D4"].value) == ("two", "three")


@pytest.mark.parametrize("drops", [True, False], ids=["dropped", "kept"])
def test_text_that_begins_with_an_apostrophe(book, drops):
    """Where Excel drops the apostrophe, the other texts of the write are there nevertheless."""
    book.fill(READY)
    book.excel.quirks.apostrophes = drops
    workbook = book.open()
    text = "'dueDate' is in the past"
    workbook.write(results_of(workbook, {2: sent(2), 3: {"status": "invalid", "error": text}}))
    assert [line[3] for line in book.shown()[1:3]] == ["pending", "invalid"]
    assert book.shown()[2][4] == (text[1:] if drops else text)
    book.excel.meter.calls.clear()
    workbook.write(results_of(workbook, {3: {"status": "invalid", "error": text}}))
    assert book.excel.meter.calls["write"] == 0


def test_formula_in_a_result_column(book):
    """A formula is never destroyed: found before anything is sent, and refused when it came later."""
    book.fill(READY)
    workbook = book.open()
    results = results_of(workbook, {3: sent(3), 4: sent(4)})
    book.page["D3"] = "=A3"
    with pytest.raises(WorkbookRefused, match="Contacts!D3 holds a formula"):
        book.open().probe()
    with pytest.raises(WorkbookRefused, match="Contacts!D3 holds a formula"):
        workbook.write(results)
    assert book.page["D3"].value == "=A3"


def test_formulas_and_numbers_between_are_left_alone(book):
    """What somebody keeps in result cells of other rows, or in cells that get no text, stays as it is."""
    many(book, 6)
    book.page["C4"], book.page["C5"], book.page["D6"] = "=1+1", 7, "=A6"
    workbook = book.open()
    workbook.write(results_of(workbook, {row: {"status": "new"} for row in (2, 3, 6, 7)}))
    assert statuses(book) == {2: "new", 3: "new", 4: "=1+1", 5: 7, 6: "new", 7: "new"}
    assert (book.page["D6"].value, book.page["C4"].data_type) == ("=A6", "f")


def test_busy_while_one_cell_is_written(book):
    """Where cells are written one by one, an Excel that is busy is waited for, too, and not called protected."""
    book.fill(READY)
    book.page["F3"] = "=A3"
    workbook = book.open()
    results = results_of(workbook, {3: {"status": "new", "error": "mended"}})
    book.excel.meter.meanwhile["write"] = lambda: setattr(book.excel.quirks, "busy", 1)
    workbook.write(results)
    assert (book.shown()[2][3:], len(book.waits)) == (["new", "mended", "=A3", None], 1)


def test_number_between_divides_a_block(book):
    """Somebody's number between two results makes two blocks of them, and is not written along."""
    many(book, 10)
    book.page["C6"] = 7
    workbook = book.open()
    results = results_of(workbook, of([2, 3, 4, 5, 7, 8, 9]))
    book.excel.meter.calls.clear()
    workbook.write(results)
    assert (book.excel.meter.calls["write"], statuses(book)[6]) == (2, 7)


def test_merged_result_cells(book):
    """Results cannot stand in merged cells; that is found before anything is sent."""
    book.fill(READY)
    book.page.merge_cells("D2:D3")
    with pytest.raises(WorkbookRefused, match=r"Contacts!D2:D3 is merged"):
        book.open().probe()


def test_no_room_at_the_right(book):
    """A sheet that is used to its last column is refused before anything is sent."""
    book.page["XFC1"] = "far"
    with pytest.raises(WorkbookRefused, match="used up to column XFC"):
        book.open().probe()


def test_columns_right_of_formulas_that_show_nothing(book):
    """A column of formulas without header that show nothing is not written over."""
    for row in (2, 3, 4):
        book.page[f"E{row}"] = '=IF(A2="","","")'
    book.page["Z9"].number_format = "@"
    workbook = book.open()
    workbook.write(results_of(workbook, {2: sent(2)}))
    assert book.shown()[0] == [*PEOPLE[0], None, None, *RESULT_HEADERS]


def test_headers_look_like_their_neighbours(book):
    """New headers look like the one beside them, and new columns are as wide as their content asks."""
    book.page["C1"].font, book.page["C1"].fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="1F3864")
    workbook = book.open()
    workbook.write(results_of(workbook, {2: sent(2)}))
    header = book.page["E1"]
    assert (header.font.b, header.font.color.rgb[2:], header.fill.fgColor.rgb[2:]) == (True, "ffffff", "1f3864")
    assert book.page.column_dimensions["E"].width == 60


# Tables


def table(book, area):
    """Make a table of an area."""
    book.page.add_table(Table(displayName="People", ref=area))


@pytest.mark.parametrize("grows", ["resize", "by themselves"])
def test_table_that_grows(book, grows):
    """The table takes the new columns in, whether Excel does that by itself or when told."""
    book.excel.quirks.tables = grows
    table(book, "A1:C4")
    workbook = book.open()
    workbook.probe()
    assert book.page.tables["People"].ref == "A1:C4"
    written = workbook.write(results_of(workbook, {2: sent(2)}))
    assert (book.page.tables["People"].ref, written.notes) == ("A1:G4", ())
    assert [each.name for each in book.page.tables["People"].tableColumns] == [*PEOPLE[0], *RESULT_HEADERS]


def test_table_of_an_excel_that_is_busy_grows(book):
    """Somebody who types while the columns are added has a table with these columns all the same."""
    table(book, "A1:C4")
    workbook = book.open()
    book.excel.meter.meanwhile["resize"] = lambda: setattr(book.excel.quirks, "busy", 2)
    written = workbook.write(results_of(workbook, {2: sent(2)}))
    assert (book.page.tables["People"].ref, written.notes, len(book.waits)) == ("A1:G4", (), 2)


@pytest.mark.parametrize("grows", ["ignore", "raise"])
def test_table_that_does_not_grow(book, grows):
    """Where the table cannot grow, the columns stand beside it, are found there again, and it is said."""
    book.excel.quirks.tables = grows
    table(book, "A1:C4")
    workbook = book.open()
    written = workbook.write(results_of(workbook, {2: sent(2)}))
    assert book.page.tables["People"].ref == "A1:C4"
    assert "The table People was not extended" in written.notes[0]
    workbook = book.open()
    assert workbook.write(results_of(workbook, {3: sent(3)})).notes == ()
    assert statuses(book, "Collect request ID") == {2: "r2", 3: "r3"}


# What people do meanwhile


@pytest.mark.parametrize("where", ["A", "C", "D"])
def test_column_that_is_inserted_meanwhile(book, where):
    """A column inserted while the run is on moves the result columns; results follow them."""
    book.fill(READY)
    workbook = book.open()
    results = results_of(workbook, {2: sent(2)})
    at = "ABCD".index(where)
    book.fill([[*line[:at], "New", *line[at:]] for line in READY])
    workbook.write(results)
    assert statuses(book, "Collect request ID") == {2: "r2"}
    assert [line[at] for line in book.shown()] == ["New"] * 4


def test_rows_that_are_inserted_above_the_header(book):
    """A title typed above the header moves everything; results follow."""
    many(book, 3)
    workbook = book.open()
    results = results_of(workbook, of([2, 4]))
    shown = book.shown()
    book.fill([["Our clients"], [], *shown])
    assert workbook.write(results).moved == (2, 4)
    assert [line[2] for line in book.shown()[3:]] == ["of 2", None, "of 4"]


def test_sort_over_a_long_list(book):
    """Rows that a sort has scattered over a long list are found, each with its own result, and nothing else changes."""
    many(book, 400)
    workbook = book.open()
    results = results_of(workbook, of(range(2, 52)))
    header, *lines = book.shown()
    people = {line[0]: row for row, line in enumerate(lines, 2)}
    book.fill([header, *sorted(lines, key=lambda line: line[0][::-1])])
    written = workbook.write(results)
    assert (written.rows, written.lost) == (50, ())
    found = {people[line[0]]: line[2] for line in book.shown()[1:] if line[2]}
    assert found == {row: f"of {row}" for row in range(2, 52)}


def test_many_rows_that_are_inserted_above(book):
    """Rows that many new ones have pushed below what was used before are found there."""
    many(book, 5)
    workbook = book.open()
    results = results_of(workbook, of(range(2, 7)))
    header, *lines = book.shown()
    book.fill([header, *([f"new{n}@x.org"] for n in range(300)), *lines])
    written = workbook.write(results)
    assert (written.moved, written.lost) == ((2, 3, 4, 5, 6), ())
    assert statuses(book) == {row + 300: f"of {row}" for row in range(2, 7)}


def test_row_that_is_gone_is_reported(book):
    """A row that was deleted is told of, and the others get theirs."""
    book.fill(READY)
    workbook = book.open()
    results = results_of(workbook, {row: sent(row) for row in (2, 3, 4)})
    book.fill([READY[0], READY[1], READY[3]])
    written = workbook.write(results)
    assert (written.rows, written.lost) == (2, (3,))
    assert statuses(book, "Collect request ID") == {2: "r2", 3: "r4"}


def test_numbers_as_keys_are_found_again(book):
    """A contact id that is a number identifies its row, with the zeros that its format shows."""
    book.fill([["Contact ID", *RESULT_HEADERS], *([n] for n in range(1, 6))])
    for row in range(2, 7):
        book.page[f"A{row}"].number_format = "00000"
    workbook = book.open()
    assert next(workbook.rows()).cells["contactId"] == Number("00001")
    results = results_of(workbook, of(range(2, 7)))
    book.excel.meter.calls.clear()
    assert workbook.write(results).rows == 5
    assert book.excel.meter.count <= MOST_CALLS


def test_sheet_that_is_renamed_or_deleted(book):
    """Without its sheet every result is reported as lost; the workbook is left alone."""
    workbook = book.open()
    results = results_of(workbook, {2: sent(2)})
    book.impl.wb.create_sheet("Other")
    book.page["A1"] = "Name"
    written = workbook.write(results)
    assert (written.rows, written.lost) == (0, (2,))
    assert "can no longer be used" in written.notes[0]


@pytest.mark.parametrize("mac", [False, True])
@pytest.mark.parametrize("change", ["renamed", "replaced"])
def test_sheet_that_moves_meanwhile_is_looked_for(book, mac, change):
    """A sheet that does not answer, since it was renamed or its list put on a new one, is looked for by its content."""
    book.excel.quirks.mac = mac
    book.fill(READY)
    workbook = book.open()
    results = results_of(workbook, {2: sent(2)})
    old, wb = book.page, book.impl.wb
    old.title = "People"
    if change == "replaced":
        new = wb.create_sheet("Contacts")
        for line in READY:
            new.append(line)
        wb.remove(old)
    written = workbook.write(results)
    assert (written.rows, written.lost) == (1, ())
    assert wb.worksheets[0]["G2"].value == "r2"


# Excel that is busy


@pytest.mark.parametrize("call", ["read", "write", "EntireRow.Hidden", "formula", "number_format=", "column_width="])
def test_busy_at_any_step(book, call):
    """An Excel that is busy in the middle of a write is waited for, and the columns are added once."""
    workbook = book.open()
    results = results_of(workbook, {2: sent(2), 4: sent(4)})
    book.excel.meter.meanwhile[call] = lambda: setattr(book.excel.quirks, "busy", 2)
    workbook.write(results)
    assert book.shown()[0] == [*PEOPLE[0], *RESULT_HEADERS]
    assert statuses(book, "Collect request ID") == {2: "r2", 4: "r4"}


def test_busy_right_after_the_headers(book):
    """Busy after the headers were written: the second attempt sees them, and adds no second set."""
    workbook = book.open()
    results = results_of(workbook, {2: sent(2)})
    meanwhile = book.excel.meter.meanwhile
    meanwhile["write"] = lambda: meanwhile.update(read=lambda: setattr(book.excel.quirks, "busy", 1))
    workbook.write(results)
    assert book.waits
    assert book.shown()[0] == [*PEOPLE[0], *RESULT_HEADERS]


def test_sort_while_we_wait(book):
    """Somebody who was typing may have sorted: after each wait the rows are found again."""
    book.fill(READY)
    workbook = book.open()
    results = results_of(workbook, {2: sent(2)})

    def type_and_sort():
        book.excel.quirks.busy = 1
        book.fill([READY[0], *reversed(READY[1:])])

    book.excel.meter.meanwhile["write"] = type_and_sort
    assert workbook.write(results).moved == (2,)
    assert statuses(book, "Collect request ID") == {4: "r2"}


@pytest.mark.parametrize("step", ["EntireRow.Hidden", "formula", "number_format=", "write"])
def test_sort_in_the_very_moment(book, step):
    """A sort between finding the rows and writing them is noticed: nobody keeps another's results."""
    many(book, 8)
    workbook = book.open()
    workbook.write(results_of(workbook, of([7, 8, 9])))
    workbook = book.open()
    people = {row.number: row.cells["email"] for row in workbook.rows()}
    results = results_of(workbook, of([2, 3, 4]))
    header, *lines = book.shown()
    book.excel.meter.meanwhile[step] = lambda: book.fill([header, *lines[::-1]])
    assert workbook.write(results).moved == (2, 3, 4)
    shown = {line[0]: line[2] for line in book.shown()[1:]}
    assert [shown[people[row]] for row in (2, 3, 4, 5, 6)] == ["of 2", "of 3", "of 4", None, None]
    assert all(shown[people[row]] in {None, f"of {row}"} for row in (7, 8, 9))


@pytest.mark.parametrize("step", ["write", "column_width=", "EntireRow.Hidden"])
def test_sort_while_columns_are_added(book, step):
    """A sort between finding the rows and adding the result columns is noticed as well."""
    many(book, 8, results=False)
    workbook = book.open()
    people = {row.number: row.cells["email"] for row in workbook.rows()}
    results = results_of(workbook, of([2, 3, 4]))

    def sort():
        header, *lines = book.shown()
        book.fill([header, *lines[::-1]])

    book.excel.meter.meanwhile[step] = sort
    assert workbook.write(results).moved == (2, 3, 4)
    assert [statuses(book)[11 - row] for row in people if row < 5] == ["of 2", "of 3", "of 4"]
    assert sorted(statuses(book)) == [7, 8, 9]


def test_people_who_go_on_sorting(book):
    """Somebody who sorts at each attempt is told that it did not work; nothing of it stays on a stranger's row."""
    many(book, 8)
    workbook = book.open()
    people = {row.number: row.cells["email"] for row in workbook.rows()}
    results = results_of(workbook, of([2, 3, 4]))

    def sort():
        header, *lines = book.shown()
        book.fill([header, *lines[::-1]])
        book.excel.meter.meanwhile["write"] = sort

    sort()
    with pytest.raises(WorkbookBusy, match="were moved while results were written"):
        workbook.write(results)
    shown = {line[0]: (line + [None] * 3)[2] for line in book.shown()[1:]}
    assert all(shown[people[row]] in {None, f"of {row}"} for row in people)


@pytest.mark.parametrize("mac", [False, True])
def test_row_whose_key_is_an_error(book, mac):
    """A row with an error where its address should be gets its result, too."""
    book.excel.quirks.mac = mac
    book.page["A3"] = "#N/A"
    book.page["A3"].data_type = "e"
    workbook = book.open()
    written = workbook.write(results_of(workbook, {3: {"status": "invalid"}}))
    assert (written.rows, book.waits, book.shown()[2][3]) == (1, [], "invalid")


def test_busy_for_too_long(book):
    """After a quarter of a minute the results are left to the journal, and it is said."""
    workbook = book.open()
    results = results_of(workbook, {2: sent(2)})
    book.excel.quirks.busy = 10_000
    with pytest.raises(WorkbookBusy):
        workbook.write(results)
    assert book.waits == list(PAUSES)


def test_refusal_in_excels_words(book):
    """What Excel says is passed on."""
    book.fill(READY)
    workbook = book.open()
    results = results_of(workbook, {2: sent(2)})

    def fail():
        book.excel.meter.meanwhile["write"] = fail
        raise ComError(-2147352567, "That command cannot be used on multiple selections.", -2146827284)

    fail_once = book.excel.meter.meanwhile
    fail_once["write"] = fail
    with pytest.raises(WorkbookRefused, match="cannot be used on multiple selections"):
        workbook.write(results)


@pytest.mark.parametrize("cloud", ["address", "raise"])
def test_workbook_in_a_cloud(book, cloud):
    """On OneDrive the full name is an address, or xlwings fails to find it: neither stops a run."""
    book.excel.quirks.cloud = cloud
    workbook = book.open()
    written = workbook.write(results_of(workbook, {2: sent(2)}))
    assert (written.rows, written.path) == (1, "clients.xlsx")
