"""The drop-downs are filled from the account, and nothing else in the workbook changes."""

from __future__ import annotations

import re
import zipfile

import openpyxl
import pytest

from collect_xl.domain.model import Account, Campaign, Team, User
from collect_xl.planning.campaigns import find_campaign
from collect_xl.template import new_workbook
from collect_xl.template.offers import gather
from collect_xl.validation.fields import Assignee, Pieces, Text
from collect_xl.workbook.lists import LISTS, LISTS_SHEET, MOST_LISTED, list_rows
from support.books import make_book
from support.spreadsheet import converted, needs_libreoffice

TEAM = Team("t1", "Team", "UTC")


class Answers:
    """The two answers that picking asks for."""

    def __init__(self, users=(), items=None):
        self._users, self._items = users, items or {}

    def users(self):
        """Return the members."""
        return self._users

    def items(self, _campaign):
        """Return the items, of whatever campaign."""
        return self._items


def offers(campaigns=(), users=(), items=None, chosen=None):
    return gather(Account("https://x", TEAM, tuple(campaigns)), chosen, Answers(users, items))


def lists(book) -> dict[str, list[str]]:
    """What the hidden sheet holds, by header."""
    opened = openpyxl.load_workbook(book)
    columns = {
        column[0].value: [cell.value for cell in column[1:] if cell.value] for column in opened[LISTS_SHEET].columns
    }
    opened.close()
    return columns


@pytest.fixture
def book(tmp_path):
    """A new template."""
    return new_workbook(tmp_path / "clients.xlsx")


@pytest.fixture
def account(server):
    """The account, with two items in its campaign."""
    for name in ("Passport", "Tax return"):
        server.account.add_item(server.campaign, name)
    return server.account


@pytest.mark.slow
def test_what_the_account_has_is_offered(shell, book, account):
    """Open campaigns and members are offered, closed campaigns are not; items wait for a campaign."""
    done = shell.run("lists", book)

    assert (done.returncode, lists(book)["Campaign"]) == (0, ["Yearly documents"])
    assert lists(book)["Assignee"] == ["ann@sandbox.example", "bob@sandbox.example"]
    assert (lists(book)["Item"], "Choose a campaign, then its items are offered" in done.stdout) == ([], True)


@pytest.mark.slow
def test_the_items_of_the_chosen_campaign_are_offered(shell, book, account, tmp_path):
    """Once the options name a campaign, its items are offered, and what was offered before is gone."""
    shell.run("lists", book)
    opened = openpyxl.load_workbook(book)
    opened["Options"]["B2"] = "yearly DOCUMENTS"
    opened[LISTS_SHEET]["D9"] = "a leftover"
    opened.save(book)
    done = shell.run("lists", book)

    assert (lists(book)["Item"], len(lists(book)["Item ID"])) == (["Passport", "Tax return"], 2)
    assert "1 open campaign, 2 colleagues, 2 items of Yearly documents" in done.stdout


