"""Rows written as nearly all programs write them: rewritten without a look at each cell, where that is proved safe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

from collect_xl.domain.a1 import column_letters, column_number
from collect_xl.ooxml.row_edit import Columns, Content, RowEditor, style_attribute
from collect_xl.ooxml.tokenizer import is_plain
from collect_xl.ooxml.updates import EscapedBlock

MOST_TAGS = 1_000
"""Start tags that are remembered; a sheet has some dozens, and more where each row has a height of its own."""

_NOTHING = re.compile(b"(?!)")
"""A pattern that matches nowhere."""


class _Tag(NamedTuple):
    """How rows with one kind of start tag are rewritten."""

    behind_number: bytes
    """What follows the row's number in the tag."""
    wider: bytes
    """The same in a row that holds our columns."""
    templates: Sequence[bytes]
    """How a new cell is written in each of them."""


class _Cell(NamedTuple):
    """One of our cells in a row, as the fast path needs it."""

    column: int
    old: bytes
    """Empty where the row lacks it."""
    style: bytes
    template: bytes
    """How it is written with a text in it."""


class UsualRows:
    """Rewrites usual rows.

    They begin with ``<row r="7"`` and hold our cells at their end, or none of ours and none behind.

    Args:
        columns: where texts go.
        prefix: of the sheet's elements.
        editor: what knows how tags and cells are written.
    """

    def __init__(self, columns: Columns, prefix: bytes, editor: RowEditor) -> None:
        self._columns = columns
        self._prefix = prefix
        self._editor = editor
        self._start = b'<%srow r="%%d"' % prefix
        self._cell = b"<%sc" % prefix
        self._cell_end = b"</%sc>" % prefix
        self._reference = re.compile(rb'%s r="([A-Z]{1,3})\d+"' % self._cell)
        self._first_cell = b'%s r="%s%%d"' % (self._cell, column_letters(columns.indexes[0]))
        self._last_cell = b"<>%d"
        """How the last cell of the row before begins, where that is left of our columns."""
        self._our_cells = _our_cells(columns.indexes, prefix)
        self._tags: dict[bytes, _Tag | None] = {}
        """What follows the number in a start tag -> how its rows are rewritten; None where it is unusual."""

    def all_at_once(self, rows: Sequence[bytes], updates: EscapedBlock) -> list[bytes] | None:
        """Return rows with their texts; None when they are not all alike and usual.

        Every step goes through all rows at once: a loop over a million rows would take three times as long.

        Args:
            rows: rows up to their end tags.
            updates: their numbers, and the texts for each of our columns.
        """
        number = updates.numbers[0]
        number_end = len(self._start % number)
        tag = self._tag(rows[0][number_end : rows[0].find(b">") + 1])
        if tag is None or number <= self._columns.header_row:
            return None
        starts = list(map(self._start_format(tag.behind_number).__mod__, updates.numbers))
        if not all(map(bytes.startswith, rows, starts)):
            return None
        if self._ends_left_of_us(rows[0], number):
            return self._all_extended(rows, starts, updates, tag)
        return self._all_replaced(rows, updates, tag)

    def _start_format(self, behind_number: bytes) -> bytes:
        """Return a start tag in which ``%`` puts the row's number."""
        return self._start + behind_number.replace(b"%", b"%%")

    def _all_extended(
        self, rows: Sequence[bytes], starts: Sequence[bytes], updates: EscapedBlock, tag: _Tag
    ) -> list[bytes] | None:
        """Return rows that all end in the same column left of ours, with new cells."""
        # the last cell of the first row has been found left of ours; the others must end in the same column
        places = map(bytes.rfind, rows, repeat(self._cell))
        last_cells = map(self._last_cell.__mod__, updates.numbers)
        if not all(map(bytes.startswith, rows, last_cells, places)):
            return None
        if not all(map(bytes.endswith, rows, repeat(self._cell_end))):
            return None
        if tag.wider == tag.behind_number:
            extended = _Format(b"%b", rows)
        else:
            # a row that gets no text keeps its tag as it is
            if not all(map(any, zip(*updates.columns, strict=True))):
                return None
            insides = map(bytes.removeprefix, rows, starts)
            extended = _Format(self._start_format(tag.wider) + b"%b", updates.numbers, insides)
        for template, texts in zip(tag.templates, updates.columns, strict=True):
            extended.add_cells(template, updates.numbers, texts)
        return extended.rows()

    def _all_replaced(self, rows: Sequence[bytes], updates: EscapedBlock, tag: _Tag) -> list[bytes] | None:
        """Return rows that all end with the same cells of ours, with texts in them."""
        if tag.wider != tag.behind_number:
            return None
        places = list(map(bytes.find, rows, map(self._first_cell.__mod__, updates.numbers)))
        match = self._our_cells.fullmatch(rows[0], places[0])
        if match is None or min(places) < 0:
            return None
        cells = self._cells_of(match, tag)
        # the first row shows what to expect: where all have the same cells, none needs to be taken apart
        if not all(map(self._pattern_like(cells).fullmatch, rows, places)):
            return None
        befores = [row[:place] for row, place in zip(rows, places, strict=True)]
        replaced = _Format(b"%b", befores)
        for cell, texts in zip(cells, updates.columns, strict=True):
            # what is emptied, or left as it is, needs a look at the old cell
            if cell.old and not all(texts):
                return None
            replaced.add_cells(cell.template, updates.numbers, texts)
        return replaced.rows()

    def _cells_of(self, match: re.Match[bytes], tag: _Tag) -> list[_Cell]:
        """Return our cells of a row that ``_our_cells`` has matched."""
        groups = match.groups(b"")
        cells = []
        for column, old, style, new in zip(
            self._columns.indexes, groups[::2], groups[1::2], tag.templates, strict=True
        ):
            template = self._editor.replacement_template(column, style) if old else new
            cells.append(_Cell(column, old, style, template))
        return cells

    def _pattern_like(self, cells: Sequence[_Cell]) -> re.Pattern[bytes]:
        """Return a pattern of cells in the same columns and styles as these."""
        present = tuple((cell.column, cell.style) for cell in cells if cell.old)
        return _cells_like(present, self._prefix)

    def rewritten(self, piece: bytes, number: int, content: Content) -> bytes | None:
        """Return a row with its texts; None when it needs a closer look.

        Args:
            piece: a row up to its end tag, the piece itself comes back when nothing in it changes.
            number: of the row that the texts are for.
            content: the texts.
        """
        start = self._start % number
        # the header's cells take another style, so that row is left to the closer look
        if not piece.startswith(start) or number == self._columns.header_row:
            return None
        tag_end = piece.find(b">") + 1
        tag = self._tag(piece[len(start) : tag_end])
        if tag is None:
            return None
        inside = piece[tag_end:]
        written: bytes | None = None
        if self._ends_left_of_us(piece, number):
            written = inside + self._new_cells(number, content, tag)
        else:
            written = self._with_replaced_cells(inside, number, content, tag)
        if written is None:
            return None
        return piece if written == inside else start + tag.wider + written

    def _new_cells(self, number: int, content: Content, tag: _Tag) -> bytes:
        pairs = zip(tag.templates, content, strict=True)
        return b"".join([template % (number, text) for template, text in pairs if text])

    def _with_replaced_cells(self, inside: bytes, number: int, content: Content, tag: _Tag) -> bytes | None:
        """Return a row's inside with its texts; None when it needs a closer look."""
        place = inside.find(self._first_cell % number)
        if place < 0:
            return None
        match = self._our_cells.match(inside, place)
        if match is None or not self._goes_on_right_of_us(inside, match.end()):
            return None
        groups = match.groups(b"")
        written = [inside[:place]]
        # this loop stays compact: in sheets whose rows differ it is where the time goes
        for column, old, style, new_template, text in zip(
            self._columns.indexes, groups[::2], groups[1::2], tag.templates, content, strict=True
        ):
            if text:
                template = self._editor.replacement_template(column, style) if old else new_template
                written.append(template % (number, text))
            elif text is None or old.endswith(b"/>"):
                written.append(old)
            elif old:
                written.append(self._editor.empty_cell(column, number, style))
        written.append(inside[match.end() :])
        return b"".join(written)

    def _tag(self, behind_number: bytes) -> _Tag | None:
        """Return how rows with a start tag are rewritten; None for an unusual tag."""
        if behind_number in self._tags:
            return self._tags[behind_number]
        tag = None
        if is_plain(behind_number) and behind_number.startswith((b" ", b">")):
            start = self._start % 0
            wider = self._editor.tag(start + behind_number)
            tag = _Tag(behind_number, wider.removeprefix(start), self._editor.templates_of(0, wider))
        # a sheet may be made so that no two tags are alike, to fill the memory
        if len(self._tags) == MOST_TAGS:
            self._tags.clear()
        self._tags[behind_number] = tag
        return tag

    def _ends_left_of_us(self, piece: bytes, number: int) -> bool:
        """Return whether a row ends with a cell that is left of our columns."""
        last = piece.rfind(self._cell)
        if not piece.startswith(self._last_cell % number, last):
            match = self._reference.match(piece, last) if last >= 0 else None
            if match is None or column_number(match[1]) >= self._columns.indexes[0]:
                return False
            self._last_cell = b'%s r="%s%%d"' % (self._cell, match[1])
        if piece.endswith(self._cell_end):
            return True
        # what follows an empty-element tag, or is behind the cells, is no end of a cell
        return piece.endswith(b"/>") and piece.find(b">", last) == len(piece) - 1

    def _goes_on_right_of_us(self, piece: bytes, end: int) -> bool:
        """Return whether nothing, or a cell right of our columns, follows."""
        if end == len(piece):
            return True
        match = self._reference.match(piece, end)
        return match is not None and column_number(match[1]) > self._columns.indexes[-1]


