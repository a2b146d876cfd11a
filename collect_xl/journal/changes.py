"""How news about claims becomes changes: states, held keys, request ids, later news of Collect, events."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Update, bindparam, delete, select, update

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.model import ClaimState, Outcome, RemoteRequest
from collect_xl.domain.why import TAKEN_OVER, Why
from collect_xl.errors import HeldElsewhere, JournalError
from collect_xl.journal import tables as t
from collect_xl.journal.details import keep_details
from collect_xl.journal.people import free, hold, line
from collect_xl.journal.states import Teller, may
from collect_xl.journal.tables import among, chunks, insert_lines, insert_new
from collect_xl.remedies import Remedy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

_OUTCOME_COLUMNS = ("state", "state_at", "words", "why", "wish", "request_id", "portal_url", "status", "due")
"""The columns of a claim that an outcome may change."""

# Made once, since every batch of a run needs them. Claims are locked in the order of their numbers: two writers that
# want the same claims then wait, and do not block each other.
_CLAIM = t.claims.c
_LOCKED_CLAIMS = (
    select(_CLAIM.id, t.batches.c.scope, t.scopes.c.team, t.teams.c.origin, t.batches.c.quiet_from)
    .add_columns(_CLAIM.state, _CLAIM.words, _CLAIM.why, _CLAIM.wish)
    .add_columns(_CLAIM.request_id, _CLAIM.portal_url, _CLAIM.status, _CLAIM.due)
    .select_from(t.claims.join(t.batches).join(t.scopes).join(t.teams))
    .where(among(_CLAIM.id, "numbers"))
    .order_by(_CLAIM.id)
    .with_for_update(of=t.claims)
)
_KEYS_OF_CLAIMS = select(t.claim_keys.c.claim, t.claim_keys.c.key).where(among(t.claim_keys.c.claim, "numbers"))
_OWNERS = select(t.bindings.c.request_id, t.bindings.c.claim).where(
    t.bindings.c.origin == bindparam("origin"), among(t.bindings.c.request_id, "ids")
)


@dataclass(frozen=True, slots=True)
class News:
    """Who brings news, how it is known, and when."""

    teller: Teller
    who: str
    how: str
    at: datetime

    def event(self, claim: int, old: str, new: str, remark: str = "") -> dict[str, Any]:
        """Return a line for the history."""
        how = f"{self.how}; {remark}" if remark else self.how
        return {"claim": claim, "at": self.at, "who": self.who, "how": how, "old": old, "new": new}


def apply(db: Connection, news: News, outcomes: Sequence[Outcome]) -> None:
    """Turn news into changes of the claims that they name.

    Raises:
        HeldElsewhere: a settler decided about a claim that another run changed meanwhile.
        JournalError: there is no such claim.
    """
    claims = _lock_claims(db, [outcome.claim for outcome in outcomes])
    misnamed = _bind_requests(db, claims, outcomes)
    changes = _Changes(news)
    taken = [_without_misnamed(outcome, misnamed) for outcome in outcomes]
    for outcome in taken:
        changes.take(claims[outcome.claim], outcome)
    changes.write(db)
    keep_details(db, {each.claim: each.request for each in taken if each.request and each.state == "sent"})


def keep_seen(db: Connection, news: News, seen: Mapping[int, RemoteRequest]) -> None:
    """Keep what is new of sent claims.

    A claim that is no longer sent, or that belongs to another request, is left alone.

    Args:
        db: a transaction that writes.
        news: who brings them; enters the history of the claims whose status or due date changed.
        seen: claim -> its request as Collect shows it; what is empty there is kept as it was.
    """
    lines: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    current: dict[int, RemoteRequest] = {}
    for claim, request_id, before in _lock_sent_claims(db, sorted(seen)):
        request = seen[claim]
        if request.id == request_id:
            current[claim] = request
        now = _Shown(
            status=request.status or before.status,
            due=request.due or before.due,
            portal_url=request.portal_url or before.portal_url,
        )
        if request.id != request_id or now == before:
            continue
        lines.append({"number": claim, **now._asdict()})
        events += [news.event(claim, "sent", "sent", remark) for remark in _remarks(before, now)]
    _update_claims(db, _Shown._fields, lines)
    insert_lines(db, t.events, events)
    keep_details(db, current)


def keep_wish(db: Connection, news: News, claims: Collection[int]) -> None:
    """Keep that the user wants the requests of sent claims cancelled."""
    wished = [claim for claim in _lock_claims(db, list(claims)).values() if claim.state == "sent" and not claim.wish]
    _update_claims(db, ("wish",), [{"number": claim.id, "wish": "cancel"} for claim in wished])
    add_events(db, news, [(claim.id, "sent", "sent") for claim in wished])


def take_back(db: Connection, news: News, claims: Collection[int]) -> None:
    """Undo take-overs: their people are free here, and their requests are unknown here again.

    Raises:
        JournalError: a claim is no take-over.
    """
    lines: list[dict[str, Any]] = []
    freed: list[dict[str, Any]] = []
    for claim in _lock_claims(db, list(claims)).values():
        if claim.why not in TAKEN_OVER:
            raise JournalError(f"Claim {claim.id} is no take-over.", tip="Please report this.")
        db.execute(delete(t.bindings).where(t.bindings.c.claim == claim.id))
        freed += [line(claim.scope, key, claim.id) for key in claim.keys]
        lines.append(
            {"number": claim.id, "state": "not_sent", "state_at": news.at, "why": "taken back", "request_id": ""}
        )
        add_events(db, news, [(claim.id, claim.state, "not_sent")])
    _update_claims(db, ("state", "state_at", "why", "request_id"), lines)
    free(db, freed)


def add_events(db: Connection, news: News, changed: Iterable[tuple[int, str, str]]) -> None:
    """Keep changes of claims as (claim, old state, new state)."""
    insert_lines(db, t.events, [news.event(claim, old, new) for claim, old, new in changed])


@dataclass(slots=True)
class _CurrentClaim:
    """A claim as it stands, and, once outcomes were taken, as it will stand."""

    id: int
    scope: int
    team: int
    origin: str
    quiet_from: datetime
    state: ClaimState
    words: str
    why: Why
    wish: str
    request_id: str
    portal_url: str
    status: str
    due: str
    keys: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Changes:
    """Lines to write, by table.

    Each table is written once, however many claims there are.
    """

    news: News
    claims: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    freed: list[dict[str, Any]] = field(default_factory=list)

    def take(self, claim: _CurrentClaim, outcome: Outcome) -> None:
        """Add what one outcome changes of one claim."""
        old = claim.state
        new = outcome.state
        if old == new:
            self._confirm(claim, outcome)
        elif may(self.news.teller, old, new) and not self._too_early(claim, new):
            self._change(claim, outcome)
        elif self.news.teller == "settler":
            raise HeldElsewhere(
                f"Claim {claim.id} is {old} and cannot become {new} now: its sender or another run is at work on it.",
                remedies=(Remedy.LOOK_UP_AGAIN,),
            )
        else:
            # The sender was given up meanwhile: its word that nothing happened counts no more, but is remembered.
            self.events.append(self.news.event(claim.id, old, old, f"too late for {new}"))
        new_keys = set(outcome.keys) - claim.keys
        if new_keys:
            self._add_keys(claim, new_keys)

    def write(self, db: Connection) -> None:
        """Write all of it."""
        _update_claims(db, _OUTCOME_COLUMNS, self.claims)
        insert_lines(db, t.events, self.events)
        insert_new(db, t.claim_keys, self.keys)
        # Freed first: a key to which one write does both ends up held, which is the safe side.
        free(db, self.freed)
        hold(db, self.held)

    def _too_early(self, claim: _CurrentClaim, new: ClaimState) -> bool:
        # While a byte of the batch may still be under way, it cannot be known that nothing was sent.
        return self.news.teller == "settler" and new == "not_sent" and self.news.at < claim.quiet_from

    def _confirm(self, claim: _CurrentClaim, outcome: Outcome) -> None:
        """Keep a second word on a claim in the same state, where it says something new."""
        request = outcome.request
        if claim.state == "sent" and request and not claim.request_id:
            # It was sent by a person's word; now Collect names its request.
            self._change(claim, outcome)
        elif request and request.id not in {"", claim.request_id}:
            self._remark(claim, f"also request {request.id}")
        elif claim.state == "unknown" and outcome.why and outcome.why != claim.why:
            # The sender was given up, and now tells what it was answered: that is known better than before.
            self._change(claim, outcome)
        elif outcome.words and outcome.words != claim.words:
            self._remark(claim, outcome.words)

    def _remark(self, claim: _CurrentClaim, remark: str) -> None:
        self.events.append(self.news.event(claim.id, claim.state, claim.state, remark))

    def _change(self, claim: _CurrentClaim, outcome: Outcome) -> None:
        self.events.append(self.news.event(claim.id, claim.state, outcome.state))
        key_lines = [line(claim.scope, key, claim.id) for key in claim.keys]
        held_before = claim.state in HOLDING
        holds_now = outcome.state in HOLDING
        if held_before and not holds_now:
            self.freed.extend(key_lines)
        if holds_now and not held_before:
            self.held.extend(key_lines)
        claim.state = outcome.state
        claim.words = outcome.words
        claim.why = outcome.why
        if claim.state != "sent":
            claim.wish = ""
        request = outcome.request
        if request:
            # The first request stays the claim's; the id of a second one is only bound to it.
            claim.request_id = claim.request_id or request.id
            claim.portal_url = request.portal_url
            claim.status = request.status
            claim.due = request.due
        self.claims.append(
            {
                "number": claim.id,
                "state": claim.state,
                "state_at": self.news.at,
                "words": claim.words,
                "why": claim.why,
                "wish": claim.wish,
                "request_id": claim.request_id,
                "portal_url": claim.portal_url,
                "status": claim.status,
                "due": claim.due,
            }
        )

    def _add_keys(self, claim: _CurrentClaim, new: set[str]) -> None:
        """Keep further keys of a claim's person, such as the ID of its request's contact.

        Which of them are one person's for other claims, too, is learned from whole replies and lists alone.
        """
        claim.keys |= new
        self.keys.extend({"claim": claim.id, "key": key} for key in new)
        if claim.state in HOLDING:
            self.held.extend(line(claim.scope, key, claim.id) for key in new)


class _Shown(NamedTuple):
    """What Collect shows of a request, in columns of its claim."""

    status: str
    due: str
    portal_url: str


def _lock_claims(db: Connection, numbers: Sequence[int]) -> dict[int, _CurrentClaim]:
    """Return the claims as they stand, locked until the transaction ends.

    SQLite, which does not lock single lines, lets only one transaction write at a time.
    """
    claims: dict[int, _CurrentClaim] = {}
    for some in chunks(sorted(set(numbers))):
        for row in db.execute(_LOCKED_CLAIMS, {"numbers": some}):
            claims[row.id] = _CurrentClaim(*row)
        for number, key in db.execute(_KEYS_OF_CLAIMS, {"numbers": some}):
            claims[number].keys.add(key)
    missing = set(numbers) - claims.keys()
    if missing:
        raise JournalError(
            f"The send history has no claim {min(missing)}.", tip="It was replaced while this run used it: run again."
        )
    return claims


def _lock_sent_claims(db: Connection, numbers: Sequence[int]) -> Iterator[tuple[int, str, _Shown]]:
    """Yield the claims that are sent, with their request id and what is kept of Collect's news.

    They are locked as by ``_lock_claims``.
    """
    claim = t.claims.c
    query = select(claim.id, claim.request_id, claim.status, claim.due, claim.portal_url).where(claim.state == "sent")
    query = query.order_by(claim.id).with_for_update()
    for some in chunks(numbers):
        for number, request_id, *shown in db.execute(query.where(claim.id.in_(some))):
            yield number, request_id, _Shown(*shown)


def _bind_requests(
    db: Connection, claims: Mapping[int, _CurrentClaim], outcomes: Iterable[Outcome]
) -> frozenset[tuple[int, str]]:
    """Bind request ids to their claims, first come first served.

    Returns:
        The pairs of claim and request id that do not belong together, because the request is another claim's.
    """
    named = list(_named_requests(outcomes))
    owners: dict[tuple[str, str], int] = {}
    for claim, request_id in named:
        owners.setdefault((claims[claim].origin, request_id), claim)
    lines = [
        {"origin": origin, "request_id": request_id, "claim": owners[origin, request_id]}
        for origin, request_id in sorted(owners)
    ]
    insert_new(db, t.bindings, lines)
    # What was bound before stays bound, so that the table is asked again who really owns each request.
    owners |= _owners(db, owners)
    return frozenset(
        (claim, request_id) for claim, request_id in named if owners[claims[claim].origin, request_id] != claim
    )


def _named_requests(outcomes: Iterable[Outcome]) -> Iterator[tuple[int, str]]:
    """Yield claim and request id of each outcome that names a request."""
    for outcome in outcomes:
        request = outcome.request
        if outcome.state == "sent" and request and request.id:
            yield outcome.claim, request.id


def _owners(db: Connection, requests: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the claims that requests are bound to, by (origin, request id)."""
    ids_by_origin: dict[str, list[str]] = {}
    for origin, request_id in requests:
        ids_by_origin.setdefault(origin, []).append(request_id)
    owners: dict[tuple[str, str], int] = {}
    for origin, ids in ids_by_origin.items():
        for some in chunks(ids):
            for request_id, claim in db.execute(_OWNERS, {"origin": origin, "ids": some}):
                owners[origin, request_id] = claim
    return owners


def _without_misnamed(outcome: Outcome, misnamed: frozenset[tuple[int, str]]) -> Outcome:
    """Return an outcome, as unknown where its request is another claim's.

    Either of the two claims may have been meant.
    """
    if outcome.request and (outcome.claim, outcome.request.id) in misnamed:
        return Outcome(outcome.claim, "unknown", outcome.request.id, why="another's request")
    return outcome


def _remarks(before: _Shown, now: _Shown) -> Iterator[str]:
    """Yield what differs, for the history.

    A due date that was not known before is no change.
    """
    if now.status != before.status:
        yield f"Collect: {before.status or 'no status'} -> {now.status}"
    if before.due and now.due != before.due:
        yield f"Collect: due {before.due} -> {now.due}"


def _update_claims(db: Connection, columns: tuple[str, ...], lines: Sequence[Mapping[str, Any]]) -> None:
    """Write columns of claims; each line names its claim as ``number``."""
    if lines:
        db.execute(_update_of(columns), lines)


@lru_cache(maxsize=8)  # one for each caller's columns
def _update_of(columns: tuple[str, ...]) -> Update:
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return update(t.claims).where(t.claims.c.id == bindparam("number")).values(values)
