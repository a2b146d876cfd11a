"""The commands that send, or show what would be sent, as words; what they do stands in rooms loaded when needed."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collect_xl.cli.parameters import (
    ContactsOption,
    ForceOption,
    JsonOption,
    LiveOption,
    MaybeBooksArgument,
    MostOption,
    NewJournalOption,
    OptionsOption,
    PerDayOption,
    PerMinuteOption,
    QuietOption,
    RowsOption,
    YesOption,
)
from collect_xl.errors import DiskError

if TYPE_CHECKING:
    from collect_xl.cli.receipt import WantedReceipt

__all__ = ["sending_app"]

sending_app = typer.Typer()

FirstOption = Annotated[int | None, typer.Option(min=1, help="Only the first N rows that are to be sent.")]
OnlyToOption = Annotated[str | None, typer.Option(help="Only these addresses: @domain,ann@acme.example.")]
HiddenOption = Annotated[bool, typer.Option("--include-hidden", help="Send hidden and filtered-out rows, too.")]
EditedOption = Annotated[
    bool, typer.Option("--send-edited", help="Send rows whose address was changed after they were sent.")
]
RecentOption = Annotated[
    int, typer.Option(min=0, help="Days for which a finished request that others made still counts as asked.")
]
EvenIfAskedOption = Annotated[
    bool, typer.Option("--even-if-asked", help="Ask people, too, whom others have asked already.")
]
TestToOption = Annotated[
    str | None,
    typer.Option(metavar="ME", help="Send one row's request to this member of the team, and leave the row alone."),
]
LogOption = Annotated[
    Path | None, typer.Option(help="Keep a log here: run id and row numbers, never addresses or keys.")
]


@sending_app.command()
def check(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    books: MaybeBooksArgument = None,
    row: Annotated[int | None, typer.Option(help="Say in words exactly what this row would send.")] = None,
    online: Annotated[bool, typer.Option("--online", help="Ask Collect for team and campaigns.")] = False,
    first: FirstOption = None,
    rows: RowsOption = None,
    only_to: OnlyToOption = None,
    include_hidden: HiddenOption = False,
    send_edited: EditedOption = False,
    recent: RecentOption = 45,
    even_if_asked: EvenIfAskedOption = False,
    most: MostOption = None,
    most_per_day: PerDayOption = None,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    live: LiveOption = False,
) -> int:
    """Validate everything and show the plan; nothing is sent, no socket is opened."""
    from collect_xl.app import Paths  # noqa: PLC0415
    from collect_xl.caps import Caps  # noqa: PLC0415
    from collect_xl.cli.books import chosen, one_by_one  # noqa: PLC0415
    from collect_xl.cli.check import run_check  # noqa: PLC0415
    from collect_xl.cli.show import Screen  # noqa: PLC0415
    from collect_xl.cli.words import may_begin  # noqa: PLC0415

    choices = replace(
        _choices(first, rows, only_to, include_hidden=include_hidden, send_edited=send_edited),
        recent=recent,
        even_if_asked=even_if_asked,
    )
    caps, screen, found = Caps(run=most, day=most_per_day), Screen(), chosen(books, live=live)
    if row is not None and not found.only:
        raise typer.BadParameter("--row goes with one workbook.")

    def run(book: Path) -> int:
        paths = Paths(book, contacts_sheet, options_sheet, live=live, new_journal=live or may_begin())
        return run_check(paths, choices, screen, row=row, online=online, caps=caps)

    return one_by_one(found, run, screen)


@sending_app.command()
def send(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    books: MaybeBooksArgument = None,
    yes: YesOption = False,
    at_most: Annotated[int | None, typer.Option(min=0, help="Send nothing when the plan is larger.")] = None,
    plan: Annotated[str | None, typer.Option(help="The fingerprint of the plan that was approved.")] = None,
    first: FirstOption = None,
    rows: RowsOption = None,
    only_to: OnlyToOption = None,
    new_round: Annotated[
        list[str] | None, typer.Option(help="Say a new round again, to ask the same people once more.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan: no socket, no claim, no write.")] = False,
    include_hidden: HiddenOption = False,
    send_edited: EditedOption = False,
    recent: RecentOption = 45,
    even_if_asked: EvenIfAskedOption = False,
    most: MostOption = None,
    most_per_day: PerDayOption = None,
    per_minute: PerMinuteOption = None,
    test_to: TestToOption = None,
    new_journal: NewJournalOption = False,
    output: Annotated[Path | None, typer.Option(help="Write the results into a copy, here.")] = None,
    settle: Annotated[bool, typer.Option("--settle", help="Look up unknown rows first.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask first how what was sent stands now.")] = False,
    receipt: Annotated[Path | None, typer.Option(help="Write a page (HTML) here: who was asked, who not, why.")] = None,
    receipt_links: Annotated[
        bool, typer.Option("--receipt-links", help="Put the clients' confidential portal links into the receipt.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    log_file: LogOption = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Let a Dask cluster do it, one task a workbook: tcp://host:8786.")
    ] = None,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    live: LiveOption = False,
    force: ForceOption = False,
) -> int:
    """Ask the clients of a workbook, or of several, for their documents, each once, and write back what happened."""
    from collect_xl.app import Paths  # noqa: PLC0415
    from collect_xl.caps import Caps  # noqa: PLC0415
    from collect_xl.cli.books import chosen, one_by_one  # noqa: PLC0415
    from collect_xl.cli.send import Approval, run_send, show_only  # noqa: PLC0415
    from collect_xl.cli.show import Screen  # noqa: PLC0415
    from collect_xl.cli.words import may_begin, somebody_is_there  # noqa: PLC0415

    _log_to(log_file)
    screen, found = Screen(quiet=quiet, as_json=as_json), chosen(books, live=live)
    caps = Caps(per_minute, most, most_per_day)
    begins = may_begin(said=yes or plan is not None, new_journal=new_journal)
    if test_to is not None:
        if (
            at_most is not None
            or plan
            or first
            or only_to
            or new_round
            or dry_run
            or output
            or settle
            or refresh
            or receipt
            or scheduler
            or not found.only
        ):
            raise typer.BadParameter("--test-to sends one row's request to you: with it go --rows N, --yes and --json.")
        from collect_xl.cli.change import Asking  # noqa: PLC0415
        from collect_xl.cli.trying import run_test_to  # noqa: PLC0415
        from collect_xl.cli.words import parse_rows  # noqa: PLC0415

        paths = Paths(found.only, contacts_sheet, options_sheet, live=live, new_journal=begins)
        asking = Asking(yes, somebody_is_there())
        return run_test_to(paths, test_to, parse_rows(rows), asking, screen, caps)
    approval = Approval(yes, at_most, plan, tuple(new_round or ()), somebody_is_there())
    choices = replace(
        _choices(first, rows, only_to, include_hidden=include_hidden, send_edited=send_edited),
        recent=recent,
        even_if_asked=even_if_asked,
    )
    if found.only and scheduler is None:
        paths = Paths(found.only, contacts_sheet, options_sheet, output, live, begins, force)
        wanted = _wanted_receipt(receipt, links=receipt_links)
        return run_send(
            paths, choices, approval, screen, settle=settle, refresh=refresh, dry_run=dry_run, caps=caps, receipt=wanted
        )
    if scheduler is not None and live:
        raise typer.BadParameter("--scheduler goes with saved workbooks, not with --live.")
    if any(word is not None for word in (output, plan, rows, first, receipt)):
        told = "--output, --plan, --rows, --first and --receipt go with one workbook; --most with several."
        raise typer.BadParameter(told)
    if dry_run:
        sheets = (contacts_sheet, options_sheet)
        return one_by_one(found, lambda book: show_only(Paths(book, *sheets, live=live), choices, screen, caps), screen)
    from collect_xl.cli.many import on_cluster, run_many  # noqa: PLC0415
    from collect_xl.many import Here, Job  # noqa: PLC0415

    what = (contacts_sheet, options_sheet, None, live, begins, force)
    jobs = [
        Job(Paths(book, *what), choices, caps, settle=settle, refresh=refresh, rows=as_json) for book in found.paths
    ]
    if scheduler is not None:
        return on_cluster(found, jobs, approval, screen, scheduler)
    return run_many(found, jobs, approval, screen, Here())


def _choices(first: int | None, rows: str | None, only_to: str | None, *, include_hidden: bool, send_edited: bool):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Return the choices; the core is imported only when a command runs."""
    from collect_xl.cli.words import parse_allowed, parse_rows  # noqa: PLC0415
    from collect_xl.triage import Choices  # noqa: PLC0415

    return Choices(first, parse_rows(rows), parse_allowed(only_to), include_hidden, send_edited)


def _wanted_receipt(path: Path | None, *, links: bool) -> WantedReceipt | None:
    if path is None:
        if links:
            raise typer.BadParameter("--receipt-links belongs to --receipt.")
        return None
    from collect_xl.cli.receipt import WantedReceipt  # noqa: PLC0415

    return WantedReceipt(path, links)


def _log_to(path: Path | None) -> None:
    if path is not None:
        try:
            handler = logging.FileHandler(path, encoding="utf-8")
        except OSError as error:
            message = f"The log {path} cannot be written: {error.strerror}. Nothing was sent."
            raise DiskError(message, tip="Name a file in a folder that you may write to.") from error
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger = logging.getLogger("collect_xl")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
