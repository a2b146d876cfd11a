"""The rows below the header: which of them belong to the list, which are hidden, and what merged ranges spoil."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import MAX_ROW, Area, column_letters
from collect_xl.domain.model import Fault, SheetRow
from collect_xl.errors import HostileWorkbook
from collect_xl.ooxml.tokenizer import RowToken, SheetStream, cells
from collect_xl.ooxml.xml_bytes import attribute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from collect_xl.domain.model import Column
    from collect_xl.ooxml.cell_values import Cells
    from collect_xl.ooxml.package import Package
    from collect_xl.ooxml.tokenizer import CellToken
    from collect_xl.workbook.saved_layout import Place

__all__ = ["LONGEST_GAP", "ContactRows"]

LONGEST_GAP = 1_000
"""Blank rows between two contacts that are told of one by one; a longer gap is a stray cell far below, no list."""

_MERGE = re.compile(rb"<(?:[\w.-]+:)?mergeCell\s[^<>]*>")
_ROW = re.compile(rb'row r="(\d{1,7})"')
_LONGEST_TAG = 1 << 12
_NO_HEIGHT = re.compile(rb"""\sht\s*=\s*["']0(?:\.0*)?["']""")


class ContactRows:
    """The rows of a list of contacts, read from its sheet as often as needed.

    Args:
        package: the open workbook; needed again for each reading.
        place: where the list is.
    """

    def __init__(self, package: Package, place: Place) -> None:
        row_below = b'"%d"' % (place.last + 1)
        merges, may_continue, self._bottom = _glance(
            package.stream(place.part), row_below if place.may_continue else None
        )
        self.place = place
        self.merges = _harmful(merges, place)
        self._may_continue = may_continue

    def continue_below(self, package: Package, values: Cells) -> bool:
        """Tell whether the row directly below a table holds something in the list's columns."""
        if not self._may_continue:
            return False
        below = self.place.last + 1
        return any(row.number == below for row in self.read(package, values, ()))

    def first_apart(self, package: Package, values: Cells) -> tuple[int, int] | None:
        """Return column and row of the first address below a table and apart from it, which is not read with it."""
        place = self.place
        column = next((each.index for each in place.layout.columns if each.field == "email"), None)
        if place.layout.table is None or column is None or self._bottom <= place.last + 1:
            return None
        read = max((row.number for row in self.read(package, values, ())), default=0)
        wanted = {column_letters(column): "email"}
        stream = SheetStream(package.stream(place.part), place.part)
        for row in stream.rows():
            if row.number > max(read, place.bottom):
                address = values.row(cells(row.body, stream.prefix), wanted).get("email")
                if isinstance(address, str) and "@" in address:
                    return column, row.number
        return None

    def read(self, package: Package, values: Cells, fields: Collection[str] | None = None) -> Iterator[SheetRow]:
        """Yield the rows in order, blank ones before a contact too; what is blank to the end is no row.

        Args:
            package: the open workbook.
            values: the values of its cells.
            fields: the only fields to read, None for all.
        """
        merged = _Merged(self.merges, self.place.layout.columns)
        before, hidden = self.place.layout.header_row, set[int]()
        for row, tokens, wanted in self._tokens(package, fields):
            if row.number > max(before, self.place.last) + 1:
                break
            found = values.row(tokens, wanted)
            if merged:
                found.update(merged.faults(row.number, tokens))
            if found:
                if row.number > before + 1:
                    yield from _blanks(before, row.number, hidden)
                yield SheetRow(row.number, _is_hidden(row), found)
                before = row.number
                hidden.clear()
            elif row.number - before <= LONGEST_GAP and _is_hidden(row):
                hidden.add(row.number)

    def _tokens(
        self, package: Package, fields: Collection[str] | None
    ) -> Iterator[tuple[RowToken, list[CellToken], dict[bytes, str]]]:
        """Yield the rows below the header with what is wanted of them: below a table all, to see what continues it."""
        place = self.place
        every = {column_letters(each.index): each.field for each in place.layout.columns}
        some = {letters: field for letters, field in every.items() if fields is None or field in fields}
        stream = SheetStream(package.stream(place.part), place.part)
        for row in stream.rows():
            if row.number > place.last and not place.may_continue:
                break
            if row.number > place.layout.header_row:
                yield row, cells(row.body, stream.prefix), some if row.number <= place.last else every


def _blanks(before: int, number: int, hidden: Collection[int]) -> Iterator[SheetRow]:
    if number - before <= LONGEST_GAP:
        yield from (SheetRow(blank, blank in hidden, {}) for blank in range(before + 1, number))


def _is_hidden(row: RowToken) -> bool:
    return row.hidden or (b"ht" in row.tag and _NO_HEIGHT.search(row.tag) is not None)


def _glance(chunks: Iterable[bytes], row: bytes | None) -> tuple[list[Area], bool, int]:
    """Return the merged ranges, which stand behind the rows, whether a row's number occurs at all, and the last one.

    Looks at bytes alone: ten times faster than going through the rows. A ``<`` can only begin a tag.
    """
    merges: list[Area] = []
    rest, occurs, bottom = b"", False, 0
    for chunk in chunks:
        text = rest + chunk
        occurs = occurs or (row is not None and row in text)
        end = text.rfind(b">") + 1
        if tag := _ROW.match(text, text.rfind(b'row r="', 0, end)):
            bottom = int(tag[1])
        if b"mergeCell" in text:
            found = (Area.parse(attribute(tag[0], b"ref")) for tag in _MERGE.finditer(text, 0, end))
            merges.extend(filter(None, found))
            _refuse_excess(merges)
        rest = text[max(end, len(text) - _LONGEST_TAG) :]
    return merges, occurs, bottom


def _refuse_excess(merges: Sequence[Area]) -> None:
    if len(merges) > MAX_ROW:
        raise HostileWorkbook(
            f"The sheet has more than {MAX_ROW:,} merged ranges, one for each row that a sheet can have.",
            tip="If you trust the workbook, copy the contacts into a new one.",
        )


def _harmful(merges: Iterable[Area], place: Place) -> list[Area]:
    """Return the merged ranges that make it unclear whose value a cell of the list holds, from the bottom up.

    One cell of a row that was merged with columns that are not read is fine.
    """
    harmful = []
    for area in merges:
        columns = [each.index for each in place.layout.columns if area.left <= each.index <= area.right]
        own_cell = area.top == area.bottom and columns == [area.left]
        if columns and not own_cell:
            harmful.append(area)
    return sorted(harmful, key=lambda area: area.top, reverse=True)


class _Merged:
    """The merged ranges that reach into a row, for rows in order."""

    def __init__(self, areas: Sequence[Area], columns: Sequence[Column]) -> None:
        self._ahead = list(areas)
        self._columns = columns
        self._open: list[Area] = []

    def __bool__(self) -> bool:
        return bool(self._ahead or self._open)

    def faults(self, row: int, tokens: Sequence[CellToken]) -> dict[str, Fault]:
        """Return the cells of a row that are covered by a range that holds something and begins in the list.

        Ranges that begin in the header or above it belong to the header: their other cells are blank.
        """
        self._open = [area for area in self._open if area.bottom >= row]
        while self._ahead and self._ahead[-1].top <= row:
            area = self._ahead.pop()
            first = column_letters(area.left)
            if area.top == row and any(token[0] == first and any(token[3:]) for token in tokens):
                self._open.append(area)
        return {
            column.field: Fault("merged", bytes(area).decode())
            for area in self._open
            for column in self._columns
            if area.left <= column.index <= area.right
        }
