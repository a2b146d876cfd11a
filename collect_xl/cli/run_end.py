"""The end of a run in words: what was sent, what was not and why, where it is written, and the next command."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.plan_lines import first_spans
from collect_xl.cli.remedies import advice_words, command_of
from collect_xl.cli.screen import MOST_REFUSED, REASONS, Screen, first_of
from collect_xl.domain.amounts import amount, word_for
from collect_xl.planning.reasons import REMEDIES
from collect_xl.remedies import Advice, Remedy

if TYPE_CHECKING:
    from collect_xl.domain.model import ClaimState
    from collect_xl.domain.rows import Reason
    from collect_xl.sending.report import Report
    from collect_xl.workflow.book import Finished, Prepared

_CORRECTED_IN_THE_SHEET: Final[frozenset[Reason]] = frozenset({"invalid", "duplicate", "ask", "typed", "skip unclear"})

_STATES: Final[tuple[ClaimState, ...]] = ("sent", "refused", "unknown", "not_sent")


def tell_end(finished: Finished, prepared: Prepared, screen: Screen) -> None:
    """Print the result of a send.

    Args:
        finished: how it ended.
        prepared: what was planned.
        screen: where it is shown.
    """
    report = finished.report
    reasons = _not_sent(finished, prepared)
    _counts(report, reasons, screen)
    _refused(finished, screen)
    screen.warn(advice_words(Advice(report.words, report.remedies)))
    screen.undelivered(finished.undelivered)
    written = finished.written
    if written:
        screen.line(f"Written   {_as_named(written.path)} ({amount(written.rows, 'row')})")
        screen.written_notes(written)
    if finished.failure:
        screen.not_written(finished.failure)
    if report.states:
        screen.line(f"Run       {report.run}")
    following = next_step(finished, reasons)
    if following and screen.next_steps:
        screen.line(f"Next      {following}")


def _as_named(path: str) -> str:
    """Return a file as the user named it, where it is the workbook itself."""
    is_the_workbook = os.path.realpath(CURRENT.book) == os.path.realpath(path)
    return CURRENT.book if is_the_workbook else path


def counts_of(finished: Finished) -> dict[str, int]:
    """Return how many rows of a run ended how, for programs."""
    report = finished.report
    counts = {"rows": len(finished.rows)}
    counts |= {state: len(report.rows(state)) for state in _STATES}
    return {**counts, "left": len(report.beyond), "undelivered": len(finished.undelivered)}


def rows_as_json(finished: Finished, code: int, screen: Screen, *, plan: str | None = None) -> None:
    """Print one object per row and a summary for programs."""
    screen.lines.rows(finished.rows)
    screen.lines.summary(code, counts_of(finished), facts_of(finished), plan=plan)


def facts_of(finished: Finished) -> dict[str, object]:
    """Return what a summary for programs says of a run besides its counts."""
    report = finished.report
    written = finished.written.path if finished.written else None
    return {"run": report.run, "stopped": report.stopped, "written": written}


def next_step(finished: Finished, reasons: Mapping[str, Sequence[int]]) -> str:
    """Return what to do next, with a command to paste; empty where the command is not known.

    Args:
        finished: how the run ended.
        reasons: the rows that were not sent, by the word for it.
    """
    report = finished.report
    left_out = {each.reason for each in finished.left_out}
    # The first that applies: what is unknown goes before all, and what only the user can correct before sending again.
    return (
        _look_up(finished, left_out)
        or _correct(reasons)
        or _help_of(left_out)
        or _send_the_rest(report, left_out)
        or _follow_up(finished, left_out)
    )


def _look_up(finished: Finished, left_out: Collection[Reason]) -> str:
    """Return a look-up, with the time from which it can prove something, where anything is unknown."""
    report = finished.report
    if not (finished.failure or report.rows("unknown") or "unknown" in left_out):
        return ""
    command = command_of(Remedy.LOOK_UP)
    if report.look_again is None:
        return command
    return f"from {report.look_again.astimezone():%H:%M:%S} on: {command}"


def _correct(reasons: Mapping[str, Sequence[int]]) -> str:
    """Return the way on where rows wait for a correction in the sheet."""
    count = sum(len(rows) for reason, rows in reasons.items() if reason in _TO_CORRECT)
    if not count:
        return ""
    rows_words = "the row" if count == 1 else f"the {count} rows"
    return f"correct {rows_words}, then: {_book_command('send')}"


def _help_of(left_out: Collection[Reason]) -> str:
    """Return the command that helps where nothing in the sheet does."""
    for reason, remedies in REMEDIES.items():
        if reason in left_out:
            return command_of(remedies[0])
    return ""


def _send_the_rest(report: Report, left_out: Collection[Reason]) -> str:
    """Return a send where rows are left for it."""
    is_left = report.stopped or report.held or report.freed or report.rows("not_sent") or "busy" in left_out
    return _book_command("send") if is_left else ""


def _follow_up(finished: Finished, left_out: Collection[Reason]) -> str:
    """Return what to do later about what was sent."""
    if finished.undelivered:
        return _book_command("overdue")
    if "sent" in left_out or finished.report.rows("sent"):
        return command_of(Remedy.REFRESH)
    return ""


def _book_command(name: str) -> str:
    return f"collect-xl {name} {CURRENT.pasted or 'BOOK'}"


_REFUSED: Final = "refused by Collect"

_NOT_REACHED: Final = "not reached"

_TO_CORRECT: Final = frozenset({REASONS[reason] for reason in _CORRECTED_IN_THE_SHEET} | {_REFUSED})


def _not_sent(finished: Finished, prepared: Prepared) -> dict[str, list[int]]:
    """Return the rows that were not sent, by the word for it, in the order of the plan."""
    report, plan = finished.report, prepared.plan
    reasons: dict[str, list[int]] = {}
    for left_out in plan.left_out:
        if left_out.reason not in {"blank", "unknown", "beyond cap"}:
            reasons.setdefault(REASONS[left_out.reason], []).append(left_out.row)
    planned = [row.number for row in plan.rows]
    reached = report.states.keys() | report.held.keys() | set(report.beyond)
    further = {
        _REFUSED: report.rows("refused"),
        "proved not sent": report.rows("not_sent"),
        REASONS["busy"]: sorted(report.held),
        "left for the next run": report.beyond,
        _NOT_REACHED: [row for row in planned if row not in reached],
    }
    for word, rows in further.items():
        if rows:
            reasons.setdefault(word, []).extend(rows)
    return reasons


def _counts(report: Report, reasons: Mapping[str, Sequence[int]], screen: Screen) -> None:
    """Print how many were sent, are unknown and were not sent, with the reasons."""
    sent, unknown = report.rows("sent"), report.rows("unknown")
    not_sent = sum(map(len, reasons.values()))
    width = len(str(max(len(sent), len(unknown), not_sent)))
    screen.line(f"Sent      {len(sent):>{width}}")
    if unknown:
        screen.line(f"Unknown   {len(unknown):>{width}}   {_rows(unknown)}; never sent again without proof")
    if not_sent:
        # Each reason has a line of its own: side by side they would wrap in a terminal.
        lines = [f"{len(rows)} {reason} ({_rows(rows)})" for reason, rows in reasons.items()]
        screen.line(f"Not sent  {not_sent:>{width}}   {lines[0]}")
        screen.line_each(f"{'':{10 + width + 3}}{line}" for line in lines[1:])


def _rows(rows: Sequence[int]) -> str:
    return f"{word_for(len(rows), 'row')} {first_spans(rows, ', ')}"


def _refused(finished: Finished, screen: Screen) -> None:
    """List the rows that Collect refused, and what it said."""
    refused = set(finished.report.rows("refused"))
    explained = [f"  row {end.row}: {end.message}" for end in finished.rows if end.row in refused and end.message]
    screen.warn_each(first_of(explained, MOST_REFUSED, "  ... and {} more; the sheet says why."))


def plan_as_json(prepared: Prepared, run: str, code: int, screen: Screen) -> None:
    """Print for programs what would be sent: one object per row and a summary."""
    if not screen.as_json:  # how a hundred thousand rows stand is not worked out for no one
        return
    ends = prepared.rows
    screen.lines.rows(ends)
    planned = prepared.plan.size
    left_out = len(prepared.plan.left_out)
    counts = {"rows": len(ends), "planned": planned, "left_out": left_out, "problems": len(prepared.problems)}
    screen.lines.summary(code, counts, {"run": run}, plan=prepared.plan.fingerprint)
