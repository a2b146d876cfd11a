"""What the database says when it fails, as our own errors."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from collect_xl.errors import CollectXlError, DiskError, HeldElsewhere, JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DAMAGED_TIP: Final = (
    "Restore a backup with `collect-xl journal restore FILE`; the present file is kept beside it. "
    "Do not delete the journal: it knows who was asked already."
)
_DISK_TIP: Final = "Nothing more is sent. Free some space or make the folder writable, then run the same command again."
_BUSY_TIP: Final = "Wait until the other run has ended, then run the same command again."
_LET_IN_TIP: Final = (
    "Check the user in the journal's address, and the password: `collect-xl key status --journal` "
    "tells where it comes from."
)


class ContentionError(HeldElsewhere):
    """Another writer was quicker; the whole transaction may be tried again."""


_Meaning: TypeAlias = "tuple[type[CollectXlError], str, str]"
"""Which error of ours, how the sentence ends, and the tip."""

# By SQLite's primary result codes (the low byte).
_SQLITE: Mapping[int, _Meaning] = {
    sqlite3.SQLITE_BUSY: (HeldElsewhere, "is kept busy by another run", _BUSY_TIP),
    sqlite3.SQLITE_LOCKED: (HeldElsewhere, "is kept busy by another run", _BUSY_TIP),
    sqlite3.SQLITE_READONLY: (DiskError, "cannot be written: file or folder are read-only", _DISK_TIP),
    sqlite3.SQLITE_PERM: (DiskError, "cannot be written: the rights are missing", _DISK_TIP),
    sqlite3.SQLITE_IOERR: (DiskError, "cannot be written or read: the disk reported an error", _DISK_TIP),
    sqlite3.SQLITE_FULL: (DiskError, "cannot be written: the disk is full", _DISK_TIP),
    sqlite3.SQLITE_CANTOPEN: (DiskError, "cannot be opened", _DISK_TIP),
    sqlite3.SQLITE_CORRUPT: (JournalError, "is damaged", DAMAGED_TIP),
    sqlite3.SQLITE_NOTADB: (JournalError, "is damaged, or no journal at all", DAMAGED_TIP),
}
_ODD_FILE = (JournalError, "is damaged, or of another kind than it says", DAMAGED_TIP)

_WRONG_USER: Final = "28"

# By PostgreSQL's SQLSTATE, whole or by class.
_POSTGRES: Mapping[str, _Meaning] = {
    # Deadlock and serialization: the transaction is undone.
    "40": (ContentionError, "is kept busy by another run", _BUSY_TIP),
    "55P03": (HeldElsewhere, "is kept busy by another run", _BUSY_TIP),  # lock_timeout
    "57014": (HeldElsewhere, "did not answer in time", _BUSY_TIP),  # statement_timeout
    "53100": (DiskError, "cannot be written: the server's disk is full", _DISK_TIP),
    "25006": (DiskError, "cannot be written: the server is read-only", _DISK_TIP),
    "58": (DiskError, "cannot be written or read: the server's disk reported an error", _DISK_TIP),
    "XX": (JournalError, "is damaged", "Ask the database's keeper to restore a backup."),
    _WRONG_USER: (JournalError, "refused the user or password", _LET_IN_TIP),
    "42501": (
        JournalError,
        "denies the rights that are needed",
        "Grant the user rights on the schema.",
    ),
}

# What the driver says when the server turns a user away, which it gives no SQLSTATE.
_TURNED_AWAY: Final = ("no password supplied", "authentication failed", "no pg_hba.conf entry")

_OUT_OF_REACH = (
    JournalError,
    "cannot be used",
    "Check that the journal's place is right and can be reached, then try again.",
)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn the database's errors into ours.

    Args:
        place: what the message calls the journal: its path, or its URL without the password.
    """
    try:
        yield
    except IntegrityError as error:
        # Another writer inserted the same line first.
        raise ContentionError(f"The journal {place} is kept busy by another run.", tip=_BUSY_TIP) from error
    except DBAPIError as error:
        raise _ours(error.orig, place) from error
    except sqlite3.Error as error:
        raise _ours(error, place) from error
    except SQLAlchemyError as error:
        raise JournalError(f"The journal {place} cannot be used: {error}", tip=DAMAGED_TIP) from error


def _ours(error: BaseException | None, place: str) -> CollectXlError:
    kind, end, tip = _meaning(error)
    return kind(f"The journal {place} {end} ({str(error).strip()}).", tip=tip)


def _meaning(error: BaseException | None) -> _Meaning:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF, _ODD_FILE)
    state: str = getattr(error, "sqlstate", None) or ""
    if not state and any(words in str(error) for words in _TURNED_AWAY):
        state = _WRONG_USER
    return _POSTGRES.get(state) or _POSTGRES.get(state[:2]) or _OUT_OF_REACH
