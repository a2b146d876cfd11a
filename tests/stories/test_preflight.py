"""Before anything is sent: the assignee is of the team, and items are the campaign's, whatever they are called."""

from __future__ import annotations

import pytest

import collect_xl
from collect_xl.errors import AccountError
from collect_xl.testing import faults
from support.books import make_book, results
from support.shell import Shell

HEADERS = ("Email", "Assigned to", "Items")
USERS, DETAIL = "GET /users", "GET /campaigns/{id}"


@pytest.fixture(autouse=True)
def _here(tmp_path, server, monkeypatch):
    """Point this process to it."""
    for name, value in Shell(tmp_path, server).environ.items():
        monkeypatch.setenv(name, value)


def send(book, server):
    """Send, and return how the rows came out with the bodies that left."""
    finished = collect_xl.send(book, approve=lambda prepared: prepared.approval())
    return {row.row: row.status for row in finished.rows}, [call.body for call in server.posts]


def asked(server, route: str) -> int:
    return sum(call.route == route for call in server.calls)


@pytest.mark.slow
def test_assignee_is_sent_as_collect_writes_it(tmp_path, server):
    """A member is known by id or by address in any case, and sent as Collect writes it."""
    ann = server.account.users[0]
    rows = [("p2@example.com", "ANN@Sandbox.example"), ("p3@example.com", ann["_id"]), ("p4@example.com", None)]

    ends, bodies = send(make_book(tmp_path / "a.xlsx", rows, headers=HEADERS), server)

    assert set(ends.values()) == {"pending"}
    assert [body.get("assignedTo") for body in bodies] == [ann["email"], ann["_id"], None]


@pytest.mark.slow
def test_unknown_assignee_of_a_row_is_invalid_with_its_cell(tmp_path, server):
    """A row that is assigned to nobody of the team is not sent; its cell and the members are named."""
    rows = [("p2@example.com", "eve@example.com"), ("p3@example.com", "bob@sandbox.example")]
    book = make_book(tmp_path / "a.xlsx", rows, headers=HEADERS)

    ends, bodies = send(book, server)

    assert ends == {2: "invalid", 3: "pending"}
    assert len(bodies) == 1
    told = results(book)[2]["Collect message"]
    assert told.startswith('Assigned to cannot be "eve@example.com", but a member of the team: ')
    assert "ann@sandbox.example, bob@sandbox.example" in told


def test_unknown_assignee_of_the_options_is_told_once(tmp_path, server):
    """The option's cell is named, once however many rows it is for; ten members are named and the rest counted."""
    server.account.users += [{"_id": f"u{n}", "email": f"u{n}@sandbox.example"} for n in range(10)]
    book = make_book(tmp_path / "a.xlsx", 3, options={"Assigned to": "eve@example.com"})

    prepared = collect_xl.check((book), online=True)

    (problem,) = prepared.plan.problems
    assert (problem.where, problem.row, prepared.plan.size) == ("Options!B3", None, 0)
    assert problem.expected.count("@") == 10
    assert "2 more" in problem.expected


def test_users_are_asked_only_when_a_row_assigns(tmp_path, server):
    """Neither team nor items are asked for where no row names one."""
    send(make_book(tmp_path / "a.xlsx", 2), server)

    assert (asked(server, USERS), asked(server, DETAIL)) == (0, 0)


def test_team_that_the_key_may_not_see_is_not_checked(tmp_path, server):
    """Where Collect does not tell the members to this key, the assignee goes out as written, and that is told."""
    server.on(faults.Status(403), route=USERS)
    book = make_book(tmp_path / "a.xlsx", 1, options={"Assigned to": "eve@example.com"})

    prepared = collect_xl.check((book), online=True)

    assert prepared.plan.batches[0].options["assignedTo"] == "eve@example.com"
    assert "not checked" in prepared.warnings[-1]


