"""Where contacts and options are found, on sheets as people lay them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from collect_xl.domain.model import Fault, Number, Rejected
from collect_xl.errors import LayoutError
from collect_xl.validation import Checker
from collect_xl.workbook.saved import open_saved
from support.raw_workbook import raw_workbook, row, rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from collect_xl.domain.model import CellValue, Layout

TITLE = ["Clients 2026"]
ANN = ["ann@example.com", "Ann"]
BOB = ["bob@example.com", "Bob"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clients.xlsx"


def layout_of(path: Path, **names: str) -> Layout:
    return open_saved(path, **names).layout()


def fields_of(path: Path) -> dict[str, int]:
    return {column.field: column.index for column in layout_of(path).columns}


def read(path: Path) -> dict[int, Mapping[str, CellValue]]:
    return {row.number: dict(row.cells) for row in open_saved(path).rows() if row.cells}


def emails(path: Path) -> dict[int, CellValue]:
    return {number: cells["email"] for number, cells in read(path).items() if "email" in cells}


def sheet_of(path: Path, *lines: Sequence[str | None], first: int = 1, tail: str = "") -> Path:
    return raw_workbook(path, {"Contacts": rows(*lines, first=first) + tail})


PLAIN = {  # what people have -> the lines from A1 on, the header row, the fields
    "title and blank rows above": ([TITLE, [], ["Email", "First name"], ANN], 3, {"email": 1, "firstName": 2}),
    "header in row 7, column D": (
        [TITLE, *[[]] * 5, [None, None, None, "E-Mail-Adresse", "Vorname"], [None, None, None, *ANN]],
        7,
        {"email": 4, "firstName": 5},
    ),
    "blank columns between": ([["Email", None, "Nom", None], [*ANN]], 1, {"email": 1, "lastName": 3}),
    "only a contact id": ([["Contact-ID", "Note"], ["x1", "-"]], 1, {"contactId": 1}),
    "signs and line breaks": (
        [["E-mail:", "First\nname *", "Due date (dd/mm/yyyy)", "Custom:\nloan_ref"], ANN],
        1,
        {"email": 1, "firstName": 2, "dueDate": 3, "custom:loan_ref": 4},
    ),
    "a letterhead that says e-mail": (
        [["E-mail:", "office@example.com"], [], ["Prénom", "Nom", "Courriel"], ["Ann", "A", "ann@example.com"]],
        3,
        {"firstName": 1, "lastName": 2, "email": 3},
    ),
    "a title that is a field": ([["E-mail"], ["E-mail", "Shoe size"], ANN], 2, {"email": 1}),
    "the upper one of two equal headers": ([["Email"], ["a@x.org"], [], ["Email"], ["b@x.org"]], 1, {"email": 1}),
    "in row 50": ([*[["x"]] * 49, ["Email"], ["a@x.org"]], 50, {"email": 1}),
    "four languages in one header": (
        [["Correo electrónico", "Vorname", "Société", "Custom: Größe"], ANN],
        1,
        {"email": 1, "firstName": 2, "company": 3, "custom:Größe": 4},
    ),
}


@pytest.mark.parametrize(("lines", "header_row", "fields"), PLAIN.values(), ids=PLAIN.keys())
def test_the_header_of_a_plain_range(
    path: Path, lines: list[list[str | None]], header_row: int, fields: dict[str, int]
) -> None:
    """The header is the row with most of our fields, wherever in the first fifty rows people put it."""
    sheet_of(path, *lines)
    assert header_row == layout_of(path).header_row
    assert fields == fields_of(path)


def test_a_header_below_the_first_fifty_rows(path: Path) -> None:
    """Further down than row 50 no header is looked for, and the message says so and what to do."""
    sheet_of(path, *[["x"]] * 50, ["Email"], ["a@x.org"])
    with pytest.raises(LayoutError, match="first 50 rows") as told:
        layout_of(path)
    assert "Write Email" in told.value.tip


def test_unknown_headers_are_listed(path: Path) -> None:
    """Columns that mean nothing to us are listed as people wrote them; two of the same name do no harm."""
    sheet_of(path, ["Email", "Phone", "Phone", " ", "Status"], ANN)
    ignored = [(each.header, each.index) for each in layout_of(path).ignored]
    assert ignored == [("Phone", 2), ("Phone", 3), ("Status", 5)]


def test_two_columns_of_one_field(path: Path) -> None:
    """Two headers for one field are an error that names both cells as people know them."""
    sheet_of(path, TITLE, ["E-mail", "Name", "Courriel\n(required)"], ANN)
    with pytest.raises(LayoutError) as told:
        layout_of(path)
    assert "Contacts!A2 (E-mail) and Contacts!C2 (Courriel (required)) both mean Email" in told.value.message


SHEETS = {
    "by name, ignoring case": (["Staff", "CONTACTS"], [], "CONTACTS"),
    "in German": (["Staff", "Kontakte"], [], "Kontakte"),
    "by name, though hidden": (["Staff", "Contacts"], ["Contacts"], "Contacts"),
    "the only visible one that fits": (["Staff", "Clients"], ["Staff"], "Clients"),
}


@pytest.mark.parametrize(("names", "hidden", "expected"), SHEETS.values(), ids=SHEETS.keys())
def test_the_sheet_of_the_contacts(path: Path, names: list[str], hidden: list[str], expected: str) -> None:
    """The sheet is found by its name, else it is the only visible one that has contacts."""
    with xlsxwriter.Workbook(path) as book:
        sheets = {name: book.add_worksheet(name) for name in ("Notes", *names)}
        for name in names:
            sheets[name].write_column(0, 0, ["Email", "ann@example.com"])
        for name in hidden:
            sheets[name].hide()
    layout = layout_of(path)
    assert expected == layout.sheet
    assert (expected in hidden) == any("hidden" in note for note in layout.notes)


def test_two_sheets_that_fit(path: Path) -> None:
    """When two sheets may be meant, nobody is asked by accident: the error names both and the option."""
    raw_workbook(path, {name: rows(["Email"], ["a@x.org"]) for name in ("Clients", "Staff")})
    with pytest.raises(LayoutError, match="Clients, Staff") as told:
        layout_of(path)
    assert "Name the sheet that is meant." in told.value.tip
    assert layout_of(path, contacts_sheet="staff").sheet == "Staff"


def test_the_options_sheet_is_never_taken_for_the_contacts(path: Path) -> None:
    """An options sheet that happens to hold a fitting word is no list of contacts."""
    raw_workbook(path, {"Options": rows(["Email", "x"]), "Clients": rows(["Email"], ["a@x.org"])})
    assert layout_of(path).sheet == "Clients"


def test_no_sheet_that_fits(path: Path) -> None:
    """Without any list of contacts the error says what was looked for and on which sheets."""
    raw_workbook(path, {"One": rows(["Name"]), "Two": "<sheetData/>"})
    with pytest.raises(LayoutError, match=r"One, Two.*Email"):
        layout_of(path)


def table(sheet: xlsxwriter.worksheet.Worksheet, area: str, name: str, headers: list[str], **more: object) -> None:
    sheet.add_table(area, {"name": name, "columns": [{"header": each} for each in headers], **more})


def test_a_table_beats_what_stands_above(path: Path) -> None:
    """A table tells where its header is, however far down and whatever words stand above it."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        sheet.write_row(0, 0, ["Email", "First name", "Last name"])
        table(sheet, "B60:C62", "Clients", ["Email", "First name"], data=[ANN, BOB])
    layout = layout_of(path)
    assert (layout.table, layout.header_row, [each.index for each in layout.columns]) == ("Clients", 60, [2, 3])
    assert emails(path) == {61: "ann@example.com", 62: "bob@example.com"}


