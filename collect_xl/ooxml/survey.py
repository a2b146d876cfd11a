"""A first pass over a sheet: how far it is used, what its header says, and what must not be written over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import compress, repeat
from operator import contains, lt

from collect_xl.domain.a1 import MAX_COLUMN, Area, column_number, integer
from collect_xl.errors import DamagedWorkbook
from collect_xl.ooxml.excel_tables import Table, tables_of
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.row_cells import CellToken, cells
from collect_xl.ooxml.shared_strings import plain_text, some_texts, text_of
from collect_xl.ooxml.sheet_head import root_of
from collect_xl.ooxml.tokenizer import SheetStream, open_sheet
from collect_xl.ooxml.wellformed import PROVED
from collect_xl.ooxml.xml_bytes import Element, attribute, blanked, elements, end_of_last, is_true, tag_pattern

_REFERENCES = re.compile(rb"""<(?:[\w.-]+:)?c\s(?:[^<>]*?\s)?r=["']([A-Za-z]+)(\d*)""")
_SPREADING = {b"array", b"dataTable"}
"""Formulas whose results are in cells beside their own."""
_ORDER_OF_TAIL = (
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
)
"""Children of ``<worksheet>`` in their order, from the rows to the last that we add (ECMA-376 part 1, 18.3.1.99)."""


@dataclass(slots=True)
class Survey:
    """What a sheet holds, as far as writing beside it is concerned."""

    part: str
    sheet: str
    """How messages call it."""
    prefix: bytes = b""
    head: bytes = b""
    tail: bytes = b""
    """What follows the rows, with blanks for comments: for looking only, never for writing."""
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
    """Where the results of array formulas and data tables are."""
    formulas: bool = False
    protected: bool = False


def survey_sheet(package: Package, part: str, header_row: int) -> Survey:
    """Read a sheet once, keeping nothing of its rows.

    Args:
        package: the open workbook.
        part: the worksheet's part.
        header_row: where the headers are; 1 for the first row.
    """
    stream = open_sheet(package, part)
    survey = Survey(part, stream.sheet, stream.prefix, stream.head, tables=tables_of(package, part))
    _read_header(survey, package, header_row)
    last_letters = _survey_rows(survey, stream, is_small=package.member(part).info.file_size <= PROVED)
    survey.tail = blanked(stream.tail, stream.sheet)
    survey.merges = tuple(_areas(survey.tail, "mergeCell", stream.prefix))
    survey.protected = _is_protected(survey)
    last_columns = [_column(letters, stream.sheet) for letters in last_letters]
    areas = [*survey.merges, *survey.spreads]
    areas += [table.area for table in survey.tables]
    last_columns += [area.right for area in areas]
    survey.right = max(last_columns, default=0)
    return survey


def _survey_rows(survey: Survey, stream: SheetStream, *, is_small: bool) -> set[bytes]:
    """Note the last row and the formulas; return the letters of the columns in which rows end."""
    ends = _Ends(stream)
    formula = b"<%sf" % stream.prefix
    last = b""
    # Rows are looked at all together, by functions that are written in C: a million of them take a second.
    for rows, empty in stream.batches():
        ends.note(rows)
        if is_small:
            _refuse_disorder(stream, rows)
        with_formulas = compress(rows, map(contains, rows, repeat(formula)))
        _note_formulas(survey, with_formulas)
        last = empty or next(reversed(rows), last)
    survey.bottom = _number(last, stream.prefix)
    return ends.letters


def _is_protected(survey: Survey) -> bool:
    tags = tag_pattern("sheetProtection", survey.prefix).finditer(survey.tail)
    return any(is_true(attribute(tag[0], b"sheet")) for tag in tags)


def tail_elements(survey: Survey, tail: bytes) -> tuple[Element, ...]:
    """Return the worksheet's children from ``sheetData`` on, by their places in the tail."""
    opening = b"<%s><%ssheetData>" % (root_of(survey.head)[1], survey.prefix)
    shift = len(opening)
    children = elements(opening + tail, survey.sheet)
    return tuple(Element(child.name, child.start - shift, child.end - shift) for child in children)


def place_in_tail(children: Iterable[Element], name: str) -> int:
    """Return where a child of the worksheet is added: behind all that come before it, and those of its own name.

    Args:
        children: those that the tail has, in order.
        name: of the one that is added.
    """
    end = _ORDER_OF_TAIL.index(name) + 1
    return end_of_last(children, _ORDER_OF_TAIL[:end])


