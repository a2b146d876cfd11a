"""``collect-xl settle``: look up at Collect what the sheet calls unknown."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from collect_xl.cli.exits import code_of_run
from collect_xl.cli.screen import Screen
from collect_xl.domain.model import Claim
from collect_xl.domain.ports import Collect
from collect_xl.domain.rows import Choices
from collect_xl.errors import UsageError
from collect_xl.followup.lookup import Assumed, Settled
from collect_xl.sending.report import Report
from collect_xl.workflow.open import Paths, collect_of, opened_desk
from collect_xl.workflow.session import Desk, Finished

__all__ = ["run_assume", "run_settle"]


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


SAID: Mapping[Assumed, str] = {"sent": "were sent", "not_sent": "were never sent, and may be sent again"}


MOST_LISTED = 20


def run_assume(
    paths: Paths, assumed: Assumed, rows: frozenset[int] | None, screen: Screen, *, yes: bool, terminal: bool
) -> int:
    """Take a person's word for the unknown rows of a workbook, and keep who gave it and when."""
    with opened_desk(paths, write=True) as (desk, settings):
        desk.restore()
        if desk.account is None:  # whose rows these are only Collect can tell
            desk.preflight(collect_of(settings, desk), sending=False)
        unknown = {row: claim for row, claim in desk.unknown().items() if rows is None or row in rows}
        if not unknown:
            screen.say("None of these rows is unknown to this journal: there is nothing to assume.")
            return 0
        _show(unknown, screen)
        if not _confirmed(len(unknown), assumed, screen, yes=yes, terminal=terminal):
            return screen.declined("Nothing was changed.")
        return _assume(desk, unknown, assumed, screen)


def _show(unknown: Mapping[int, Claim], screen: Screen) -> None:
    for row, claim in list(unknown.items())[:MOST_LISTED]:
        person = claim.keys[-1].partition(":")[2]
        screen.say(f"  row {row}: {person}, unknown since {claim.claimed_at.astimezone():%Y-%m-%d %H:%M}")
    if len(unknown) > MOST_LISTED:
        screen.say(f"  ... and {len(unknown) - MOST_LISTED} more.")


def _confirmed(count: int, assumed: Assumed, screen: Screen, *, yes: bool, terminal: bool) -> bool:
    if yes:
        return True
    if not terminal:
        message = "Nobody is there to be asked, and nothing was approved. Nothing was changed."
        raise UsageError(message, tip="Look these rows up in Collect, then add --yes.")
    question = f"Did you look in Collect, and say that these {count} rows {SAID[assumed]}? [y/N]"
    return screen.ask(question).casefold() in {"y", "yes"}


def _assume(desk: Desk, unknown: Mapping[int, Claim], assumed: Assumed, screen: Screen) -> int:
    desk.assume(unknown.values(), assumed)
    finished = desk.finish(Report(desk.run.id), desk.prepare(Choices(rows=frozenset())))
    screen.say(f"Kept, with your name: {len(unknown)} rows {SAID[assumed]}.")
    if finished.written:
        screen.say(f"Results are in {finished.written.path}.")
    if finished.failure:
        screen.error(f"The results could not be written: {finished.failure.message}", finished.failure.tip)
    return code_of_run(finished)
