"""Version 4 of the journal: which campaign a name meant when people were asked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from collect_xl.domain.identity import campaign_key, is_trial_round
from collect_xl.journal import tables as t
from collect_xl.journal.accounts import account_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_version_4(db: Connection) -> None:
    """Turn a journal of version 3 into one of version 4.

    What rows called their campaigns was not kept: each campaign counts as called by the name that was last seen of it.
    """
    t.details.create(db)
    t.meanings.create(db)
    names = _names(db)
    scope, batch = t.scopes.c, t.batches.c
    query = (
        select(
            t.teams.c.id, t.teams.c.origin, scope.campaign, scope.round, t.runs.c.workbook, func.min(batch.claimed_at)
        )
        .select_from(t.batches)
        .join(t.scopes)
        .join(t.teams)
        .join(t.runs, t.runs.c.id == batch.run)
        .group_by(t.teams.c.id, t.teams.c.origin, scope.campaign, scope.round, t.runs.c.workbook)
    )
    lines: dict[tuple[int, str, str], Mapping[str, Any]] = {}
    for team, origin, campaign, round_, workbook, since in db.execute(query):
        name = names.get((origin, campaign), "")
        if not name or is_trial_round(round_):
            continue
        place = (team, campaign, workbook)
        if place not in lines or since < lines[place]["since"]:
            lines[place] = {"team": team, "name": name, "campaign": campaign, "workbook": workbook, "since": since}
    t.insert_new(db, t.meanings, list(lines.values()))


def _names(db: Connection) -> dict[tuple[str, str], str]:
    """Return the name of each campaign that a user last saw, by origin and ID; the latest look counts."""
    names: dict[tuple[str, str], tuple[datetime, str]] = {}
    for origin, at, text in db.execute(select(t.accounts.c.origin, t.accounts.c.at, t.accounts.c.json)):
        for campaign in account_of(text).campaigns:
            place = (origin, campaign.id)
            if place not in names or names[place][0] < at:
                names[place] = (at, campaign_key(campaign.name))
    return {place: name for place, (_, name) in names.items()}
