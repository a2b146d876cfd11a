"""The arbitrated write: who of several askers gets a person."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from collect_xl.domain.identity import id_key, mail_key
from collect_xl.domain.model import Outcome
from collect_xl.domain.ports import Run, Ticket, ToClaim
from collect_xl.journal import tables as t
from collect_xl.journal.changes import News, add_events, apply
from collect_xl.journal.people import other_keys, scope_number, team_number
from collect_xl.journal.read_claims import claims_by_id
from collect_xl.journal.tables import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from collect_xl.domain.model import Claim, Scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from collect_xl.domain.model import Claim, RemoteRequest
    from collect_xl.domain.ports import Adopted

__all__ = ["NewBatch", "adopt_rows", "claim_rows"]


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
    told_at: datetime | None = None
    """When it is kept; None for the moment of the claim."""


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
    keys = _all_keys(db, team, rows)
    holders = _holders(db, scope, [key for known in keys.values() for key in known])
    won: dict[int, Sequence[str]] = {}
    lost_to_claim: dict[int, int] = {}
    lost_to_row: dict[int, int] = {}
    taken: dict[str, int] = {}
    beyond: list[int] = []
    for row in rows:
        if held := [holders[key] for key in keys[row.row] if key in holders]:
            lost_to_claim[row.row] = held[0]
        elif twins := [taken[key] for key in keys[row.row] if key in taken]:
            lost_to_row[row.row] = twins[0]
        elif room is not None and len(won) >= room:
            beyond.append(row.row)
        else:
            won[row.row] = keys[row.row]
            taken |= dict.fromkeys(keys[row.row], row.row)
    number, claims = _insert(db, batch, scope, won)
    lost_to_claim |= {row: claims[twin] for row, twin in lost_to_row.items()}
    lost = _lost(db, lost_to_claim)
    return Ticket(number, batch.scope, batch.owner, claims, lost, batch.claimed_at, batch.lease_until, tuple(beyond))


def _all_keys(db: Connection, team: int, rows: Sequence[ToClaim]) -> dict[int, Sequence[str]]:
    """Return each row's keys with those that were learned of the same person."""
    others = other_keys(db, team, [key for row in rows for key in row.keys])
    return {row.row: _united(row.keys, others) for row in rows}


def _united(keys: Sequence[str], others: Mapping[str, Iterable[str]]) -> Sequence[str]:
    return list(dict.fromkeys([*keys, *(other for key in keys for other in others.get(key, ()))]))


def _holders(db: Connection, scope: int, keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(sorted(set(keys))):
        query = select(t.held.c.key, t.held.c.claim).where(t.held.c.scope == scope, t.held.c.key.in_(some))
        found |= dict(db.execute(query).all())
    return found


def _insert(
    db: Connection, batch: NewBatch, scope: int, won: Mapping[int, Sequence[str]]
) -> tuple[int, dict[int, int]]:
    """Write the batch; return its number and each row's claim. Nothing is written when no row won: batch 0."""
    if not won:
        return 0, {}
    number = _insert_batch(db, batch, scope)
    new = {"batch": number, "state": "intent", "state_at": batch.told_at or batch.claimed_at}
    db.execute(t.claims.insert(), [{**new, "row": row} for row in won])
    of_batch = select(t.claims.c.row, t.claims.c.id).where(t.claims.c.batch == number)
    claims = dict(db.execute(of_batch).all())
    # In key order: two runs that want the same people then wait for each other instead of blocking each other.
    held = sorted((key, claims[row]) for row, keys in won.items() for key in keys)
    db.execute(t.held.insert(), [{"scope": scope, "key": key, "claim": claim} for key, claim in held])
    db.execute(t.claim_keys.insert(), [{"claim": claim, "key": key} for key, claim in held])
    news = News("sender", batch.run.who, batch.how, batch.told_at or batch.claimed_at)
    add_events(db, news, [(claim, "", "intent") for claim in claims.values()])
    return number, claims


def _insert_batch(db: Connection, batch: NewBatch, scope: int) -> int:
    done = db.execute(
        t.batches.insert(),
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
    (number,) = done.inserted_primary_key or (0,)
    return int(number)


def _lost(db: Connection, lost: Mapping[int, int]) -> dict[int, Claim]:
    claims = claims_by_id(db, lost.values())
    return {row: claims[claim] for row, claim in lost.items()}


HOW: Final = "adopted"


def adopt_rows(db: Connection, new: NewBatch, rows: Sequence[Adopted]) -> dict[int, Claim]:
    """Remember rows inside a transaction that is still to be committed; return those whose person is held already.

    Requests are dated when Collect made them. What nobody knows is dated now: its sender may still be at work, so that
    it is quiet only when a claim made now would be.

    Args:
        db: the transaction.
        new: a batch as it would begin now.
        rows: with their requests.
    """
    by_time: dict[datetime | None, list[Adopted]] = {}
    for each in rows:
        made = (each.request.created or new.claimed_at) if each.request else None
        by_time.setdefault(made, []).append(each)
    lost: dict[int, Claim] = {}
    for made, some in by_time.items():
        lost |= _adopt(db, _dated(new, made), some)
    return lost


def _dated(new: NewBatch, made: datetime | None) -> NewBatch:
    batch = replace(new, owner=secrets.token_hex(16), how=HOW, told_at=new.claimed_at)
    return batch if made is None else replace(batch, claimed_at=made, lease_until=made, quiet_from=made)


def _adopt(db: Connection, batch: NewBatch, rows: Sequence[Adopted]) -> dict[int, Claim]:
    ticket = claim_rows(db, batch, [ToClaim(each.row, each.keys) for each in rows])
    news = News("sender", batch.run.who, HOW, batch.told_at or batch.claimed_at)
    apply(db, news, [_outcome(ticket.won[each.row], each) for each in rows if each.row in ticket.won])
    return dict(ticket.lost)


def _outcome(claim: int, adopted: Adopted) -> Outcome:
    if adopted.request is None:
        return Outcome(claim, "unknown", adopted.by)
    return Outcome(claim, "sent", adopted.by, adopted.request, _keys(adopted.request))


def _keys(request: RemoteRequest) -> tuple[str, ...]:
    contact = (id_key(request.contact_id),) if request.contact_id else ()
    return (*contact, mail_key(request.email)) if request.email else contact
