"""How a journal of an earlier version becomes one of this version, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, select, text, update

from collect_xl.errors import JournalError, JournalMissing
from collect_xl.journal import tables as t
from collect_xl.journal.database import copy_database, writer
from collect_xl.journal.database_errors import DAMAGED
from collect_xl.journal.own_tables import require_own_tables, require_passive
from collect_xl.journal.places import Place
from collect_xl.journal.version_3 import to_version_3
from collect_xl.journal.version_4 import to_version_4
from collect_xl.journal.version_5 import to_version_5
from collect_xl.remedies import Remedy

if TYPE_CHECKING:
    from pathlib import Path

Migration = Callable[[Connection], None]


def _add_budgets(db: Connection) -> None:
    t.budgets.create(db)


MIGRATIONS: Mapping[int, Migration] = {1: _add_budgets, 2: to_version_3, 3: to_version_4, 4: to_version_5}
"""Version -> what turns a journal of this version into one of the next, inside one transaction with the others."""

CHECKED_BYTES: Final = 100_000_000
"""A journal up to this size (140,000 claims) is looked through whenever it is opened, in at most 0.2 s; in a larger
one damage shows where it is read."""

# One number for all runs that create or upgrade a journal on the same PostgreSQL database.
_UPGRADE_TURN = 0x636F6C6C


def missing(place: Place) -> JournalMissing:
    """Return the error for a journal that is not there, where that may be wrong."""
    # A database takes in the claims of a file, and is restored by its own tools.
    bring = Remedy.RESTORE_JOURNAL if place.file else Remedy.MERGE_JOURNAL
    return JournalMissing(
        f"There is no send history at {place.shown} yet, so this computer cannot tell who was already asked. "
        "Nothing was sent.",
        tip="Is this computer, user or container new? Then bring the send history, or say where it is "
        "(COLLECT_XL_HISTORY=PLACE).",
        remedies=(bring, Remedy.TAKE_OVER_FIRST, Remedy.BEGIN_JOURNAL),
    )


def bring_up(
    engine: Engine,
    place: Place,
    migrations: Mapping[int, Migration] = MIGRATIONS,
    schema: int = t.SCHEMA,
    *,
    new: bool = True,
) -> None:
    """Create the tables, or upgrade older ones after a backup.

    What is not ours is refused.

    Args:
        engine: of the database.
        place: where it is.
        migrations: from version to version.
        schema: the version to bring it up to.
        new: whether an empty database may become a journal.

    Raises:
        JournalMissing: the database is empty, and may not become a journal.
        JournalError: the journal is newer than this release, or the database is of another program.
    """
    with engine.connect() as db:
        version = version_of(db, place, schema)
        if place.file:
            _require_unharmed(db, place, place.file, version)
    if version == schema:
        return
    if version is None and not new:
        raise missing(place)
    # An upgrade cannot be taken back, and an older release refuses the new version.
    if version is not None and place.file:
        _back_up(place.file, schema)
    with writer(engine).begin() as db:
        _take_turn(db)
        # Asked again: another run may have created or upgraded it while this one waited for its turn.
        version = version_of(db, place, schema)
        if version is None:
            _create(db, schema)
        elif version < schema:
            _upgrade(db, version, migrations, schema)
        if place.file and schema == t.SCHEMA:
            require_own_tables(db, place)


def version_of(db: Connection, place: Place, schema: int = t.SCHEMA) -> int | None:
    """Return the version of the tables, None where there are none.

    Raises:
        JournalError: they are damaged, newer than this release, or of another program.
    """
    tables = inspect(db).get_table_names()
    if t.journal.name not in tables:
        # A PostgreSQL database may be shared with other programs, a file is ours alone.
        if tables and db.dialect.name != "postgresql":
            raise JournalError(
                f"The file {place.shown} is a database of another program, not a send history.",
                remedies=(Remedy.MOVE_JOURNAL,),
            )
        return None
    version = db.execute(select(t.journal.c.schema)).scalar_one_or_none()
    if version is None:
        raise JournalError(
            f"The send history {place.shown} is damaged: it does not give its version.",
            tip=DAMAGED,
        )
    if version > schema:
        raise JournalError(
            f"The send history {place.shown} was written by a newer collect-xl (its tables have version {version}, "
            f"this one knows {schema}).",
            tip="Install the newer collect-xl on this computer. Nothing was sent.",
        )
    return int(version)


def _require_unharmed(db: Connection, place: Place, file: Path, version: int | None) -> None:
    """Raise ``JournalError`` when a SQLite file is damaged, or was changed by another program."""
    if file.stat().st_size <= CHECKED_BYTES:
        _require_sound(db, place)
    require_passive(db, place)
    # The tables of an older version are looked at once they are upgraded.
    if version == t.SCHEMA:
        require_own_tables(db, place)


def _require_sound(db: Connection, place: Place) -> None:
    """Raise ``JournalError`` when a SQLite file does not hold together."""
    result = db.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if result != "ok":
        raise JournalError(f"The send history {place.shown} is damaged ({result}).", tip=DAMAGED)


def _create(db: Connection, schema: int) -> None:
    t.metadata.create_all(db, checkfirst=False)
    db.execute(t.journal.insert(), {"schema": schema, "since": datetime.now(UTC)})


def _upgrade(db: Connection, version: int, migrations: Mapping[int, Migration], schema: int) -> None:
    for each in range(version, schema):
        migrations[each](db)
    db.execute(update(t.journal).values(schema=schema, since=datetime.now(UTC)))


def _take_turn(db: Connection) -> None:
    # On SQLite a transaction that writes has taken its turn when it began.
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _UPGRADE_TURN})


def _back_up(file: Path, schema: int) -> None:
    copy_database(file, file.with_name(f"{file.name}.before-v{schema}"))
