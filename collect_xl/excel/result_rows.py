"""Rows of an open sheet found again: first where they stood, and in the whole sheet where somebody has moved them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from collect_xl.domain.a1 import Area
from collect_xl.domain.identity import ANCHOR_FIELDS, anchor
from collect_xl.domain.model import RowResult
from collect_xl.excel.open_rows import Contacts
from collect_xl.excel.open_sheet import Lines
from collect_xl.excel.typed_cells import cell_value
from collect_xl.workbook.headers import shown
from collect_xl.workbook.moved_rows import NOBODY, Refound, find_again

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
    texts: list[list[str]] = field(default_factory=list)
    """Its formulas."""

    def values(self, area: Area) -> Lines:
        """Return what an area shows; it is read only where it is not known from finding the rows."""
        own = self._own(area)
        return [line[own] for line in self.lines[self._rows(area)]] if own else self.contacts.sheet.values(area)

    def formulas(self, area: Area) -> list[list[str]]:
        """Return the formulas of an area, as ``values`` does."""
        own = self._own(area)
        return [line[own] for line in self.texts[self._rows(area)]] if own else self.contacts.sheet.formulas(area)

    def still_there(self, area: Area, lines: Lines) -> bool:
        """Tell whether the rows of an area, as it was read, still are whose they were when they were found."""
        if self._own(area):
            return True
        now = self.contacts.keyed(area, lines)
        return all(
            (anchor(now[row]) if row in now else NOBODY) == result.anchor for row, result in self.refound.rows.items()
        )

    def _own(self, area: Area) -> slice | None:
        """Return which cells of a known line belong to an area; None where the area is not known."""
        known = self.area
        if known is None or not (known.holds(area.left, area.top) and known.holds(area.right, area.bottom)):
            return None
        return slice(area.left - known.left, area.right - known.left + 1)

    def _rows(self, area: Area) -> slice:
        top = self.area.top if self.area else 0
        return slice(area.top - top, area.bottom - top + 1)


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
    header, area, lines, texts = _read(contacts, first, last)
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
    return Found(looked[-1], refound, area, lines, texts)


def _read(contacts: Contacts, first: int, last: int) -> tuple[Sequence[object], Area, Lines, list[list[str]]]:
    """Return the header row, and the rows where results are awaited with their formulas."""
    header, sheet = contacts.layout.header_row, contacts.sheet
    first, last = max(first, header + 1), max(last, header + 1)
    through = last - header <= READ_THROUGH
    area = contacts.body._replace(top=header if through else first, bottom=last)
    keys = [contacts.columns[field] for field in ANCHOR_FIELDS if field in contacts.columns]
    lines, texts = sheet.with_formulas(area, keys)
    if through:
        skip = first - header
        return lines[0], area._replace(top=first), lines[skip:], texts[skip:]
    (headers,) = sheet.texts(area._replace(top=header, bottom=header))
    return headers, area, lines, texts


def _same_header(contacts: Contacts, line: Sequence[object]) -> bool:
    left = contacts.body.left
    return all(shown(cell_value(line[column - left])) == text for column, text in contacts.header.items())


def _anchors(contacts: Contacts) -> Anchored:
    return [(row.number, anchor(row.cells)) for row in contacts.rows() if row.cells]
