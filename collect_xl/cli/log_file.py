"""The log of a run in a file of the user's: one line an event; one that cannot be written ends no run."""

from __future__ import annotations

import logging
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TextIO

import collect_xl
from collect_xl.cli.invocation import CURRENT
from collect_xl.domain.own_files import kind_in_words, open_regular
from collect_xl.domain.plain_text import shown
from collect_xl.errors import DiskError, UsageError

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)


_log = logging.getLogger("collect_xl")


def log_to(path: Path, workbooks: str) -> None:
    """Let the program's log go into a file, from a line about the start to one about the end.

    Args:
        path: the file.
        workbooks: their names, for the first line.

    Raises:
        UsageError: the file is there already, and is no log.
        DiskError: it cannot be opened.
    """
    # A slip of the keyboard may name the workbook itself: a line at its end would damage it.
    if _is_no_log(path):
        message = f"{path} is there already and is no log, so it is left as it is. Nothing was sent."
        raise UsageError(message, tip="Name another file.")
    try:
        handler = _LogFile(_opened(path))
    except OSError as error:
        message = f"The log {path} cannot be written: {error.strerror}. Nothing was sent."
        raise DiskError(message, tip="Name a file in a folder that you may write to.") from error
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.info("start version=%s command=%s workbook=%s", collect_xl.__version__, CURRENT.command, workbooks)
    CURRENT.at_end.append(_log_end)


def log_error(message: str, code: int) -> None:
    """Log what ended the command."""
    if _log.handlers:
        _log.error("exit=%d %s", code, message)


def _log_end(code: int) -> None:
    _log.info("end exit=%d seconds=%.1f", code, time.monotonic() - CURRENT.begun)


class _LogFile(logging.StreamHandler[TextIO]):
    """A log whose first failure is said, and whose further ones are not."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._has_failed = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # its name in logging
        """Say once that the log cannot be written; the run goes on."""
        del record
        if not self._has_failed and sys.stderr is not None:
            print(f"The log cannot be written: {sys.exc_info()[1]}. The run goes on.", file=sys.stderr)  # noqa: T201
        self._has_failed = True


class _OneLine(logging.Formatter):
    """A line for each event, whatever a name holds, with its time and zone."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # its name in logging
        """Return the time in ISO 8601 with the zone of this computer."""
        del datefmt
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without addresses, keys and links: an error may quote a cell."""
        from collect_xl.addin.log import scrubbed  # noqa: PLC0415  # only where there is a log

        return shown(scrubbed(super().format(record)))


def _opened(path: Path) -> TextIO:
    # without a wait: a pipe that no one reads would hold the run up before it begins, or in its midst
    handle = os.open(path, _APPEND, 0o666)
    kind = kind_in_words(os.fstat(handle).st_mode)
    if kind in {"a pipe", "a socket"}:
        os.close(handle)
        raise OSError(0, f"it is {kind}, not a file")
    return os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")


def _is_no_log(path: Path) -> bool:
    """Return whether a file holds what no log does, as a workbook."""
    try:
        with open_regular(path) as file:
            return b"\0" in file.read(4096)
    except OSError:
        # It is not there yet, or opening it for writing will say what is wrong.
        return False
