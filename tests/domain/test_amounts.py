"""How many things there are, in words."""

from __future__ import annotations

import pytest

from collect_xl.domain.amounts import amount, word_for


@pytest.mark.parametrize(
    ("count", "one", "expected"),
    [
        pytest.param(1, "row", "1 row", id="one"),
        pytest.param(2, "row", "2 rows", id="several"),
        pytest.param(0, "row", "0 rows", id="none"),
        pytest.param(1, "person", "1 person", id="one-person"),
        pytest.param(120, "person", "120 people", id="people"),
        pytest.param(3, "batch", "3 batches", id="batches"),
    ],
)
def test_a_number_has_the_word_for_as_many(count: int, one: str, expected: str) -> None:
    """One thing has its own word, none and several the other."""
    assert amount(count, one) == expected


@pytest.mark.parametrize(("count", "expected"), [(1, "was"), (2, "were"), (0, "were")])
def test_a_verb_follows_the_number(count: int, expected: str) -> None:
    """A verb has its form for one and for several."""
    assert word_for(count, "was") == expected
