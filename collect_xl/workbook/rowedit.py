"""One row rewritten: texts put into its cells, everything else in it kept byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from collect_xl.errors import DamagedWorkbook, WorkbookRefused
from collect_xl.workbook.celltext import after_t
from collect_xl.workbook.markup import attribute, column_letters, column_number, is_true
from collect_xl.workbook.sheet import CellElement, RowToken, cell_elements

__all__ = ["Columns", "RowEditor", "Values"]

Values = tuple[str | None, ...]
"""A row's texts in column order; ``None`` leaves a cell as it is, ``""`` empties it."""

_REFERENCE = b' r="'


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
        self._first = columns.indexes[0]
        self._letters = tuple(map(column_letters, columns.indexes))
        self._cell, self._formula, self._extension = b"<%sc" % prefix, b"<%sf" % prefix, b"<%sextLst" % prefix
        self._usual_end = b"<>"
        """How the last cell of the rows so far begins, where that is left of our columns."""
        self._templates: dict[bytes, tuple[bytes, ...]] = {}
        self._replacing: dict[tuple[int, bytes], bytes] = {}
        self._spans = self._wider_spans = b"<>"

    def body(self, row: RowToken, values: Values) -> bytes:
        """Return a row's inside with texts in their cells.

        Raises:
            WorkbookRefused: a text would destroy a formula.
            DamagedWorkbook: the cells do not stand in order.
        """
        templates, number = self._templates_of(row), row.number
        if not self._ends_left_of_us(row.body):
            return b"".join(self._merged(row, values, templates))
        # one tuple per row and one template per cell: a million rows pass here
        new = zip(templates, values, strict=True)
        added = b"".join([template % (number, after_t(text)) for template, text in new if text])
        return self._with_end(row.body, added)

    def _templates_of(self, row: RowToken) -> tuple[bytes, ...]:
        """Return how a new cell is written in each column: in the header's, the row's, or the column's style."""
        style = b""
        if row.number == self._columns.header_row:
            style = self._columns.header_style
        elif b"customFormat" in row.tag and is_true(attribute(row.tag, b"customFormat")):
            style = attribute(row.tag, b"s") or b""
        if style not in self._templates:
            pairs = zip(self._letters, self._columns.styles, strict=True)
            self._templates[style] = tuple(self._template(letters, style or own) for letters, own in pairs)
        return self._templates[style]

    def _template(self, letters: bytes, style: bytes) -> bytes:
        """Return a cell in which ``%`` puts the row's number, and the text with what comes before it in its tag."""
        attributes = b' s="%s"' % style if style.isdigit() else b""
        cell = b'<@c r="%s%%d"%s t="inlineStr"><@is><@t%%b</@t></@is></@c>' % (letters, attributes)
        return cell.replace(b"@", self._prefix)

    def _ends_left_of_us(self, body: bytes) -> bool:
        start = body.rfind(self._cell)
        if start < 0:
            return True
        behind = start + len(self._usual_end)
        if body.startswith(self._usual_end, start) and body[behind : behind + 1].isdigit():
            return True
        return self._last_column(body, start) < self._first

    def _last_column(self, body: bytes, start: int) -> int:
        reference = start + len(self._cell) + len(_REFERENCE)
        if not body.startswith(_REFERENCE, reference - len(_REFERENCE)):
            return max((cell.column for cell in cell_elements(body, self._prefix)), default=0)
        letters = body[reference : body.find(b'"', reference)].rstrip(b"0123456789")
        if column_number(letters) < self._first:
            self._usual_end = self._cell + _REFERENCE + letters
        return column_number(letters)

    def _with_end(self, body: bytes, cells: bytes) -> bytes:
        extension = -1 if body.endswith(b"c>") else body.rfind(self._extension)
        return body + cells if extension < 0 else body[:extension] + cells + body[extension:]

    def _merged(self, row: RowToken, values: Values, templates: tuple[bytes, ...]) -> Iterator[bytes]:
        """Yield a row's inside with cells replaced where they are, and new ones between them in column order."""
        body, number, done, column = row.body, row.number, 0, 0
        todo = [each for each in zip(self._columns.indexes, templates, values, strict=True) if each[2] is not None]
        todo.reverse()
        # cells stand in order: what is left of our first one need not be looked at
        first = max(0, body.find(b'%s r="%s%d"' % (self._cell, self._letters[0], number)))
        for cell in cell_elements(body, self._prefix, first):
            if cell.column <= column:
                raise self._unordered(number)
            column = cell.column
            while todo and todo[-1][0] <= column:
                index, template, text = todo.pop()
                yield body[done : cell.start]
                done = cell.end if index == column else cell.start
                if index == column and (text or cell.content):
                    yield self._replaced(cell, number, text or "")
                elif index == column:
                    yield body[cell.start : cell.end]
                elif text:
                    yield template % (number, after_t(text))
        added = b"".join(template % (number, after_t(text)) for _, template, text in reversed(todo) if text)
        yield self._with_end(body[done:], added)

    def _replaced(self, cell: CellElement, number: int, text: str) -> bytes:
        if self._formula in cell.content:
            place = f"{self._columns.sheet}!{column_letters(cell.column).decode()}{number}"
            raise WorkbookRefused(
                f"{place} holds a formula, which a result would destroy.",
                tip="Give the column with the formula another header, so that a new column is added.",
            )
        if text:
            return self._styled(cell.column, cell.style) % (number, after_t(text))
        style = b' s="%s"' % cell.style if cell.style else b""
        return b'%s r="%s%d"%s/>' % (self._cell, column_letters(cell.column), number, style)

    def _styled(self, column: int, style: bytes) -> bytes:
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
        if self._spans in tag:
            return tag.replace(self._spans, self._wider_spans, 1)
        spans = attribute(tag, b"spans") if b"spans" in tag else None
        if spans is None:
            return tag
        ends = [int(end) for end in spans.replace(b":", b" ").split() if end.isdigit()]
        left, right = min([*ends, self._first]), max([*ends, self._columns.indexes[-1]])
        wider = spans if {left, right} <= set(ends) else b"%d:%d" % (left, right)
        self._spans, self._wider_spans = b' spans="%s"' % spans, b' spans="%s"' % wider
        return tag.replace(self._spans, self._wider_spans, 1)
