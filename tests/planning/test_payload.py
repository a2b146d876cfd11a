"""What goes to Collect, field by field, held against the table of its documentation (``POST /requests``)."""

from __future__ import annotations

import json

import pytest

import collect_xl
from support.books import make_book
from support.shell import Shell

SAMPLE = {"itemId": "passport", "url": "https://example.com/a.pdf", "name": "Example", "pages": [1, 2]}

# Each option of the documentation's table: key, title, what is typed, what is sent; then the same for another value.
OPTIONS = (
    ("items", "Items", "passport; lease", ["passport", "lease"], "lease", ["lease"]),
    ("samples", "Samples", json.dumps(SAMPLE), [SAMPLE], "lease -> https://example.com/b.pdf",
     [{"itemId": "lease", "url": "https://example.com/b.pdf"}]),
    ("dueDate", "Due date", "2099-07-11", "2099-07-11T21:59:00Z", "2099-12-31", "2099-12-31T22:59:00Z"),
    ("assignedTo", "Assigned to", "ann@sandbox.example", "ann@sandbox.example", "BOB@sandbox.example",
     "bob@sandbox.example"),
    ("sendMessage", "Send message", "no", False, "yes", True),
    ("sendCompletionMessage", "Send completion message", "yes", True, "no", False),
    ("sendRejectionMessage", "Send rejection message", "yes", True, "no", False),
    ("sendReopenMessage", "Send reopen message", "yes", True, "no", False),
)  # fmt: skip

# A contact of the documentation: header, what is typed, key, what is sent.
CONTACT = (
    ("Email", "ann@example.com", "email", "ann@example.com"),
    ("First name", "Ann", "firstName", "Ann"),
    ("Last name", "van der Berg", "lastName", "van der Berg"),
    ("Company", "Acme, Inc.", "company", "Acme, Inc."),
    ("Tags", "VIP; 2026", "tags", ["VIP", "2026"]),
)
CUSTOM = {"Custom: loan_ref": "00123", "Custom: branch": "Lyon"}
CUSTOM_FIELDS = [{"variable": "loan_ref", "value": "00123"}, {"variable": "branch", "value": "Lyon"}]


@pytest.fixture(autouse=True)
def _here(tmp_path, server, monkeypatch):
    """Point this process to the fake Collect."""
    for name, value in Shell(tmp_path, server).environ.items():
        monkeypatch.setenv(name, value)


def bodies(server, path, rows, headers, options=None) -> list[dict[str, object]]:
    """Send a workbook, and return the whole bodies that left."""
    for name in ("passport", "lease"):
        item = server.account.add_item(server.campaign, name)
        server.account.campaigns[server.campaign]["documents"][-1]["itemId"] = name
        assert item
    book = make_book(path, rows, headers=headers, options=options)
    finished = collect_xl.send(book, approve=lambda _: True)
    assert {row.status for row in finished.rows} <= {"pending"}, finished.rows
    return [call.body for call in server.posts]


def test_every_option_of_the_sheet_and_every_field_of_a_contact(server, tmp_path):
    """The whole body of a call is the documentation's table, with the options of the sheet and a contact's fields."""
    headers = [*(header for header, *_ in CONTACT), *CUSTOM]
    row = [*(typed for _, typed, *_ in CONTACT), *CUSTOM.values()]
    options = {title: typed for _, title, typed, *_ in OPTIONS}

    [body] = bodies(server, tmp_path / "a.xlsx", [row], headers, options)

    contact = {key: sent for *_, key, sent in CONTACT} | {"customFields": CUSTOM_FIELDS}
    expected = {key: sent for key, _, _, sent, *_ in OPTIONS}
    assert body == {"campaignId": server.campaign, "contacts": [contact], **expected}


def test_every_option_overridden_by_a_row(server, tmp_path):
    """A row's own options stand in its call, each one; a row without any keeps those of the sheet."""
    headers = ["Email", *(title for _, title, *_ in OPTIONS)]
    rows = [["own@example.com", *(typed for *_, typed, _ in OPTIONS)], ["none@example.com"]]
    options = {title: typed for _, title, typed, *_ in OPTIONS}

    own, of_sheet = bodies(server, tmp_path / "a.xlsx", rows, headers, options)

    base = {"campaignId": server.campaign}
    assert own == {**base, "contacts": [{"email": "own@example.com"}], **{key: sent for key, *_, sent in OPTIONS}}
    expected = {key: sent for key, _, _, sent, *_ in OPTIONS}
    assert of_sheet == {**base, "contacts": [{"email": "none@example.com"}], **expected}


def test_what_is_blank_is_not_sent(server, tmp_path):
    """Without options and with blank cells a body holds the campaign and the contacts alone; an ID goes as it is."""
    contact_id = server.account.add_contact("old@example.com", firstName="Old")
    headers = ["Contact ID", *(header for header, *_ in CONTACT), *CUSTOM, *(title for _, title, *_ in OPTIONS)]
    rows = [[None, "new@example.com"], [contact_id, None, "Old", "Name", "Acme", "VIP", "1", "2"]]

    by_address, by_id = bodies(server, tmp_path / "a.xlsx", rows, headers)

    assert by_address == {"campaignId": server.campaign, "contacts": [{"email": "new@example.com"}]}
    assert by_id == {"campaignId": server.campaign, "contacts": [contact_id]}


@pytest.mark.slow
def test_cells_that_a_contact_id_makes_useless_are_told(server, tmp_path):
    """The preview says which cells of rows with a contact ID are not sent; rows alike share a line."""
    ids = [server.account.add_contact(f"old{n}@example.com") for n in range(3)]
    rows = [[each, "Old", "Name", "Acme", "1"] for each in ids[:2]] + [[ids[2], None, None, None, None]]
    book = make_book(
        tmp_path / "a.xlsx", rows, headers=["Contact ID", "First name", "Last name", "Company", "Custom: x"]
    )

    shown = Shell(tmp_path, server).run("check", book, "--online").stdout

    assert "Rows 2-3: the contact ID is sent alone, without First name, Last name, Company, Custom: x" in shown
    assert "Row 4" not in shown
