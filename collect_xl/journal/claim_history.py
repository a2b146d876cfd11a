"""The history of claims for people: who was asked, when and by which user, and how each unknown was settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, func, select

from collect_xl.journal import tables as t
from collect_xl.journal.read_claims import claims_where
from collect_xl.journal.tables import chunks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from collect_xl.domain.model import Claim, ClaimState


@dataclass(frozen=True, slots=True)
class Change:
    """One event in the life of a claim."""

    at: datetime
    who: str
    how: str
    old: str
    """Empty for the first one."""
    new: str


@dataclass(frozen=True, slots=True)
class Logged:
    """One person in one scope, with everything that happened."""

    claim: Claim
    history: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which claims to return; None and empty mean all."""

    workbook: str | None = None
    """The path as it was when the workbook was sent."""
    run: str | None = None
    campaigns: Collection[str] = ()
    """Ids."""
    state: ClaimState | None = None
    since: datetime | None = None
    """Claimed then or later; aware."""
    ends_only: bool = False
    """Only how a row ended in a run: what was refused together with others, and then tried again, is left out."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run, without who ran it and on what."""

    id: str
    started: datetime
    ended: datetime | None
    """None when it still runs, or was killed."""


def logged(db: Connection, options: Wanted) -> list[Logged]:
    """Return claims with their history, oldest first."""
    claims = claims_where(db, *_conditions(options))
    history = _history(db, [claim.id for claim in claims])
    return [Logged(claim, tuple(history.get(claim.id, ()))) for claim in claims]


def changes_of(db: Connection, claim: int) -> list[Change]:
    """Return everything that happened to a claim, oldest first."""
    return _history(db, [claim]).get(claim, [])


def states(db: Connection) -> Mapping[str, int]:
    """Return how many claims there are in each state."""
    query = select(t.claims.c.state, func.count()).group_by(t.claims.c.state).order_by(t.claims.c.state)
    return dict(db.execute(query).all())


def last_runs(db: Connection, most: int) -> Sequence[RunLine]:
    """Return the last runs, newest first."""
    query = select(t.runs.c.id, t.runs.c.started, t.runs.c.ended).order_by(t.runs.c.started.desc()).limit(most)
    return [RunLine(*row) for row in db.execute(query)]


def _conditions(options: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if options.workbook is not None:
        runs_of_workbook = select(t.runs.c.id).where(t.runs.c.workbook == options.workbook)
        conditions.append(t.batches.c.run.in_(runs_of_workbook))
    if options.run is not None:
        conditions.append(t.batches.c.run == options.run)
    if options.campaigns:
        conditions.append(t.scopes.c.campaign.in_(options.campaigns))
    if options.state is not None:
        conditions.append(t.claims.c.state == options.state)
    if options.since is not None:
        conditions.append(t.batches.c.claimed_at >= options.since)
    if options.ends_only:
        freed = t.claims.c.state.in_(("refused", "not_sent"))
        conditions.append(~(freed & _tried_again()))
    return conditions


def _tried_again() -> ColumnElement[bool]:
    """Return the condition that the same run claimed the same row once more."""
    later_claim = t.claims.alias()
    later_batch = t.batches.alias()
    same_run = (later_batch.c.run == t.batches.c.run) & (later_batch.c.scope == t.batches.c.scope)
    later = select(later_claim.c.id).join_from(later_claim, later_batch, later_claim.c.batch == later_batch.c.id)
    same_row = (later_claim.c.row == t.claims.c.row) & (later_claim.c.id > t.claims.c.id)
    return later.where(same_run, same_row).exists()


def _history(db: Connection, claims: Iterable[int]) -> dict[int, list[Change]]:
    event = t.events.c
    query = select(event.claim, event.at, event.who, event.how, event.old, event.new).order_by(event.id)
    history: dict[int, list[Change]] = {}
    for some in chunks(claims):
        for claim, *change in db.execute(query.where(event.claim.in_(some))):
            history.setdefault(claim, []).append(Change(*change))
    return history
