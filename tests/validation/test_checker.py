"""Contact rows: what is cleaned, what is refused and in which words, and that nothing else can happen."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from collect_xl.domain.model import (
    Blank,
    Contact,
    Fault,
    FaultKind,
    Number,
    Options,
    Problem,
    Rejected,
    Row,
    Sample,
    SheetRow,
)
from collect_xl.validation import Checker
from collect_xl.validation.contact import contact_schema
from collect_xl.validation.options import OptionsSchema
from collect_xl.validation.reader import Reader
from support.checking import ALL_COLUMNS, CELLS, TOMORROW, accepted, checker, layout, lines, row

METEOR = "WmTj2345ABCDEFGHk"


def refused(found, field):
    """The one problem of a field."""
    assert isinstance(found, Rejected)
    (problem,) = [each for each in found.problems if each.field == field]
    return problem


def test_full_row_becomes_contact_and_options():
    """Every contact cell and every override of a row arrives where the API wants it."""
    found = accepted(
        checker().check(
            row(
                7,
                contactId=METEOR,
                email=" ann@acme.example ",
                firstName="Ann",
                lastName="van  der\nBerg",
                company="Acme, Inc.",
                tags="VIP; a, b;\n VIP;",
                custom_loan_ref=Number("00123"),
                **{"custom:a.b": "x"},
                campaignId="xvr6",
                round=" March \u00a0 2026 ",
                items="id card;passport\nid card",
                samples="id card -> https://acme.example/a.pdf",
                dueDate=TOMORROW,
                assignedTo="bob@acme.example",
                sendMessage="oui",
                sendCompletionMessage=False,
                sendRejectionMessage=Number("1"),
                sendReopenMessage="No",
            )
        )
    )
    assert found.contact == Contact(
        METEOR,
        "ann@acme.example",
        "Ann",
        "van der Berg",
        "Acme, Inc.",
        ("VIP", "a, b"),
        (("loan_ref", "00123"), ("a.b", "x")),
    )
    assert found.options == Options(
        campaign="xvr6",
        round="March 2026",
        items=("id card", "passport"),
        samples=(Sample("id card", "https://acme.example/a.pdf"),),
        due=TOMORROW,
        assigned_to="bob@acme.example",
        send_message=True,
        send_completion_message=False,
        send_rejection_message=True,
        send_reopen_message=False,
    )
    assert found.notes == (
        "the contact ID is sent, not the e-mail address beside it",
        "the contact ID is sent alone, without First name, Last name, Company, Tags, Custom: loan_ref, Custom: a.b",
    )


def test_row_says_otherwise_than_options_sheet():
    """A row's own cells go before the options sheet; a blank cell leaves what the sheet says."""
    check = checker(("Round", "A"), ("Items", "one"), ("Send message", "no")).check
    found = accepted(check(row(round="B", items=" \u200b ", sendMessage=True)))
    assert found.options == Options(campaign="camp", round="B", items=("one",), send_message=True)


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param({}, id="empty"),
        pytest.param({"email": " ", "firstName": "\u00a0\u200b"}, id="blanks"),
        pytest.param({"dueDate": Fault("error", "#N/A")}, id="an-error-among-options"),
        pytest.param({"email": Number("0"), "firstName": "0", "sendMessage": False}, id="zeros"),
        pytest.param({"result.status": "sent"}, id="results-only"),
    ],
)
def test_row_without_contact_cells_is_blank(cells):
    """A row in which nothing was typed is blank."""
    assert checker().check(SheetRow(9, False, cells)) == Blank(9)


def test_nobody_named():
    """Names without an address or an id are told at the e-mail cell."""
    found = checker().check(SheetRow(4, True, {"firstName": "Ann"}))
    assert found == Rejected(
        4,
        True,
        ("", "", "", ""),
        {},
        (
            Problem(
                "Contacts!B4",
                "Email",
                "no e-mail address",
                "an e-mail address or a contact ID",
                "Enter an address or a contact ID, or clear the row.",
                4,
                header="email",
            ),
        ),
    )


def test_nobody_named_where_no_column_could_name_them():
    """Without a column for the address, the row itself is the place."""
    found = checker(columns=("firstName",)).check(SheetRow(4, False, {"firstName": "Ann"}))
    assert refused(found, "Email").where == "Contacts!4:4"


