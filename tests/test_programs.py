"""What keeps a test from waiting forever for LibreOffice or Chromium."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from support.programs import output_of

CHILD = "sleep 300 & echo $! >{pid}; echo said;"
"""A program that starts another one, which keeps its output open."""


@pytest.mark.slow
@pytest.mark.parametrize("then", ["exit 0", "wait"])
def test_a_program_is_not_waited_for_and_leaves_nobody(tmp_path, then):
    """One that ends and one that hangs come back in time, and the child of neither goes on."""
    pid, began = tmp_path / "pid", time.monotonic()
    command = ["sh", "-c", CHILD.format(pid=pid) + then]
    if then == "wait":
        with pytest.raises(subprocess.TimeoutExpired):
            output_of(command, seconds=1)
    else:
        assert output_of(command, seconds=60) == "said\n"

    assert time.monotonic() - began < 60
    assert _is_gone(int(pid.read_text()))


def _is_gone(pid: int) -> bool:
    for _ in range(500):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":  # nobody reaped it yet
            return True
        time.sleep(0.02)
    return False


def test_a_program_that_fails_says_what_it_said():
    """The words of a program that failed stand in the test's failure."""
    with pytest.raises(AssertionError, match="ended with 3: no such luck"):
        output_of(["sh", "-c", "echo no such luck >&2; exit 3"])
