"""Dates as the sheet shows them: real dates in the team's zone, made of moments in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

from collect_xl.domain.due_dates import zone_of
from collect_xl.domain.headings import DATE_RESULTS
from collect_xl.domain.model import ResultValue
from collect_xl.errors import AccountError

_ENDS_OF_A_DAY: Final = frozenset({time(23, 59), time(0, 0)})
"""A due date at one of them is a whole day, which a typed date equals."""

_DAYS_ALONE: Final = frozenset({"result.sentOn", "result.checkedOn"})
"""At what time something was sent or checked is in the send history."""

_YEARS: Final = range(1970, 2200)
"""Both date systems of Excel can show them, and each zone can shift them."""


def moment_text(moment: datetime) -> str:
    """Return a moment as cells of the core hold it: ``2027-01-31T22:59:00Z``."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def team_zone(name: str | None) -> tzinfo:
    """Return the zone of this IANA name; UTC where it is not known, since results must be written in any case."""
    if not name:
        return UTC
    try:
        return zone_of(name)
    except AccountError:
        return UTC


def shown_cells(cells: Mapping[str, str], zone: tzinfo) -> dict[str, ResultValue]:
    """Return result cells as the sheet shows them: those of moments are dates there."""
    shown: dict[str, ResultValue] = dict(cells)
    for field in DATE_RESULTS:
        if shown.get(field):
            shown[field] = _shown(field, cells[field], zone)
    return shown


def _shown(field: str, text: str, zone: tzinfo) -> ResultValue:
    """Return the date of a text; the text itself where it is none, as what Collect says must not be lost."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.year not in _YEARS:
        return text
    # A day without a time is no moment: no zone makes another day of it.
    if "T" not in text:
        return moment.date()
    # The clock of the team decides: 22:59Z is the end of the same day in Paris, and the afternoon in New York.
    there = moment.astimezone(zone).replace(tzinfo=None, microsecond=0)
    if field in _DAYS_ALONE or (field == "result.dueDate" and there.time() in _ENDS_OF_A_DAY):
        return date(there.year, there.month, there.day)
    return there
