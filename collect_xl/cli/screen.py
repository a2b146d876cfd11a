"""What people see: previews, problems, progress and summaries, coloured in a terminal and plain elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from collect_xl.domain.events import BatchEnded, BatchHalved, BatchStarted, Event, RowsHeld, Waiting
from collect_xl.domain.identity import round_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from collect_xl.domain.model import Problem
    from collect_xl.domain.rows import LeftOut, Reason
    from collect_xl.planning.plan import Batch, Plan
    from collect_xl.workflow.book import Finished, Prepared

__all__ = ["Screen"]

MOST_REFUSED = 10
"""Rows that a summary tells of, with what Collect said."""

DECLINED = 7
"""The exit code of what a person did not want."""

MOST_NUMBERS = 20
"""Row numbers that fit into a line."""

MOST_PROBLEMS = 50
"""Rows with errors that are listed; the rest is counted."""

REASONS: dict[Reason, str] = {
    "invalid": "invalid",
    "duplicate": "duplicate",
    "sent": "already sent",
    "unknown": "unknown, to be settled",
    "busy": "being sent by another run",
    "elsewhere": "sent from another computer",
    "asked elsewhere": "asked already, by a request that was not made from here",
    "edited": "held back, changed since they were sent",
    "hidden": "hidden",
    "blank": "blank",
    "not chosen": "not among --rows",
    "not allowed": "outside --only-to",
    "beyond first": "after --first",
    "beyond cap": "left for the next run by a cap",
}
TOLD_ROW_BY_ROW = frozenset({"asked elsewhere", "edited", "duplicate", "elsewhere", "busy", "unknown"})


class Screen:
    """The terminal, or what stands in for it.

    Args:
        quiet: only problems and the last line.
        as_json: one JSON object per row and a summary on standard output; words for people on standard error.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self.quiet, self.as_json = quiet, as_json
        self._halved: set[int] = set()
        self.book: str | None = None
        """The workbook that JSON lines tell of, where there are several."""
        self.people = _console(stderr=as_json)

    def say(self, words: str, style: str = "") -> None:
        """Say a sentence, unless quiet was asked for."""
        if not self.quiet:
            self.people.print(Text(words, style=style))

    def warn(self, words: str) -> None:
        """Say what must be read, quiet or not."""
        self.people.print(Text(words, style="yellow"))

    def error(self, message: str, tip: str) -> None:
        """Say on standard error what went wrong, and what to do next."""
        console = _console(stderr=True)
        console.print(Text.assemble(("Error: ", "bold red"), message))
        if tip:
            console.print(Text.assemble(("What to do: ", "bold"), tip))

    def declined(self, words: str) -> int:
        """Say that it was not wanted, and return the exit code."""
        self.warn(words)
        if self.as_json:
            self.json({"schema": 1, "exit": DECLINED, "error": words})
        return DECLINED

    def ask(self, question: str) -> str:
        """Ask, and return what was typed, trimmed."""
        self.people.print(Text(question, style="bold"), end=" ")
        return input().strip()

    def problems(self, problems: Sequence[Problem]) -> None:
        """List what is wrong, cell by cell."""
        for problem in problems[:MOST_PROBLEMS]:
            where = Text(f"  {problem.where}", style="bold red")
            self.people.print(where.append(str(problem)[len(problem.where) :], style="not bold default"))
        if len(problems) > MOST_PROBLEMS:
            self.people.print(f"  ... and {len(problems) - MOST_PROBLEMS} more.")

    def preview(self, prepared: Prepared) -> None:
        """Show what would be sent, and what would not, and why."""
        plan, book = prepared.plan, prepared.book
        if problems := (*book.problems, *plan.problems):
            self.warn(f"{len(problems)} problem{_s(len(problems))} found:")
            self.problems(problems)
        if book.option_problems:
            self.warn("Nothing can be sent before the options sheet is right.")
        for line in _plan_lines(prepared):
            self.say(line)
        self._left_out(plan)
        for note in (*book.layout.notes, *_row_notes(prepared), *prepared.warnings, prepared.note):
            if note:
                self.warn(note)
        if book.layout.ignored:
            self.say("Columns that mean nothing to Collect: " + ", ".join(each.header for each in book.layout.ignored))
        if plan.fingerprint and plan.batches:
            self.say(f"Plan {plan.fingerprint}")

    def _left_out(self, plan: Plan) -> None:
        counts: dict[Reason, list[LeftOut]] = {}
        for each in plan.left_out:
            counts.setdefault(each.reason, []).append(each)
        if counts:
            told = ", ".join(f"{len(rows)} {REASONS[reason]}" for reason, rows in counts.items())
            self.say(f"Left out: {told}.")
        alike: dict[str, list[int]] = {}  # of fifty rows that another run sends one line is read, fifty are not
        for each in (each for reason in counts if reason in TOLD_ROW_BY_ROW for each in counts[reason]):
            alike.setdefault(each.words, []).append(each.row)
        for words, rows in list(alike.items())[:MOST_PROBLEMS]:
            self.say(f"  row{_s(len(rows))} {_spans(rows)}: {words}", "yellow")
        if more := sum(map(len, list(alike.values())[MOST_PROBLEMS:])):
            self.say(f"  ... and {more} more.")

    @contextmanager
    def progress(self, size: int) -> Iterator[Callable[[Event], None]]:
        """Give a function that draws a bar of so many people from a run's events, or plain lines without a terminal."""
        if self.quiet or not self.people.is_terminal:
            yield self._line
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.people) as bar:
            task = bar.add_task("Sending", total=size)

            def draw(event: Event) -> None:
                if isinstance(event, BatchEnded):
                    bar.advance(task, sum(event.rows.values()))
                if not isinstance(event, BatchEnded) or event.words:
                    self._line(event, only_news=True)

            yield draw

    def _line(self, event: Event, *, only_news: bool = False) -> None:
        match event:
            case BatchStarted():
                pass
            case BatchEnded(words=words):
                if words or not only_news:
                    self.say(_told(event), "yellow" if words else "")
            case BatchHalved(number=number, rows=rows, words=words):
                if number not in self._halved:  # its halves' halves are no news
                    self.say(f"{words}: nothing was sent. Sending these {rows} rows in halves.", "yellow")
                self._halved.add(number)
            case RowsHeld(rows=rows, holder=holder):
                self.say(f"{len(rows)} row{_s(len(rows))} left to another run, or sent meanwhile ({holder}).", "yellow")
            case Waiting(seconds=seconds, why=why):
                self.say(f"{why.rstrip('.')}. Waiting {seconds:.0f} s.", "yellow")

    def finished(self, finished: Finished, prepared: Prepared) -> None:
        """Tell what came of a run and where it is written."""
        report = finished.report
        counts = [(state, len(report.rows(state))) for state in ("sent", "refused", "unknown", "not_sent")]
        told = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts if count) or "nothing sent"
        reached = sum(count for _, count in counts) + len(report.held)
        rest = prepared.plan.size - reached - len(set(report.beyond) - set(prepared.plan.beyond_cap))
        left = f", {len(report.beyond)} left for the next run" if report.beyond else ""
        self.people.print(
            Text(f"Run {report.run}: {told}" + (f", {rest} not reached" if rest > 0 else "") + left + ".")
        )
        self._refused(finished)
        if report.words:
            self.warn(report.words)
        if report.rows("unknown"):
            self.warn("Unknown rows are never sent again by themselves. Run: collect-xl settle WORKBOOK")
        self.undelivered(finished.undelivered)
        if finished.written:
            rows = finished.written.rows
            self.say(f"Results are in {finished.written.path} ({rows} row{_s(rows)} written).")
            for note in _written_notes(finished):
                self.warn(note)
        if finished.failure:
            self.error(f"The results could not be written: {finished.failure.message}", finished.failure.tip)
            self.warn(
                "They are safe in the journal: the next send or settle writes them without calling Collect again."
            )

    def written(self, finished: Finished) -> None:
        """Say where the results stand, or why they could not be written."""
        if finished.written:
            self.say(f"Results are in {finished.written.path}.")
        if finished.failure:
            self.error(f"The results could not be written: {finished.failure.message}", finished.failure.tip)

    def _refused(self, finished: Finished) -> None:
        """Tell which rows Collect refused, and what it said."""
        refused = set(finished.report.rows("refused"))
        told = [end for end in finished.rows if end.row in refused and end.message]
        for end in told[:MOST_REFUSED]:
            self.warn(f"  row {end.row}: {end.message}")
        if len(told) > MOST_REFUSED:
            self.warn(f"  ... and {len(told) - MOST_REFUSED} more; the sheet says why.")

    def strangers(self, rows: Sequence[int]) -> None:
        """Tell which rows nobody here can follow: only the journal of another computer knows their requests."""
        if rows:
            one = len(rows) == 1
            self.warn(
                f"{len(rows)} row{_s(len(rows))} {'was' if one else 'were'} sent from another computer, so that nobody "
                f"here sees how {'it stands' if one else 'they stand'}: row{_s(len(rows))} {_listed(rows)}. "
                f"Take {'it' if one else 'them'} over: collect-xl adopt WORKBOOK --round ROUND"
            )

    def undelivered(self, rows: Sequence[int]) -> None:
        """Tell whom Collect could not reach: they wait for nothing."""
        if rows:
            self.warn(
                f"Collect could not deliver {len(rows)} request{_s(len(rows))}: row{_s(len(rows))} {_listed(rows)}."
            )

    def json(self, line: Mapping[str, Any]) -> None:
        """Print one JSON object on standard output; where there are several workbooks, it names its own."""
        print(json.dumps({"book": self.book, **line} if self.book else line))  # noqa: T201

    def rows_as_json(self, finished: Finished, code: int) -> None:
        """Print one object per row and a summary, and nothing else, on standard output."""
        for end in finished.rows:
            self.json({"row": end.row, "status": end.status, "requestId": end.request_id, "error": end.message})
        report = finished.report
        summary: dict[str, Any] = {"schema": 1, "run": report.run, "exit": code, "stopped": report.stopped}
        for state in ("sent", "refused", "unknown", "not_sent"):
            summary[state] = len(report.rows(state))
        summary["left"] = len(report.beyond)
        summary["undelivered"] = len(finished.undelivered)
        summary["written"] = finished.written.path if finished.written else None
        self.json(summary)

    def plan_as_json(self, prepared: Prepared, run: str, code: int) -> None:
        """Print what a dry run found: one object per row and a summary."""
        plan = prepared.plan
        for end in prepared.rows:
            self.json({"row": end.row, "status": end.status, "requestId": end.request_id, "error": end.message})
        self.json({"schema": 1, "run": run, "exit": code, "planned": plan.size, "plan": plan.fingerprint})


