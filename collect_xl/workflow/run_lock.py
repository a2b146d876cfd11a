"""One run a workbook: a lock that dies with its process, kept away from the user's folders."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from collect_xl.errors import DiskError, HeldElsewhere


@contextmanager
def hold(folder: Path, workbook: Path, who: str) -> Iterator[None]:
    """Hold a workbook for one run, so that two runs do not write into it by turns.

    That nobody is asked twice does not rest on this lock but on the journal's claims; it only makes the second run
    stop early and say why.

    Args:
        folder: where locks are kept; made when missing.
        workbook: the file; links are resolved, so that two names of one file meet.
        who: what to tell the other run.

    Raises:
        HeldElsewhere: another run holds it.
        DiskError: the folder takes no lock.
    """
    note = _file(folder, workbook, "who")
    lock = FileLock(_file(folder, workbook, "lock"))
    try:
        with _on_disk(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire(timeout=0)
    except Timeout:
        message = f"{workbook.name} is being worked on by {_holder(note)}."
        raise HeldElsewhere(message, tip="Wait until that run has ended, then try again.") from None
    try:
        with _on_disk(folder):
            note.write_text(who, encoding="utf-8")
            # An earlier run may have ended before it saw that it was asked to stop.
            stop_file(folder, workbook).unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def stop_file(folder: Path, workbook: Path) -> Path:
    """Return the file that is there once the run on a workbook was asked to stop."""
    return _file(folder, workbook, "stop")


def ask_to_stop(folder: Path, workbook: Path) -> str:
    """Ask the run that holds a workbook to stop, and return who it is; empty where no run is on.

    Raises:
        DiskError: the folder cannot be written.
    """
    with _on_disk(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with FileLock(_file(folder, workbook, "lock")).acquire(timeout=0):
                return ""
        except Timeout:
            stop_file(folder, workbook).touch()
    return _holder(_file(folder, workbook, "who"))


def _file(folder: Path, workbook: Path, kind: str) -> Path:
    """Return a file about a workbook; links are resolved, so that two names of one file meet."""
    name = hashlib.sha256(os.path.realpath(workbook).encode()).hexdigest()[:24]
    return folder / f"{name}.{kind}"


def _holder(note: Path) -> str:
    with suppress(OSError):
        return note.read_text(encoding="utf-8") or "another run"
    return "another run"


@contextmanager
def _on_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except Timeout:  # an OSError, too
        raise
    except OSError as error:
        raise DiskError(
            f"The folder {folder} cannot be written: {error.strerror}.",
            tip="Make the folder writable or free some space, then run the same command again.",
        ) from error
