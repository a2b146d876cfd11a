"""strace takes hold of a run that was just born: it tells what the run asks of the system, or lets that fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.trials import Trial
from support.waiting import until

NEEDED = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def run_traced(trial: Trial, options: Sequence[str], out: Path, *words: object) -> int:
    """Run a command under strace, and return its exit code.

    Args:
        trial: where.
        options: of strace: what to tell, what to let fail.
        out: where strace writes.
        words: of the command.
    """
    pid = trial.start(*words, stopped=True)
    command = ["strace", "-f", "-qq", "-p", str(pid), "-o", str(out), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as strace:
        until(lambda: _is_traced(pid), run=strace)
        os.kill(pid, signal.SIGCONT)
        code = trial.wait(pid)
        strace.wait(timeout=60)
    return code


def _is_traced(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return "TracerPid:\t0\n" not in status


def is_stopped(pid: int) -> bool:
    """Tell whether a process was stopped, as a sleeping laptop stops all of them."""
    return "State:\tT" in Path(f"/proc/{pid}/status").read_text("utf-8")
