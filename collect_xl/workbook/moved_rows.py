"""Results find their rows again, by what identifies a row and not by where it stood."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collect_xl.domain.identity import ANCHOR_FIELDS, anchor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from collect_xl.domain.model import RowResult

__all__ = ["Refound", "find_again"]

Anchor = tuple[str, ...]

NOBODY = anchor({})
"""The anchor of a row that has none of the cells that make an anchor."""
_PERSON = tuple(ANCHOR_FIELDS.index(field) for field in ("contactId", "email"))


@dataclass(frozen=True, slots=True)
class Refound:
    """Where results belong now."""

    rows: Mapping[int, RowResult]
    """Row as it is now -> result."""
    moved: tuple[int, ...]
    """Rows, as read, that stand elsewhere now."""
    lost: tuple[int, ...]
    """Rows, as read, that are gone."""


def find_again(results: Sequence[RowResult], anchors: Callable[[], Iterable[tuple[int, Anchor]]]) -> Refound:
    """Find the row of each result in a sheet that may have been sorted, filled or thinned out meanwhile.

    A row that still stands where it was keeps its result; of rows that look the same the order decides. A row that
    names nobody cannot be told from others, so it is never looked for elsewhere.

    Args:
        results: what to write, each for a row as it was read.
        anchors: begins a pass over the sheet as it is now: the rows that have an anchor, in order.
    """
    wanted = {result.row for result in results}
    now = {row: found for row, found in anchors() if row in wanted}
    staying = {result.row: result for result in results if now.get(result.row, NOBODY) == result.anchor}
    astray = [result for result in sorted(results, key=lambda each: each.row) if result.row not in staying]
    free = _free_rows(astray, anchors, staying) if astray else {}
    moved = {free[each.anchor].popleft(): each for each in astray if free.get(each.anchor)}
    lost = {each.row for each in astray}.difference(each.row for each in moved.values())
    return Refound(staying | moved, tuple(sorted(each.row for each in moved.values())), tuple(sorted(lost)))


def _free_rows(
    astray: Iterable[RowResult], anchors: Callable[[], Iterable[tuple[int, Anchor]]], taken: Collection[int]
) -> dict[Anchor, deque[int]]:
    """Return for each anchor that is looked for the rows that have it and no result yet."""
    free = {each.anchor: deque[int]() for each in astray if _names_somebody(each.anchor)}
    for row, found in anchors():
        if found in free and row not in taken:
            free[found].append(row)
    return free


def _names_somebody(of_row: Anchor) -> bool:
    return any(of_row[index] for index in _PERSON)
