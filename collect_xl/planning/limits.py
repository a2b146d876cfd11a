"""How many people may be asked, in a run and in a day: whatever would go beyond is left for the next run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from collect_xl.domain.amounts import amount, word_for
from collect_xl.domain.due_dates import zone_of
from collect_xl.domain.model import Account
from collect_xl.domain.ports import DayCap, Journal

LEFT = "Left for the next run: no more people may be asked in this run, or today. Run send again."


@dataclass(frozen=True, slots=True)
class Caps:
    """What a user or a company allows; None allows all."""

    per_minute: int | None = None
    """Calls to Collect, of everybody on one journal."""
    run: int | None = None
    """People that one run may ask."""
    day: int | None = None
    """People that everybody on one journal may ask on one day of the team's."""
    share: int | None = None
    """People that are left of all this for one workbook of several."""

    def lowered(self, said: Caps) -> Caps:
        """Return the lower of each: what a company sets can be lowered for a run, never raised."""
        names = ("per_minute", "run", "day", "share")
        return Caps(*(_lower(getattr(self, name), getattr(said, name)) for name in names))


NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Room:
    """How many people may still be asked now."""

    most: int | None
    """None: all."""
    why: str = ""
    """What sets the bound, as the start of a sentence."""
    day: DayCap | None = None
    """What every claim has to keep to, since others may be asking meanwhile."""

    @classmethod
    def of(cls, caps: Caps, account: Account | None, journal: Journal, now: datetime) -> Room:
        """Return the room that is left of the caps, by what the journal knows of today."""
        bounds = [
            (caps.share, "At most that many people may still be asked in this run, or today"),
            (caps.run, f"At most {caps.run} people are asked in one run"),
        ]
        day = None
        if caps.day is not None and account is not None:
            day = DayCap(caps.day, day_start(now, account.team.zone))
            asked = journal.asked_since(account.origin, account.team.id, day.since)
            why = f"At most {caps.day} people are asked in one day, and {asked} were asked today"
            bounds.insert(0, (max(caps.day - asked, 0), why))
        found = [(most, why) for most, why in bounds if most is not None]
        most, why = min(found, key=lambda each: each[0], default=(None, ""))
        return cls(most, why, day)


ALL = Room(None)


def day_start(now: datetime, zone: str) -> datetime:
    """Return when the day began in the team's zone."""
    here = now.astimezone(zone_of(zone))
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC)


def left_words(why: str, rows: Sequence[int]) -> str:
    """Say for people that some rows are left for the next run, and why."""
    count = f"{amount(len(rows), 'row')} {word_for(len(rows), 'is')}"
    return f"{why}: {count} left for the next run." if rows else f"{why}."


def _lower(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)
