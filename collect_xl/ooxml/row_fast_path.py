"""Rows written as nearly all programs write them: rewritten without a look at each cell, where that is proved safe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import getitem

from collect_xl.domain.a1 import column_letters, column_number
from collect_xl.ooxml.row_edit import Columns, Content, RowEditor
from collect_xl.ooxml.tokenizer import is_plain

__all__ = ["UsualRows"]

MOST_SHAPES = 1_000
"""Start tags that are remembered; a sheet has some dozens, and more where each row has a height of its own."""


class UsualRows:
    """Rewrites rows that begin with ``<row r="7"`` and hold our cells at their end, or none of ours and none behind.

    Args:
        columns: where texts go.
        prefix: of the sheet's elements.
        editor: what knows how tags and cells are written.
    """

    def __init__(self, columns: Columns, prefix: bytes, editor: RowEditor) -> None:
        self._columns, self._editor = columns, editor
        self._start = b'<%srow r="%%d"' % prefix
        self._row_end = b"</%srow>" % prefix
        self._cell = b"<%sc" % prefix
        self._cell_end = b"%sc>" % prefix
        self._reference = re.compile(rb'%s r="([A-Z]{1,3})\d+"' % self._cell)
        self._first_cell = b'%s r="%s%%d"' % (self._cell, column_letters(columns.indexes[0]))
        self._last_cell = b"<>%d"
        """How the last cell of the row before begins, where that is left of our columns."""
        self._ours = _cells_pattern(columns.indexes, prefix)
        self._shapes: dict[bytes, tuple[bytes, Sequence[bytes]] | None] = {}
        """What follows the number in a start tag -> the same for a wider row, and how its new cells are written."""

    def together(
        self, rows: Sequence[bytes], numbers: Sequence[int], columns: Sequence[Sequence[bytes | None]]
    ) -> list[bytes] | None:
        """Return rows with texts in their cells, or None when they are not all alike and usual.

        Every step goes through all rows at once: a loop over a million rows would take three times as long.

        Args:
            rows: rows up to their end tags.
            numbers: what the rows' numbers have to be.
            columns: the texts for each of our columns.
        """
        start = self._start % numbers[0]
        rest = rows[0][len(start) : rows[0].find(b">") + 1]
        shape = self._shape(rest)
        starts = [(self._start + rest.replace(b"%", b"%%")) % number for number in numbers]
        if shape is None or numbers[0] <= self._columns.header_row or not all(map(bytes.startswith, rows, starts)):
            return None
        wider, templates = shape
        if self._is_left_of_us(rows[0], numbers[0]):
            # a row that gets no text keeps its tag as it is
            every_row = wider == rest or all(map(any, zip(*columns, strict=True)))
            bodies = map(bytes.removeprefix, rows, starts)
            added = self._all_added(rows, numbers, columns, templates) if every_row else None
            tags = map((self._start + wider.replace(b"%", b"%%")).__mod__, numbers)
            return None if added is None else list(map(b"".join, zip(tags, bodies, *added, strict=True)))
        return self._all_replaced(rows, numbers, columns, templates) if wider == rest else None

    def _all_added(
        self,
        rows: Sequence[bytes],
        numbers: Sequence[int],
        columns: Sequence[Sequence[bytes | None]],
        templates: Sequence[bytes],
    ) -> list[Iterable[bytes]] | None:
        """Return new cells for rows that all end left of our columns, column by column."""
        lasts = map(bytes.rfind, rows, repeat(self._cell))
        alike = all(map(bytes.startswith, rows, map(self._last_cell.__mod__, numbers), lasts))
        if not alike or not all(map(bytes.endswith, rows, repeat(self._cell_end))):
            return None
        filled = [pair for pair in zip(templates, columns, strict=True) if any(pair[1])]
        return [_new_cells(template, numbers, texts) for template, texts in filled]

    def _all_replaced(
        self,
        rows: Sequence[bytes],
        numbers: Sequence[int],
        columns: Sequence[Sequence[bytes | None]],
        templates: Sequence[bytes],
    ) -> list[bytes] | None:
        """Return rows that all end with our cells, with texts in them."""
        places = list(map(bytes.find, rows, map(self._first_cell.__mod__, numbers)))
        if min(places) < 0:
            return None
        found = [match for match in map(self._ours.match, rows, places) if match]
        if list(map(re.Match.end, found)) != list(map(len, rows)):
            return None
        old = list(zip(*map(re.Match.groups, found), strict=True))
        cells = map(self._column, self._columns.indexes, repeat(numbers), old[::2], old[1::2], templates, columns)
        return list(map(b"".join, zip(map(getitem, rows, map(slice, places)), *cells, strict=True)))

    def rewritten(self, piece: bytes, number: int, content: Content) -> bytes | None:
        """Return a row with texts in its cells, or None when it needs a closer look.

        Args:
            piece: a row up to its end tag, the piece itself comes back when nothing in it changes.
            number: of the row that the texts are for.
            content: the texts.
        """
        start = self._start % number
        if not piece.startswith(start) or number == self._columns.header_row:
            return None
        inside = piece.find(b">") + 1
        shape = self._shape(piece[len(start) : inside])
        if shape is None:
            return None
        wider, templates = shape
        if self._is_left_of_us(piece, number):
            added = b"".join([cell % (number, text) for cell, text in zip(templates, content, strict=True) if text])
            return b"".join((start, wider, piece[inside:], added)) if added else piece
        at = piece.find(self._first_cell % number, inside)
        found = self._ours.match(piece, at) if at >= 0 else None
        if found is None or not self._is_right_of_us(piece, found.end()):
            return None
        cells = self._replaced(number, found.groups(), templates, content)
        return piece if cells == found[0] else b"".join((start, wider, piece[inside:at], cells, piece[found.end() :]))

    def _shape(self, rest: bytes) -> tuple[bytes, Sequence[bytes]] | None:
        try:
            return self._shapes[rest]
        except KeyError:
            pass
        start = self._start % 0
        shape = None
        if is_plain(rest) and rest.startswith((b" ", b">")):
            wider = self._editor.tag(start + rest)
            shape = wider.removeprefix(start), self._editor.templates_of(0, wider)
        if len(self._shapes) == MOST_SHAPES:
            self._shapes.clear()
        self._shapes[rest] = shape
        return shape

    def _is_left_of_us(self, piece: bytes, number: int) -> bool:
        """Tell whether a row ends with a cell that is left of our columns."""
        last = piece.rfind(self._cell)
        if not piece.startswith(self._last_cell % number, last):
            found = self._reference.match(piece, last) if last >= 0 else None
            if found is None or column_number(found[1]) >= self._columns.indexes[0]:
                return False
            self._last_cell = b'%s r="%s%%d"' % (self._cell, found[1])
        # what follows an empty-element tag, or stands behind the cells, is no end of a cell
        return piece.endswith(self._cell_end) or (piece.endswith(b"/>") and piece.find(b">", last) == len(piece) - 1)

    def _is_right_of_us(self, piece: bytes, at: int) -> bool:
        """Tell whether a row ends here, or goes on with a cell right of our columns."""
        if at == len(piece):
            return True
        found = self._reference.match(piece, at)
        return found is not None and column_number(found[1]) > self._columns.indexes[-1]

    def _replaced(
        self, number: int, old: Sequence[bytes | None], templates: Sequence[bytes], content: Content
    ) -> bytes:
        """Return our cells as they must be; ``old`` holds each of them, followed by its style."""
        columns = zip(self._columns.indexes, old[::2], old[1::2], templates, content, strict=True)
        return b"".join([self._cell_for(number, *column) for column in columns])

    def _column(
        self,
        column: int,
        numbers: Sequence[int],
        cells: Sequence[bytes | None],
        styles: Sequence[bytes | None],
        template: bytes,
        texts: Sequence[bytes | None],
    ) -> Iterable[bytes]:
        """Return a column's cells as they must be, with little ado where all of them get texts in one style."""
        if all(cells) and all(texts) and len(set(styles)) == 1:
            return _new_cells(self._editor.replacing(column, styles[0] or b""), numbers, texts)
        return map(self._cell_for, numbers, repeat(column), cells, styles, repeat(template), texts)

    def _cell_for(
        self, number: int, column: int, cell: bytes | None, style: bytes | None, template: bytes, text: bytes | None
    ) -> bytes:
        if text:
            return (self._editor.replacing(column, style or b"") if cell else template) % (number, text)
        if cell is None or text is None or cell.endswith(b"/>"):
            return cell or b""
        return self._editor.emptied(column, number, style or b"")


def _new_cells(template: bytes, numbers: Sequence[int], texts: Sequence[bytes | None]) -> Iterable[bytes]:
    pairs = zip(numbers, texts, strict=True)
    return map(template.__mod__, pairs) if all(texts) else [template % pair if pair[1] else b"" for pair in pairs]


def _cells_pattern(indexes: Sequence[int], prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of cells side by side, each of which may be missing; one that matches nothing for others."""
    if list(indexes) != list(range(indexes[0], indexes[0] + len(indexes))):
        return re.compile(b"(?!)")
    one = (
        rb'(<@c r="%s\d+"(?: s="(\d+)")?(?: t="\w+")?'
        rb"(?:/>|><@v>[^<]*</@v></@c>|><@is><@t(?: [^<>]*)?>[^<]*</@t></@is></@c>))?"
    )
    pattern = b"".join(one % column_letters(index) for index in indexes)
    return re.compile(pattern.replace(b"@", prefix))