def test_everything_wrong_is_told_at_once_in_sheet_order():
    """All problems of a row come together, from left to right, each with its own cell."""
    found = checker().check(
        row(
            12,
            email="a@b",
            firstName=True,
            custom_loan_ref=Fault("error", "#REF!"),
            round=Number("3.5"),
            sendMessage="x",
        )
    )
    assert isinstance(found, Rejected)
    assert [(each.where, each.field, each.found, each.row) for each in found.problems] == [
        ("Contacts!B12", "Email", '"a@b"', 12),
        ("Contacts!C12", "First name", "TRUE", 12),
        ("Contacts!G12", "Custom: loan_ref", "the error value #REF!", 12),
        ("Contacts!J12", "Round", "the number 3.5", 12),
        ("Contacts!O12", "Send message", '"x"', 12),
    ]


def test_problems_follow_the_sheet_not_the_schema():
    """Where options stand left of the contact, their problems come first."""
    found = checker(columns=("round", "firstName", "email")).check(row(email="a@b", firstName=True, round=True))
    assert isinstance(found, Rejected)
    assert [each.where for each in found.problems] == ["Contacts!A2", "Contacts!B2", "Contacts!C2"]


def test_refused_row_keeps_what_the_run_needs():
    """Number, hidden flag, anchor and what the result cells show survive a refusal."""
    cells = {
        "email": "A@b",
        "round": "R1",
        "result.status": " unknown ",
        "result.requestId": Number("42"),
        "result.error": " ",
    }
    found = checker().check(SheetRow(5, True, cells))
    assert isinstance(found, Rejected)
    assert (found.number, found.hidden, found.anchor) == (5, True, ("", "a@b", "", "r1"))
    assert found.seen == {"result.status": "unknown", "result.requestId": "42"}


def test_seen_results_of_other_kinds_are_texts():
    """Result cells that somebody turned into dates, or into errors, are shown as texts."""
    seen = accepted(
        checker().check(row(result_status=Fault("error", "#N/A"), result_requestId=date(2026, 1, 2), result_error=True))
    ).seen
    assert seen == {"result.status": "#N/A", "result.requestId": "2026-01-02", "result.error": "True"}


@pytest.mark.parametrize(
    ("kind", "shown", "todo"),
    [
        pytest.param("error", "the error value {}", "Repair the formula", id="error"),
        pytest.param("formula", "the formula {}, whose result", "Open the workbook in Excel and save", id="formula"),
        pytest.param("merged", "a part of the merged cells {}", "Unmerge the cells", id="merged"),
        pytest.param("digits", "the number {}, of which", "Format the cell as text and type", id="digits"),
        pytest.param("date", "{}, which is formatted as a date", "Type the value again", id="date"),
        pytest.param("rich", "a data type of Excel or a picture", "Type the text into the cell", id="rich"),
    ],
)
@pytest.mark.parametrize("field", [field for field in ALL_COLUMNS if not field.startswith("result.")])
def test_fault_in_any_used_cell(field, kind, shown, todo):
    """A cell that cannot be trusted is a problem in every column that we use, with the remedy for its kind."""
    found = checker().check(row(**{field: Fault(kind, "B7:B9")}))
    assert isinstance(found, Rejected)
    (problem,) = found.problems
    assert problem.found.startswith(shown.format("B7:B9"))
    assert problem.todo.startswith(todo)


def test_every_kind_of_fault_is_tested():
    """The cases above name each kind of fault that the model has."""
    marks = test_fault_in_any_used_cell.pytestmark
    assert {case.id for mark in marks for case in mark.args[1] if hasattr(case, "id")} == set(get_args(FaultKind))


