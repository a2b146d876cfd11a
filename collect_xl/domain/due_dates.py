"""Due dates: what people type for one, the moment that it means, and whether that moment has passed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from collect_xl.errors import AccountError

DateOrder = Literal["DMY", "MDY", "YMD"]
"""How ``03/04/2026`` is meant; ``YMD`` says that the year stands first, so a text with the year last is wrong."""

_FIRST_YEAR = 1970
"""From here to the end of the calendar zones can shift a moment without leaving it."""

_END_OF_DAY = time(23, 59)
"""Collect keeps due dates as 23:59 in the team's zone (``collect_api.md`` section 11)."""

_LAST_ZONE = "Etc/GMT+12"
"""Where a day ends last on earth; a date is past for everybody once it is past there."""

_ISO = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<clock>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(\d{4})([/.])(\d{1,2})\2(\d{1,2})(?:,?\s+(\d{2}:\d{2}(?::\d{2})?))?")
_YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:,?\s+(\d{2}:\d{2}(?::\d{2})?))?")

_YEARS = range(1900, 2200)
_CENTURY = 36_525
"""Days."""

PLAUSIBLE = "a date in the years 1900 to 2199"
"""What is expected of a due date, as the middle of a sentence."""

_EXPECTED = "a date, such as 2026-12-31 or 31/12/2026"
_TYPE_IT_SO = "Type the date as YYYY-MM-DD, or format the cell as a date and type it again."


class UnclearDateError(ValueError):
    """A text that is no date, or could be two."""

    def __init__(self, expected: str, todo: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.todo = todo


def read_due(text: str, order: DateOrder | None = None) -> date | datetime:
    """Read a due date as people type it: ISO 8601, year first, or day and month before the year.

    ``31/12/2026`` tells its order by its value, ``31.12.2026`` by its dots (day first wherever dots are used);
    ``03/04/2026`` is only a date when ``order`` says which.

    Args:
        text: trimmed.
        order: what the option *Date order* says.

    Raises:
        UnclearDateError: with what is expected and what to do.
    """
    due = _read_any(text, order)
    if not is_plausible(due):
        raise UnclearDateError(PLAUSIBLE, _TYPE_IT_SO)
    return due


def is_plausible(due: date | datetime) -> bool:
    """Return whether a due date is in years that can be meant, and moved from zone to zone."""
    return due.year in _YEARS


def days_of(count: int) -> timedelta:
    """Return a number of days, from none to a century: no request is older, and the calendar ends somewhere."""
    return timedelta(days=max(0, min(count, _CENTURY)))


def _read_any(text: str, order: DateOrder | None) -> date | datetime:
    if iso := _ISO.fullmatch(text):
        return _iso(iso)
    if first := _YEAR_FIRST.fullmatch(text):
        year, _, month, day, clock = first.groups()
        return _moment_of(int(year), int(month), int(day), clock) or _no_date()
    if last := _YEAR_LAST.fullmatch(text):
        return _year_last(last, order)
    return _no_date()


def is_past(due: date | datetime, now: datetime, zone: str | None) -> bool:
    """Return whether a due date has passed; everywhere on earth, where the team's zone is not known."""
    if not _can_be_shifted(due):
        return due.year < now.year
    return _moment(due, zone_of(zone or _LAST_ZONE)) < now


def _can_be_shifted(due: date | datetime) -> bool:
    """Return whether every zone can shift a due date without leaving the calendar."""
    return _FIRST_YEAR <= due.year < MAXYEAR


def times_around_gap(due: date | datetime, zone: str) -> tuple[time, time] | None:
    """Return the times before and after a gap of the clock that a due time falls into; None for a time that exists.

    Args:
        due: as for ``instant``.
        zone: the team's IANA zone.

    Raises:
        AccountError: this computer does not know the zone.
    """
    if not isinstance(due, datetime) or due.tzinfo is not None or due.time() == time():
        return None
    if not _can_be_shifted(due):
        return None
    there = zone_of(zone)
    readings = [due.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (1, 0)]
    before, after = [reading.astimezone(there).replace(tzinfo=None) for reading in readings]
    if due in {before, after}:
        return None
    return before.time(), after.time()


@lru_cache(maxsize=1024)  # few different dates are in a column
def instant(due: date | datetime, zone: str) -> str:
    """Return a due date as Collect takes it: ``YYYY-MM-DDTHH:MM:SSZ``.

    Args:
        due: a date, or a datetime at midnight without a zone (what Excel makes of a date), means 23:59 in the team's
            zone; another datetime without a zone is in the team's zone.
        zone: the team's IANA zone.

    Raises:
        AccountError: this computer does not know the zone.
    """
    return _moment(due, zone_of(zone)).strftime("%Y-%m-%dT%H:%M:%SZ")


def start_of(day: date | datetime, zone: str) -> datetime:
    """Return the moment at which something may begin: a date begins at midnight in the team's zone.

    Args:
        day: a datetime without a zone is in the team's zone.
        zone: the team's IANA zone.

    Raises:
        AccountError: this computer does not know the zone.
    """
    if not isinstance(day, datetime):
        day = datetime.combine(day, time())
    return _utc(day, zone_of(zone))


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of this IANA name; raise ``AccountError`` when this computer does not know it."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise AccountError(
            f"The team's time zone is {name!r}, which this computer does not know; due dates would be wrong.",
            tip="Correct the time zone in Collect's team settings, or update the tzdata package.",
        ) from None


