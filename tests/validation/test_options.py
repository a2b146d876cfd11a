"""The options sheet: names, values, repeated and unknown lines, and what each option takes."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect_xl.domain.headings import OPTION_FIELDS
from collect_xl.domain.model import Fault, Number, Options, Problem, Row, Sample
from collect_xl.validation import Checker
from support.checking import CELLS, TOMORROW, checker, layout, lines, row


def read(*pairs, columns=("email",)):
    return Checker(layout(*columns), lines(*pairs))


def only_problem(*pairs):
    (problem,) = checker(*pairs).problems
    return problem


VALUES = {
    "campaignId": ("xvr6", {"campaign": "xvr6"}),
    "round": ("A", {"round": "A"}),
    "items": ("a; b", {"items": ("a", "b")}),
    "samples": ("a -> https://b.co", {"samples": (Sample("a", "https://b.co"),)}),
    "dueDate": (TOMORROW, {"due": TOMORROW}),
    "assignedTo": ("bob@b.co", {"assigned_to": "bob@b.co"}),
    "sendMessage": ("no", {"send_message": False}),
    "sendCompletionMessage": ("yes", {"send_completion_message": True}),
    "sendRejectionMessage": (True, {"send_rejection_message": True}),
    "sendReopenMessage": (Number("0"), {"send_reopen_message": False}),
}


@pytest.mark.parametrize("field", OPTION_FIELDS, ids=lambda field: field.key)
@pytest.mark.parametrize("spelling", ["key", "title"])
def test_every_option_by_both_its_names(field, spelling):
    """Each option is read by the API's name and by its plain name."""
    value, expected = VALUES[field.key]
    found = read((getattr(field, spelling), value), ("", None), columns=("email", "campaignId"))
    assert (found.problems, found.defaults) == ((), Options(**expected))


def test_blank_values_are_not_given():
    """A named option without a value is not sent, and does not count as repeated."""
    found = checker(("Round", None), ("Items", " \u00a0"), ("Round", "A"), ("Nonsense", None))
    assert (found.problems, found.defaults) == ((), Options(campaign="camp", round="A"))


def test_unknown_option_is_told_with_the_nearest_name():
    """A mistyped name is a problem that suggests what was meant."""
    assert only_problem(("Assined to", "bob@b.co")) == Problem(
        "Options!A3",
        "Options",
        '"Assined to"',
        "one of Campaign ID, Round, Items, Samples, Due date, Assigned to, Send message, Send completion message,"
        " Send rejection message, Send reopen message, Date order, Items in the sheet",
        "Did you mean Assigned to? Otherwise delete the line.",
    )


def test_unknown_option_without_a_near_name():
    """A name like none of ours is a problem without a suggestion."""
    assert only_problem(("Telephone", Number("1"))).todo == "Delete the line."


@pytest.mark.parametrize("name", ["API key", "api_key", "Key", "Password", "URL", "Server"])
def test_keys_and_addresses_are_not_read_from_a_workbook(name):
    """A key or a server's address in the workbook is a problem, and is not repeated in it."""
    problem = only_problem((name, "s3cr3t-k3y"))
    assert "s3cr3t" not in str(problem)
    assert problem.todo == "Delete the line. Keep the key in the key store of this computer."


def test_option_given_twice_names_both_cells():
    """The same option on two lines is a problem at the second that names the first; neither is used."""
    found = checker(("Round", "A"), ("Tour", "A"))
    assert [(each.where, each.found) for each in found.problems] == [
        ("Options!A4", '"Tour", which Options!A3 says already')
    ]
    assert found.defaults == Options(campaign="camp")


def test_lines_of_samples_add_up():
    """Samples may stand on several lines, several to a line, in any of the usual spellings."""
    found = checker(
        ("Samples", "id card -> https://b.co/1 \n passport = http://b.co/2?a=1"),
        ("samples", "proof: https://b.co/3; 1 => https://[::1]:8443/x\u200b;"),
    )
    assert (found.problems, found.defaults.samples) == (
        (),
        (
            Sample("id card", "https://b.co/1"),
            Sample("passport", "http://b.co/2?a=1"),
            Sample("proof", "https://b.co/3"),
            Sample("1", "https://[::1]:8443/x"),
        ),
    )


def test_samples_with_further_properties():
    """What Collect takes beyond item and URL is written as JSON: one object, several, or a list of them."""
    one = '{"itemId": "id card", "url": "https://b.co/1;a=1", "name": "Example; old", "pages": [1, 2]}'
    two = '{"itemId": "proof", "url": "https://b.co/2"}'
    more = '{"name": "Example; old", "pages": [1, 2]}'
    expected = (Sample("id card", "https://b.co/1;a=1", more), Sample("proof", "https://b.co/2"))

    for text in (f"{one}\n{two}", f"{one}; {two}", f"[{one},\n {two}]"):
        assert checker(("Samples", text)).defaults.samples == expected, text
    found = checker(("Samples", two), ("Samples", "passport -> https://b.co/3"))
    assert found.defaults.samples == (expected[1], Sample("passport", "https://b.co/3"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("https://b.co/1", id="no-item"),
        pytest.param("a -> b.co/1", id="no-scheme"),
        pytest.param("a -> ftp://b.co/1", id="other-scheme"),
        pytest.param("a -> https:///1", id="no-host"),
        pytest.param("a -> https://[1", id="impossible-host"),
        pytest.param("a -> https://b.co:99999/", id="impossible-port"),
        pytest.param("a -> https://b.co/1 2", id="blank-in-url"),
        pytest.param("a -> https://b.co/1;v=2", id="semicolon-in-url"),
        pytest.param('{"itemId": "a"', id="half an object"),
        pytest.param('{"itemId": "a"}', id="object without a URL"),
        pytest.param('{"url": "https://b.co/1"}', id="object without an item"),
        pytest.param('{"itemId": "a", "url": "ftp://b.co/1"}', id="object with another scheme"),
        pytest.param('{"itemId": "a", "url": "https://b.co/1", "x": NaN}', id="no JSON"),
        pytest.param('["a", 1]', id="list of something else"),
        pytest.param("[" * 20_000, id="nested too deeply"),
    ],
)
def test_text_that_is_no_sample(text):
    """A sample without an item, or without a URL that has a host, is refused."""
    assert only_problem(("Samples", text)).where == "Options!B3"


