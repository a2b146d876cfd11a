"""By which keys people are known, which keys are one person's, and which claim holds a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from collect_xl.journal import tables as t
from collect_xl.journal.states import HOLDING
from collect_xl.journal.tables import chunks, insert_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from collect_xl.domain.model import Scope

    Place = tuple[int, str]
    Line = Mapping[str, Any]

__all__ = ["free", "hold", "keep_pairs", "line", "other_keys", "scope_number", "team_number"]


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


def line(scope: int, key: str, claim: int) -> dict[str, Any]:
    """Return what stands for a claim that holds a key in a scope."""
    return {"scope": scope, "key": key, "claim": claim}


def hold(db: Connection, lines: Sequence[Line]) -> None:
    """Hold keys for claims; where another claim holds one already, wait behind it.

    A claim whose request was found comes before one that is in doubt, so that people are told of the request. Lines are
    taken in key order, so that writers wait for each other instead of blocking each other.
    """
    wanted = sorted(lines, key=_place)
    insert_new(db, t.held, wanted)
    holders = _holders(db, wanted)
    if second := [one for one in wanted if holders[_place(one)] != one["claim"]]:
        insert_new(db, t.waiting, second)
        _sent_first(db, second, holders)


def free(db: Connection, lines: Sequence[Line]) -> None:
    """Let claims hold no more of some keys; whoever waits for one holds it from now on."""
    if not lines:
        return
    wanted = sorted(lines, key=_place)
    for table in (t.held, t.waiting):
        mine = (table.c.scope == bindparam("scope")) & (table.c.key == bindparam("key"))
        db.execute(delete(table).where(mine, table.c.claim == bindparam("claim")), wanted)
    insert_new(db, t.held, [line(*found) for found in _waiting(db, wanted)])


def _number(db: Connection, table: Table, line: Mapping[str, Any]) -> int:
    wanted = select(table.c.id).where(*(table.c[name] == value for name, value in line.items()))
    found = db.execute(wanted).scalar_one_or_none()
    if found is None:
        insert_new(db, table, [line])
        found = db.execute(wanted).scalar_one()
    return int(found)


def _sent_first(db: Connection, second: Iterable[Line], holders: Mapping[Place, int]) -> None:
    claims = sorted({one["claim"] for one in second} | {holders[_place(one)] for one in second})
    sent: set[int] = set()
    for some in chunks(claims):
        query = select(t.claims.c.id).where(t.claims.c.id.in_(some), t.claims.c.state == "sent")
        sent.update(db.execute(query).scalars())
    for one in second:
        first = holders[_place(one)]
        if one["claim"] in sent and first not in sent:
            this = (t.held.c.scope == one["scope"]) & (t.held.c.key == one["key"])
            db.execute(update(t.held).where(this).values(claim=one["claim"]))
            insert_new(db, t.waiting, [line(one["scope"], one["key"], first)])


def _holders(db: Connection, lines: Iterable[Line]) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for scope, some in _by_scope(lines):
        query = select(t.held.c.key, t.held.c.claim).where(t.held.c.scope == scope, t.held.c.key.in_(some))
        found |= {(scope, key): claim for key, claim in db.execute(query)}
    return found


def _waiting(db: Connection, lines: Iterable[Line]) -> list[tuple[int, str, int]]:
    """Return scope, key and claim of what waits for some keys, found requests first."""
    found: list[tuple[int, str, int]] = []
    for scope, some in _by_scope(lines):
        query = (
            select(t.waiting.c.scope, t.waiting.c.key, t.waiting.c.claim)
            .join(t.claims)
            .where(t.waiting.c.scope == scope, t.waiting.c.key.in_(some), t.claims.c.state.in_(HOLDING))
            .order_by(t.claims.c.state != "sent", t.waiting.c.key)
        )
        found.extend((row[0], row[1], row[2]) for row in db.execute(query))
    return found


def _by_scope(lines: Iterable[Line]) -> Iterable[tuple[int, list[str]]]:
    keys: dict[int, list[str]] = {}
    for one in lines:
        keys.setdefault(one["scope"], []).append(one["key"])
    return ((scope, some) for scope, all_keys in sorted(keys.items()) for some in chunks(all_keys))


def _place(one: Line) -> Place:
    return one["scope"], one["key"]
