"""``collect-xl send``: preview, ask, send, write back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import typer

from collect_xl.cli.answers import SendAnswers, says_yes
from collect_xl.cli.books import Books, one_by_one
from collect_xl.cli.exits import code_of_check, code_of_error, code_of_run
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.live import bar_of, excel_status
from collect_xl.cli.option_values import signals_end_a_question, stop_on_signals
from collect_xl.cli.refresh import tell_refreshed
from collect_xl.cli.remedies import tip_of
from collect_xl.cli.run_end import plan_as_json, rows_as_json, tell_end
from collect_xl.cli.screen import Screen
from collect_xl.domain.events import BatchApart, BatchEnded, BatchStarted, Event, RowsHeld, Waiting
from collect_xl.domain.model import Written
from collect_xl.domain.rows import Choices, row_spans
from collect_xl.errors import CollectXlError
from collect_xl.followup.overdue import undelivered_rows
from collect_xl.followup.refresh import Refreshed
from collect_xl.planning.approval import Approval
from collect_xl.planning.limits import NO_CAPS, Caps
from collect_xl.receipt import keep_receipt, receipt_page, refuse_receipt
from collect_xl.results.row_ends import RowEnd
from collect_xl.workflow import stories
from collect_xl.workflow.book import Finished, Prepared
from collect_xl.workflow.dialogue import SEND_ONLY, FirstSteps, HowToSend, SendFront
from collect_xl.workflow.open import READ, WRITE, Paths, collect_of, opened
from collect_xl.workflow.session import Session
from collect_xl.workflow.start_time import StartTime

_log = logging.getLogger("collect_xl")


@dataclass(frozen=True, slots=True)
class WantedReceipt:
    """A receipt that the user asked for."""

    path: Path
    """Where it goes."""
    links: bool
    """Whether portal addresses may be in it."""

    def refuse(self) -> None:
        """Raise what would keep it from being written, before the first e-mail is sent."""
        refuse_receipt(self.path)

    def write(self, session: Session, finished: Finished, prepared: Prepared, screen: Screen) -> int:
        """Write it, and return 0, or the exit code of what went wrong."""
        page = receipt_page(finished, prepared, session.run, datetime.now().astimezone(), links=self.links)
        try:
            keep_receipt(self.path, page)
        except CollectXlError as error:
            screen.error(f"The receipt could not be written: {error.message}", tip_of(error))
            return code_of_error(error)
        screen.say(f"The receipt is {self.path}.")
        return 0


@dataclass(frozen=True, slots=True)
class Order:
    """What a command does with one workbook."""

    paths: Paths
    choices: Choices
    answers: SendAnswers
    first: FirstSteps = SEND_ONLY
    caps: Caps = NO_CAPS
    receipt: WantedReceipt | None = None
    may_wait: bool = True
    """Whether the run waits until the outcome of refused rows is proved."""
    canary: int | None = None
    """How many people are sent alone before the question about the others."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a person said yes to some time ago, for a send that begins later."""

    approval: Approval
    start: StartTime


def run_send(order: Order, screen: Screen, agreed: Agreed | None = None) -> int:
    """Send what the workbook asks for, once it is approved, and return the exit code.

    Args:
        order: what was ordered.
        screen: where everything is shown.
        agreed: what was approved before; None asks now.
    """
    begin(order, screen)
    with opened(order.paths, WRITE, limits=order.caps) as session, ExitStack() as stack:
        front = CommandFront(session.run.id, order, screen, stack, agreed)
        sent = stories.send(
            session,
            collect_of(session),
            order.choices,
            front,
            first=order.first,
            how=HowToSend(order.paths.live, order.canary, agreed.start if agreed else None),
        )
        stack.close()  # the bar and Excel's status line end before the words about the end
        if sent.finished is None:
            return screen.declined("Nothing was sent.")
        return _tell_end(sent.finished, sent.prepared, session, order, screen)


def begin(order: Order, screen: Screen) -> None:
    """Prepare the screen for a question, and refuse what would fail only after the first e-mail."""
    screen.quiet = screen.quiet and order.answers.given  # a person who is asked must see what about
    CURRENT.work_on(order.paths)
    if order.receipt:
        order.receipt.refuse()


