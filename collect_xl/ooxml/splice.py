"""Rows rewritten on the stream: each text goes into its cell, and every other byte of a sheet passes as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from collect_xl.domain.a1 import Area, column_name
from collect_xl.domain.model import ResultValue
from collect_xl.errors import WorkbookRefused
from collect_xl.ooxml.cell_text import after_each_t
from collect_xl.ooxml.date_cells import RestOfCells
from collect_xl.ooxml.row_edit import Columns, Content, RowEditor
from collect_xl.ooxml.row_fast_path import UsualRows
from collect_xl.ooxml.tokenizer import RowToken, SheetStream
from collect_xl.ooxml.updates import NO_ROW, Block, PendingUpdates, as_texts

BLOCK = 1 << 17
"""Bytes that are gathered before they are handed on: a call for each row would cost more than the row."""


class Splice:
    """One pass over a sheet that puts texts into columns.

    Args:
        stream: the sheet.
        columns: where texts go.
        obstacles: areas whose cells, but for the first, must not be written: merges, results of array formulas.
    """

    def __init__(self, stream: SheetStream, columns: Columns, obstacles: Iterable[Area] = ()) -> None:
        self._stream = stream
        self._columns = columns
        self._editor = RowEditor(columns, stream.prefix)
        self._usual = UsualRows(columns, stream.prefix, self._editor)
        self._obstacles = _Obstacles(columns, obstacles)
        self._row_end = b"</%srow>" % stream.prefix
        self._updates = PendingUpdates((), ())
        self.changed = False
        """Whether any cell is new or differs; certain at the end."""

    def rows(self, updates: Iterable[Block]) -> Iterator[bytes]:
        """Yield the sheet's rows in blocks, with the texts in their places.

        Args:
            updates: row numbers and texts, ascending, each row once.

        Raises:
            WorkbookRefused: a text would go onto a formula or into a merged cell.
        """
        contents = [self._content_of(column) for column in self._columns.indexes]
        self._updates = PendingUpdates(updates, contents)
        pieces: list[bytes] = []
        size = 0
        for piece in self._pieces():
            pieces.append(piece)
            size += len(piece)
            if size > BLOCK:
                yield b"".join(pieces)
                pieces.clear()
                size = 0
        yield b"".join(pieces)

    def _content_of(self, column: int) -> RestOfCells:
        """Return what makes the content of a column's cells."""
        dates = self._columns.rest_of_dates
        if dates is not None and column in self._columns.date_styles:
            return dates
        return _texts

    def _pieces(self) -> Iterator[bytes]:
        for rows, empty_rows in self._stream.batches():
            # nearly all sheets are written alike from the first row to the last
            written = self._all_at_once(rows)
            if written is None:
                for piece in rows:
                    yield from self._one_row(piece)
            else:
                yield self._row_end.join([*written, b""])
            yield from self._carefully(self._stream.empty_rows(empty_rows))
        yield from self._new_rows(NO_ROW)

    def _all_at_once(self, rows: list[bytes]) -> list[bytes] | None:
        """Return a batch with its texts; None when its rows are not all alike and usual."""
        # an obstacle has to be looked for at each row
        if self._obstacles or not rows:
            return None
        updates = self._updates.peek(len(rows))
        if updates is None:
            return None
        written = self._usual.all_at_once(rows, updates)
        if written is None:
            return None
        self._updates.drop(len(rows))
        # the stream counts only the rows that it takes apart itself
        self._stream.number = updates.numbers[-1]
        self.changed |= written != rows
        return written

    def _one_row(self, piece: bytes) -> Iterator[bytes]:
        """Yield a row with its texts, after new rows that belong before it."""
        number = self._updates.next_number()
        row = None
        if number != NO_ROW and not self._obstacles:
            row = self._usual.rewritten(piece, number, self._updates.next_content())
        if row is None:
            yield from self._carefully(self._stream.unfolded(piece))
            return
        self._updates.drop(1)
        self._stream.number = number
        # the very piece comes back where nothing in it changes
        self.changed |= row is not piece
        yield row + self._row_end

    def _carefully(self, rows: Iterable[RowToken]) -> Iterator[bytes]:
        for row in rows:
            yield from self._new_rows(row.number)
            if self._updates.next_number() == row.number:
                yield self._changed_row(row)
            else:
                yield b"".join(row[1:])

    def _new_rows(self, end: int) -> Iterator[bytes]:
        """Yield rows for texts whose rows the sheet lacks, up to a number."""
        while (number := self._updates.next_number()) < end:
            tag = b'<%srow r="%d">' % (self._stream.prefix, number)
            body = self._next_body(RowToken(number, b"", tag, b"", self._row_end))
            if body:
                yield tag + body + self._row_end

    def _changed_row(self, row: RowToken) -> bytes:
        body = self._next_body(row)
        if body == row.body:
            return b"".join(row[1:])
        # an empty-element tag is opened
        tag = row.tag if row.end else row.tag[:-2].rstrip() + b">"
        return row.lead + self._editor.tag(tag) + body + self._row_end

    def _next_body(self, row: RowToken) -> bytes:
        """Return the inside of the row that the next update is for, with its texts."""
        content = self._updates.next_content()
        self._updates.drop(1)
        self._obstacles.refuse(row.number, content)
        body = self._editor.body(row, content)
        self.changed |= body != row.body
        return body


def _texts(values: Sequence[ResultValue | None]) -> Sequence[bytes | None]:
    return after_each_t(as_texts(values))


class _Obstacles:
    """Areas in which only the first cell may be written, passed from top to bottom."""

    def __init__(self, columns: Columns, areas: Iterable[Area]) -> None:
        left = columns.indexes[0]
        right = columns.indexes[-1]
        touching = [area for area in areas if area.reaches_over(left, right)]
        self._columns = columns
        self._ahead = sorted(touching, key=lambda area: area.top, reverse=True)
        """Those that begin below the row of before, the next one last."""
        self._near: Sequence[Area] = ()
        """Those that row may be in."""

    def __bool__(self) -> bool:
        return bool(self._ahead or self._near)

    def refuse(self, number: int, content: Content) -> None:
        """Raise ``WorkbookRefused`` when a row's text would go into one of them."""
        # of thousands of merged cells only those that reach down to this row are looked at
        near = [area for area in self._near if area.bottom >= number]
        while self._ahead and self._ahead[-1].top <= number:
            near.append(self._ahead.pop())
        self._near = near
        for index, text in zip(self._columns.indexes, content, strict=True):
            if text is not None:
                self._refuse_cell(index, number)

    def _refuse_cell(self, index: int, number: int) -> None:
        for area in self._near:
            is_first_cell = (index, number) == (area.left, area.top)
            if area.holds(index, number) and not is_first_cell:
                raise WorkbookRefused(
                    f"{self._columns.sheet}!{column_name(index)}{number} belongs to "
                    f"{area}, a merged cell or the results of one formula.",
                    tip="Unmerge the cells, or rename the column's header so that a new column is added.",
                )
