"""By which keys people are known, which keys are one person's, and which claim holds a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, delete, select, union_all, update

from collect_xl.domain.holder import HOLDING
from collect_xl.journal import tables as t
from collect_xl.journal.tables import HALF_CHUNK, among, chunks, insert_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from collect_xl.domain.model import Scope

    ScopedKey: TypeAlias = tuple[int, str]
    """The number of a scope and a key: what one claim at a time may hold."""
    Line: TypeAlias = Mapping[str, Any]


_MOST_SCOPES = 100
"""How many scopes go into one statement, beside the keys."""

# Statements that every batch of a run needs are made once: making one takes longer than its answer.
_TEAM = select(t.teams.c.id).where(t.teams.c.origin == bindparam("origin"), t.teams.c.team == bindparam("team"))
_SCOPE = select(t.scopes.c.id).where(
    t.scopes.c.team == bindparam("team"),
    t.scopes.c.campaign == bindparam("campaign"),
    t.scopes.c.round == bindparam("round"),
)
_ALIAS = t.aliases.c
_IN_TEAM = _ALIAS.team == bindparam("team")
# Two questions in one statement, each answered from its own index; one with OR reads the whole table.
_OTHER_KEYS = union_all(
    select(_ALIAS.contact, _ALIAS.mail).where(_IN_TEAM, among(_ALIAS.contact, "keys")),
    select(_ALIAS.mail, _ALIAS.contact).where(_IN_TEAM, among(_ALIAS.mail, "keys")),
)
_CLAIMS_WITH = union_all(
    *(
        select(table.c.key, table.c.claim).where(among(table.c.scope, "scopes"), among(table.c.key, "keys"))
        for table in (t.held, t.waiting)
    )
)
_HOLDERS = select(t.held.c.key, t.held.c.claim).where(t.held.c.scope == bindparam("scope"), among(t.held.c.key, "keys"))


def in_team(origin: str, team: str) -> list[ColumnElement[bool]]:
    """Return the conditions on ``teams`` that mean one team."""
    return [t.teams.c.origin == origin, t.teams.c.team == team]


def team_number(db: Connection, origin: str, team: str) -> int:
    """Return the number of a team, which is added when it is new."""
    return _number(db, t.teams, _TEAM, {"origin": origin, "team": team})


def scope_number(db: Connection, team: int, scope: Scope) -> int:
    """Return the number of a scope, which is added when it is new."""
    return _number(db, t.scopes, _SCOPE, {"team": team, "campaign": scope.campaign, "round": scope.round})


def keep_pairs(db: Connection, team: int, pairs: Iterable[tuple[str, str]]) -> None:
    """Keep pairs of ``id:`` and ``mail:`` key, in the order in which every writer takes them."""
    insert_new(db, t.aliases, [{"team": team, "contact": one, "mail": other} for one, other in sorted(set(pairs))])


def other_keys(db: Connection, team: int, keys: Sequence[str]) -> dict[str, list[str]]:
    """Return for each key the further keys of the same person; keys without any are absent."""
    others: dict[str, list[str]] = {}
    for some in chunks(sorted(set(keys)), HALF_CHUNK):
        for key, further in db.execute(_OTHER_KEYS, {"team": team, "keys": some}):
            others.setdefault(key, []).append(further)
    return others


def pairs_around(db: Connection, team: int, keys: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return what was learned of some keys and of those that it leads to: from an address to IDs to their addresses."""
    first = other_keys(db, team, list(keys))
    further = {key for others in first.values() for key in others} - first.keys()
    found = first | other_keys(db, team, list(further))
    return {key: frozenset(others) for key, others in found.items()}


def claims_with(db: Connection, scopes: Sequence[int], keys: Iterable[str]) -> dict[str, frozenset[int]]:
    """Return the claims that hold keys in some scopes, or wait for them, by key."""
    claims: dict[str, set[int]] = {}
    for some in chunks(sorted(keys), HALF_CHUNK):
        for start in range(0, len(scopes), _MOST_SCOPES):
            some_scopes = scopes[start : start + _MOST_SCOPES]
            for key, claim in db.execute(_CLAIMS_WITH, {"scopes": some_scopes, "keys": some}):
                claims.setdefault(key, set()).add(claim)
    return {key: frozenset(numbers) for key, numbers in claims.items()}