def test_another_table_beside(path: Path) -> None:
    """Another table on the same rows is not mixed in, even where its headers are words of ours."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        table(sheet, "A1:B2", "Clients", ["Email", "First name"], data=[ANN])
        table(sheet, "D1:E2", "Lookup", ["Company", "Tags"], data=[["x", "y"]])
    layout = layout_of(path)
    assert (layout.table, [each.field for each in layout.columns]) == ("Clients", ["email", "firstName"])
    assert layout.ignored == ()


def test_two_tables_of_people(path: Path) -> None:
    """Two tables with addresses on one sheet are an error that names both and their places."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        table(sheet, "A1:B2", "Clients", ["Email", "First name"])
        table(sheet, "D1:E2", "Staff", ["Email", "First name"])
    with pytest.raises(LayoutError, match=r"Clients \(A1:B2\) and Staff \(D1:E2\)"):
        layout_of(path)


def test_columns_beside_a_table(path: Path) -> None:
    """A column typed right beside a table counts, as do result columns further off; a list apart does not."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        table(sheet, "A1:B2", "Clients", ["Email", "First name"], data=[ANN])
        sheet.write_row("C1", ["Campaign ID"])
        sheet.write_row("E1", ["Last name", "Collect status"])
    assert fields_of(path) == {"email": 1, "firstName": 2, "campaignId": 3, "result.status": 6}


def test_a_plain_list_above_a_table(path: Path) -> None:
    """A plain list ends where a table begins in its columns."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        sheet.write_column(0, 0, ["Email", "ann@example.com"])
        table(sheet, "A5:B6", "Prices", ["Thing", "Price"], data=[["x", 1]])
    assert emails(path) == {2: "ann@example.com"}


