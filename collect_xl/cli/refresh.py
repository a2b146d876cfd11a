"""``collect-xl refresh``: how everything that was sent stands now."""

from __future__ import annotations

from collect_xl.cli.exits import ATTENTION, code_of_run, surest
from collect_xl.cli.screen import Screen
from collect_xl.domain.ports import Collect
from collect_xl.domain.rows import Choices
from collect_xl.followup.refresh import Refreshed
from collect_xl.sending.report import Report
from collect_xl.workflow.open import Paths, collect_of, opened_desk
from collect_xl.workflow.session import Desk, Finished

__all__ = ["look", "run_refresh", "written"]


def run_refresh(paths: Paths, screen: Screen) -> int:
    """Ask Collect about every sent request, and write what it says."""
    with opened_desk(paths, write=True) as (desk, settings):
        desk.restore()
        collect = collect_of(settings, desk)
        desk.preflight(collect, sending=False)
        refreshed = look(desk, collect, screen)
        finished = written(desk, screen)
        strangers = desk.strangers()
        screen.strangers(strangers)
    attention = {ATTENTION} if strangers or refreshed.unseen else set()
    found = {code_of_run(finished)} | ({1} if refreshed.words else set()) | attention
    code = surest(found - {0}, something_sent=True)
    if screen.as_json:
        screen.rows_as_json(finished, code)
    return code


def look(desk: Desk, collect: Collect, screen: Screen) -> Refreshed:
    """Refresh what the journal knows, and tell what is new."""
    refreshed = desk.refresh(collect)
    count, changed, cancelled = len(refreshed.seen), len(refreshed.changed), len(refreshed.cancelled)
    there = f", {cancelled} cancelled in Collect (not asked again by itself)" if cancelled else ""
    screen.say(f"Refreshed: {count} requests looked at, {changed} with another status{there}.")
    for claim in refreshed.gone:
        screen.warn(
            f"Request {claim.request_id} (row {claim.row} when it was sent) is no longer at Collect: somebody deleted "
            "it there. The row keeps its last status."
        )
    for claim in refreshed.unseen:
        screen.warn(
            f"Row {claim.row} was said to be sent, and Collect shows no request that is surely its own: look for it "
            "there. Where nobody was asked, ask in a new round."
        )
    for words in refreshed.words:
        screen.warn(words)
    return refreshed


def written(desk: Desk, screen: Screen) -> Finished:
    """Write what the journal knows now, and tell where it stands; nothing is sent."""
    finished = desk.finish(Report(desk.run.id), desk.prepare(Choices(rows=frozenset())))
    screen.undelivered(finished.undelivered)
    if finished.written:
        screen.say(f"Results are in {finished.written.path}.")
    if finished.failure:
        screen.error(f"The results could not be written: {finished.failure.message}", finished.failure.tip)
    return finished
