"""What cells say at a first look."""

from __future__ import annotations

from datetime import date, time

import pytest

from collect_xl.domain.cell_content import names_person, shows_nothing
from collect_xl.domain.model import Fault, Number


@pytest.mark.parametrize("value", ["", " \u200b\u202e", "0", Number("0"), Number("0.00 €"), Number("-"), False, time()])
def test_values_that_say_nothing(value):
    """Blanks, zeros in any format, FALSE and midnight are what formulas show of blank cells."""
    assert shows_nothing(value)


@pytest.mark.parametrize("value", ["x", "-", "no", Number("10"), True, date(2026, 1, 1), time(1), Fault("error", "#")])
def test_values_that_say_something(value):
    """Whatever else stands in a cell says something."""
    assert not shows_nothing(value)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"email": "ann@x.org"}, True),
        ({"email": "ann\uff20x.org"}, True),
        ({"email": "Ann Lee"}, False),
        ({"email": Number("0")}, False),
        ({"contactId": "WmTj2345ABCDEFGHk"}, True),
        ({"contactId": "A-17"}, True),
        ({"contactId": Number("0")}, False),
        ({"contactId": "Kontaktnummer"}, False),
        ({"firstName": "Ann"}, False),
    ],
)
def test_who_is_named(cells, expected):
    """A person is named by an address or an ID; a header that is met again, a zero and a name are neither."""
    assert names_person(cells) is expected
