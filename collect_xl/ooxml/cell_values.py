"""What a cell holds: a token of the sheet becomes text, number, date, boolean, or a reason not to trust it."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING

from collect_xl.domain.model import CellValue, Fault
from collect_xl.errors import DamagedWorkbook
from collect_xl.ooxml.number_formats import BUILT_IN, NumberReader, number_reader, seen
from collect_xl.ooxml.package import children_named, grandchildren
from collect_xl.ooxml.shared_strings import SharedStrings, plain_text, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from collect_xl.ooxml.package import Package
    from collect_xl.ooxml.row_cells import CellToken

_FORMULA_TAGS = re.compile(rb"<[^>]*>")
_RECENT = 16_384
"""How many decoded texts are kept, twice: those of late, and the ones before them."""


class Cells:
    """The values of a workbook's cells.

    Sample usage::

        values = Cells.of(package)
        values.read(token)

    Args:
        strings: the shared strings.
        styles: for each cell style (``s``) what reads its numbers.
    """

    def __init__(self, strings: SharedStrings, styles: tuple[NumberReader, ...]) -> None:
        self._shared = _SharedTexts(strings)
        self._styles = {b"%d" % index: reader for index, reader in enumerate(styles) if reader is not seen}

    @classmethod
    def of(cls, package: Package) -> Cells:
        """Return the values of a package, with its shared strings, number formats and date system."""
        strings = package.related(package.workbook, "sharedStrings")
        styles = package.related(package.workbook, "styles")
        return cls(
            SharedStrings(package.stream(strings) if strings else ()),
            tuple(_number_readers(package, styles)) if styles else (),
        )

    def row(self, tokens: Iterable[CellToken], fields: Mapping[bytes, str]) -> dict[str, CellValue]:
        """Return what the cells of a row hold, by field; blank ones, and those of blanks alone, are absent.

        Args:
            tokens: the row's cells.
            fields: column letters -> field; other columns are left out.
        """
        values: dict[str, CellValue] = {}
        for token in tokens:
            field = fields.get(token[0])
            if field is None:
                continue
            value = self.read(token)
            if value is not None and not _is_blank(value):
                values[field] = value
        return values

    def read(self, token: CellToken) -> CellValue | None:
        """Return what a cell holds, or None when it is blank.

        A formula counts as its stored result; one without a stored result is a fault, as is an error value.

        Raises:
            DamagedWorkbook: the cell points to a shared string that does not exist.
        """
        _, style, kind, formula, written, inline = token
        if inline:
            return text_of(inline) or None
        if written:
            value = self.reader_of(style, kind)(written)
            return None if value == "" else value
        # An empty text as a formula's result has the type ``str``; no value and no type is a result never computed.
        if formula and kind != b"str":
            return _without_result(formula)
        return None

    def reader_of(self, style: bytes, kind: bytes) -> Callable[[bytes], CellValue]:
        """Return what reads the values of cells of one style and type; inline texts are no such values."""
        if kind == b"s":
            return self._shared.__getitem__
        if kind in _NUMBER_KINDS:
            return partial(_number, self._styles.get(style, seen))
        return _OTHER_KINDS.get(kind, plain_text)


def _is_blank(value: CellValue) -> bool:
    """Return whether a value that ``read`` gave, which is no empty text, is one of nothing but blanks."""
    return isinstance(value, str) and value.isspace()


class _SharedTexts(dict[bytes, str]):
    """Shared texts by their index as a cell writes it; decoded when they are asked for, and kept for a while.

    A text that returns, such as a company's name on many rows, is then one object for all of them: decoded for each,
    they took 8 MB more of a check of 100,000 contacts.
    """

    def __init__(self, strings: SharedStrings) -> None:
        super().__init__()
        self._strings = strings
        self._older: dict[bytes, str] = {}
        """Those of before; what is asked for again comes back from here."""

    def __missing__(self, index: bytes) -> str:
        """Decode a text that is not here; raise ``DamagedWorkbook`` for one that does not exist."""
        text = self._older.get(index)
        if text is None:
            text = self._decoded(index)
        if len(self) >= _RECENT:
            self._older = dict(self)
            self.clear()
        self[index] = text
        return text

    def _decoded(self, index: bytes) -> str:
        try:
            # Nearly every index is plain digits: 200,000 of them come through here in a check of 100,000 contacts.
            number = int(index) if index.isdigit() else _whole_number(index)
            return self._strings[number]
        except (IndexError, ValueError):
            raise DamagedWorkbook(
                f"A cell points to the shared text number {index.decode(errors='replace')}, which does not exist.",
                tip="Open the workbook in Excel, let it repair the file, save it, and try again.",
            ) from None


def _whole_number(digits: bytes) -> int:
    """Return the number of some digits; raise ``ValueError`` for a sign, and for more digits than Python reads."""
    if not digits.strip().isdigit():
        raise ValueError
    return int(digits)


def _without_result(formula: bytes) -> Fault:
    text = plain_text(_FORMULA_TAGS.sub(b"", formula))
    return Fault("formula", f"={text}" if text else "a formula")


def _number(reader: NumberReader, value: bytes) -> CellValue:
    try:
        return reader(float(value))
    except ValueError:
        return Fault("error", plain_text(value))


def _boolean(value: bytes) -> bool:
    return value.strip() in {b"1", b"true"}


def _error(value: bytes) -> Fault:
    return Fault("error", plain_text(value))


def _iso(value: bytes) -> CellValue:
    """Return the date, time or duration of a cell of type ``d``; a zone is dropped, as Excel shows none."""
    text = plain_text(value).strip()
    duration = _DURATION.fullmatch(text)
    if duration:
        return _duration(*duration.groups("0"))
    day, _, _ = text.partition("T")
    try:
        if "-" not in day:
            return _rounded_time(time.fromisoformat(text))
        moment = _rounded(datetime.fromisoformat(text).replace(tzinfo=None))
    # what is left of the calendar's last millisecond cannot be rounded up
    except (ValueError, OverflowError):
        return Fault("date", text)
    if moment.time() == time.min:
        return date(moment.year, moment.month, moment.day)
    return moment


def _rounded(moment: datetime) -> datetime:
    """Return the nearest millisecond, as for a number: cut, midnight would be a moment of the day before."""
    half = moment + _HALF_MILLISECOND
    return half.replace(microsecond=half.microsecond // 1_000 * 1_000)


def _rounded_time(clock: time) -> time:
    rounded = _rounded(datetime.combine(_ANY_DAY, clock.replace(tzinfo=None)))
    return rounded.time() if rounded.date() == _ANY_DAY else _END_OF_DAY


def _duration(days: str, hours: str, minutes: str, seconds: str) -> CellValue:
    """Return a duration as a number of its format would be read: below one day a time, else ``36:00:00``."""
    whole_hours = int(days) * 24 + int(hours)
    total = whole_hours * 3_600 + int(minutes) * 60 + round(float(seconds.replace(",", ".")))
    minutes_left, second = divmod(total, 60)
    hour, minute = divmod(minutes_left, 60)
    if hour < _HOURS_OF_DAY:
        return time(hour, minute, second)
    return f"{hour}:{minute:02}:{second:02}"


_ANY_DAY = date(2000, 1, 1)
_END_OF_DAY = time(23, 59, 59, 999_000)
_HALF_MILLISECOND = timedelta(microseconds=500)
_HOURS_OF_DAY = 24
_DURATION = re.compile(
    r"P(?=.)(?:([0-9]{1,7})D)?(?:T(?=.)(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9}(?:[.,][0-9]{1,18})?)S)?)?"
)


_NUMBER_KINDS = frozenset({b"", b"n"})
_OTHER_KINDS: dict[bytes, Callable[[bytes], CellValue]] = {b"b": _boolean, b"e": _error, b"d": _iso}
"""Further values of ``t``; what is not listed (``str``) is text."""


def _number_readers(package: Package, part: str) -> Iterator[NumberReader]:
    """Yield for each entry of ``cellXfs`` what reads its numbers."""
    styles = package.xml(part)
    codes = {str(number): code for number, code in BUILT_IN.items()}
    for number_format in grandchildren(styles, "numFmts"):
        codes[number_format.get("numFmtId", "")] = number_format.get("formatCode", "")
    date1904 = counts_from_1904(package)
    readers = {number: number_reader(code, date1904=date1904) for number, code in codes.items()}
    for cell_format in grandchildren(styles, "cellXfs"):
        yield readers.get(cell_format.get("numFmtId", "0"), seen)


def counts_from_1904(package: Package) -> bool:
    """Return whether a workbook counts its days from 1 January 1904."""
    properties = children_named(package.xml(package.workbook), "workbookPr")
    return any(each.get("date1904") in {"1", "true"} for each in properties)
