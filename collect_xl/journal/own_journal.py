"""Whether the file in a journal's place is a journal of this user's, found out without touching it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from collect_xl.domain.own_files import may_others_read, open_regular, why_not_ours
from collect_xl.errors import JournalError
from collect_xl.journal import tables as t
from collect_xl.journal.database_errors import DAMAGED, translated
from collect_xl.journal.places import Place
from collect_xl.remedies import Advice, Remedy

DATABASE: Final = b"SQLite format 3\0"
"""How a file of SQLite begins."""

_ELSEWHERE: Final = Advice("A setting, or COLLECT_XL_HISTORY, names this place.", (Remedy.MOVE_JOURNAL,))
_NO_DATABASE: Final = Advice(f"Is it another file? Then name another place. {DAMAGED.words}", DAMAGED.remedies)


def require_own(place: Place) -> None:
    """Raise ``JournalError`` for a file that is not known to be a journal of this user's.

    Nothing is opened for writing here, and no right is changed: the setting may name a workbook by mistake, a device,
    or a file of another user's. A file that is not there yet may become a journal.
    """
    file = place.file
    if file is None:
        return
    try:
        reason = why_not_ours(file)
        if not reason and os.path.lexists(file):
            reason = _why_no_journal(file, place.shown)
    except OSError as error:
        raise JournalError(
            f"The send history {place.shown} cannot be read: {error.strerror}.", tip=_ELSEWHERE
        ) from error
    if reason:
        raise JournalError(
            f"The send history {place.shown} {reason}. It was left as it is, and nothing was sent.", tip=_ELSEWHERE
        )


def _why_no_journal(file: Path, shown: str) -> str:
    """Return why a file's content is no journal, as the end of a sentence."""
    with open_regular(file, follow_links=False) as opened:
        status = os.fstat(opened.fileno())
        start = opened.read(len(DATABASE))
    if not start:
        # A run that died between the making of its journal and the first page leaves an empty file, always private.
        return "is an empty file that collect-xl did not make" if may_others_read(status) else ""
    if start != DATABASE:
        raise JournalError(
            f"The send history {shown} is damaged, or none at all. It was left as it is, and nothing was sent.",
            tip=_NO_DATABASE,
        )
    with translated(shown):
        tables = tables_of(file)
    return "is a database of another program" if tables and t.journal.name not in tables else ""


def tables_of(file: Path) -> frozenset[str]:
    """Return the names of a SQLite file's tables, without a change to it or beside it."""
    # A file in use has a log beside it that must be read, too. Where there is none, nothing is made beside it.
    is_in_use = os.path.lexists(f"{file}-wal")
    how = "mode=ro" if is_in_use else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{file.as_uri()}?{how}", uri=True)) as db:
        lines = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return frozenset(str(name) for (name,) in lines)
