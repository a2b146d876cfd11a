"""The commands ``check`` and ``send``: their options; what they do is imported when they run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from collect_xl.cli.help_layout import Command
from collect_xl.cli.parameters import (
    AbortAboveOption,
    CanaryOption,
    CheckOnlineOption,
    ContactsOption,
    DailyLimitOption,
    DryRunOption,
    EditedOption,
    EvenIfAskedOption,
    FirstOption,
    ForceOption,
    HiddenOption,
    JsonOption,
    LimitOption,
    LinksOption,
    LiveOption,
    LogOption,
    LookUpOption,
    MaybeBooksArgument,
    NewCampaignOption,
    NewHistoryOption,
    NewRoundOption,
    NotBeforeOption,
    NoWaitOption,
    OnlyToOption,
    OptionsOption,
    OutputOption,
    PerMinuteOption,
    PlanOption,
    QuietOption,
    ReceiptLinksOption,
    ReceiptOption,
    RecentOption,
    RefreshOption,
    RowOption,
    RowsOption,
    SchedulerOption,
    TestToOption,
    YesNumberOption,
)
from collect_xl.errors import UsageError

if TYPE_CHECKING:
    from collect_xl.cli.send_one import WantedReceipt
    from collect_xl.domain.rows import Choices

sending_app = typer.Typer()


@sending_app.command(cls=Command)
def check(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    books: MaybeBooksArgument = None,
    row: RowOption = None,
    online: CheckOnlineOption = False,
    first: FirstOption = None,
    rows: RowsOption = None,
    only_to: OnlyToOption = None,
    include_hidden: HiddenOption = False,
    send_edited: EditedOption = False,
    recent: RecentOption = 45,
    even_if_asked: EvenIfAskedOption = False,
    limit: LimitOption = None,
    daily_limit: DailyLimitOption = None,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    live: LiveOption = False,
    as_json: JsonOption = False,
    links: LinksOption = False,
) -> int:
    """Check the workbook and show what would be sent; sends nothing."""
    from collect_xl.cli.books import chosen, one_by_one  # noqa: PLC0415
    from collect_xl.cli.check import run_check  # noqa: PLC0415
    from collect_xl.cli.option_values import may_begin  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.planning.limits import Caps  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    choices = _choices(first, rows, only_to, include_hidden, send_edited, recent, even_if_asked)
    caps = Caps(run=limit, day=daily_limit)
    screen = Screen(as_json=as_json, links=links)
    workbooks = chosen(books, live=live)
    if row is not None and not workbooks.only:
        raise typer.BadParameter("--row goes with one workbook.")

    def run(book: Path) -> int:
        paths = Paths(book, contacts_sheet, options_sheet, live=live, new_journal=live or may_begin())
        return run_check(paths, choices, screen, row=row, online=online, caps=caps)

    return one_by_one(workbooks, run, screen)


@sending_app.command(cls=Command)
def send(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    books: MaybeBooksArgument = None,
    yes: YesNumberOption = False,
    abort_above: AbortAboveOption = None,
    plan: PlanOption = None,
    first: FirstOption = None,
    canary: CanaryOption = None,
    not_before: NotBeforeOption = None,
    rows: RowsOption = None,
    only_to: OnlyToOption = None,
    new_round: NewRoundOption = None,
    new_campaign: NewCampaignOption = None,
    dry_run: DryRunOption = False,
    include_hidden: HiddenOption = False,
    send_edited: EditedOption = False,
    recent: RecentOption = 45,
    even_if_asked: EvenIfAskedOption = False,
    limit: LimitOption = None,
    daily_limit: DailyLimitOption = None,
    per_minute: PerMinuteOption = None,
    test_to: TestToOption = None,
    new_history: NewHistoryOption = False,
    output: OutputOption = None,
    lookup: LookUpOption = False,
    refresh: RefreshOption = False,
    no_wait: NoWaitOption = False,
    receipt: ReceiptOption = None,
    receipt_links: ReceiptLinksOption = False,
    as_json: JsonOption = False,
    links: LinksOption = False,
    quiet: QuietOption = False,
    log_file: LogOption = None,
    scheduler: SchedulerOption = None,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    live: LiveOption = False,
    force: ForceOption = False,
) -> int:
    """Send the requests of one or more workbooks, each person once."""
    from collect_xl.cli.answers import SendAnswers  # noqa: PLC0415
    from collect_xl.cli.books import chosen, without_count  # noqa: PLC0415
    from collect_xl.cli.log_file import log_to  # noqa: PLC0415
    from collect_xl.cli.option_values import may_begin, somebody_is_there  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.cli.send_one import Wish, go  # noqa: PLC0415
    from collect_xl.planning.limits import Caps  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415
    from collect_xl.workflow.start_time import read_time  # noqa: PLC0415

    if log_file is not None:
        # First of all: what ends a run before it begins is looked for in the log, too.
        log_to(log_file, ",".join(book.name for book in books or ()))
    is_there = somebody_is_there()
    if canary is not None and not is_there:
        message = "--canary asks before the rest is sent, and no one is there to answer. Nothing was sent."
        raise UsageError(message, tip="Run it at a terminal; or send --first 1 --yes, look, and then send the rest.")
    if not_before is not None:
        # A slip is reported at once, not after the account was asked.
        read_time(not_before)
    begins = may_begin(said=yes or plan is not None, new_journal=new_history)
    workbooks, exactly = without_count(books, yes=yes)
    wish = Wish(
        books=chosen(workbooks, live=live),
        paths=Paths(Path(), contacts_sheet, options_sheet, output, live, begins, force),
        choices=_choices(first, rows, only_to, include_hidden, send_edited, recent, even_if_asked),
        answers=SendAnswers(
            yes,
            is_there,
            abort_above,
            plan,
            tuple(new_round or ()),
            tuple(new_campaign or ()),
            exactly,
            _when(canary),
        ),
        screen=Screen(quiet=quiet, as_json=as_json, links=links),
        caps=Caps(per_minute, limit, daily_limit),
        settle=lookup,
        refresh=refresh,
        may_wait=not no_wait,
        canary=canary,
        not_before=not_before,
        dry_run=dry_run,
        test_to=test_to,
        scheduler=scheduler,
        receipt=_wanted_receipt(receipt, links=receipt_links),
    )
    return go(wish)


def _choices(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    first: int | None,
    rows: str | None,
    only_to: str | None,
    include_hidden: bool,
    send_edited: bool,
    recent: int,
    even_if_asked: bool,
) -> Choices:
    from collect_xl.cli.option_values import parse_allowed, parse_rows  # noqa: PLC0415
    from collect_xl.domain.rows import Choices  # noqa: PLC0415

    return Choices(first, parse_rows(rows), parse_allowed(only_to), include_hidden, send_edited, recent, even_if_asked)


def _when(canary: int | None) -> str:
    """Return the last words of the question: when the people of the plan are asked."""
    if canary is None:
        return "now"
    return f"now, the first {canary} of them alone"


def _wanted_receipt(path: Path | None, *, links: bool) -> WantedReceipt | None:
    if path is None:
        if links:
            raise typer.BadParameter("--receipt-links belongs to --receipt.")
        return None
    from collect_xl.cli.send_one import WantedReceipt  # noqa: PLC0415

    return WantedReceipt(path, links)
