"""How a journal's database is found and opened: what is committed is on the disk, and nobody else can read it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from collect_xl.errors import DiskError, HeldElsewhere, JournalError
from collect_xl.journal import postgres
from collect_xl.journal.places import FILE_NAME, default_folder, refuse_unsafe

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

__all__ = [
    "Place",
    "engine_of",
    "freeze",
    "locate",
    "make_folder",
    "memory_place",
    "opening_lock",
    "place_of",
    "private_file",
    "reader",
    "sync_folder",
    "writer",
]

BUSY_SECONDS = 10
"""How long a writer waits for another one; a transaction takes a few milliseconds."""

_WRITES = postgres.WRITES
_BARE_TIP = "Take it out, and keep it with: collect-xl key set --journal, or set COLLECT_XL_JOURNAL_PASSWORD."

# Each connection to SQLite starts with these.
PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA synchronous=FULL",  # with NORMAL the last commits are lost with the power, and people asked again
    "PRAGMA fullfsync=ON",  # macOS: fsync alone does not reach the disk; elsewhere without effect
    "PRAGMA checkpoint_fullfsync=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cell_size_check=ON",  # finds damage when a page is read, not when it has done harm
    "PRAGMA trusted_schema=OFF",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a journal lies."""

    url: URL
    file: Path | None
    """The SQLite file; None for PostgreSQL and for a journal in memory."""
    shown: str
    """For messages: the path, or the URL without its password."""
    folder: Path
    """Holds ``runs/``, by which runs of this computer tell each other that they live."""

    @property
    def in_memory(self) -> bool:
        """Whether this is the stand-in for a journal that does not exist yet."""
        return self.url.database is None


def locate(url_or_path: str | None) -> Place:
    """Return the place that a setting names.

    Args:
        url_or_path: a file, ``sqlite:///FILE``, ``postgresql://...``; None for the user's data folder.

    Raises:
        JournalError: the URL is of another database, or the file would lie where none may lie.
    """
    if url_or_path is None:
        return _file_place(default_folder() / FILE_NAME)
    if "://" not in url_or_path:
        return _file_place(Path(url_or_path))
    url = _parsed(url_or_path)
    if url.get_backend_name() == "sqlite" and url.database:
        return _file_place(Path(url.database))
    if url.get_backend_name() == "postgresql":
        _refuse_password(url)
        return Place(url.set(drivername="postgresql+psycopg"), None, url.render_as_string(), default_folder())
    raise JournalError(
        f"A journal cannot be kept in {url.render_as_string()}.",
        tip="Name a file on this computer's own disk, or a postgresql:// URL.",
    )


def _refuse_password(url: URL) -> None:
    if url.password is not None or {"password", "sslpassword"} & url.query.keys():
        raise JournalError("The journal's address holds a password, which does not belong there.", tip=_BARE_TIP)


def _parsed(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # The text may hold a password, so neither it nor the cause is shown.
        raise JournalError(
            "The journal's URL cannot be read.", tip="Write it as postgresql://USER@HOST/DATABASE."
        ) from None


def _file_place(path: Path) -> Place:
    file = path.expanduser().resolve()
    refuse_unsafe(file)
    return place_of(file)


def place_of(file: Path, shown: str = "") -> Place:
    """Return the place of a file that is known to lie well."""
    return Place(URL.create("sqlite", database=str(file)), file, shown or str(file), file.parent)


def memory_place(place: Place) -> Place:
    """Return a stand-in for a journal that does not exist yet."""
    return Place(URL.create("sqlite"), None, place.shown, place.folder)


@contextmanager
def opening_lock(place: Place) -> Iterator[None]:
    """Keep others from opening, upgrading or replacing the same file meanwhile."""
    if place.file is None:
        yield
        return
    lock = FileLock(f"{place.file}.lock", timeout=BUSY_SECONDS, mode=0o600)
    try:
        with _on_disk(Path(lock.lock_file)):
            lock.acquire()
    except Timeout as error:
        raise HeldElsewhere(
            f"The journal {place.shown} is being opened or restored by another run.", tip="Try again in a minute."
        ) from error
    try:
        yield
    finally:
        lock.release()


def make_folder(folder: Path) -> None:
    """Create a folder that only its user can enter; one that is there already stays as it is."""
    with _on_disk(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def private_file(file: Path) -> None:
    """Create an empty file that only its user can read; one that is there already is narrowed to its user.

    SQLite gives the side files the same rights.
    """
    with _on_disk(file):
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            sync_folder(file.parent)
        except FileExistsError:
            if os.name == "posix" and file.stat().st_mode & 0o077:
                file.chmod(0o600)


@contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"{path} cannot be made: {error.strerror}.",
            tip="Make the folder writable, free some space, or name another place with "
            "`collect-xl config set journal PATH`.",
        ) from error


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def engine_of(place: Place, password: str | None = None) -> Engine:
    """Return the engine, each of whose connections keeps what it commits.

    Args:
        place: where the database is.
        password: of the server's user; None leaves it to PostgreSQL's own library.
    """
    if place.url.get_backend_name() == "postgresql":
        return postgres.engine_of(place.url, BUSY_SECONDS, password)
    if place.in_memory:
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
    """Return the same engine for transactions that read: all their questions are answered as of one moment."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


def freeze(engine: Engine) -> None:
    """Let nothing more be written by this engine, whose one connection lives as long as itself."""
    with engine.connect() as db:
        db.exec_driver_sql("PRAGMA query_only=ON")


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own idea of when to begin is switched off: it begins too late, and lets two writers both read first.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma).close()
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode not in {"wal", "memory"}:
        raise JournalError(
            "The journal's disk does not support write-ahead logging.", tip="Keep the journal on another local disk."
        )


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
