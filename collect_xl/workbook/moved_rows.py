"""Rows that may have moved since they were read: results find them by what identifies a row, not by where it stood."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collect_xl.domain.identity import ANCHOR_FIELDS, anchor
from collect_xl.domain.model import Written

if TYPE_CHECKING:
    from collect_xl.domain.model import RowResult
    from collect_xl.errors import DiskError, WorkbookError

Anchor = tuple[str, ...]
Anchors = Callable[[], Iterable[tuple[int, Anchor]]]
"""Begins a pass over the sheet as it is now: the rows that have an anchor, in order."""

EMPTY_ANCHOR = anchor({})
"""The anchor of a row that has none of the cells that make an anchor."""
_PERSON = tuple(ANCHOR_FIELDS.index(field) for field in ("contactId", "email"))


@dataclass(frozen=True, slots=True)
class Refound:
    """Where results belong now."""

    rows: Mapping[int, RowResult]
    """Row as it is now -> result."""
    moved: tuple[int, ...]
    """Rows, as read, that are elsewhere now."""
    lost: tuple[int, ...]
    """Rows, as read, that are gone."""


def find_again(results: Sequence[RowResult], anchors: Anchors) -> Refound:
    """Find the row of each result in a sheet that may have changed meanwhile.

    A row that is still where it was keeps its result; of rows that look the same the order decides. A row that
    names no person cannot be distinguished from others, so it is never looked for elsewhere.

    Args:
        results: what to write, each for a row as it was read.
        anchors: begins a pass over the sheet as it is now.
    """
    staying = _staying(results, anchors)
    strays = [result for result in results if result.row not in staying]
    if not strays:
        return Refound(rows=staying, moved=(), lost=())
    # from the top: rows with one anchor are given out in the order in which they are now, and so were before
    strays.sort(key=lambda result: result.row)
    moved = _moved(strays, _free_rows(strays, anchors, staying))
    moved_from = {result.row for result in moved.values()}
    lost = {result.row for result in strays} - moved_from
    return Refound(
        rows=staying | moved,
        moved=tuple(sorted(moved_from)),
        lost=tuple(sorted(lost)),
    )


def all_lost(results: Sequence[RowResult], name: str, path: str, unusable: WorkbookError | DiskError) -> Written:
    """Return what is said of a workbook that can no longer take any result.

    Args:
        results: what was to be written.
        name: what people call the workbook.
        path: where it is.
        unusable: why it cannot be used.
    """
    note = f"{name} was changed and can no longer be used: {unusable.message} The results stay in the send history."
    return Written(
        path=path,
        rows=0,
        lost=tuple(result.row for result in results),
        notes=(note,),
    )


def _staying(results: Sequence[RowResult], anchors: Anchors) -> dict[int, RowResult]:
    """Return the results whose rows are still where they were."""
    # only the rows that have results are kept: a sheet may have a hundred thousand
    rows = {result.row for result in results}
    anchors_now = {row: row_anchor for row, row_anchor in anchors() if row in rows}
    staying: dict[int, RowResult] = {}
    for result in results:
        anchor_now = anchors_now.get(result.row, EMPTY_ANCHOR)
        if anchor_now == result.anchor:
            staying[result.row] = result
    return staying


def _free_rows(strays: Iterable[RowResult], anchors: Anchors, taken: Collection[int]) -> dict[Anchor, deque[int]]:
    """Return the rows that have the anchor of a stray and no result yet, by anchor."""
    free: dict[Anchor, deque[int]] = {}
    for result in strays:
        # without contact ID and address a row could be any person's: its result must not go to another row
        if _names_person(result.anchor):
            free[result.anchor] = deque()
    for row, row_anchor in anchors():
        if row_anchor in free and row not in taken:
            free[row_anchor].append(row)
    return free


def _moved(strays: Iterable[RowResult], free: Mapping[Anchor, deque[int]]) -> dict[int, RowResult]:
    """Return the strays that have a row again, by that row."""
    moved: dict[int, RowResult] = {}
    for result in strays:
        rows = free.get(result.anchor)
        if rows:
            moved[rows.popleft()] = result
    return moved


def _names_person(row_anchor: Anchor) -> bool:
    return any(row_anchor[index] for index in _PERSON)
