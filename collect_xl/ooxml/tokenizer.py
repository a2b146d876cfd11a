"""The one tokenizer of worksheets: a stream of bytes becomes rows, and the rows' insides become cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from collect_xl.domain.a1 import MAX_ROW, integer
from collect_xl.errors import DamagedWorkbook, HostileWorkbook, WorkbookRefused
from collect_xl.ooxml.row_cells import CellToken, cells
from collect_xl.ooxml.sheet_head import RowsFinder, root_of
from collect_xl.ooxml.xml_bytes import attribute, elements, hides_text, is_true, tag_pattern

if TYPE_CHECKING:
    from collect_xl.ooxml.package import Package

MAX_HEAD = 16 << 20
MAX_ROW_BYTES = 64 << 20
"""16,384 cells of 100 bytes are 1.6 MB."""
MAX_TAIL = 256 << 20
"""What follows the rows: merges, links, validations; the largest seen has 4 MB."""

_REPAIR = "Open the workbook in Excel, let it repair the file, and save it."


class RowToken(NamedTuple):
    """A row of a sheet; ``lead + tag + body + end`` are its bytes as they are in the file."""

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


def open_sheet(package: Package, part: str) -> SheetStream:
    """Return the stream of a worksheet's part; messages call the sheet by its name."""
    return SheetStream(package.stream(part), package.name_of(part))


class Batch(NamedTuple):
    """Some rows of a sheet, one after the other."""

    rows: list[bytes]
    """Each up to its end tag; empty rows (``<row r="2"/>``) may come before it."""
    empty: bytes
    """Empty rows that follow."""


class SheetStream:
    """A worksheet read once from front to end: ``head``, then ``rows()``, then ``tail``.

    Args:
        chunks: the part's bytes.
        sheet: how messages call it.

    Raises:
        DamagedWorkbook: no ``sheetData``, rows out of order, or an end before the end.
        WorkbookRefused: XML written in a way that is allowed but unknown here: comments among the cells, UTF-16.
    """

    def __init__(self, chunks: Iterator[bytes], sheet: str) -> None:
        self.sheet = sheet
        self._chunks = chunks
        self.number = 0
        """Of the row that was read last."""
        self._read_head()
        self.tail = b""
        """What follows the last row; known when ``rows()`` is exhausted."""

    def _read_head(self) -> None:
        start = b""
        # a comment, an extension or an alternative may hold the same tag: only a parser finds the sheet's own
        finder = RowsFinder(self.sheet)
        while finder.place is None:
            if len(start) > MAX_HEAD:
                raise HostileWorkbook(f"{self.sheet} has no rows in its first {MAX_HEAD >> 20} MB.", tip=_REPAIR)
            chunk = next(self._chunks, b"")
            _refuse_encoding(self.sheet, start or chunk)
            start += chunk
            finder.feed(chunk)
            if not chunk and finder.place is None:
                raise DamagedWorkbook(f"{self.sheet} has no <sheetData>.", tip=_REPAIR)
        self.prefix = finder.prefix
        """``b""``, or ``b"x:"`` where the sheet's elements carry one."""
        end_of_head = start.index(b">", finder.place) + 1
        self.head = start[:end_of_head]
        """Everything up to and with ``<sheetData>``, which is opened where it was an empty-element tag."""
        self._rest = start[end_of_head:]
        if self.head.endswith(b"/>"):
            self.head = self.head[:-2].rstrip() + b">"
            self._rest = b"</%ssheetData>" % self.prefix + self._rest
        self._row_end = b"</%srow>" % self.prefix
        self._usual_row_tag = _usual_row_tag(self.prefix)

    def rows(self) -> Iterator[RowToken]:
        """Yield the rows in order, then set ``tail``."""
        for batch in self.batches():
            for piece in batch.rows:
                row = self._usual_row(piece)
                if row is None:
                    yield from self._oddly_written(piece)
                else:
                    yield row
            yield from self.empty_rows(batch.empty)

    def unfolded(self, piece: bytes) -> Iterable[RowToken]:
        """Return the empty rows at the beginning of a batch's row, then the row itself."""
        row = self._usual_row(piece)
        if row is None:
            return self._oddly_written(piece)
        return (row,)

    def batches(self) -> Iterator[Batch]:
        """Yield the rows in order as texts, many at once and not looked into, then set ``tail``."""
        text = self._rest
        data_end = b"</%ssheetData" % self.prefix
        while True:
            stop = text.find(data_end)
            row_texts = text if stop < 0 else text[:stop]
            *rows, last = row_texts.split(self._row_end)
            self._refuse_unusual(row_texts, len(rows))
            empty = _empty_rows_before(last, self.prefix)
            unfinished = last[len(empty) :]
            yield Batch(rows, empty)
            if stop >= 0:
                self._read_tail(unfinished, text[stop:])
                return
            text = unfinished + self._next_chunk(unfinished)

    def _next_chunk(self, unfinished: bytes) -> bytes:
        if len(unfinished) > MAX_ROW_BYTES:
            raise HostileWorkbook(f"{self.sheet} has a row of more than {MAX_ROW_BYTES >> 20} MB.", tip=_REPAIR)
        chunk = next(self._chunks, b"")
        if not chunk:
            raise DamagedWorkbook(f"{self.sheet} ends in the middle of its rows.", tip=_REPAIR)
        return chunk

    def _usual_row(self, piece: bytes) -> RowToken | None:
        """Return a row whose number comes first in its tag; None for one that needs a closer look."""
        tag = self._usual_row_tag.match(piece)
        if not tag:
            return None
        self._count(tag[1])
        return RowToken(self.number, b"", tag[0], piece[tag.end() :], self._row_end)

    def _oddly_written(self, piece: bytes) -> Iterator[RowToken]:
        empty = _empty_rows_before(piece, self.prefix)
        yield from self.empty_rows(empty)
        start_tag = _row_pattern(self.prefix).match(piece, len(empty))
        if not start_tag:
            raise DamagedWorkbook(f"{self.sheet} holds something between its rows that is no row.", tip=_REPAIR)
        lead = piece[len(empty) : start_tag.start(1)]
        tag = start_tag[1]
        yield RowToken(self._number_of(tag), lead, tag, piece[start_tag.end() :], self._row_end)

    def cells(self, row: RowToken) -> list[CellToken]:
        """Return the cells of a row in order; raise ``WorkbookRefused`` for what is not known among them."""
        return cells(row.body, self.prefix, self.sheet)

    def empty_rows(self, text: bytes) -> Iterator[RowToken]:
        """Yield the rows of a text that holds only empty-element tags."""
        at = 0
        for start_tag in _row_pattern(self.prefix).finditer(text):
            tag = start_tag[1]
            lead = text[at : start_tag.start(1)]
            yield RowToken(self._number_of(tag), lead, tag, b"", b"")
            at = start_tag.end()

    def _number_of(self, tag: bytes) -> int:
        self._count(attribute(tag, b"r") or b"%d" % (self.number + 1))
        return self.number

    def _count(self, written: bytes) -> None:
        number = integer(written)
        # Results go to rows by their number: one that comes twice, or goes back, would get another person's.
        if not self.number < number <= MAX_ROW:
            raise DamagedWorkbook(
                f"{self.sheet} has a row {written.decode(errors='replace')!r} below row {self.number}.", tip=_REPAIR
            )
        self.number = number

    def _refuse_unusual(self, text: bytes, rows: int) -> None:
        if hides_text(text):
            raise _unusual(self.sheet, "holds comments, CDATA or processing instructions among its cells")
        # The text was split at ``</row>``. A ``</row >`` would hide in the row before it, and its row would be lost;
        # only at the very end may there be a ``</row`` whose ``>`` comes with the next chunk.
        open_end = self._row_end[:-1]
        ends = text.count(open_end)
        if ends not in {rows, rows + text.endswith(open_end)}:
            raise _unusual(self.sheet, "writes the ends of its rows in an unusual way")

    def _read_tail(self, blank: bytes, start: bytes) -> None:
        if blank.strip():
            raise DamagedWorkbook(f"{self.sheet} ends its rows in the middle of one.", tip=_REPAIR)
        # A BytesIO gives its content away without a copy: a tail of 200 MB is in memory once only.
        tail = BytesIO()
        tail.write(blank + start)
        for chunk in self._chunks:
            if tail.tell() + len(chunk) > MAX_TAIL:
                raise HostileWorkbook(f"{self.sheet} has more than {MAX_TAIL >> 20} MB behind its rows.", tip=_REPAIR)
            tail.write(chunk)
        self.tail = tail.getvalue()
        self._refuse_further_rows()

    def _refuse_further_rows(self) -> None:
        # A sheet has its rows in one place. People in a second one would be left out silently.
        end_of_rows = self.tail.find(b">") + 1
        if self.tail.find(b"sheetData", end_of_rows) < 0:
            return
        opening = b"<%s><%ssheetData>" % (root_of(self.head)[1], self.prefix)
        own_rows, *others = elements(opening + self.tail, self.sheet)
        if own_rows.name in {other.name for other in others}:
            raise _unusual(self.sheet, "has rows in two places")


