"""How news about claims becomes changes: states, held keys, request ids, later news of Collect, events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, select, update

from collect_xl.domain.model import ClaimState, Outcome, RemoteRequest
from collect_xl.errors import HeldElsewhere, JournalError
from collect_xl.journal import tables as t
from collect_xl.journal.people import free, hold, keep_pairs, line
from collect_xl.journal.states import HOLDING, Teller, may
from collect_xl.journal.tables import chunks, insert_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

__all__ = ["News", "add_events", "apply", "keep_seen"]

_CHANGING = ("state", "state_at", "words", "request_id", "portal_url", "status", "due")
_TOLD = ("status", "due", "portal_url")


@dataclass(frozen=True, slots=True)
class News:
    """Who tells, how it is known, and when."""

    teller: Teller
    who: str
    how: str
    at: datetime

    def event(self, claim: int, old: str, new: str, remark: str = "") -> dict[str, Any]:
        """Return a line for the history."""
        how = f"{self.how}; {remark}" if remark else self.how
        return {"claim": claim, "at": self.at, "who": self.who, "how": how, "old": old, "new": new}


@dataclass(slots=True)
class _Standing:
    """A claim as it stands, and as it will stand."""

    id: int
    scope: int
    team: int
    origin: str
    quiet_from: datetime
    state: ClaimState
    words: str
    request_id: str
    portal_url: str
    status: str
    due: str
    keys: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Changes:
    """Lines to write, by table, so that each table is written once however many claims there are."""

    news: News
    claims: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    freed: list[dict[str, Any]] = field(default_factory=list)
    pairs: dict[int, set[tuple[str, str]]] = field(default_factory=dict)

    def take(self, claim: _Standing, outcome: Outcome) -> None:
        """Add what one outcome changes of one claim."""
        old, new = claim.state, outcome.state
        if old == new == "sent" and outcome.request and not claim.request_id:
            self._turn(claim, outcome)  # somebody's word that it was sent, and now its request
        elif old == new:
            self._remark(claim, outcome)
        elif may(self.news.teller, old, new) and not self._too_early(claim, new):
            self._turn(claim, outcome)
        elif self.news.teller == "settler":
            raise HeldElsewhere(
                f"Claim {claim.id} is {old} and cannot become {new} now: its sender or another run is at work on it.",
                tip="Run `collect-xl settle` again later.",
            )
        else:
            self.events.append(self.news.event(claim.id, old, old, f"too late for {new}"))
        if new_keys := set(outcome.keys) - claim.keys:
            self._know(claim, new_keys)

    def _too_early(self, claim: _Standing, new: ClaimState) -> bool:
        # While a byte of the batch may still be under way nobody can know that nothing was sent.
        return self.news.teller == "settler" and new == "not_sent" and self.news.at < claim.quiet_from

    def _remark(self, claim: _Standing, outcome: Outcome) -> None:
        """Keep a second word on a claim that changes nothing, where it says something new."""
        if outcome.request and outcome.request.id not in {"", claim.request_id}:
            self.events.append(
                self.news.event(claim.id, claim.state, claim.state, f"also request {outcome.request.id}")
            )
        elif outcome.words and outcome.words != claim.words:
            self.events.append(self.news.event(claim.id, claim.state, claim.state, outcome.words))

    def _turn(self, claim: _Standing, outcome: Outcome) -> None:
        self.events.append(self.news.event(claim.id, claim.state, outcome.state))
        lines = [line(claim.scope, key, claim.id) for key in claim.keys]
        if claim.state in HOLDING and outcome.state not in HOLDING:
            self.freed.extend(lines)
        elif claim.state not in HOLDING and outcome.state in HOLDING:
            self.held.extend(lines)
        claim.state, claim.words = outcome.state, outcome.words
        if request := outcome.request:
            claim.request_id = claim.request_id or request.id
            claim.portal_url, claim.status, claim.due = request.portal_url, request.status, request.due
        now = {name: getattr(claim, name) for name in _CHANGING if name != "state_at"}
        self.claims.append({"number": claim.id, "state_at": self.news.at, **now})

    def _know(self, claim: _Standing, new: set[str]) -> None:
        """Keep further keys of a claim's person, and that they are one person's."""
        claim.keys |= new
        self.keys.extend({"claim": claim.id, "key": key} for key in new)
        if claim.state in HOLDING:
            self.held.extend(line(claim.scope, key, claim.id) for key in new)
        ids = [key for key in claim.keys if key.startswith("id:")]
        mails = [key for key in claim.keys if key.startswith("mail:")]
        pairs = {(one, other) for one in ids for other in mails if one in new or other in new}
        self.pairs.setdefault(claim.team, set()).update(pairs)

    def write(self, db: Connection) -> None:
        """Write all of it."""
        if self.claims:
            to: dict[str, Any] = {name: bindparam(name) for name in _CHANGING}
            db.execute(update(t.claims).where(t.claims.c.id == bindparam("number")).values(to), self.claims)
        if self.events:
            db.execute(t.events.insert(), self.events)
        insert_new(db, t.claim_keys, self.keys)
        free(db, self.freed)
        hold(db, self.held)
        for team, pairs in sorted(self.pairs.items()):
            keep_pairs(db, team, pairs)


def apply(db: Connection, news: News, outcomes: Sequence[Outcome]) -> None:
    """Turn news into changes of the claims that they name.

    Raises:
        HeldElsewhere: a settler decided about a claim that somebody else changed meanwhile.
        JournalError: there is no such claim.
    """
    standing = _standing(db, [outcome.claim for outcome in outcomes])
    strange = _bind(db, standing, outcomes)
    changes = _Changes(news)
    for outcome in outcomes:
        changes.take(standing[outcome.claim], _sound(outcome, strange))
    changes.write(db)


def add_events(db: Connection, news: News, changed: Iterable[tuple[int, str, str]]) -> None:
    """Keep changes of claims as (claim, old state, new state)."""
    lines = [news.event(claim, old, new) for claim, old, new in changed]
    if lines:
        db.execute(t.events.insert(), lines)


def _standing(db: Connection, numbers: Sequence[int]) -> dict[int, _Standing]:
    """Return the claims as they stand, locked until the transaction ends where the database locks single lines."""
    found: dict[int, _Standing] = {}
    claim = t.claims.c
    for some in chunks(sorted(set(numbers))):
        query = (
            select(claim.id, t.batches.c.scope, t.scopes.c.team, t.teams.c.origin, t.batches.c.quiet_from)
            .add_columns(claim.state, claim.words, claim.request_id, claim.portal_url, claim.status, claim.due)
            .select_from(t.claims.join(t.batches).join(t.scopes).join(t.teams))
            .where(claim.id.in_(some))
            .order_by(claim.id)
            .with_for_update(of=t.claims)
        )
        found |= {row.id: _Standing(*row) for row in db.execute(query)}
        for number, key in db.execute(select(t.claim_keys).where(t.claim_keys.c.claim.in_(some))):
            found[number].keys.add(key)
    if missing := set(numbers) - found.keys():
        raise JournalError(
            f"The journal has no claim {min(missing)}.", tip="It was replaced while this run used it: run again."
        )
    return found


def _bind(db: Connection, standing: Mapping[int, _Standing], outcomes: Iterable[Outcome]) -> frozenset[tuple[int, str]]:
    """Bind request ids to their claims, first come first served.

    Returns:
        The pairs of claim and request id that do not belong together, because the request is another claim's.
    """
    named = [(out.claim, out.request.id) for out in outcomes if out.state == "sent" and out.request and out.request.id]
    bound: dict[tuple[str, str], int] = {}
    for claim, request_id in named:
        bound.setdefault((standing[claim].origin, request_id), claim)
    lines = [
        {"origin": at, "request_id": request_id, "claim": bound[at, request_id]} for at, request_id in sorted(bound)
    ]
    insert_new(db, t.bindings, lines)
    for origin in {origin for origin, _ in bound}:
        for some in chunks(request_id for at, request_id in bound if at == origin):
            query = select(t.bindings.c.request_id, t.bindings.c.claim)
            query = query.where(t.bindings.c.origin == origin, t.bindings.c.request_id.in_(some))
            bound |= {(origin, request_id): claim for request_id, claim in db.execute(query)}
    return frozenset(pair for pair in named if bound[standing[pair[0]].origin, pair[1]] != pair[0])


def _sound(outcome: Outcome, strange: frozenset[tuple[int, str]]) -> Outcome:
    """Return an outcome, as unknown where its request is another claim's: who of the two was meant nobody can tell."""
    if outcome.request and (outcome.claim, outcome.request.id) in strange:
        words = f"Collect named request {outcome.request.id} for this contact, but it is another contact's already"
        return Outcome(outcome.claim, "unknown", words)
    return outcome


