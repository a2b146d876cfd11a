"""What people see: previews, problems, progress and summaries, coloured in a terminal and plain elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.text import Text

from collect_xl.cli.console import console_of
from collect_xl.cli.plan_lines import plan_lines, row_notes
from collect_xl.cli.remedies import advice_words, commands, tip_of
from collect_xl.domain.events import BatchApart, BatchEnded, BatchStarted, Event, RowsHeld, Waiting
from collect_xl.domain.plain_text import shown
from collect_xl.domain.rows import row_spans
from collect_xl.domain.why import AWAITING_PROOF
from collect_xl.planning.reasons import REMEDIES
from collect_xl.remedies import Advice

if TYPE_CHECKING:
    from collections.abc import Callable

    from collect_xl.domain.model import ClaimState, Problem, Written
    from collect_xl.domain.rows import LeftOut, Reason
    from collect_xl.errors import CollectXlError
    from collect_xl.planning.plan import Plan
    from collect_xl.results.row_ends import RowEnd
    from collect_xl.sending.report import Report
    from collect_xl.workflow.book import Finished, Prepared


MOST_REFUSED = 10
"""Refused rows that a summary lists, with what Collect said."""

DECLINED = 7
"""The exit code when the user answers no."""

MOST_NUMBERS = 20
"""Row numbers that fit into a line."""

MOST_PROBLEMS = 50
"""Rows with errors that are listed; the rest is counted."""

_END_STATES: tuple[ClaimState, ...] = ("sent", "refused", "unknown", "not_sent")

REASONS: dict[Reason, str] = {
    "invalid": "invalid",
    "duplicate": "duplicate",
    "sent": "already sent",
    "unknown": "unknown, to be settled",
    "busy": "being sent by another run",
    "elsewhere": "sent from another computer",
    "asked elsewhere": "asked already, by a request that was not made from here",
    "skipped": "held out by the list",
    "skip unclear": "held out, what their list says of them cannot be read",
    "typed": "held out by a word typed into Collect status",
    "edited": "held back, changed since they were sent",
    "ask": "held back, perhaps the same person as another",
    "hidden": "hidden",
    "blank": "blank",
    "not chosen": "not among --rows",
    "not allowed": "outside --only-to",
    "beyond first": "after --first",
    "beyond cap": "left for the next run by a cap",
}
LISTED_BY_ROW = frozenset(
    {"asked elsewhere", "edited", "ask", "duplicate", "elsewhere", "busy", "unknown"}
    | {"skipped", "skip unclear", "typed"}
)


class Screen:
    """The terminal, or what stands in for it.

    Args:
        quiet: only problems and the last line.
        as_json: one JSON object per row and a summary on standard output; words for people on standard error.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self.quiet, self.as_json = quiet, as_json
        self._waiting_left = 0.0
        self.book: str | None = None
        """The workbook of the JSON lines, where there are several."""
        self.people = console_of(stderr=as_json)

    def say(self, words: str, style: str = "") -> None:
        """Print a sentence, unless quiet."""
        if not self.quiet:
            self.people.print(Text(shown(words), style=style))

    def warn(self, words: str) -> None:
        """Print what must be read, quiet or not."""
        self.people.print(Text(shown(words), style="yellow"))

    def error(self, message: str, tip: str) -> None:
        """Print on standard error what went wrong, and what to do next."""
        console = console_of(stderr=True)
        console.print(Text.assemble(("Error: ", "bold red"), shown(message)))
        if tip:
            console.print(Text.assemble(("What to do: ", "bold"), shown(tip)))

    def line(self, words: str) -> None:
        """Print a line whole, quiet or not."""
        self.people.print(Text(shown(words)), soft_wrap=True)

    def declined(self, words: str) -> int:
        """Print that the user answered no, and return the exit code."""
        self.warn(words)
        if self.as_json:
            self.json({"schema": 1, "exit": DECLINED, "error": words})
        return DECLINED

    def ask(self, question: str) -> str:
        """Ask, and return what was typed, trimmed."""
        self.people.print(Text(shown(question), style="bold"), end=" ")
        return input().strip()

    def problems(self, problems: Sequence[Problem]) -> None:
        """List what is wrong, cell by cell."""
        for problem in problems[:MOST_PROBLEMS]:
            where = Text(shown(f"  {problem.where}"), style="bold red")
            words = shown(str(problem)[len(problem.where) :])
            self.people.print(where.append(words, style="not bold default"))
        if len(problems) > MOST_PROBLEMS:
            self.people.print(f"  ... and {len(problems) - MOST_PROBLEMS} more.")

    def preview(self, prepared: Prepared) -> None:
        """Show what would be sent, and what would not, and why."""
        plan, book = prepared.plan, prepared.book
        problems = (*book.problems, *plan.problems)
        if problems:
            self.warn(f"{len(problems)} problem{_s(len(problems))} found:")
            self.problems(problems)
        if book.option_problems:
            self.warn("Nothing can be sent before the options sheet is right.")
        for line in plan_lines(prepared):
            self.say(line)
        self._left_out(plan)
        notes = [*book.layout.notes, *row_notes(prepared), *prepared.warnings]
        if prepared.note:
            notes.append(advice_words(prepared.note))
        for note in notes:
            self.warn(note)
        if book.layout.ignored:
            headers = ", ".join(column.header for column in book.layout.ignored)
            self.say(f"Columns that mean nothing to Collect: {headers}")
        if plan.fingerprint and plan.batches:
            self.say(f"Plan {plan.fingerprint}")

    def _left_out(self, plan: Plan) -> None:
        """Count the rows that are left out, and list those that the user should look at."""
        by_reason: dict[Reason, list[LeftOut]] = {}
        for left_out in plan.left_out:
            by_reason.setdefault(left_out.reason, []).append(left_out)
        if by_reason:
            counts = ", ".join(f"{len(rows)} {REASONS[reason]}" for reason, rows in by_reason.items())
            self.say(f"Left out: {counts}.")
        # Rows with the same words share a line: fifty lines about fifty rows of another run would not be read.
        rows_by_words: dict[str, list[int]] = {}
        for reason, alike in by_reason.items():
            if reason not in LISTED_BY_ROW:
                continue
            for left_out in alike:
                rows_by_words.setdefault(left_out.words, []).append(left_out.row)
        lines = list(rows_by_words.items())
        for words, rows in lines[:MOST_PROBLEMS]:
            self.say(f"  row{_s(len(rows))} {row_spans(rows)}: {words}", "yellow")
        rest = sum(len(rows) for _, rows in lines[MOST_PROBLEMS:])
        if rest:
            self.say(f"  ... and {rest} more.")
        for reason in by_reason:
            if reason in REMEDIES:
                self.say(f"  {REASONS[reason].capitalize()}: {commands(REMEDIES[reason])}")

    @contextmanager
    def progress(self, size: int) -> Iterator[Callable[[Event], None]]:
        """Yield a function that draws a run's events: a bar, or lines without a terminal.

        Args:
            size: how many people will be asked.
        """
        if self.quiet or not self.people.is_terminal:
            yield self._line
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.people) as bar:
            task = bar.add_task("Sending", total=size)

            reached: set[int] = set()

            def draw(event: Event) -> None:
                if isinstance(event, Waiting) and event.is_proof:
                    bar.update(task, description=f"Waiting {event.seconds:.0f} s")
                else:
                    bar.update(task, description="Sending")
                if isinstance(event, BatchEnded):
                    # A refused row counts as reached once its outcome is proved.
                    reached.update(row for row, each in event.outcomes.items() if each.why not in AWAITING_PROOF)
                    bar.update(task, completed=len(reached))
                    if not event.words:  # the bar shows it
                        return
                self._line(event)

            yield draw

    def _line(self, event: Event) -> None:
        match event:
            case BatchStarted():
                pass
            case BatchEnded(alone=True, words=""):
                pass
            case BatchApart(number=number, rows=rows):
                self.say(f"Collect has none of {rows} row{_s(rows)} of batch {number}: sending them one by one.")
            case BatchEnded():
                self.say(_batch_words(event), "yellow" if event.words else "")
            case RowsHeld(rows=rows, holder=holder):
                self.say(f"{len(rows)} row{_s(len(rows))} left to another run, or sent meanwhile ({holder}).", "yellow")
            case Waiting():
                self._waiting(event)

    def _waiting(self, event: Waiting) -> None:
        # A wait for a proof is reported every second: without a bar that counts down, its beginning is enough.
        if not event.is_proof or event.seconds > self._waiting_left:
            self.say(f"{event.why.rstrip('.')}. Waiting {event.seconds:.0f} s.", "yellow")
        self._waiting_left = event.seconds if event.is_proof else 0.0

    def first_sent(self, rows: Sequence[RowEnd]) -> None:
        """Show the outcome for the first people of a run, whatever is quiet: a question about the others follows."""
        for end in rows:
            self.people.print(Text(f"  row {end.row}: {end.email or end.contact_id}: {end.status}", style="bold"))
            self.people.print(Text(f"    request {end.request_id}"))
            if end.portal_url:
                self.people.print(Text(f"    {end.portal_url}"))
        self.warn("What you change in the workbook now is not sent by this run.")

    def finished(self, finished: Finished, prepared: Prepared) -> None:
        """Summarise a run, and say where its results are."""
        report = finished.report
        self.line(_run_words(report, prepared.plan))
        self._refused(finished)
        if report.words:
            self.warn(advice_words(Advice(report.words, report.remedies)))
        if report.rows("unknown"):
            self.warn(_unknown_words(report))
        self.undelivered(finished.undelivered)
        if finished.written:
            rows = finished.written.rows
            self.say(f"Results are in {finished.written.path} ({rows} row{_s(rows)} written).")
            for note in _written_notes(finished.written):
                self.warn(note)
        if finished.failure:
            self._not_written(finished.failure)
            self.warn(
                "They are safe in the send history: the next send or lookup writes them without calling Collect again."
            )

    def written(self, finished: Finished) -> None:
        """Say where the results are, or why they could not be written."""
        if finished.written:
            self.say(f"Results are in {finished.written.path}.")
        if finished.failure:
            self._not_written(finished.failure)

    def _not_written(self, failure: CollectXlError) -> None:
        self.error(f"The results could not be written: {failure.message}", tip_of(failure))

    def _refused(self, finished: Finished) -> None:
        """List the rows that Collect refused, and what it said."""
        refused = set(finished.report.rows("refused"))
        explained = [end for end in finished.rows if end.row in refused and end.message]
        for end in explained[:MOST_REFUSED]:
            self.warn(f"  row {end.row}: {end.message}")
        if len(explained) > MOST_REFUSED:
            self.warn(f"  ... and {len(explained) - MOST_REFUSED} more; the sheet says why.")

    def strangers(self, rows: Sequence[int]) -> None:
        """Warn about rows whose requests only another computer's journal has."""
        if not rows:
            return
        if len(rows) == 1:
            were, they_stand, them = "was", "it stands", "it"
        else:
            were, they_stand, them = "were", "they stand", "them"
        self.warn(
            f"{len(rows)} row{_s(len(rows))} {were} sent from another computer, so that nobody "
            f"here sees how {they_stand}: row{_s(len(rows))} {_listed(rows)}. "
            f"Take {them} over: collect-xl takeover BOOK --round ROUND"
        )

    def undelivered(self, rows: Sequence[int]) -> None:
        """Warn about requests that Collect could not deliver: these people wait for nothing."""
        if rows:
            self.warn(
                f"Collect could not deliver {len(rows)} request{_s(len(rows))}: row{_s(len(rows))} {_listed(rows)}."
            )

    def json(self, line: Mapping[str, Any]) -> None:
        """Print one JSON object; where there are several workbooks, it names its own."""
        if self.book:
            line = {"book": self.book, **line}
        print(json.dumps(line))  # noqa: T201

    def rows_as_json(self, finished: Finished, code: int) -> None:
        """Print one object per row and a summary, and nothing else."""
        self._row_ends(finished.rows)
        report = finished.report
        summary: dict[str, Any] = {"schema": 1, "run": report.run, "exit": code, "stopped": report.stopped}
        for state in _END_STATES:
            summary[state] = len(report.rows(state))
        summary["left"] = len(report.beyond)
        summary["undelivered"] = len(finished.undelivered)
        summary["written"] = finished.written.path if finished.written else None
        self.json(summary)

    def plan_as_json(self, prepared: Prepared, run: str, code: int) -> None:
        """Print the result of a dry run: one object per row and a summary."""
        plan = prepared.plan
        self._row_ends(prepared.rows)
        self.json({"schema": 1, "run": run, "exit": code, "planned": plan.size, "plan": plan.fingerprint})

    def _row_ends(self, ends: Iterable[RowEnd]) -> None:
        for end in ends:
            self.json({"row": end.row, "status": end.status, "requestId": end.request_id, "error": end.message})


