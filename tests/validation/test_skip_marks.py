"""Columns that say whom not to ask: what holds a row out, and what does not."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from collect_xl.domain.model import Column, Fault, Layout, Number, Rejected, Row, SheetRow
from collect_xl.validation import Checker
from support.checking import lines

COLUMNS = (Column("email", 1, "Email"), Column("skip", 2, "Do not contact"), Column("skip:C", 3, "Unsubscribed"))


def check(**cells):
    """Return what a row of Ann's is with these cells in its skip columns."""
    named = {field.replace("_", ":"): value for field, value in cells.items()}
    checker = Checker(Layout("Contacts", 1, (*COLUMNS, Column("round", 4, "Round"))), lines(("Campaign ID", "camp")))
    return checker.check(SheetRow(2, False, {"email": "ann@x.org", **named}))


@pytest.mark.parametrize(
    "value",
    [
        *("yes", "x", "Oui", "ja", "sí", "\u2713", "unsubscribed", "2026-01-01", "-", "no contact", "?"),
        *(True, Number("1"), date(2026, 1, 1), datetime(2026, 1, 1, 9, 30), time(9)),  # noqa: DTZ001
    ],
)
@pytest.mark.parametrize("field", ["skip", "skip_C"])
def test_anything_but_a_no_holds_out(field, value):
    """A yes, a tick, a date, a reason or any other text holds out, in each of the columns."""
    found = check(**{field: value})
    assert isinstance(found, Row)
    assert found.skip is not None
    assert found.skip.is_clear
    assert found.skip.header == ("Do not contact" if field == "skip" else "Unsubscribed")


@pytest.mark.parametrize(
    "value",
    ["no", "No", "N", "non", "Nein", "false", "FAUX", "falso", "0", "off", " ", "\u200b", False, Number("0")],
)
def test_blank_and_no_hold_nobody_out(value):
    """A no in the words of the languages, a zero and blanks let the row be sent."""
    found = check(skip=value)
    assert isinstance(found, Row)
    assert found.skip is None


@pytest.mark.parametrize("fault", [Fault("error", "#N/A"), Fault("formula", "=A1"), Fault("merged", "B2:B3")])
def test_what_cannot_be_read_holds_out(fault):
    """An error, a formula that was never computed and merged cells hold out, and it is known that they are unclear."""
    found = check(skip=fault)
    assert isinstance(found, Row)
    assert found.skip is not None
    assert not found.skip.is_clear


def test_a_row_that_is_held_out_need_not_be_right():
    """Of a row that is held out only its person counts; without one it is held out and names no one."""
    assert isinstance(check(skip="yes", round=date(2026, 1, 1)), Row)
    found = check(skip="yes", email="Ann")
    assert isinstance(found, Rejected)
    assert found.skip is not None
