"""A listing read page by page, with proof of where it ends and of whether it held still meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["PAGE", "Pages", "read_pages"]

PAGE = 100
"""The most that Collect gives at once (``collect_api.md`` 7.2)."""

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Pages(Generic[Entry]):
    """What a listing held."""

    entries: tuple[Entry, ...]
    """Each once."""
    steady: bool
    """False when entries moved between pages, the server repeats itself, or the cap was reached."""


def read_pages(ask: Callable[[int], Sequence[Entry]], name: Callable[[Entry], str], cap: int) -> Pages[Entry]:
    """Read a listing to its end.

    Collect gives neither totals nor a cursor nor a promised order. So each page starts with the last entry of the one
    before: when that is not so, something was added or removed ahead of it, and an entry may have slipped through.
    The end is a page without news, not a short page, because a server may give less than was asked for.

    Args:
        ask: offset -> the page's entries.
        name: entry -> what tells it from others.
        cap: how many pages at most.
    """
    found: dict[str, Entry] = {}
    overlap: list[str] = []
    offset, steady = 0, True
    for _ in range(cap):
        page = [(name(entry), entry) for entry in ask(offset)]
        news = {key: entry for key, entry in page if key not in found}
        steady = steady and [key for key, _ in page] == [*overlap, *news]
        found |= news
        if not news:
            return Pages(tuple(found.values()), steady)
        overlap = [page[-1][0]]
        offset += len(page) - 1
    return Pages(tuple(found.values()), steady=False)
