"""``collect-xl undo`` and ``extend``: show which requests, ask, change exactly those, tell row by row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from collect_xl.cli.exits import code_of_change
from collect_xl.cli.parameters import parse_rows, stop_on_signals
from collect_xl.cli.refresh import written
from collect_xl.cli.screen import MOST_PROBLEMS, Screen
from collect_xl.domain.due_dates import UnclearDateError, instant, is_past, read_due
from collect_xl.domain.model import Account, Claim
from collect_xl.errors import UsageError
from collect_xl.followup.cancel import CANCEL, Changed, Wish
from collect_xl.followup.due_date import extend_to
from collect_xl.workflow.open import Paths, collect_of, opened_desk
from collect_xl.workflow.session import Desk

__all__ = ["Asking", "run_extend", "run_undo"]


@dataclass(frozen=True, slots=True)
class Asking:
    """Whether somebody said yes already, and whether somebody is there to be asked."""

    yes: bool
    terminal: bool


@dataclass(frozen=True, slots=True)
class _Task:
    """A wish for some requests, with the question that is asked before."""

    wish: Callable[[Account], tuple[Wish, str]]
    """Account -> the wish, and the question about ``{count}`` requests."""
    chosen: Callable[[Desk, Screen], Mapping[int, Claim]]


def run_undo(paths: Paths, run: str | None, rows: str | None, asking: Asking, screen: Screen) -> int:
    """Cancel the requests of some rows, or of all that a run sent."""
    wanted = parse_rows(rows)
    if (run is None) == (wanted is None):
        raise UsageError(
            "undo needs either a run or rows.", tip="Give RUN, as the summary of a send names it, or --rows 2-50,60."
        )
    question = "Cancel {count} at Collect? Portals close and follow-ups end; the rows are free to be sent again. [y/N]"

    def chosen(desk: Desk, screen: Screen) -> Mapping[int, Claim]:
        return _of_run(desk, run, screen) if run is not None else _of_rows(desk, wanted or frozenset(), screen)

    return _run(paths, _Task(lambda _: (CANCEL, question), chosen), asking, screen)


def run_extend(paths: Paths, rows: str | None, due: str, asking: Asking, screen: Screen) -> int:
    """Give the requests of some rows another due date."""
    wanted = parse_rows(rows)
    if wanted is None:
        raise UsageError("extend needs rows.", tip="Say which: --rows 2-50,60.")

    def wish(account: Account) -> tuple[Wish, str]:
        until = _until(due, account.team.zone)
        return extend_to(until), f"Set the due date of {{count}} to {due} ({account.team.zone})? [y/N]"

    return _run(paths, _Task(wish, lambda desk, screen: _of_rows(desk, wanted, screen)), asking, screen)


def _run(paths: Paths, task: _Task, asking: Asking, screen: Screen) -> int:
    with opened_desk(paths, write=True) as (desk, settings):
        desk.restore()
        collect = collect_of(settings, desk)
        wish, question = task.wish(desk.preflight(collect, sending=False))
        chosen = task.chosen(desk, screen)
        _show(chosen, screen)
        if not _agreed(chosen, question, asking, screen):
            return screen.declined("Nothing was changed.")
        with stop_on_signals() as stop:
            changed = desk.change(chosen, wish, collect, stop)
        finished = written(desk, screen)
    code = code_of_change(changed, finished)
    _tell(changed, wish, screen)
    if screen.as_json:
        _as_json(changed, desk.run.id, code)
    return code


def _of_rows(desk: Desk, wanted: frozenset[int], screen: Screen) -> Mapping[int, Claim]:
    desk.require_rows(wanted)
    asked = desk.asked()
    idle = sorted(wanted - asked.keys())
    if idle:
        screen.warn(f"Rows without an open request that this journal knows of: {', '.join(map(str, idle[:20]))}.")
    return {row: claim for row, claim in asked.items() if row in wanted}


def _of_run(desk: Desk, run: str, screen: Screen) -> Mapping[int, Claim]:
    chosen = {row: claim for row, claim in desk.asked().items() if claim.run == run}
    if not chosen:
        raise UsageError(
            f"No row of this sheet has an open request that run {run} sent.",
            tip="The summary of each send names its run; collect-xl log lists them.",
        )
    if others := desk.count_of_run(run) - len(chosen):
        screen.warn(f"{others} more of that run's requests are not in this sheet any more; they are left alone.")
    return chosen


def _until(text: str, zone: str) -> str:
    try:
        due = read_due(text.strip())
    except UnclearDateError as error:
        raise UsageError(f'--due: found "{text}"; expected {error.expected}.', tip=error.todo) from None
    if is_past(due, datetime.now(UTC), zone):
        raise UsageError(f"--due: {text} is past.", tip="Give a date that is still to come.")
    return instant(due, zone)


def _show(chosen: Mapping[int, Claim], screen: Screen) -> None:
    for row, claim in list(chosen.items())[:MOST_PROBLEMS]:
        people = ", ".join(key.partition(":")[2] for key in claim.keys if key.startswith("mail:"))
        screen.say(f"  row {row}: {claim.request_id}, {claim.status or 'pending'}, due {claim.due or '-'}, {people}")
    if len(chosen) > MOST_PROBLEMS:
        screen.say(f"  ... and {len(chosen) - MOST_PROBLEMS} more.")


def _agreed(chosen: Mapping[int, Claim], question: str, asking: Asking, screen: Screen) -> bool:
    if not chosen or asking.yes:
        return True
    if not asking.terminal:
        raise UsageError("Nobody is there to be asked. Nothing was changed.", tip="Look at the rows, then add --yes.")
    count = f"{len(chosen)} request{'' if len(chosen) == 1 else 's'}"
    return screen.ask(question.format(count=count)).casefold() in {"y", "yes"}


def _tell(changed: Changed, wish: Wish, screen: Screen) -> None:
    done = "given more time" if wish.due else "cancelled"
    for end in changed.ends:
        if end.words:
            screen.warn(f"  row {end.row}: {end.state}. {end.words}")
    names = {"done": done, "refused": "refused", "unknown": "unknown", "not reached": "not reached"}
    counts = [(len(changed.rows(state)), name) for state, name in names.items()]  # type: ignore[arg-type]
    screen.say(", ".join(f"{count} {name}" for count, name in counts if count) + "." if changed.ends else "No request.")
    if changed.words:
        screen.warn(changed.words)
    if changed.rows("unknown"):
        screen.warn("Rows that are unknown stay as they were. To see what became of them: collect-xl refresh")


def _as_json(changed: Changed, run: str, code: int) -> None:
    """Print one object per row and a summary, and nothing else, on standard output."""
    for end in changed.ends:
        row = {"row": end.row, "outcome": end.state, "requestId": end.request_id, "words": end.words}
        print(json.dumps(row))  # noqa: T201
    states = ("done", "refused", "unknown", "not reached")
    counts = {state.replace(" ", "_"): len(changed.rows(state)) for state in states}  # type: ignore[arg-type]
    print(json.dumps({"schema": 1, "run": run, "exit": code, "stopped": changed.stopped, **counts}))  # noqa: T201
