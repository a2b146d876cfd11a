"""Rows without address and ID: people who cannot be asked, prepared rows, and headers that are met again."""

from __future__ import annotations

from datetime import date

import pytest

from collect_xl.domain.model import Blank, Column, Fault, Layout, Number, Rejected, Row, SheetRow
from collect_xl.errors import LayoutError
from collect_xl.validation import Checker
from support.checking import lines

COLUMNS = (
    Column("email", 3, "Email"),
    Column("round", 4, "Round"),
    Column("sendMessage", 5, "Send message"),
    Column("result.status", 6, "Collect status"),
)
OTHERS = (Column("", 1, "Full name"), Column("", 2, "Phone"))


def check(*rows: SheetRow) -> tuple[list[str], Checker]:
    """Return what the rows of a list are, and the checker."""
    checker = Checker(Layout("Contacts", 1, COLUMNS, OTHERS), lines(("Campaign ID", "camp")))
    return [type(each).__name__ for each in checker.check_all(rows)], checker


def person(number: int, **cells) -> SheetRow:
    """Return a row with an address."""
    return SheetRow(number, False, {"email": f"p{number}@x.org", **cells})


def nameless(number: int, cells=None, others=None, formulas=()) -> SheetRow:
    """Return a row without address."""
    return SheetRow(number, False, cells or {}, others or {}, frozenset(formulas))


@pytest.mark.parametrize(
    ("cells", "others"),
    [
        ({}, {"A": "Bob Two", "B": "555"}),
        ({}, {"B": Number("5551234")}),
        ({}, {"A": True}),
        ({}, {"A": date(2026, 1, 1)}),
        ({"round": "Q4"}, {}),
        ({"email": Number("0")}, {"A": "Bob"}),
        ({"email": Fault("error", "#N/A")}, {}),
    ],
    ids=["name and phone", "phone", "tick", "date", "an option", "zero as address", "error as address"],
)
@pytest.mark.parametrize("at_end", [False, True], ids=["between", "at the end"])
def test_whatever_was_typed_makes_a_row(cells, others, at_end):
    """A row with anything under any header and no address is invalid, wherever it stands."""
    rows = [person(2), nameless(3, cells, others), *([] if at_end else [person(4)])]
    kinds, _ = check(*rows)
    assert kinds == ["Row", "Rejected", *([] if at_end else ["Row"])]


def test_the_words():
    """What is wrong is said at the cell of the address, once."""
    rejected = Checker(Layout("Contacts", 1, COLUMNS, OTHERS), lines(("Campaign ID", "camp"))).check(
        nameless(3, {"email": Number("0")}, {"A": "Bob"})
    )
    assert isinstance(rejected, Rejected)
    (problem,) = rejected.problems
    assert str(problem) == (
        "Contacts!C3 (Email): found no e-mail address; expected an e-mail address or a contact ID. "
        "Enter an address or a contact ID, or clear the row."
    )


@pytest.mark.parametrize(
    ("cells", "others", "formulas"),
    [
        ({"email": Number("0")}, {"A": Number("0")}, {"email", "A"}),
        ({"email": Number("0")}, {"A": Number("0")}, ()),
        ({"sendMessage": False}, {"A": " \u200b"}, ()),
        ({}, {"A": Number("17"), "B": date(2026, 1, 1)}, {"A", "B"}),
        ({"result.status": "invalid", "result.error": "x"}, {}, ()),
    ],
    ids=["formulas that show 0", "a typed 0", "FALSE and blanks", "formulas that count", "old results"],
)
def test_prepared_rows_are_blank(cells, others, formulas):
    """Formulas that show nothing or count, zeros, unticked boxes and old results make no row."""
    kinds, checker = check(
        person(2), nameless(3, cells, others, formulas), person(4), nameless(5, cells, others, formulas)
    )
    assert kinds == ["Row", "Blank", "Row"]
    assert checker.notes == []


@pytest.mark.parametrize("value", ["Q4", "2026"])
def test_options_that_are_filled_down_are_blank(value):
    """An option filled down below the list, or into one row more than has a person, makes no row."""
    assert check(person(2, round=value), nameless(3, {"round": value}))[0] == ["Row"]
    assert check(person(2), nameless(4, {"round": value}), nameless(5, {"round": value}))[0] == ["Row"]


@pytest.mark.parametrize(
    "others",
    [
        [{"A": "Germany"}] * 3,
        [{"A": Number("5")}, {"A": Number("6")}, {"A": Number("7")}],
    ],
    ids=["a constant", "a counter"],
)
def test_other_cells_that_are_filled_down_are_named(others):
    """What is filled down three times or more is no person; the preview says which rows these are."""
    kinds, checker = check(person(2), *(nameless(number, {}, cells) for number, cells in enumerate(others, 3)))
    assert kinds == ["Row"]
    (note,) = checker.notes
    assert note.startswith("Rows 3-5 hold the same as each other and no e-mail address")


