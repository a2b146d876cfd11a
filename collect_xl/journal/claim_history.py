"""The journal told to people: who was asked what, when and by whom, and how each unknown was settled."""

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

__all__ = ["Change", "Logged", "RunLine", "Wanted", "last_runs", "logged", "states"]


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
    """Which claims to tell of; None and empty mean all."""

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


def logged(db: Connection, wanted: Wanted) -> list[Logged]:
    """Return claims with their history, oldest first."""
    claims = claims_where(db, *_conditions(wanted))
    history = _history(db, [claim.id for claim in claims])
    return [Logged(claim, tuple(history.get(claim.id, ()))) for claim in claims]


def states(db: Connection) -> Mapping[str, int]:
    """Return how many claims there are in each state."""
    query = select(t.claims.c.state, func.count()).group_by(t.claims.c.state).order_by(t.claims.c.state)
    return {state: count for state, count in db.execute(query)}  # noqa: C416  # dict() of rows has no types


def last_runs(db: Connection, most: int) -> Sequence[RunLine]:
    """Return the last runs, newest first."""
    query = select(t.runs.c.id, t.runs.c.started, t.runs.c.ended).order_by(t.runs.c.started.desc()).limit(most)
    return [RunLine(*row) for row in db.execute(query)]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.workbook is not None:
        mine = select(t.runs.c.id).where(t.runs.c.workbook == wanted.workbook)
        found.append(t.batches.c.run.in_(mine))
    if wanted.run is not None:
        found.append(t.batches.c.run == wanted.run)
    if wanted.campaigns:
        found.append(t.scopes.c.campaign.in_(wanted.campaigns))
    if wanted.state is not None:
        found.append(t.claims.c.state == wanted.state)
    if wanted.since is not None:
        found.append(t.batches.c.claimed_at >= wanted.since)
    if wanted.ends_only:
        found.append(~(t.claims.c.state.in_(("refused", "not_sent")) & _tried_again()))
    return found


def _tried_again() -> ColumnElement[bool]:
    """Return whether the same run claimed the same row once more."""
    later, batch = t.claims.alias(), t.batches.alias()
    same = (batch.c.run == t.batches.c.run) & (batch.c.scope == t.batches.c.scope)
    joined = select(later.c.id).join_from(later, batch, later.c.batch == batch.c.id)
    return joined.where(same, later.c.row == t.claims.c.row, later.c.id > t.claims.c.id).exists()


def _history(db: Connection, claims: Iterable[int]) -> dict[int, list[Change]]:
    query = select(t.events.c.claim, t.events.c.at, t.events.c.who, t.events.c.how, t.events.c.old, t.events.c.new)
    found: dict[int, list[Change]] = {}
    for some in chunks(claims):
        for claim, *change in db.execute(query.where(t.events.c.claim.in_(some)).order_by(t.events.c.id)):
            found.setdefault(claim, []).append(Change(*change))
    return found
