"""Items of a request: how many came in, what is missing and why, and the one that a header names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collect_xl.domain.items import Item, count_in, item_named, items_as_json, items_of_json, outstanding

ITEMS = (
    Item("Passport", "rejected", reason="too dark"),
    Item("Payslip", "missing"),
    Item("Photo", "missing", is_optional=True),
    Item("About you", "waiting"),
    Item("Contract", "approved"),
    Item("Form", "unclear", word="in review"),
)


def test_what_came_in_is_counted_and_what_is_missing_is_named():
    """Waiting and approved items came in; missing and rejected ones are named, with the reason."""
    assert count_in(ITEMS) == 2
    assert outstanding(ITEMS) == ("Passport (rejected: too dark)", "Payslip", "Photo (optional)")


def test_a_header_names_an_item_in_any_spelling():
    """Case and blanks do not count; of two items with one name the one shows that needs someone."""
    twice = (Item("Pass  port", "approved"), Item("pass port", "rejected"))

    assert item_named(twice, " PASS PORT ") == twice[1]
    assert item_named(twice, "passport") is None


@given(
    st.lists(
        st.builds(
            Item,
            st.text(),
            st.sampled_from(["rejected", "missing", "unclear", "waiting", "approved"]),
            st.text(),
            st.text(),
            st.booleans(),
        )
    )
)
def test_items_come_back_from_their_text(items):
    """What is kept is what was learned."""
    assert items_of_json(items_as_json(items)) == tuple(items)
