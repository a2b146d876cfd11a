"""``collect-xl refresh``: how everything that was sent stands now."""

from __future__ import annotations

from collect_xl.cli.exits import ATTENTION, code_of_run, surest
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.remedies import advice_words
from collect_xl.cli.run_end import counts_of, facts_of
from collect_xl.cli.screen import Screen
from collect_xl.followup.refresh import Refreshed
from collect_xl.workflow import stories
from collect_xl.workflow.open import WRITE, Paths, collect_of, opened


def run_refresh(paths: Paths, screen: Screen) -> int:
    """Ask Collect about every sent request, and write what it says."""
    CURRENT.work_on(paths)
    with opened(paths, WRITE) as session:
        end = stories.refresh(session, collect_of(session))
    tell_refreshed(end.refreshed, screen)
    screen.undelivered(end.finished.undelivered)
    screen.written(end.finished)
    screen.strangers(end.strangers)
    codes = {code_of_run(end.finished)}
    if end.refreshed.advice:
        codes.add(1)
    if end.strangers or end.refreshed.unseen:
        codes.add(ATTENTION)
    code = surest(codes - {0}, something_sent=True)
    if screen.lines:
        refreshed = end.refreshed
        counts = counts_of(end.finished) | {"seen": len(refreshed.seen), "changed": len(refreshed.changed)}
        screen.lines.rows(end.finished.rows)
        screen.lines.summary(code, counts, facts_of(end.finished))
    return code


def tell_refreshed(refreshed: Refreshed, screen: Screen) -> None:
    """Say what a refresh learned."""
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
    for advice in refreshed.advice:
        screen.warn(advice_words(advice))
