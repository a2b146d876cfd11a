"""Claims, batches and accounts as values, read from the tables."""

from __future__ import annotations

from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from collect_xl.domain.model import Claim, Scope
from collect_xl.domain.ports import Base, Unsettled
from collect_xl.journal import tables as t
from collect_xl.journal.tables import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

_Conditions: TypeAlias = "Sequence[ColumnElement[bool]]"
Line: TypeAlias = "Row[*tuple[Any, ...]]"


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the claims of a batch have in common."""

    scope: Scope
    run: str
    holder: str
    workbook: str
    run_started: datetime
    claimed_at: datetime
    quiet_from: datetime
    server_offset: float | None
    first_look: datetime | None
    answered_at: datetime | None
    base: Base
    casefolded: bool


def claims_where(db: Connection, *conditions: ColumnElement[bool]) -> list[Claim]:
    """Return the claims that meet conditions on ``claims``, ``scopes`` and ``teams``, oldest first."""
    return _claims(db, _batches(db, conditions), conditions)


def claims_by_id(db: Connection, ids: Iterable[int]) -> dict[int, Claim]:
    """Return claims by their number."""
    claims: dict[int, Claim] = {}
    for some in chunks(sorted(set(ids))):
        claims |= {claim.id: claim for claim in claims_where(db, t.claims.c.id.in_(some))}
    return claims


def claims_of_requests(
    db: Connection, origin: str, ids: Iterable[str], loaded: Mapping[int, Claim]
) -> dict[str, Claim]:
    """Return the claims that request ids are bound to; those that were loaded before are not read again."""
    bound: dict[str, int] = {}
    binding = t.bindings.c
    for some in chunks(ids):
        query = select(binding.request_id, binding.claim)
        bound |= dict(db.execute(query.where(binding.origin == origin, binding.request_id.in_(some))).all())
    others = claims_by_id(db, [claim for claim in bound.values() if claim not in loaded])
    return {request_id: loaded.get(claim) or others[claim] for request_id, claim in bound.items()}


def all_pairs(db: Connection, *conditions: ColumnElement[bool]) -> dict[str, frozenset[str]]:
    """Return for each key of a contact ID the keys of its addresses, and the other way round."""
    query = select(t.aliases.c.contact, t.aliases.c.mail).join(t.teams).where(*conditions)
    others: dict[str, set[str]] = {}
    for contact, mail in db.execute(query):
        others.setdefault(contact, set()).add(mail)
        others.setdefault(mail, set()).add(contact)
    return {key: frozenset(keys) for key, keys in others.items()}


def unsettled_where(db: Connection, *conditions: ColumnElement[bool]) -> list[Unsettled]:
    """Return the batches with unknown claims that meet conditions on ``scopes`` and ``teams``, oldest first."""
    unknown = (t.claims.c.state == "unknown", *conditions)
    batches = _batches(db, unknown)
    claims_of_batch: dict[int, list[Claim]] = {}
    for claim in _claims(db, batches, unknown):
        claims_of_batch.setdefault(claim.batch, []).append(claim)
    return [_unsettled(number, batches[number], claims) for number, claims in claims_of_batch.items()]


def _unsettled(number: int, batch: _Batch, claims: Sequence[Claim]) -> Unsettled:
    return Unsettled(
        batch=number,
        scope=batch.scope,
        claims=tuple(claims),
        claimed_at=batch.claimed_at,
        quiet_from=batch.quiet_from,
        server_offset=batch.server_offset,
        first_look=batch.first_look,
        answered_at=batch.answered_at,
        base=batch.base,
    )


def _joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return query.join(t.batches, t.batches.c.id == t.claims.c.batch).join(t.scopes).join(t.teams)


def _batches(db: Connection, conditions: _Conditions) -> dict[int, _Batch]:
    numbers = db.execute(_joined(select(t.claims.c.batch).distinct()).where(*conditions)).scalars().all()
    query = (
        select(t.batches, t.runs.c.who, t.runs.c.workbook, t.runs.c.started, t.teams.c.origin, t.teams.c.team)
        .add_columns(t.scopes.c.campaign, t.scopes.c.round)
        .select_from(t.batches.join(t.runs).join(t.scopes).join(t.teams))
    )
    scopes: dict[int, Scope] = {}
    batches: dict[int, _Batch] = {}
    for some in chunks(sorted(numbers)):
        for row in db.execute(query.where(t.batches.c.id.in_(some))):
            batches[row.id] = _batch(row, scopes)
    return batches


def _batch(row: Line, scopes: dict[int, Scope]) -> _Batch:
    # One value for each scope: of 100,000 claims every one refers to it.
    scope = scopes.setdefault(row.scope, Scope(row.origin, row.team, row.campaign, row.round))
    return _Batch(
        scope=scope,
        run=row.run,
        holder=row.who,
        workbook=row.workbook,
        run_started=row.started,
        claimed_at=row.claimed_at,
        quiet_from=row.quiet_from,
        server_offset=row.server_offset,
        first_look=row.first_look,
        answered_at=row.answered_at,
        base=Base(row.list_before, row.key_print),
        casefolded=bool(row.casefolded),
    )


def _claims(db: Connection, batches: Mapping[int, _Batch], conditions: _Conditions) -> list[Claim]:
    keys = _keys(db, conditions)
    rows = db.execute(_joined(select(t.claims)).where(*conditions).order_by(t.claims.c.id))
    # Rows are read by position here and below, which is faster than by name where there are 100,000.
    claims = [_claim(row, batches[row[1]], *keys.pop(row[0], _NO_KEYS)) for row in rows]
    return sorted(claims, key=lambda claim: (claim.claimed_at, claim.id))


_NO_KEYS: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


def _keys(db: Connection, conditions: _Conditions) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return for each claim all its keys, and those that stood in its row."""
    query = select(t.claim_keys).join(t.claims, t.claims.c.id == t.claim_keys.c.claim)
    in_order = _joined(query).where(*conditions).order_by(t.claim_keys.c.claim, t.claim_keys.c.key)
    keys: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for claim, key, own in db.execute(in_order):
        before, own_before = keys.get(claim, _NO_KEYS)
        together = (*before, key)
        # Nearly always both are the same one key: one tuple for both.
        own_now = (*own_before, key) if own else own_before
        keys[claim] = (together, together if own_now == together else own_now)
    return keys


def _claim(row: Line, batch: _Batch, keys: tuple[str, ...], own: tuple[str, ...]) -> Claim:
    # Status and words are the same few texts on 100,000 claims: interned, each is kept once.
    number, batch_number, sheet_row, state, state_at, request_id, portal_url, status, due, words, why, content, wish = (
        row
    )
    return Claim(
        id=number,
        scope=batch.scope,
        keys=keys,
        state=state,
        run=batch.run,
        batch=batch_number,
        row=sheet_row,
        holder=batch.holder,
        claimed_at=batch.claimed_at,
        settled_at=state_at,
        request_id=request_id,
        portal_url=portal_url,
        status=intern(status),
        due=intern(due),
        words=intern(words),
        workbook=batch.workbook,
        run_started=batch.run_started,
        why=why,
        own=own,
        casefolded=batch.casefolded,
        content=content,
        wish=wish,
    )