def show_only(order: Order, screen: Screen) -> int:
    """Show the plan; no socket, no claim, no write."""
    CURRENT.work_on(order.paths)
    with opened(order.paths, READ, limits=order.caps) as session:
        prepared = stories.check(session, order.choices)
        screen.preview(prepared)
        screen.undelivered(undelivered_rows(prepared.plan.left_out))
        code = code_of_check(prepared.plan, prepared.book.option_problems, compared=not prepared.note)
        plan_as_json(prepared, session.run.id, code, screen)
        return code


class CommandFront(SendFront):
    """The command line while it sends.

    Args:
        run: the run's ID, for the log.
        order: what was ordered.
        screen: where everything is shown.
        stack: closed when the run is over.
        agreed: what was approved before; None asks now.
    """

    def __init__(self, run: str, order: Order, screen: Screen, stack: ExitStack, agreed: Agreed | None = None) -> None:
        self._run, self._order, self._screen, self._stack = run, order, screen, stack
        self._agreed = agreed
        self._bar = stack.enter_context(ExitStack())
        self._stop = threading.Event()
        self._draws: list[Callable[[Event], None]] = []

    def restored(self, written: Written) -> None:
        """Say that results which the sheet had lost were written again."""
        self._screen.say(f"{written.rows} rows did not show the results of earlier runs; they do now.", "yellow")

    def refreshed(self, refreshed: Refreshed) -> None:
        """Say how everything that was sent stands now."""
        tell_refreshed(refreshed, self._screen)

    def approve(self, prepared: Prepared) -> Approval | None:
        """Show the plan, and ask unless the answer was given in advance."""
        if self._agreed is not None:
            # The core refuses a plan that is another one by now; then it must be seen what has changed.
            if self._agreed.approval.fingerprint != prepared.plan.fingerprint:
                self._screen.preview(prepared)
            return self._agreed.approval
        self._screen.preview(prepared)
        return self._order.answers.of(prepared, self._screen)

    def started(self, prepared: Prepared) -> None:
        """Begin to draw the progress, and let signals end the run between two batches."""
        self._stop = self._stack.enter_context(stop_on_signals())
        self._draws = [self._bar.enter_context(self._screen.progress(prepared.plan.size))]
        status = self._stack.enter_context(excel_status(self._order.paths))
        if status is not None:
            self._draws.append(bar_of(prepared.plan.size, status, self._stop))

    def go_on(self, first: tuple[RowEnd, ...], rest: int) -> bool:
        """Show the first people, and ask about the others; Ctrl-C is a no."""
        # A bar that is drawn again and again would write over the question.
        self._bar.close()
        self._screen.first_sent(first)
        try:
            with signals_end_a_question():
                goes_on = says_yes(self._screen.ask(f"Send the other {rest} now? [y/N]"))
        except (KeyboardInterrupt, EOFError):
            self._screen.say("")
            return False
        if goes_on:
            self._draws[0] = self._bar.enter_context(self._screen.progress(rest))
        return goes_on

    def on_event(self, event: Event) -> None:
        """Log and draw a step."""
        note(self._run, event)
        for draw in self._draws:
            draw(event)

    @property
    def may_wait(self) -> bool:
        """Whether the run waits until the outcome of refused rows is proved."""
        return self._order.may_wait

    @property
    def stop(self) -> threading.Event:
        """When set, the batch in flight is finished and no other begun."""
        return self._stop


def _tell_end(finished: Finished, prepared: Prepared, session: Session, order: Order, screen: Screen) -> int:
    code = code_of_run(finished, prepared.book.option_problems)
    tell_end(finished, prepared, screen)
    if order.receipt:
        failed = order.receipt.write(session, finished, prepared, screen)
        code = code or failed  # how the requests fared goes first
    rows_as_json(finished, code, screen, plan=prepared.plan.fingerprint)
    return code


def note(run: str, event: Event) -> None:
    """Keep a line in the log: run, rows and counts; never an address, key or URL."""
    match event:
        case BatchStarted(number=number, of=of, rows=rows):
            _log.info("run=%s batch=%d/%d rows=%s", run, number, of, row_spans(rows))
        case BatchEnded(number=number, of=of, rows=counts):
            words = " ".join(f"{state}={count}" for state, count in counts.items())
            _log.info("run=%s batch=%d/%d %s", run, number, of, words)
        case BatchApart(number=number, rows=count):
            _log.info("run=%s batch=%d rows=%d sent one by one", run, number, count)
        case RowsHeld(rows=rows):
            _log.warning("run=%s held-elsewhere rows=%s", run, row_spans(sorted(rows)))
        case Waiting(is_proof=True):  # reported every second
            pass
        case Waiting(seconds=seconds):
            _log.info("run=%s waiting=%.1f", run, seconds)


