"""The one tokenizer of worksheets: a stream of bytes becomes rows, a row becomes cells; for reading and for writing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from typing import NamedTuple, TypeAlias

from collect_xl.domain.a1 import MAX_ROW, column_letters, column_number, integer
from collect_xl.errors import DamagedWorkbook, HostileWorkbook, WorkbookRefused
from collect_xl.ooxml.xml_bytes import attribute, is_true, tag_pattern

__all__ = ["CellElement", "CellToken", "RowToken", "SheetStream", "cell_elements", "cells", "is_plain"]

MAX_HEAD = 16 << 20
MAX_ROW_BYTES = 64 << 20
"""16,384 cells of 100 bytes are 1.6 MB."""
MAX_TAIL = 256 << 20
"""What follows the rows: merges, links, validations; the largest seen has 4 MB."""

_REPAIR = "Open the workbook in Excel, let it repair the file, and save it."


class RowToken(NamedTuple):
    """A row of a sheet; ``lead + tag + body + end`` are its bytes as they stand in the file."""

    number: int
    """As Excel shows it; counted on from the row above where the file leaves it out."""
    lead: bytes
    """Blanks before the row."""
    tag: bytes
    """``<row r="2" spans="1:9">``, or ``<row r="2"/>``."""
    body: bytes
    """The cells."""
    end: bytes
    """``</row>``; nothing behind an empty-element tag."""

    @property
    def hidden(self) -> bool:
        """Whether the row is hidden, by a person or by a filter."""
        return b"hidden" in self.tag and is_true(attribute(self.tag, b"hidden"))


CellToken: TypeAlias = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
"""Column letters, style (``s``), type (``t``), formula element, value, inside of ``<is>``; what is absent is ``b""``.

