"""``collect-xl log``: what the journal knows, as a table or as JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from collect_xl.cli.screen import Screen
from collect_xl.config.settings import load_settings
from collect_xl.domain.plain_text import escaped_json, shown
from collect_xl.journal.claim_history import Wanted
from collect_xl.workflow.open import journal_of, place_kept, who_runs

if TYPE_CHECKING:
    from collect_xl.domain.model import Account, Claim
    from collect_xl.journal.claim_history import Change, Logged

HEADERS = ("When", "State", "Person", "Campaign", "Round", "Workbook, row", "By", "Request", "Last known by")
_YEARS_WITH_ZONES = range(1970, 2200)
WIDE = 1000
"""Characters of a line where no terminal cuts it, so that each claim has one line."""


def run_log(book: Path | None, campaign: str | None, wanted: Wanted, screen: Screen) -> int:
    """Show who was asked, and how it ended; the journal is only read."""
    settings = load_settings(os.environ)
    with journal_of(settings, who_runs(), create=False) as journal:
        account = journal.account(settings.origin)
        campaigns = _campaigns(campaign, account) if campaign else ()
        place = place_kept(book) if book else None
        chosen = replace(wanted, workbook=place, campaigns=campaigns, ends_only=not screen.as_json)
        entries = journal.log(chosen)
    names = {each.id: each.name for each in account.campaigns} if account else {}
    if screen.as_json:
        for entry in entries:
            print(escaped_json(json.dumps(_line(entry), ensure_ascii=False)))  # noqa: T201
    elif entries:
        if not screen.people.is_terminal:
            screen.people.width = WIDE
        screen.people.print(_table(entries, names))
    else:
        screen.say(_nothing(book))
    return 0


def moment_of(typed: datetime) -> datetime:
    """Return an aware moment for one that was typed; at the ends of the calendar, where zones end, any zone will do."""
    if typed.year in _YEARS_WITH_ZONES:
        return typed.astimezone()
    return typed.replace(tzinfo=UTC)


def _campaigns(text: str, account: Account | None) -> tuple[str, ...]:
    """Return the ids that an id or a name means; a name that is not known is taken for an id."""
    campaigns = account.campaigns if account else ()
    name = text.strip().casefold()
    named = [each.id for each in campaigns if each.name.strip().casefold() == name]
    return (text.strip(), *named)


def _nothing(book: Path | None) -> str:
    if book is None:
        return "The send history knows of nothing like that."
    return (
        f"The send history has nothing like that from {place_kept(book)}. What was sent before a workbook was "
        "moved or renamed is listed under its old name: collect-xl log"
    )


def _table(entries: Sequence[Logged], names: Mapping[str, str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for header in HEADERS:
        table.add_column(header, overflow="fold")
    for entry in entries:
        claim = entry.claim
        cells = (
            f"{claim.claimed_at.astimezone():%Y-%m-%d %H:%M}",
            claim.state.replace("_", " "),
            ", ".join(_people(claim)),
            names.get(claim.scope.campaign) or claim.scope.campaign,
            claim.scope.round,
            f"{Path(claim.workbook).name}, {claim.row}",
            claim.holder,
            claim.request_id,
            _last(entry.history),
        )
        table.add_row(*map(_plain, cells))
    return table


def _plain(text: str) -> str:
    """Return a text in one line, in which nothing is taken for markup."""
    from rich.markup import escape  # noqa: PLC0415  # with the table alone

    return escape(shown(text))


def _last(history: Sequence[Change]) -> str:
    """Return how the present state is known, and who settled it where a person or a look-up did."""
    change = next((each for each in reversed(history) if each.old != each.new), None)
    if change is None:
        return ""
    settled = f" ({change.who}, {change.at.astimezone():%Y-%m-%d %H:%M})" if change.old == "unknown" else ""
    return f"{change.how}{settled}"


def _line(entry: Logged) -> dict[str, Any]:
    """Return a claim for programs; portal links are confidential, and stay in the journal."""
    claim = entry.claim
    return {
        "schema": 1,
        "state": claim.state,
        "people": _people(claim),
        "campaign": claim.scope.campaign,
        "round": claim.scope.round,
        "at": claim.claimed_at.isoformat(),
        "by": claim.holder,
        "run": claim.run,
        "workbook": claim.workbook,
        "row": claim.row,
        "requestId": claim.request_id,
        "status": claim.status,
        "words": claim.words,
        "history": [
            {"at": each.at.isoformat(), "by": each.who, "how": each.how, "from": each.old, "to": each.new}
            for each in entry.history
        ],
    }


def _people(claim: Claim) -> list[str]:
    """Return a person's addresses and contact ids, addresses first."""
    keys = sorted(claim.keys, key=lambda key: not key.startswith("mail:"))
    return [key.partition(":")[2] for key in keys]