def keep_seen(db: Connection, news: News, seen: Mapping[int, RemoteRequest]) -> None:
    """Keep what is new of sent claims; a claim that is no longer sent, or is another request's, is left alone.

    Args:
        db: a transaction that writes.
        news: who tells; enters the history of the claims whose status or due date changed.
        seen: claim -> its request as Collect shows it; what is empty there is kept as it was.
    """
    lines: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for number, request_id, *old in _sent(db, sorted(seen)):
        request = seen[number]
        now = [getattr(request, name) or was for name, was in zip(_TOLD, old, strict=True)]
        if request.id != request_id or now == old:
            continue
        lines.append({"number": number, **dict(zip(_TOLD, now, strict=True))})
        events += [news.event(number, "sent", "sent", remark) for remark in _remarks(old, now)]
    if lines:
        to: dict[str, Any] = {name: bindparam(name) for name in _TOLD}
        db.execute(update(t.claims).where(t.claims.c.id == bindparam("number")).values(to), lines)
    if events:
        db.execute(t.events.insert(), events)


def _remarks(old: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """Yield for the history what is another one now; a due date that was not known before is no change."""
    (status, due), (status_now, due_now) = old[:2], now[:2]
    if status_now != status:
        yield f"Collect: {status or 'no status'} -> {status_now}"
    if due and due_now != due:
        yield f"Collect: due {due} -> {due_now}"


def _sent(db: Connection, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return the claims that are sent, locked until the transaction ends where the database locks single lines."""
    claim = t.claims.c
    query = select(claim.id, claim.request_id, claim.status, claim.due, claim.portal_url).where(claim.state == "sent")
    query = query.order_by(claim.id).with_for_update()
    return [tuple(row) for some in chunks(numbers) for row in db.execute(query.where(claim.id.in_(some)))]
