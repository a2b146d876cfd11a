"""Who may still be at work: which runs live, and what becomes of the claims of those that are gone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from filelock import FileLock, Timeout
from sqlalchemy import Connection, bindparam, select, update

from collect_xl.domain.own_files import own_folder, refuse_stranger, why_not_ours
from collect_xl.errors import DiskError, HeldElsewhere, JournalError
from collect_xl.journal import tables as t
from collect_xl.journal.changes import News, add_events
from collect_xl.journal.places import unsafe
from collect_xl.journal.tables import chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta
    from pathlib import Path

    from collect_xl.domain.ports import Ticket

_WHY: Final = "sender ended"
_LOCK: Final = ".lock"
_TIMES: Final = ("claimed_at", "lease_until", "quiet_from", "answered_at")
"""Columns of a batch that hold its sender's clock."""

# Made once, since every batch of a run needs them.
_OWNER = select(t.batches.c.owner).where(t.batches.c.id == bindparam("number"))
_UPDATE_BATCH = update(t.batches).where(t.batches.c.id == bindparam("number"))
_LEASE = (
    select(t.batches.c.owner, t.batches.c.lease_until, t.claims.c.state)
    .join_from(t.batches, t.claims)
    .where(t.batches.c.id == bindparam("number"))
)


class RunLocks:
    """The locks by which the runs of this computer show that they live.

    The operating system lets go of a lock when its process dies, however it dies. Sample usage::

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
        """Show that a run lives, until ``let_go`` or its death.

        Raises:
            HeldElsewhere: another run has its name.
            DiskError: the folder cannot be written.
        """
        if not self._trusted:
            return
        own_folder(self._folder)
        refuse_stranger(self._file(run), tip="Delete it, then run the same command again.")
        try:
            lock = FileLock(self._file(run), mode=0o600)
            # A second of patience: another run may just be looking whether this one is dead.
            lock.acquire(timeout=1)
        except Timeout as error:
            raise HeldElsewhere(f"A run with the name {run} is at work already.", tip="Try again.") from error
        except OSError as error:
            raise DiskError(
                f"The folder {self._folder} cannot be written: {error.strerror}.",
                tip="Make the folder writable or free some space, then run the same command again.",
            ) from error
        self._held[run] = lock

    def let_go(self, *, unrecorded: bool = False) -> None:
        """End all that is held here.

        Args:
            unrecorded: whether something these runs did could not be kept; their locks are then left to be found dead,
                so that others need not wait for the end of a lease.
        """
        while self._held:
            run, lock = self._held.popitem()
            lock.release()
            if not unrecorded:
                self._remove(run)

    def known(self) -> frozenset[str]:
        """Return the runs that left a lock here, living or dead.

        Raises:
            DiskError: the folder cannot be read, so that it is not known whether a run is alive.
        """
        try:
            with os.scandir(self._folder) as files:
                names = [file.name for file in files]
        except (FileNotFoundError, NotADirectoryError):
            return frozenset()
        except OSError as error:
            raise DiskError(
                f"The folder {self._folder} cannot be read: {error.strerror}, so that runs at work cannot be seen.",
                tip="Run the command as the user who owns the folder.",
            ) from error
        return frozenset(unquote(name.removesuffix(_LOCK)) for name in names if name.endswith(_LOCK))

    def dead(self, runs: Iterable[str]) -> frozenset[str]:
        """Return those of some runs whose process is gone for certain.

        Without a lock of theirs nothing is certain.
        """
        return frozenset(run for run in runs if run not in self._held and self._is_dead(run))

    def forget(self, runs: Iterable[str]) -> None:
        """Remove what dead runs left behind."""
        for run in runs:
            self._remove(run)

    def _is_dead(self, run: str) -> bool:
        file = self._file(run)
        if not self._trusted or not self._is_own_lock(file):
            return False
        # A process that lives, even one that is stopped, holds its lock; to get it is proof that the process is gone.
        try:
            with FileLock(file, timeout=0):
                return True
        except (Timeout, OSError):
            return False

    @staticmethod
    def _is_own_lock(file: Path) -> bool:
        try:
            return os.path.lexists(file) and not why_not_ours(file)
        except OSError:
            # Another user's folder: nothing there is certain.
            return False

    def _remove(self, run: str) -> None:
        try:
            self._file(run).unlink(missing_ok=True)
        except OSError:
            # Windows, while another run looks at it: it stays, and does no harm.
            return

    def _file(self, run: str) -> Path:
        return self._folder / f"{quote(run, safe='')}{_LOCK}"


def take_over(db: Connection, gone: frozenset[str], who: str, now: datetime) -> int:
    """Turn intents of dead runs, and those whose lease has ended, into unknown; return how many.

    Args:
        db: a transaction that writes.
        gone: runs whose process is dead for certain: no byte of theirs can leave any more.
        who: for the history.
        now: the time.
    """
    intents = (
        select(t.claims.c.id, t.claims.c.batch, t.batches.c.run, t.batches.c.lease_until)
        .join_from(t.claims, t.batches)
        .where(t.claims.c.state == "intent")
        .order_by(t.claims.c.id)
        .with_for_update(of=t.claims)
    )
    claims: list[int] = []
    batches_of_dead: set[int] = set()
    for intent in db.execute(intents):
        is_dead = intent.run in gone
        if is_dead or intent.lease_until <= now:
            claims.append(intent.id)
        # A run whose lease has merely ended may sleep, and its POST be under way: its batch is not quiet yet.
        if is_dead:
            batches_of_dead.add(intent.batch)
    _quieten(db, batches_of_dead, now)
    for some in chunks(claims):
        these = t.claims.c.id.in_(some)
        db.execute(update(t.claims).where(these).values(state="unknown", state_at=now, words="", why=_WHY))
    news = News("settler", who, "its sender ended before its outcome was known", now)
    add_events(db, news, [(claim, "intent", "unknown") for claim in claims])
    return len(claims)


def require_owner(db: Connection, ticket: Ticket) -> None:
    """Raise ``JournalError`` when the journal does not know a batch as this run's."""
    owner = db.execute(_OWNER, {"number": ticket.batch}).scalar_one_or_none()
    if owner != ticket.owner:
        raise JournalError(
            f"The send history does not know batch {ticket.batch} as this run's.",
            tip="It was replaced while this run used it. Look at Collect before sending again.",
        )


