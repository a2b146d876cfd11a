"""``collect-xl settle --assume``: a person's word for rows whose outcome nothing proves."""

from __future__ import annotations

from collections.abc import Mapping

from collect_xl.cli.exits import code_of_run
from collect_xl.cli.screen import Screen
from collect_xl.domain.model import Claim
from collect_xl.errors import UsageError
from collect_xl.followup.lookup import Assumed
from collect_xl.planning.eligibility import Choices
from collect_xl.sending.run import Report
from collect_xl.workflow.open import Paths, collect_of, opened_desk
from collect_xl.workflow.session import Desk

__all__ = ["run_assume"]

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
