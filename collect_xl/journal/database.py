"""How a journal's database is opened: what is committed is on the disk, and only its user can read it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

from collect_xl.domain.own_files import (
    NOT_THROUGH_LINKS,
    is_ours,
    kind_in_words,
    may_others_read,
    refuse_stranger,
    require_makable,
)
from collect_xl.errors import DiskError, HeldElsewhere, JournalError
from collect_xl.journal import postgres
from collect_xl.journal.places import Place
from collect_xl.remedies import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_SECONDS = 10
"""How long a writer waits for another one; a transaction takes a few milliseconds."""

_WRITES = postgres.WRITES

PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA synchronous=FULL",  # with NORMAL the last commits are lost with the power, and people asked again
    "PRAGMA fullfsync=ON",  # macOS: fsync alone does not reach the disk; elsewhere without effect
    "PRAGMA checkpoint_fullfsync=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cell_size_check=ON",  # finds damage when a page is read, not when it has done harm
    "PRAGMA trusted_schema=OFF",
)
"""What each connection to SQLite starts with."""


@contextmanager
def opening_lock(place: Place) -> Iterator[None]:
    """Keep others from opening, upgrading or replacing the same file meanwhile."""
    if place.file is None:
        yield
        return
    lock = FileLock(f"{place.file}.lock", timeout=BUSY_SECONDS, mode=0o600)
    refuse_stranger(Path(lock.lock_file), tip="Delete it if it is not yours to keep, or name another place.")
    try:
        with _on_disk(Path(lock.lock_file)):
            lock.acquire()
    except Timeout as error:
        raise HeldElsewhere(
            f"The send history {place.shown} is being opened or restored by another run.", tip="Try again in a minute."
        ) from error
    try:
        yield
    finally:
        lock.release()


def make_folder(folder: Path) -> None:
    """Create a folder that only its user can enter.

    One that is there already stays as it is.
    """
    with _on_disk(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def refuse_place(place: Place) -> None:
    """Raise ``DiskError`` where the folder of a journal that is not there yet could not be made; make nothing."""
    if place.file and not place.file.exists():
        folder = place.file.parent
        with _on_disk(folder):
            require_makable(folder)


def private_file(file: Path) -> None:
    """Create an empty file that only its user can read.

    One that is there already, and is known to be a journal of ours, is narrowed to its user. SQLite gives the side
    files the same rights.
    """
    with _on_disk(file):
        try:
            new_private_file(file)
        except FileExistsError:
            _narrow(file)


def new_private_file(file: Path) -> None:
    """Create an empty file that only its user can read; raise ``FileExistsError`` where there is anything."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    # Without this the name may be lost with the power although what was committed is on the disk.
    sync_folder(file.parent)


def _narrow(file: Path) -> None:
    if os.name != "posix":
        return
    # By its handle, and through no link: the name may stand for another file a moment later.
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | NOT_THROUGH_LINKS)
    try:
        status = os.fstat(handle)
        if not kind_in_words(status.st_mode) and is_ours(status) and may_others_read(status):
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


@contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"{path} cannot be made: {error.strerror}.",
            tip="Make the folder writable, or free some space.",
            remedies=(Remedy.MOVE_JOURNAL,),
        ) from error


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def copy_database(source: Path, target: Path) -> None:
    """Copy a database into a file that only its user can read.

    The database may be in use; the copy needs no side files.

    Args:
        source: exists.
        target: is replaced.
    """
    with _on_disk(target):
        target.unlink(missing_ok=True)
        new_private_file(target)
    # mode=rw: a database in use cannot be read without its shared memory, but must never be created here.
    old = sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True)
    with closing(old), closing(sqlite3.connect(target)) as new:
        new.execute("PRAGMA synchronous=FULL").close()
        new.execute("PRAGMA fullfsync=ON").close()
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE").close()


def engine_of(place: Place, password: str | None = None) -> Engine:
    """Return the engine, each of whose connections keeps what it commits.

    Args:
        place: where the database is.
        password: of the server's user; None leaves it to PostgreSQL's own library.
    """
    if place.url.get_backend_name() == "postgresql":
        return postgres.engine_of(place.url, BUSY_SECONDS, password)
    if place.in_memory:
        # One connection only: the next one would see another, empty database.
        engine = create_engine(place.url, poolclass=StaticPool, hide_parameters=True)
    else:
        engine = create_engine(place.url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def writer(engine: Engine) -> Engine:
    """Return the same engine for transactions that write: they take their turn when they begin."""
    return engine.execution_options(**{_WRITES: True})


def reader(engine: Engine) -> Engine:
    """Return the same engine for transactions that read: each sees one moment of the journal."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


def freeze(engine: Engine) -> None:
    """Let nothing more be written by this engine, whose one connection lives as long as itself."""
    with engine.connect() as db:
        db.exec_driver_sql("PRAGMA query_only=ON")


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver itself would begin a transaction too late, and let two writers both read first.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma).close()
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode not in {"wal", "memory"}:
        raise JournalError(
            "The send history's disk does not support write-ahead logging.",
            tip="Keep it on another local disk.",
        )


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its turn when it begins: two that both read first and then write would fail each other.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
