"""``collect-xl log``: what the journal knows, as a table or as JSON lines."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.cli.books import table
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.json_lines import JsonLines, end_of, person
from collect_xl.cli.narrow_table import Cut, cut_to_fit
from collect_xl.cli.screen import Screen
from collect_xl.config.settings import load_settings
from collect_xl.domain.identity import addresses_of, contact_ids_of
from collect_xl.domain.plain_text import shown
from collect_xl.journal.claim_history import Wanted
from collect_xl.workflow.open import journal_of, place_kept, who_runs

if TYPE_CHECKING:
    from collect_xl.domain.model import Campaign, Claim
    from collect_xl.journal.claim_history import Change, Logged

HEADERS = ("When", "State", "Address", "Campaign / round", "Book:row")
WIDE_HEADERS = (*HEADERS, "Contact", "By", "Request", "Run", "Last known by")
_YEARS_WITH_ZONES = range(1970, 2200)
_CUTS = (Cut(3, 12), Cut(4, 14, keeps_end=True), Cut(2, 20))
"""Campaign, workbook and address: columns that are cut in a narrow terminal; of a workbook the row's number counts."""


def run_log(book: Path | None, campaign: str | None, wanted: Wanted, screen: Screen, *, wide: bool = False) -> int:
    """Show who was asked, and how it ended; the journal is only read."""
    CURRENT.book = str(book) if book else ""
    settings = load_settings(os.environ)
    with journal_of(settings, who_runs(), create=False) as journal:
        account = journal.account(settings.origin)
        known_campaigns = account.campaigns if account else ()
        campaigns = _campaigns(campaign, known_campaigns) if campaign else ()
        place = place_kept(book) if book else None
        chosen = replace(wanted, workbook=place, campaigns=campaigns, ends_only=not screen.as_json)
        entries = journal.log(chosen)
    names = {each.id: each.name for each in known_campaigns}
    if screen.as_json:
        _as_json(entries, screen.lines)
    elif entries:
        fits = screen.people.is_terminal and not wide
        screen.line_each(_lines(entries, names, wide=wide, width=screen.people.width if fits else None))
    else:
        screen.say(_nothing(book))
    return 0


def moment_of(typed: datetime) -> datetime:
    """Return an aware moment for one that was typed; at the ends of the calendar, where zones end, any zone will do."""
    if typed.year in _YEARS_WITH_ZONES:
        return typed.astimezone()
    return typed.replace(tzinfo=UTC)


def _campaigns(text: str, known: Iterable[Campaign]) -> tuple[str, ...]:
    """Return the ids that an id or a name means; a name that is not known is taken for an id."""
    name = text.strip().casefold()
    named = [each.id for each in known if each.name.strip().casefold() == name]
    return (text.strip(), *named)


def _nothing(book: Path | None) -> str:
    if book is None:
        return "The send history knows of nothing like that."
    return (
        f"The send history has nothing like that from {place_kept(book)}. What was sent before a workbook was "
        "moved or renamed is listed under its old name: collect-xl log"
    )


def _lines(entries: Sequence[Logged], names: Mapping[str, str], *, wide: bool, width: int | None) -> Iterable[str]:
    """Yield a table with a line for each request.

    Args:
        entries: the requests.
        names: of the campaigns.
        wide: whether it has all columns.
        width: of the terminal, where its columns are cut to fit; None cuts nothing, as in a file.
    """
    head = WIDE_HEADERS if wide else HEADERS
    rows = []
    for entry in entries:
        cells = _cells(entry, names)
        if wide:
            cells = (*cells, *_more_cells(entry))
        rows.append([shown(cell) for cell in cells])
    if width is None:
        return table(head, rows)
    return table(*cut_to_fit(head, rows, width, _CUTS))


def _cells(entry: Logged, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return what everyone wants to know of a request."""
    claim = entry.claim
    email, contact_id = person(claim)
    campaign = names.get(claim.scope.campaign) or claim.scope.campaign
    return (
        f"{claim.claimed_at.astimezone():%Y-%m-%d %H:%M}",
        claim.state.replace("_", " "),
        email or contact_id,
        f"{campaign} / {claim.scope.round}" if claim.scope.round else campaign,
        f"{Path(claim.workbook).name}:{claim.row}",
    )


def _more_cells(entry: Logged) -> tuple[str, ...]:
    """Return the rest."""
    claim = entry.claim
    _, contact_id = person(claim)
    return contact_id, claim.holder, claim.request_id, claim.run, _last(entry.history)


def _last(history: Sequence[Change]) -> str:
    """Return how the present state is known, and who settled it where a person or a look-up did."""
    change = next((each for each in reversed(history) if each.old != each.new), None)
    if change is None:
        return ""
    settled = f" ({change.who}, {change.at.astimezone():%Y-%m-%d %H:%M})" if change.old == "unknown" else ""
    return f"{change.how}{settled}"


def _as_json(entries: Sequence[Logged], lines: JsonLines) -> None:
    """Print for programs one object for each request with its history, and a summary."""
    book = CURRENT.book
    for entry in entries:
        claim = entry.claim
        CURRENT.book = claim.workbook
        end = end_of(claim, claim.row, status=claim.state, message=claim.words)
        lines.row(end, **_facts(entry))
    CURRENT.book = book
    lines.summary(0, {"rows": len(entries), **Counter(entry.claim.state for entry in entries)})


def _facts(entry: Logged) -> dict[str, object]:
    """Return what only the send history says of a row."""
    claim = entry.claim
    return {
        "state": claim.state,
        "people": _people(claim),
        "campaign": claim.scope.campaign,
        "round": claim.scope.round,
        "at": claim.claimed_at.isoformat(),
        "by": claim.holder,
        "run": claim.run,
        "history": [
            {"at": each.at.isoformat(), "by": each.who, "how": each.how, "from": each.old, "to": each.new}
            for each in entry.history
        ],
    }


def _people(claim: Claim) -> list[str]:
    """Return a person's addresses and contact ids, addresses first."""
    return [*addresses_of(claim.keys), *contact_ids_of(claim.keys)]
