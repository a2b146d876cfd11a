"""``collect-xl overdue``: the rows that the team should call about."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from zoneinfo import ZoneInfo

from collect_xl.cli.exits import ATTENTION
from collect_xl.cli.refresh import ItemsScreen, tell_items, tell_refreshed
from collect_xl.cli.screen import Screen
from collect_xl.domain.due_dates import days_of
from collect_xl.domain.statuses import LateKind
from collect_xl.followup.overdue import Late
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import Overdue
from collect_xl.workflow.items_story import ItemsWish
from collect_xl.workflow.open import READ, WRITE, Paths, collect_of, opened

KINDS: tuple[LateKind, ...] = ("undelivered", "overdue", "due soon")
"""Why a row is late, in the order of urgency."""


def run_overdue(paths: Paths, screen: Screen, *, within: int, online: bool) -> int:
    """List what is overdue, due within some days, or undelivered; return 3 when there is any, or may be."""
    if online:
        with opened(paths, WRITE) as session, ExitStack() as stack:
            wish = ItemsWish(front=ItemsScreen(screen, stack))
            end = stories.refresh(session, collect_of(session), wish)
        tell_refreshed(end.refreshed, screen)
        tell_items(end.items, screen)
        screen.undelivered(end.finished.undelivered)
        screen.written(end.finished)
    with opened(paths, READ) as session:
        overdue = stories.overdue(session, days_of(within))
    code = ATTENTION if overdue.rows or overdue.strangers else 0
    _show(overdue, screen)
    screen.strangers(overdue.strangers)
    if screen.as_json:
        _as_json(overdue.rows, len(overdue.strangers), code)
    return code


def _show(overdue: Overdue, screen: Screen) -> None:
    """List the rows that are late, and count them."""
    if overdue.zone is None:
        screen.warn("This send history knows of nothing that was sent to Collect. Run: collect-xl overdue --online")
        return
    zone = ZoneInfo(overdue.zone)
    for late in overdue.rows:
        screen.say(_line(late, zone))
    counts = Counter(late.kind for late in overdue.rows)
    parts = [f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]]
    words = ", ".join(parts)
    screen.say(f"{words}." if words else "Nothing is late.")


def _line(late: Late, zone: ZoneInfo) -> str:
    claim = late.claim
    due = f"{late.due.astimezone(zone):%Y-%m-%d %H:%M}" if late.due else "no due date"
    addresses = [key.removeprefix("mail:") for key in claim.keys if key.startswith("mail:")]
    person = ", ".join(addresses) or claim.request_id
    missing = f"; missing: {'; '.join(late.missing)}" if late.missing else ""
    return f"  row {late.row}: {late.kind}, {due}, {claim.status or 'pending'}, {person}{missing}"


def _as_json(rows: Sequence[Late], elsewhere: int, code: int) -> None:
    """Print one object per row and a summary, and nothing else, on standard output."""
    for each in rows:
        claim = each.claim
        row = {"row": each.row, "kind": each.kind, "due": claim.due, "status": claim.status}
        print(json.dumps({**row, "requestId": claim.request_id, "missing": list(each.missing)}))  # noqa: T201
    counts = Counter(each.kind for each in rows)
    summary: dict[str, int] = {"schema": 1, "exit": code}
    for kind in KINDS:
        summary[kind.replace(" ", "_")] = counts[kind]
    summary["elsewhere"] = elsewhere
    print(json.dumps(summary))  # noqa: T201
