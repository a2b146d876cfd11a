"""One run a workbook: a lock that dies with its process, kept away from the user's folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from collect_xl.errors import HeldElsewhere

__all__ = ["hold"]


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
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = hashlib.sha256(str(workbook.resolve()).encode()).hexdigest()[:24]
    note = folder / f"{name}.who"
    lock = FileLock(folder / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        holder = note.read_text(encoding="utf-8") if note.exists() else "another run"
        message = f"{workbook.name} is being worked on by {holder}."
        raise HeldElsewhere(message, tip="Wait until that run has ended, then try again.") from None
    try:
        note.write_text(who, encoding="utf-8")
        yield
    finally:
        lock.release()
