"""Cells about items: a person's own, blank where they are not known, and none of an earlier request."""

from __future__ import annotations

import pytest

from collect_xl.domain.items import Item, KeptItems
from collect_xl.planning.history import Known
from collect_xl.results.cells import CLEARED
from collect_xl.results.item_cells import with_items, with_named_items_cleared
from support.people import row

FIELDS = ("result.progress", "result.missing", "result.item:Passport")
KEPT = KeptItems("request-1", "pending", "", (Item("Passport", "missing"), Item("Photo", "waiting")))
KNOWN = Known(items={"request-1": KEPT}, item_fields=FIELDS)
BLANK = dict.fromkeys(FIELDS, "")


def sent(request="request-1", status="pending"):
    """Return the cells of a row whose request is known."""
    return {"result.status": status, "result.requestId": request}


def test_a_row_gets_the_items_of_its_request():
    """Progress, names of what is missing, and the state of each named item."""
    cells = with_items(sent(), row(2, "a@example.com"), KNOWN)

    assert [cells[field] for field in FIELDS] == ["1 of 2", "Passport", "missing"]


@pytest.mark.parametrize(("beside", "is_left"), [("request-2", True), ("request-1", False), ("", False)])
def test_unknown_items_stay_beside_their_own_request_alone(beside, is_left):
    """Never asked about here: what stands beside this very request stays, beside another one it is emptied."""
    seen = row(2, "a@example.com", seen={"result.requestId": beside})
    cells = with_items(sent("request-2"), seen, KNOWN)

    assert cells == (sent("request-2") if is_left else {**sent("request-2"), **BLANK})


def test_a_row_without_a_request_has_no_items():
    """A request whose ID is not known leaves the cells of items blank."""
    assert with_items(sent(""), row(2, "a@example.com"), KNOWN) == {**sent(""), **BLANK}


def test_a_cleared_row_has_no_items():
    """Where all results are taken from a row, those below names of items are taken, too."""
    assert with_items(CLEARED, row(2, "a@example.com"), KNOWN)["result.item:Passport"] == ""
    assert with_named_items_cleared(CLEARED, FIELDS)["result.item:Passport"] == ""
    assert with_named_items_cleared(sent(), FIELDS) == sent()


@pytest.mark.parametrize(("status", "is_blank"), [("completed", True), ("archived", True), ("due", False)])
def test_items_of_before_the_end_are_not_shown_after_it(status, is_blank):
    """What was missing before a request was finished is not named any more."""
    cells = with_items(sent(status=status), row(2, "a@example.com"), KNOWN)

    assert (cells["result.missing"] == "") is is_blank


def test_a_sheet_without_such_columns_is_left_alone():
    """Where no column is about items nothing is added."""
    assert with_items(sent(), row(2, "a@example.com"), Known()) == sent()
