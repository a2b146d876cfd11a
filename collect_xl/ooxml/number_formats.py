"""Number formats: which ones make a date of a number, which ones pad it with zeros, and what the user then sees."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache, partial

from collect_xl.domain.model import CellValue, Fault, Number

NumberReader = Callable[[float], CellValue]
"""What makes of a cell's number the value that its format shows."""

BUILT_IN = {
    **dict.fromkeys((*range(14, 18), 22), "d/m/yyyy"),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), "h:mm"),
    46: "[h]:mm:ss",
    **dict.fromkeys((*range(27, 37), *range(50, 59)), "yyyy/m/d"),
}
"""Formats that a workbook names by number only (ECMA-376 part 1, 18.8.30), as far as they are dates; those from 27 on
belong to East Asian editions."""

_SECTION = re.compile(r'((?:"[^"]*"|\\.|[^;"\\])*)(?:;|$)')
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)
_CALENDAR = re.compile(r"[dy]", re.IGNORECASE)
_LONGEST_CODE = 255
"""Characters that Excel takes; what is longer is no format but a trap for patterns."""
_PLAIN = frozenset({"", "general", "standard", "@", "0", "#"})

_PLACES = re.compile(r'(?:[0#]|"[^"]*"|\\.|[-() ]|\[(?:\$-[0-9A-Fa-f]+|[A-Za-z]+\d*)\])+')
"""Digit places and fixed signs alone; anything else (point, comma, %, E, condition) shows a quantity, no identifier."""
_PIECE = re.compile(r'([0#])|"([^"]*)"|\\(.)|([-() ])|\[[^\]]*\]')

_RECENT = 1_024
"""How many moments are kept for each format: a column of dates has few different ones."""
_SECTION_OF_SIGN = {1: 0, -1: 1, 0: 2}
_TOO_LONG = 1e15
_DAY = 86_400_000
"""In milliseconds, the finest that Excel shows."""
_FALSE_LEAP_DAY = 60
_LAST_DAY = {False: 2_958_465, True: 2_957_003}
"""31 December 9999 in the 1900 and in the 1904 system."""


def number_reader(code: str, *, date1904: bool) -> NumberReader:
    """Return what reads the numbers of a format.

    Args:
        code: the format's code as the workbook has it; ``General`` where it has none.
        date1904: whether the workbook counts its days from 1 January 1904.
    """
    if len(code) > _LONGEST_CODE or code.strip().casefold() in _PLAIN:
        return seen
    sections = tuple(_SECTION.findall(code))
    positive = sections[0]
    visible = _NOT_SHOWN.sub("", positive)
    if _ELAPSED.search(visible):
        return lru_cache(_RECENT)(partial(_duration, date1904=date1904))
    if _DATE.search(visible):
        calendar = bool(_CALENDAR.search(visible))
        return lru_cache(_RECENT)(partial(_moment, date1904=date1904, calendar=calendar))
    if _PLACES.fullmatch(positive) and re.search("[0#]", visible):
        return partial(_in_places, sections=sections)
    return seen


def shows_day(code: str) -> bool:
    """Return whether a format shows the day of a date, and not only its time."""
    if len(code) > _LONGEST_CODE or code.strip().casefold() in _PLAIN:
        return False
    visible = _NOT_SHOWN.sub("", _SECTION.findall(code)[0])
    return not _ELAPSED.search(visible) and bool(_CALENDAR.search(visible))


def seen(number: float) -> CellValue:
    """Return a number as the text that Excel's edit line shows: ``49.0`` is ``49``, ``0.1 + 0.2`` is ``0.3``."""
    if not math.isfinite(number):
        return Fault("error", str(number))
    if abs(number) >= _TOO_LONG:
        return Fault("digits", f"{number:.14E}")
    if number.is_integer():
        return Number(int(number))
    return Number(format(Decimal(f"{number:.15g}"), "f"))