def test_wrong_line_of_samples_does_not_hide_the_others():
    """Each wrong line of samples is told at its own cell."""
    found = checker(("Samples", "a -> b"), ("Samples", "a -> https://b.co"), ("Samples", "c"))
    assert [each.where for each in found.problems] == ["Options!B3", "Options!B5"]


@pytest.mark.parametrize(
    "word", ["yes", "Y", " TRUE ", "1", "on", "Oui", "vrai", "ja", "Wahr", "sí", "SI", "verdadero"]
)
def test_words_for_yes(word):
    """People say yes in four languages."""
    assert checker(("Send message", word)).defaults.send_message is True


@pytest.mark.parametrize("word", ["no", "N", "False", "0", "OFF", "non", "faux", "nein", "falsch", "falso"])
def test_words_for_no(word):
    """People say no in four languages."""
    assert checker(("Send message", word)).defaults.send_message is False


@pytest.mark.parametrize("value", ["x", "maybe", "2", Number("2"), "yes no", date(2026, 1, 1), time(1)])
def test_neither_yes_nor_no(value):
    """Anything else, a tick too, is refused with the words that are understood."""
    assert "yes or no" in only_problem(("Send message", value)).expected


@pytest.mark.parametrize("value", ["two words", Number("1 2"), True, date(2026, 1, 1), "bob@b"])
def test_nobody_of_the_team(value):
    """An assignee is one address or one id."""
    assert only_problem(("Assigned to", value)).field == "Assigned to"


def test_assignee_by_id():
    """An assignee may be named by user id, which Excel may have taken for a number."""
    assert checker(("Assigned to", Number("12"))).defaults.assigned_to == "12"


@pytest.mark.parametrize(
    ("order", "due"),
    [
        pytest.param("DMY", date(2026, 7, 8), id="day"),
        pytest.param("mm/dd/yyyy", date(2026, 8, 7), id="month"),
        pytest.param("Day, month, year", date(2026, 7, 8), id="words"),
    ],
)
def test_date_order_rules_the_whole_workbook(order, due):
    """The option Date order says how ambiguous dates are meant, wherever it stands on the sheet."""
    found = checker(("Due date", "08/07/2026"), ("Date order", order))
    assert (found.problems, found.defaults.due) == ((), due)


@pytest.mark.parametrize("value", ["whatever", Number("1"), date(2026, 1, 1)])
def test_wrong_date_order(value):
    """A date order that nobody understands is told with the words that are."""
    assert only_problem(("Date order", value)).expected == "DMY (day first), MDY (month first) or YMD (year first)"


def test_ambiguous_due_date_points_to_the_option():
    """A date that can be read in two ways is refused with both remedies."""
    assert "Date order, DMY or MDY" in only_problem(("Due date", "03/04/2026")).todo


@pytest.mark.parametrize(
    "value", [date(9999, 6, 13), "9999-06-15T11:59:00Z", Number("46000"), Fault("date", "-1"), time(1)]
)
def test_due_date_that_cannot_be_sent(value):
    """Dates at the end of the calendar, numbers, faults and times of day are no due dates."""
    assert only_problem(("Due date", value)).where == "Options!B3"


@pytest.mark.parametrize(
    ("pairs", "where", "name"),
    [
        pytest.param((), "Options", "Campaign ID", id="no-sheet"),
        pytest.param((("Round", "A"),), "Options", "Campaign ID", id="no-line"),
        pytest.param((("Round", "A"), ("Campaign", None)), "Options!B3", "Campaign", id="blank-line"),
    ],
)
def test_campaign_nowhere_is_told_once(pairs, where, name):
    """No campaign on the options sheet and no column for it: one problem, in the sheet's words, as near as can be."""
    assert [(each.where, each.field) for each in read(*pairs).problems] == [(where, name)]


def test_problems_speak_in_the_words_of_the_options_sheet():
    """Where a German sheet says Frist, the problem says Frist."""
    problem = only_problem(("Frist", "soon"))

    assert (problem.where, problem.field) == ("Options!B3", "Frist")


def test_wrong_campaign_is_told_once():
    """A campaign cell that cannot be read is one problem, not one more on each row."""
    found = read(("Campaign ID", Fault("error", "#N/A")), columns=("email", "campaignId"))
    assert [each.where for each in found.problems] == ["Options!B2"]
    assert isinstance(found.check(row()), Row)


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from([*VALUES, "dateOrder", "Samples", "rounds", "", "key"]), CELLS), max_size=6))
def test_any_options_sheet_can_be_read(pairs):
    """Whatever the lines hold, they are read or told; a value that is told does not reach the defaults."""
    found = read(*pairs)
    assert all(each.where.startswith("Options") and each.expected and each.todo for each in found.problems)
    assert found.defaults.due is None or found.defaults.due.year < 9999
