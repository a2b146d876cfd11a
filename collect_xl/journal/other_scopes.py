"""Claims of the same people elsewhere: in another round, or in another campaign behind the same name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, bindparam, select

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.identity import compare, is_trial_round, person_of_claim
from collect_xl.domain.ports import Meaning
from collect_xl.journal import tables as t
from collect_xl.journal.people import claims_with
from collect_xl.journal.read_claims import claims_by_id
from collect_xl.journal.tables import among, chunks, insert_new

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from collect_xl.domain.identity import Pairs, Person
    from collect_xl.domain.model import Claim, Scope
    from collect_xl.domain.ports import Run, ToClaim


# Made once, since every batch of a run needs them.
_LOCKED_TEAM = select(t.teams.c.id).where(t.teams.c.id == bindparam("team")).with_for_update(key_share=True)
_SCOPES = select(t.scopes.c.id, t.scopes.c.campaign, t.scopes.c.round).where(
    t.scopes.c.team == bindparam("team"), among(t.scopes.c.campaign, "campaigns")
)
_CAMPAIGNS_OF_NAMES = select(t.meanings.c.name, t.meanings.c.campaign).where(
    t.meanings.c.team == bindparam("team"), among(t.meanings.c.name, "names")
)


def take_turn(db: Connection, team: int) -> None:
    """Let other claims of a team wait until this transaction ends.

    Claims in two rounds hold different keys, so that on PostgreSQL neither would see the other: both would be sent.
    """
    # Without the key: lines that refer to the team may still be added. SQLite's writers take turns anyway.
    db.execute(_LOCKED_TEAM, {"team": team})


@dataclass(frozen=True, slots=True)
class Asking:
    """Rows that ask for their people in a scope, and what is known of these."""

    team: int
    scope: Scope
    run: Run
    """Whose own claims are no news."""
    rows: Sequence[ToClaim]
    people: Mapping[int, Person]
    """Row -> its person."""
    keys: Mapping[int, frozenset[str]]
    """Row -> the keys of its person."""
    pairs: Pairs


def unseen_claims(db: Connection, asking: Asking) -> dict[int, int]:
    """Return for each row a claim of its person elsewhere that its approval did not see."""
    compared = [row for row in asking.rows if row.seen is not None]
    if not compared or is_trial_round(asking.scope.round):
        return {}
    campaigns_of_name = _campaigns_of_names(db, asking.team, {row.campaign_name for row in compared})
    campaigns = {asking.scope.campaign}.union(*campaigns_of_name.values())
    scopes = _other_scopes(db, asking.team, asking.scope, campaigns)
    claims_of_key = claims_with(db, scopes, set().union(*(asking.keys[row.row] for row in compared)))
    claims = claims_by_id(db, set().union(*claims_of_key.values()))
    found: dict[int, int] = {}
    for row in compared:
        meant = {asking.scope.campaign, *campaigns_of_name.get(row.campaign_name, ())}
        numbers: set[int] = set().union(*(claims_of_key.get(key, ()) for key in asking.keys[row.row]))
        unseen = [claims[number] for number in sorted(numbers.difference(row.seen or ()))]
        claim = next((each for each in unseen if _is_news(asking, row.row, each, meant)), None)
        if claim is not None:
            found[row.row] = claim.id
    return found


def _is_news(asking: Asking, row: int, claim: Claim, meant: Collection[str]) -> bool:
    """Return whether a claim may hold a row's person in one of the campaigns that the row may mean."""
    if claim.state not in HOLDING or claim.run == asking.run.id or claim.scope.campaign not in meant:
        return False
    return compare(asking.people[row], person_of_claim(claim), asking.pairs) != "different"


def keep_meanings(db: Connection, team: int, scope: Scope, names: Iterable[str], run: Run, at: datetime) -> None:
    """Keep which campaign some names meant when people of a workbook were asked."""
    if is_trial_round(scope.round):
        return
    line = {"team": team, "campaign": scope.campaign, "workbook": run.workbook, "since": at}
    insert_new(db, t.meanings, [{**line, "name": name} for name in sorted(set(names) - {""})])


def meanings(db: Connection, names: Collection[str], *conditions: ColumnElement[bool]) -> list[Meaning]:
    """Return which campaigns some names meant, given conditions on ``teams``."""
    column = t.meanings.c
    found: list[Meaning] = []
    for some in chunks(sorted(names)):
        query = select(column.name, column.campaign, column.workbook, column.since).join_from(t.meanings, t.teams)
        found += [Meaning(*line) for line in db.execute(query.where(column.name.in_(some), *conditions))]
    return found


def _campaigns_of_names(db: Connection, team: int, names: Collection[str]) -> dict[str, set[str]]:
    """Return the campaigns that each name ever meant."""
    campaigns: dict[str, set[str]] = {}
    for some in chunks(sorted(set(names) - {""})):
        for name, campaign in db.execute(_CAMPAIGNS_OF_NAMES, {"team": team, "names": some}):
            campaigns.setdefault(name, set()).add(campaign)
    return campaigns


def _other_scopes(db: Connection, team: int, scope: Scope, campaigns: Iterable[str]) -> list[int]:
    """Return the numbers of the other scopes of some campaigns in which clients are asked."""
    numbers = []
    for some in chunks(sorted(campaigns)):
        for number, campaign, round_ in db.execute(_SCOPES, {"team": team, "campaigns": some}):
            if (campaign, round_) != (scope.campaign, scope.round) and not is_trial_round(round_):
                numbers.append(number)
    return numbers
