"""``collect-xl send``: preview, ask, send, write back."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import typer

from collect_xl.cli.books import Books, one_by_one
from collect_xl.cli.exits import code_of_check, code_of_error, code_of_run
from collect_xl.cli.live import Status, bar_of, excel_status
from collect_xl.cli.parameters import stop_on_signals
from collect_xl.cli.refresh import look
from collect_xl.cli.screen import Screen
from collect_xl.domain.events import BatchEnded, BatchHalved, BatchStarted, Event, RowsHeld, Waiting
from collect_xl.domain.identity import round_key, round_words
from collect_xl.domain.ports import Collect
from collect_xl.domain.rows import Choices
from collect_xl.errors import CollectXlError, PlanChanged, UsageError
from collect_xl.followup.overdue import undelivered_rows
from collect_xl.planning.limits import NO_CAPS, Caps
from collect_xl.receipt import keep_receipt, receipt_page, refuse_receipt
from collect_xl.sending.report import Report
from collect_xl.workflow.open import Paths, collect_of, opened_desk
from collect_xl.workflow.session import Desk, Finished, Prepared

__all__ = ["Approval", "WantedReceipt", "Wish", "go", "note", "run_send", "show_only"]

_log = logging.getLogger("collect_xl")


@dataclass(frozen=True, slots=True)
class Approval:
    """What the words of the command approve, and whether somebody is there to be asked."""

    yes: bool
    at_most: int | None
    plan: str | None
    new_rounds: tuple[str, ...]
    terminal: bool

    @property
    def said(self) -> bool:
        """Whether a yes was given in advance."""
        return self.yes or self.plan is not None


def run_send(  # noqa: PLR0913  # one parameter for each thing that was said
    paths: Paths,
    choices: Choices,
    approval: Approval,
    screen: Screen,
    *,
    settle: bool,
    dry_run: bool,
    refresh: bool = False,
    caps: Caps = NO_CAPS,
    receipt: WantedReceipt | None = None,
) -> int:
    """Send what the workbook asks for, once somebody has said yes, and return the exit code."""
    screen.quiet = screen.quiet and approval.said  # who is asked must see what about
    if dry_run:
        return show_only(paths, choices, screen, caps)
    if receipt:
        receipt.refuse()
    with opened_desk(paths, write=True, caps=caps) as (desk, settings):
        restored = desk.restore()
        if restored:
            screen.say(f"{restored.rows} rows had lost their results; they are restored from the journal.", "yellow")
        collect = collect_of(settings, desk)
        desk.preflight(collect)
        if settle:
            desk.settle(collect, timedelta(seconds=settings.settle_after))
        if refresh:
            look(desk, collect, screen)
        desk.look_elsewhere(collect, choices)
        prepared = desk.prepare(choices)
        screen.preview(prepared)
        if not approved(prepared, approval, screen):
            return screen.declined("Nothing was sent.")
        with excel_status(paths) as status:
            return _send(desk, prepared, collect, screen, status, receipt)


def show_only(paths: Paths, choices: Choices, screen: Screen, caps: Caps = NO_CAPS) -> int:
    """Show the plan; no socket, no claim, no write."""
    with opened_desk(paths, write=False, caps=caps) as (desk, _):
        prepared = desk.prepare(choices)
        screen.preview(prepared)
        screen.undelivered(undelivered_rows(prepared.plan.left_out))
        code = code_of_check(prepared.plan, prepared.book.checker.problems, compared=not prepared.note)
        if screen.as_json:
            screen.plan_as_json(prepared, desk.run.id, code)
        return code


def _send(
    desk: Desk,
    prepared: Prepared,
    collect: Collect,
    screen: Screen,
    status: Status | None,
    receipt: WantedReceipt | None = None,
) -> int:
    if prepared.plan.batches:
        with stop_on_signals() as stop, screen.progress(prepared.plan.size) as draw:
            show = bar_of(prepared.plan.size, status, stop) if status else None

            def on_event(event: Event) -> None:
                note(desk.run.id, event)
                draw(event)
                if show:
                    show(event)

            finished = desk.send(prepared, collect, on_event=on_event, stop=stop, at_once=show is not None)
    else:
        finished = desk.finish(Report(desk.run.id), prepared)
    code = code_of_run(finished, prepared.book.checker.problems)
    screen.finished(finished, prepared)
    if receipt:
        failed = receipt.write(desk, finished, prepared, screen)
        code = code or failed  # how the requests fared goes first
    if screen.as_json:
        screen.rows_as_json(finished, code)
    return code


def note(run: str, event: Event) -> None:
    """Keep a line in the log: run, rows and counts; never an address, key or URL."""
    match event:
        case BatchStarted(number=number, of=of, rows=rows):
            _log.info("run=%s batch=%d/%d rows=%s", run, number, of, ",".join(map(str, rows)))
        case BatchEnded(number=number, of=of, rows=counts):
            told = " ".join(f"{state}={count}" for state, count in counts.items())
            _log.info("run=%s batch=%d/%d %s", run, number, of, told)
        case BatchHalved(number=number, of=of, rows=count):
            _log.info("run=%s batch=%d/%d refused rows=%d, sent in halves", run, number, of, count)
        case RowsHeld(rows=rows):
            _log.warning("run=%s held-elsewhere rows=%s", run, ",".join(map(str, rows)))
        case Waiting(seconds=seconds):
            _log.info("run=%s waiting=%.1f", run, seconds)


def approved(prepared: Prepared, approval: Approval, screen: Screen) -> bool:
    """Tell whether this very plan may be sent.

    Raises:
        PlanChanged: another plan was approved.
        UsageError: the plan is larger than ``--at-most``, a new round was not said again, or nobody is there to ask.
    """
    plan = prepared.plan
    if approval.plan is not None and approval.plan != plan.fingerprint:
        raise PlanChanged(
            f"The plan is now {plan.fingerprint}, not {approval.plan}: workbook, choices or what was sent changed.",
            tip="Look at the preview again (collect-xl check --online), then approve the new fingerprint.",
        )
    if not plan.batches:
        return True
    if approval.at_most is not None and plan.size > approval.at_most:
        people = "person" if plan.size == 1 else "people"
        message = f"{plan.size} {people} would be asked, more than --at-most {approval.at_most}. Nothing was sent."
        raise UsageError(message, tip="Look at the preview; raise --at-most if that is what you mean.")
    if not approval.said and not approval.terminal:
        message = "Nobody is there to be asked, and nothing was approved. Nothing was sent."
        raise UsageError(message, tip=f"Add --yes (best with --at-most {plan.size}), or --plan {plan.fingerprint}.")
    if not _rounds_said(prepared, approval, screen):
        return False
    return approval.said or screen.ask(f"Send {plan.size} requests now? [y/N]").casefold() in {"y", "yes"}


def _rounds_said(prepared: Prepared, approval: Approval, screen: Screen) -> bool:
    """Tell whether each new round that asks people again was said a second time."""
    said = {round_key(each) for each in approval.new_rounds}
    for new in prepared.plan.new_rounds:
        if round_key(new.round) in said:
            continue
        if not approval.terminal:
            earlier = new.earlier[0]
            message = (
                f'Round "{new.round}" is new in campaign {new.campaign.name or new.campaign.id}, and {earlier.people} '
                f"of these people were asked in {round_words(earlier.round)}, last on {earlier.last:%Y-%m-%d}. "
                "Nothing was sent."
            )
            raise UsageError(message, tip=f'To ask them again, say the round: --new-round "{new.round}"')
        if round_key(screen.ask(f'To ask them again, type the new round ("{new.round}"):')) != round_key(new.round):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Wish:
    """All that the words of the command said."""

    books: Books
    paths: Paths
    """What holds for each of the workbooks; ``of`` names the one."""
    choices: Choices
    approval: Approval
    screen: Screen
    caps: Caps
    settle: bool
    refresh: bool
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
        return _one(wish, wish.books.only)
    _refuse_words_of_one_book(wish)
    return _one_after_another(wish) if wish.dry_run else _several(wish)


def _to_oneself(wish: Wish, me: str) -> int:
    from collect_xl.cli.cancel import Asking  # noqa: PLC0415
    from collect_xl.cli.trial import run_test_to  # noqa: PLC0415

    book, approval, choices = wish.books.only, wish.approval, wish.choices
    limits = (approval.at_most is not None, approval.plan, approval.new_rounds, choices.first, choices.only_to)
    steps = (wish.settle, wish.refresh, wish.dry_run, wish.paths.output, wish.receipt, wish.scheduler)
    if book is None or any((*limits, *steps)):
        raise typer.BadParameter("--test-to sends one row's request to you: with it go --rows N, --yes and --json.")
    asking = Asking(approval.yes, approval.terminal)
    return run_test_to(wish.of(book), me, choices.rows, asking, wish.screen, wish.caps)


def _one(wish: Wish, book: Path) -> int:
    return run_send(
        wish.of(book),
        wish.choices,
        wish.approval,
        wish.screen,
        settle=wish.settle,
        refresh=wish.refresh,
        dry_run=wish.dry_run,
        caps=wish.caps,
        receipt=wish.receipt,
    )


def _refuse_words_of_one_book(wish: Wish) -> None:
    words = (wish.paths.output, wish.approval.plan, wish.choices.rows, wish.choices.first, wish.receipt)
    if any(word is not None for word in words):
        told = "--output, --plan, --rows, --first and --receipt go with one workbook; --most with several."
        raise typer.BadParameter(told)


def _one_after_another(wish: Wish) -> int:
    def show(book: Path) -> int:
        return show_only(wish.of(book), wish.choices, wish.screen, wish.caps)

    return one_by_one(wish.books, show, wish.screen)


def _several(wish: Wish) -> int:
    from collect_xl.cli.send_many import on_cluster, run_many  # noqa: PLC0415
    from collect_xl.workflow.many_workbooks import Here  # noqa: PLC0415
    from collect_xl.workflow.workbook_job import Job  # noqa: PLC0415

    like = Job(wish.paths, wish.choices, wish.caps, wish.settle, wish.refresh, rows=wish.screen.as_json)
    jobs = [replace(like, paths=wish.of(book)) for book in wish.books.paths]
    if wish.scheduler is not None:
        return on_cluster(wish.books, jobs, wish.approval, wish.screen, wish.scheduler)
    return run_many(wish.books, jobs, wish.approval, wish.screen, Here())


@dataclass(frozen=True, slots=True)
class WantedReceipt:
    """A receipt that somebody asked for.

    Args:
        path: where it goes.
        links: whether portal addresses may stand in it.
    """

    path: Path
    links: bool

    def refuse(self) -> None:
        """Raise what writing it would meet: whoever wants a receipt must not find out after the e-mails."""
        refuse_receipt(self.path)

    def write(self, desk: Desk, finished: Finished, prepared: Prepared, screen: Screen) -> int:
        """Write it, and return 0, or the exit code of what went wrong: what was sent is sent all the same."""
        page = receipt_page(finished, prepared, desk.run, datetime.now().astimezone(), links=self.links)
        try:
            keep_receipt(self.path, page)
        except CollectXlError as error:
            screen.error(f"The receipt could not be written: {error.message}", error.tip)
            return code_of_error(error)
        screen.say(f"The receipt is {self.path}.")
        return 0
