"""``collect-xl late``: the rows that somebody should call about."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from collect_xl.cli.exits import ATTENTION
from collect_xl.cli.refresh import tell_refreshed
from collect_xl.cli.screen import Screen
from collect_xl.followup.overdue import Late
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import Overdue
from collect_xl.workflow.open import READ, WRITE, Paths, collect_of, opened


def run_late(paths: Paths, screen: Screen, *, within: int, online: bool) -> int:
    """List what is overdue, due within some days, or undelivered; return 3 when there is any, or may be."""
    if online:
        with opened(paths, WRITE) as session:
            end = stories.refresh(session, collect_of(session))
        tell_refreshed(end.refreshed, screen)
        screen.undelivered(end.finished.undelivered)
        screen.written(end.finished)
    with opened(paths, READ) as session:
        overdue = stories.overdue(session, timedelta(days=within))
    code = ATTENTION if overdue.rows or overdue.strangers else 0
    _show(overdue, screen)
    screen.strangers(overdue.strangers)
    if screen.as_json:
        _as_json(overdue.rows, len(overdue.strangers), code)
    return code


def _show(overdue: Overdue, screen: Screen) -> None:
    if overdue.zone is None:
        screen.warn("This journal knows of nothing that was sent to Collect. Run: collect-xl late --online")
        return
    zone = ZoneInfo(overdue.zone)
    for each in overdue.rows:
        due = f"{each.due.astimezone(zone):%Y-%m-%d %H:%M}" if each.due else "no due date"
        people = ", ".join(key.removeprefix("mail:") for key in each.claim.keys if key.startswith("mail:"))
        status = each.claim.status or "pending"
        screen.say(f"  row {each.row}: {each.kind}, {due}, {status}, {people or each.claim.request_id}")
    counts = Counter(each.kind for each in overdue.rows)
    words = ", ".join(f"{counts[kind]} {kind}" for kind in ("undelivered", "overdue", "due soon") if counts[kind])
    screen.say(f"{words}." if words else "Nothing is late.")


def _as_json(found: Sequence[Late], elsewhere: int, code: int) -> None:
    """Print one object per row and a summary, and nothing else, on standard output."""
    for each in found:
        claim = each.claim
        row = {"row": each.row, "kind": each.kind, "due": claim.due, "status": claim.status}
        print(json.dumps({**row, "requestId": claim.request_id}))  # noqa: T201
    counts = Counter(each.kind for each in found)
    told = {"undelivered": counts["undelivered"], "overdue": counts["overdue"], "due_soon": counts["due soon"]}
    told["elsewhere"] = elsewhere
    print(json.dumps({"schema": 1, "exit": code, **told}))  # noqa: T201
