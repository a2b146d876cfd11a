"""Backup and restore of journals that are files."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from collect_xl.domain.own_files import open_regular, why_not_ours
from collect_xl.errors import DiskError, HeldElsewhere, JournalError
from collect_xl.journal import tables as t
from collect_xl.journal.database import copy_database, engine_of, make_folder, opening_lock, private_file, sync_folder
from collect_xl.journal.database_errors import translated
from collect_xl.journal.leases import RunLocks
from collect_xl.journal.migrate import bring_up, version_of
from collect_xl.journal.own_journal import DATABASE, require_own, tables_of
from collect_xl.journal.places import FILE_NAME, Place, locate, place_of
from collect_xl.remedies import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator


def backup(url_or_path: str | None, target: Path) -> None:
    """Copy a journal into a file that only its user can read.

    The journal may be in use. An older backup is replaced once the new one is whole.

    Args:
        url_or_path: the journal, as for ``open_journal``.
        target: the backup's file; its folder exists.

    Raises:
        JournalError: there is no journal, it is damaged, or it is no file; the target is something else than a backup.
        DiskError: the target cannot be written.
    """
    place = locate(url_or_path)
    file = _file_of(place)
    require_own(place)
    if not file.exists():
        raise JournalError(
            f"There is no send history {file} yet.", tip="Nothing was sent from here yet: nothing to back up."
        )
    target = _real(target)
    if target == file:
        raise JournalError("A send history cannot be its own backup.", tip="Name another file.")
    if not _may_be_replaced(target):
        raise JournalError(
            f"{target} is there already and is no send history, so it is left as it is.", tip="Name another file."
        )
    # Beside the target first: a backup that fails half-way leaves the older one as it is.
    fresh = target.with_name(f".{secrets.token_hex(6)}.writing")
    with _removed_at_end(fresh), translated(str(target)):
        copy_database(file, fresh)
        _place_file(fresh, target)


def restore(url_or_path: str | None, source: Path) -> Path | None:
    """Put a backup into a journal's place; the present journal is kept beside.

    The backup is looked through from end to end before anything changes. What was claimed after the backup is only in
    the journal that is kept beside: ``merge`` brings it back, if that can still be read.

    Args:
        url_or_path: the journal, as for ``open_journal``.
        source: the backup.

    Returns:
        Where the present journal is kept; None when there was none.

    Raises:
        JournalError: the backup is no journal, is damaged, or newer than this release.
        HeldElsewhere: a run is at work.
    """
    place = locate(url_or_path)
    file = _file_of(place)
    _refuse_other_file(file)
    make_folder(file.parent)
    # While the lock is held no run can begin, and none that began before is overlooked.
    with checked_copy(source, file) as fresh, translated(place.shown), opening_lock(place):
        _require_no_run(place)
        kept = _set_aside(file)
        _place_file(_file_of(fresh), file)
    return kept


@contextmanager
def checked_copy(source: Path, beside: Path) -> Iterator[Place]:
    """Give a checked copy of another journal, upgraded to our version.

    It is beside ours and is removed at the end.

    Args:
        source: the other journal or backup; it is not changed.
        beside: our own journal's file.
    """
    source = _real(source)
    if not _is_file(source) or source == beside:
        raise JournalError(f"{source} is no backup of a send history.", tip="Name a file that `history backup` wrote.")
    fresh = beside.with_name(f".{secrets.token_hex(6)}.checking")
    with _removed_at_end(fresh), translated(str(source)):
        copy_database(source, fresh)
        place = place_of(fresh, shown=str(source))
        engine = engine_of(place)
        try:
            with engine.connect() as db:
                _require_journal(db, place)
            bring_up(engine, place)
        finally:
            engine.dispose()
        yield place


def _refuse_other_file(file: Path) -> None:
    """Raise ``JournalError`` where a restored journal would take the place of something that never was one.

    A damaged journal may hold anything; a file that does not even begin as one is believed by the usual name alone.
    """
    if file.name == FILE_NAME and not why_not_ours(file):
        return
    if not _may_be_replaced(file):
        raise JournalError(
            f"{file} is not known to be a send history, so it is left as it is.",
            tip="If it is the damaged send history, rename it and restore again.",
            remedies=(Remedy.MOVE_JOURNAL,),
        )


def _real(path: Path) -> Path:
    """Return the file that a name leads to, whether or not it is there."""
    return Path(os.path.realpath(os.path.expanduser(path)))  # noqa: PTH111  # Path raises for a home that is unknown


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # Its name is too long, or its folder may not be entered.
        return False


def _may_be_replaced(target: Path) -> bool:
    """Return whether a file is not there, is empty, or is a journal."""
    try:
        if why_not_ours(target):
            return False
        with open_regular(target, follow_links=False) as file:
            start = file.read(len(DATABASE))
        return not start or (start == DATABASE and t.journal.name in tables_of(target))
    except FileNotFoundError:
        return True
    except (OSError, sqlite3.Error):
        # A file that we may not read, or that is damaged.
        return False


def _require_journal(db: Connection, place: Place) -> None:
    result = db.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if result != "ok":
        raise JournalError(f"The backup {place.shown} is damaged ({result}).", tip="Name another backup.")
    if version_of(db, place) is None:
        raise JournalError(f"{place.shown} is empty, not a send history.", tip="Name another backup.")


def _file_of(place: Place) -> Path:
    if place.file is None:
        raise JournalError(
            f"The send history {place.shown} is not a file.", tip="Use the tools of PostgreSQL: pg_dump and pg_restore."
        )
    return place.file


def _require_no_run(place: Place) -> None:
    locks = RunLocks(place.folder / "runs")
    runs = locks.known()
    living = runs - locks.dead(runs)
    if living:
        raise HeldElsewhere(
            f"Run {min(living)} is at work with the send history {place.shown}.",
            tip="Wait until it has ended, then restore again.",
        )


def _set_aside(file: Path) -> Path | None:
    """Keep the present journal beside the new one.

    No side file of it stays that would be taken for the new one's.
    """
    if not file.exists():
        return None
    kept = file.with_name(f"{file.name}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    try:
        copy_database(file, kept)
        with closing(sqlite3.connect(file, timeout=1)) as old:
            # Succeeds only when no other program has it open; it also empties the side files into the journal.
            old.execute("PRAGMA journal_mode=DELETE").close()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise
        _copy_damaged(file, kept)
    return kept


def _copy_damaged(file: Path, kept: Path) -> None:
    """Keep a journal that SQLite cannot read byte for byte, and remove its side files."""
    for suffix in ("", "-wal"):
        side = file.with_name(file.name + suffix)
        if side.exists():
            copy = kept.with_name(kept.name + suffix)
            private_file(copy)
            shutil.copyfile(side, copy)
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _place_file(fresh: Path, target: Path) -> None:
    try:
        fresh.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise DiskError(
            f"{target} cannot be written: {error.strerror}.", tip="Close what has it open, or make its folder writable."
        ) from error


@contextmanager
def _removed_at_end(file: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
