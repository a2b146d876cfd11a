"""The lines of a preview: what a plan would send, and what was done to its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from collect_xl.domain.identity import round_words

if TYPE_CHECKING:
    from collect_xl.planning.plan import Batch, NewRound
    from collect_xl.workflow.book import Prepared

MOST_NOTES = 50
"""Notes about rows that are listed; the rest is counted."""


def plan_lines(prepared: Prepared) -> Iterable[str]:
    """Yield what would be sent: one line for each campaign and round, then the totals."""
    plan, account = prepared.plan, prepared.account
    team = f"Team {account.team.name}: " if account else ""
    zone = account.team.zone if account else "the team's zone"
    if not plan.batches:
        yield f"{team}nothing to send."
        return
    for batches in _alike(plan.batches):
        yield _group_line(batches, team, zone)
    people = "person" if plan.size == 1 else "people"
    yield f"{plan.size} {people} will be asked."
    if plan.freed:
        were = "was asked before; that request was" if plan.freed == 1 else "were asked before; those requests were"
        yield f"{plan.freed} of them {were} cancelled."
    for new in plan.new_rounds:
        yield from _new_round_lines(new)


def _new_round_lines(new: NewRound) -> Iterable[str]:
    for earlier in new.earlier:
        yield (
            f'Round "{new.round}" is new. {earlier.people} of these people were asked in {round_words(earlier.round)}, '
            f"last on {earlier.last:%Y-%m-%d}: they will be asked again."
        )


def _alike(batches: Iterable[Batch]) -> Iterable[list[Batch]]:
    """Return the batches in groups of the same options and round."""
    # Options hold lists, which are no keys of a dictionary: their text is.
    groups: dict[str, list[Batch]] = {}
    for batch in batches:
        key = json.dumps([batch.options, batch.round], sort_keys=True)
        groups.setdefault(key, []).append(batch)
    return groups.values()


def _group_line(batches: Sequence[Batch], team: str, zone: str) -> str:
    first = batches[0]
    size = sum(len(batch.rows) for batch in batches)
    requests = "request" if size == 1 else "requests"
    in_batches = "batch" if len(batches) == 1 else "batches"
    due = first.rows[0].options.due
    parts = [
        f"{team}send {size} {requests} in {len(batches)} {in_batches}",
        f"campaign {first.campaign.name or first.campaign.id}",
        f'round "{first.round}"' if first.round else "no round",
        f"due {due} ({zone})" if due else "due as the campaign says",
    ]
    if "assignedTo" in first.options:
        parts.append(f"assigned to {first.options['assignedTo']}")
    silent = first.options.get("sendMessage") is False
    parts.append("Collect sends no messages" if silent else "Collect sends its messages")
    return "; ".join(parts) + "."


def row_notes(prepared: Prepared) -> Iterable[str]:
    """Yield what was done to planned rows without asking, and what looks wrong in them."""
    notes = prepared.row_notes
    yield from notes[:MOST_NOTES]
    if len(notes) > MOST_NOTES:
        yield f"... and {len(notes) - MOST_NOTES} more notes of this kind."
