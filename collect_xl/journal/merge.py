"""Merging: what another journal knows is added to ours, and whoever one of them holds stays held."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, select, update

from collect_xl.domain.model import ClaimState, Scope
from collect_xl.journal import tables as t
from collect_xl.journal.backups import checked_copy
from collect_xl.journal.changes import News
from collect_xl.journal.database import engine_of, make_folder
from collect_xl.journal.people import hold, keep_pairs, line, scope_number, team_number
from collect_xl.journal.places import FILE_NAME, Place
from collect_xl.journal.states import HOLDING
from collect_xl.journal.tables import insert_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from collect_xl.journal.store import Journal

__all__ = ["WEIGHT", "merge"]

WEIGHT: Mapping[ClaimState, int] = {
    "sent": 5,  # also over cancelled: whether Collect cancelled it can be looked up, whether it was sent may be lost
    "unknown": 4,
    "intent": 3,
    "cancelled": 2,
    "refused": 1,
    "not_sent": 0,
}
"""Of two journals that tell differently of one claim, the heavier word counts."""


def merge(journal: Journal, other: Path) -> int:
    """Add what another journal knows; whoever one of the two holds stays held.

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


@dataclass(slots=True)
class _Merge:
    """A merge at work, inside one transaction of ours."""

    ours: Connection
    theirs: Connection
    news: News
    batches: dict[str, int] = field(default_factory=dict)
    """Owner token -> our number: the token tells that two journals speak of the same batch."""
    added: int = 0

    def all(self) -> int:
        """Merge everything; batches last, because they point to the rest."""
        for origin, team, contact, mail in self.theirs.execute(
            select(t.teams.c.origin, t.teams.c.team, t.aliases.c.contact, t.aliases.c.mail).join_from(
                t.aliases, t.teams
            )
        ):
            keep_pairs(self.ours, team_number(self.ours, origin, team), [(contact, mail)])
        for table in (t.runs, t.accounts):
            insert_new(self.ours, table, self._lines(select(table)))
        self.batches = dict(self.ours.execute(select(t.batches.c.owner, t.batches.c.id)).all())
        for batch in self._lines(select(t.batches).order_by(t.batches.c.id)):
            self._batch(batch)
        return self.added

    def _batch(self, batch: dict[str, Any]) -> None:
        scope, origin = self._scope(batch["scope"])
        theirs = {one["row"]: one for one in self._lines(select(t.claims).where(t.claims.c.batch == batch["id"]))}
        number = self.batches.get(batch["owner"])
        if number is None:
            number = self._add_batch({**batch, "scope": scope}, theirs.values())
        else:
            self._unite_batch(number, batch, theirs)
        query = select(t.claims.c.row, t.claims.c.id).where(t.claims.c.batch == number)
        ours = {theirs[row]["id"]: claim for row, claim in self.ours.execute(query) if row in theirs}
        self._events(ours)
        self._bind(ours, origin)
        self._hold(ours, scope)

    def _scope(self, number: int) -> tuple[int, str]:
        query = select(t.teams.c.origin, t.teams.c.team, t.scopes.c.campaign, t.scopes.c.round).join_from(
            t.scopes, t.teams
        )
        scope = Scope(*self.theirs.execute(query.where(t.scopes.c.id == number)).one())
        return scope_number(self.ours, team_number(self.ours, scope.origin, scope.team), scope), scope.origin

    def _add_batch(self, batch: dict[str, Any], claims: Iterable[dict[str, Any]]) -> int:
        their_number = batch.pop("id")
        (number,) = self.ours.execute(t.batches.insert(), batch).inserted_primary_key or (0,)
        lines = [{**claim, "batch": number} for claim in claims]
        for one in lines:
            del one["id"]
        self.ours.execute(t.claims.insert(), lines)
        evidence = self._lines(select(t.evidence.c.at, t.evidence.c.text).where(t.evidence.c.batch == their_number))
        if evidence:
            self.ours.execute(t.evidence.insert(), [{**one, "batch": number} for one in evidence])
        self.added += len(lines)
        return int(number)

    def _unite_batch(self, number: int, batch: dict[str, Any], theirs: Mapping[int, dict[str, Any]]) -> None:
        later = (t.batches.c.id == number) & (t.batches.c.quiet_from < batch["quiet_from"])
        quiet = {"quiet_from": batch["quiet_from"], "first_look": None, "first_seen": ""}
        self.ours.execute(update(t.batches).where(later).values(quiet))
        for ours in self.ours.execute(select(t.claims).where(t.claims.c.batch == number)).all():
            one = theirs.get(ours.row)
            if one and WEIGHT[one["state"]] > WEIGHT[ours.state]:
                self._change(
                    ours.id, ours.state, {name: one[name] for name in one if name not in {"id", "batch", "row"}}
                )

    def _change(self, claim: int, old: str, values: dict[str, Any]) -> None:
        self.ours.execute(update(t.claims).where(t.claims.c.id == claim).values(values))
        self.ours.execute(t.events.insert(), self.news.event(claim, old, values["state"]))

    def _events(self, ours: Mapping[int, int]) -> None:
        """Add the events that our history lacks."""
        columns = ("claim", "at", "who", "how", "old", "new")
        query = select(*(t.events.c[name] for name in columns)).order_by(t.events.c.id)
        known = {tuple(row) for row in self.ours.execute(query.where(t.events.c.claim.in_(list(ours.values()))))}
        lines = [
            {**one, "claim": ours[one["claim"]]} for one in self._lines(query.where(t.events.c.claim.in_(list(ours))))
        ]
        if new := [one for one in lines if tuple(one.values()) not in known]:
            self.ours.execute(t.events.insert(), new)

    def _bind(self, ours: Mapping[int, int], origin: str) -> None:
        """Bind their request ids; what is bound to another claim of ours already is in doubt from now on."""
        query = select(t.bindings.c.request_id, t.bindings.c.claim).where(t.bindings.c.claim.in_(list(ours)))
        wanted = {request_id: ours[claim] for request_id, claim in self.theirs.execute(query)}
        lines = [{"origin": origin, "request_id": one, "claim": claim} for one, claim in sorted(wanted.items())]
        insert_new(self.ours, t.bindings, lines)
        query = select(t.bindings.c.request_id, t.bindings.c.claim).where(t.bindings.c.origin == origin)
        for request_id, claim in self.ours.execute(query.where(t.bindings.c.request_id.in_(list(wanted)))):
            if claim != wanted[request_id]:
                self._doubt(wanted[request_id], request_id)

    def _doubt(self, claim: int, request_id: str) -> None:
        ours = self.ours.execute(select(t.claims).where(t.claims.c.id == claim)).one()
        if ours.state == "sent" and ours.request_id == request_id:
            words = f"Two journals bind request {request_id} to different contacts"
            self._change(
                claim, "sent", {"state": "unknown", "state_at": self.news.at, "request_id": "", "words": words}
            )

    def _hold(self, ours: Mapping[int, int], scope: int) -> None:
        query = select(t.claim_keys).where(t.claim_keys.c.claim.in_(list(ours)))
        keys = [{"claim": ours[claim], "key": key} for claim, key in self.theirs.execute(query)]
        insert_new(self.ours, t.claim_keys, keys)
        holding = select(t.claims.c.id).where(t.claims.c.id.in_(list(ours.values())), t.claims.c.state.in_(HOLDING))
        query = select(t.claim_keys).where(t.claim_keys.c.claim.in_(holding))
        hold(self.ours, [line(scope, key, claim) for claim, key in self.ours.execute(query)])

    def _lines(self, query: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
        return [dict(found) for found in self.theirs.execute(query).mappings()]


def _merge_into(ours: Connection, other: Place, who: str) -> int:
    """Add what another journal knows, inside a transaction of ours; return how many claims ours did not know.

    Args:
        ours: to be committed by the caller.
        other: looked through and of our version, as ``merge`` makes sure of.
        who: for the history.
    """
    engine = engine_of(other)
    try:
        with engine.begin() as theirs:
            return _Merge(ours, theirs, News("settler", who, f"merged from {other.shown}", datetime.now(UTC))).all()
    finally:
        engine.dispose()