Value and inline string are still escaped. A formula without a stored result has an empty value and another type than
``str`` (an empty text as a result is written as ``t="str"`` with an empty value).
"""


class Batch(NamedTuple):
    """Some rows of a sheet, one after the other."""

    rows: list[bytes]
    """Each up to its end tag; empty rows (``<row r="2"/>``) may stand before it."""
    empty: bytes
    """Empty rows that follow."""


class SheetStream:
    """A worksheet read once from front to end: ``head``, then ``rows()``, then ``tail``.

    Args:
        chunks: the part's bytes.
        part: its name, for messages.

    Raises:
        DamagedWorkbook: no ``sheetData``, rows out of order, or an end before the end.
        WorkbookRefused: XML written in a way that is allowed but unknown here: comments among the cells, UTF-16.
    """

    def __init__(self, chunks: Iterator[bytes], part: str) -> None:
        self.part = part
        self._chunks = chunks
        self.number = 0
        """Of the row that was read last."""
        self._read_head()
        self.tail = b""
        """What follows the last row; known when ``rows()`` is exhausted."""

    def _read_head(self) -> None:
        start = b""
        while not (found := _SHEET_DATA.search(start)):
            if len(start) > MAX_HEAD:
                raise HostileWorkbook(f"{self.part} has no rows in its first {MAX_HEAD >> 20} MB.", tip=_REPAIR)
            chunk = next(self._chunks, b"")
            _refuse_encoding(self.part, start or chunk)
            if not chunk:
                raise DamagedWorkbook(f"{self.part} has no <sheetData>.", tip=_REPAIR)
            start += chunk
        self.prefix = found[1]
        """``b""``, or ``b"x:"`` where the sheet's elements carry one."""
        self.head, self._rest = start[: found.end()], start[found.end() :]
        """Everything up to and with ``<sheetData>``, which is opened where it was an empty-element tag."""
        if self.head.endswith(b"/>"):
            self.head = self.head[:-2].rstrip() + b">"
            self._rest = b"</%ssheetData>" % self.prefix + self._rest
        self._row_start, self._row_end = b"<%srow" % self.prefix, b"</%srow>" % self.prefix

    def rows(self) -> Iterator[RowToken]:
        """Yield the rows in order, then set ``tail``."""
        for batch in self.batches():
            for piece in batch.rows:
                yield from self.unfolded(piece)
            yield from self.empty_rows(batch.empty)

    def unfolded(self, piece: bytes) -> Iterable[RowToken]:
        """Return the empty rows at the beginning of a batch's row, then the row itself."""
        close = piece.find(b">") + 1
        tag = piece[:close]
        if not tag.startswith(self._row_start + b' r="') or not is_plain(tag):
            return self._oddly_written(piece)
        given = len(self._row_start) + len(b' r="')
        self._count(tag[given : tag.find(b'"', given)])
        return (RowToken(self.number, b"", tag, piece[close:], self._row_end),)

    def batches(self) -> Iterator[Batch]:
        """Yield the rows in order as texts, many at once and not looked into, then set ``tail``."""
        text, data_end = self._rest, b"</%ssheetData" % self.prefix
        while True:
            stop = text.find(data_end)
            *rows, last = (text if stop < 0 else text[:stop]).split(self._row_end)
            self._refuse_unusual(text if stop < 0 else text[:stop], len(rows))
            empty = _empty_rows_pattern(self.prefix).match(last)[0]  # type: ignore[index]  # none of them is a match, too
            yield Batch(rows, empty)
            if stop >= 0:
                break
            rest = last[len(empty) :]
            text = rest + self._next_chunk(rest)
        self._read_tail(last[len(empty) :], text[stop:])

    def _next_chunk(self, unfinished: bytes) -> bytes:
        if len(unfinished) > MAX_ROW_BYTES:
            raise HostileWorkbook(f"{self.part} has a row of more than {MAX_ROW_BYTES >> 20} MB.", tip=_REPAIR)
        chunk = next(self._chunks, b"")
        if not chunk:
            raise DamagedWorkbook(f"{self.part} ends in the middle of its rows.", tip=_REPAIR)
        return chunk

    def _oddly_written(self, piece: bytes) -> Iterator[RowToken]:
        empty = _empty_rows_pattern(self.prefix).match(piece)[0]  # type: ignore[index]  # none of them is a match, too
        yield from self.empty_rows(empty)
        found = _row_pattern(self.prefix).match(piece, len(empty))
        if not found:
            raise DamagedWorkbook(f"{self.part} holds something between its rows that is no row.", tip=_REPAIR)
        lead, tag = piece[len(empty) : found.start(1)], found[1]
        yield RowToken(self._number_of(tag), lead, tag, piece[found.end() :], self._row_end)

    def empty_rows(self, text: bytes) -> Iterator[RowToken]:
        """Yield the rows of a text that holds only empty-element tags."""
        at = 0
        for found in _row_pattern(self.prefix).finditer(text):
            yield RowToken(self._number_of(found[1]), text[at : found.start(1)], found[1], b"", b"")
            at = found.end()

    def _number_of(self, tag: bytes) -> int:
        self._count(attribute(tag, b"r") or b"%d" % (self.number + 1))
        return self.number

    def _count(self, given: bytes) -> None:
        number = integer(given)
        if not self.number < number <= MAX_ROW:
            found = given.decode(errors="replace")
            raise DamagedWorkbook(f"{self.part} has a row {found!r} below row {self.number}.", tip=_REPAIR)
        self.number = number

    def _refuse_unusual(self, text: bytes, rows: int) -> None:
        # one-byte searches are ten times faster, and nearly always enough
        if (b"!" in text and b"<!" in text) or (b"?" in text and b"<?" in text):
            raise _unusual(self.part, "holds comments, CDATA or processing instructions among its cells")
        ends = text.count(self._row_end[:-1])
        if ends != rows and ends - rows != text.endswith(self._row_end[:-1]):
            raise _unusual(self.part, "writes the ends of its rows in an unusual way")

    def _read_tail(self, blank: bytes, start: bytes) -> None:
        if blank.strip():
            raise DamagedWorkbook(f"{self.part} ends its rows in the middle of one.", tip=_REPAIR)
        tail = BytesIO()  # gives its content away without a copy
        tail.write(blank + start)
        for chunk in self._chunks:
            if tail.tell() + len(chunk) > MAX_TAIL:
                raise HostileWorkbook(f"{self.part} has more than {MAX_TAIL >> 20} MB behind its rows.", tip=_REPAIR)
            tail.write(chunk)
        self.tail = tail.getvalue()


