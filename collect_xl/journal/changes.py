"""How news about claims becomes changes: states, keys that are held or freed, request ids, events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Insert, Row, Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from collect_xl.errors import HeldElsewhere, JournalError
from collect_xl.journal import tables as t
from collect_xl.journal.reading import chunks
from collect_xl.journal.states import HOLDING, Teller, may
from collect_xl.model import ClaimState, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

__all__ = ["News", "add_events", "apply", "insert_new", "keep_pairs"]


@dataclass(frozen=True, slots=True)
class News:
    """Who tells, how it is known, and when."""

    teller: Teller
    who: str
    how: str
    at: datetime


@dataclass(slots=True)
class _Changes:
    """Lines to write, by table, so that each table is written once however many claims there are."""

    claims: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    freed: list[int] = field(default_factory=list)


def insert_new(db: Connection, table: Table, lines: Sequence[Mapping[str, Any]]) -> None:
    """Insert lines, leaving those alone that are there already."""
    if lines:
        make = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
        statement: Insert = make(table).on_conflict_do_nothing()
        db.execute(statement, lines)


def apply(db: Connection, news: News, outcomes: Sequence[Outcome]) -> None:
    """Turn news into changes of the claims that they name.

    Raises:
        HeldElsewhere: a settler decided about a claim that somebody else changed meanwhile.
        JournalError: there is no such claim.
    """
    standing = _standing(db, [outcome.claim for outcome in outcomes])
    owners = _bind(db, standing, outcomes)
    changes = _Changes()
    states: dict[int, ClaimState] = {number: row.state for number, row in standing.items()}
    for outcome in outcomes:
        sound = _sound(outcome, owners)
        states[outcome.claim] = _change(changes, news, standing[outcome.claim], states[outcome.claim], sound)
    _write(db, changes)
    _learn(db, standing, changes.keys)


def keep_pairs(db: Connection, origin: str, team: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Keep that two keys are one person's, in both directions, in the order in which every writer takes them."""
    both = sorted({turned for one, other in pairs for turned in ((one, other), (other, one)) if one != other})
    insert_new(db, t.aliases, [{"origin": origin, "team": team, "key": one, "other": other} for one, other in both])


def add_events(db: Connection, news: News, changed: Iterable[tuple[int, str, str]]) -> None:
    """Keep changes of claims as (claim, old state, new state)."""
    lines = [_event(news, claim, old, new) for claim, old, new in changed]
    if lines:
        db.execute(t.events.insert(), lines)


