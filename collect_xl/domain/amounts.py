"""How many things there are, in words: one row, two rows."""

from __future__ import annotations

from typing import Final

_OF_SEVERAL: Final = {
    "person": "people",
    "batch": "batches",
    "is": "are",
    "was": "were",
    "it stands": "they stand",
    "was asked before; that request was": "were asked before; those requests were",
}
"""Words to which several things do not just add an ``s``."""


def word_for(count: int, one: str) -> str:
    """Return the word for as many things: ``row``, ``rows``; ``was``, ``were``.

    Args:
        count: how many there are.
        one: the word for one of them.
    """
    if count == 1:
        return one
    return _OF_SEVERAL.get(one, f"{one}s")


def amount(count: int, one: str) -> str:
    """Return a number with its word: ``1 row``, ``2 rows``."""
    return f"{count} {word_for(count, one)}"