@dataclass(frozen=True, slots=True)
class Wish:
    """All that the words of the command said."""

    books: Books
    paths: Paths
    """What holds for each of the workbooks; ``of`` names the one."""
    choices: Choices
    answers: SendAnswers
    screen: Screen
    caps: Caps
    settle: bool
    refresh: bool
    may_wait: bool
    canary: int | None
    not_before: str | None
    dry_run: bool
    test_to: str | None
    scheduler: str | None
    receipt: WantedReceipt | None

    def of(self, book: Path) -> Paths:
        """Return the paths of one of the workbooks."""
        return replace(self.paths, book=book)


def go(wish: Wish) -> int:
    """Go the way that was said, and return the exit code.

    Raises:
        typer.BadParameter: two words do not go together.
    """
    if wish.test_to is not None:
        return _to_oneself(wish, wish.test_to)
    if wish.scheduler is not None and wish.paths.live:
        raise typer.BadParameter("--scheduler goes with saved workbooks, not with --live.")
    if wish.books.only and wish.scheduler is None:
        return _one(wish, _order(wish, wish.books.only))
    _refuse_words_of_one_book(wish)
    return _one_after_another(wish) if wish.dry_run else _several(wish)


def _one(wish: Wish, order: Order) -> int:
    if wish.dry_run:
        return show_only(order, wish.screen)
    if wish.not_before is not None:
        from collect_xl.cli.send_later import run_send_later  # noqa: PLC0415

        return run_send_later(order, wish.not_before, wish.screen)
    return run_send(order, wish.screen)


def _to_oneself(wish: Wish, me: str) -> int:
    from collect_xl.cli.trial import run_test_to  # noqa: PLC0415

    book, answers, choices = wish.books.only, wish.answers, wish.choices
    guards = (answers.new_rounds, answers.new_campaigns, answers.exactly is not None)
    limits = (answers.at_most is not None, answers.plan, *guards, choices.first, choices.only_to)
    steps = (
        wish.settle,
        wish.refresh,
        wish.dry_run,
        wish.canary,
        wish.not_before,
        wish.paths.output,
        wish.receipt,
        wish.scheduler,
    )
    if book is None or any((*limits, *steps)):
        raise typer.BadParameter("--test-to sends one row's request to you: with it go --rows N, --yes and --json.")
    return run_test_to(wish.of(book), me, choices.rows, answers, wish.screen, wish.caps)


def _order(wish: Wish, book: Path) -> Order:
    first = FirstSteps(look_up=wish.settle, refresh=wish.refresh)
    return Order(wish.of(book), wish.choices, wish.answers, first, wish.caps, wish.receipt, wish.may_wait, wish.canary)


def _refuse_words_of_one_book(wish: Wish) -> None:
    words = (wish.paths.output, wish.answers.plan, wish.choices.rows, wish.choices.first, wish.canary, wish.receipt)
    if any(word is not None for word in (*words, wish.not_before)):
        message = (
            "--output, --plan, --rows, --first, --canary, --not-before and --receipt go with one workbook; "
            "--limit with several."
        )
        raise typer.BadParameter(message)


def _one_after_another(wish: Wish) -> int:
    def show(book: Path) -> int:
        return show_only(_order(wish, book), wish.screen)

    return one_by_one(wish.books, show, wish.screen)


def _several(wish: Wish) -> int:
    from collect_xl.cli.send_many import on_cluster, run_many  # noqa: PLC0415
    from collect_xl.workflow.many_workbooks import Here  # noqa: PLC0415
    from collect_xl.workflow.workbook_job import Job  # noqa: PLC0415

    like = Job(
        wish.paths,
        wish.choices,
        wish.caps,
        wish.settle,
        wish.refresh,
        rows=wish.screen.as_json,
        may_wait=wish.may_wait,
    )
    jobs = [replace(like, paths=wish.of(book)) for book in wish.books.paths]
    if wish.scheduler is not None:
        return on_cluster(wish.books, jobs, wish.answers, wish.screen, wish.scheduler)
    return run_many(wish.books, jobs, wish.answers, wish.screen, Here())
