"""The rows of an open sheet where results belong: first where they stood, then in the whole sheet where they moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from collect_xl.domain.a1 import Area
from collect_xl.domain.identity import ANCHOR_FIELDS, anchor
from collect_xl.domain.model import RowResult
from collect_xl.excel.open_rows import Contacts
from collect_xl.excel.open_sheet import Lines
from collect_xl.excel.typed_cells import cell_value
from collect_xl.workbook.labels import label_text
from collect_xl.workbook.moved_rows import EMPTY_ANCHOR, Refound, find_again

READ_THROUGH = 2_000
"""Rows below the header up to which the header is read along with the rows, which saves a call."""

Anchored = list[tuple[int, tuple[str, ...]]]
"""Rows and their anchors, in order."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where results belong now."""

    contacts: Contacts
    refound: Refound
    area: Area | None = None
    """What was read to find them."""
    lines: Lines = field(default_factory=list)
    """What it shows."""
    formula_lines: list[list[str]] = field(default_factory=list)
    """Its formulas."""

    def values(self, area: Area) -> Lines:
        """Return what an area shows, from what was read to find the rows where it can be."""
        part = self._part(area)
        if part is None:
            return self.contacts.sheet.values(area)
        rows, columns = part
        return [line[columns] for line in self.lines[rows]]

    def formulas(self, area: Area) -> list[list[str]]:
        """Return the formulas of an area, as ``values`` does."""
        part = self._part(area)
        if part is None:
            return self.contacts.sheet.formulas(area)
        rows, columns = part
        return [line[columns] for line in self.formula_lines[rows]]

    def still_there(self, area: Area, lines: Lines) -> bool:
        """Return whether the rows of an area are still those that were found.

        Args:
            area: the rows, over all columns of the list.
            lines: what it shows now.
        """
        # lines that were read to find the rows cannot have changed since
        if self._part(area) is not None:
            return True
        cells_now = self.contacts.keyed(area, lines)
        for row, result in self.refound.rows.items():
            anchor_now = anchor(cells_now[row]) if row in cells_now else EMPTY_ANCHOR
            if anchor_now != result.anchor:
                return False
        return True

    def _part(self, area: Area) -> tuple[slice, slice] | None:
        """Return where an area is in the lines that were read, as rows and columns.

        None where it was not read.
        """
        read = self.area
        if read is None or not (read.holds(area.left, area.top) and read.holds(area.right, area.bottom)):
            return None
        rows = slice(area.top - read.top, area.bottom - read.top + 1)
        columns = slice(area.left - read.left, area.right - read.left + 1)
        return rows, columns


class _Passes:
    """The passes over the sheet that finding rows takes.

    Args:
        contacts: where the contacts stood when they were last looked at.
        look_again: looks at them again.
        near: the rows where results are expected.
    """

    def __init__(self, contacts: Contacts, look_again: Callable[[], Contacts], near: Anchored) -> None:
        self.contacts = contacts
        self._look_again = look_again
        self._near: Anchored | None = near

    def begin(self) -> Anchored:
        """Return the rows that have an anchor, at first the near ones, later those of all the sheet."""
        if self._near is not None:
            near, self._near = self._near, None
            return near
        self.contacts = self._look_again()
        return _anchors(self.contacts)


@dataclass(frozen=True, slots=True)
class _Look:
    """The header row, and the rows where results are expected."""

    header: Sequence[object]
    area: Area
    """The rows."""
    lines: Lines
    formula_lines: list[list[str]]


def find_rows(contacts: Contacts, look_again: Callable[[], Contacts], results: Sequence[RowResult]) -> Found:
    """Find the rows of results.

    Args:
        contacts: where the contacts stood when they were last looked at.
        look_again: looks at them again.
        results: what is written.

    Raises:
        LayoutError: it is no longer certain where the contacts are.
    """
    rows = [result.row for result in results]
    look = _look_near(contacts, min(rows), max(rows))
    if contacts.has_odd_keys or not _same_header(contacts, look.header):
        # columns, merged areas or data types may have moved: what was read near by is no evidence
        contacts = look_again()
        everywhere = _anchors(contacts)
        return Found(contacts, find_again(results, lambda: everywhere))
    near = contacts.typed(look.area, look.lines, ANCHOR_FIELDS)
    passes = _Passes(contacts, look_again, [(row, anchor(cells)) for row, cells in near.items()])
    refound = find_again(results, passes.begin)
    return Found(
        contacts=passes.contacts,
        refound=refound,
        area=look.area,
        lines=look.lines,
        formula_lines=look.formula_lines,
    )


def _look_near(contacts: Contacts, first: int, last: int) -> _Look:
    """Read the header row, and the rows where results are expected with their formulas."""
    header = contacts.layout.header_row
    sheet = contacts.sheet
    first = max(first, header + 1)
    last = max(last, header + 1)
    # errors in these columns must not look blank, or the row would no longer be recognised
    key_columns = [contacts.columns[field] for field in ANCHOR_FIELDS if field in contacts.columns]
    if last - header <= READ_THROUGH:
        area = contacts.body._replace(top=header, bottom=last)
        lines, formula_lines = sheet.with_formulas(area, key_columns)
        skip = first - header
        return _Look(
            header=lines[0],
            area=area._replace(top=first),
            lines=lines[skip:],
            formula_lines=formula_lines[skip:],
        )
    area = contacts.body._replace(top=first, bottom=last)
    lines, formula_lines = sheet.with_formulas(area, key_columns)
    (header_line,) = sheet.texts(area._replace(top=header, bottom=header))
    return _Look(
        header=header_line,
        area=area,
        lines=lines,
        formula_lines=formula_lines,
    )


def _same_header(contacts: Contacts, line: Sequence[object]) -> bool:
    left = contacts.body.left
    return all(label_text(cell_value(line[column - left])) == text for column, text in contacts.header.items())


def _anchors(contacts: Contacts) -> Anchored:
    return [(row.number, anchor(row.cells)) for row in contacts.rows() if row.cells]
