"""Which runs of this computer live: each holds a lock of the operating system for as long as its process breathes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from filelock import FileLock, Timeout

from collect_xl.errors import DiskError, HeldElsewhere
from collect_xl.journal.places import unsafe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["RunLocks"]


class RunLocks:
    """The locks of runs in one folder; the operating system lets go of a lock when its process dies, however it dies.

    Sample usage::

        locks = RunLocks(folder / "runs")
        locks.hold("20261123-1412-7f3a")
        locks.dead(["20261123-1355-09bc"])

    Args:
        folder: on this computer; where locks cannot be trusted nothing is ever called dead.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._trusted = not unsafe(folder / "lock")
        self._held: dict[str, FileLock] = {}

    def hold(self, run: str) -> None:
        """Show until ``let_go``, or death, that a run lives; raise ``HeldElsewhere`` when another one has its name."""
        if not self._trusted:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self._file(run), mode=0o600)
            lock.acquire(timeout=1)
        except Timeout as error:
            raise HeldElsewhere(f"A run with the name {run} is at work already.", tip="Try again.") from error
        except OSError as error:
            raise DiskError(
                f"The folder {self._folder} cannot be written: {error.strerror}.",
                tip="Make the folder writable or free some space, then run the same command again.",
            ) from error
        self._held[run] = lock

    def let_go(self, *, unsaid: bool = False) -> None:
        """End all that is held here.

        Args:
            unsaid: whether something these runs did could not be kept; they are then left to be found dead, so that
                others need not wait for the end of a lease.
        """
        while self._held:
            run, lock = self._held.popitem()
            lock.release()
            if not unsaid:
                self._remove(run)

    def known(self) -> frozenset[str]:
        """Return the runs that left a lock in this folder, living or dead; none where the folder cannot be read."""
        try:
            return frozenset(unquote(file.stem) for file in self._folder.glob("*.lock"))
        except OSError:
            return frozenset()

    def dead(self, runs: Iterable[str]) -> frozenset[str]:
        """Return those of some runs whose process is gone for certain; without a lock of theirs nothing is certain."""
        return frozenset(run for run in runs if run not in self._held and self._is_dead(run))

    def forget(self, runs: Iterable[str]) -> None:
        """Remove what dead runs left behind."""
        for run in runs:
            self._remove(run)

    def _is_dead(self, run: str) -> bool:
        file = self._file(run)
        if not self._trusted or not file.exists():
            return False
        try:
            with FileLock(file, timeout=0):
                return True
        except (Timeout, OSError):
            return False

    def _remove(self, run: str) -> None:
        try:
            self._file(run).unlink(missing_ok=True)
        except OSError:  # Windows, while another run looks at it: it stays, and does no harm
            return

    def _file(self, run: str) -> Path:
        return self._folder / f"{quote(run, safe='')}.lock"
