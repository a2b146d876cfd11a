"""Rows rewritten on the stream: each value goes into its cell, and every other byte of a sheet passes as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from collect_xl.errors import DamagedWorkbook, WorkbookRefused
from collect_xl.workbook.celltext import MAX_TEXT, cut, escaped
from collect_xl.workbook.markup import (
    MAX_ROW,
    Area,
    attribute,
    column_letters,
    column_number,
    is_true,
)
from collect_xl.workbook.sheet import CellElement, RowToken, SheetStream, cell_elements

__all__ = ["Columns", "Splice", "Values"]

BLOCK = 1 << 17
"""Bytes that are gathered before they are handed on: a call for each row would cost more than the row."""

Values = tuple[str | None, ...]
"""A row's texts in column order; ``None`` leaves a cell as it is, ``""`` empties it."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are written."""

    indexes: tuple[int, ...]
    """Ascending."""
    styles: tuple[bytes, ...]
    """The style that a new cell of each column takes from the column; ``b""`` for none."""
    header_row: int
    header_style: bytes


@dataclass(slots=True)
class Splice:
    """One pass over a sheet that puts values into columns.

    Args:
        stream: the sheet.
        sheet: its name, for messages.
        columns: where values go.
        obstacles: areas whose cells, but for the first, must not be written: merges, results of array formulas.
    """

    stream: SheetStream
    sheet: str
    columns: Columns
    obstacles: Sequence[Area] = ()
    changed: bool = False
    """Whether any cell is new or differs; known at the end."""
    written: int = 0
    """The last row that was given a value."""
    _todo: list[Area] = field(init=False)
    _near: list[Area] = field(init=False, default_factory=list)
    _letters: tuple[bytes, ...] = field(init=False)
    _cell_start: bytes = field(init=False)
    _extension_start: bytes = field(init=False)
    _template: bytes = field(init=False)
    _spans: dict[bytes, bytes] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        left, right = self.columns.indexes[0], self.columns.indexes[-1]
        touching = [area for area in self.obstacles if area.left <= right and area.right >= left]
        self._cell_start = b"<%sc" % self.stream.prefix
        self._template = _CELL.replace(b"@", self.stream.prefix)
        self._extension_start = b"<%sextLst" % self.stream.prefix
        self._letters = tuple(map(column_letters, self.columns.indexes))
        self._todo = sorted(touching, key=lambda area: area.top, reverse=True)

    def rows(self, updates: Iterable[tuple[int, Values]]) -> Iterator[bytes]:
        """Yield the sheet's rows in blocks, with the values in their places.

        Args:
            updates: row number and values, ascending, each row once.

        Raises:
            WorkbookRefused: a value would go onto a formula or into a merged cell.
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
        for row in self.stream.rows():
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
        prefix = self.stream.prefix
        tag = b'<%srow r="%d">' % (prefix, number)
        row = RowToken(number, b"", tag, b"", b"</%srow>" % prefix)
        body = self._body(row, values)
        return tag + body + row.end if body else b""

    def _changed_row(self, row: RowToken, values: Values) -> bytes:
        body = self._body(row, values)
        if body == row.body:
            return b"".join(row[1:])
        self.changed = True
        tag = row.tag if row.end else row.tag[:-2].rstrip() + b">"
        end = row.end or b"</%srow>" % self.stream.prefix
        return row.lead + self._spanned(tag) + body + end

    def _body(self, row: RowToken, values: Values) -> bytes:
        if self._todo or self._near:
            self._refuse_obstacles(row.number, values)
        style = self._row_style(row)
        if not row.body or self._last_column(row.body) < self.columns.indexes[0]:
            added = [
                self._cell(letters, row.number, text, style or own)
                for letters, text, own in zip(self._letters, values, self.columns.styles, strict=True)
                if text
            ]
            body = self._with_end(row.body, b"".join(added))
        else:
            body = b"".join(self._merged(row, values, style))
        if body != row.body:
            self.changed, self.written = True, row.number
        return body

    def _row_style(self, row: RowToken) -> bytes:
        if row.number == self.columns.header_row and self.columns.header_style:
            return self.columns.header_style
        if b"customFormat" in row.tag and is_true(attribute(row.tag, b"customFormat")):
            return attribute(row.tag, b"s") or b""
        return b""

    def _last_column(self, body: bytes) -> int:
        start = body.rfind(self._cell_start) + len(self._cell_start) + len(b' r="')
        if not body.startswith(b' r="', start - len(b' r="')):
            return max((cell.column for cell in cell_elements(body, self.stream.prefix)), default=0)
        return column_number(body[start : body.find(b'"', start)].rstrip(b"0123456789"))

    def _cell(self, letters: bytes, number: int, text: str, style: bytes) -> bytes:
        prefix = self.stream.prefix
        attributes = b' s="%s"' % style if style else b""
        if not text:
            return b'<%sc r="%s%d"%s/>' % (prefix, letters, number, attributes)
        if len(text) > MAX_TEXT // 2:
            text = cut(text)
        space = b"" if text == text.strip() else b' xml:space="preserve"'
        return self._template % (letters, number, attributes, space, escaped(text))

    def _with_end(self, body: bytes, cells: bytes) -> bytes:
        extension = body.rfind(self._extension_start)
        return body + cells if extension < 0 else body[:extension] + cells + body[extension:]

    def _merged(self, row: RowToken, values: Values, style: bytes) -> Iterator[bytes]:
        """Yield a row's body with cells replaced where they are, and new ones between them in column order."""
        todo = [
            (index, letters, text, style or own)
            for index, letters, text, own in zip(
                self.columns.indexes, self._letters, values, self.columns.styles, strict=True
            )
            if text is not None
        ]
        body, done, column = row.body, 0, 0
        # cells stand in order: what is left of our first one need not be looked at
        first = max(0, body.find(b'%s r="%s%d"' % (self._cell_start, self._letters[0], row.number)))
        for cell in cell_elements(body, self.stream.prefix, first):
            if cell.column <= column:
                raise _unordered(self.stream.part, row.number)
            column = cell.column
            while todo and todo[0][0] <= column:
                index, letters, text, own = todo.pop(0)
                yield body[done : cell.start]
                done = cell.start
                if index == column:
                    yield self._replaced(cell, letters, row.number, text)
                    done = cell.end
                elif text:
                    yield self._cell(letters, row.number, text, own)
        added = b"".join(self._cell(letters, row.number, text, own) for _, letters, text, own in todo if text)
        yield self._with_end(body[done:], added)

    def _replaced(self, cell: CellElement, letters: bytes, number: int, text: str) -> bytes:
        if b"<%sf" % self.stream.prefix in cell.content:
            raise WorkbookRefused(
                f"{self.sheet}!{letters.decode()}{number} holds a formula, which a result would destroy.",
                tip="Give the column with the formula another header, so that a new column is added.",
            )
        if not text and not cell.content:
            return cell.whole
        return self._cell(letters, number, text, attribute(cell.tag, b"s") or b"")

    def _spanned(self, tag: bytes) -> bytes:
        """Return a row's tag with its ``spans``, where it has them, wide enough for our columns."""
        at = tag.find(b' spans="') + len(b' spans="')
        if at < len(b' spans="'):
            return tag
        spans = tag[at : tag.find(b'"', at)]
        wider = self._spans.get(spans)
        if wider is None:
            ends = [int(end) for end in spans.replace(b":", b" ").split() if end.isdigit()]
            left, right = min([*ends, self.columns.indexes[0]]), max([*ends, self.columns.indexes[-1]])
            wider = self._spans[spans] = spans if {left, right} <= set(ends) else b"%d:%d" % (left, right)
        return tag if wider == spans else tag.replace(b'"%s"' % spans, b'"%s"' % wider, 1)

    def _refuse_obstacles(self, number: int, values: Values) -> None:
        while self._todo and self._todo[-1].top <= number:
            self._near.append(self._todo.pop())
        self._near = [area for area in self._near if area.bottom >= number]
        for area in self._near:
            for index, text in zip(self.columns.indexes, values, strict=True):
                if text is not None and area.holds(index, number) and (index, number) != area[:2]:
                    raise WorkbookRefused(
                        f"{self.sheet}!{column_letters(index).decode()}{number} belongs to {bytes(area).decode()}, "
                        "a merged cell or the results of one formula.",
                        tip="Unmerge the cells, or rename the column's header so that a new column is added.",
                    )


_CELL = b'<@c r="%s%d"%s t="inlineStr"><@is><@t%s>%s</@t></@is></@c>'
_NO_MORE: tuple[int, Values] = (MAX_ROW + 1, ())


def _unordered(part: str, number: int) -> DamagedWorkbook:
    return DamagedWorkbook(
        f"{part} has the cells of row {number} out of order.",
        tip="Open the workbook in Excel, let it repair the file, and save it.",
    )
