"""How patient a run is: how often it tries a call, how long it waits before, and when it asks less often."""

from __future__ import annotations

import random
from dataclasses import dataclass

TRIES = 3
"""How often a call is made that provably never arrived or was turned away unread (Google SRE, chapter 21)."""

LONGEST_WAIT = 60.0
"""Seconds; when Collect asks for more, the run stops and says so."""

TOO_OFTEN = 429
"""The status with which Collect turns calls away that come too fast."""

_FIRST_PAUSE = 0.5
"""Seconds between two calls, once Collect has said that they come too fast."""

_EASING = 0.97
"""What each call that passes makes of the pause. A pause that a refusal has doubled is back where it was after 23 calls
(0.97 ** 23 < 0.5), so that fewer than one call in ten is made again, however slowly Collect takes them."""


def wait_before(attempt: int, asked: float | None) -> float:
    """Return the seconds to wait before a call is made again: as Collect asks, and a little longer each time.

    Args:
        attempt: how often it was made, from 1.
        asked: seconds that Collect asks to wait; None where it asks nothing.
    """
    # Jitter, so that those who were turned away together do not come back together.
    return max(asked or 0.0, random.uniform(0.5, 1.0) * 2.0**attempt)  # noqa: S311  # no secret


@dataclass(slots=True)
class Pace:
    """How long a run waits before each call: not at all, until Collect says that it is asked too often."""

    pause: float = 0.0
    """Seconds."""

    def learn(self, status: int | None) -> None:
        """Ask less often after a refusal for haste, and a little more often after everything else."""
        if status == TOO_OFTEN:
            self.pause = min(max(2 * self.pause, _FIRST_PAUSE), LONGEST_WAIT)
        else:
            self.pause *= _EASING
