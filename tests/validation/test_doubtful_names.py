"""Names that are none: which are told before they are sent, and which are not."""

from __future__ import annotations

import pytest

from collect_xl.domain.model import Number
from collect_xl.validation.doubtful_names import doubt_words
from support.checking import accepted, checker, row


@pytest.mark.parametrize(
    "text",
    [
        *(
            "#N/A",
            "#n/a",
            "#WERT!",
            "#REF!",
            "Loading...",
            "Loading\u2026",
            "Chargement...",
            "{{first_name}}",
            "<<Name>>",
        ),
        *("*|FNAME|*", "%FIRSTNAME%", "[First Name]", "${name}", "NULL", "null", "(blank)", "undefined", "N/A", "TBD"),
        *("bob@example.com", "0", "?", "-", "12", "Dear {{name}}", "\u00abPr\u00e9nom\u00bb"),
    ],
)
def test_names_that_are_none(text):
    """Error values, words of programs, merge fields, addresses and texts without a letter are no names."""
    assert doubt_words(text, "name").endswith("and would be sent as it is")


@pytest.mark.parametrize(
    "text",
    ["Ann", "O'Neil", "van der Berg", "Nulliah", "X \u00c6 A-12", "\u674e", "Jr.", "J.", "D\u2019Arcy (Bob)", "Nada"],
)
def test_names_that_are_names(text):
    """Unusual names are names."""
    assert doubt_words(text, "name") == ""


def test_companies_and_custom_fields():
    """A company may be called by a number, and a custom field may hold an address, a zero or a dash."""
    assert [doubt_words(text, "company") for text in ("3M", "1&1", "24/7")] == [""] * 3
    assert doubt_words("0", "company")
    assert [doubt_words(text, "value") for text in ("0", "-", "a@b.co", "n/a", "12")] == [""] * 5
    assert doubt_words("{{loan}}", "value")
    assert doubt_words("#N/A", "value")


def test_doubts_are_told_by_cell():
    """Each doubt names its cell, and the row is sent even so when the user says yes."""
    cells = {
        "firstName": "#N/A",
        "lastName": Number("0"),
        "company": "Acme",
        "custom_loan_ref": "NULL",
        "tags": "VIP, 2024",
    }
    found = accepted(checker().check(row(5, **cells)))
    assert found.notes == (
        'Contacts!C5 (First name): "#N/A" looks like an error value as text, and would be sent as it is',
        'Contacts!D5 (Last name): "0" looks like what formulas show of a blank cell, and would be sent as it is',
        'Contacts!G5 (Custom: loan_ref): "NULL" looks like a word for what is missing, and would be sent as it is',
        'Contacts!F5 (Tags): "VIP, 2024" is one tag, since ; separates tags, and a comma does not',
    )


def test_tags_parted_by_semicolons_are_no_doubt():
    """Where ; parts tags, a comma in one of them is meant."""
    assert accepted(checker().check(row(tags="VIP; a, b"))).notes == ()
