"""Waits that end: what a test waits for comes, or the test fails in words and leaves no process behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

SOON = 90.0
"""Seconds for what takes a moment on an idle computer."""
RUN = 500.0
"""Seconds for a whole run of the command; the longest takes one minute."""


def until(
    happened: Callable[[], object],
    what: str = "what the test waits for",
    seconds: float = SOON,
    *,
    run: subprocess.Popen[str] | None = None,
    pause: float = 0.01,
) -> None:
    """Wait until something has happened.

    Args:
        happened: asked again and again.
        what: for the failure: what did not happen.
        seconds: how long at most.
        run: the process that makes it happen; when that has ended before, nothing will.
        pause: between two looks.
    """
    end = time.monotonic() + seconds
    while not happened():
        if run is not None and run.poll() is not None and not happened():
            raise AssertionError(f"{what}: the run ended with {run.returncode}: {run.communicate(timeout=10)}")
        assert time.monotonic() < end, f"{what}: not within {seconds:.0f} s"
        time.sleep(pause)


def line_of(process: subprocess.Popen[str], what: str, seconds: float = RUN) -> str:
    """Return the next line of a process that answers with one line at a time.

    One that does not answer, or that an exception takes away from, is killed with all that it has given birth to: its
    late answer must not be taken for that to another question.
    """
    try:
        assert select.select([process.stdout], [], [], seconds)[0], f"{what}: no answer within {seconds:.0f} s"
        line = process.stdout.readline()
        assert line, f"{what}: the process has ended with {process.poll()}"
    except BaseException:
        end_group(process)
        raise
    return line


def end_group(process: subprocess.Popen[str]) -> None:
    """Kill a process that leads a group of its own, and all of that group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=SOON)


def close(process: subprocess.Popen[str]) -> None:
    """Let a process that reads commands end; one that does not is killed with its group."""
    with suppress(OSError):  # it is dead already, and has not read everything
        process.stdin.close()
    try:
        process.wait(timeout=30)
    finally:
        end_group(process)  # whoever is still there was forgotten, or sleeps
        process.stdout.close()
