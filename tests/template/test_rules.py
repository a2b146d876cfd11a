"""The cells' validations and ``check`` agree: what Excel lets in, check takes; what it keeps out means nothing new."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from collect_xl.domain.due_dates import is_past
from collect_xl.domain.model import Number
from collect_xl.template import new_workbook
from collect_xl.template.rules import rule_of
from collect_xl.template.sheets import COLUMNS, OPTIONS
from collect_xl.template.words import LANGUAGES, words_in
from collect_xl.validation.fields import DueDate, Order, YesNo
from collect_xl.validation.options import OptionsSchema
from support.checking import CELLS

TODAY = date(2026, 6, 15)
NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
"""The user sits in the zone of the team; elsewhere the two may differ by the hours between them."""
FIELDS = {field.data_key: field for field in OptionsSchema(None).load_fields.values()} | {"dateOrder": Order()}


@pytest.fixture(scope="module")
def validations(tmp_path_factory):
    """What stands in the workbooks: language and field -> the validation of its cells on each sheet."""
    found = {}
    for language in LANGUAGES:
        words, folder = words_in(language), tmp_path_factory.mktemp(language)
        book = openpyxl.load_workbook(new_workbook(folder / "clients.xlsx", language))
        options, contacts = book[words.options_sheet], book[words.contacts_sheet]
        cells = [(key, options, f"B{at}") for at, key in enumerate(OPTIONS, 2)]
        cells += [(key, contacts, f"{'ABCDEFGHIJKLMNOP'[at]}500") for at, key in enumerate(COLUMNS)]
        for key, sheet, cell in cells:
            mine = [each for each in sheet.data_validations.dataValidation if cell in each.sqref]
            found.setdefault((language, key), []).extend(mine)
    return found


def allows(validation, value) -> bool:
    """Tell whether Excel would let a value be typed, by what stands in the file."""
    if not validation.showErrorMessage:
        return True
    match validation.type:
        case "list":
            return isinstance(value, str) and value in validation.formula1.strip('"').split(",")
        case "date":
            assert (validation.operator, validation.formula1) == ("between", "TODAY()")
            assert validation.formula2 == "DATE(2199,12,31)"
            day = value.date() if isinstance(value, datetime) else value
            return isinstance(day, date) and TODAY <= day <= date(2199, 12, 31)
        case "custom":
            assert validation.formula1.startswith("ISTEXT(")
            return isinstance(value, str) and not isinstance(value, Number)
    raise AssertionError(validation.type)


def meaning(key, value):
    """Return what check makes of a value; the error where it refuses, or would refuse a row when it is sent."""
    try:
        read = FIELDS[key].read(value)
    except ValidationError as refused:
        return refused
    past = key == "dueDate" and read is not None and is_past(read, NOW, "UTC")
    return ValidationError("past") if past else read


@pytest.mark.slow
def test_each_option_has_the_validation_of_its_field(validations):
    """Yes and no, order, due date and round have one rule in every language, the offers a drop-down, others none."""
    kinds = {
        key: {(v.type, bool(v.showErrorMessage)) for lang in LANGUAGES for v in validations[lang, key]}
        for key in OPTIONS
    }

    assert kinds.pop("samples") == {(None, False)}  # a word on what is meant, and no rule
    assert {kinds.pop(key).pop() for key in ("campaignId", "items", "assignedTo")} == {("list", False)}
    assert (kinds.pop("dueDate"), kinds.pop("round")) == ({("date", True)}, {("custom", True)})
    assert set(map(frozenset, kinds.values())) == {frozenset({("list", True)})}
    assert len(validations["en", "dueDate"]) == 2  # on both sheets


@pytest.mark.parametrize(("language", "key"), [*product(LANGUAGES, ("sendMessage", "sendReopenMessage", "dateOrder"))])
def test_a_list_offers_all_that_check_can_understand(validations, language, key):
    """Each word of a list is taken by check, and each meaning that check knows has its word."""
    words = validations[language, key][0].formula1.strip('"').split(",")
    meanings = set(YesNo.WORDS.values()) if key != "dateOrder" else set(Order.WORDS.values())

    assert {meaning(key, word) for word in words} == meanings
    assert len(words) == len(meanings)


@given(value=CELLS | st.sampled_from([TODAY, TODAY - timedelta(1), "yes", "no", "oui", "nein", "DMY", "2026-07-01"]))
def test_what_excel_lets_in_check_takes(validations, value):
    """No value passes a validation that check then refuses; what is kept out, check refuses or knows otherwise."""
    for (_, key), each in validations.items():
        for validation in each if key in FIELDS else ():
            if not validation.showErrorMessage or (isinstance(value, str) and not value.strip()):
                continue
            if isinstance(value, datetime) and (value.tzinfo or value.date() == TODAY):
                continue  # a cell has no zone; only check notices an hour of today
            read = meaning(key, value)
            if allows(validation, value) and "control characters" not in str(read):
                assert not isinstance(read, ValidationError), (key, value)
            elif not isinstance(read, ValidationError) and read is not None:
                assert allows(validation, _listed(key, read, validation)), (key, value)


def _listed(key, read, validation):
    """Return how the validation itself writes what check understood."""
    if validation.type == "list":
        words = validation.formula1.strip('"').split(",")
        return next(word for word in words if meaning(key, word) == read)
    return read


@pytest.mark.parametrize("step", [-400, -1, 0, 1, 30, 3650])
def test_both_draw_the_line_between_yesterday_and_today(validations, step):
    """A past due date is kept out by Excel and refused by check; today is the first day that both take."""
    day = TODAY + timedelta(step)
    validation = validations["en", "dueDate"][0]

    assert allows(validation, day) == (step >= 0) == (not isinstance(meaning("dueDate", day), ValidationError))


def test_rules_come_from_the_schema(monkeypatch):
    """A field that the schema reads otherwise gets another rule: nothing about it is said twice."""
    monkeypatch.setitem(OptionsSchema._declared_fields, "send_message", DueDate(data_key="sendMessage"))

    assert rule_of("sendMessage", words_in("en")).kind == "day"
