"""``collect-xl settle``: look up at Collect what the sheet calls unknown."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from collect_xl.cli.exits import code_of_run
from collect_xl.cli.screen import Screen
from collect_xl.domain.ports import Collect
from collect_xl.followup.lookup import Settled
from collect_xl.planning.eligibility import Choices
from collect_xl.sending.run import Report
from collect_xl.workflow.open import Paths, collect_of, opened_desk
from collect_xl.workflow.session import Desk, Finished

__all__ = ["run_settle"]


def run_settle(paths: Paths, screen: Screen, *, wait: bool) -> int:
    """Look up unknown rows, write what was found, and say when to look again."""
    with opened_desk(paths, write=True) as (desk, settings):
        desk.restore()
        collect = collect_of(settings, desk)
        desk.preflight(collect, sending=False)
        settled = _look(desk, collect, timedelta(seconds=settings.settle_after), screen, wait=wait)
        prepared = desk.prepare(Choices(rows=frozenset()))
        finished = desk.finish(Report(desk.run.id), prepared)
        _tell(settled, finished, screen)
        return code_of_run(finished)


def _look(desk: Desk, collect: Collect, late: timedelta, screen: Screen, *, wait: bool) -> Settled:
    """Look once, or with ``wait`` as often as a later look can decide something."""
    total = desk.settle(collect, late)
    while wait and total.look_again is not None:
        pause = max((total.look_again - datetime.now(UTC)).total_seconds(), 0.0) + 0.1
        screen.say(f"{total.open} rows still unknown. Looking again in {pause:.0f} s.")
        time.sleep(pause)
        again = desk.settle(collect, late)
        again.sent += total.sent
        again.not_sent += total.not_sent
        total = again
    return total


def _tell(settled: Settled, finished: Finished, screen: Screen) -> None:
    screen.say(f"Settled: {settled.sent} were sent, {settled.not_sent} were not sent, {settled.open} still unknown.")
    for words in dict.fromkeys(settled.words):
        screen.warn(words)
    if settled.look_again is not None:
        at = settled.look_again.astimezone()
        screen.warn(f"Look again at {at:%H:%M:%S}: collect-xl settle, or let it wait: collect-xl settle --wait")
    if finished.written:
        screen.say(f"Results are in {finished.written.path}.")
    if finished.failure:
        screen.error(f"The results could not be written: {finished.failure.message}", finished.failure.tip)
