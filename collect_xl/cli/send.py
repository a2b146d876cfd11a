"""The commands that send, or show what would be sent, as words; what they do stands in rooms loaded when needed."""

from __future__ import annotations

import logging
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
from collect_xl.errors import DiskError, UsageError

if TYPE_CHECKING:
    from collect_xl.cli.send_one import WantedReceipt
    from collect_xl.domain.rows import Choices

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
    from collect_xl.cli.books import chosen, one_by_one  # noqa: PLC0415
    from collect_xl.cli.check import run_check  # noqa: PLC0415
    from collect_xl.cli.parameters import may_begin  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.planning.limits import Caps  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    choices = _choices(first, rows, only_to, include_hidden, send_edited, recent, even_if_asked)
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
    from collect_xl.cli.answers import SendAnswers  # noqa: PLC0415
    from collect_xl.cli.books import chosen  # noqa: PLC0415
    from collect_xl.cli.parameters import may_begin, somebody_is_there  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.cli.send_one import Wish, go  # noqa: PLC0415
    from collect_xl.planning.limits import Caps  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    _log_to(log_file)
    begins = may_begin(said=yes or plan is not None, new_journal=new_journal)
    wish = Wish(
        books=chosen(books, live=live),
        paths=Paths(Path(), contacts_sheet, options_sheet, output, live, begins, force),
        choices=_choices(first, rows, only_to, include_hidden, send_edited, recent, even_if_asked),
        answers=SendAnswers(yes, somebody_is_there(), at_most, plan, tuple(new_round or ())),
        screen=Screen(quiet=quiet, as_json=as_json),
        caps=Caps(per_minute, most, most_per_day),
        settle=settle,
        refresh=refresh,
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
    from collect_xl.cli.parameters import parse_allowed, parse_rows  # noqa: PLC0415
    from collect_xl.domain.rows import Choices  # noqa: PLC0415

    return Choices(first, parse_rows(rows), parse_allowed(only_to), include_hidden, send_edited, recent, even_if_asked)


def _wanted_receipt(path: Path | None, *, links: bool) -> WantedReceipt | None:
    if path is None:
        if links:
            raise typer.BadParameter("--receipt-links belongs to --receipt.")
        return None
    from collect_xl.cli.send_one import WantedReceipt  # noqa: PLC0415

    return WantedReceipt(path, links)


def _is_no_log(path: Path) -> bool:
    """Tell whether a file holds what no log does, as a workbook."""
    try:
        with path.open("rb") as file:
            return b"\0" in file.read(4096)
    except OSError:  # not there, or told by who opens it for writing
        return False


def _log_to(path: Path | None) -> None:
    if path is not None:
        if _is_no_log(path):
            message = f"{path} is there already and is no log, so it is left as it is. Nothing was sent."
            raise UsageError(message, tip="Name another file.")
        try:
            handler = logging.FileHandler(path, encoding="utf-8")
        except OSError as error:
            message = f"The log {path} cannot be written: {error.strerror}. Nothing was sent."
            raise DiskError(message, tip="Name a file in a folder that you may write to.") from error
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger = logging.getLogger("collect_xl")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
