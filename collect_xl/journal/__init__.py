"""The durable memory: what was intended, what happened, who may be asked (SQLite, or PostgreSQL by URL)."""

from __future__ import annotations

from sqlalchemy import Engine

from collect_xl.journal.backups import backup, restore
from collect_xl.journal.claim_history import Change
from collect_xl.journal.database import engine_of, freeze, make_folder, opening_lock, private_file, refuse_place
from collect_xl.journal.database_errors import translated
from collect_xl.journal.merge import merge
from collect_xl.journal.migrate import bring_up, missing
from collect_xl.journal.own_journal import require_own
from collect_xl.journal.places import Place, locate, memory_place
from collect_xl.journal.postgres import require_trustworthy
from collect_xl.journal.store import DEADLINE, LEASE, Journal

__all__ = ["DEADLINE", "LEASE", "Change", "Journal", "backup", "merge", "open_journal", "refuse_journal", "restore"]


def open_journal(  # noqa: PLR0913  # the options are keywords
    url_or_path: str | None,
    *,
    who: str,
    create: bool = True,
    new: bool = True,
    lease: float = LEASE,
    deadline: float = DEADLINE,
    password: str | None = None,
) -> Journal:
    """Open the journal at a place, making or upgrading it as needed.

    Args:
        url_or_path: a file or a ``postgresql://`` URL; None for the user's data folder.
        who: for the history: ``ann on PC-7``.
        create: False to leave the disk alone: where there is no journal yet, an empty one that keeps nothing is opened.
        new: False where a missing journal is an error; without ``create`` the empty one then takes what is learned, and
            forgets it when it is closed.
        lease: seconds from a claim within which the body of its POST must begin to leave.
        deadline: seconds that a POST can live after its body began.
        password: of the server's user; None leaves it to PostgreSQL's own library.

    Returns:
        The journal, to be closed.

    Raises:
        JournalMissing: there is none yet, and none may be made.
        JournalError: it is damaged, newer than this release, out of reach, or would be where none may be.
        DiskError: file or folder cannot be made or written.
        HeldElsewhere: another run keeps it busy.
    """
    place = locate(url_or_path)
    # Before anything is made beside it: the place may be a workbook's, or a device.
    require_own(place)
    if place.file and not place.file.exists():
        if create and not new:
            raise missing(place)
        if not create:
            place = memory_place(place)
    if place.file:
        make_folder(place.file.parent)
    engine = engine_of(place, password)
    try:
        with translated(place.shown), opening_lock(place):
            _prepare(engine, place, new=new)
            return Journal(engine, place, who=who, lease=lease, deadline=deadline)
    except BaseException:
        engine.dispose()
        raise


def refuse_journal(url_or_path: str | None, *, new: bool) -> None:
    """Raise what ``open_journal`` would raise about a journal that is not there yet; nothing is made.

    Args:
        url_or_path: as for ``open_journal``.
        new: as for ``open_journal``.
    """
    place = locate(url_or_path)
    if place.file and not place.file.exists():
        if not new:
            raise missing(place)
        refuse_place(place)


def _prepare(engine: Engine, place: Place, *, new: bool) -> None:
    """Bring the tables up, and refuse a database that may lose what it is given."""
    # Before SQLite opens it: a file that SQLite makes itself may be read by others for a moment.
    if place.file:
        require_own(place)
        private_file(place.file)
    bring_up(engine, place, new=new or place.in_memory)
    # A journal that was only looked for must not seem to keep anything.
    if place.in_memory and new:
        freeze(engine)
    if place.on_server:
        require_trustworthy(engine)
