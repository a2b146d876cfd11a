"""Waiting for something that another process does: never without a bound, so that a test fails where it would hang."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

__all__ = ["LONGEST", "until"]

LONGEST = 60.0
"""Seconds; a busy machine needs a few."""


def until(
    happened: Callable[[], object], *, run: subprocess.Popen[str] | None = None, seconds: float = LONGEST
) -> None:
    """Wait until something has happened.

    Args:
        happened: asked again and again.
        run: the process that makes it happen; when that has ended before, nothing will.
        seconds: the longest wait.
    """
    end = time.monotonic() + seconds
    while not happened():
        if run is not None and run.poll() is not None and not happened():
            raise AssertionError(f"the run ended before, with {run.returncode}: {run.communicate(timeout=10)}")
        assert time.monotonic() < end, f"it did not happen within {seconds:.0f} seconds"
        time.sleep(0.005)