def _listed(rows: Sequence[int]) -> str:
    numbers = ", ".join(str(row) for row in rows[:MOST_NUMBERS])
    return f"{numbers}, ..." if len(rows) > MOST_NUMBERS else numbers


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _unknown_words(report: Report) -> str:
    if report.look_again is None:
        return "Unknown rows are never sent again by themselves. Run: collect-xl lookup BOOK"
    at = report.look_again.astimezone()
    return f"What became of the unknown rows can be proved from {at:%H:%M:%S} on. Run then: collect-xl lookup BOOK"


def _batch_words(event: BatchEnded) -> str:
    counts = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in event.rows.items())
    return f"Batch {event.number} of {event.of}: {counts}. {event.words}".rstrip()


def _run_words(report: Report, plan: Plan) -> str:
    """Return the first line of a summary: how many rows ended how."""
    counts = {state: len(report.rows(state)) for state in _END_STATES}
    parts = [f"{count} {state.replace('_', ' ')}" for state, count in counts.items() if count]
    if not parts:
        parts.append("nothing sent")
    # Rows beyond a cap are named below; those that the plan had left out are no part of its size.
    beyond = set(report.beyond) - set(plan.beyond_cap)
    not_reached = plan.size - sum(counts.values()) - len(report.held) - len(beyond)
    if not_reached > 0:
        parts.append(f"{not_reached} not reached")
    if report.beyond:
        parts.append(f"{len(report.beyond)} left for the next run")
    return f"Run {report.run}: {', '.join(parts)}."


def _written_notes(written: Written) -> Iterable[str]:
    if written.moved:
        yield f"{len(written.moved)} row{_s(len(written.moved))} had been moved meanwhile, and were found again."
    if written.lost:
        yield f"Rows {_listed(written.lost)} are gone from the sheet; what happened to them is in the send history."
    yield from written.notes
