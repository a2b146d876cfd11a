"""One row rewritten: texts put into its cells, everything else in it kept byte for byte."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from collect_xl.domain.a1 import column_letters, column_name, integer
from collect_xl.domain.model import ResultValue
from collect_xl.errors import DamagedWorkbook, WorkbookRefused
from collect_xl.ooxml.date_cells import RestOfCells
from collect_xl.ooxml.row_cells import CellElement, cell_elements
from collect_xl.ooxml.tokenizer import RowToken
from collect_xl.ooxml.xml_bytes import attribute, attribute_or_blank, is_true, with_attribute

_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")

Values = tuple[ResultValue | None, ...]
"""A row's texts and dates in column order; ``None`` leaves a cell as it is, ``""`` empties it."""
Content = tuple[bytes | None, ...]
"""The same, each text as it follows ``<t`` in its cell, and in a column of dates what follows the style."""


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
    date_styles: Mapping[int, Callable[[bytes], bytes]] = field(default_factory=dict)
    """Column of dates -> what makes of a style one that shows dates."""
    rest_of_dates: RestOfCells | None = None
    """What makes the content of cells of these columns; None where there are none."""


class _Text(NamedTuple):
    """A text that goes into a row."""

    column: int
    template: bytes
    """How a new cell is written in its column."""
    text: bytes
    """Empty where the cell is emptied."""


def formula_in_the_way(sheet: str, column: int, row: int) -> WorkbookRefused:
    """Return the error for a formula where a result belongs, in a file or in open Excel."""
    cell = f"{sheet}!{column_name(column)}{row}"
    return WorkbookRefused(
        f"{cell} holds a formula, which a result would destroy.",
        tip="Give the column with the formula another header, so that a new column is added.",
    )


def style_attribute(style: bytes) -> bytes:
    """Return a cell's style as it is in its tag; nothing for none."""
    return b' s="%s"' % style if style else b""


