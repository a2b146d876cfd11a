"""``collect-xl late``: the rows that somebody should call about."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from collect_xl.cli.exits import ATTENTION
from collect_xl.cli.refresh import look, written
from collect_xl.cli.screen import Screen
from collect_xl.followup.overdue import Late, late_rows
from collect_xl.workflow.open import Paths, collect_of, opened_desk
from collect_xl.workflow.session import Desk

__all__ = ["run_late"]


def run_late(paths: Paths, screen: Screen, *, within: int, online: bool) -> int:
    """List what is overdue, due within some days, or undelivered; return 3 when there is any, or may be."""
    with opened_desk(paths, write=online) as (desk, settings):
        if online:
            desk.restore()
            collect = collect_of(settings, desk)
            desk.preflight(collect, sending=False)
            look(desk, collect, screen)
            written(desk, screen)
        found = late_rows(desk.asked(), datetime.now(UTC), timedelta(days=within))
        strangers = desk.strangers()
        code = ATTENTION if found or strangers else 0
        _show(found, desk, screen)
        screen.strangers(strangers)
    if screen.as_json:
        _as_json(found, len(strangers), code)
    return code


def _show(found: Sequence[Late], desk: Desk, screen: Screen) -> None:
    if desk.account is None:
        screen.warn("This journal knows of nothing that was sent to Collect. Run: collect-xl late --online")
        return
    zone = ZoneInfo(desk.account.team.zone)
    for each in found:
        due = f"{each.due.astimezone(zone):%Y-%m-%d %H:%M}" if each.due else "no due date"
        people = ", ".join(key.removeprefix("mail:") for key in each.claim.keys if key.startswith("mail:"))
        status = each.claim.status or "pending"
        screen.say(f"  row {each.row}: {each.kind}, {due}, {status}, {people or each.claim.request_id}")
    counts = Counter(each.kind for each in found)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in ("undelivered", "overdue", "due soon") if counts[kind])
    screen.say(f"{told}." if told else "Nothing is late.")


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
