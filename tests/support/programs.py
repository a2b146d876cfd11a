"""Programs that are not ours, such as LibreOffice and Chromium: each has a bound, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

PATIENCE = 180.0
"""Seconds; a program that takes longer hangs."""


def output_of(command: Sequence[str | Path], seconds: float = PATIENCE) -> str:
    """Run a program to its end and return what it printed; where that takes too long, kill it.

    Whatever it has started (``soffice`` is a script, ``chromium`` a crowd) is killed in any case. What it prints goes
    into a file: the end of a pipe comes only when the last of its children has closed it.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        try:
            code = process.wait(seconds)
        finally:
            _end(process)
        printed, said = _text(out), _text(err)
    assert code == 0, f"{words[0]} ended with {code}: {(said or printed)[-2000:]}"
    return printed


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a program's process group."""
    with suppress(ProcessLookupError, PermissionError):  # macOS refuses where only dead ones are left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
