"""What people see: previews, problems, progress and summaries, coloured in a terminal and plain elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.text import Text

from collect_xl.cli.console import console_of
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.json_lines import JsonLines, NoLines
from collect_xl.cli.plan_lines import plan_lines, row_notes
from collect_xl.cli.remedies import advice_words, commands, tip_of
from collect_xl.domain.amounts import amount, word_for
from collect_xl.domain.events import BatchApart, BatchEnded, BatchStarted, Event, RowsHeld, Waiting
from collect_xl.domain.plain_text import shown
from collect_xl.domain.rows import row_spans
from collect_xl.domain.why import AWAITING_PROOF
from collect_xl.planning.reasons import REMEDIES
from collect_xl.remedies import Remedy

if TYPE_CHECKING:
    from collections.abc import Callable

    from collect_xl.domain.model import Problem, Written
    from collect_xl.domain.rows import LeftOut, Reason
    from collect_xl.errors import CollectXlError
    from collect_xl.planning.plan import Plan
    from collect_xl.results.row_ends import RowEnd
    from collect_xl.workflow.book import Finished, Prepared


MOST_REFUSED = 10
"""Refused rows that a summary lists, with what Collect said."""

DECLINED = 7
"""The exit code when the user answers no."""

MOST_NUMBERS = 20
"""Row numbers that fit into a line."""

MOST_PROBLEMS = 50
"""Rows with errors that are listed; the rest is counted."""

REASONS: dict[Reason, str] = {
    "invalid": "invalid",
    "duplicate": "duplicate",
    "sent": "already sent",
    "unknown": "unknown, to look up",
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


def progress(done: int, total: int) -> str:
    """Return how far a walk through requests has come, in words."""
    return f"{done} of {amount(total, 'request')}" if done else amount(total, "request")


class Screen:
    """The terminal, or what takes its place.

    Args:
        quiet: only warnings and errors, and those only when the exit code is not 0.
        as_json: one JSON object per row and a summary on standard output; words for people on standard error.
        links: whether portal addresses may be in these objects.
        next_steps: whether a run ends with the next command; the demo's would go to the user's own account.
    """

    def __init__(
        self, *, quiet: bool = False, as_json: bool = False, links: bool = False, next_steps: bool = True
    ) -> None:
        self.quiet, self.next_steps = quiet, next_steps
        self.as_json = as_json
        self.lines = JsonLines(links=links) if as_json else NoLines()
        self._waiting_left = 0.0
        self.people = console_of(stderr=as_json)
        self._held: list[tuple[Text, bool]] = []
        """What a quiet command says at its end, and whether its lines stay whole."""
        CURRENT.at_end.append(self.release)

    def say(self, words: str, style: str = "") -> None:
        """Print a sentence, unless quiet."""
        if not self.quiet:
            self.people.print(Text(shown(words), style=style))

    def say_each(self, sentences: Iterable[str]) -> None:
        """Print some sentences, unless quiet."""
        for words in sentences:
            self.say(words)

    def warn(self, words: str) -> None:
        """Print what must be read, if anything; a quiet command prints it at its end, where that is not 0."""
        if words:
            self._print(Text(shown(words), style="yellow"), whole=False)

    def warn_each(self, sentences: Iterable[str]) -> None:
        """Print sentences that must be read."""
        for words in sentences:
            self.warn(words)

    def _print(self, text: Text, *, whole: bool) -> None:
        # A service that mails what is printed would write every night of a run that went well.
        if self.quiet:
            self._held.append((text, whole))
        else:
            self.people.print(text, soft_wrap=whole or None)

    def release(self, code: int) -> None:
        """Print what a quiet command kept for its end, unless all went well."""
        held, self._held = self._held, []
        for text, whole in held if code else ():
            self.people.print(text, soft_wrap=whole or None)

    def error(self, message: str, tip: str) -> None:
        """Print on standard error what went wrong, and what to do next."""
        console = console_of(stderr=True)
        console.print(Text.assemble(("Error: ", "bold red"), shown(message)))
        if tip:
            console.print(Text.assemble(("What to do: ", "bold"), shown(tip)))

    def line(self, words: str) -> None:
        """Print a line whole; a quiet command prints it at its end, where that is not 0."""
        self._print(Text(shown(words)), whole=True)

    def line_each(self, lines: Iterable[str]) -> None:
        """Print some lines whole."""
        for words in lines:
            self.line(words)

    def declined(self, words: str) -> int:
        """Print that the user answered no, and return the exit code."""
        self.warn(words)
        self.lines.error(words, "", DECLINED)
        return DECLINED

    def ask(self, question: str) -> str:
        """Ask, and return what was typed, trimmed."""
        self.release(DECLINED)
        self.people.print(Text(shown(question), style="bold"), end=" ")
        return input().strip()

    def problems(self, problems: Sequence[Problem]) -> None:
        """List what is wrong, cell by cell."""
        for problem in problems[:MOST_PROBLEMS]:
            where = Text(shown(f"  {problem.where}"), style="bold red")
            words = shown(str(problem)[len(problem.where) :])
            self._print(where.append(words, style="not bold default"), whole=False)
        if len(problems) > MOST_PROBLEMS:
            self._print(Text(f"  ... and {len(problems) - MOST_PROBLEMS} more."), whole=False)

    def preview(self, prepared: Prepared) -> None:
        """Show what would be sent, and what would not, and why."""
        plan, book = prepared.plan, prepared.book
        problems = (*book.problems, *plan.problems)
        if problems:
            self.warn(f"{amount(len(problems), 'problem')} found:")
            self.problems(problems)
        if book.option_problems:
            self.warn("Nothing can be sent before the options sheet is right.")
        self.say_each(plan_lines(prepared))
        self._left_out(plan)
        notes = [*book.layout.notes, *row_notes(prepared), *prepared.warnings]
        if prepared.note:
            notes.append(advice_words(prepared.note))
        self.warn_each(notes)
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
            if reason in LISTED_BY_ROW:
                for left_out in alike:
                    rows_by_words.setdefault(left_out.words, []).append(left_out.row)
        self._list_rows(rows_by_words)
        for reason in by_reason:
            if reason in REMEDIES:
                self.say(f"  {REASONS[reason].capitalize()}: {commands(REMEDIES[reason])}")

    def _list_rows(self, rows_by_words: Mapping[str, Sequence[int]]) -> None:
        """List rows that the user should look at, by what is said of them."""
        lines = list(rows_by_words.items())
        for words, rows in lines[:MOST_PROBLEMS]:
            self.say(f"  {word_for(len(rows), 'row')} {row_spans(rows)}: {words}", "yellow")
        rest = sum(len(rows) for _, rows in lines[MOST_PROBLEMS:])
        if rest:
            self.say(f"  ... and {rest} more.")

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
                self.say(f"Collect has none of {amount(rows, 'row')} of batch {number}: sending them one by one.")
            case BatchEnded():
                self.say(_batch_words(event), "yellow" if event.words else "")
            case RowsHeld(rows=rows, holder=holder):
                held = amount(len(rows), "row")
                self.say(f"{held} left to another run, or sent meanwhile ({holder}).", "yellow")
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

    def written(self, finished: Finished) -> None:
        """Say where the results are, or why they could not be written there."""
        if finished.written:
            self.where_written(finished.written)
        if finished.failure:
            self.not_written(finished.failure)

    def where_written(self, written: Written) -> None:
        """Say where the results are, and what was met while writing."""
        self.say(f"Results are in {written.path} ({amount(written.rows, 'row')} written).")
        self.written_notes(written)

    def written_notes(self, written: Written) -> None:
        """Warn about rows that were moved or are gone, and results that stand elsewhere."""
        self.warn_each(_written_notes(written))

    def not_written(self, failure: CollectXlError) -> None:
        """Say why the results could not be written, and that they are not lost."""
        self.error(f"The results could not be written: {failure.message}", tip_of(failure))
        self.warn(
            "They are safe in the send history: the next send or lookup writes them without calling Collect again."
        )

    def strangers(self, rows: Sequence[int]) -> None:
        """Warn about rows whose requests only another computer's journal has."""
        if not rows:
            return
        count = len(rows)
        self.warn(
            f"{amount(count, 'row')} {word_for(count, 'was')} sent from another computer, so that this one "
            f"cannot see how {word_for(count, 'it stands')}: {word_for(count, 'row')} {_listed(rows)}. "
            f"{commands((Remedy.TAKE_OVER,))}"
        )

    def undelivered(self, rows: Sequence[int]) -> None:
        """Warn about requests that Collect could not deliver: these people wait for nothing."""
        if rows:
            requests = amount(len(rows), "request")
            self.warn(f"Collect could not deliver {requests}: {word_for(len(rows), 'row')} {_listed(rows)}.")


def first_of(lines: Sequence[str], most: int = MOST_PROBLEMS, rest: str = "  ... and {} more.") -> Iterable[str]:
    """Yield the first of some lines, and one about the others.

    Args:
        lines: all of them.
        most: how many are listed.
        rest: the line about the others, with their number in it.
    """
    yield from lines[:most]
    if len(lines) > most:
        yield rest.format(len(lines) - most)


def _listed(rows: Sequence[int]) -> str:
    numbers = ", ".join(map(str, rows[:MOST_NUMBERS]))
    return f"{numbers}, ..." if len(rows) > MOST_NUMBERS else numbers


def _batch_words(event: BatchEnded) -> str:
    counts = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in event.rows.items())
    return f"Batch {event.number} of {event.of}: {counts}. {event.words}".rstrip()


def _written_notes(written: Written) -> Iterable[str]:
    if written.moved:
        yield f"{amount(len(written.moved), 'row')} had been moved meanwhile, and were found again."
    if written.lost:
        yield f"Rows {_listed(written.lost)} are gone from the sheet; what happened to them is in the send history."
    yield from written.notes
