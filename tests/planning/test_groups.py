"""The groups of a plan in words: ten of them are told apart in a terminal of 80 columns and in Excel's box."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from rich.console import Console

from collect_xl.addin.words import LONGEST, send_question
from collect_xl.cli.plan_lines import plan_lines
from collect_xl.domain.model import Account, Campaign, Layout, Options, Sample, Team
from collect_xl.domain.rows import Choices
from collect_xl.planning.eligibility import assess_rows
from collect_xl.planning.groups import distinct, not_known_yet, preview_of
from collect_xl.planning.plan import make_plan
from collect_xl.workflow.book import Book, Prepared
from support.books import make_book
from support.people import KYC, ORIGIN, TAX, known, row

TWIN = Campaign("kyc2", KYC.name, "open")
ITEMS = {"i1": "Passport", "i2": "Lease", "i3": "Lease", "i4": ""}
LONG = "https://files.example.com/a-rather-long-folder/with-another-folder/and-a-file-of-the-year-"
TEAM = Team("team1", "ACME", "Europe/Paris")
ACCOUNT = Account(ORIGIN, TEAM, (KYC, TAX, TWIN), (), {"kyc1": ITEMS, "kyc2": ITEMS, "tax1": ITEMS})

TEN = (
    {},
    {"campaign": "kyc2"},
    {"items": ("i1",)},
    {"items": ("i2",)},
    {"items": ("i3",)},
    {"samples": (Sample("i1", f"{LONG}2025.pdf"),)},
    {"samples": (Sample("i1", f"{LONG}2026.pdf"),)},
    {"samples": (Sample("i1", f"{LONG}2026.pdf", '{"name": "Example"}'),)},
    {"send_completion_message": True, "send_rejection_message": False, "send_reopen_message": True},
    {"send_message": True},
)
MORE = (
    {"send_message": False},
    {"round": "Q4"},
    {"due": date(2030, 1, 1)},
    {"due": datetime(2030, 1, 1, 12)},  # noqa: DTZ001  # in the team's zone
    {"assigned_to": "ann@acme.example"},
    {"items": ("i4",)},
    {"items": ("i1", "i2")},
    {"send_completion_message": False},
)


def prepared(*options, account=ACCOUNT) -> Prepared:
    rows = [row(n, f"p{n}@example.com", **{"campaign": "kyc1", **each}) for n, each in enumerate(options, 2)]
    plan = make_plan(assess_rows(rows, account, known()), Choices(), account)
    return Prepared(Book(Layout("Contacts", 1, ()), Options(), (), tuple(rows)), account, Choices(), plan)


def in_terminal(shown: Prepared) -> str:
    """Return the lines as a terminal of 80 columns shows them."""
    console = Console(width=80, force_terminal=False, highlight=False)
    with console.capture() as screen:
        for line in plan_lines(shown):
            console.print(line, markup=False)
    return screen.get()


def test_ten_groups_in_a_terminal():
    """Each of ten groups has a line of its own, with what tells it from the others and nothing that all have."""
    lines = [line for line in plan_lines(prepared(*TEN)) if line.startswith("- ")]

    assert len(set(lines)) == 10
    assert all("no round" not in line and "due as" not in line for line in lines)
    assert lines[:3] == [
        "- 1 request: as above.",
        "- 1 request: campaign KYC 2026 (kyc2).",
        "- 1 request: items Passport.",
    ]
    shown = in_terminal(prepared(*TEN))
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.startswith("Team ACME: send 10 requests in 10 batches, in 10 groups; unless said below:")


def test_ten_groups_in_the_box_of_excel():
    """Ten groups fit into the alert with its question, each line another one, the question whole."""
    question = send_question(prepared(*TEN))
    lines = [line for line in question.splitlines() if line.startswith("- ")]

    assert len(set(lines)) == 10
    assert len(question) <= LONGEST + 30
    assert question.startswith("Send 10 requests as ACME?\n")


@pytest.mark.parametrize(
    "face", [lambda each: list(plan_lines(each)), lambda each: send_question(each).splitlines()], ids=["line", "box"]
)
def test_whatever_differs_is_told(face):
    """Whatever two groups differ in, their lines differ on both faces."""
    kinds = (*TEN, *MORE)
    for number, one in enumerate(kinds):
        for other in kinds[:number]:
            lines = [line for line in face(prepared(one, other)) if line.startswith("- ")]
            assert len(set(lines)) == 2, lines


def test_groups_beyond_ten_are_counted_in_the_box():
    """The box lists ten groups and counts the others; the terminal lists all."""
    many = prepared(*TEN, *MORE)

    assert "... and 8 more groups." in send_question(many)
    assert sum(line.startswith("- ") for line in plan_lines(many)) == 18


def test_items_are_told_by_name_where_it_is_one_items_alone():
    """Items stand there by name; those without one, or that share one, by their IDs."""
    (group,) = preview_of(prepared({"items": ("i1", "i2", "i4")}).plan, ACCOUNT).groups

    assert group.parts["items"] == "items Passport, i2, i4"


def test_texts_that_would_be_cut_alike_stay_whole():
    """A cut that makes two texts alike is not made."""
    assert distinct(["a" * 20, "a" * 19 + "b", "b" * 20], 10) == ["a" * 20, "a" * 19 + "b", "bbbbbb ..."]


@pytest.mark.parametrize(
    ("options", "account", "words"),
    [
        ({}, None, "The account was not asked yet: campaign as it is written."),
        (
            {"items": ("i1",), "due": date(2030, 1, 1), "assigned_to": "ann"},
            None,
            "campaign as it is written, items as they are written, assignee as it is written, due date as if the team",
        ),
        (
            {"items": ("i1",), "assigned_to": "ann"},
            Account(ORIGIN, TEAM, (KYC,)),
            "Collect was not asked for its items and assignees yet",
        ),
        ({}, ACCOUNT, ""),
        ({"items": ("i1",)}, ACCOUNT, ""),
    ],
)
def test_what_is_not_known_yet_is_said(options, account, words):
    """What is shown as it is written, since the account was not asked, is said."""
    told = " ".join(not_known_yet(prepared(options, account=account).plan.batches, account))

    assert words in told
    assert bool(words) == bool(told)


@pytest.mark.slow
def test_check_of_a_row_says_what_is_not_known(shell, tmp_path):
    """Before anything is known of the account, a row's call is shown with a word about what may change."""
    options = {"Items": "Passport", "Due date": "2030-01-01"}
    book = make_book(tmp_path / "a.xlsx", 1, options=options)

    shown = " ".join(shell.run("check", book, "--row", "2").stdout.split())

    assert "Due date 2030-01-01" in shown
    assert "The account was not asked yet: campaign as it is written, items as they are written, due date" in shown
    assert "was not asked" not in shell.run("check", make_book(book, 1), "--row", "2", "--online").stdout


@pytest.mark.slow
def test_address_that_is_not_collects_is_named(shell, server, tmp_path):
    """Before the yes, a server's address that is not Collect's own is named; so is how many contacts are known."""
    book = make_book(tmp_path / "a.xlsx", 2)

    shown = " ".join(shell.run("send", book, "--yes", "2").stdout.split())

    assert f"Requests go to {server.url}, which is not Collect's own address" in shown
    assert "2 people will be asked. None of them is known here as a contact of Collect yet." in shown
    again = make_book(tmp_path / "b.xlsx", 3, options={"Round": "2"})
    checked = " ".join(shell.run("check", again, "--online").stdout.split())
    assert "3 people will be asked. 2 of 3 are known as contacts of Collect." in checked