def test_a_totals_row_is_no_contact(path: Path) -> None:
    """The totals row of a table is not read, nor is what stands below it, which is told."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        headers = [{"header": "Email", "total_string": "Total"}, {"header": "First name", "total_function": "count"}]
        sheet.add_table("A1:B4", {"columns": headers, "data": [ANN, BOB], "total_row": True})
        sheet.write("A5", "note@example.com")
    assert emails(path) == {2: "ann@example.com", 3: "bob@example.com"}
    (note,) = layout_of(path).notes
    assert note.startswith("Contacts!A5 is below the table")


def test_rows_directly_below_a_table(path: Path) -> None:
    """Rows typed directly below a table that did not grow are read, up to the next blank one, and told of."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        table(sheet, "A1:B2", "Clients", ["Email", "First name"], data=[ANN])
        sheet.write_column("A3", ["bob@example.com", "cyd@example.com", None, "far@example.com"])
    assert list(emails(path).values()) == ["ann@example.com", "bob@example.com", "cyd@example.com"]
    read, apart = layout_of(path).notes
    assert read.startswith("Row 3 is directly below the table Clients")
    assert apart.startswith("Contacts!A6 is below the table Clients, apart from it, and is not read.")


def test_other_things_below_a_table(path: Path) -> None:
    """What stands below a table in other columns, or after a blank row, is no contact; an address there is told."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        table(sheet, "A1:B2", "Clients", ["Email", "First name"], data=[ANN])
        sheet.write("D3", "a note")
        sheet.write("A4", "far@example.com")
    assert emails(path) == {2: "ann@example.com"}
    (note,) = layout_of(path).notes
    assert note.startswith("Contacts!A4 is below the table Clients")


HIDDEN = {
    "by a person": (' hidden="1"', True),
    "in words": (' hidden="true"', True),
    "without height": (' ht="0" customHeight="1"', True),
    "a low row": (' ht="0.5" customHeight="1"', False),
    "shown again": (' hidden="0"', False),
}


@pytest.mark.parametrize(("attributes", "hidden"), HIDDEN.values(), ids=HIDDEN.keys())
def test_hidden_rows(path: Path, attributes: str, hidden: bool) -> None:
    """A row is hidden by its flag (filters set it, too) or by having no height."""
    lines = row(1, ["Email"]) + row(2, ["a@x.org"], attributes)
    raw_workbook(path, {"Contacts": f"<sheetData>{lines}</sheetData>"})
    assert [hidden] == [each.hidden for each in open_saved(path).rows()]


def test_hidden_blank_rows(path: Path) -> None:
    """A blank row between contacts is told of with its flag, whether the file stores it or not."""
    lines = row(1, ["Email"]) + row(2, ["a@x.org"]) + row(4, [], ' hidden="1"') + row(6, ["b@x.org"])
    raw_workbook(path, {"Contacts": f"<sheetData>{lines}</sheetData>"})
    told = [(each.number, each.hidden) for each in open_saved(path).rows()]
    assert told == [(2, False), (3, False), (4, True), (5, False), (6, False)]


def test_results_alone_are_content(path: Path) -> None:
    """A row whose contact was deleted while its result stands is still a row; blanks and unknown columns are not."""
    sheet_of(
        path, ["Email", "Collect status", "Phone"], ANN[:1], [None, "pending"], [" ", None, "1"], [None, None, "2"]
    )
    assert {2: {"email": ANN[0]}, 3: {"result.status": "pending"}} == read(path)


def test_a_stray_cell_far_below(path: Path) -> None:
    """A stray value in the last row of a sheet is read, without telling of a million blank rows before it."""
    far = '<row r="1048576"><c r="A1048576"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>'
    raw_workbook(path, {"Contacts": f"<sheetData>{row(1, ['Email'])}{row(2, ['a@x.org'])}{far}</sheetData>"})
    assert [each.number for each in open_saved(path).rows()] == [2, 1_048_576]


PERSON = ["Email", "First name", "Custom: a"]
MERGED = {  # the header in row 2, a range -> what is wrong with which cells
    "rows of data": (PERSON, "A3:A4", {3: {"email": "A3:A4"}, 4: {"email": "A3:A4"}}),
    "columns of data": (PERSON, "A3:B3", {3: {"email": "A3:B3", "firstName": "A3:B3"}}),
    "rows and columns": (
        PERSON,
        "B3:C4",
        {row: {"firstName": "B3:C4", "custom:a": "B3:C4"} for row in (3, 4)},
    ),
    "from a column that is not read": (["Email", "Phone", "First name"], "B3:C3", {3: {"firstName": "B3:C3"}}),
    "into a column that is not read": (["Email", "First name", "Phone"], "B3:C3", {}),
    "a title": (PERSON, "A1:D1", {}),
    "a header over two rows": (PERSON, "A2:A3", {}),
    "blank cells": (PERSON, "B4:C4", {}),
    "far away": (PERSON, "F3:G9", {}),
}


@pytest.mark.parametrize(("header", "area", "faults"), MERGED.values(), ids=MERGED.keys())
def test_merged_cells(path: Path, header: list[str], area: str, faults: dict[int, dict[str, str]]) -> None:
    """A merged cell is a fault wherever it leaves open whose value it is, and never a blank."""
    lines = [TITLE, header, ["a@x.org", "Ann", "x"], ["b@x.org"]]
    sheet_of(path, *lines, tail=f'<mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>')
    found = {
        number: {field: value.shown for field, value in cells.items() if isinstance(value, Fault)}
        for number, cells in read(path).items()
    }
    assert faults == {number: cells for number, cells in found.items() if cells}


def test_many_merged_rows(path: Path) -> None:
    """Merged ranges of thousands of rows are found, though they stand behind the rows in the file."""
    lines = [["Email", "First name"], *([f"p{n}@x.org", "A"] for n in range(5_000))]
    merges = "".join(f'<mergeCell{" " * 300} ref="A{n}:A{n + 1}"/>' for n in range(2, 5_000, 4))  # over several chunks
    sheet_of(path, *lines, tail=f"<mergeCells>{merges}</mergeCells>")
    faulty = [number for number, cells in read(path).items() if isinstance(cells["email"], Fault)]
    assert faulty == [number for start in range(2, 5_000, 4) for number in (start, start + 1)]


def test_a_formula_in_the_list(path: Path) -> None:
    """A formula counts as its result; without one it is a fault, in a header it is its text."""
    cells = '<c r="A2"><f>D2</f></c><c r="B2" t="str"><f>E2</f><v>Ann</v></c><c r="C2" t="str"><f>""</f><v></v></c>'
    lines = row(1, ["Email", "First name", "Company"]) + f'<row r="2">{cells}</row>'
    raw_workbook(path, {"Contacts": f"<sheetData>{lines}</sheetData>"})
    assert {2: {"email": Fault("formula", "=D2"), "firstName": "Ann"}} == read(path)


OPTIONS = {  # the lines of the sheet -> name, its place, value, its place
    "header line": (
        [["Option", "Value", "Help"], ["Round", "Q4", "text"]],
        [("Round", "A2", "Q4", "B2")],
    ),
    "no header line": (
        [["Round", "Q4"], ["Nonsense", "x"]],
        [("Round", "A1", "Q4", "B1"), ("Nonsense", "A2", "x", "B2")],
    ),
    "in French, with a title": (
        [["Réglages"], [], ["Option", "Valeur"], ["Tour", "T4"]],
        [("Tour", "A4", "T4", "B4")],
    ),
    "in other columns": (
        [[], [None, None, "Option:", "Value"], [None, "x", "Round", "Q4"]],
        [("Round", "C3", "Q4", "D3")],
    ),
    "in other columns without header": ([[None, "Kampagne", "x1"]], [("Kampagne", "B1", "x1", "C1")]),
    "blank value": (
        [["Round", None], ["Due date", " "]],
        [("Round", "A1", None, "B1"), ("Due date", "A2", None, "B2")],
    ),
    "the same name twice": (
        [["Samples", "a"], ["Samples", "b"]],
        [("Samples", "A1", "a", "B1"), ("Samples", "A2", "b", "B2")],
    ),
    "values below a name": (
        [["Items", "a"], [None, "b"], [], [None, "note"]],
        [("Items", "A1", "a", "B1"), ("Items", "A1", "b", "B2")],
    ),
    "nothing we know": ([["Campain", "x"]], [("Campain", "A1", "x", "B1")]),
}


@pytest.mark.parametrize(("lines", "expected"), OPTIONS.values(), ids=OPTIONS.keys())
def test_options(path: Path, lines: list[list[str | None]], expected: list[tuple[str | None, ...]]) -> None:
    """Lines of a name and a value are found wherever they stand on the options sheet, with their places."""
    raw_workbook(path, {"Contacts": rows(["Email"]), "options": rows(*lines)})
    found = [(each.name, each.name_at, each.value, each.value_at) for each in open_saved(path).options()]
    assert found == [(name, f"options!{at}", value, f"options!{there}") for name, at, value, there in expected]


def test_values_of_options(path: Path) -> None:
    """An option's value keeps its type, and a formula without a result is a fault."""
    named = '<row r="{0}"><c r="A{0}" t="str"><v>{1}</v></c>{2}</row>'
    lines = (
        named.format(1, "Send message", '<c r="B1" t="b"><v>0</v></c>')
        + named.format(2, "Due date", '<c r="B2"><f>NOW()</f></c>')
        + named.format(3, "Round", '<c r="B3"><v>4</v></c>')
    )
    raw_workbook(path, {"Contacts": rows(["Email"]), "Options": f"<sheetData>{lines}</sheetData>"})
    values = [each.value for each in open_saved(path).options()]
    assert [False, Fault("formula", "=NOW()"), Number("4")] == values


