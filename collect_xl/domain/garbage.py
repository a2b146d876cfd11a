"""Python's search for garbage, paused where it can find none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 50_000
"""New values between two searches, in a process that ends with its command."""


def search_garbage_seldom() -> None:
    """Let Python search for cyclic garbage seldom, in a process of our own.

    A run makes few cycles and many lasting values, through which each search walks again: with Python's own 700 new
    values between two searches that took a tenth of a run's time.
    """
    gc.set_threshold(SELDOM)


@contextmanager
def pause_garbage_search() -> Iterator[None]:
    """Keep Python from searching for cyclic garbage while many lasting values are made.

    Frozen values that refer to others but never back form no cycles, so there is none to find; yet each search walks
    through all of them, again and again while they become more. That took a fifth of the time of a check of 100,000
    contacts. May be nested.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
