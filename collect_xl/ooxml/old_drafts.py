"""The names of drafts, and the removal of those that a killed run left behind."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final

from collect_xl.domain.own_files import NOT_THROUGH_LINKS, why_not_ours

if sys.platform != "win32":
    import fcntl

_NAME: Final = re.compile(r"\.~collect-xl-([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{12}\.tmp")
_SETTLED: Final = 3600.0
"""Seconds after which a draft is not between two steps of its run any more."""


def draft_name() -> str:
    """Return a new name for a draft, which says whose it is."""
    return f".~collect-xl-{_computer()}-{os.getpid()}-{os.urandom(6).hex()}.tmp"


def mark_alive(handle: int) -> None:
    """Show that a draft is being written, until its handle is closed or its process dies."""
    if sys.platform != "win32":
        # a disk without locks has no sign of life: age alone counts there
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sweep(folder: Path) -> None:
    """Remove the drafts of runs that were killed on this computer; leave all that is not surely ours and dead."""
    names: list[str] = []
    with suppress(OSError):
        names = [each for each in os.listdir(folder) if each.startswith(".~collect-xl-")]  # noqa: PTH208  # names alone
    for name in names:
        match = _NAME.fullmatch(name)
        if match is not None and match[1] == _computer():
            with suppress(OSError):
                _remove_if_dead(folder / name, int(match[2]))


def _remove_if_dead(draft: Path, process: int) -> None:
    status = draft.lstat()
    if why_not_ours(draft) or status.st_nlink > 1:
        return
    is_settled = time.time() - status.st_mtime > _SETTLED
    if sys.platform == "win32":
        # Windows removes no file that is open
        if is_settled:
            draft.unlink()
    elif is_settled or not _lives(process):
        # a run that has just made its draft may not have locked it yet, so that the lock alone proves nothing
        handle = os.open(draft, os.O_RDWR | os.O_NONBLOCK | NOT_THROUGH_LINKS)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.unlink()
        finally:
            os.close(handle)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _computer() -> str:
    """Return what tells this computer from others that share a folder."""
    return f"{zlib.crc32(platform.node().encode('utf-8', 'replace')):08x}"
