"""The arbitrated write: who of several askers gets a person."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, String, bindparam, insert, literal, select

from collect_xl.domain.holder import surest_holder
from collect_xl.domain.identity import (
    Pairs,
    Person,
    compare,
    keys_to_look_up,
    person_of_keys,
    person_of_request,
)
from collect_xl.domain.model import Outcome
from collect_xl.domain.ports import NO_BASE, Base, Run, Ticket, ToClaim
from collect_xl.journal import tables as t
from collect_xl.journal.changes import News, apply
from collect_xl.journal.other_scopes import Asking, keep_meanings, take_turn, unseen_claims
from collect_xl.journal.people import claims_with, line, pairs_around, scope_number, team_number
from collect_xl.journal.read_claims import claims_by_id
from collect_xl.journal.tables import insert_lines, insert_one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from collect_xl.domain.model import Claim, Scope
    from collect_xl.domain.ports import Adopted

ADOPTED: Final = "adopted"
"""How the history calls claims of requests that were sent from elsewhere."""

_CLAIMS_OF_BATCH = select(t.claims.c.row, t.claims.c.id).where(t.claims.c.batch == bindparam("number"))
_NEW_CLAIMS = select(
    t.claims.c.id,
    bindparam("at", type_=t.UtcTime),
    bindparam("who", type_=String),
    bindparam("how", type_=String),
    literal(""),
    t.claims.c.state,
).where(t.claims.c.batch == bindparam("number"))
_EVENTS_OF_NEW_CLAIMS = insert(t.events).from_select(["claim", "at", "who", "how", "old", "new"], _NEW_CLAIMS)
"""Writes the beginning of a new batch's history from the lines of its claims."""


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
    base: Base = NO_BASE
    recorded_at: datetime | None = None
    """When it enters the history; None for the moment of the claim."""

    def news(self) -> News:
        """Return what the history says of its claims."""
        return News("sender", self.run.who, self.how, self.recorded_at or self.claimed_at)


def claim_rows(db: Connection, batch: NewBatch, rows: Sequence[ToClaim], room: int | None = None) -> Ticket:
    """Claim the people of some rows inside a transaction that is still to be committed.

    A row is lost to each earlier claim, and each earlier row of this call, that is not certainly another person's; and
    to a claim of its person in another round, or in another campaign of the same name, that its approval did not see.

    Args:
        db: the transaction.
        batch: what the claims are for.
        rows: who is asked for, in order.
        room: how many may be claimed; the others come back as beyond it. None: all.
    """
    team = team_number(db, batch.scope.origin, batch.scope.team)
    take_turn(db, team)
    scope = scope_number(db, team, batch.scope)
    sharing = _look_up(db, team, scope, batch, rows)
    shares = _share_out(sharing, room)
    number, claims = _insert(db, batch, scope, sharing, shares.won)
    names = [each.campaign_name for each in rows if each.row in claims]
    keep_meanings(db, team, batch.scope, names, batch.run, batch.claimed_at)
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
class _Sharing:
    """Rows that ask for their people, and all that is known of who may hold these."""

    rows: Sequence[ToClaim]
    people: Mapping[int, Person]
    """Row -> its person."""
    keys: Mapping[int, frozenset[str]]
    """Row -> the keys that its claim would hold."""
    pairs: Pairs
    claims: Mapping[int, Claim]
    """Claims that hold any of these keys, or wait for one, by number."""
    claims_of_key: Mapping[str, frozenset[int]]
    unseen: Mapping[int, int]
    """Row -> a claim of its person elsewhere that its approval did not see."""


@dataclass(frozen=True, slots=True)
class _Shares:
    """Who of several rows gets its person, and why the others do not."""

    won: dict[int, frozenset[str]] = field(default_factory=dict)
    """Row -> the keys of its person."""
    lost_to_claim: dict[int, int] = field(default_factory=dict)
    """Row -> the earlier claim that holds its person."""
    lost_to_row: dict[int, int] = field(default_factory=dict)
    """Row -> the earlier row that has the same person."""
    beyond: list[int] = field(default_factory=list)
    """Rows for which there was no room."""