@pytest.mark.parametrize(
    "field", ["firstName", "lastName", "company", "tags", "campaignId", "items", "contactId", "email"]
)
@pytest.mark.parametrize(
    "value",
    [pytest.param(date(2026, 3, 1), id="date"), pytest.param(time(9, 30), id="time"), pytest.param(True, id="bool")],
)
def test_text_that_excel_turned_into_something_else(field, value):
    """A date, time or truth value where a text belongs is refused, not spelled out by guess."""
    found = checker().check(row(**{"email": "ann@b.co", field: value}))
    assert isinstance(found, Rejected)
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("=1+1", "=1+1", id="formula-looking"),
        pytest.param(" two\nlines ", "two\nlines", id="lines"),
        pytest.param(Number("49"), "49", id="number"),
        pytest.param(date(2026, 3, 1), "2026-03-01", id="date"),
        pytest.param(datetime(2026, 3, 1), "2026-03-01", id="midnight"),  # noqa: DTZ001  # cells have no zone
        pytest.param(datetime(2026, 3, 1, 9, 30), "2026-03-01T09:30:00", id="moment"),  # noqa: DTZ001
        pytest.param(time(9, 30), "09:30:00", id="time"),
        pytest.param(False, "FALSE", id="bool"),
    ],
)
def test_custom_value(value, text):
    """A custom field takes any value, in a form that people and programs can read."""
    assert accepted(checker().check(row(custom_loan_ref=value))).contact.custom == (("loan_ref", text),)


@pytest.mark.parametrize("text", ["two words", "ann@b.co", "x" * 65, "a\u00a0b"])
def test_text_that_is_no_contact_id(text):
    """Blanks, addresses and long texts in the ID column are refused."""
    assert refused(checker().check(row(contactId=text)), "Contact ID").where == "Contacts!A2"


@pytest.mark.parametrize(
    ("value", "note"),
    [
        pytest.param(METEOR, (), id="usual"),
        pytest.param(f"\u200b{METEOR} ", (), id="trimmed"),
        pytest.param(Number("12345"), ("the contact ID does not look like one of Collect's",), id="number"),
        pytest.param("0" * 17, ("the contact ID does not look like one of Collect's",), id="letters-never-seen"),
    ],
)
def test_unusual_contact_id_is_noted_only(value, note):
    """An id of another form than all those seen is sent, and noted."""
    found = accepted(checker().check(row(contactId=value)))
    assert (found.contact.id, found.notes) == (str(value).strip(" \u200b"), note)


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800", "\x07a"])
@pytest.mark.parametrize("field", ["firstName", "custom:loan_ref", "contactId", "round", "tags"])
def test_control_characters(field, text):
    """Characters that cannot be sent or kept are refused, and shown by their code."""
    found = checker().check(row(**{"email": "ann@b.co", field: text}))
    assert isinstance(found, Rejected)
    assert "<U+" in found.problems[0].found


def test_long_value_is_cut_in_the_message():
    """A message shows at most sixty characters of a cell."""
    problem = refused(checker().check(row(contactId="x " * 400)), "Contact ID")
    assert problem.found == f'"{"x " * 30}..."'


def test_rounds_that_differ_by_nothing_visible_are_one():
    """A composed and a decomposed letter, odd blanks and zero-width characters make the same round."""
    texts = ("été 2026", "e\u0301te\u0301  2026", "\u200bété\u00a02026\ufeff", "é\u200bté 2026")
    assert {accepted(checker().check(row(round=text))).options.round for text in texts} == {"été 2026"}


@pytest.mark.parametrize("value", [Number("2026.5"), Number("1E+17"), date(2026, 3, 1), True, time(1)])
def test_round_that_excel_turned_into_something_else(value):
    """A round must be text or a whole number: anything else is refused with the remedy."""
    assert (
        refused(checker().check(row(round=value)), "Round").todo == "Format the cell as text and type the value again."
    )


def test_a_whole_number_is_a_round():
    """A year typed as a number is the same round as the year typed as text."""
    assert accepted(checker().check(row(round=Number("2026")))).options.round == "2026"
    assert checker(("Round", Number("2026"))).defaults.round == "2026"


def test_row_without_campaign():
    """With a campaign column and no campaign on the options sheet, each row must say its own."""
    check = Checker(layout(), ())
    assert check.problems == ()
    assert accepted(check.check(row(campaignId="c"))).options.campaign == "c"
    assert refused(check.check(row()), "Campaign ID").where == "Contacts!I2"


def test_equal_overrides_share_one_options_object():
    """Rows that say the same share their options, so that a hundred thousand rows stay small."""
    check = checker().check
    first, second = (accepted(check(row(number, round="A", dueDate=TOMORROW))) for number in (2, 3))
    assert first.options is second.options


