"""Headers that name an item or a question: results in every language, and never an option or a contact field."""

from __future__ import annotations

import pytest

from collect_xl.domain.headings import field_of, title_of


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Item: Passport", "result.item:Passport"),
        ("  ITEM :  Tax \n return ", "result.item:Tax return"),
        ("Élément\uff1a Passeport", "result.item:Passeport"),
        ("E\u0301le\u0301ment: Passeport", "result.item:Passeport"),
        ("Elemento: Due date", "result.item:Due date"),
        ("Item: Email", "result.item:Email"),
        ("Answer: Email", "result.answer:Email"),
        ("Antwort: Formular / Frage", "result.answer:Formular / Frage"),
        ("Answer: Custom: x", "result.answer:Custom: x"),
    ],
)
def test_named_results_are_results(header, field):
    """What follows the colon is a name, whatever else it could mean."""
    assert field_of(header) == field


@pytest.mark.parametrize(("header", "field"), [("Item", "items"), ("Items:", "items"), ("Item: ", "items")])
def test_a_header_without_a_name_is_the_option(header, field):
    """Without a name it is the option that says which items are sent."""
    assert field_of(header) == field


def test_titles_are_headers():
    """What a column is called in messages is its header, which means the same again."""
    for field in ("result.item:Passport", "result.answer:Email"):
        assert field_of(title_of(field)) == field