def _in_places(number: float, *, sections: tuple[str, ...]) -> CellValue:
    """Return a whole number in its digit places: 123 in ``00000`` is ``00123``; a fraction stays as it is."""
    section = _section_of(number, sections)
    is_whole = number.is_integer() and abs(number) < _TOO_LONG
    if not is_whole or not _PLACES.fullmatch(section):
        return seen(number)
    digits = str(abs(int(number))) if number else ""
    text = _filled(section, digits)
    # A section of its own for negative numbers has a sign in it or none; in the first one Excel adds the minus.
    if number < 0 and section is sections[0]:
        text = f"-{text}"
    return Number(text)


def _section_of(number: float, sections: tuple[str, ...]) -> str:
    """Return the section for a number: positive, negative, zero; the first where its own is absent or empty."""
    sign = (number > 0) - (number < 0)
    own = _SECTION_OF_SIGN[sign]
    return next(iter(sections[own:]), "") or sections[0]


def _filled(section: str, digits: str) -> str:
    """Put digits into the places of a section from the right; the first place takes all that are left."""
    pieces = list(_PIECE.finditer(section))
    places_left = sum(piece[1] is not None for piece in pieces)
    text = ""
    for piece in reversed(pieces):
        place, quoted, escaped, sign = piece.groups("")
        if not place:
            # a piece is one of them, and the others are empty
            text = quoted + escaped + sign + text
            continue
        places_left -= 1
        own_digits = digits[-1:] if places_left else digits
        digits = digits[:-1]
        # A ``0`` without a digit shows a zero, a ``#`` nothing.
        if_no_digit = place.strip("#")
        text = (own_digits or if_no_digit) + text
    return text


def _split(serial: float, *, date1904: bool) -> tuple[int, int] | None:
    """Return the whole days and the milliseconds of a serial, or None where Excel shows no date for it."""
    last_day = _LAST_DAY[date1904]
    if not 0 <= serial < last_day + 1:
        return None
    days, milliseconds = divmod(round(serial * _DAY), _DAY)
    # The last millisecond of the calendar may be rounded up to a day that does not exist.
    if days > last_day:
        return days - 1, _DAY - 1
    return days, milliseconds


def _clock(milliseconds: int) -> time:
    return (datetime(1, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).time()


def _moment(serial: float, *, date1904: bool, calendar: bool) -> CellValue:
    """Return the date, the moment or (below one day) the time of day that a serial stands for.

    Excel's 1900 system has a 29 February 1900, serial 60, so it is one day ahead from there on. In the 1904 system
    serial 0 is a date like any other.
    """
    split = _split(serial, date1904=date1904)
    if split is None:
        return Fault("date", f"{serial:.15g}")
    days, milliseconds = split
    # Excel's 1900 had a 29 February, which no calendar has.
    if days == _FALSE_LEAP_DAY and not date1904:
        return Fault("date", f"{serial:.15g}")
    is_time_of_day = days == 0 and not (date1904 and calendar)
    if is_time_of_day:
        return _clock(milliseconds)
    day = _day_zero(days, date1904=date1904) + timedelta(days=days)
    if not milliseconds:
        return day
    return datetime.combine(day, _clock(milliseconds))


def _day_zero(days: int, *, date1904: bool) -> date:
    if date1904:
        return date(1904, 1, 1)
    if days < _FALSE_LEAP_DAY:
        return date(1899, 12, 31)
    return date(1899, 12, 30)


def _duration(serial: float, *, date1904: bool) -> CellValue:
    """Return a format like ``[h]:mm`` below one day as a time, and beyond as the text ``36:00:00``."""
    split = _split(serial, date1904=date1904)
    if split is None:
        return Fault("date", f"{serial:.15g}")
    days, milliseconds = split
    if not days:
        return _clock(milliseconds)
    minutes, seconds = divmod(milliseconds // 1_000, 60)
    hours = days * 24 + minutes // 60
    return f"{hours}:{minutes % 60:02}:{seconds:02}"