def _moment(due: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(due, datetime):
        due = datetime.combine(due, _END_OF_DAY)
    if due.tzinfo is None and due.time() == time():
        due = datetime.combine(due, _END_OF_DAY)
    return _utc(due, zone)


def _utc(moment: datetime, zone: ZoneInfo) -> datetime:
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    # Clocks that go forward skip an hour and those that go back repeat one; the later reading is no one's loss.
    return max(moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def _iso(match: re.Match[str]) -> date | datetime:
    day, clock, offset = match.group("day", "clock", "offset")
    try:
        return datetime.fromisoformat(f"{day}T{clock}{(offset or '').upper()}") if clock else date.fromisoformat(day)
    except ValueError:
        return _no_date()


_ORDERS_OF_MARK: Mapping[str, tuple[DateOrder, ...]] = {"/": ("DMY", "MDY"), "-": ("DMY", "MDY"), ".": ("DMY",)}
"""How a date with the year last may be meant, by what is between its numbers: where dots are used, days are first."""


def _year_last(match: re.Match[str], order: DateOrder | None) -> date | datetime:
    first, mark, second, year, clock = match.groups()
    readings: dict[DateOrder, date | datetime | None] = {
        "DMY": _moment_of(int(year), int(second), int(first), clock),
        "MDY": _moment_of(int(year), int(first), int(second), clock),
    }
    orders = _ORDERS_OF_MARK[mark]
    if order is None:
        return _only_reading([readings[each] for each in orders])
    if order not in orders:
        raise UnclearDateError(f"a date in the order {order}, as the option Date order says", _TYPE_IT_SO)
    if order == "MDY" and readings["MDY"] is None and readings["DMY"] is not None:
        raise UnclearDateError("a date with the month first, as the option Date order says", _TYPE_IT_SO)
    return readings[order] or _no_date()


def _only_reading(readings: Iterable[date | datetime | None]) -> date | datetime:
    """Return the date that a text is, whichever way it is read."""
    dates = {each for each in readings if each is not None}
    if len(dates) > 1:
        raise UnclearDateError(
            "a date that can be read in one way only",
            "Type the date as YYYY-MM-DD, or say on the options sheet how it is meant: Date order, DMY or MDY.",
        )
    return dates.pop() if dates else _no_date()


def _moment_of(year: int, month: int, day: int, clock: str | None) -> date | datetime | None:
    try:
        day_alone = date(year, month, day)
        return datetime.combine(day_alone, time.fromisoformat(clock)) if clock else day_alone
    except ValueError:
        return None


def _no_date() -> date:
    raise UnclearDateError(_EXPECTED, _TYPE_IT_SO)