@pytest.mark.parametrize(
    "others",
    [
        [{"A": "Acme"}, {"A": "Acme"}],
        [{"A": Number("1000"), "B": "x"}, {"A": Number("1001"), "B": "x"}, {"A": Number("1002"), "B": "x"}],
        [{"A": "Ann"}, {"A": "Bob"}, {"A": "Cyd"}],
    ],
    ids=["two of one company", "customer numbers", "names"],
)
def test_people_who_look_alike_are_people(others):
    """Two equal rows, numbers beside other cells and different names are people without address."""
    kinds, checker = check(person(2), *(nameless(number, {}, cells) for number, cells in enumerate(others, 3)))
    assert kinds == ["Row", *["Rejected"] * len(others)]
    assert checker.notes == []


def test_broken_cells_are_people_however_alike():
    """The same error in each row is no fill: each may be a person whose address a formula did not find."""
    broken = {"email": Fault("error", "#N/A")}
    assert check(*(nameless(number, broken, {}, {"email"}) for number in range(2, 6)))[0] == ["Rejected"] * 4


HEADER = {"email": "Email", "round": "Round"}, {"A": "Full name", "B": "Phone"}


@pytest.mark.parametrize(
    "rows",
    [
        [person(2), nameless(3), nameless(4, *HEADER), person(5)],
        [person(2), nameless(4, *HEADER), person(5)],
        [person(2), nameless(3, {}, {"A": "Left us, do not contact"}), nameless(4, *HEADER), person(5)],
        [person(2), nameless(3, {"email": "Name"}, {"A": "E-Mail", "B": "Phone"}), person(4)],
        [person(2), nameless(3), nameless(4, {"email": "Courriel"}), person(5)],
        [person(2), nameless(3, {"email": "Adresse", "round": "E-mail"}, {"A": "Full name"})],
    ],
    ids=["below a blank row", "below a gap", "below a title", "other columns", "another language", "moved columns"],
)
def test_a_second_list_is_not_asked(rows):
    """A header met again below a blank row or a title, or with other columns, ends the run with words."""
    with pytest.raises(LayoutError, match=r"the header is met again in row \d") as stopped:
        check(*rows)
    assert "Move the other list to a sheet of its own" in stopped.value.tip


def test_a_header_between_rows_is_passed_over():
    """A header printed every few rows is no person and no second list, and the preview says so."""
    kinds, checker = check(person(2), nameless(3, *HEADER), person(4), nameless(5, {"email": "E-Mail:"}), person(6))
    assert kinds == ["Row", "Blank", "Row", "Blank", "Row"]
    assert checker.notes == [
        "Row 3 repeats the header, and is passed over.",
        "Row 5 repeats the header, and is passed over.",
    ]


def test_a_word_that_is_also_a_header_makes_no_second_list():
    """Someone who likes to be reached by mail, and has no address here, is a person and no header."""
    kinds, _ = check(person(2), nameless(4, {}, {"A": "Bob", "B": "Mail"}))
    assert kinds == ["Row", "Rejected"]


def test_the_types():
    """Blank rows between people stay, so that rows keep their numbers."""
    checker = Checker(Layout("Contacts", 1, COLUMNS, OTHERS), lines(("Campaign ID", "camp")))
    first, blank, last = checker.check_all([person(2), nameless(3), person(4)])
    assert (type(first), blank, type(last)) == (Row, Blank(3), Row)


def test_a_title_above_people_is_named():
    """A row with a single text directly above people may be a title: the preview names it."""
    kinds, checker = check(person(2), nameless(3, {}, {"A": "Former clients"}), person(4))
    assert kinds == ["Row", "Rejected", "Row"]
    (note,) = checker.notes
    assert note.startswith('Row 3 holds only "Former clients". If that is the title of another list')


def test_a_second_header_in_other_words():
    """A header of addresses in words that are not known ends the list where other headers stand beside it."""
    with pytest.raises(LayoutError, match="row 4"):
        check(person(2), nameless(4, {"email": "Email perso"}, {"A": "Full name"}), person(5))
    kinds, _ = check(person(2), nameless(4, {"email": "no email"}, {"A": "Bob"}), person(5))
    assert kinds == ["Row", "Rejected", "Row"]


def test_equal_formulas_are_filled_down():
    """Two rows that show the same only by formulas are filled down, two that were typed are people."""
    cells = {"A": "Dear "}
    assert check(person(2), nameless(3, {}, cells, {"A"}), nameless(4, {}, cells, {"A"}))[0] == ["Row"]
    assert check(person(2), nameless(3, {}, cells), nameless(4, {}, cells))[0] == ["Row", "Rejected", "Rejected"]
