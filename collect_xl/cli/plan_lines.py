"""The lines of a preview: what a plan would send, and what was done to its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from collect_xl.domain.amounts import amount, word_for
from collect_xl.domain.headings import title_of
from collect_xl.domain.identity import round_words
from collect_xl.domain.rows import row_spans
from collect_xl.planning.approval import new_campaign_words
from collect_xl.planning.groups import AS_ABOVE, known_words, not_known_yet, preview_of

if TYPE_CHECKING:
    from collect_xl.planning.asked_again import NewRound
    from collect_xl.planning.groups import Preview
    from collect_xl.planning.plan import Batch
    from collect_xl.workflow.book import Prepared

_NAMES = {
    "campaignId": "Campaign",
    "dueDate": "Due",
    "sendMessage": "E-mail",
    "sendCompletionMessage": "On completion",
    "sendRejectionMessage": "On rejection",
    "sendReopenMessage": "On reopening",
}
"""What the table calls options whose title says less."""
_NONE = {"no round": "none", "no samples": "none", "all items": "all"}
"""Words that are clear where the option is not named beside them -> how a table says it."""

MOST_NOTES = 50
"""Notes about rows that are listed; the rest is counted."""

MOST_SPANS = 10
"""Spans of rows that a line names."""


def plan_lines(prepared: Prepared) -> Iterable[str]:
    """Yield what would be sent: one line for each group of calls that say the same, then the totals."""
    plan, account = prepared.plan, prepared.account
    team = f"Team {account.team.name}: " if account else ""
    if not plan.batches:
        yield f"{team}nothing to send."
        return
    yield from _group_lines(preview_of(plan, account), team)
    yield from not_known_yet(plan.batches, account)
    known = f" {known_words(plan)}" if account else ""
    yield f"{amount(plan.size, 'person')} will be asked.{known}"
    if plan.freed:
        were = word_for(plan.freed, "was asked before; that request was")
        yield f"{plan.freed} of them {were} cancelled."
    for new_round in plan.new_rounds:
        yield from _new_round_lines(new_round)
    for new_campaign in plan.new_campaigns:
        yield new_campaign_words(new_campaign)


def _new_round_lines(new: NewRound) -> Iterable[str]:
    for earlier in new.earlier:
        yield (
            f'Round "{new.round}" is new. {earlier.people} of these people were asked in {round_words(earlier.round)}, '
            f"last on {earlier.last:%Y-%m-%d}: they will be asked again."
        )


def _group_lines(preview: Preview, team: str) -> Iterable[str]:
    """Yield a table of what most calls say, and a line for each group with what it says otherwise."""
    batches = [batch for group in preview.groups for batch in group.batches]
    if len(preview.groups) == 1:
        yield f"{team}send {_counted(batches)}."
        yield from _table(preview.usual)
        return
    yield f"{team}send {_counted(batches)}, in {len(preview.groups)} groups; unless said below:"
    yield from _table(preview.usual)
    for group in preview.groups:
        yield f"- {amount(group.size, 'request')}: {'; '.join(preview.own(group)) or AS_ABOVE}."


def _table(usual: Mapping[str, str]) -> Iterable[str]:
    """Yield a line for each option, its name in front of its value."""
    names = {key: _NAMES.get(key) or title_of(key) for key in usual}
    width = max(map(len, names.values()))
    for key, words in usual.items():
        # The words name the option again, for faces that put all of them into one sentence.
        value = _NONE.get(words) or words.removeprefix(f"{names[key].lower()} ")
        yield f"  {names[key].ljust(width)}  {value}"


def _counted(batches: Sequence[Batch]) -> str:
    size = sum(len(batch.rows) for batch in batches)
    return f"{amount(size, 'request')} in {amount(len(batches), 'batch')}"


def row_notes(prepared: Prepared) -> Iterable[str]:
    """Yield what was done to planned rows without asking, such as a cleaned address; rows alike share a line."""
    rows_of_note: dict[str, list[int]] = {}
    for row in prepared.plan.rows:
        for note in row.notes:
            rows_of_note.setdefault(note, []).append(row.number)
    lines = [f"{_rows(rows)}: {note}" for note, rows in rows_of_note.items()]
    yield from lines[:MOST_NOTES]
    if len(lines) > MOST_NOTES:
        yield f"... and {len(lines) - MOST_NOTES} more notes of this kind."


def _rows(rows: Sequence[int]) -> str:
    return f"{word_for(len(rows), 'Row')} {first_spans(rows, ',')}"


def first_spans(rows: Iterable[int], between: str) -> str:
    """Return rows as spans, ``2-50`` and ``60``; of many spans the first, and the number of the others.

    Args:
        rows: in any order.
        between: what is put between two spans.
    """
    spans = row_spans(sorted(rows)).split(",")
    more = f" and {len(spans) - MOST_SPANS} more spans" if len(spans) > MOST_SPANS else ""
    return f"{between.join(spans[:MOST_SPANS])}{more}"