class _Ends:
    """The columns of the rows' last cells that hold something; styled blanks hold nothing."""

    def __init__(self, stream: SheetStream) -> None:
        prefix = stream.prefix
        self._prefix = prefix
        self._sheet = stream.sheet
        self._blanks = re.compile(rb"(?:<%sc\s[^<>]*+(?<=/)>)*" % re.escape(prefix))
        """Cells without content."""
        self._cell = b"<%sc" % prefix
        self._end = b"</%sc" % prefix
        self._cell_end = b"</%sc>" % prefix
        self._values = (b"</%sv></%sc>" % (prefix, prefix), b"</%sis></%sc>" % (prefix, prefix))
        self._usual: tuple[bytes, ...] = ()
        """How the last cells of the rows before began, with each of the digits that may follow the letters."""
        self.letters: set[bytes] = set()

    def note(self, rows: Sequence[bytes]) -> None:
        """Take note of some rows, of all at once where they end alike."""
        starts_of_last_cells = map(bytes.rfind, rows, repeat(self._cell))
        begin_alike = all(map(bytes.startswith, rows, repeat(self._usual), starts_of_last_cells))
        if begin_alike and all(map(bytes.endswith, rows, repeat(self._values))):
            return
        letters = {self._last_used(row) for row in rows}
        self.letters |= letters
        if len(letters) == 1:
            start = b'%s r="%s' % (self._cell, *letters)
            self._usual = tuple(b"%s%d" % (start, digit) for digit in range(1, 10))

    def _last_used(self, row: bytes) -> bytes:
        """Return the letters of the last cell that holds something."""
        # A blank may come before the ``>`` of the end tag.
        end = row.rfind(self._end)
        if end < 0 and self._blanks.fullmatch(row, inside_of(row, self._prefix)):
            return b""
        end_of_cell = end + len(self._cell_end)
        # what follows and is not known may hold something of the user's, further right
        if row.endswith(self._values, 0, end_of_cell) and self._blanks.fullmatch(row, end_of_cell):
            start = row.rfind(self._cell, 0, end) + len(self._cell)
            if row.startswith(b' r="', start):
                return row[start + 4 : row.find(b'"', start + 4)].rstrip(b"0123456789")
        tokens = cells(row[inside_of(row, self._prefix) :], self._prefix, self._sheet)
        used = [letters for letters, _, _, *content in tokens if any(content)]
        return max(used, key=column_number, default=b"")


def _refuse_disorder(stream: SheetStream, rows: Sequence[bytes]) -> None:
    """Raise ``DamagedWorkbook`` when a row's cells are not in order: one of ours could come twice then."""
    for row in rows:
        references = _REFERENCES.findall(row)
        columns = [column_number(letters) for letters, _ in references]
        if not all(map(lt, columns, columns[1:])):
            raise _disorder(f"{stream.sheet} has the cells of a row out of order, or one of them twice.")
        numbers = {number for _, number in references}
        if len(numbers) > 1:
            raise _disorder(f"{stream.sheet} has cells of several rows in one row: {_as_text(numbers)}.")


def _as_text(numbers: Iterable[bytes]) -> str:
    return ", ".join(number.decode() for number in sorted(numbers))


def _disorder(what: str) -> DamagedWorkbook:
    return DamagedWorkbook(what, tip="Open the workbook in Excel, let it repair the file, and save it.")


def inside_of(row: bytes, prefix: bytes) -> int:
    """Return where the inside of a batch's row begins, behind its start tag and the empty rows before it."""
    start = _row_starts(prefix).match(row)
    return start.end() if start else 0


@cache
def _row_starts(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:\s*%s)*" % tag_pattern("row", prefix).pattern)


def _column(letters: bytes, sheet: str) -> int:
    """Return the number of a cell's column; one beyond all sheets would be counted to for ever."""
    if not letters:
        return 0
    number = column_number(letters) if letters.isalpha() else 0
    if not 0 < number <= MAX_COLUMN:
        raise DamagedWorkbook(
            f"{sheet} has a cell in column {letters.decode(errors='replace')}, which no sheet has.",
            tip="Open the workbook in Excel, let it repair the file, and save it.",
        )
    return number


def _number(row: bytes, prefix: bytes) -> int:
    """Return the number of the last row in a text; 0 where the sheet leaves it to be counted."""
    tags = tag_pattern("row", prefix).findall(row)
    if not tags:
        return 0
    return integer(attribute(tags[-1], b"r"))


def _note_formulas(survey: Survey, rows: Iterable[bytes]) -> None:
    for row in rows:
        inside = row[inside_of(row, survey.prefix) :]
        for _, _, _, formula, _, _ in cells(inside, survey.prefix, survey.sheet):
            if not formula:
                continue
            survey.formulas = True
            tag = formula[: formula.find(b">") + 1]
            area = Area.parse(attribute(tag, b"ref"))
            if area and attribute(formula, b"t") in _SPREADING:
                survey.spreads.append(area)


def _read_header(survey: Survey, package: Package, header_row: int) -> None:
    tokens = _cells_of_row(survey, package, header_row)
    shared = _shared_texts(package, tokens)
    for letters, style, kind, _, value, inline in tokens:
        text = text_of(inline) if inline else plain_text(value)
        if kind == b"s":
            text = shared.get(integer(value), "")
        if text.strip():
            survey.header[column_number(letters)] = text
            survey.header_style = style


def _cells_of_row(survey: Survey, package: Package, number: int) -> list[CellToken]:
    """Return the cells of one row; none where the sheet lacks it."""
    stream = open_sheet(package, survey.part)
    for row in stream.rows():
        if row.number == number:
            return stream.cells(row)
        # Rows come in order: this one is not there.
        if row.number > number:
            break
    return []


def _shared_texts(package: Package, tokens: Iterable[CellToken]) -> dict[int, str]:
    """Return the shared texts that some cells point to, by their index."""
    part = package.related(package.workbook, "sharedStrings")
    if not part:
        return {}
    indexes = {integer(value) for _, _, kind, _, value, _ in tokens if kind == b"s" and value.isdigit()}
    return some_texts(package.stream(part), indexes)


def _areas(tail: bytes, name: str, prefix: bytes) -> Iterator[Area]:
    tags = tag_pattern(name, prefix).finditer(tail)
    return Area.parse_all(attribute(tag[0], b"ref") for tag in tags)