class _Console(Console):
    """A console that falls silent when its reader has gone: what was sent must still be recorded and written."""

    def on_broken_pipe(self) -> None:
        """Write to nowhere from here on; rich itself would end the process."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def _console(*, stderr: bool) -> Console:
    """Return a console that wraps at words in a terminal, and never in a file or a pipe."""
    console = _Console(stderr=stderr, highlight=False)
    console.soft_wrap = not console.is_terminal
    return console


def _spans(rows: Sequence[int]) -> str:
    """Return rows as ``--rows`` takes them: ``2-50,60``."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][-1] + 1:
            spans[-1][1:] = [row]
        else:
            spans.append([row])
    return ",".join("-".join(map(str, span)) for span in spans)


def _listed(rows: Sequence[int]) -> str:
    return ", ".join(map(str, rows[:MOST_NUMBERS])) + (", ..." if len(rows) > MOST_NUMBERS else "")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _told(event: BatchEnded) -> str:
    told = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in event.rows.items())
    return f"Batch {event.number} of {event.of}: {told}. {event.words}".rstrip()


def _written_notes(finished: Finished) -> Iterable[str]:
    written = finished.written
    if written is None:
        return
    if written.moved:
        yield f"{len(written.moved)} row{_s(len(written.moved))} had been moved meanwhile, and were found again."
    if written.lost:
        yield f"Rows {_listed(written.lost)} are gone from the sheet; what happened to them is in the journal."
    yield from written.notes


