"""What the database says when it fails, as our own errors."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from collect_xl.errors import CollectXlError, DiskError, HeldElsewhere, JournalError
from collect_xl.remedies import Advice, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DAMAGED: Final = Advice(
    "Do not delete it: it knows who was asked already. A restored backup keeps the present file beside it.",
    (Remedy.RESTORE_JOURNAL,),
)
_DISK: Final = Advice(
    "Nothing more is sent. Free some space or make the folder writable, then run the same command again."
)
_BUSY: Final = Advice("Wait until the other run has ended, then try again.")
_LET_IN: Final = Advice("Check the user in the send history's address, and the password.", (Remedy.FIND_JOURNAL_LOGIN,))


class ContentionError(HeldElsewhere):
    """Another writer was quicker; the whole transaction may be tried again."""


_Meaning: TypeAlias = "tuple[type[CollectXlError], str, Advice]"
"""Which error of ours, how the sentence ends, and what to do."""

# By SQLite's primary result codes (the low byte).
_SQLITE: Mapping[int, _Meaning] = {
    sqlite3.SQLITE_BUSY: (HeldElsewhere, "is kept busy by another run", _BUSY),
    sqlite3.SQLITE_LOCKED: (HeldElsewhere, "is kept busy by another run", _BUSY),
    sqlite3.SQLITE_READONLY: (DiskError, "cannot be written: file or folder are read-only", _DISK),
    sqlite3.SQLITE_PERM: (DiskError, "cannot be written: the rights are missing", _DISK),
    sqlite3.SQLITE_IOERR: (DiskError, "cannot be written or read: the disk reported an error", _DISK),
    sqlite3.SQLITE_FULL: (DiskError, "cannot be written: the disk is full", _DISK),
    sqlite3.SQLITE_CANTOPEN: (DiskError, "cannot be opened", _DISK),
    sqlite3.SQLITE_CORRUPT: (JournalError, "is damaged", DAMAGED),
    sqlite3.SQLITE_NOTADB: (JournalError, "is damaged, or no send history at all", DAMAGED),
}
_ODD_FILE = (JournalError, "is damaged, or of another kind than it says", DAMAGED)

_WRONG_USER: Final = "28"

# By PostgreSQL's SQLSTATE, whole or by class.
_POSTGRES: Mapping[str, _Meaning] = {
    # Deadlock and serialization: the transaction is undone.
    "40": (ContentionError, "is kept busy by another run", _BUSY),
    "55P03": (HeldElsewhere, "is kept busy by another run", _BUSY),  # lock_timeout
    "57014": (HeldElsewhere, "did not answer in time", _BUSY),  # statement_timeout
    "53100": (DiskError, "cannot be written: the server's disk is full", _DISK),
    "25006": (DiskError, "cannot be written: the server is read-only", _DISK),
    "58": (DiskError, "cannot be written or read: the server's disk reported an error", _DISK),
    "XX": (JournalError, "is damaged", Advice("Ask the administrator of the database to restore a backup.")),
    _WRONG_USER: (JournalError, "refused the user or password", _LET_IN),
    "42501": (
        JournalError,
        "denies the rights that are needed",
        Advice("Grant the user rights on the schema."),
    ),
}

# What the driver says when the server turns a user away, which it gives no SQLSTATE.
_TURNED_AWAY: Final = ("no password supplied", "authentication failed", "no pg_hba.conf entry")

_OUT_OF_REACH = (
    JournalError,
    "cannot be used",
    Advice("Check that the send history's place is right and can be reached, then try again."),
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
        raise ContentionError(f"The send history {place} is kept busy by another run.", tip=_BUSY) from error
    except DBAPIError as error:
        raise _ours(error.orig, place) from error
    except sqlite3.Error as error:
        raise _ours(error, place) from error
    except SQLAlchemyError as error:
        raise JournalError(f"The send history {place} cannot be used: {error}", tip=DAMAGED) from error


def _ours(error: BaseException | None, place: str) -> CollectXlError:
    kind, end, advice = _meaning(error)
    message = f"The send history {place} {end} ({str(error).strip()})."
    return kind(message, tip=advice)


def _meaning(error: BaseException | None) -> _Meaning:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF, _ODD_FILE)
    state: str = getattr(error, "sqlstate", None) or ""
    if not state and any(words in str(error) for words in _TURNED_AWAY):
        state = _WRONG_USER
    return _POSTGRES.get(state) or _POSTGRES.get(state[:2]) or _OUT_OF_REACH
