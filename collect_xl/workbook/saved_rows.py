"""The rows below the header: which of them belong to the list, which are hidden, and what merged ranges spoil."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from collect_xl.domain.a1 import MAX_ROW, Area, column_letters
from collect_xl.domain.cell_content import names_person
from collect_xl.domain.model import NO_CELLS, Fault, SheetRow
from collect_xl.errors import HostileWorkbook
from collect_xl.ooxml.row_cells import cell_elements, cells
from collect_xl.ooxml.row_values import RowValues
from collect_xl.ooxml.shared_strings import plain_text
from collect_xl.ooxml.tokenizer import RowToken, SheetStream, open_sheet
from collect_xl.ooxml.xml_bytes import attribute, hides_text
from collect_xl.workbook.address_links import address_links, link_of_formula
from collect_xl.workbook.contact_list import (
    LONGEST_GAP,
    blank_rows,
    is_harmful_merge,
    merge_faults,
    other_columns,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from collect_xl.domain.model import CellValue, Column, Layout
    from collect_xl.ooxml.cell_values import Cells
    from collect_xl.ooxml.package import Package
    from collect_xl.workbook.saved_layout import Place

_MERGE = re.compile(rb"<(?:[\w.-]+:)?mergeCell\s[^<>]*>")
_ROW = re.compile(rb'row r="(\d{1,7})"')
_CONTENT = re.compile(rb"<(?:[\w.-]+:)?(?:v|is|f)[\s/>]")
_TAG = re.compile(rb"<[^>]*>")
_LONGEST_TAG = 1 << 12
_NO_HEIGHT = re.compile(rb"""\sht\s*=\s*["']0(?:\.0*)?["']""")


class ContactRows:
    """The rows of a list of contacts, read from its sheet as often as needed.

    Args:
        package: the open workbook; needed again for each reading.
        place: where the list is.
    """

    def __init__(self, package: Package, place: Place) -> None:
        row_below = place.last + 1 if place.may_continue else None
        glance = _glance(package.stream(place.part), row_below)
        # what looks like a merged range may be in a comment
        merges = _parsed_merges(package, place.part) if glance.has_comments and glance.merges else glance.merges
        self.place = place
        self._merges = _harmful(merges, place)
        self._links = address_links(package, place.part, place.layout.places.get("email"))
        self._may_continue = glance.row_occurs
        self._bottom = glance.last_row

    def continue_below(self, package: Package, values: Cells) -> bool:
        """Return whether the row directly below a table holds something in the list's columns."""
        if not self._may_continue:
            return False
        below = self.place.last + 1
        return any(row.number == below for row in self.read(package, values, ()))

    def first_apart(self, package: Package, values: Cells) -> tuple[int, int] | None:
        """Return column and row of the first address below a table that is not read with it."""
        place = self.place
        column = place.layout.places.get("email")
        if place.layout.table is None or column is None:
            return None
        if self._bottom <= place.last + 1:
            return None
        last_row = max(self._last_read(package, values), place.bottom)
        only_email = {column_letters(column): "email"}
        stream = open_sheet(package, place.part)
        for row in stream.rows():
            if row.number > last_row:
                address = values.row(stream.cells(row), only_email).get("email")
                if isinstance(address, str) and "@" in address:
                    return column, row.number
        return None

    def _last_read(self, package: Package, values: Cells) -> int:
        number = 0
        for row in self.read(package, values, ()):
            number = row.number
        return number

    def read(self, package: Package, values: Cells, fields: Collection[str] | None = None) -> Iterator[SheetRow]:
        """Yield the rows in order, blank ones before a contact too; what is blank to the end is no row.

        Args:
            package: the open workbook.
            values: the values of its cells.
            fields: the only fields to read, None for all.
        """
        place = self.place
        stream = open_sheet(package, place.part)
        columns = place.layout.columns
        in_list = RowValues(values, _by_letters(columns, fields), stream.prefix, stream.sheet)
        # Below a table any column of the list shows that a row continues it, not only those that are asked for.
        below_list = RowValues(values, _by_letters(columns), stream.prefix, stream.sheet)
        closer = _CloserLook(values, place.layout, stream.prefix, self._links)
        merged = _MergedRanges(self._merges, columns, stream) if self._merges else None
        blanks = _Blanks(place.layout.header_row)
        for row in self._below_header(stream):
            number = row.number
            has_gap = number > blanks.last_row + 1
            if has_gap and number > place.last + 1:
                return
            is_below = number > place.last
            reader = below_list if is_below else in_list
            contact = _contact_row(row, reader.read(row.body), closer, merged, whole=is_below or fields is None)
            if contact is None:
                blanks.add(row)
                continue
            if has_gap:
                yield from blanks.before(number)
            yield contact
            blanks.last_row = number

    def _below_header(self, stream: SheetStream) -> Iterator[RowToken]:
        """Yield the rows below the header, as far as the list may reach."""
        header_row = self.place.layout.header_row
        last = MAX_ROW if self.place.may_continue else self.place.last
        for row in stream.rows():
            if row.number > last:
                return
            if row.number > header_row:
                yield row


def _contact_row(
    row: RowToken, cells_of_row: dict[str, CellValue], closer: _CloserLook, merged: _MergedRanges | None, *, whole: bool
) -> SheetRow | None:
    """Return a row with what is wrong or unusual in it; None for a blank one.

    Args:
        row: the row.
        cells_of_row: the values that were read of it.
        closer: looks at what else is in it.
        merged: the merged ranges, where the sheet has any.
        whole: whether all fields of the list were read.
    """
    if b"vm=" in row.body:
        cells_of_row.update(closer.rich_values(row.body, cells_of_row))
    if merged:
        cells_of_row.update(merged.faults(row))
    more = _NOTHING_MORE
    if whole and not names_person(cells_of_row):
        more = closer.read(row)
    if not cells_of_row and not more.others:
        return None
    return SheetRow(row.number, _is_hidden(row), cells_of_row, more.others, more.formulas, more.link)


def _by_letters(columns: Iterable[Column], fields: Collection[str] | None = None) -> dict[bytes, str]:
    """Return the fields by the letters of their columns; all of them, or some."""
    by_letters = {}
    for column in columns:
        if fields is None or column.field in fields:
            by_letters[column_letters(column.index)] = column.field
    return by_letters


class _More(NamedTuple):
    """What a closer look at a row has found."""

    others: Mapping[str, CellValue]
    """What is under headers that we do not use."""
    formulas: frozenset[str]
    """Which cells are formulas."""
    link: str
    """The link to an address that is over its place, or that the formula there makes."""


_NOTHING_MORE = _More(NO_CELLS, frozenset(), "")


class _CloserLook:
    """Reads of some rows more than the values of their cells: what was typed into them, and what a value stands for.

    Args:
        values: the values of the workbook's cells.
        layout: of the list.
        prefix: of the sheet's elements.
        links: row -> the link over the place of its address.
    """

    def __init__(self, values: Cells, layout: Layout, prefix: bytes, links: Mapping[int, str]) -> None:
        self._values = values
        self._prefix = prefix
        self._links = links
        self._sheet = layout.sheet
        self._fields = _by_letters(layout.columns)
        self._others: dict[bytes, str] = {}
        for column in other_columns(layout):
            letters = column_letters(column.index)
            self._others[letters] = letters.decode()

    def read(self, row: RowToken) -> _More:
        """Return what a row holds besides the values of its fields."""
        body = row.body
        # Most of such rows are only formatted, and there may be a million of them.
        if not _CONTENT.search(body):
            link = self._links.get(row.number, "")
            return _NOTHING_MORE._replace(link=link) if link else _NOTHING_MORE
        tokens = cells(body, self._prefix, self._sheet)
        formulas: set[str] = set()
        link = ""
        for letters, _, _, formula, _, _ in tokens:
            place = self._fields.get(letters) or self._others.get(letters)
            if place is None or not formula:
                continue
            formulas.add(place)
            if place == "email" and b"HYPERLINK" in body:
                link = link_of_formula(plain_text(_TAG.sub(b"", formula)))
        link = self._links.get(row.number, link)
        return _More(self._values.row(tokens, self._others), frozenset(formulas), link)

    def rich_values(self, body: bytes, cells_of_row: Mapping[str, CellValue]) -> dict[str, CellValue]:
        """Return the cells of a row that are a data type or a picture, which look like an error without Excel."""
        faults: dict[str, CellValue] = {}
        for cell in cell_elements(body, self._prefix, self._sheet):
            field = self._fields.get(column_letters(cell.column))
            value = cells_of_row.get(field or "")
            if field and isinstance(value, Fault) and attribute(cell.tag, b"vm"):
                faults[field] = Fault("rich", value.shown)
        return faults


class _Blanks:
    """The blank rows since the last row that holds something."""

    def __init__(self, last_row: int) -> None:
        self.last_row = last_row
        """The one that holds something."""
        self._hidden: set[int] = set()

    def add(self, row: RowToken) -> None:
        """Take note of a blank row."""
        if row.number - self.last_row <= LONGEST_GAP and _is_hidden(row):
            self._hidden.add(row.number)

    def before(self, number: int) -> Iterator[SheetRow]:
        """Yield the blank rows before one that holds something, unless there are too many of them for a list."""
        yield from blank_rows(self.last_row, number, self._hidden)
        self._hidden.clear()


def _is_hidden(row: RowToken) -> bool:
    tag = row.tag
    # The search for one byte is the fastest, and most rows have neither ``hidden`` nor ``ht``.
    if b"h" not in tag:
        return False
    if row.hidden:
        return True
    return b"ht" in tag and _NO_HEIGHT.search(tag) is not None


@dataclass(frozen=True, slots=True)
class _Glance:
    """What can be seen of a sheet without going through its rows."""

    merges: tuple[Area, ...]
    has_comments: bool
    row_occurs: bool
    """Whether the number that was asked for occurs at all."""
    last_row: int


def _glance(chunks: Iterable[bytes], row: int | None) -> _Glance:
    """Look for merged ranges, which are behind the rows, for a row's number and for the last row.

    Looks at bytes alone: ten times faster than going through the rows. A ``<`` can only begin a tag.
    """
    row_number = b"" if row is None else b'"%d"' % row
    merges: list[Area] = []
    rest = b""
    has_comments = False
    behind_declaration = len(b"<?xml")
    row_occurs = False
    last_row = 0
    for chunk in chunks:
        text = rest + chunk
        if row_number and not row_occurs:
            row_occurs = row_number in text
        end = text.rfind(b">") + 1
        last_tag = _ROW.match(text, text.rfind(b'row r="', 0, end))
        if last_tag:
            last_row = int(last_tag[1])
        has_comments = has_comments or hides_text(text, behind_declaration)
        behind_declaration = 0
        if b"mergeCell" in text:
            merges.extend(_merged_areas(text, end))
            _refuse_excess(merges)
        # A tag may be cut by the end of a chunk: it is looked at again, together with the next one.
        rest = text[max(end, len(text) - _LONGEST_TAG) :]
    return _Glance(tuple(merges), has_comments, row_occurs, last_row)


def _parsed_merges(package: Package, part: str) -> tuple[Area, ...]:
    """Return the merged ranges of a sheet as a parser finds them."""
    found = package.attributes(part, "mergeCell", large=True)
    return tuple(Area.parse_all(attributes.get("ref", "").encode() for attributes in found))


def _merged_areas(text: bytes, end: int) -> Iterator[Area]:
    return Area.parse_all(attribute(tag[0], b"ref") for tag in _MERGE.finditer(text, 0, end))


def _refuse_excess(merges: Sequence[Area]) -> None:
    if len(merges) > MAX_ROW:
        raise HostileWorkbook(
            f"The sheet has more than {MAX_ROW:,} merged ranges, one for each row that a sheet can have.",
            tip="If you trust the workbook, copy the contacts into a new one.",
        )


def _harmful(merges: Iterable[Area], place: Place) -> list[Area]:
    """Return the merged ranges that make it unclear whose value a cell holds, from the bottom up."""
    harmful = [area for area in merges if is_harmful_merge(area, place.layout.columns)]
    return sorted(harmful, key=lambda area: area.top, reverse=True)


class _MergedRanges:
    """The merged ranges that reach into a row, for rows in order."""

    def __init__(self, areas: Sequence[Area], columns: Sequence[Column], stream: SheetStream) -> None:
        self._ahead = list(areas)
        """From the bottom up: the last one comes first."""
        self._open: list[Area] = []
        self._columns = columns
        self._stream = stream

    def __bool__(self) -> bool:
        """Return whether any range reaches into this row or those below."""
        return bool(self._ahead or self._open)

    def faults(self, row: RowToken) -> dict[str, Fault]:
        """Return the cells of a row that a merged range covers, if it begins in the list and holds something."""
        self._open = [area for area in self._open if area.bottom >= row.number]
        while self._ahead and self._ahead[-1].top <= row.number:
            area = self._ahead.pop()
            # A range that begins in the header or above belongs to the header: its other cells are blank.
            if area.top == row.number and self._holds_something(row, area.left):
                self._open.append(area)
        faults: dict[str, Fault] = {}
        for area in self._open:
            faults.update(merge_faults(area, self._columns))
        return faults

    def _holds_something(self, row: RowToken, column: int) -> bool:
        """Return whether a cell has a formula, a value or a text of its own."""
        letters = column_letters(column)
        return any(token[0] == letters and any(token[3:]) for token in self._stream.cells(row))