class _Format:
    """A ``%`` format that makes many rows at once: no other way is quicker.

    Args:
        start: the format's beginning.
        values: what it puts into each row.
    """

    def __init__(self, start: bytes, *values: Iterable[bytes | int]) -> None:
        self._format = start
        self._values: list[Iterable[bytes | int | None]] = [*values]

    def add_cells(self, template: bytes, numbers: Sequence[int], texts: Sequence[bytes | None]) -> None:
        """Add a cell to each row that has a text for it."""
        if all(texts):
            self._format += template
            self._values += [numbers, texts]
        elif any(texts):
            pairs = zip(numbers, texts, strict=True)
            self._format += b"%b"
            self._values.append([template % pair if pair[1] else b"" for pair in pairs])

    def rows(self) -> list[bytes]:
        """Return all rows."""
        return list(map(self._format.__mod__, zip(*self._values, strict=True)))


def _usual_cell(column: int, style: bytes, prefix: bytes) -> bytes:
    """Return a pattern of a cell; ``style`` is the pattern of its style."""
    cell = (
        rb'<@c r="%s\d++"%s(?: t="\w++")?'
        rb"(?:/>|><@v>[^<]*+</@v></@c>|><@is><@t(?: [^<>]*+)?>[^<]*+</@t></@is></@c>)"
    )
    return (cell % (column_letters(column), style)).replace(b"@", prefix)


def _our_cells(indexes: Sequence[int], prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of our cells side by side.

    Each may be missing. The groups are the cells, and behind each its style.
    """
    side_by_side = range(indexes[0], indexes[0] + len(indexes))
    if list(indexes) != list(side_by_side):
        return _NOTHING
    cells = [b"(%s)?" % _usual_cell(index, rb'(?: s="(\d++)")?', prefix) for index in indexes]
    return re.compile(b"".join(cells))


@lru_cache
def _cells_like(cells: tuple[tuple[int, bytes], ...], prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of cells in given columns and styles.

    Without groups it is five times faster than ``_our_cells``.
    """
    patterns = [_usual_cell(column, style_attribute(style), prefix) for column, style in cells]
    return re.compile(b"".join(patterns))
