"""One row rewritten: texts put into its cells, everything else in it kept byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from collect_xl.domain.a1 import column_letters, integer
from collect_xl.errors import DamagedWorkbook, WorkbookRefused
from collect_xl.ooxml.tokenizer import CellElement, RowToken, cell_elements
from collect_xl.ooxml.xml_bytes import attribute, is_true, with_attribute

__all__ = ["Columns", "Content", "RowEditor", "Values"]

Values = tuple[str | None, ...]
"""A row's texts in column order; ``None`` leaves a cell as it is, ``""`` empties it."""
Content = tuple[bytes | None, ...]
"""The same, each text as it follows ``<t`` in its cell."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are written."""

    sheet: str
    """The sheet's name, for messages."""
    indexes: tuple[int, ...]
    """Ascending."""
    styles: tuple[bytes, ...]
    """The style that a new cell takes from its column; ``b""`` for none."""
    header_row: int
    header_style: bytes


class RowEditor:
    """Puts texts into the cells of rows, one row after the other.

    Args:
        columns: where they go.
        prefix: of the sheet's elements.
    """

    def __init__(self, columns: Columns, prefix: bytes) -> None:
        self._columns, self._prefix = columns, prefix
        self._letters = tuple(map(column_letters, columns.indexes))
        self._cell, self._formula, self._extension = b"<%sc" % prefix, b"<%sf" % prefix, b"<%sextLst" % prefix
        self._templates: dict[bytes, tuple[bytes, ...]] = {}
        self._replacing: dict[tuple[int, bytes], bytes] = {}

    def body(self, row: RowToken, content: Content) -> bytes:
        """Return a row's inside with texts in their cells.

        Raises:
            WorkbookRefused: a text would destroy a formula.
            DamagedWorkbook: the cells do not stand in order.
        """
        return b"".join(self._merged(row, content, self.templates_of(row.number, row.tag)))

    def templates_of(self, number: int, tag: bytes) -> tuple[bytes, ...]:
        """Return how a new cell is written in each column: in the header's, the row's, or the column's style."""
        style = b""
        if number == self._columns.header_row:
            style = self._columns.header_style
        elif b"customFormat" in tag and is_true(attribute(tag, b"customFormat")):
            style = attribute(tag, b"s") or b""
        if style not in self._templates:
            pairs = zip(self._letters, self._columns.styles, strict=True)
            self._templates[style] = tuple(self._template(letters, style or own) for letters, own in pairs)
        return self._templates[style]

    def _template(self, letters: bytes, style: bytes) -> bytes:
        """Return a cell in which ``%`` puts the row's number, and the text with what comes before it in its tag."""
        attributes = b' s="%s"' % style if style.isdigit() else b""
        cell = b'<@c r="%s%%d"%s t="inlineStr"><@is><@t%%b</@t></@is></@c>' % (letters, attributes)
        return cell.replace(b"@", self._prefix)

    def _end_of_cells(self, body: bytes, last_cell: int) -> int:
        """Return where a further cell goes: behind the last one, before an extension that follows it."""
        extension = body.find(self._extension, last_cell)
        return len(body) if extension < 0 else extension

    def _merged(self, row: RowToken, content: Content, templates: tuple[bytes, ...]) -> Iterator[bytes]:
        """Yield a row's inside with cells replaced where they are, and new ones between them in column order."""
        body, number, done, column, last_cell = row.body, row.number, 0, 0, 0
        todo = [each for each in zip(self._columns.indexes, templates, content, strict=True) if each[2] is not None]
        todo.reverse()
        # cells stand in order: what is left of our first one need not be looked at
        first = max(0, body.find(b'%s r="%s%d"' % (self._cell, self._letters[0], number)))
        for cell in cell_elements(body, self._prefix, first):
            if cell.column <= column:
                raise self._unordered(number)
            column, last_cell = cell.column, cell.end
            while todo and todo[-1][0] <= column:
                index, template, text = todo.pop()
                yield body[done : cell.start]
                done = cell.end if index == column else cell.start
                if index == column and (text or cell.content):
                    yield self._replaced(cell, number, text or b"")
                elif index == column:
                    yield body[cell.start : cell.end]
                elif text:
                    yield template % (number, text)
        added = b"".join(template % (number, text) for _, template, text in reversed(todo) if text)
        end = self._end_of_cells(body, last_cell)
        yield body[done:end] + added + body[end:]

    def _replaced(self, cell: CellElement, number: int, text: bytes) -> bytes:
        if self._formula in cell.content:
            place = f"{self._columns.sheet}!{column_letters(cell.column).decode()}{number}"
            raise WorkbookRefused(
                f"{place} holds a formula, which a result would destroy.",
                tip="Give the column with the formula another header, so that a new column is added.",
            )
        if text:
            return self.replacing(cell.column, cell.style) % (number, text)
        return self.emptied(cell.column, number, cell.style)

    def emptied(self, column: int, number: int, style: bytes) -> bytes:
        """Return a blank cell with the style of the one whose place it takes."""
        attributes = b' s="%s"' % style if style else b""
        return b'%s r="%s%d"%s/>' % (self._cell, column_letters(column), number, attributes)

    def replacing(self, column: int, style: bytes) -> bytes:
        """Return how a cell is written that takes the place, and the style, of another one."""
        known = self._replacing.get((column, style))
        if known is None:
            known = self._replacing[column, style] = self._template(column_letters(column), style)
        return known

    def _unordered(self, number: int) -> DamagedWorkbook:
        return DamagedWorkbook(
            f"{self._columns.sheet} has the cells of row {number} out of order.",
            tip="Open the workbook in Excel, let it repair the file, and save it.",
        )

    def tag(self, tag: bytes) -> bytes:
        """Return a row's tag with its ``spans``, where it has them, wide enough for our columns."""
        spans = attribute(tag, b"spans") if b"spans" in tag else None
        if spans is None:
            return tag
        ends = [integer(end) for end in spans.replace(b":", b" ").split() if end.isdigit()]
        left, right = min([*ends, self._columns.indexes[0]]), max([*ends, self._columns.indexes[-1]])
        return tag if {left, right} <= set(ends) else with_attribute(tag, b"spans", b"%d:%d" % (left, right))