def keep_typed_ids(db: Connection, keys: Mapping[int, str]) -> None:
    """Record that contact IDs learned for claims are in their rows now, so that they are certain."""
    for claim, key in sorted(keys.items()):
        same = (t.claim_keys.c.claim == claim) & (t.claim_keys.c.key == key)
        db.execute(update(t.claim_keys).where(same).values(own=1))


def line(scope: int, key: str, claim: int) -> dict[str, Any]:
    """Return the line of a claim that holds a key in a scope."""
    return {"scope": scope, "key": key, "claim": claim}


def holders_of(db: Connection, scope: int, keys: Iterable[str]) -> dict[str, int]:
    """Return the claims that hold keys in a scope, by key."""
    holders: dict[str, int] = {}
    for some in chunks(sorted(keys)):
        holders |= dict(db.execute(_HOLDERS, {"scope": scope, "keys": some}).all())
    return holders


def hold(db: Connection, lines: Sequence[Line]) -> None:
    """Hold keys for claims; where another claim holds one already, wait behind it.

    A claim whose request was found comes before one that is in doubt, so that people hear of the request.
    """
    # In key order: writers then wait for each other instead of blocking each other.
    in_order = sorted(lines, key=_scoped_key)
    insert_new(db, t.held, in_order)
    holders: dict[ScopedKey, int] = {}
    for scope, keys in _keys_by_scope(in_order).items():
        holders |= {(scope, key): claim for key, claim in holders_of(db, scope, keys).items()}
    late = [one for one in in_order if holders[_scoped_key(one)] != one["claim"]]
    if late:
        insert_new(db, t.waiting, late)
        _put_sent_first(db, late, holders)


def free(db: Connection, lines: Sequence[Line]) -> None:
    """Let claims give up keys; a claim that waits for one holds it from now on."""
    if not lines:
        return
    in_order = sorted(lines, key=_scoped_key)
    for table in (t.held, t.waiting):
        same_key = (table.c.scope == bindparam("scope")) & (table.c.key == bindparam("key"))
        db.execute(delete(table).where(same_key, table.c.claim == bindparam("claim")), in_order)
    # Of several claims that wait for one key the first line wins, the others change nothing.
    insert_new(db, t.held, _waiting(db, in_order))


def _put_sent_first(db: Connection, late: Sequence[Line], holders: Mapping[ScopedKey, int]) -> None:
    """Let late claims that are sent hold their keys in place of claims that are not."""
    claims = {one["claim"] for one in late} | {holders[_scoped_key(one)] for one in late}
    sent = _sent_among(db, claims)
    for one in late:
        holder = holders[_scoped_key(one)]
        if one["claim"] in sent and holder not in sent:
            same_key = (t.held.c.scope == one["scope"]) & (t.held.c.key == one["key"])
            db.execute(update(t.held).where(same_key).values(claim=one["claim"]))
            insert_new(db, t.waiting, [line(one["scope"], one["key"], holder)])


def _sent_among(db: Connection, claims: Iterable[int]) -> set[int]:
    sent: set[int] = set()
    for some in chunks(sorted(claims)):
        query = select(t.claims.c.id).where(t.claims.c.id.in_(some), t.claims.c.state == "sent")
        sent.update(db.execute(query).scalars())
    return sent


def _waiting(db: Connection, lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return the lines of claims that wait for some keys, sent claims first."""
    waiting: list[dict[str, Any]] = []
    for scope, keys in _keys_by_scope(lines).items():
        for some in chunks(keys):
            query = (
                select(t.waiting.c.scope, t.waiting.c.key, t.waiting.c.claim)
                .join(t.claims)
                .where(t.waiting.c.scope == scope, t.waiting.c.key.in_(some), t.claims.c.state.in_(HOLDING))
                .order_by(t.claims.c.state != "sent", t.waiting.c.key)
            )
            waiting.extend(line(*row) for row in db.execute(query))
    return waiting


def _keys_by_scope(lines: Iterable[Line]) -> dict[int, list[str]]:
    """Return the keys of lines by their scope, both in order where the lines are."""
    keys: dict[int, list[str]] = {}
    for one in lines:
        keys.setdefault(one["scope"], []).append(one["key"])
    return keys


def _scoped_key(one: Line) -> ScopedKey:
    return one["scope"], one["key"]


def _number(db: Connection, table: Table, query: Select[tuple[Any]], line: Mapping[str, Any]) -> int:
    number = db.execute(query, line).scalar_one_or_none()
    if number is None:
        # Another writer may add the same line at the same moment; the second one finds the first one's.
        insert_new(db, table, [line])
        number = db.execute(query, line).scalar_one()
    return int(number)
