"""A wait that people can see: what is left of it, second by second."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from collect_xl.cli.screen import Screen
from collect_xl.domain.amounts import amount


@contextmanager
def shown_wait(screen: Screen, until: str) -> Iterator[Callable[[float], None]]:
    """Yield a function that shows the seconds that are left: a line that counts down, or one line in all.

    Args:
        screen: where it is shown.
        until: when the wait ends, in words.
    """
    if not screen.people.is_terminal:
        screen.warn(f"Waiting until {until}.")
        yield lambda _: None
        return
    with screen.people.status("") as status:

        def show(left: float) -> None:
            status.update(f"{countdown(left)} left until {until}; Ctrl-C ends it.")

        yield show


def countdown(seconds: float) -> str:
    """Return some seconds as a clock shows them: ``8:03:00``, with days before it."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = f"{hours}:{minutes:02}:{rest:02}"
    if not days:
        return clock
    return f"{amount(days, 'day')} {clock}"
