"""Merging: what another journal knows is added to ours; who is held by one of them stays held."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, select, text, update

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.model import ClaimState, Scope
from collect_xl.journal import tables as t
from collect_xl.journal.backups import checked_copy
from collect_xl.journal.changes import News
from collect_xl.journal.database import engine_of, make_folder
from collect_xl.journal.people import free, hold, keep_pairs, line, scope_number, team_number
from collect_xl.journal.places import FILE_NAME, Place
from collect_xl.journal.tables import insert_lines, insert_new, insert_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from collect_xl.journal.store import Journal

WEIGHT: Mapping[ClaimState, int] = {
    "sent": 5,  # also over cancelled: whether Collect cancelled it can be looked up, whether it was sent may be lost
    "unknown": 4,
    "intent": 3,
    "cancelled": 2,
    "refused": 1,
    "not_sent": 0,
}
"""Where two journals differ about one claim, the heavier state counts."""


def merge(journal: Journal, other: Path) -> int:
    """Add what another journal knows; who is held by one of the two stays held.

    Args:
        journal: ours, of any kind of database.
        other: the other one's file, which is not changed.

    Returns:
        How many claims our journal did not know.

    Raises:
        JournalError: the other one is no journal, is damaged, or newer than this release.
    """
    beside = journal.place.file or journal.place.folder / FILE_NAME
    make_folder(beside.parent)
    with checked_copy(other, beside) as place:
        return journal.contend(lambda db: _merge_into(db, place, journal.who))


def _merge_into(ours: Connection, other: Place, who: str) -> int:
    """Merge inside a transaction of ours; return how many claims ours did not know.

    Args:
        ours: to be committed by the caller.
        other: looked through and of our version, as ``merge`` makes sure of.
        who: for the history.
    """
    news = News("settler", who, f"merged from {other.shown}", datetime.now(UTC))
    engine = engine_of(other)
    try:
        with engine.begin() as theirs:
            return _Merge(ours, theirs, news).run()
    finally:
        engine.dispose()


@dataclass(slots=True)
class _Merge:
    """A merge at work, inside one transaction of ours."""

    ours: Connection
    theirs: Connection
    news: News
    our_batches: dict[str, int] = field(default_factory=dict)
    """Owner token -> our number: by the token two journals are seen to speak of the same batch."""
    added: int = 0
    """How many claims ours did not know."""

    def run(self) -> int:
        """Merge everything; batches last, because they point to the rest."""
        self._add_pairs()
        self._add_meanings()
        for table in (t.runs, t.accounts):
            insert_new(self.ours, table, self._lines(select(table)))
        self.our_batches = dict(self.ours.execute(select(t.batches.c.owner, t.batches.c.id)).all())
        for batch in self._lines(select(t.batches).order_by(t.batches.c.id)):
            self._merge_batch(batch)
        return self.added

    def _add_pairs(self) -> None:
        pairs = select(t.teams.c.origin, t.teams.c.team, t.aliases.c.contact, t.aliases.c.mail)
        for origin, team, contact, mail in self.theirs.execute(pairs.join_from(t.aliases, t.teams)):
            keep_pairs(self.ours, team_number(self.ours, origin, team), [(contact, mail)])

    def _add_meanings(self) -> None:
        """Add which campaigns names meant to the other journal."""
        meaning = t.meanings.c
        columns = (meaning.name, meaning.campaign, meaning.workbook, meaning.since)
        query = select(t.teams.c.origin, t.teams.c.team, *columns).join_from(t.meanings, t.teams)
        for theirs in self._lines(query):
            team = team_number(self.ours, theirs["origin"], theirs["team"])
            insert_new(self.ours, t.meanings, [_without(theirs, "origin") | {"team": team}])

    def _merge_batch(self, batch: dict[str, Any]) -> None:
        scope = self._scope(batch["scope"])
        team = team_number(self.ours, scope.origin, scope.team)
        our_scope = scope_number(self.ours, team, scope)
        claims_of_batch = self._lines(select(t.claims).where(t.claims.c.batch == batch["id"]))
        their_claims = {claim["row"]: claim for claim in claims_of_batch}
        our_batch = self.our_batches.get(batch["owner"])
        if our_batch is None:
            our_batch = self._add_batch(batch, our_scope, their_claims.values())
        else:
            self._unite_batch(our_batch, our_scope, batch, their_claims)
        query = select(t.claims.c.row, t.claims.c.id).where(t.claims.c.batch == our_batch)
        numbers = {
            their_claims[row]["id"]: our_claim for row, our_claim in self.ours.execute(query) if row in their_claims
        }
        self._add_events(numbers)
        self._bind_requests(numbers, scope.origin)
        self._hold_keys(numbers, our_scope)
        for table in (t.details, t.items):
            theirs = self._lines(select(table).where(table.c.claim.in_(list(numbers))))
            insert_new(self.ours, table, [{**each, "claim": numbers[each["claim"]]} for each in theirs])

    def _scope(self, their_number: int) -> Scope:
        scope = select(t.teams.c.origin, t.teams.c.team, t.scopes.c.campaign, t.scopes.c.round)
        query = scope.join_from(t.scopes, t.teams).where(t.scopes.c.id == their_number)
        return Scope(*self.theirs.execute(query).one())

    def _add_batch(self, batch: dict[str, Any], our_scope: int, claims: Iterable[dict[str, Any]]) -> int:
        """Add a batch with its claims and answers; return our number."""
        # Their lists have other numbers: without a base the window of time decides, or a person.
        line = _without(batch, "id") | {"scope": our_scope, "list_before": None}
        number = insert_one(self.ours, t.batches, line)
        lines = [_without(claim, "id") | {"batch": number} for claim in claims]
        insert_lines(self.ours, t.claims, lines)
        self.added += len(lines)
        self._copy_answers(batch["id"], number)
        return number

    def _copy_answers(self, theirs: int, ours: int) -> None:
        # One by one and as they are packed: inflated, they may be larger than the memory.
        answers = text("SELECT at, text FROM evidence WHERE batch = :batch")
        copy = text("INSERT INTO evidence (batch, at, text) VALUES (:batch, :at, :text)")
        for answer in self.theirs.execute(answers, {"batch": theirs}):
            self.ours.execute(copy, {"batch": ours, "at": answer.at, "text": answer.text})

    def _unite_batch(
        self, number: int, our_scope: int, batch: dict[str, Any], their_claims: Mapping[int, dict[str, Any]]
    ) -> None:
        """Take over what the other journal knows better of a batch that both have."""
        # The sender was at work for longer than ours knew, so that our first look at Collect proves nothing.
        quiet_later = (t.batches.c.id == number) & (t.batches.c.quiet_from < batch["quiet_from"])
        quiet = {"quiet_from": batch["quiet_from"], "first_look": None}
        self.ours.execute(update(t.batches).where(quiet_later).values(quiet))
        for our_claim in self.ours.execute(select(t.claims).where(t.claims.c.batch == number)).all():
            their_claim = their_claims.get(our_claim.row)
            if their_claim and self._is_known_better(our_claim, their_claim):
                self._change(our_claim.id, our_claim.state, _without(their_claim, "id", "batch", "row"))
                if their_claim["state"] not in HOLDING:
                    self._let_go(our_claim.id, our_scope)

    def _is_known_better(self, our_claim: Any, their_claim: Mapping[str, Any]) -> bool:  # noqa: ANN401  # SQLAlchemy's row
        """Return whether the other journal knows more of a claim.

        The longer history wins: an older backup must not turn a cancelled request back into a pending one. Where the
        two have gone different ways, the state counts that keeps others from asking.
        """
        ours = _history(self.ours, our_claim.id)
        theirs = _history(self.theirs, their_claim["id"])
        if ours[: len(theirs)] == theirs:
            return False
        if theirs[: len(ours)] == ours:
            return True
        return WEIGHT[their_claim["state"]] > WEIGHT[our_claim.state]

    def _let_go(self, claim: int, our_scope: int) -> None:
        """Give up the keys of a claim that no longer holds anyone, or nothing would ever give them up."""
        keys = self.ours.execute(select(t.claim_keys.c.key).where(t.claim_keys.c.claim == claim)).scalars()
        free(self.ours, [line(our_scope, key, claim) for key in keys])

    def _change(self, claim: int, old: str, values: dict[str, Any]) -> None:
        self.ours.execute(update(t.claims).where(t.claims.c.id == claim).values(values))
        self.ours.execute(t.events.insert(), self.news.event(claim, old, values["state"]))

    def _add_events(self, numbers: Mapping[int, int]) -> None:
        """Add the events that our history lacks; ``numbers`` leads from their claims to ours."""
        event = t.events.c
        query = select(event.claim, event.at, event.who, event.how, event.old, event.new).order_by(event.id)
        ours = self.ours.execute(query.where(event.claim.in_(list(numbers.values()))))
        # Compared as a whole: each journal has numbers of its own.
        kept = {tuple(row) for row in ours}
        theirs = self._lines(query.where(event.claim.in_(list(numbers))))
        lines = [{**each, "claim": numbers[each["claim"]]} for each in theirs]
        insert_lines(self.ours, t.events, [each for each in lines if tuple(each.values()) not in kept])

    def _bind_requests(self, numbers: Mapping[int, int], origin: str) -> None:
        """Bind their request ids to our claims.

        A claim whose request is bound to another claim of ours already is in doubt from now on.
        """
        binding = t.bindings.c
        theirs = select(binding.request_id, binding.claim).where(binding.claim.in_(list(numbers)))
        claims = {request_id: numbers[claim] for request_id, claim in self.theirs.execute(theirs)}
        lines = [
            {"origin": origin, "request_id": request_id, "claim": claims[request_id]} for request_id in sorted(claims)
        ]
        insert_new(self.ours, t.bindings, lines)
        ours = select(binding.request_id, binding.claim).where(binding.origin == origin)
        for request_id, owner in self.ours.execute(ours.where(binding.request_id.in_(list(claims)))):
            if owner != claims[request_id]:
                self._doubt(claims[request_id], request_id)

    def _doubt(self, claim: int, request_id: str) -> None:
        """Make a sent claim unknown whose request is another claim's."""
        ours = self.ours.execute(select(t.claims).where(t.claims.c.id == claim)).one()
        if ours.state == "sent" and ours.request_id == request_id:
            values = {"state": "unknown", "state_at": self.news.at, "request_id": "", "words": request_id}
            self._change(claim, "sent", {**values, "why": "another's request"})

    def _hold_keys(self, numbers: Mapping[int, int], our_scope: int) -> None:
        """Add the keys of their claims, and hold those of all that keep others from asking."""
        key = t.claim_keys
        theirs = self.theirs.execute(select(key).where(key.c.claim.in_(list(numbers))))
        insert_new(self.ours, key, [{"claim": numbers[claim], "key": text, "own": own} for claim, text, own in theirs])
        ours = list(numbers.values())
        holding = select(t.claims.c.id).where(t.claims.c.id.in_(ours), t.claims.c.state.in_(HOLDING))
        held = self.ours.execute(select(key.c.claim, key.c.key).where(key.c.claim.in_(holding)))
        hold(self.ours, [line(our_scope, text, claim) for claim, text in held])

    def _lines(self, query: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
        return [dict(row) for row in self.theirs.execute(query).mappings()]


def _history(db: Connection, claim: int) -> list[tuple[Any, ...]]:
    event = t.events.c
    query = select(event.at, event.who, event.how, event.old, event.new).where(event.claim == claim).order_by(event.id)
    return [tuple(row) for row in db.execute(query)]


def _without(line: Mapping[str, Any], *columns: str) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in columns}
