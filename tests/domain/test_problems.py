"""What a problem says: with its place in a preview, without one in the cell of its row."""

from __future__ import annotations

import pytest

from collect_xl.domain.problems import Problem, said, said_in_cell


def problem(found: str = '"ann(at)x.org"', header: str = "E-Mail-Adresse") -> Problem:
    """A problem of an address."""
    return Problem("Contacts!A9", "Email", found, "one e-mail address", "Type the address.", 9, header)


def test_a_preview_names_the_cell():
    """Where it is, what was found, what is expected, what to do."""
    words = 'Contacts!A9 (Email): found "ann(at)x.org"; expected one e-mail address. Type the address.'

    assert said([problem()]) == str(problem()) == words


def test_a_cell_names_what_there_is_to_choose_from():
    """What only the account knows is named in the cell, too."""
    one = Problem(
        "Contacts!B9", "Items", '"bill"', "an item of the campaign: Passport", "Write one.", names_choices=True
    )

    assert one.in_cell == 'Items cannot be "bill", but an item of the campaign: Passport. Write one.'


@pytest.mark.parametrize(
    ("one", "words"),
    [
        pytest.param(problem(), 'E-Mail-Adresse cannot be "ann(at)x.org". Type the address.', id="the sheet's header"),
        pytest.param(problem(header=""), 'Email cannot be "ann(at)x.org". Type the address.', id="no column"),
        pytest.param(problem("no e-mail address"), "E-Mail-Adresse is missing. Type the address.", id="missing"),
        pytest.param(problem("nothing"), "E-Mail-Adresse is missing. Type the address.", id="nothing"),
    ],
)
def test_a_cell_says_what_is_wrong_and_what_to_do(one, words):
    """In a cell of its row a problem needs no place, which would be wrong after a sort."""
    assert said_in_cell([one]) == words
    assert said_in_cell([one, one]) == f"{words} {words}"