def test_values_that_compare_equal_but_differ_are_kept_apart():
    """TRUE, the number 1 and the text 1 are equal to Python, but not to a sheet."""
    check = checker().check
    assert accepted(check(row(items="1", sendMessage=True))).options.send_message is True
    assert isinstance(check(row(items=True, sendMessage=True)), Rejected)
    assert isinstance(check(row(round="1")), Row)
    assert isinstance(check(row(items=Number("1"), round=True)), Rejected)


def test_memory_of_overrides_is_bounded(monkeypatch):
    """However many different overrides a sheet holds, few are remembered."""
    monkeypatch.setattr("collect_xl.validation.checker._MOST_OVERRIDES", 3)
    check = checker()
    for number in range(10):
        assert accepted(check.check(row(round=f"R{number}"))).options.round == f"R{number}"
    assert len(check._remembered) <= 3


SLOW_START = [HealthCheck.too_slow]
"""The first text of a fresh machine waits until hypothesis has sorted all characters."""
ROWS = st.dictionaries(st.sampled_from(ALL_COLUMNS), CELLS)


@pytest.mark.slow
@settings(max_examples=400, suppress_health_check=SLOW_START)
@given(ROWS)
def test_any_row_is_accepted_refused_with_reasons_or_blank(cells):
    """Whatever the cells hold, the checker answers; a refusal names a cell, an acceptance names a person."""
    found = ANY_ROW.check(SheetRow(3, False, cells))
    match found:
        case Row(contact=contact, options=options):
            assert contact.id or contact.email
            assert options.campaign
        case Rejected(problems=problems):
            assert problems
            assert all(
                each.where.startswith("Contacts!") and each.where.endswith("3") and each.row == 3 for each in problems
            )
            assert all(each.expected and each.todo and str(each) for each in problems)
        case Blank(number=number):
            assert number == 3


ANY_ROW = checker()


def loaded(schema, cells):
    """What marshmallow itself makes of the cells."""
    try:
        return schema.load(cells), {}
    except ValidationError as error:
        return error.valid_data, error.messages


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=SLOW_START)
@given(ROWS)
def test_reader_finds_what_marshmallow_finds(cells):
    """Asking the fields directly gives the values and the errors that ``Schema.load`` gives."""
    for schema in (contact_schema(layout().columns), OptionsSchema(None)):
        assert Reader(schema).read(cells) == loaded(schema, cells)


def test_lines_of_a_sheet_without_options():
    """A workbook without an options sheet is told once what is missing, and its rows are checked all the same."""
    check = Checker(layout("email"), lines())
    assert [(each.where, each.field, each.row) for each in check.problems] == [("Options", "Campaign ID", None)]
    assert isinstance(check.check(row()), Row)
    assert isinstance(check.check(row(email="no")), Rejected)


@pytest.mark.parametrize("link", ["mailto:ann@x.org", "MAILTO:ann%40x.org?subject=Hi%20Ann"])
def test_the_address_of_a_link_is_taken(link):
    """Where a label stands in the place of an address, the address of its link is taken, and that is told."""
    found = accepted(checker().check(SheetRow(2, False, {"email": "Ann Lee"}, link=link)))
    assert found.contact.email == "ann@x.org"
    assert found.notes == ("took the address of the link, ann@x.org, since the cell's text is none",)
    assert found.anchor[1] == "ann lee"


def test_a_link_to_no_address_is_refused():
    """A link that leads to no address makes none."""
    found = checker().check(SheetRow(2, False, {"email": "Ann Lee"}, link="mailto:nobody"))
    assert refused(found, "Email").found == '"nobody"'


@pytest.mark.parametrize(
    ("written", "due"),
    [
        pytest.param("2030-03-04T10:29:59.894", "2030-03-04T10:30:00", id="up"),
        pytest.param("2030-03-04T10:29:59.499", "2030-03-04T10:29:59", id="down"),
        pytest.param("2030-03-31T23:59:59.500", "2030-04-01T00:00:00", id="into the next month"),
    ],
)
def test_a_due_moment_is_rounded_to_the_second(written, due):
    """A moment in a cell is the second that Excel shows, never the one before it."""
    found = accepted(checker().check(row(2, dueDate=datetime.fromisoformat(written))))
    assert found.options.due == datetime.fromisoformat(due)