class RowEditor:
    """Puts texts into the cells of rows, one row after the other.

    Args:
        columns: where they go.
        prefix: of the sheet's elements.
    """

    def __init__(self, columns: Columns, prefix: bytes) -> None:
        self._columns = columns
        self._prefix = prefix
        self._letters = tuple(map(column_letters, columns.indexes))
        self._cell = b"<%sc" % prefix
        self._extension = b"<%sextLst" % prefix
        self._new_templates: dict[tuple[bytes, bool], tuple[bytes, ...]] = {}
        """Style of a header or a row, and whether it is the header's -> templates of new cells."""
        self._replacement_templates: dict[tuple[int, bytes], bytes] = {}

    def body(self, row: RowToken, content: Content) -> bytes:
        """Return a row's inside with texts in their cells.

        Raises:
            WorkbookRefused: a text would destroy a formula.
            DamagedWorkbook: the cells are not in order.
        """
        texts: deque[_Text] = deque()
        templates = self.templates_of(row.number, row.tag)
        for column, template, text in zip(self._columns.indexes, templates, content, strict=True):
            if text is not None:
                texts.append(_Text(column, template, text))
        return b"".join(self._pieces(row, texts))

    def _pieces(self, row: RowToken, texts: deque[_Text]) -> Iterator[bytes]:
        """Yield a row's inside, with cells replaced and new ones between them in column order."""
        body = row.body
        copied = 0
        """How much of the old inside has been yielded, or left out for good."""
        end_of_cells = 0
        last_column = 0
        for cell in cell_elements(body, self._prefix, self._columns.sheet, self._first_of_ours(row)):
            # a text would go in at the wrong place, or twice
            if cell.column <= last_column:
                raise self._unordered(row.number)
            last_column = cell.column
            end_of_cells = cell.end
            while texts and texts[0].column < cell.column:
                yield body[copied : cell.start]
                yield self._new_cell(texts.popleft(), row.number)
                copied = cell.start
            if texts and texts[0].column == cell.column:
                yield body[copied : cell.start]
                yield self._rewritten_cell(body, cell, row.number, texts.popleft().text)
                copied = cell.end
        place = self._place_behind(body, end_of_cells)
        yield body[copied:place]
        for text in texts:
            yield self._new_cell(text, row.number)
        yield body[place:]

    def _first_of_ours(self, row: RowToken) -> int:
        """Return where our first cell begins; 0 where it is not found at once."""
        # cells are in order: what is left of our first one need not be looked at
        return max(0, row.body.find(b'%s r="%s%d"' % (self._cell, self._letters[0], row.number)))

    def _place_behind(self, body: bytes, end_of_cells: int) -> int:
        """Return where further cells go: behind the last one, before an extension that follows it."""
        extension = body.find(self._extension, end_of_cells)
        return len(body) if extension < 0 else extension

    def _new_cell(self, text: _Text, number: int) -> bytes:
        if not text.text:
            return b""
        return text.template % (number, text.text)

    def _rewritten_cell(self, body: bytes, cell: CellElement, number: int, text: bytes) -> bytes:
        if not text and not cell.content:
            return body[cell.start : cell.end]
        if _FORMULA.search(cell.content):
            raise formula_in_the_way(self._columns.sheet, cell.column, number)
        if not text:
            return self.empty_cell(cell.column, number, cell.style)
        return self.replacement_template(cell.column, cell.style) % (number, text)

    def _unordered(self, number: int) -> DamagedWorkbook:
        return DamagedWorkbook(
            f"{self._columns.sheet} has the cells of row {number} out of order.",
            tip="Open the workbook in Excel, let it repair the file, and save it.",
        )

    def templates_of(self, number: int, tag: bytes) -> tuple[bytes, ...]:
        """Return how a new cell is written in each column, in its row's style or its own."""
        style = self._style_of_row(number, tag)
        is_header = number == self._columns.header_row
        templates = self._new_templates.get((style, is_header))
        if templates is None:
            pairs = zip(self._columns.indexes, self._columns.styles, strict=True)
            templates = tuple(
                self._template(column, style or column_style, is_header=is_header) for column, column_style in pairs
            )
            self._new_templates[style, is_header] = templates
        return templates

    def _style_of_row(self, number: int, tag: bytes) -> bytes:
        if number == self._columns.header_row:
            return self._columns.header_style
        if b"customFormat" in tag and is_true(attribute(tag, b"customFormat")):
            return attribute_or_blank(tag, b"s")
        return b""

    def replacement_template(self, column: int, style: bytes) -> bytes:
        """Return how a cell is written that takes the place of one with a style."""
        template = self._replacement_templates.get((column, style))
        if template is None:
            template = self._template(column, style)
            self._replacement_templates[column, style] = template
        return template

    def _template(self, column: int, style: bytes, *, is_header: bool = False) -> bytes:
        """Return a cell in which ``%`` puts the row's number and the content."""
        dated = self._columns.date_styles.get(column)
        if dated is not None and not is_header:
            style = dated(style)
        start = b'<@c r="%s%%d"' % column_letters(column)
        if style.isdigit():
            start += b' s="%s"' % style
        # In a column of dates the content brings its type, since a date is a number and a header a text.
        inside = b' t="inlineStr"><@is><@t%b</@t></@is></@c>' if dated is None else b"%b</@c>"
        return (start + inside).replace(b"@", self._prefix)

    def empty_cell(self, column: int, number: int, style: bytes) -> bytes:
        """Return a blank cell with the style of the one whose place it takes."""
        return b'%s r="%s%d"%s/>' % (self._cell, column_letters(column), number, style_attribute(style))

    def tag(self, tag: bytes) -> bytes:
        """Return a row's tag with its ``spans``, if any, wide enough for our columns."""
        spans = attribute(tag, b"spans")
        if spans is None:
            return tag
        ends = [integer(end) for end in spans.replace(b":", b" ").split() if end.isdigit()]
        left = min([*ends, self._columns.indexes[0]])
        right = max([*ends, self._columns.indexes[-1]])
        if left in ends and right in ends:
            return tag
        return with_attribute(tag, b"spans", b"%d:%d" % (left, right))
