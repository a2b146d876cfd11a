"""One run a workbook: a lock that dies with its process, kept away from the user's folders."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from collect_xl.domain.own_files import open_regular, own_folder, refuse_stranger
from collect_xl.domain.plain_text import cleaned
from collect_xl.errors import DiskError, HeldElsewhere

_DELETE_IT = "Delete it, then run the same command again."

_LONGEST_NOTE = 500
"""Bytes of a note that are read."""


@contextmanager
def hold(folder: Path, workbook: Path, who: str) -> Iterator[None]:
    """Hold a workbook for one run, so that two runs do not write into it by turns.

    That no one is asked twice does not rest on this lock but on the journal's claims; it only makes the second run
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
    own_folder(folder)
    refuse_stranger(_file(folder, workbook, "lock"), tip=_DELETE_IT)
    try:
        with _on_disk(folder):
            lock.acquire(timeout=0)
    except Timeout:
        raise _held(folder, workbook) from None
    try:
        with _on_disk(folder):
            _leave_note(note, who)
            # An earlier run may have ended before it saw that it was asked to stop.
            stop_file(folder, workbook).unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def refuse_held(folder: Path, workbook: Path) -> None:
    """Raise ``HeldElsewhere`` where a run is on; nothing is made or held."""
    if os.path.lexists(_file(folder, workbook, "lock")) and _is_held(folder, workbook):
        raise _held(folder, workbook)


def _is_held(folder: Path, workbook: Path) -> bool:
    """Return whether a run holds a workbook at this moment.

    Raises:
        DiskError: the lock is not ours, or cannot be opened.
    """
    lock = _file(folder, workbook, "lock")
    refuse_stranger(lock, tip=_DELETE_IT)
    try:
        with _on_disk(folder), FileLock(lock).acquire(timeout=0):
            return False
    except Timeout:
        return True


def _held(folder: Path, workbook: Path) -> HeldElsewhere:
    message = f"{workbook.name} is being worked on by {_holder(_file(folder, workbook, 'who'))}."
    return HeldElsewhere(message, tip="Wait until that run has ended, then try again.")


def _leave_note(note: Path, who: str) -> None:
    # Whatever is in the note's place is replaced: a link would lead the writing to another file.
    new = note.with_name(f".{secrets.token_hex(6)}.who")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(who.encode("utf-8", "replace"))
    new.replace(note)


def stop_file(folder: Path, workbook: Path) -> Path:
    """Return the file that is there once the run on a workbook was asked to stop."""
    return _file(folder, workbook, "stop")


def ask_to_stop(folder: Path, workbook: Path) -> str:
    """Ask the run that holds a workbook to stop, and return who it is; empty where no run is on.

    Raises:
        DiskError: the folder cannot be written.
    """
    own_folder(folder)
    refuse_stranger(stop_file(folder, workbook), tip=_DELETE_IT)
    if not _is_held(folder, workbook):
        return ""
    with _on_disk(folder):
        stop_file(folder, workbook).touch()
    return _holder(_file(folder, workbook, "who"))


def _file(folder: Path, workbook: Path, kind: str) -> Path:
    """Return a file about a workbook; links are resolved, so that two names of one file meet."""
    name = hashlib.sha256(os.fsencode(os.path.realpath(workbook))).hexdigest()[:24]
    return folder / f"{name}.{kind}"


def _holder(note: Path) -> str:
    with suppress(OSError), open_regular(note, follow_links=False) as file:
        return cleaned(file.read(_LONGEST_NOTE).decode("utf-8", "replace")) or "another run"
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