def is_owner(db: Connection, ticket: Ticket, clock: Callable[[], datetime]) -> bool:
    """Return whether a batch is still this run's, undecided by anyone else, and its lease still runs."""
    lines = db.execute(_LEASE, {"number": ticket.batch}).all()
    # Asked after the disk, which may have taken long to answer.
    now = clock()
    return bool(lines) and all(
        owner == ticket.owner and now < until and state == "intent" for owner, until, state in lines
    )


def end_lease(db: Connection, ticket: Ticket, now: datetime, *, answered: bool) -> None:
    """Keep that the sender is silent from here on, and whether its answer was read to its end.

    A look at Collect from before proves nothing about its batch, and is forgotten.
    """
    ended = {"lease_until": min(now, ticket.lease_until), "quiet_from": now, "first_look": None}
    if answered:
        ended["answered_at"] = now
    db.execute(_UPDATE_BATCH, {"number": ticket.batch, **ended})


def set_clock_right(db: Connection, batch: int, ahead: timedelta) -> None:
    """Move the times of a batch whose sender's clock was ahead; a look by that clock proves nothing."""
    this = t.batches.c.id == batch
    columns = [t.batches.c[name] for name in _TIMES]
    line = db.execute(select(*columns, t.batches.c.server_offset).where(this)).mappings().one()
    moved = {name: line[name] - ahead for name in _TIMES if line[name]}
    if line["server_offset"] is not None:
        moved["server_offset"] = line["server_offset"] + ahead.total_seconds()
    db.execute(update(t.batches).where(this).values(**moved, first_look=None))


def _quieten(db: Connection, batches: Iterable[int], now: datetime) -> None:
    for some in chunks(sorted(batches)):
        not_yet_quiet = t.batches.c.id.in_(some) & (t.batches.c.quiet_from > now)
        db.execute(update(t.batches).where(not_yet_quiet).values(quiet_from=now))
