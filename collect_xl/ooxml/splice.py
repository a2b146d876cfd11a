"""Rows rewritten on the stream: each text goes into its cell, and every other byte of a sheet passes as it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from collect_xl.domain.a1 import MAX_ROW, Area, column_letters
from collect_xl.errors import WorkbookRefused
from collect_xl.ooxml.cell_text import after_each_t
from collect_xl.ooxml.row_edit import Columns, Content, RowEditor, Values
from collect_xl.ooxml.row_fast_path import UsualRows
from collect_xl.ooxml.tokenizer import RowToken, SheetStream

__all__ = ["Splice", "Values"]

BLOCK = 1 << 17
"""Bytes that are gathered before they are handed on: a call for each row would cost more than the row."""
UPDATES = 500
"""Rows whose texts are escaped together."""

_NO_MORE: tuple[int, Content] = (MAX_ROW + 1, ())


class Splice:
    """One pass over a sheet that puts texts into columns.

    Args:
        stream: the sheet.
        columns: where texts go.
        obstacles: areas whose cells, but for the first, must not be written: merges, results of array formulas.
    """

    def __init__(self, stream: SheetStream, columns: Columns, obstacles: Iterable[Area] = ()) -> None:
        self._stream = stream
        self._editor = RowEditor(columns, stream.prefix)
        self._usual = UsualRows(columns, stream.prefix, self._editor)
        self._obstacles = _Obstacles(columns, obstacles)
        self._row_end = b"</%srow>" % stream.prefix
        self._updates: Iterator[tuple[int, Values]] = iter(())
        self._pending: deque[tuple[int, Content]] = deque()
        """The updates that come next, escaped; their rows are always below those that have passed."""
        self.changed = False
        """Whether any cell is new or differs; known at the end."""

    def rows(self, updates: Iterable[tuple[int, Values]]) -> Iterator[bytes]:
        """Yield the sheet's rows in blocks, with the texts in their places.

        Args:
            updates: row number and texts, ascending, each row once.

        Raises:
            WorkbookRefused: a text would go onto a formula or into a merged cell.
        """
        self._updates = iter(updates)
        block: list[bytes] = []
        size = 0
        for piece in self._pieces():
            block.append(piece)
            size += len(piece)
            if size > BLOCK:
                yield b"".join(block)
                block.clear()
                size = 0
        yield b"".join(block)

    def _pieces(self) -> Iterator[bytes]:
        for rows, empty in self._stream.batches():
            together = self._together(rows)
            if together is None:
                for piece in rows:
                    yield from self._one_row(piece)
            else:
                yield self._row_end.join([*together, b""])
            yield from self._carefully(self._stream.empty_rows(empty))
        yield from self._new_rows(MAX_ROW + 1)

    def _together(self, rows: list[bytes]) -> list[bytes] | None:
        """Return a batch with its texts, if every row gets some and is usual; the next updates are used up then."""
        self._escape(len(rows))
        if self._obstacles or not rows or len(self._pending) < len(rows):
            return None
        numbers, contents = zip(*islice(self._pending, len(rows)), strict=True)
        together = self._usual.together(rows, numbers, tuple(zip(*contents, strict=True)))
        if together is not None:
            self._pending = deque(islice(self._pending, len(rows), None))
            self._stream.number, self.changed = numbers[-1], self.changed or together != rows
        return together

    def _one_row(self, piece: bytes) -> Iterator[bytes]:
        number, content = self._next()
        row = None if self._obstacles else self._usual.rewritten(piece, number, content)
        if row is None:
            yield from self._carefully(self._stream.unfolded(piece))
            return
        self.changed = self.changed or row is not piece
        self._stream.number = number
        self._pending.popleft()
        yield row + self._row_end

    def _carefully(self, rows: Iterable[RowToken]) -> Iterator[bytes]:
        for row in rows:
            yield from self._new_rows(row.number)
            yield self._changed_row(row) if self._next()[0] == row.number else b"".join(row[1:])

    def _new_rows(self, end: int) -> Iterator[bytes]:
        """Yield the rows that texts are for and that the sheet lacks, up to a number."""
        while (number := self._next()[0]) < end:
            tag = b'<%srow r="%d">' % (self._stream.prefix, number)
            body = self._body(RowToken(number, b"", tag, b"", self._row_end))
            yield tag + body + self._row_end if body else b""

    def _changed_row(self, row: RowToken) -> bytes:
        body = self._body(row)
        if body == row.body:
            return b"".join(row[1:])
        tag = row.tag if row.end else row.tag[:-2].rstrip() + b">"
        return row.lead + self._editor.tag(tag) + body + self._row_end

    def _body(self, row: RowToken) -> bytes:
        number, content = self._pending.popleft()
        if self._obstacles:
            self._obstacles.refuse(number, content)
        body = self._editor.body(row, content)
        self.changed = self.changed or body != row.body
        return body

    def _next(self) -> tuple[int, Content]:
        if not self._pending:
            self._escape(UPDATES)
        return self._pending[0] if self._pending else _NO_MORE

    def _escape(self, count: int) -> None:
        """Make sure that so many updates are pending, if there are as many: together they are escaped much faster."""
        block = tuple(islice(self._updates, max(0, count - len(self._pending))))
        if block:
            numbers, lines = zip(*block, strict=True)
            columns = map(after_each_t, zip(*lines, strict=True))
            self._pending.extend(zip(numbers, zip(*columns, strict=True), strict=True))


class _Obstacles:
    """Areas in which only the first cell may be written, passed from top to bottom."""

    def __init__(self, columns: Columns, areas: Iterable[Area]) -> None:
        left, right = columns.indexes[0], columns.indexes[-1]
        touching = [area for area in areas if area.left <= right and area.right >= left]
        self._columns = columns
        self._ahead = sorted(touching, key=lambda area: area.top, reverse=True)
        self._near: Sequence[Area] = ()

    def __bool__(self) -> bool:
        return bool(self._ahead or self._near)

    def refuse(self, number: int, content: Content) -> None:
        """Raise ``WorkbookRefused`` when a row's text would go into one of them."""
        near = [area for area in self._near if area.bottom >= number]
        while self._ahead and self._ahead[-1].top <= number:
            near.append(self._ahead.pop())
        self._near = near
        for index, text in zip(self._columns.indexes, content, strict=True):
            for area in near:
                if text is not None and area.holds(index, number) and (index, number) != area[:2]:
                    raise WorkbookRefused(
                        f"{self._columns.sheet}!{column_letters(index).decode()}{number} belongs to "
                        f"{bytes(area).decode()}, a merged cell or the results of one formula.",
                        tip="Unmerge the cells, or rename the column's header so that a new column is added.",
                    )
