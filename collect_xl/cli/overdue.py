"""``collect-xl overdue``: the rows that the team should call about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from collect_xl.cli.books import table
from collect_xl.cli.exits import ATTENTION, surest
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.json_lines import JsonLines, end_of, person, snake
from collect_xl.cli.narrow_table import Cut, cut_to_fit
from collect_xl.cli.refresh import refresh_shown
from collect_xl.cli.remedies import command_of
from collect_xl.cli.screen import Screen
from collect_xl.domain.due_dates import days_of
from collect_xl.domain.plain_text import shown
from collect_xl.domain.rows import Checked, valid
from collect_xl.domain.statuses import LateKind
from collect_xl.followup.overdue import Late
from collect_xl.remedies import Remedy
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import Overdue
from collect_xl.workflow.open import READ, Paths, opened

KINDS: tuple[LateKind, ...] = ("undelivered", "overdue", "due soon")
"""Why a row is late, in the order of urgency."""

HEAD = ("Row", "Why", "Due", "Status", "Name", "Address")

_CUTS = (Cut(4, 14), Cut(5, 20))
"""Name and address: columns that are cut in a narrow terminal."""


def run_overdue(paths: Paths, screen: Screen, *, within: int, online: bool) -> int:
    """List what is overdue, due within some days, or undelivered; return 3 when there is any, or may be."""
    CURRENT.work_on(paths)
    codes: set[int] = set()
    if online:
        _, codes = refresh_shown(paths, screen)
    with opened(paths, READ) as session:
        overdue = stories.overdue(session, days_of(within))
        names = _names(session.book.rows)
    if overdue.rows or overdue.strangers:
        codes.add(ATTENTION)
    code = surest(codes - {0}, something_sent=True)
    _show(overdue, names, screen)
    screen.strangers(overdue.strangers)
    _as_json(overdue, code, screen.lines)
    return code


def _names(rows: Iterable[Checked]) -> dict[int, str]:
    """Return the names of the people, by row number."""
    return {row.number: row.contact.full_name for row in valid(rows)}


def _show(overdue: Overdue, names: Mapping[int, str], screen: Screen) -> None:
    """Count the rows that are late, and list them."""
    if overdue.zone is None:
        refresh = command_of(Remedy.REFRESH)
        screen.warn(f"This send history knows of nothing that was sent to Collect. Run: {refresh}")
        return
    if not overdue.rows:
        screen.say("Nothing is late.")
        return
    counts = Counter(late.kind for late in overdue.rows)
    parts = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    screen.say(f"{len(overdue.rows)} to call about: {parts}. Times of {overdue.zone}.")
    zone = ZoneInfo(overdue.zone)
    lines: Sequence[Sequence[str]] = [_cells(late, names.get(late.row, ""), zone) for late in overdue.rows]
    head, lines = cut_to_fit(HEAD, lines, screen.people.width, _CUTS) if screen.people.is_terminal else (HEAD, lines)
    title, *listed = table(head, lines)
    screen.say(title)
    for line, late in zip(listed, overdue.rows, strict=True):
        screen.say(line)
        if late.missing:
            screen.say(f"     missing: {'; '.join(late.missing)}")


def _cells(late: Late, name: str, zone: ZoneInfo) -> tuple[str, ...]:
    due = f"{late.due.astimezone(zone):%Y-%m-%d %H:%M}" if late.due else "none"
    address, contact_id = person(late.claim)
    status = late.claim.status or "pending"
    cells = (str(late.row), late.kind, due, status, name, address or contact_id or late.claim.request_id)
    return tuple(map(shown, cells))


def _as_json(overdue: Overdue, code: int, lines: JsonLines) -> None:
    """Print for programs one object for each row that is late, and a summary."""
    for late in overdue.rows:
        end = end_of(late.claim, late.row, status="pending")
        lines.row(end, kind=snake(late.kind), missing=list(late.missing))
    counts = Counter(each.kind for each in overdue.rows)
    lines.summary(code, {**{kind: counts[kind] for kind in KINDS}, "elsewhere": len(overdue.strangers)})
