"""On which terms a run sends: how many, how fast, how patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from collect_xl.evidence.judgement import Patience
from collect_xl.planning.asked_elsewhere import CampaignList
from collect_xl.planning.limits import ALL, Room

DEFAULT_PATIENCE = Patience(timedelta(minutes=10), timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a run sends."""

    room: Room = ALL
    """How many may be asked today, whatever other runs ask meanwhile; the run's own cap has cut the plan."""
    lists: Mapping[str, CampaignList] = field(default_factory=dict)
    """Campaign ID -> the list that the plan was made with."""
    patience: Patience = DEFAULT_PATIENCE
    recent: timedelta = timedelta(days=45)
    """How long a finished request of others keeps its contact from being asked again."""
    asks_again: bool = False
    """Whether the user sends although others have asked."""
    may_wait: bool = True
    """Whether the run waits until a refusal is proved; else the next run goes on."""
    canary: int | None = None
    """How many people go out alone before the others may follow; None where all go out at once."""
