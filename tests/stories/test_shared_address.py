"""Two clients who share an address: a user parts them by giving each row its contact ID."""

from __future__ import annotations

from collections import Counter

import pytest

from support.books import make_book, results

SHARED = "office@accountant.example"
HEADERS = ("Email", "Contact ID")


@pytest.mark.slow
def test_rows_are_parted_by_their_contact_ids(shell, server, tmp_path):
    """A row that may be the person who was asked by address is held back, until that row has its contact ID, too."""
    book = make_book(tmp_path / "a.xlsx", [(SHARED, None)], headers=HEADERS)
    shell.send(book)
    ann = server.accepted[0].contact_id
    bob = server.account.add_contact(SHARED, firstName="Bob")

    held = make_book(tmp_path / "b.xlsx", [(SHARED, None), (SHARED, bob)], headers=HEADERS)
    told = shell.send(held)
    assert told.returncode == 3, told.stdout
    assert "Held back" in results(held)[3]["Collect message"]
    assert len(server.accepted) == 1

    parted = make_book(tmp_path / "c.xlsx", [(SHARED, ann), (SHARED, bob)], headers=HEADERS)
    assert shell.send(parted).returncode == 0
    assert Counter(each.contact_id for each in server.accepted) == {ann: 1, bob: 1}
    shown = {number: cells["Collect request ID"] for number, cells in results(parted).items()}
    owner = {each.request_id: each.contact_id for each in server.accepted}
    assert {number: owner[request] for number, request in shown.items()} == {2: ann, 3: bob}
