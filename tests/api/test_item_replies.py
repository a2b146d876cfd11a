"""The items of a request, read from any reply: states, reasons, bounds, and never another request's."""

from __future__ import annotations

import pytest

from collect_xl.api.item_replies import MOST_ITEMS, items_of
from collect_xl.api.replies import UnreadableError
from collect_xl.domain.items import Item

ASKED = "request-1"


def read(**lists):
    """Return the items of a reply with some lists."""
    return items_of({"_id": ASKED, **lists}, ASKED)


def one(**entry):
    """Return the item that one entry of the documents becomes."""
    (item,) = read(documents=[{"name": "Passport", **entry}])
    return item


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("open", "missing"),
        (None, "missing"),
        ("waiting", "waiting"),
        ("completed", "approved"),
        ("Approved", "approved"),
        ("rejected", "rejected"),
        ("not-sent", "missing"),
        ("signed", "approved"),
    ],
)
def test_documented_words_have_their_meaning(status, state):
    """Each documented word of an item's status says whether the item came in."""
    assert one(status=status).state == state


def test_a_word_that_is_not_documented_is_shown_and_decides_nothing():
    """An unknown status counts neither as missing nor as received: what it means only Collect knows."""
    assert one(status="in review") == Item("Passport", "unclear", word="in review")


def test_documents_forms_and_unknown_kinds_are_items_and_texts_are_none():
    """Items are what a client answers: documents, forms and kinds to come, but no texts, pages or people."""
    named = [{"name": "A", "status": "open"}]
    items = read(
        documents=named,
        forms=[{"name": "B", "status": "waiting", "items": [{"name": "Question", "answer": "secret"}]}],
        signs=[{"name": "C", "status": "signed"}],
        texts=[{"name": "Welcome"}],
        pages=[{"name": "Page"}],
        contributors=[{"name": "Bob"}],
        contact={"name": "Ann"},
        tags=["x"],
    )

    assert [(item.name, item.state) for item in items] == [("A", "missing"), ("B", "waiting"), ("C", "approved")]
    assert "secret" not in repr(items)


def test_hidden_items_are_left_out_and_optional_ones_are_marked():
    """What the portal does not show is not waited for; what need not be given is marked."""
    items = read(documents=[{"name": "A", "visibility": False}, {"name": "B", "mandatory": False}])

    assert items == (Item("B", "missing", is_optional=True),)


def test_a_reason_belongs_to_a_rejection():
    """The reason of a rejection is kept; the one that stays when the item comes in again is not."""
    assert one(status="rejected", reason="too\u202e dark\r\n").reason == "too dark"
    assert one(status="waiting", reason="too dark").reason == ""


def test_texts_are_cleaned_and_bounded():
    """Names and reasons of any length and content become one line of bounded length."""
    item = one(name="\x1b[31mA\n" + "x" * 10_000, status="rejected", reason="y" * 10_000)

    assert len(item.name) <= 200
    assert len(item.reason) <= 300
    assert item.name.isprintable()


@pytest.mark.parametrize("data", [[], "x", None, {}, {"_id": "request-2"}, {"_id": None}])
def test_another_request_is_none(data):
    """A reply that is no request, or another one, tells nothing of this one."""
    with pytest.raises(UnreadableError):
        items_of(data, ASKED)


def test_odd_entries_are_no_items():
    """Lists may hold anything, and a name may be missing."""
    items = read(documents=[None, 7, [], {}, {"name": None}, {"name": ["x"]}, "x"], forms={"name": "A"})

    assert [item.name for item in items] == ["(without a name)", "(without a name)"]


def test_more_items_than_a_sheet_can_show_are_refused():
    """A request without end is not kept."""
    with pytest.raises(UnreadableError):
        read(documents=[{"name": str(number)} for number in range(MOST_ITEMS + 1)])
