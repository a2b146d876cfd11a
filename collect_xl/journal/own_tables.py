"""Whether a journal's tables are exactly ours: nothing in the file acts by itself, and no guard is missing."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, PrimaryKeyConstraint, Table, UniqueConstraint, text

from collect_xl.errors import JournalError
from collect_xl.journal import tables as t
from collect_xl.journal.database_errors import DAMAGED
from collect_xl.journal.places import Place

_NOT_OURS: Final = ("CONFLICT", "CHECK", "COLLATE", "CASCADE", "GENERATED", "SET NULL", "SET DEFAULT")
"""Words of SQL that no table of ours has, and that would change what a statement of ours does."""


def require_passive(db: Connection, place: Place) -> None:
    """Raise ``JournalError`` where a SQLite file holds triggers or views.

    A trigger runs with each write of ours, and could free everyone who is held: they would be sent a second time.
    """
    found = _first(db, "SELECT type || ' ' || name FROM sqlite_master WHERE type NOT IN ('table', 'index')")
    if found:
        raise _changed(place, f"it holds the {found}")


def require_own_tables(db: Connection, place: Place) -> None:
    """Raise ``JournalError`` where a SQLite file's tables differ from those that this release makes."""
    for table in t.metadata.sorted_tables:
        reason = _difference(db, table)
        if reason:
            raise _changed(place, reason)
    unique = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%UNIQUE%'"
    name = _first(db, unique)
    if name:
        raise _changed(place, f"its index {name} is not ours")


def _difference(db: Connection, table: Table) -> str:
    """Return how a table differs from ours in what guards people; empty where it does not."""
    sql = _first(db, "SELECT upper(sql) FROM sqlite_master WHERE type = 'table' AND name = :name", name=table.name)
    if not sql:
        return f"its table {table.name} is missing"
    word = next((word for word in _NOT_OURS if word in sql), "")
    if word:
        return f"its table {table.name} is not ours ({word})"
    columns = db.execute(text("SELECT name, pk, hidden FROM pragma_table_xinfo(:name)"), {"name": table.name}).all()
    if {name for name, _, _ in columns} != {column.name for column in table.columns} or any(h for _, _, h in columns):
        return f"the columns of its table {table.name} are not ours"
    if _keys_of_file(db, table.name) != _keys_of_ours(table):
        return f"its table {table.name} does not keep its lines apart"
    return ""


def _keys_of_file(db: Connection, table: str) -> set[frozenset[str]]:
    """Return the sets of columns by which a table's lines differ."""
    keys = text("SELECT name FROM pragma_table_info(:name) WHERE pk > 0")
    found = {frozenset(db.execute(keys, {"name": table}).scalars())}
    indexes = text('SELECT name FROM pragma_index_list(:name) WHERE "unique" = 1 AND partial = 0')
    for index in db.execute(indexes, {"name": table}).scalars().all():
        columns = db.execute(text("SELECT name FROM pragma_index_info(:name)"), {"name": index})
        found.add(frozenset(columns.scalars()))
    return found - {frozenset()}


def _keys_of_ours(table: Table) -> set[frozenset[str]]:
    kinds = (PrimaryKeyConstraint, UniqueConstraint)
    keys = [each for each in table.constraints if isinstance(each, kinds)]
    return {frozenset(column.name for column in key.columns) for key in keys} - {frozenset()}


def _first(db: Connection, query: str, **values: str) -> str:
    found = db.execute(text(query), values).scalars().first()
    return "" if found is None else str(found)


def _changed(place: Place, reason: str) -> JournalError:
    return JournalError(
        f"The send history {place.shown} was changed by another program: {reason}. Nothing was sent.", tip=DAMAGED
    )
