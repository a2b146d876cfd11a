"""A first pass over a sheet: how far it is used, what its header says, and what must not be written over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress, repeat
from operator import contains

from collect_xl.domain.a1 import MAX_COLUMN, Area, column_number, integer
from collect_xl.errors import DamagedWorkbook
from collect_xl.ooxml.excel_tables import Table, tables_of
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.shared_strings import plain_text, some_texts, text_of
from collect_xl.ooxml.tokenizer import SheetStream, cells
from collect_xl.ooxml.wellformed import PROVED
from collect_xl.ooxml.xml_bytes import Element, attribute, elements, is_true, tag_pattern

__all__ = ["Survey", "survey_sheet", "tail_elements"]

_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)[\s>]")
_REFERENCES = re.compile(rb"""<(?:[\w.-]+:)?c\s[^<>]*?\br=["']([A-Za-z]+)""")
_SPREADING = {b"array", b"dataTable"}
"""Formulas whose results stand in cells beside their own."""


@dataclass(slots=True)
class Survey:
    """What a sheet holds, as far as writing beside it is concerned."""

    part: str
    prefix: bytes = b""
    head: bytes = b""
    tail: bytes = b""
    right: int = 0
    """The last column that holds a value, a formula's result, a table or a merge; 0 in an empty sheet."""
    bottom: int = 0
    """The last row that the sheet has."""
    header: dict[int, str] = field(default_factory=dict)
    """The header row's texts by column."""
    header_style: bytes = b""
    """The style of the last header."""
    tables: tuple[Table, ...] = ()
    merges: tuple[Area, ...] = ()
    spreads: list[Area] = field(default_factory=list)
    """Where the results of array formulas and data tables stand."""
    formulas: bool = False
    protected: bool = False


def survey_sheet(package: Package, part: str, header_row: int) -> Survey:
    """Read a sheet once, keeping nothing of its rows.

    Args:
        package: the open workbook.
        part: the worksheet's part.
        header_row: where the headers stand; 1 for the first row.
    """
    small = package.member(part).info.file_size <= PROVED
    stream = SheetStream(package.stream(part), part)
    survey = Survey(part, stream.prefix, stream.head, tables=tables_of(package, part))
    _read_header(survey, package, header_row)
    ends = _Ends(stream.prefix)
    formula, last = b"<%sf" % stream.prefix, b""
    for rows, empty in stream.batches():
        ends.note(rows)
        if small:
            _refuse_disorder(part, rows)
        _note_formulas(survey, compress(rows, map(contains, rows, repeat(formula))))
        last = empty or (rows[-1] if rows else last)
    survey.right = max((_column(letters, part) for letters in ends.letters), default=0)
    survey.bottom, survey.tail = _number(last, stream.prefix), stream.tail
    survey.merges = tuple(_areas(stream.tail, "mergeCell", stream.prefix))
    survey.protected = any(
        is_true(attribute(tag[0], b"sheet"))
        for tag in tag_pattern("sheetProtection", stream.prefix).finditer(survey.tail)
    )
    taken = [*survey.merges, *survey.spreads, *(table.area for table in survey.tables)]
    survey.right = max([survey.right, *(area.right for area in taken)])
    return survey


def tail_elements(survey: Survey, tail: bytes) -> tuple[Element, ...]:
    """Return the worksheet's children from ``sheetData`` on, by their places in the tail."""
    root = _ROOT.search(survey.head)
    opening = b"<%s><%ssheetData>" % (root[1] if root else b"worksheet", survey.prefix)
    shift = len(opening)
    found = elements(opening + tail, survey.part)
    return tuple(Element(each.name, each.start - shift, each.end - shift) for each in found)


