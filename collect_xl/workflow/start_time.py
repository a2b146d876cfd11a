"""The time before which nothing is sent: read, waited for, and required right before the first call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from collect_xl.domain.due_dates import UnclearDateError, read_due, start_of, zone_of
from collect_xl.domain.ports import utc_now, wait_for
from collect_xl.errors import UsageError

if TYPE_CHECKING:
    from collect_xl.workflow.session import Clock

FARTHEST = timedelta(days=366)
"""A time that is farther away is a slip of the keyboard: no run waits for years."""

TICK = 1.0
"""Seconds between two looks at the clock, which may be set, or stand still while the computer sleeps."""


@dataclass(frozen=True, slots=True)
class StartTime:
    """A moment in the team's zone."""

    moment: datetime
    """Aware."""
    zone: str

    @property
    def words(self) -> str:
        """For people: ``2026-12-01 08:00 (Europe/Paris)``."""
        here = self.moment.astimezone(zone_of(self.zone))
        seconds = f"{here:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
        return f"{seconds} ({self.zone})"

    def left(self, now: datetime) -> float:
        """Return the seconds until then; none where it has passed."""
        return max((self.moment - now).total_seconds(), 0.0)


def read_time(text: str) -> date | datetime:
    """Return what people type for a time: as a due date, with a clock or without.

    Raises:
        UsageError: it is unclear.
    """
    try:
        return read_due(text.strip())
    except UnclearDateError as error:
        message = f'The start "{text}" is not {error.expected}, with a time or without.'
        raise UsageError(message, tip="Type it as 2026-12-01 08:00; it is meant in the team's zone.") from None


def start_time(text: str, zone: str, now: datetime) -> StartTime:
    """Return the moment that a text means in the team's zone; a day without a clock begins at midnight.

    Raises:
        UsageError: the text is unclear, or means a moment more than a year away.
    """
    typed = read_time(text)
    is_calendar = now.year - 1 <= typed.year <= now.year + 2
    # Years at the ends of the calendar cannot be shifted between zones at all.
    if not is_calendar:
        raise _far(text)
    start = StartTime(start_of(typed, zone), zone)
    if start.moment - now > FARTHEST:
        raise _far(text)
    return start


def await_start(
    start: StartTime,
    tell: Callable[[float], None],
    stop: threading.Event,
    *,
    now: Clock = utc_now,
    wait: Callable[[float, threading.Event], bool] = wait_for,
) -> bool:
    """Wait until it is time; return False where the wait was ended before.

    Args:
        start: until when.
        tell: called with the seconds that are left, about every second.
        stop: when set, the wait ends.
        now: the clock.
        wait: waits some seconds, or until the event is set; returns whether it was.
    """
    while (left := start.left(now())) > 0:
        tell(left)
        if wait(min(left, TICK), stop):
            return False
    return not stop.is_set()


def require_start(start: StartTime | None, now: datetime) -> None:
    """Raise ``UsageError`` where it is not time yet, even if a caller says that it is."""
    if start is not None and start.left(now) > 0:
        message = f"It is not {start.words} yet. Nothing was sent."
        raise UsageError(message, tip="Send again then, or without a start time.")


def _far(text: str) -> UsageError:
    message = f'The start "{text}" is more than a year away. Nothing was sent.'
    return UsageError(message, tip="Correct the year.")