def test_only_the_lists_change(shell, book, account):
    """All parts but the sheet of the lists, the summary's results and the flag to calculate are as they were."""
    with zipfile.ZipFile(book) as opened:
        before = {name: opened.read(name) for name in opened.namelist()}
    shell.run("lists", book)
    with zipfile.ZipFile(book) as opened:
        after = {name: opened.read(name) for name in opened.namelist()}

    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"xl/worksheets/sheet5.xml", "xl/worksheets/sheet4.xml", "xl/workbook.xml"}
    assert after["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"") == before["xl/workbook.xml"]


@pytest.mark.slow
def test_what_was_picked_is_sent(shell, book, account):
    """A campaign, an assignee and an item written as the drop-downs offer them go out under Collect's own ids."""
    opened = openpyxl.load_workbook(book)
    opened["Options"]["B2"] = "Yearly documents"
    opened["Contacts"]["A2"] = "p2@example.com"
    opened.save(book)
    shell.run("lists", book)
    picked = lists(book)
    opened = openpyxl.load_workbook(book)
    opened["Options"]["B4"], opened["Options"]["B7"] = picked["Item"][1], picked["Assignee"][1]
    opened.save(book)
    done = shell.send(book)

    assert (done.returncode, len(shell.server.accepted)) == (0, 1), done.stdout
    assert re.search(r"^  Assigned to +bob@sandbox\.example$", done.stdout, re.MULTILINE)


def test_a_workbook_without_lists_is_told(shell, tmp_path, account):
    """A workbook that was not made by ``new`` is left alone, with the way out."""
    book = make_book(tmp_path / "own.xlsx", 2)
    before = book.read_bytes()
    done = shell.run("lists", book)

    assert (done.returncode, book.read_bytes()) == (6, before)
    assert "has no sheet Collect lists" in done.stderr
    assert "collect-xl new" in done.stderr


def test_a_changed_sheet_of_lists_is_left_alone(shell, book, account):
    """Other things on the sheet of the lists are not overwritten."""
    opened = openpyxl.load_workbook(book)
    opened[LISTS_SHEET]["C1"] = "My colleagues"
    opened.save(book)
    before = book.read_bytes()
    done = shell.run("lists", book)

    assert (done.returncode, "they were changed" in done.stderr, book.read_bytes()) == (6, True, before)


def test_the_drop_downs_lead_to_the_lists(book):
    """Each offer's validation names a range of the workbook, and that range begins under its header."""
    opened = openpyxl.load_workbook(book)
    validations = [each for each in opened["Options"].data_validations.dataValidation if each.type == "list"]
    names = {each.formula1 for each in validations if not each.showErrorMessage}

    assert names == {each.name for each in LISTS if each.name}
    for at, each in enumerate(LISTS):
        if each.name:
            assert opened.defined_names[each.name].attr_text.startswith(f"'{LISTS_SHEET}'!${'ABCDE'[at]}$2:INDEX(")


@pytest.mark.slow
@needs_libreoffice
def test_a_range_ends_with_its_last_entry(shell, book, account, tmp_path):
    """A drop-down shows the entries and no blank lines behind them, as another program counts them."""
    shell.run("lists", book)
    opened = openpyxl.load_workbook(book)
    opened["Options"]["E1"], opened["Options"]["E2"] = "=ROWS(collect_assignees)", "=INDEX(collect_assignees,2)"
    opened.save(tmp_path / "asked.xlsx")
    shown = openpyxl.load_workbook(converted(tmp_path / "asked.xlsx", "xlsx", tmp_path / "out"), data_only=True)

    assert (shown["Options"]["E1"].value, shown["Options"]["E2"].value) == (2, "bob@sandbox.example")


CAMPAIGNS = (
    Campaign("c1", "Taxes", "open"),
    Campaign("c2", "Audit", "open"),
    Campaign("c3", "audit ", "open"),
    Campaign("c4", "Two  blanks", "open"),
    Campaign("c5", "", "open"),
    Campaign("c6", "c1", "open"),
    Campaign("c7", "Closed", "closed"),
    Campaign("c8", "=1+1", "open"),
)


def test_every_offered_campaign_leads_back_to_itself():
    """A name is offered where it means one campaign when it is read back; else the id is."""
    found = offers(CAMPAIGNS)

    assert dict(found.campaigns)["Taxes"] == "c1"
    assert {shown for shown, _ in found.campaigns} == {"Taxes", "c2", "c3", "c4", "c5", "c6", "=1+1"}
    assert [find_campaign(Text().read(shown), CAMPAIGNS).id for shown, _ in found.campaigns] == [
        id_ for _, id_ in found.campaigns
    ]


def test_every_offered_item_leads_back_to_itself():
    """An item whose name is two pieces, or another item's too, is offered by its id."""
    items = {"i1": "Passport", "i2": "passport ", "i3": "Front; back", "i4": "ID card", "i5": "i4", "i6": "Bill, new"}
    found = offers(CAMPAIGNS, items=items, chosen="c1")

    assert found.items == (
        ("i1", "i1"),
        ("i2", "i2"),
        ("i3", "i3"),
        ("ID card", "i4"),
        ("i5", "i5"),
        ("Bill, new", "i6"),
    )
    assert all(Pieces().read(shown) == (shown,) for shown, _ in found.items)


def test_every_offered_member_is_one_that_check_takes():
    """A member without a readable address is offered by the user id."""
    found = offers(users=(User("u1", "zoe@a.example"), User("u2", ""), User("u3", "Ann <ann@a.example>")))

    assert found.assignees == ("u2", "u3", "zoe@a.example")
    assert [Assignee().read(each) for each in found.assignees] == list(found.assignees)


def test_a_campaign_that_fits_nothing_is_told():
    """With a name that two campaigns have no items are offered, and the words say why."""
    found = offers(CAMPAIGNS, chosen="Nowhere")

    assert (found.items, found.campaign) == ((), "")
    assert 'No campaign with the id or name "Nowhere"' in found.notes[0]


def test_lists_have_an_end_and_leave_nothing_behind():
    """No more rows are written than the drop-downs reach; rows of a longer list of before are emptied."""
    long = {"Campaign": [f"c{at}" for at in range(MOST_LISTED + 5)]}
    short = list(list_rows({"Item": ["one"]}, least=3))

    assert [number for number, _ in list_rows(long)] == list(range(2, MOST_LISTED + 2))
    assert short == [(2, ("", "", "", "one", "")), (3, ("",) * 5), (4, ("",) * 5)]
