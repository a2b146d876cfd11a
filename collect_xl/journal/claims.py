"""The arbitrated write: who of several askers gets a person."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from collect_xl.domain.identity import id_key, mail_key
from collect_xl.domain.model import Outcome
from collect_xl.domain.ports import Run, Ticket, ToClaim
from collect_xl.journal import tables as t
from collect_xl.journal.changes import News, add_events, apply
from collect_xl.journal.people import holders_of, line, other_keys, scope_number, team_number
from collect_xl.journal.read_claims import claims_by_id
from collect_xl.journal.tables import insert_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from collect_xl.domain.model import Claim, RemoteRequest, Scope
    from collect_xl.domain.ports import Adopted

ADOPTED: Final = "adopted"
"""How the history calls claims of requests that were sent from elsewhere."""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch that asks for its people."""

    run: Run
    scope: Scope
    owner: str
    server_offset: float | None
    claimed_at: datetime
    lease_until: datetime
    quiet_from: datetime
    how: str = "claimed"
    """For the history."""
    recorded_at: datetime | None = None
    """When it enters the history; None for the moment of the claim."""

    def news(self) -> News:
        """Return what the history says of its claims."""
        return News("sender", self.run.who, self.how, self.recorded_at or self.claimed_at)


def claim_rows(db: Connection, batch: NewBatch, rows: Sequence[ToClaim], room: int | None = None) -> Ticket:
    """Claim the people of some rows inside a transaction that is still to be committed.

    A row is lost when any key known of its person is held: by an earlier claim, or by an earlier row of this call.

    Args:
        db: the transaction.
        batch: what the claims are for.
        rows: who is asked for, in order.
        room: how many may be claimed; the others come back as beyond it. None: all.
    """
    team = team_number(db, batch.scope.origin, batch.scope.team)
    scope = scope_number(db, team, batch.scope)
    keys_of_row = _all_keys(db, team, rows)
    holders = holders_of(db, scope, set().union(*keys_of_row.values()))
    shares = _share_out(rows, keys_of_row, holders, room)
    number, claims = _insert(db, batch, scope, shares.won)
    losers = dict(shares.lost_to_claim)
    for row, twin in shares.lost_to_row.items():
        losers[row] = claims[twin]
    return Ticket(
        number,
        batch.scope,
        batch.owner,
        won=claims,
        lost=_claims_of(db, losers),
        claimed_at=batch.claimed_at,
        lease_until=batch.lease_until,
        beyond=tuple(shares.beyond),
    )


def adopt_rows(db: Connection, batch: NewBatch, rows: Sequence[Adopted]) -> dict[int, Claim]:
    """Remember rows that were sent from elsewhere; return those whose person is held already.

    The transaction is still to be committed.

    Requests are dated when Collect made them. What is unknown is dated now: its sender may still be at work, so that it
    is quiet only when a claim made now would be.

    Args:
        db: the transaction.
        batch: a batch as it would begin now.
        rows: with their requests.
    """
    rows_by_time: dict[datetime | None, list[Adopted]] = {}
    for each in rows:
        made_at = None
        if each.request is not None:
            made_at = each.request.created or batch.claimed_at
        rows_by_time.setdefault(made_at, []).append(each)
    lost: dict[int, Claim] = {}
    for made_at, some in rows_by_time.items():
        lost |= _adopt(db, _dated(batch, made_at), some)
    return lost


@dataclass(frozen=True, slots=True)
class _Shares:
    """Who of several rows gets its person, and why the others do not."""

    won: dict[int, Sequence[str]] = field(default_factory=dict)
    """Row -> the keys of its person."""
    lost_to_claim: dict[int, int] = field(default_factory=dict)
    """Row -> the earlier claim that holds its person."""
    lost_to_row: dict[int, int] = field(default_factory=dict)
    """Row -> the earlier row that has the same person."""
    beyond: list[int] = field(default_factory=list)
    """Rows for which there was no room."""


