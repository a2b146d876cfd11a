"""New columns inside a data validation or a conditional format of the user's are told in the preview."""

from __future__ import annotations

import pytest

from collect_xl.domain.headings import RESULT_COLUMNS
from collect_xl.workbook.saved import open_saved
from support.raw_workbook import raw_workbook, rows

LIST = rows(("Email", "Name"), ("ann@x.example", "Ann"))
OFFER = '<dataValidation type="list" sqref="{area}"><formula1>"a,b"</formula1></dataValidation>'
FORMAT = '<conditionalFormatting sqref="{area}"><cfRule type="expression"/></conditionalFormatting>'
EXTENDED = (
    '<extLst><ext uri="u" xmlns:x14="v" xmlns:xm="w"><x14:dataValidations><x14:dataValidation type="list">'
    "<x14:formula1><xm:f>Lists!A1:A9</xm:f></x14:formula1><xm:sqref>{area}</xm:sqref></x14:dataValidation>"
    "</x14:dataValidations></ext></extLst>"
)


def notes_of(tmp_path, tail, list_=LIST):
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": list_ + tail})
    return " ".join(open_saved(path).probe())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        pytest.param(f"<dataValidations>{OFFER}</dataValidations>", "data validation", id="validation"),
        pytest.param(FORMAT, "conditional format", id="format"),
        pytest.param(EXTENDED, "data validation", id="validation of a later Excel"),
    ],
)
@pytest.mark.parametrize(
    ("area", "over"),
    [
        pytest.param("C2:C100", True, id="our first column"),
        pytest.param("A1:XFD1048576", True, id="whole sheet"),
        pytest.param("B2:B100 F3", True, id="second area"),
        pytest.param("A1:B100", False, id="left of ours"),
        pytest.param("G2:Z100", False, id="right of ours"),
        pytest.param("C1:F1", False, id="header alone"),
        pytest.param("#REF!", False, id="no area"),
    ],
)
def test_rules_over_new_columns_are_told(tmp_path, rule, words, area, over):
    """The note names the columns and the area; a rule that lies elsewhere has none."""
    told = notes_of(tmp_path, rule.format(area=area))
    assert (words in told) == over
    assert ("added to Contacts (columns C, D, E, F)" in told) == over


def test_rules_over_columns_that_are_there_are_the_users_choice(tmp_path):
    """Where the result columns stand already nothing is told: somebody laid the rule over them knowingly."""
    titles = ("Email", *(field.title for field in RESULT_COLUMNS))
    assert notes_of(tmp_path, FORMAT.format(area="A1:Z99"), rows(titles, ("ann@x.example",))) == ""


def test_a_rule_in_a_comment_is_none(tmp_path):
    """What a comment holds lies over nothing."""
    assert notes_of(tmp_path, f"<!-- {FORMAT.format(area='A1:Z99')} -->") == ""
