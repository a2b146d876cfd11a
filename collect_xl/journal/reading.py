"""Claims, batches and accounts as values, read from the tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from collect_xl.journal import tables as t
from collect_xl.model import Account, Campaign, Claim, Scope, Team, User
from collect_xl.ports import Unsettled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

__all__ = ["account_of", "chunks", "claims_by_id", "claims_where", "unsettled_where"]

CHUNK = 500
"""How many values go into one IN (...): well below the 999 variables of an old SQLite."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the claims of a batch have in common."""

    scope: Scope
    run: str
    holder: str
    workbook: str
    claimed_at: datetime
    quiet_from: datetime
    server_offset: float | None
    first_look: datetime | None
    first_seen: str


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield the items in lists that fit into one statement."""
    rest = iter(items)
    while some := list(islice(rest, CHUNK)):
        yield some


def claims_where(db: Connection, *conditions: ColumnElement[bool]) -> list[Claim]:
    """Return the claims that meet conditions on ``claims``, ``batches`` and ``scopes``, oldest first."""
    wanted = _wanted(conditions)
    return _claims(db, wanted, _batches(db, wanted))


def claims_by_id(db: Connection, ids: Iterable[int]) -> dict[int, Claim]:
    """Return claims by their number."""
    found: dict[int, Claim] = {}
    for some in chunks(sorted(set(ids))):
        found |= {claim.id: claim for claim in claims_where(db, t.claims.c.id.in_(some))}
    return found


def unsettled_where(db: Connection, *conditions: ColumnElement[bool]) -> list[Unsettled]:
    """Return the batches with unknown claims that meet conditions on ``scopes``, oldest first."""
    wanted = _wanted((t.claims.c.state == "unknown", *conditions))
    batches = _batches(db, wanted)
    grouped: dict[int, list[Claim]] = {}
    for claim in _claims(db, wanted, batches):
        grouped.setdefault(claim.batch, []).append(claim)
    return [_unsettled(batch, batches[batch], claims) for batch, claims in grouped.items()]


def _wanted(conditions: Iterable[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    joined = t.claims.join(t.batches).join(t.scopes)
    # Without correlate(None) the same tables of an outer query would be taken for these.
    return select(t.claims.c.id).select_from(joined).where(*conditions).correlate(None)


def _unsettled(number: int, batch: _Batch, claims: Sequence[Claim]) -> Unsettled:
    return Unsettled(
        batch=number,
        scope=batch.scope,
        claims=tuple(claims),
        claimed_at=batch.claimed_at,
        quiet_from=batch.quiet_from,
        server_offset=batch.server_offset,
        first_look=batch.first_look,
        first_seen=batch.first_seen,
    )


def _batches(db: Connection, wanted: Select[*tuple[Any, ...]]) -> dict[int, _Batch]:
    of_wanted = select(t.claims.c.batch).where(t.claims.c.id.in_(wanted)).correlate(None)
    found = db.execute(
        select(t.batches, t.runs.c.who, t.runs.c.workbook, t.scopes)
        .join_from(t.batches, t.runs)
        .join(t.scopes, t.scopes.c.id == t.batches.c.scope)
        .where(t.batches.c.id.in_(of_wanted))
    )
    scopes: dict[int, Scope] = {}
    return {row[0]: _batch(row, scopes) for row in found}


def _batch(row: Row[*tuple[Any, ...]], scopes: dict[int, Scope]) -> _Batch:
    scope = scopes.setdefault(row.scope, Scope(row.origin, row.team, row.campaign, row.round))
    return _Batch(
        scope=scope,
        run=row.run,
        holder=row.who,
        workbook=row.workbook,
        claimed_at=row.claimed_at,
        quiet_from=row.quiet_from,
        server_offset=row.server_offset,
        first_look=row.first_look,
        first_seen=row.first_seen,
    )


def _claims(db: Connection, wanted: Select[*tuple[Any, ...]], batches: Mapping[int, _Batch]) -> list[Claim]:
    rows = db.execute(select(t.claims).where(t.claims.c.id.in_(wanted)).order_by(t.claims.c.id))
    keys: dict[int, list[str]] = {}
    for claim, key in db.execute(select(t.claim_keys).where(t.claim_keys.c.claim.in_(wanted))):
        keys.setdefault(claim, []).append(key)
    found = [_claim(row, batches[row.batch], keys.get(row.id, [])) for row in rows]
    return sorted(found, key=lambda claim: (claim.claimed_at, claim.id))


def _claim(row: Row[*tuple[Any, ...]], batch: _Batch, keys: Iterable[str]) -> Claim:
    return Claim(
        id=row.id,
        scope=batch.scope,
        keys=tuple(sorted(keys)),
        state=row.state,
        run=batch.run,
        batch=row.batch,
        row=row.row,
        holder=batch.holder,
        claimed_at=batch.claimed_at,
        settled_at=row.state_at,
        request_id=row.request_id,
        portal_url=row.portal_url,
        status=row.status,
        due=row.due,
        words=row.words,
        workbook=batch.workbook,
    )


def account_of(text: str) -> Account:
    """Return the account that was kept as JSON."""
    kept = json.loads(text)
    return Account(
        origin=kept["origin"],
        team=Team(**kept["team"]),
        campaigns=tuple(Campaign(**each) for each in kept["campaigns"]),
        users=tuple(User(**each) for each in kept["users"]),
    )