def _look_up(db: Connection, team: int, scope: int, batch: NewBatch, rows: Sequence[ToClaim]) -> _Sharing:
    """Load what is known of the people of some rows, inside the transaction that claims them."""
    people = {each.row: person_of_keys(each.keys, each.casefolded) for each in rows}
    pairs = pairs_around(db, team, set().union(*(person.keys for person in people.values())))
    keys = {row: keys_to_look_up(person, pairs) for row, person in people.items()}
    asked = set().union(*keys.values(), *(each.casefolded for each in rows))
    claims_of_key = claims_with(db, [scope], asked)
    claims = claims_by_id(db, set().union(*claims_of_key.values()))
    if claims:
        # What is known of a claim's address decides, too: it may be another contact's as well.
        pairs = pairs_around(db, team, asked.union(*(claim.keys for claim in claims.values())))
    unseen = unseen_claims(db, Asking(team, batch.scope, batch.run, rows, people, keys, pairs))
    return _Sharing(rows, people, keys, pairs, claims, claims_of_key, unseen)


def _share_out(sharing: _Sharing, room: int | None) -> _Shares:
    """Give each person to the first row, unless an earlier claim holds them."""
    shares = _Shares()
    rows_of_key: dict[str, list[int]] = {}
    for each in sharing.rows:
        row = each.row
        holder = _holder(sharing, each)
        twin = _twin(sharing, row, rows_of_key)
        if holder is not None:
            shares.lost_to_claim[row] = holder
        elif twin is not None:
            shares.lost_to_row[row] = twin
        elif row in sharing.unseen:
            shares.lost_to_claim[row] = sharing.unseen[row]
        elif room is not None and len(shares.won) >= room:
            shares.beyond.append(row)
        else:
            shares.won[row] = sharing.keys[row]
            # Only a row that won takes its keys: the twin of a lost row must not be lost with it.
            for key in sharing.keys[row]:
                rows_of_key.setdefault(key, []).append(row)
    return shares


def _holder(sharing: _Sharing, row: ToClaim) -> int | None:
    """Return the claim that keeps a row from being asked."""
    numbers: set[int] = set()
    for key in sharing.keys[row.row] | row.casefolded:
        numbers |= sharing.claims_of_key.get(key, frozenset())
    claims = [sharing.claims[number] for number in sorted(numbers)]
    holder = surest_holder(sharing.people[row.row], claims, sharing.pairs)
    return holder.claim.id if holder else None


def _twin(sharing: _Sharing, row: int, rows_of_key: Mapping[str, Sequence[int]]) -> int | None:
    for key in sorted(sharing.keys[row]):
        for other in rows_of_key.get(key, ()):
            if compare(sharing.people[row], sharing.people[other], sharing.pairs) != "different":
                return other
    return None


def _insert(
    db: Connection, batch: NewBatch, scope: int, sharing: _Sharing, won: Mapping[int, frozenset[str]]
) -> tuple[int, dict[int, int]]:
    """Write the batch; return its number and each row's claim.

    Nothing is written when no row won: batch 0.
    """
    if not won:
        return 0, {}
    news = batch.news()
    number = _insert_batch(db, batch, scope)
    content = {each.row: each.content for each in sharing.rows}
    claim_lines = [
        {"batch": number, "row": row, "state": "intent", "state_at": news.at, "content": content[row]} for row in won
    ]
    insert_lines(db, t.claims, claim_lines)
    claims: dict[int, int] = dict(db.execute(_CLAIMS_OF_BATCH, {"number": number}).all())
    _hold_keys(db, scope, sharing, {claims[row]: keys for row, keys in won.items()})
    own = {row.row: frozenset(row.keys) for row in sharing.rows}
    key_lines = [
        {"claim": claims[row], "key": key, "own": int(key in own[row])} for row, keys in won.items() for key in keys
    ]
    insert_lines(db, t.claim_keys, key_lines)
    db.execute(_EVENTS_OF_NEW_CLAIMS, {"number": number, "at": news.at, "who": news.who, "how": news.how})
    return number, claims


def _hold_keys(db: Connection, scope: int, sharing: _Sharing, keys_of_claim: Mapping[int, frozenset[str]]) -> None:
    """Hold the keys of new claims; an address that another person has, too, is waited for.

    The plain insert arbitrates: where another run took a key since we looked, it fails, and all is tried again.
    """
    taken = set(sharing.claims_of_key)
    held: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []
    # In key order: two runs that want the same people then wait for each other instead of blocking each other.
    for key, claim in sorted((key, claim) for claim, keys in keys_of_claim.items() for key in keys):
        lines = waiting if key in taken else held
        lines.append(line(scope, key, claim))
        taken.add(key)
    insert_lines(db, t.held, held)
    insert_lines(db, t.waiting, waiting)


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
            "list_before": batch.base.list_number,
            "key_print": batch.base.key_print,
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
        return Outcome(claim, "unknown", adopted.by, why="sent elsewhere")
    keys = tuple(sorted(person_of_request(adopted.request).keys))
    return Outcome(claim, "sent", adopted.by, adopted.request, keys, why="taken over")
