"""What a run tells while it runs; the command line draws a bar from it, the ribbon a status line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from collect_xl.domain.model import ClaimState, Outcome

StopReason = Literal["key", "unreachable", "busy server", "two unknown", "asked", "slept", "journal", "cap", "canary"]
"""``key``: 401, 403 or 404; ``busy server``: 429 again and again; ``asked``: Ctrl-C or SIGTERM; ``slept``: the
claim's lease ended before the call, because the computer slept or the process was stopped; ``journal``: the memory
failed, so that nothing more may be sent; ``cap``: no more people may be asked in this run, or today; ``canary``: only
the first people were sent."""


@dataclass(frozen=True, slots=True)
class BatchStarted:
    """A batch, or a part of it, is claimed and about to be posted."""

    number: int
    of: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RowsHeld:
    """Rows of a batch that another run holds, or has sent since the plan was made."""

    rows: tuple[int, ...]
    holder: str


@dataclass(frozen=True, slots=True)
class BatchEnded:
    """The outcome of a batch, or of a part of it, in rows."""

    number: int
    of: int
    rows: Mapping[ClaimState, int]
    words: str
    """What happened, where it was not all well. No addresses, keys or URLs."""
    outcomes: Mapping[int, Outcome] = field(default_factory=dict, repr=False)
    """Row -> its outcome; confidential, for the sheet alone."""
    alone: bool = False
    """Whether it is a row of a refused batch, which was sent alone."""


@dataclass(frozen=True, slots=True)
class BatchApart:
    """A refused batch of which Collect provably did nothing for these rows: from here on they go out one by one."""

    number: int
    rows: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The run waits before it tries a batch again, or looks again."""

    seconds: float
    """That are left."""
    why: str
    is_proof: bool = False
    """Whether it is the wait for a proof, which is reported every second."""


Event = BatchStarted | RowsHeld | BatchEnded | BatchApart | Waiting