class _Ends:
    """The columns of the rows' last cells that hold something; styled blanks hold nothing."""

    def __init__(self, prefix: bytes) -> None:
        self._prefix = prefix
        self._cell, self._end, self._cell_end = b"<%sc" % prefix, b"</%sc" % prefix, b"</%sc>" % prefix
        self._values = tuple(b"</%s%s></%sc>" % (prefix, name, prefix) for name in (b"v", b"is"))
        self._usual: tuple[bytes, ...] = ()
        """How the last cells of the rows before began, with each of the digits that may follow the letters."""
        self.letters: set[bytes] = set()

    def note(self, rows: Sequence[bytes]) -> None:
        """Take note of some rows, of all at once where they end alike."""
        lasts = map(bytes.rfind, rows, repeat(self._cell))
        alike = all(map(bytes.startswith, rows, repeat(self._usual), lasts))
        if alike and all(map(bytes.endswith, rows, repeat(self._values))):
            return
        found = {self._last_used(row) for row in rows}
        self.letters |= found
        if len(found) == 1:
            start = b'%s r="%s' % (self._cell, *found)
            self._usual = tuple(b"%s%d" % (start, digit) for digit in range(1, 10))

    def _last_used(self, row: bytes) -> bytes:
        end = row.rfind(self._end)  # a blank may stand before its ``>``
        if row.endswith(self._values, 0, end + len(self._cell_end)):
            start = row.rfind(self._cell, 0, end) + len(self._cell)
            if row.startswith(b' r="', start):
                return row[start + 4 : row.find(b'"', start + 4)].rstrip(b"0123456789")
        used = [cell[0] for cell in cells(row, self._prefix) if cell[3] or cell[4] or cell[5]] if end >= 0 else []
        return max(used, key=column_number, default=b"")


def _refuse_disorder(part: str, rows: Sequence[bytes]) -> None:
    """Raise ``DamagedWorkbook`` when a row's cells do not stand in order: one of ours could come twice then."""
    for row in rows:
        letters = _REFERENCES.findall(row)
        if letters != sorted(letters, key=column_number):
            raise DamagedWorkbook(
                f"{part} has the cells of a row out of order.",
                tip="Open the workbook in Excel, let it repair the file, and save it.",
            )


def _column(letters: bytes, part: str) -> int:
    """Return the number of a cell's column; one beyond all sheets would be counted to for ever."""
    if not letters:
        return 0
    if not letters.isalpha() or (number := column_number(letters)) > MAX_COLUMN:
        raise DamagedWorkbook(
            f"{part} has a cell in column {letters.decode(errors='replace')}, which no sheet has.",
            tip="Open the workbook in Excel, let it repair the file, and save it.",
        )
    return number


def _number(row: bytes, prefix: bytes) -> int:
    """Return the number of the last row in a text; 0 where the sheet leaves it to be counted."""
    tags = tag_pattern("row", prefix).findall(row)
    return integer(attribute(tags[-1], b"r")) if tags else 0


def _note_formulas(survey: Survey, rows: Iterable[bytes]) -> None:
    for cell in chain.from_iterable(cells(row, survey.prefix) for row in rows):
        if cell[3]:
            survey.formulas = True
            area = Area.parse(attribute(cell[3][: cell[3].find(b">") + 1], b"ref"))
            if area and attribute(cell[3], b"t") in _SPREADING:
                survey.spreads.append(area)


def _read_header(survey: Survey, package: Package, header_row: int) -> None:
    stream = SheetStream(package.stream(survey.part), survey.part)
    row = next((row for row in stream.rows() if row.number >= header_row), None)
    found = cells(row.body, survey.prefix) if row and row.number == header_row else []
    part = package.related(package.workbook, "sharedStrings")
    wanted = {integer(cell[4]) for cell in found if cell[2] == b"s" and cell[4].isdigit()}
    shared = some_texts(package.stream(part), wanted) if part else {}
    for letters, style, kind, _, value, inline in found:
        own = text_of(inline) if kind == b"inlineStr" else plain_text(value)
        text = shared.get(integer(value), "") if kind == b"s" else own
        if text.strip():
            survey.header[column_number(letters)] = text
            survey.header_style = style


def _areas(tail: bytes, name: str, prefix: bytes) -> Iterator[Area]:
    for tag in tag_pattern(name, prefix).finditer(tail):
        area = Area.parse(attribute(tag[0], b"ref"))
        if area:
            yield area
