"""What every workbook must do as source of contacts and place for results: one suite for saved files and live Excel.

A workbook joins by a subclass with a fixture ``book``::

    class TestSaved(WorkbookContract):
        @pytest.fixture
        def book(self, tmp_path):
            return SavedBook(tmp_path / "clients.xlsx")
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

import pytest

from collect_xl.domain.identity import anchor
from collect_xl.domain.model import Fault, Number, OptionCell, Rejected, RowResult
from collect_xl.errors import LayoutError, WorkbookRefused
from collect_xl.validation import Checker
from support.contract_facts import PEOPLE, PLAIN, RESULT_HEADERS, Extras, Grid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collect_xl.workbook.interface import Workbook

MOVES = {  # what a person did meanwhile -> the rows then, who was found elsewhere, who is gone
    "sorted": ([3, 2, 1], (2, 4), ()),
    "inserted above": ([0, 1, 2, 3], (2, 3, 4), ()),
    "deleted": ([1, 3], (4,), (3,)),
    "all gone": ([0], (), (2, 3, 4)),
}


class Book(Protocol):
    """A workbook that a person and the program have in hands."""

    def fill(
        self, contacts: Grid, extras: Extras = PLAIN, *, hidden: Sequence[int] = (), options: Grid | None = None
    ) -> None:
        """Give the sheet ``Contacts`` (and ``Options``) this content, as a person does, at any time."""

    def open(self, **sheets: str) -> Workbook:
        """Open it as the program does, by the names of its sheets where these are given."""

    def shown(self) -> Grid:
        """Return what the sheet ``Contacts`` shows now."""


def results_of(workbook: Workbook, texts: Mapping[int, Mapping[str, str | date | None]]) -> list[RowResult]:
    """Return results for rows as they are read now: row -> result field without ``result.`` -> text."""
    anchors = {row.number: anchor(row.cells) for row in workbook.rows()}
    return [
        RowResult(row, anchors[row], {f"result.{name}": text for name, text in cells.items()})
        for row, cells in texts.items()
    ]


def sent(row: int) -> dict[str, str | None]:
    """Return the result cells of a row that was sent."""
    return {"status": "pending", "requestId": f"r{row}", "portalUrl": "", "error": ""}


class WorkbookContract:
    """The suite."""

    def test_layout(self, book: Book) -> None:
        """The header tells each column's field, and what means nothing is listed as ignored."""
        book.fill([["E-mail", "Shoe size", "Custom: ref"], ["ann@example.com", 38, "x"]])
        layout = book.open().layout()
        assert (layout.sheet, layout.header_row) == ("Contacts", 1)
        assert [(each.field, each.index) for each in layout.columns] == [("email", 1), ("custom:ref", 3)]
        assert [(each.header, each.index) for each in layout.ignored] == [("Shoe size", 2)]

    def test_several_columns_that_hold_out(self, book: Book) -> None:
        """Each column that says whom not to ask is read, under a field of its own."""
        header = ["Email", "Do not contact", "Unsubscribed", "Abgemeldet am"]
        book.fill([header, ["ann@example.com", "yes", date(2026, 1, 2), None]])
        workbook = book.open()
        assert [each.field for each in workbook.layout().columns] == ["email", "skip", "skip:C", "skip:D"]
        (row,) = workbook.rows()
        assert (row.cells["skip"], row.cells["skip:C"]) == ("yes", date(2026, 1, 2))

    def test_values(self, book: Book) -> None:
        """Texts, numbers, dates and booleans arrive as what they are, blank cells not at all."""
        header = ["Email", "First name", "Custom: n", "Due date", "Send message", "Company"]
        book.fill([header, ["ann@example.com", " Ann ", 49, date(2026, 12, 31), True, None]])
        expected = {
            "email": "ann@example.com",
            "firstName": " Ann ",
            "custom:n": Number("49"),
            "dueDate": date(2026, 12, 31),
            "sendMessage": True,
        }
        (row,) = book.open().rows()
        assert (2, False, expected) == (row.number, row.hidden, dict(row.cells))
        assert {str, Number, date, bool} == {type(value) for value in row.cells.values()}

    def test_blank_rows(self, book: Book) -> None:
        """A blank row between contacts is told of; blank rows at the end are no rows."""
        book.fill([["Email", "Shoe size"], ["a@x.org"], [], ["b@x.org"], [], []])
        numbers = [(row.number, bool(row.cells)) for row in book.open().rows()]
        assert numbers == [(2, True), (3, False), (4, True)]

    def test_rows_that_hold_only_what_means_nothing_to_us(self, book: Book) -> None:
        """A row without address is read with all that stands under any header, also at the end of the list."""
        header = ["Full name", "Phone", "Email", "Left of", None, "Legend"]
        people: Grid = [["Ann", 5, "a@x.org"], ["Bob", 40], ["Cyd", None, "c@x.org"], [None, "+41", None, "x"]]
        book.fill([header, *people, [None, None, None, None, None, "a legend"]])
        rows = {row.number: dict(row.others) for row in book.open().rows()}
        assert rows == {2: {}, 3: {"A": "Bob", "B": Number("40")}, 4: {}, 5: {"B": "+41", "D": "x"}}

    def test_labels_over_links_to_addresses(self, book: Book) -> None:
        """Where a label stands in the place of an address, it is known where it leads; only mailto: counts."""
        links = {
            "B2": "mailto:ann@x.org?subject=Hi",
            "B3": "https://x.org",
            "B4": "mailto:other@x.org",
            "A5": "mailto:a@x",
        }
        people: Grid = [["Ann", "Ann Lee"], ["Bob", "Bob Two"], ["Cyd", "cyd@x.org"], ["Dee", "Dee Four"]]
        book.fill([["First name", "Email"], *people], Extras(links=links))
        rows = {row.number: row for row in book.open().rows()}
        assert {number: row.link for number, row in rows.items()} == {2: links["B2"], 3: "", 4: "", 5: ""}
        assert rows[2].cells["email"] == "Ann Lee"

    def test_pictures_in_cells(self, book: Book) -> None:
        """A picture or data type, which looks like an error or a text, is told as one, in its row alone."""
        people: Grid = [["Email", "Company", "Logo"], ["a@x.org", "Acme"], ["b@x.org"], ["c@x.org", "Co"]]
        book.fill(people, Extras(pictures=("B3", "C2", "C3")))
        workbook = book.open()
        checker = Checker(workbook.layout(), ())
        checked = {row.number: checker.check(row) for row in workbook.rows()}
        assert [number for number, each in checked.items() if isinstance(each, Rejected)] == [3]
        assert "picture" in str(checked[3].problems[0])

    def test_results_of_rows_whose_address_is_a_picture(self, book: Book) -> None:
        """What is wrong with a row that has a picture in the place of its address is written beside it."""
        book.fill([["Email", "Company"], ["a@x.org"], [None, "Acme"]], Extras(pictures=("A3",)))
        workbook = book.open()
        written = workbook.write(results_of(workbook, {2: sent(2), 3: {"status": "invalid"}}))
        assert (written.rows, written.lost) == (2, ())
        assert [line[2] for line in book.shown()] == ["Collect status", "pending", "invalid"]

    @pytest.mark.parametrize(("area", "notes"), [("A1:B9", 1), ("H1:J9", 0), ("A20:B30", 0)])
    def test_contacts_that_a_pivot_table_shows(self, book: Book, area: str, notes: int) -> None:
        """A list that a pivot table fills is told, since a refresh moves its rows; a pivot beside it is not."""
        book.fill(PEOPLE, Extras(pivot=area))
        told = [note for note in book.open().layout().notes if "the pivot table Totals" in note]
        assert len(told) == notes

    def test_formulas_of_rows_without_address(self, book: Book) -> None:
        """Of a row without address it is known which cells are formulas; those that show nothing are blank."""
        header = ["Full name", "Email", "First name"]
        shown = {"A3": " ", "B3": " ", "C3": 0, "A4": "Dear ", "B4": 0}
        book.fill([header, ["Ann", "a@x.org"], [], [None, None, "Bob"]], Extras(formulas=shown))
        rows = {row.number: row for row in book.open().rows()}
        assert [number for number, row in rows.items() if row.cells or row.others] == [2, 3, 4]
        assert dict(rows[3].cells) == {"firstName": Number("0")}
        assert rows[3].formulas >= {"firstName", "email"}
        assert (dict(rows[4].cells), dict(rows[4].others)) == (
            {"email": Number("0"), "firstName": "Bob"},
            {"A": "Dear "},
        )
        assert rows[4].formulas == {"A", "email"}

    def test_hidden_rows(self, book: Book) -> None:
        """A hidden row is read, and said to be hidden."""
        book.fill(PEOPLE, hidden=[3])
        assert [(row.number, row.hidden) for row in book.open().rows()] == [(2, False), (3, True), (4, False)]

    def test_a_value_far_below(self, book: Book) -> None:
        """A value far below the list is read, without the blank rows before it: a stray cell makes no long list."""
        near, far = 1_000, 2_001
        lines: Grid = [[] for _ in range(far)]
        lines[0], lines[near - 1], lines[far - 1] = ["Email"], ["near@x.org"], ["far@x.org"]
        book.fill(lines)
        assert [row.number for row in book.open().rows()] == [*range(2, near + 1), far]

    def test_a_row_directly_below_a_table(self, book: Book) -> None:
        """A row typed directly below a table is read, and told in the preview; after a blank row nothing is."""
        people: Grid = [["Email"], ["a@x.org"], ["b@x.org"], ["below@x.org"], [], ["far@x.org"]]
        book.fill(people, Extras(table="A1:A3"))
        workbook = book.open()
        assert [row.number for row in workbook.rows()] == [2, 3, 4]
        assert workbook.layout().table == "People"
        assert workbook.layout().notes[0] == (
            "Row 4 is directly below the table People, outside it; "
            "it and the rows after it, up to the next blank one, are read as well."
        )

    def test_totals_end_a_table(self, book: Book) -> None:
        """The line of totals is no contact, nor is what stands below it."""
        people: Grid = [["Email"], ["a@x.org"], ["2 people"], ["below@x.org"]]
        book.fill(people, Extras(table="A1:A3", totals=True))
        assert [row.number for row in book.open().rows()] == [2]

    @pytest.mark.parametrize(
        ("area", "faults"),
        [
            ("B2:B3", {2: {"firstName"}, 3: {"firstName"}}),
            ("A2:B2", {2: {"email", "firstName"}}),
            ("B2:C2", {}),
            ("A1:B1", {}),
            ("C2:C3", {}),
        ],
        ids=["two rows", "two columns", "with a column that is not read", "the header", "in a column that is not read"],
    )
    def test_merged_cells(self, book: Book, area: str, faults: dict[int, set[str]]) -> None:
        """A cell is a fault where it is merged so that nobody can tell whose value it shows, and else what it is."""
        book.fill([["Email", "First name", "Shoe size"], ["a@x.org", "Ann"], ["b@x.org"]], Extras(merged=area))
        found = {
            row.number: {field for field, value in row.cells.items() if value == Fault("merged", area)}
            for row in book.open().rows()
        }
        assert faults == {number: fields for number, fields in found.items() if fields}

    def test_rows_can_be_read_again(self, book: Book) -> None:
        """Every pass over the rows gives the same."""
        book.fill(PEOPLE)
        workbook = book.open()
        assert [dict(row.cells) for row in workbook.rows()] == [dict(row.cells) for row in workbook.rows()]

    def test_options(self, book: Book) -> None:
        """The options sheet gives its named lines with the places of name and value."""
        book.fill(PEOPLE, options=[["Option", "Value"], ["Round", "Q4"], ["Due date", None], ["Nonsense", 7]])
        assert (
            OptionCell("Round", "Options!A2", "Q4", "Options!B2"),
            OptionCell("Due date", "Options!A3", None, "Options!B3"),
            OptionCell("Nonsense", "Options!A4", Number("7"), "Options!B4"),
        ) == book.open().options()

    def test_values_below_an_option(self, book: Book) -> None:
        """A value directly below another one, without a name, is one more value of it; after a gap it is none."""
        book.fill(PEOPLE, options=[["Items", "a"], [None, "b"], [" ", "c"], [None, "d"], [], [None, "note"]])
        assert (
            OptionCell("Items", "Options!A1", "a", "Options!B1"),
            OptionCell("Items", "Options!A1", "b", "Options!B2"),
            OptionCell("Items", "Options!A1", "c", "Options!B3"),
            OptionCell("Items", "Options!A1", "d", "Options!B4"),
        ) == book.open().options()

    @pytest.mark.parametrize(
        ("lines", "value_at"),
        [
            ([["Option", "Help", "Value"], ["Round", "any text", "Q4"]], "Options!C2"),
            ([["What for"], ["Wert", "Hilfe", None, "Option"], ["Q4", "Text", None, "Runde"]], "Options!A3"),
            ([["Value", "Option", "Value"], ["old", "Round", "Q4"]], "Options!C2"),
        ],
        ids=["behind the help", "left of the names", "two headings of values"],
    )
    def test_values_stand_under_their_heading(self, book: Book, lines: Grid, value_at: str) -> None:
        """The values of options are those under the heading Value, wherever that column stands."""
        book.fill(PEOPLE, options=lines)
        (option,) = book.open().options()
        assert (option.value, option.value_at) == ("Q4", value_at)

    def test_sheets_are_named_where_none_has_the_options(self, book: Book) -> None:
        """Where no sheet is called Options the layout says which other sheets there are."""
        book.fill(PEOPLE)
        assert book.open().layout().sheets == ()
        book.fill(PEOPLE, options=[["Round", "Q4"]])
        assert book.open().layout().sheets == ()
        assert book.open(options_sheet="Options").layout().sheets == ()

    def test_headers_that_look_like_ours(self, book: Book) -> None:
        """A header that is nearly one of ours is named with the one that may be meant; others are only ignored."""
        book.fill([["Email", "Frist name", "Shoe size", "Email 2", "Compagny", "Contact"], ["ann@example.com"]])
        notes = " ".join(book.open().layout().notes)
        assert "Contacts!B1 (Frist name) means nothing to Collect. Did you mean First name?" in notes
        assert "Contacts!E1 (Compagny) means nothing to Collect. Did you mean Company?" in notes
        assert notes.count("Did you mean") == 2

    @pytest.mark.parametrize("at", [1, 3, 6])
    def test_a_second_list_in_other_columns(self, book: Book, at: int) -> None:
        """People under a header of their own in other columns would be left out without a word: it is refused."""
        lines: Grid = [["Email", "First name"], *([f"{n}@x.org", "Ann"] for n in range(8))]
        lines[at] += [None, "Email", "First name"]
        lines[at + 1] += [None, "bob@x.org", "Bob"]
        book.fill(lines)
        with pytest.raises(LayoutError, match=rf"and another one outside it, under Contacts!D{at + 1}") as refused:
            book.open().layout()
        assert "sheet of their own" in refused.value.tip

    @pytest.mark.parametrize("beside", [["Email", "me@x.org"], ["Email", "First name"], ["Send to", "Email"]])
    def test_words_beside_a_list_are_no_list(self, book: Book, beside: list[object]) -> None:
        """A note beside the list that names a field, or headers without a person below, is no second list."""
        book.fill([["Email", "First name"], ["a@x.org", "Ann"], ["b@x.org", "Bob", None, *beside], ["c@x.org", "Cyd"]])
        assert [row.number for row in book.open().rows()] == [2, 3, 4]

    def test_headers_that_may_hold_people_out(self, book: Book) -> None:
        """A header whose no may mean that someone must not be asked is named, since it is not read."""
        book.fill([["Email", "Opt-in", "Subscribed", "Notes"], ["ann@example.com", "no", "no", "x"]])
        notes = [note for note in book.open().layout().notes if "holds no one out" in note]
        assert [note.partition(" holds")[0] for note in notes] == ["Contacts!B1 (Opt-in)", "Contacts!C1 (Subscribed)"]
        assert all("Skip" in note for note in notes)

    def test_a_header_of_addresses_that_is_nearly_one(self, book: Book) -> None:
        """Where no column of addresses is known, the one that may be meant is named in what to do."""
        book.fill([["Name", "Kunden-E-Mail"], ["Ann", "ann@example.com"]])
        with pytest.raises(LayoutError) as stopped:
            book.open()
        assert stopped.value.tip.startswith("Contacts!B1 says Kunden-E-Mail: did you mean Email?")

    def test_no_options(self, book: Book) -> None:
        """A workbook without options sheet has no options."""
        book.fill(PEOPLE)
        assert book.open().options() == ()

    @pytest.mark.parametrize(
        ("header", "words"),
        [
            (["Name", "Phone"], ["Contacts", "Email"]),
            (["Email", "First name", "E-mail:"], ["Contacts!A1", "Contacts!C1", "Email"]),
            (["Email", "Collect status", "collect status"], ["Contacts!B1", "Contacts!C1"]),
        ],
        ids=["no header", "two columns of one field", "a result column twice"],
    )
    def test_layout_that_cannot_be_told(self, book: Book, header: list[object], words: list[str]) -> None:
        """What is unclear is an error that names the cells and what to do."""
        book.fill([header, ["ann@example.com", "x", "y"]])
        with pytest.raises(LayoutError) as told:
            book.open().layout()
        assert [word for word in words if word not in told.value.message] == []
        assert told.value.tip

    def test_sheets_that_are_named(self, book: Book) -> None:
        """A sheet is found by the name that the user gives, ignoring case; one that is absent is an error."""
        book.fill(PEOPLE, options=[["Round", "Q4"]])
        assert book.open(contacts_sheet="CONTACTS").layout().sheet == "Contacts"
        assert [each.value for each in book.open(options_sheet="OPTIONS").options()] == ["Q4"]
        for names in ({"contacts_sheet": "Clients"}, {"options_sheet": "Clients"}):
            with pytest.raises(
                LayoutError, match=r"\.xlsx has no worksheet named Clients; it has: Contacts, Options\."
            ):
                book.open(**names)

    def test_results_stand_on_their_rows(self, book: Book) -> None:
        """The four columns come at the right, each result on its own row, and nothing else changes."""
        book.fill(PEOPLE)
        workbook = book.open()
        written = workbook.write(results_of(workbook, {2: sent(2), 4: {"status": "invalid", "error": "Contacts!A4"}}))
        assert (written.rows, written.moved, written.lost) == (2, (), ())
        expected = [
            [*PEOPLE[0], *RESULT_HEADERS],
            [*PEOPLE[1], "pending", None, None, "r2"],
            [*PEOPLE[2], None, None, None, None],
            [*PEOPLE[3], "invalid", "Contacts!A4", None, None],
        ]
        assert expected == book.shown()

    def test_result_columns_that_exist(self, book: Book) -> None:
        """Result columns are used where they are, optional ones only where they are; None leaves and "" empties."""
        header = ["Collect message", "Email", "COLLECT STATUS", "Collect sent on", "Collect portal URL", "Notes"]
        book.fill([header, ["old", "ann@example.com", "old", "old", "old", "mine"]])
        workbook = book.open()
        new = {"status": "pending", "requestId": "r2", "sentOn": "2026-11-23", "dueDate": "x", "error": ""}
        workbook.write(results_of(workbook, {2: {**new, "portalUrl": None}}))
        assert [
            [*header, "Collect request ID"],
            [None, "ann@example.com", "pending", "2026-11-23", "old", "mine", "r2"],
        ] == book.shown()

    def test_results_are_read_back(self, book: Book) -> None:
        """What was written is seen by the next run, as text."""
        book.fill(PEOPLE)
        workbook = book.open()
        workbook.write(results_of(workbook, {2: {**sent(2), "requestId": "0012", "error": "=1+1"}}))
        row = next(book.open().rows())
        seen = {key: value for key, value in row.cells.items() if key.startswith("result.")}
        assert seen == {"result.status": "pending", "result.requestId": "0012", "result.error": "=1+1"}

    @pytest.mark.parametrize("date1904", [False, True], ids=["from 1900", "from 1904"])
    @pytest.mark.parametrize("texts", [(), ("B2", "C2", "B3", "C3")], ids=["plain", "formatted as text"])
    def test_dates(self, book: Book, date1904: bool, texts: Sequence[str]) -> None:
        """A date is written as a real one and read back as such, whatever the cell held and was formatted as."""
        header = ["Email", "Collect due date", "Collect created on"]
        old: Grid = [["a@x.org", "2026-12-31T22:59:00Z", "old"], ["b@x.org"]]
        book.fill([header, *old], Extras(texts=texts, date1904=date1904))
        day, moment = date(2027, 1, 31), datetime(2026, 11, 3, 14, 30)  # noqa: DTZ001  # a cell has no zone
        dates = {"dueDate": day, "created": moment}
        workbook = book.open()
        workbook.write(results_of(workbook, {2: dates, 3: dates}))
        assert [line[1:3] for line in book.shown()[1:]] == [[datetime(2027, 1, 31), moment]] * 2  # noqa: DTZ001
        read = [[row.cells["result.dueDate"], row.cells["result.created"]] for row in book.open().rows()]
        assert read == [[day, moment]] * 2

    def test_dates_over_dates(self, book: Book) -> None:
        """A date that changes is written over the old one, one that does not stays, and one that is gone is emptied."""
        header = ["Email", "Collect due date", "Collect sent on", "Collect checked on"]
        days = [date(2027, 1, day) for day in range(1, 4)]
        book.fill([header, ["a@x.org", *days], ["b@x.org", *days]])
        workbook = book.open()
        new = {"dueDate": date(2027, 2, 1), "checkedOn": ""}
        workbook.write(results_of(workbook, {2: new, 3: {"checkedOn": date(2027, 3, 1)}}))
        fields = ("result.dueDate", "result.sentOn", "result.checkedOn")
        read = [[row.cells.get(field) for field in fields] for row in book.open().rows()]
        assert read == [[date(2027, 2, 1), days[1], None], [days[0], days[1], date(2027, 3, 1)]]

    def test_the_header_of_older_sheets(self, book: Book) -> None:
        """A sheet that calls the messages Collect error, as older ones do, keeps that column and its header."""
        header = ["Email", "Collect status", "Collect error"]
        book.fill([header, ["a@x.org"]])
        workbook = book.open()
        workbook.write(results_of(workbook, {2: {**sent(2), "error": "so it is"}}))
        assert book.shown() == [
            [*header, "Collect portal URL", "Collect request ID"],
            ["a@x.org", "pending", "so it is", None, "r2"],
        ]

    def test_reading_and_writing_in_turn(self, book: Book) -> None:
        """What we have written ourselves is read back by the same workbook, which can then be written again."""
        book.fill(PEOPLE, options=[["Round", "Q4"]])
        workbook = book.open()
        results = results_of(workbook, {2: sent(2), 3: {"status": "skipped"}})
        workbook.write(results[:1])
        workbook.write(results[1:])
        assert [row.cells.get("result.status") for row in workbook.rows()] == ["pending", "skipped", None]
        assert "result.status" in {column.field for column in workbook.layout().columns}
        assert [(each.name, each.value) for each in workbook.options()] == [("Round", "Q4")]

    def test_a_second_write_changes_nothing(self, book: Book) -> None:
        """Writing the same results again leaves the sheet as it is."""
        book.fill(PEOPLE)
        for _ in range(2):
            workbook = book.open()
            workbook.write(results_of(workbook, {row: sent(row) for row in (2, 3, 4)}))
            shown = book.shown()
            assert [None, *(line[6] for line in shown[1:])] == [None, "r2", "r3", "r4"]

    def test_probe_writes_nothing(self, book: Book) -> None:
        """Looking whether results can be written leaves the sheet as it is, with and without result columns."""
        for grid in (
            PEOPLE,
            [[*line, text] for line, text in zip(PEOPLE, ("Collect message", "a", "b", "c"), strict=True)],
        ):
            book.fill(grid)
            book.open().probe()
            assert grid == book.shown()

    @pytest.mark.parametrize(
        ("extras", "place"),
        [(Extras(formula="B3"), "B3"), (Extras(merged="B2:B3"), "B2:B3")],
        ids=["formula", "merged"],
    )
    def test_result_cells_that_take_no_result(self, book: Book, extras: Extras, place: str) -> None:
        """A formula, or merged cells, where results belong are found before anything is sent, and named."""
        book.fill([["Email", "Collect status"], ["a@x.org"], ["b@x.org"]], extras)
        with pytest.raises(WorkbookRefused, match=place) as told:
            book.open().probe()
        assert told.value.tip

    def test_a_formula_is_never_written_over(self, book: Book) -> None:
        """A formula that came into a result column after the trial stays, and its row's result is refused."""
        grid: Grid = [["Email", *RESULT_HEADERS], ["a@x.org"], ["b@x.org"]]
        book.fill(grid)
        workbook = book.open()
        results = results_of(workbook, {3: {"status": "pending"}})
        book.fill(grid, Extras(formula="B3"))
        before = book.shown()
        with pytest.raises(WorkbookRefused, match="B3 holds a formula, which a result would destroy"):
            workbook.write(results)
        assert before == book.shown()

    def test_columns_beside_a_table_belong_to_it(self, book: Book) -> None:
        """Result columns are found again at a table, whether it grew to them or not."""
        book.fill(PEOPLE, Extras(table="A1:C4"))
        workbook = book.open()
        workbook.write(results_of(workbook, {2: sent(2)}))
        layout = book.open().layout()
        assert layout.table == "People"
        assert [column.header for column in layout.columns] == [*PEOPLE[0], *RESULT_HEADERS]

    def test_contacts_that_are_gone(self, book: Book) -> None:
        """A sheet that holds no contacts any more is left alone, and all results are reported as lost."""
        book.fill(PEOPLE)
        workbook = book.open()
        results = results_of(workbook, {2: sent(2), 3: sent(3)})
        book.fill([["Nothing"], ["ann@example.com"]])
        before = book.shown()
        written = workbook.write(results)
        assert (written.rows, written.lost, before) == (0, (2, 3), book.shown())
        assert written.notes[0].startswith("clients.xlsx was changed and can no longer be used: ")
        assert written.notes[0].endswith(" The results stay in the send history.")

    @pytest.mark.parametrize(("order", "moved", "lost"), MOVES.values(), ids=MOVES.keys())
    def test_rows_that_moved(self, book: Book, order: list[int], moved: tuple[int], lost: tuple[int]) -> None:
        """Rows that were sorted, inserted or deleted between reading and writing keep their own results."""
        people = {0: ["new@example.com", "New", "Q4"], **dict(enumerate(PEOPLE[1:], start=1))}
        book.fill(PEOPLE)
        workbook = book.open()
        results = results_of(workbook, {row: {"status": f"of {PEOPLE[row - 1][0]}"} for row in (2, 3, 4)})
        book.fill([PEOPLE[0], *(people[index] for index in order)])
        written = workbook.write(results)
        assert (3 - len(lost), moved, lost) == (written.rows, written.moved, written.lost)
        expected = [[people[index][0], f"of {people[index][0]}" if index else None] for index in order]
        assert expected == [[line[0], line[3] if len(line) > 3 else None] for line in book.shown()[1:]]

    def test_rows_that_look_the_same(self, book: Book) -> None:
        """Of rows with equal anchors each keeps its order, and the one that stayed keeps its result."""
        twins = [["Email", "Custom: n"], ["a@x.org", "one"], ["b@x.org", "-"], ["a@x.org", "two"]]
        book.fill(twins)
        workbook = book.open()
        results = results_of(workbook, {2: {"status": "first"}, 4: {"status": "second"}})
        book.fill([twins[0], ["c@x.org", "-"], *twins[1:]])
        assert workbook.write(results).moved == (2, 4)
        assert [line[1:3] for line in book.shown()[1:]] == [
            ["-", None],
            ["one", "first"],
            ["-", None],
            ["two", "second"],
        ]

    def test_other_cells_may_be_edited_meanwhile(self, book: Book) -> None:
        """A row is known by contact, campaign and round; a corrected name does not lose it, and is kept."""
        book.fill(PEOPLE)
        workbook = book.open()
        results = results_of(workbook, {2: sent(2)})
        book.fill([PEOPLE[0], ["ANN@example.com ", "Anne", "Q4"], *PEOPLE[2:]])
        assert ((written := workbook.write(results)).rows, written.moved, written.lost) == (1, (), ())
        assert book.shown()[1] == ["ANN@example.com ", "Anne", "Q4", "pending", None, None, "r2"]

    def test_a_row_that_names_nobody_is_not_looked_for(self, book: Book) -> None:
        """The result of a row without address is never put on another row, which may be anybody's."""
        nameless = [None, "Somebody", "Q4"]
        book.fill([*PEOPLE, nameless])
        workbook = book.open()
        results = results_of(workbook, {5: {"status": "invalid"}})
        book.fill([*PEOPLE, ["dee@example.com", "Dee", "Q4"], nameless])
        assert ((written := workbook.write(results)).rows, written.lost) == (0, (5,))

    def test_nothing_to_write(self, book: Book) -> None:
        """Without results nothing is written."""
        book.fill(PEOPLE)
        assert book.open().write([]).rows == 0
        assert book.shown() == PEOPLE
