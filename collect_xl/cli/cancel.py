"""``collect-xl cancel`` and ``due``: show which requests, ask, and change exactly those."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from collect_xl.cli.answers import Answers
from collect_xl.cli.exits import code_of_change
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.json_lines import JsonLines, snake
from collect_xl.cli.option_values import parse_rows, stop_on_signals
from collect_xl.cli.remedies import advice_words, command_of
from collect_xl.cli.run_end import facts_of
from collect_xl.cli.screen import MOST_PROBLEMS, Screen
from collect_xl.domain.amounts import amount
from collect_xl.domain.identity import addresses_of
from collect_xl.domain.model import Claim
from collect_xl.domain.ports import Collect
from collect_xl.errors import UsageError
from collect_xl.followup.cancel import Changed, ChangeState, Wish
from collect_xl.remedies import Advice, Remedy
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import ChangeFinished, ChangeFront
from collect_xl.workflow.open import WRITE, Paths, collect_of, opened
from collect_xl.workflow.session import Session

CANCEL_QUESTION = (
    "Cancel {count} at Collect? Portals close and follow-ups end; the rows are free to be sent again. [y/N]"
)

_STATES: tuple[ChangeState, ...] = ("done", "asked", "refused", "unknown", "not reached")

Story = Callable[[Session, Collect, ChangeFront], ChangeFinished | None]


def run_cancel(paths: Paths, run: str | None, rows: str | None, answers: Answers, screen: Screen) -> int:
    """Cancel the requests of some rows, or of all that a run sent."""
    given = [each for each in (run, parse_rows(rows)) if each is not None]
    if len(given) != 1:
        raise UsageError(
            "cancel needs either a run or rows.", tip="Give RUN, as the summary of a send names it, or --rows 2-50,60."
        )
    (chosen,) = given

    def story(session: Session, collect: Collect, front: ChangeFront) -> ChangeFinished | None:
        return stories.cancel(session, collect, chosen, front)

    return _run(paths, story, CANCEL_QUESTION, answers, screen)


def run_due(paths: Paths, rows: str | None, due: str, answers: Answers, screen: Screen) -> int:
    """Give the requests of some rows another due date."""
    chosen = parse_rows(rows)
    if chosen is None:
        raise UsageError("due needs rows.", tip="Say which: --rows 2-50,60.")

    def story(session: Session, collect: Collect, front: ChangeFront) -> ChangeFinished | None:
        return stories.change_due_date(session, collect, chosen, due, front)

    question = f"Set the due date of {{count}} to {due} ({{zone}})? [y/N]"
    return _run(paths, story, question, answers, screen)


class _Front(ChangeFront):
    """The command line while requests are changed.

    Args:
        question: about ``{count}`` requests, and in ``{zone}``.
        answers: given in advance.
        screen: where everything is shown.
        stack: closed when the change is over.
    """

    def __init__(self, question: str, answers: Answers, screen: Screen, stack: ExitStack) -> None:
        self._question = question
        self._answers = answers
        self._screen = screen
        self._stack = stack

    def without_request(self, rows: list[int]) -> None:
        """Say which chosen rows have no open request."""
        numbers = ", ".join(map(str, rows[:20]))
        self._screen.warn(f"Rows without an open request that this send history knows of: {numbers}.")

    def elsewhere(self, count: int) -> None:
        """Say how many requests of the run are not in this sheet any more."""
        self._screen.warn(f"{count} more requests of the run are not in this sheet any more; they are left alone.")

    def not_named(self, created: Mapping[int, datetime | None]) -> None:
        """Say when Collect made the requests that a list alone gave to their rows."""
        for row, moment in created.items():
            when = f"on {moment:%Y-%m-%d %H:%M} UTC" if moment else "at a time that it does not say"
            self._screen.warn(
                f"  row {row}: Collect made this request {when}. It was found in Collect's list, and no answer "
                "named it: a colleague may have made it."
            )

    def approve(self, requests: Mapping[int, Claim], wish: Wish, zone: str) -> bool:
        """Show the requests that would be changed, and ask."""
        del wish  # the question says it
        _show(requests, zone, self._screen)
        if not requests:
            return True
        count = amount(len(requests), "request")
        return self._answers.confirm(
            self._question.format(count=count, zone=zone),
            self._screen,
            unanswered="No one can answer the question here. Nothing was changed.",
            tip="Look at the rows, then add --yes.",
        )

    @property
    def stop(self) -> threading.Event:
        """Set by signals, from the first change on."""
        return self._stack.enter_context(stop_on_signals())


def _run(paths: Paths, story: Story, question: str, answers: Answers, screen: Screen) -> int:
    CURRENT.work_on(paths)
    with opened(paths, WRITE) as session, ExitStack() as stack:
        end = story(session, collect_of(session), _Front(question, answers, screen, stack))
    if end is None:
        return screen.declined("Nothing was changed.")
    screen.undelivered(end.finished.undelivered)
    screen.written(end.finished)
    code = code_of_change(end.changed, end.finished)
    _summary(end.changed, end.wish, screen)
    _as_json(end, code, screen.lines)
    return code


def _show(requests: Mapping[int, Claim], zone: str, screen: Screen) -> None:
    """List the requests that would be changed."""
    for row, claim in list(requests.items())[:MOST_PROBLEMS]:
        people = ", ".join(addresses_of(claim.keys))
        screen.say(
            f"  row {row}: {claim.request_id}, {claim.status or 'pending'}, due {_due_words(claim.due, zone)}, {people}"
        )
    if len(requests) > MOST_PROBLEMS:
        screen.say(f"  ... and {len(requests) - MOST_PROBLEMS} more.")


def _due_words(due: str, zone: str) -> str:
    """Return a due date in the team's time; as it is where Collect wrote something else."""
    try:
        moment = datetime.fromisoformat(due)
    except ValueError:
        return due or "-"
    if moment.tzinfo is None:
        return due
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _summary(changed: Changed, wish: Wish, screen: Screen) -> None:
    """Say how the changes ended, and what to do about those that are unknown."""
    for end in changed.ends:
        if end.words:
            screen.warn(f"  row {end.row}: {end.state}. {end.words}")
    screen.say(f"{_counts_words(changed, wish)}." if changed.ends else "No request.")
    screen.warn(advice_words(Advice(changed.words, changed.remedies)))
    if changed.rows("unknown"):
        refresh = command_of(Remedy.REFRESH)
        screen.warn(f"Rows that are unknown stay as they were. To see what became of them: {refresh}")


def _counts_words(changed: Changed, wish: Wish) -> str:
    parts = []
    for state in _STATES:
        count = len(changed.rows(state))
        name: str = state
        if state == "done":
            name = "with another due date" if wish.due else "cancelled"
        if count:
            parts.append(f"{count} {name}")
    return ", ".join(parts)


def _as_json(end: ChangeFinished, code: int, lines: JsonLines) -> None:
    """Print for programs one object for each request that was to be changed, and a summary."""
    rows = {row.row: row for row in end.rows}
    for change in end.changed.ends:
        message = change.words or rows[change.row].message
        row = replace(rows[change.row], request_id=change.request_id, message=message)
        lines.row(row, outcome=snake(change.state))
    counts: dict[str, int] = {state: len(end.changed.rows(state)) for state in _STATES}
    lines.summary(code, counts, {**facts_of(end.finished), "stopped": end.changed.stopped})
