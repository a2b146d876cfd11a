"""Dates as cells: the number of the day in the workbook's date system, in a style that shows it as a date."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache

from collect_xl.domain.a1 import integer
from collect_xl.domain.model import ResultValue
from collect_xl.errors import WorkbookError
from collect_xl.ooxml.cell_text import after_t
from collect_xl.ooxml.cell_values import counts_from_1904
from collect_xl.ooxml.number_formats import BUILT_IN, shows_day
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.xml_bytes import attribute, elements, plain, with_attribute

DAY = 14
"""The built-in format of a day: each Excel shows it as its user's system writes dates."""
DAY_AND_TIME = 22
"""The built-in format of a day with its time."""

_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001  # a cell has no zone
"""Day 0 of the two date systems; whether a workbook counts from 1904 -> day."""

_SECONDS = 86_400
_DIGITS = re.compile(rb"\d{1,9}")

RestOfCells = Callable[[Sequence[ResultValue | None]], Sequence[bytes | None]]
"""Makes of a column's values what follows the style in each cell; what is empty or None stays so."""


def serial(value: date, *, date1904: bool) -> str:
    """Return the number that a cell has for a date."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    since = moment - _EPOCHS[date1904]
    seconds = since.days * _SECONDS + since.seconds
    return f"{seconds // _SECONDS}" if seconds % _SECONDS == 0 else repr(seconds / _SECONDS)


class DateStyles:
    """Styles that show dates, each made of another style that is kept in all but its number format.

    Args:
        package: the open workbook.
    """

    def __init__(self, package: Package) -> None:
        self._part = ""
        self._formats: list[bytes] = []
        """The elements of all cell formats: those of the workbook, then ours."""
        self._own = 0
        """How many of them are the workbook's."""
        self._codes: dict[int, str] = dict(BUILT_IN)
        self._made: dict[tuple[bytes, int], bytes] = {}
        try:
            self._read(package)
        except WorkbookError:
            # Dates are then written as texts: what is odd in the styles is another program's affair.
            self._formats.clear()

    def _read(self, package: Package) -> None:
        part = package.related(package.workbook, "styles")
        if part is None:
            return
        styles = package.read(part)
        self._formats = _children(styles, part, "cellXfs")
        self._own = len(self._formats)
        for number_format in _children(styles, part, "numFmts"):
            code = plain(attribute(number_format, b"formatCode") or b"")
            self._codes[integer(attribute(number_format, b"numFmtId"))] = code
        self._part = package.member(part).name

    @property
    def usable(self) -> bool:
        """Whether the workbook has styles from which others can be made."""
        return bool(self._formats)

    @property
    def part(self) -> str:
        """The name of the part that holds the styles; empty where dates are written as texts."""
        return self._part if self.usable else ""

    @property
    def changed(self) -> bool:
        """Whether styles were made that the workbook lacks."""
        return len(self._formats) > self._own

    def style(self, base: bytes, number_format: int) -> bytes:
        """Return the number of a style that is like another one and shows a date.

        Args:
            base: the number of the other one; empty for the usual one.
            number_format: ``DAY`` or ``DAY_AND_TIME``; where the other one shows dates already, it is taken as it is.
        """
        made = self._made.get((base, number_format))
        if made is None:
            made = self._made[base, number_format] = self._style(base, number_format)
        return made

    def _style(self, base: bytes, number_format: int) -> bytes:
        if not self.usable:
            return base
        number = int(base) if _DIGITS.fullmatch(base) else 0
        old = self._formats[number if number < self._own else 0]
        tag = old[: old.index(b">") + 1]
        if shows_day(self._codes.get(integer(attribute(tag, b"numFmtId")), "")):
            return base
        new = with_attribute(tag, b"numFmtId", b"%d" % number_format)
        new = with_attribute(new, b"applyNumberFormat", b"1")
        # The mark of a text that was typed behind an apostrophe.
        if attribute(new, b"quotePrefix") is not None:
            new = with_attribute(new, b"quotePrefix", b"0")
        self._formats.append(new + old[len(tag) :])
        return b"%d" % (len(self._formats) - 1)

    def with_ours(self, styles: bytes) -> bytes:
        """Return the part of styles with those that were made behind the others."""
        (formats,) = [child for child in elements(styles, self._part) if child.name == "cellXfs"]
        block = styles[formats.start : formats.end]
        tag = block[: block.index(b">") + 1]
        inside = block[len(tag) : block.rindex(b"</")] + b"".join(self._formats[self._own :])
        opening = with_attribute(tag, b"count", b"%d" % len(self._formats))
        closing = block[block.rindex(b"</") :]
        return styles[: formats.start] + opening + inside + closing + styles[formats.end :]


def _children(styles: bytes, part: str, name: str) -> list[bytes]:
    """Return the elements inside one of the children of a part of styles; nothing where it lacks that child."""
    for parent in elements(styles, part):
        if parent.name == name:
            block = styles[parent.start : parent.end]
            return [block[child.start : child.end] for child in elements(block, name)]
    return []


def date_cells(package: Package, styles: DateStyles, prefix: bytes) -> RestOfCells:
    """Return what makes of values what follows the style in cells of a column of dates.

    Args:
        package: the open workbook.
        styles: of it.
        prefix: of the sheet's elements.
    """
    date1904 = counts_from_1904(package)

    @lru_cache(maxsize=1024)
    def rest(value: ResultValue) -> bytes:
        if isinstance(value, date) and styles.usable:
            return b"><@v>%b</@v>".replace(b"@", prefix) % serial(value, date1904=date1904).encode()
        text = _as_text(value) if isinstance(value, date) else value
        return b' t="inlineStr"><@is><@t%b</@t></@is>'.replace(b"@", prefix) % after_t(text)

    def rest_of_each(values: Sequence[ResultValue | None]) -> list[bytes | None]:
        rests: list[bytes | None] = []
        for value in values:
            if value is None:
                rests.append(None)
            else:
                rests.append(rest(value) if value else b"")
        return rests

    return rest_of_each


def _as_text(value: date) -> str:
    """Return a date as a text, for a workbook without styles, in which it would be a bare number."""
    return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