_SHEET_DATA = re.compile(rb"<((?:[\w.-]+:)?)sheetData(?=[\s/>])[^>]*>")
_ENCODING = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["'](?!utf-8["']|us-ascii["'])""", re.IGNORECASE
)


@cache
def _row_pattern(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\s*(%s)" % tag_pattern("row", prefix).pattern)


@cache
def _empty_rows_pattern(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:\s*%s(?<=/>))*" % tag_pattern("row", prefix).pattern)


def is_plain(tag: bytes) -> bool:
    """Tell whether a text up to its first ``>`` is a whole start tag, and none of an empty element."""
    return not (tag.endswith(b"/>") or tag.count(b'"') % 2 or b"'" in tag)


def _refuse_encoding(part: str, start: bytes) -> None:
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")) or _ENCODING.match(start):
        raise _unusual(part, "is not written in UTF-8")


def _unusual(part: str, what: str) -> WorkbookRefused:
    return WorkbookRefused(f"{part} {what}.", tip="Open the workbook in Excel and save it; Excel writes it plainly.")


def cells(body: bytes, prefix: bytes = b"") -> list[CellToken]:
    """Return the cells of a row in order.

    Args:
        body: what stands between ``<row>`` and ``</row>``.
        prefix: of the sheet's elements.
    """
    plain: list[CellToken] = _plain_cell(prefix).findall(body)
    if len(plain) == body.count(b"<%sc" % prefix):
        return plain
    inside = _inside_pattern(prefix)
    return [
        (
            column_letters(cell.column),
            cell.style,
            attribute(cell.tag, b"t") or b"",
            *inside.match(cell.content).groups(b""),  # type: ignore[union-attr]  # every part of it is optional
        )
        for cell in cell_elements(body, prefix)
    ]


class CellElement(NamedTuple):
    """Where a cell stands in its row's body, however it is written."""

    column: int
    style: bytes
    tag: bytes
    content: bytes
    start: int
    end: int


def cell_elements(body: bytes, prefix: bytes, first: int = 0) -> Iterator[CellElement]:
    """Yield the cells of a row with their places; a cell without a reference stands right of the one before.

    Args:
        body: what stands between ``<row>`` and ``</row>``.
        prefix: of the sheet's elements.
        first: where to begin; a cell with a reference when it is not 0.
    """
    column = 0
    for found in _cell_pattern(prefix).finditer(body, first):
        tag, letters, style, content = found.groups(b"")
        if not letters:
            reference = _REFERENCE.search(tag)
            letters = reference[1] if reference else column_letters(column + 1)
        if not style and b"s" in tag:
            style = attribute(tag, b"s") or b""
        column = column_number(letters)
        yield CellElement(column, style, tag, content, *found.span())


_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})\d""")


@cache
def _plain_cell(prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of a cell as Excel and nearly all others write it."""
    pattern = (
        rb'<c r="([A-Z]+)\d+"(?: s="(\d+)")?(?: t="(\w+)")?'
        rb"(?:/>|>(<f[^>]*?(?:/>|>[^<]*</f>))?(?:<v>([^<]*)</v>|<v/>|<is>((?>(?:[^<]++|<(?!/?(?:[\w.-]+:)?(?:is|c)[\s/>]))*))</is>)?</c>)"
    )
    return re.compile(re.sub(rb"<(/?)(?=[cfvi])", rb"<\g<1>" + prefix, pattern), re.DOTALL)


@cache
def _cell_pattern(prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of a cell however it is written; column and style are found at once where they come first."""
    tag = tag_pattern("c", prefix).pattern.replace(
        rb"(?=[\s/>])", rb'(?=[\s/>])(?: r="([A-Z]+)\d+")?(?: s="(\d+)")?', 1
    )
    return re.compile(rb"(%s)(?:(?<=/>)|((?>(?:[^<]++|<(?!/?%sc[\s/>]))*))</%sc\s*>)" % (tag, prefix, prefix))


@cache
def _inside_pattern(prefix: bytes) -> re.Pattern[bytes]:
    formula, value, inline = (tag_pattern(name, prefix).pattern for name in ("f", "v", "is"))
    return re.compile(
        rb"\s*(%s(?:(?<=/>)|[^<]*</%sf\s*>))?\s*(?:%s(?:(?<=/>)|([^<]*)</%sv\s*>))?\s*(?:%s(?:(?<=/>)|(.*?)</%sis\s*>))?"
        % (formula, prefix, value, prefix, inline, prefix),
        re.DOTALL,
    )
