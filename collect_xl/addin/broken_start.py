"""What is said where a button cannot even load collect-xl; it needs only Python and one small module."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from collect_xl.domain.plain_text import shown, shown_lines

_WARNING = 0x30 | 0x10000 | 0x40000
"""``MessageBoxW`` of Windows: a warning, in front of all."""
_LONGEST = 300


def tell_broken_start(error: BaseException) -> int:
    """Say that collect-xl could not be loaded, and why; return the exit code.

    Started by Excel, Python has neither a terminal nor a window: without this the status bar would go on saying that
    Collect is starting.
    """
    log = Path(tempfile.gettempdir(), "collect_xl_start.log")
    with suppress(OSError):
        _keep(log, shown_lines("".join(traceback.format_exception(error))))
    reason = shown(f"{type(error).__name__}: {error}")[:_LONGEST]
    words = (
        f"Collect could not be started. Nothing was done.\n\n{reason}\n\n"
        f"To see what is missing, run in a terminal: collect-xl doctor\n\nDetails: {log}"
    )
    # Whatever fails here is less than what has failed already.
    with suppress(Exception):
        _show(words)
    return 1


def _keep(log: Path, trace: str) -> None:
    # Temporary files of all users may be in one folder, where another user could put a link or a pipe in the log's
    # place.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for name in ("O_NOFOLLOW", "O_NONBLOCK"):
        flags |= getattr(os, name, 0)
    with os.fdopen(os.open(log, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(trace)


def _show(words: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"{words}\n")
    if sys.platform == "win32":
        import_module("ctypes").windll.user32.MessageBoxW(None, words, "Collect", _WARNING)
    elif sys.platform == "darwin":
        script = "on run words\ndisplay alert (item 1 of words) message (item 2 of words) as critical\nend run"
        subprocess.run(["/usr/bin/osascript", "-e", script, "Collect", words], check=False)  # noqa: S603  # fixed words
