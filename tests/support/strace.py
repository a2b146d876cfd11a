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
from support.waiting import SOON, until

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
        try:
            until(lambda: _is_traced(pid, strace), "strace takes hold of a run", pause=0.002)
            os.kill(pid, signal.SIGCONT)
            code = trial.wait(pid)
            strace.wait(timeout=SOON)
        except BaseException:
            strace.kill()
            trial.kill(pid)
            raise
    return code


def _is_traced(pid: int, strace: subprocess.Popen[str]) -> bool:
    assert strace.poll() is None, strace.stderr.read()
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return "TracerPid:\t0\n" not in status


def is_stopped(pid: int) -> bool:
    """Tell whether a process was stopped, as a sleeping laptop stops all of them."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    assert "State:\tZ" not in status, "The run has ended instead of stopping."
    return "State:\tT" in status