def test_names_of_items_become_ids(tmp_path, server):
    """Items and samples by name or id go out as ids, in order and once; what the rows hold alike shares a batch."""
    passport, form = (
        server.account.add_item(server.campaign, name, kind)
        for name, kind in (("Passport", "documents"), ("Who  are you?", "forms"))
    )
    rows = [
        ("p2@example.com", None, f"passport; who are you?; {passport}"),
        ("p3@example.com", None, f"{passport};{form}"),
    ]
    samples = {"Samples": "Passport -> https://example.com/sample.pdf"}

    ends, bodies = send(make_book(tmp_path / "a.xlsx", rows, headers=HEADERS, options=samples), server)

    assert set(ends.values()) == {"pending"}
    assert [body["items"] for body in bodies] == [[passport, form]]
    assert bodies[0]["samples"] == [{"itemId": passport, "url": "https://example.com/sample.pdf"}]


def test_name_that_fits_two_items_or_none_names_the_candidates(tmp_path, server):
    """A name of two items or of none is invalid; the message names what it may have meant."""
    twins = [server.account.add_item(server.campaign, "Bill") for _ in range(2)]
    server.account.add_item(server.campaign, "Passport")
    rows = [("p2@example.com", None, "bill"), ("p3@example.com", None, "Pasport"), ("p4@example.com", None, twins[0])]
    book = make_book(tmp_path / "a.xlsx", rows, headers=HEADERS)

    ends, bodies = send(book, server)

    assert ends == {2: "invalid", 3: "invalid", 4: "pending"}
    two, none = (results(book)[row]["Collect message"] for row in (2, 3))
    assert two.startswith('Items cannot be "bill", which 2 items are called, but one of their IDs: ')
    assert ", ".join(twins) in two
    assert "Bill, Bill, Passport" in none
    assert [body["items"] for body in bodies] == [[twins[0]]]


def test_items_are_taken_as_written_where_collect_lists_none(tmp_path, server):
    """A campaign whose detail has no ids proves nothing about a name."""
    _, bodies = send(make_book(tmp_path / "a.xlsx", 1, options={"Items": "Passport"}), server)

    assert bodies[0]["items"] == ["Passport"]


def test_resolved_ids_enter_the_fingerprint(tmp_path, server):
    """A name and its id make the same plan; another item of the same name makes another."""
    passport = server.account.add_item(server.campaign, "Passport")
    plans = [
        collect_xl.check((make_book(tmp_path / f"{n}.xlsx", 1, options={"Items": text})), online=True).plan
        for n, text in enumerate(("passport", passport))
    ]
    server.account.campaigns[server.campaign]["documents"].clear()
    server.account.add_item(server.campaign, "Passport")

    again = collect_xl.check((tmp_path / "0.xlsx"), online=True).plan

    assert plans[0].fingerprint == plans[1].fingerprint != again.fingerprint


def test_offline_check_knows_what_was_learned(tmp_path, server):
    """A check without a network resolves and refuses as the last one with a network did."""
    passport = server.account.add_item(server.campaign, "Passport")
    rows = [("p2@example.com", "eve@example.com", "Passport"), ("p3@example.com", None, "Passport")]
    book = make_book(tmp_path / "a.xlsx", rows, headers=HEADERS)
    online = collect_xl.check((book), online=True)
    calls = len(server.calls)

    offline = collect_xl.check(book)

    assert len(server.calls) == calls
    assert offline.plan.fingerprint == online.plan.fingerprint
    assert offline.plan.problems == online.plan.problems
    assert offline.plan.batches[0].options["items"] == [passport]


def test_zone_that_nobody_knows_is_told_before_anything_is_sent(tmp_path, server):
    """A team's zone that this computer does not know is never taken for UTC: due dates would end at another hour."""
    server.account.team["tz"] = "Mars/Base"
    book = make_book(tmp_path / "a.xlsx", 2, options={"Due date": "2099-12-31"})

    for _ in range(2):  # the second time by what the first one kept
        with pytest.raises(AccountError, match="'Mars/Base', which this computer does not know"):
            send(book, server)

    assert server.posts == []