def _share_out(
    rows: Iterable[ToClaim], keys_of_row: Mapping[int, Sequence[str]], holders: Mapping[str, int], room: int | None
) -> _Shares:
    """Give each person to the first row, unless an earlier claim holds them."""
    shares = _Shares()
    taken: dict[str, int] = {}
    for each in rows:
        row = each.row
        keys = keys_of_row[row]
        holder = _first_owner(holders, keys)
        twin = _first_owner(taken, keys)
        if holder is not None:
            shares.lost_to_claim[row] = holder
        elif twin is not None:
            shares.lost_to_row[row] = twin
        elif room is not None and len(shares.won) >= room:
            shares.beyond.append(row)
        else:
            shares.won[row] = keys
            # Only a row that won takes its keys: the twin of a lost row must not be lost with it.
            taken |= dict.fromkeys(keys, row)
    return shares


def _first_owner(owners: Mapping[str, int], keys: Iterable[str]) -> int | None:
    return next((owners[key] for key in keys if key in owners), None)


def _all_keys(db: Connection, team: int, rows: Sequence[ToClaim]) -> dict[int, Sequence[str]]:
    """Return each row's keys with those that were learned of the same person."""
    others = other_keys(db, team, [key for row in rows for key in row.keys])
    return {row.row: _united(row.keys, others) for row in rows}


def _united(keys: Sequence[str], others: Mapping[str, Iterable[str]]) -> Sequence[str]:
    united = dict.fromkeys(keys)
    for key in keys:
        united |= dict.fromkeys(others.get(key, ()))
    return list(united)


def _insert(
    db: Connection, batch: NewBatch, scope: int, won: Mapping[int, Sequence[str]]
) -> tuple[int, dict[int, int]]:
    """Write the batch; return its number and each row's claim.

    Nothing is written when no row won: batch 0.
    """
    if not won:
        return 0, {}
    news = batch.news()
    number = _insert_batch(db, batch, scope)
    db.execute(
        t.claims.insert(), [{"batch": number, "row": row, "state": "intent", "state_at": news.at} for row in won]
    )
    claims_of_batch = select(t.claims.c.row, t.claims.c.id).where(t.claims.c.batch == number)
    claims = dict(db.execute(claims_of_batch).all())
    # In key order: two runs that want the same people then wait for each other instead of blocking each other.
    held = sorted((key, claims[row]) for row, keys in won.items() for key in keys)
    db.execute(t.held.insert(), [line(scope, key, claim) for key, claim in held])
    db.execute(t.claim_keys.insert(), [{"claim": claim, "key": key} for key, claim in held])
    add_events(db, news, [(claim, "", "intent") for claim in claims.values()])
    return number, claims


def _insert_batch(db: Connection, batch: NewBatch, scope: int) -> int:
    return insert_one(
        db,
        t.batches,
        {
            "scope": scope,
            "run": batch.run.id,
            "owner": batch.owner,
            "server_offset": batch.server_offset,
            "claimed_at": batch.claimed_at,
            "lease_until": batch.lease_until,
            "quiet_from": batch.quiet_from,
        },
    )


def _claims_of(db: Connection, numbers: Mapping[int, int]) -> dict[int, Claim]:
    """Return the claims of rows, given by number."""
    claims = claims_by_id(db, numbers.values())
    return {row: claims[number] for row, number in numbers.items()}


def _dated(batch: NewBatch, made_at: datetime | None) -> NewBatch:
    """Return a batch for requests made at one time, or for rows whose request is unknown."""
    adopted = replace(batch, owner=secrets.token_hex(16), how=ADOPTED, recorded_at=batch.claimed_at)
    if made_at is None:
        return adopted
    return replace(adopted, claimed_at=made_at, lease_until=made_at, quiet_from=made_at)


def _adopt(db: Connection, batch: NewBatch, rows: Sequence[Adopted]) -> dict[int, Claim]:
    ticket = claim_rows(db, batch, [ToClaim(each.row, each.keys) for each in rows])
    outcomes = [_outcome(ticket.won[each.row], each) for each in rows if each.row in ticket.won]
    apply(db, batch.news(), outcomes)
    return dict(ticket.lost)


def _outcome(claim: int, adopted: Adopted) -> Outcome:
    if adopted.request is None:
        return Outcome(claim, "unknown", adopted.by)
    return Outcome(claim, "sent", adopted.by, adopted.request, _keys(adopted.request))


def _keys(request: RemoteRequest) -> tuple[str, ...]:
    keys: list[str] = []
    if request.contact_id:
        keys.append(id_key(request.contact_id))
    if request.email:
        keys.append(mail_key(request.email))
    return tuple(keys)