_ENCODING = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["'](?!utf-8["']|us-ascii["'])([^"'<>]{0,40})""", re.IGNORECASE
)


_MISSPELLED = frozenset({"utf8", "utf_8"})


@cache
def _usual_row_tag(prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of a row's start tag whose first attribute is the number; for these ``is_plain`` holds."""
    return re.compile(rb"""<%srow r="([^">]*+)"[^>"']*+(?:"[^>"']*+"[^>"']*+)*(?<!/)>""" % re.escape(prefix))


@cache
def _row_pattern(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\s*(%s)" % tag_pattern("row", prefix).pattern)


@cache
def _empty_rows_pattern(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:\s*%s(?<=/>))*" % tag_pattern("row", prefix).pattern)


def _empty_rows_before(text: bytes, prefix: bytes) -> bytes:
    """Return the empty-element tags of rows that a text begins with."""
    empty = _empty_rows_pattern(prefix).match(text)
    return empty[0] if empty else b""


def is_plain(tag: bytes) -> bool:
    """Return whether a text up to its first ``>`` is a whole start tag, and none of an empty element."""
    # A ``>`` may be between quotes: then the text ends inside an attribute, with a quote that is still open.
    return not (tag.endswith(b"/>") or tag.count(b'"') % 2 or b"'" in tag)


def _refuse_encoding(sheet: str, start: bytes) -> None:
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
        raise _unusual(sheet, "is not written in UTF-8")
    other = _ENCODING.match(start)
    if not other:
        return
    name = other[1].decode(errors="replace")
    if name.casefold() in _MISSPELLED:
        raise _unusual(sheet, f"calls its encoding {name!r}, which readers of XML do not know: it is spelled UTF-8")
    raise _unusual(sheet, f"is not written in UTF-8: it names {name!r}")


def _unusual(sheet: str, what: str) -> WorkbookRefused:
    return WorkbookRefused(f"{sheet} {what}.", tip="Open the workbook in Excel and save it; Excel writes it plainly.")