def test_an_options_sheet_of_another_name(path: Path) -> None:
    """The options sheet may be named by the user, or be called in German or Spanish."""
    raw_workbook(path, {"Contacts": rows(["Email"]), "Setup": rows(["Round", "a"]), "Optionen": rows(["Runde", "b"])})
    assert [each.value for each in open_saved(path).options()] == ["b"]
    assert [each.value for each in open_saved(path, options_sheet="setup").options()] == ["a"]


def test_the_address_in_a_hyperlink_formula(path: Path) -> None:
    """A formula that shows a label over a link to an address tells where it leads."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        sheet.write_row(0, 0, ["Email"])
        sheet.write_formula(1, 0, '=HYPERLINK("mailto:ann@x.org","Ann & Co")', None, "Ann & Co")
        sheet.write_formula(2, 0, '=HYPERLINK("https://x.org","Bob")', None, "Bob")
    assert [row.link for row in open_saved(path).rows()] == ["mailto:ann@x.org", ""]


def test_a_sheet_that_is_nearly_called_options(path: Path) -> None:
    """Where no sheet is called Options, the message about the campaign names the sheets that there are."""
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Contacts - Table 1").write_row(0, 0, ["Email"])
        book.add_worksheet("Options - Table 1").write_row(0, 0, ["Campaign ID", "camp"])
    workbook = open_saved(path)
    (problem,) = Checker(workbook.layout(), workbook.options()).problems
    assert "no sheet called Options; the other sheets are: Options - Table 1" in problem.found
    assert "call it Options, or name it for this run" in problem.todo


@pytest.mark.parametrize("kind", ["rich", "error"])
def test_data_types_and_pictures(path: Path, kind: str) -> None:
    """A data type of Excel or a picture, which looks like an error in the file, is called what it is."""
    mark = ' vm="1"' if kind == "rich" else ""
    cells = f'<c r="A2" t="inlineStr"><is><t>ann@x.org</t></is></c><c r="B2" t="e"{mark}><v>#VALUE!</v></c>'
    header = row(1, ["Email", "Company"])
    raw_workbook(path, {"Contacts": f'<sheetData>{header}<row r="2">{cells}</row></sheetData>'})
    (found,) = open_saved(path).rows()
    assert found.cells["company"] == Fault(kind, "#VALUE!")
    rejected = Checker(open_saved(path).layout(), ()).check(found)
    assert isinstance(rejected, Rejected)
    assert "picture" in str(rejected.problems[0])


def test_no_visible_sheet(path: Path) -> None:
    """Where every sheet but the options is hidden the error says so, and lists nothing."""
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Options").write(0, 0, "Option")
        hidden = book.add_worksheet("Clients")
        hidden.write_column(0, 0, ["Email", "ann@example.com"])
        hidden.hide()
    with pytest.raises(LayoutError, match="no other sheet that is visible") as refused:
        layout_of(path)
    assert "unhide" in refused.value.tip


@pytest.mark.parametrize(("options", "people"), [({}, {2, 3, 4}), ({"total_row": True}, {2, 3})])
def test_a_table_that_hides_its_header(path: Path, options: dict[str, bool], people: set[int]) -> None:
    """People in a table without a header row belong to the headers right above it; its totals do not."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        sheet.write_row(0, 0, ["Email", "First name"])
        sheet.add_table("A2:B4", {"header_row": False, **options})
        for row_number, line in enumerate([ANN, BOB, ["eve@example.com", "Eve"]], start=1):
            sheet.write_row(row_number, 0, line)
    assert emails(path).keys() == people
