"""``collect-xl lookup``: look up at Collect what the sheet calls unknown, or take a person's word for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collect_xl.cli.answers import Answers
from collect_xl.cli.exits import code_of_run
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.remedies import advice_words, command_of
from collect_xl.cli.run_end import facts_of
from collect_xl.cli.screen import Screen, first_of
from collect_xl.domain.model import Claim
from collect_xl.followup.lookup import Assumed, Settled
from collect_xl.remedies import Remedy
from collect_xl.workflow import stories
from collect_xl.workflow.open import WRITE, Paths, collect_of, opened

ASSUMED_WORDS: Mapping[Assumed, str] = {"sent": "were sent", "not_sent": "were never sent, and may be sent again"}

MOST_LISTED = 20


def run_lookup(paths: Paths, screen: Screen, not_ours: Sequence[str] = (), *, wait: bool) -> int:
    """Look up unknown rows, write what was found, and say when to look again."""
    CURRENT.work_on(paths)

    def tell_wait(settled: Settled, seconds: float) -> None:
        screen.say(f"{settled.open} rows still unknown. Looking again in {seconds:.0f} s.")

    with opened(paths, WRITE) as session:
        end = stories.look_up(session, collect_of(session), tell_wait if wait else None, not_ours)
    _tell(end.settled, screen)
    screen.written(end.finished)
    code = code_of_run(end.finished)
    settled = end.settled
    counts = {"rows": len(end.rows), "found_sent": settled.sent, "found_not_sent": settled.not_sent}
    screen.lines.rows(end.rows)
    screen.lines.summary(code, {**counts, "unknown": settled.open}, facts_of(end.finished))
    return code


def run_assume(paths: Paths, assumed: Assumed, rows: frozenset[int] | None, screen: Screen, answers: Answers) -> int:
    """Take a person's word for the unknown rows of a workbook, and keep who gave it and when."""
    CURRENT.work_on(paths)

    def approve(unknown: Mapping[int, Claim]) -> bool:
        _show(unknown, screen)
        return answers.confirm(
            f"Did you look in Collect, and say that these {len(unknown)} rows {ASSUMED_WORDS[assumed]}? [y/N]",
            screen,
            unanswered="No one can answer the question here, and nothing was approved. Nothing was changed.",
            tip="Look these rows up in Collect, then add --yes.",
        )

    with opened(paths, WRITE) as session:
        unknown, finished = stories.assume(session, lambda: collect_of(session), assumed, rows, approve)
    if not unknown:
        screen.say("None of these rows is unknown to this send history: there is nothing to assume.")
        screen.lines.summary(0, {"assumed": 0})
        return 0
    if finished is None:
        return screen.declined("Nothing was changed.")
    screen.say(f"Kept, with your name: {len(unknown)} rows {ASSUMED_WORDS[assumed]}.")
    screen.written(finished)
    code = code_of_run(finished)
    screen.lines.rows(finished.rows)
    screen.lines.summary(code, {"rows": len(finished.rows), "assumed": len(unknown)}, facts_of(finished))
    return code


def _tell(settled: Settled, screen: Screen) -> None:
    screen.say(f"Settled: {settled.sent} were sent, {settled.not_sent} were not sent, {settled.open} still unknown.")
    screen.warn_each(map(advice_words, dict.fromkeys(settled.advice)))
    if settled.look_again is not None:
        at = settled.look_again.astimezone()
        again = command_of(Remedy.LOOK_UP)
        screen.warn(f"Look again at {at:%H:%M:%S}: {again}, or let it wait: {again} --wait")


def _show(unknown: Mapping[int, Claim], screen: Screen) -> None:
    lines: list[str] = []
    for row, claim in unknown.items():
        person = claim.keys[-1].partition(":")[2]
        lines.append(f"  row {row}: {person}, unknown since {claim.claimed_at.astimezone():%Y-%m-%d %H:%M}")
    screen.say_each(first_of(lines, MOST_LISTED))