def test_sent_rows_stay_sent_when_the_assignee_leaves(tmp_path, server):
    """Who was asked stays told as sent, although the member whom it was assigned to is gone."""
    book = make_book(tmp_path / "a.xlsx", 2, options={"Assigned to": "bob@sandbox.example"})
    send(book, server)
    server.account.users.pop()

    ends, bodies = send(book, server)

    assert (set(ends.values()), len(bodies)) == ({"pending"}, 1)


def test_items_that_commas_part(tmp_path, server):
    """Items that are parted by commas are taken where each of them is one; else the message says what parts them."""
    passport, statement = (server.account.add_item(server.campaign, name) for name in ("Passport", "Bank, statement"))
    form = server.account.add_item(server.campaign, "Form")
    rows = [
        ("p2@example.com", None, "Form, passport"),
        ("p3@example.com", None, "Bank, statement"),
        ("p4@example.com", None, "Passport, Visa"),
    ]
    book = make_book(tmp_path / "a.xlsx", rows, headers=HEADERS)

    ends, bodies = send(book, server)

    assert ends == {2: "pending", 3: "pending", 4: "invalid"}
    assert [body["items"] for body in bodies] == [[form, passport], [statement]]
    assert "several are separated by ;" in results(book)[4]["Collect message"]


def test_item_with_a_comma_in_its_name(tmp_path, server):
    """An item whose name has a comma is meant as a whole, although each part of the name is an item, too."""
    names = ("Form", "Statement", "Form, statement")
    *_, whole = (server.account.add_item(server.campaign, name) for name in names)
    book = make_book(tmp_path / "a.xlsx", [("p2@example.com", None, "form, Statement")], headers=HEADERS)

    _, bodies = send(book, server)

    assert [body["items"] for body in bodies] == [[whole]]


def test_all_that_only_the_account_can_tell_comes_at_once(tmp_path, server):
    """An unknown assignee, every unknown item and a date that is past are told together, each with its cell."""
    server.account.add_item(server.campaign, "Passport")
    row = ("p2@example.com", "eve@example.com", "Nothing; Nowhere", "2020-01-01")
    book = make_book(tmp_path / "a.xlsx", [row], headers=(*HEADERS, "Due date"))

    ends, bodies = send(book, server)

    assert (ends, bodies) == ({2: "invalid"}, [])
    told = results(book)[2]["Collect message"]
    for words in ("Assigned to cannot be", '"Nothing"', '"Nowhere"', "Due date cannot be 2020-01-01. Type a later"):
        assert words in told
    problems = collect_xl.check(book, online=True).problems
    assert [each.where for each in problems] == ["Contacts!D2", "Contacts!B2", "Contacts!C2", "Contacts!C2"]


def test_campaign_that_takes_nothing_hides_no_other_problem(tmp_path, server):
    """Beside a closed or unknown campaign, an unknown assignee of the row is told at the same time."""
    server.account.add_campaign("Closed one", "closed")
    rows = [("p2@example.com", "eve@example.com", "Closed one"), ("p3@example.com", "eve@example.com", "No such one")]
    book = make_book(tmp_path / "a.xlsx", rows, headers=("Email", "Assigned to", "Campaign ID"))

    ends, _ = send(book, server)

    assert ends == {2: "invalid", 3: "invalid"}
    told = [each["Collect message"] for each in results(book).values()]
    assert all('Assigned to cannot be "eve@example.com"' in words for words in told)
    assert ("is closed" in told[0], "No campaign with the id" in told[1]) == (True, True)


def test_order_of_the_key_is_remembered(tmp_path, server):
    """Which order of the key worked is kept for this key: the next run asks once, another key in the usual order."""
    server.key_first = True
    headers = []
    lets_in = server.lets_in
    server.lets_in = lambda header: headers.append(header) or lets_in(header)
    book = make_book(tmp_path / "a.xlsx", 1)
    send(book, server)
    refused = sum(not lets_in(header) for header in headers)

    headers.clear()
    collect_xl.refresh(book)

    assert (refused, sum(not lets_in(header) for header in headers)) == (1, 0)
    server.key, server.key_first = "another-key", False
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COLLECT_API_KEY", "another-key")
        collect_xl.refresh(book)
    assert all(lets_in(header) for header in headers[-3:])
