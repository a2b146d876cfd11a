"""Rows of an open sheet found again: first where they stood, and in the whole sheet where somebody has moved them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from collect_xl.model import RowResult
from collect_xl.workbook.base import ANCHOR_FIELDS, anchor
from collect_xl.workbook.headers import shown
from collect_xl.workbook.live_cells import cell_value
from collect_xl.workbook.live_reading import Contacts
from collect_xl.workbook.live_sheet import Lines
from collect_xl.workbook.markup import Area
from collect_xl.workbook.refinding import Refound, find_again

__all__ = ["Found", "find_rows"]

READ_THROUGH = 2_000
"""Rows below the header up to which the header is read along with the rows, which saves a call."""

Anchored = list[tuple[int, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Found:
    """Where results belong now."""

    contacts: Contacts
    refound: Refound
    area: Area | None = None
    """What was read to find them."""
    lines: Lines = field(default_factory=list)

    def values(self, area: Area) -> Lines:
        """Return what an area shows; it is read only where it is not known from finding the rows."""
        known = self.area
        if known is None or not (known.holds(area.left, area.top) and known.holds(area.right, area.bottom)):
            return self.contacts.sheet.values(area)
        lines = self.lines[area.top - known.top : area.bottom - known.top + 1]
        return [line[area.left - known.left : area.right - known.left + 1] for line in lines]


def find_rows(contacts: Contacts, again: Callable[[], Contacts], results: Sequence[RowResult]) -> Found:
    """Find the rows of results.

    Args:
        contacts: where the contacts stood when they were last looked at.
        again: looks at them again.
        results: what is to be written.

    Raises:
        LayoutError: the contacts can no longer be told for certain.
    """
    rows = [result.row for result in results]
    first, last = min(rows), max(rows)
    header, area, lines = _read(contacts, first, last)
    if contacts.merged or not _same_header(contacts, header):
        contacts = again()
        everywhere = _anchors(contacts)
        refound = find_again(results, lambda: everywhere)
        return Found(contacts, refound)
    looked = [contacts]
    near = contacts.typed(area, lines, ANCHOR_FIELDS)
    passes = [[(row, anchor(cells)) for row, cells in near.items()]]

    def anchors() -> Iterable[tuple[int, tuple[str, ...]]]:
        if passes:
            return passes.pop()
        looked.append(again())
        return _anchors(looked[-1])

    refound = find_again(results, anchors)
    return Found(looked[-1], refound, area, lines)


def _read(contacts: Contacts, first: int, last: int) -> tuple[Sequence[object], Area, Lines]:
    """Return the header row, and the rows where results are awaited."""
    header = contacts.layout.header_row
    first, last = max(first, header + 1), max(last, header + 1)
    if last - header <= READ_THROUGH:
        whole = contacts.body._replace(top=header, bottom=last)
        lines = contacts.sheet.values(whole)
        return lines[0], whole._replace(top=first), lines[first - header :]
    area = contacts.body._replace(top=first, bottom=last)
    (headers,) = contacts.sheet.values(area._replace(top=header, bottom=header))
    return headers, area, contacts.sheet.values(area)


def _same_header(contacts: Contacts, line: Sequence[object]) -> bool:
    left = contacts.body.left
    return all(shown(cell_value(line[column - left])) == text for column, text in contacts.header.items())


def _anchors(contacts: Contacts) -> Anchored:
    return [(row.number, anchor(row.cells)) for row in contacts.rows() if row.cells]
