"""Teams, scopes, and the keys that are known of one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from collect_xl.journal import tables as t
from collect_xl.journal.read_claims import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from collect_xl.domain.model import Scope

__all__ = ["insert_new", "keep_pairs", "other_keys", "scope_number", "team_number"]


def insert_new(db: Connection, table: Table, lines: Sequence[Mapping[str, Any]]) -> None:
    """Insert lines, leaving those alone that are there already."""
    if lines:
        make = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
        db.execute(make(table).on_conflict_do_nothing(), lines)


def team_number(db: Connection, origin: str, team: str) -> int:
    """Return the number of a team, new or known."""
    return _number(db, t.teams, {"origin": origin, "team": team})


def scope_number(db: Connection, team: int, scope: Scope) -> int:
    """Return the number of a scope, new or known."""
    return _number(db, t.scopes, {"team": team, "campaign": scope.campaign, "round": scope.round})


def keep_pairs(db: Connection, team: int, pairs: Iterable[tuple[str, str]]) -> None:
    """Keep pairs of ``id:`` and ``mail:`` key, in the order in which every writer takes them."""
    insert_new(db, t.aliases, [{"team": team, "contact": one, "mail": other} for one, other in sorted(set(pairs))])


def other_keys(db: Connection, team: int, keys: Sequence[str]) -> dict[str, list[str]]:
    """Return for each key the further keys that are known of the same person; keys without any are absent."""
    found: dict[str, list[str]] = {}
    pair = t.aliases.c
    # Two questions, each answered from its own index; one with OR reads the whole table.
    for by, other in ((pair.contact, pair.mail), (pair.mail, pair.contact)):
        for some in chunks(sorted(set(keys))):
            for key, further in db.execute(select(by, other).where(pair.team == team, by.in_(some))):
                found.setdefault(key, []).append(further)
    return found


def _number(db: Connection, table: Table, line: Mapping[str, Any]) -> int:
    wanted = select(table.c.id).where(*(table.c[name] == value for name, value in line.items()))
    found = db.execute(wanted).scalar_one_or_none()
    if found is None:
        insert_new(db, table, [line])
        found = db.execute(wanted).scalar_one()
    return int(found)