def _standing(db: Connection, numbers: Sequence[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """Return the claims as they stand, locked until the transaction ends where the database locks single lines."""
    found: dict[int, Row[*tuple[Any, ...]]] = {}
    for some in chunks(sorted(set(numbers))):
        query = (
            select(t.claims, t.batches.c.quiet_from, t.batches.c.scope, t.scopes.c.origin, t.scopes.c.team)
            .join_from(t.claims, t.batches)
            .join(t.scopes, t.scopes.c.id == t.batches.c.scope)
            .where(t.claims.c.id.in_(some))
            .order_by(t.claims.c.id)
            .with_for_update(of=t.claims)
        )
        found |= {row.id: row for row in db.execute(query)}
    if missing := set(numbers) - found.keys():
        raise JournalError(
            f"The journal has no claim {min(missing)}.", tip="It was replaced while this run used it: run again."
        )
    return found


def _bind(db: Connection, standing: Mapping[int, Row[*tuple[Any, ...]]], outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Bind request ids to their claims, first come first served; return which claim each id belongs to."""
    ids = {out.request.id: out.claim for out in reversed(list(outcomes)) if out.state == "sent" and out.request}
    ids.pop("", None)
    lines = [
        {"origin": standing[claim].origin, "request_id": request_id, "claim": claim}
        for request_id, claim in sorted(ids.items())
    ]
    insert_new(db, t.bindings, lines)
    owners: dict[str, int] = {}
    for some in chunks(lines):
        of_one_origin = t.bindings.c.origin == some[0]["origin"]
        wanted = t.bindings.c.request_id.in_([line["request_id"] for line in some])
        owners |= dict(
            db.execute(select(t.bindings.c.request_id, t.bindings.c.claim).where(of_one_origin, wanted)).all()
        )
    return owners


def _sound(outcome: Outcome, owners: Mapping[str, int]) -> Outcome:
    """Return an outcome, as unknown where its request belongs to another claim."""
    request = outcome.request
    if outcome.state != "sent" or not request or owners.get(request.id, outcome.claim) == outcome.claim:
        return outcome
    words = f"Collect named request {request.id} for this contact, but it is another contact's already"
    return Outcome(outcome.claim, "unknown", words, keys=())


def _change(changes: _Changes, news: News, row: Row[*tuple[Any, ...]], old: ClaimState, outcome: Outcome) -> ClaimState:
    """Add what one outcome changes; return the state that the claim then has."""
    new = outcome.state
    if old == new:
        _remark(changes, news, row, old, outcome)
        new = old
    elif may(news.teller, old, new) and not _too_early(news, row, new):
        _turn(changes, news, row, old, outcome)
    elif news.teller == "settler":
        raise HeldElsewhere(
            f"Claim {row.id} is {old} and cannot become {new} now: its sender or another run is still at work on it.",
            tip="Run `collect-xl settle` again later.",
        )
    else:
        changes.events.append(_event(news, row.id, old, old, f"{news.how}; too late for {new}"))
        new = old
    changes.keys.extend({"claim": row.id, "key": key} for key in outcome.keys)
    if new in HOLDING:
        changes.held.append(row.id)
    return new


def _too_early(news: News, row: Row[*tuple[Any, ...]], new: ClaimState) -> bool:
    """Tell whether a byte of the batch may still be under way, so that nobody can know that nothing was sent."""
    return news.teller == "settler" and new == "not_sent" and news.at < row.quiet_from


def _turn(changes: _Changes, news: News, row: Row[*tuple[Any, ...]], old: ClaimState, outcome: Outcome) -> None:
    request = outcome.request
    changes.claims.append(
        {
            "number": row.id,
            "state": outcome.state,
            "state_at": news.at,
            "words": outcome.words,
            "request_id": row.request_id or (request.id if request else ""),
            "portal_url": request.portal_url if request else row.portal_url,
            "status": request.status if request else row.status,
            "due": request.due if request else row.due,
        }
    )
    changes.events.append(_event(news, row.id, old, outcome.state))
    if outcome.state not in HOLDING:
        changes.freed.append(row.id)


def _remark(changes: _Changes, news: News, row: Row[*tuple[Any, ...]], old: ClaimState, outcome: Outcome) -> None:
    """Keep a second word on a claim that changes nothing, where it says something new."""
    if outcome.request and outcome.request.id and outcome.request.id != row.request_id:
        changes.events.append(_event(news, row.id, old, old, f"{news.how}; also request {outcome.request.id}"))
    elif outcome.words and outcome.words != row.words:
        changes.events.append(_event(news, row.id, old, old, f"{news.how}; {outcome.words}"))


def _event(news: News, claim: int, old: str, new: str, how: str = "") -> dict[str, Any]:
    return {"claim": claim, "at": news.at, "who": news.who, "how": how or news.how, "old": old, "new": new}


def _write(db: Connection, changes: _Changes) -> None:
    if changes.claims:
        columns = ("state", "state_at", "words", "request_id", "portal_url", "status", "due")
        to: dict[str, Any] = {name: bindparam(name) for name in columns}
        db.execute(update(t.claims).where(t.claims.c.id == bindparam("number")).values(to), changes.claims)
    if changes.events:
        db.execute(t.events.insert(), changes.events)
    insert_new(db, t.claim_keys, changes.keys)
    for some in chunks(changes.freed):
        db.execute(delete(t.held).where(t.held.c.claim.in_(some)))
    for some in chunks(changes.held):
        _hold(db, some)


def _hold(db: Connection, claims: Sequence[int]) -> None:
    """Hold every key of some claims that nobody else holds."""
    rows = db.execute(
        select(t.batches.c.scope, t.claim_keys.c.key, t.claims.c.id.label("claim"))
        .join_from(t.claim_keys, t.claims)
        .join(t.batches)
        .where(t.claims.c.id.in_(claims))
        .order_by(t.batches.c.scope, t.claim_keys.c.key)
    )
    insert_new(db, t.held, [dict(row) for row in rows.mappings()])


def _learn(db: Connection, standing: Mapping[int, Row[*tuple[Any, ...]]], keys: Sequence[Mapping[str, Any]]) -> None:
    """Keep that new keys of claims are of the same people as the keys that the claims had."""
    if not keys:
        return
    known: dict[int, set[str]] = {}
    for some in chunks(sorted({line["claim"] for line in keys})):
        for claim, key in db.execute(select(t.claim_keys).where(t.claim_keys.c.claim.in_(some))):
            known.setdefault(claim, set()).add(key)
    pairs: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for line in keys:
        row, new = standing[line["claim"]], line["key"]
        others = {key for key in known[row.id] if _kind(key) != _kind(new)}
        pairs.setdefault((row.origin, row.team), set()).update((new, other) for other in others)
    for (origin, team), some_pairs in pairs.items():
        keep_pairs(db, origin, team, some_pairs)


def _kind(key: str) -> str:
    return key.partition(":")[0]