def _plan_lines(prepared: Prepared) -> Iterable[str]:
    plan, account = prepared.plan, prepared.account
    team = f"Team {account.team.name}: " if account else ""
    if not plan.batches:
        yield f"{team}nothing to send."
        return
    for batches in _alike(plan.batches):
        yield _group_line(batches, team, account.team.zone if account else "the team's zone")
    yield f"{plan.size} {'person' if plan.size == 1 else 'people'} will be asked."
    if plan.freed:
        told = "was asked before; that request was" if plan.freed == 1 else "were asked before; those requests were"
        yield f"{plan.freed} of them {told} cancelled."
    for new in plan.new_rounds:
        for each in new.earlier:
            yield (
                f'Round "{new.round}" is new. {each.people} of these people were asked in {round_words(each.round)}, '
                f"last on {each.last:%Y-%m-%d}: they will be asked again."
            )


def _alike(batches: Iterable[Batch]) -> Iterable[list[Batch]]:
    groups: dict[str, list[Batch]] = {}
    for batch in batches:
        groups.setdefault(json.dumps([batch.options, batch.round], sort_keys=True), []).append(batch)
    return groups.values()


def _group_line(batches: Sequence[Batch], team: str, zone: str) -> str:
    first, size = batches[0], sum(len(batch.rows) for batch in batches)
    options = first.options
    due = first.rows[0].options.due
    messages = options.get("sendMessage")
    parts = [
        f"{team}send {size} request{_s(size)} in {len(batches)} batch{'' if len(batches) == 1 else 'es'}",
        f"campaign {first.campaign.name or first.campaign.id}",
        f'round "{first.round}"' if first.round else "no round",
        f"due {due} ({zone})" if due else "due as the campaign says",
        f"assigned to {options['assignedTo']}" if "assignedTo" in options else "",
        "Collect sends no messages" if messages is False else "Collect sends its messages",
    ]
    return "; ".join(part for part in parts if part) + "."


def _row_notes(prepared: Prepared) -> Iterable[str]:
    """Yield what was done to planned rows without asking: a cleaned address, an id that goes before an address."""
    noted = [(row.number, note) for batch in prepared.plan.batches for row in batch.rows for note in row.notes]
    for number, note in noted[:10]:
        yield f"Row {number}: {note}"
    if len(noted) > 10:  # noqa: PLR2004  # ten lines are read, a hundred are not
        yield f"... and {len(noted) - 10} more notes of this kind."
