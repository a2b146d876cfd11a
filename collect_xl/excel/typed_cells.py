"""What a cell of an open workbook holds: what Excel delivers becomes text, number, date, or a reason for distrust."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from collect_xl.domain.model import CellValue, Fault
from collect_xl.ooxml.number_formats import NumberReader, seen

# what Excel calls its errors, by the number that COM has for them
_ERRORS = {
    2000: "#NULL!",
    2007: "#DIV/0!",
    2015: "#VALUE!",
    2023: "#REF!",
    2029: "#NAME?",
    2036: "#NUM!",
    2042: "#N/A",
    2043: "#GETTING_DATA",
    2045: "#SPILL!",
    2046: "#CONNECT!",
    2047: "#BLOCKED!",
    2048: "#UNKNOWN!",
    2049: "#FIELD!",
    2050: "#CALC!",
}
ERROR_TEXTS = frozenset(_ERRORS.values())
"""The names of Excel's errors."""
_FIRST_ERROR = -2146826288 - 2000
_ERROR_CODES = range(-2146826288, -2146826199)
"""COM's error values: xlwings on Windows knows seven of them, and lets the others through as integers."""

_NUMBERS = (float, int, Decimal)
"""Money is a Decimal on Windows."""

_NO_DAY = date(1899, 12, 30)
"""The date that xlwings gives to a time of day."""


def cell_value(raw: object, reader: NumberReader = seen) -> CellValue | None:
    """Return what a cell holds, or None when it is blank.

    Args:
        raw: what xlwings delivers with ``err_to_str``.
        reader: what makes of a number the value that its format shows.
    """
    if isinstance(raw, str):
        return _text(raw)
    if isinstance(raw, bool):
        return raw
    # before numbers: to the eye of Python an error's code is one of them, and would be sent as a value
    if isinstance(raw, int) and raw in _ERROR_CODES:
        return Fault("error", _ERRORS.get(raw - _FIRST_ERROR, "#ERROR!"))
    if isinstance(raw, _NUMBERS):
        return reader(float(raw))
    if isinstance(raw, datetime):
        return _moment(raw)
    return None


def _text(raw: str) -> CellValue | None:
    if raw in ERROR_TEXTS:
        return Fault("error", raw)
    if not raw or raw.isspace():
        return None
    return raw


def is_formula(formula: str, value: object) -> bool:
    """Return whether a cell holds a formula, or what one has spilled into it.

    A text that only looks like one is the same as what is delivered as its formula. A cell into which a formula
    elsewhere spills has none, but shows something; written over, it would break that formula.
    """
    is_spilled = not formula and value is not None
    return is_spilled or (formula.startswith("=") and formula != value)


def is_number(raw: object) -> bool:
    """Return whether what Excel delivers is a number, whose format then matters."""
    if isinstance(raw, bool) or not isinstance(raw, _NUMBERS):
        return False
    return raw not in _ERROR_CODES


def _moment(raw: datetime) -> CellValue:
    """Return a date, a moment or a time of day.

    Excel keeps milliseconds, and COM's floats are a little off them.
    """
    moment = raw.replace(tzinfo=None, microsecond=0) + timedelta(milliseconds=round(raw.microsecond / 1_000))
    if moment.date() == _NO_DAY:
        return moment.time()
    return moment if moment.time() != time.min else moment.date()
