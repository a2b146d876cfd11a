"""Rows rewritten on the stream: each text goes into its cell, and every other byte of a sheet passes as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from collect_xl.errors import WorkbookRefused
from collect_xl.workbook.markup import MAX_ROW, Area, column_letters
from collect_xl.workbook.rowedit import Columns, RowEditor, Values
from collect_xl.workbook.sheet import RowToken, SheetStream

__all__ = ["Splice", "Values"]

BLOCK = 1 << 17
"""Bytes that are gathered before they are handed on: a call for each row would cost more than the row."""

_NO_MORE: tuple[int, Values] = (MAX_ROW + 1, ())


class Splice:
    """One pass over a sheet that puts texts into columns.

    Args:
        stream: the sheet.
        columns: where texts go.
        obstacles: areas whose cells, but for the first, must not be written: merges, results of array formulas.
    """

    def __init__(self, stream: SheetStream, columns: Columns, obstacles: Iterable[Area] = ()) -> None:
        self._stream, self._columns = stream, columns
        self._editor = RowEditor(columns, stream.prefix)
        self._obstacles = _Obstacles(columns, obstacles)
        self._row_end = b"</%srow>" % stream.prefix
        self.changed = False
        """Whether any cell is new or differs; known at the end."""

    def rows(self, updates: Iterable[tuple[int, Values]]) -> Iterator[bytes]:
        """Yield the sheet's rows in blocks, with the texts in their places.

        Args:
            updates: row number and texts, ascending, each row once.

        Raises:
            WorkbookRefused: a text would go onto a formula or into a merged cell.
        """
        block: list[bytes] = []
        size = 0
        for piece in self._pieces(iter(updates)):
            block.append(piece)
            size += len(piece)
            if size > BLOCK:
                yield b"".join(block)
                block.clear()
                size = 0
        yield b"".join(block)

    def _pieces(self, updates: Iterator[tuple[int, Values]]) -> Iterator[bytes]:
        wanted, values = next(updates, _NO_MORE)
        for row in self._stream.rows():
            while wanted < row.number:
                yield self._new_row(wanted, values)
                wanted, values = next(updates, _NO_MORE)
            if wanted == row.number:
                yield self._changed_row(row, values)
                wanted, values = next(updates, _NO_MORE)
            else:
                yield b"".join(row[1:])
        while wanted <= MAX_ROW:
            yield self._new_row(wanted, values)
            wanted, values = next(updates, _NO_MORE)

    def _new_row(self, number: int, values: Values) -> bytes:
        tag = b'<%srow r="%d">' % (self._stream.prefix, number)
        body = self._body(RowToken(number, b"", tag, b"", self._row_end), values)
        return tag + body + self._row_end if body else b""

    def _changed_row(self, row: RowToken, values: Values) -> bytes:
        body = self._body(row, values)
        if body == row.body:
            return b"".join(row[1:])
        tag = row.tag if row.end else row.tag[:-2].rstrip() + b">"
        return row.lead + self._editor.tag(tag) + body + self._row_end

    def _body(self, row: RowToken, values: Values) -> bytes:
        if self._obstacles:
            self._obstacles.refuse(row.number, values)
        body = self._editor.body(row, values)
        self.changed = self.changed or body != row.body
        return body


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

    def refuse(self, number: int, values: Values) -> None:
        """Raise ``WorkbookRefused`` when a row's text would go into one of them."""
        near = [area for area in self._near if area.bottom >= number]
        while self._ahead and self._ahead[-1].top <= number:
            near.append(self._ahead.pop())
        self._near = near
        for index, text in zip(self._columns.indexes, values, strict=True):
            for area in near:
                if text is not None and area.holds(index, number) and (index, number) != area[:2]:
                    raise WorkbookRefused(
                        f"{self._columns.sheet}!{column_letters(index).decode()}{number} belongs to "
                        f"{bytes(area).decode()}, a merged cell or the results of one formula.",
                        tip="Unmerge the cells, or rename the column's header so that a new column is added.",
                    )
