"""The command line: words in, an exit code out. Only this package prints and exits."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sys
import traceback
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from collect_xl.cli.addin import addin_app
from collect_xl.cli.doctor import doctor_app
from collect_xl.cli.following import following_app
from collect_xl.cli.keys import config_app, key_app
from collect_xl.cli.making import making_app
from collect_xl.cli.parameters import (
    BooksArgument,
    ContactsOption,
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
from collect_xl.cli.upkeep import journal_app
from collect_xl.errors import CollectXlError, DiskError

if TYPE_CHECKING:
    from collect_xl.cli.receipt import WantedReceipt
    from collect_xl.settling import Assumed

__all__ = ["app", "main"]

app = typer.Typer(
    name="collect-xl",
    help="Send Collect requests from an Excel workbook, and write what happened beside each contact.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(making_app)
app.add_typer(following_app)
app.add_typer(doctor_app)
app.add_typer(addin_app, name="addin")
app.add_typer(key_app, name="key")
app.add_typer(config_app, name="config")
app.add_typer(journal_app, name="journal")

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


@app.command()
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


@app.command()
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
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    live: LiveOption = False,
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
    if found.only:
        paths = Paths(found.only, contacts_sheet, options_sheet, output, live, begins)
        wanted = _wanted_receipt(receipt, links=receipt_links)
        return run_send(
            paths, choices, approval, screen, settle=settle, refresh=refresh, dry_run=dry_run, caps=caps, receipt=wanted
        )
    if any(word is not None for word in (output, plan, rows, first, receipt)):
        told = "--output, --plan, --rows, --first and --receipt go with one workbook; --most with several."
        raise typer.BadParameter(told)
    if dry_run:
        sheets = (contacts_sheet, options_sheet)
        return one_by_one(found, lambda book: show_only(Paths(book, *sheets, live=live), choices, screen, caps), screen)
    from collect_xl.cli.many import run_many  # noqa: PLC0415
    from collect_xl.many import Here, Job  # noqa: PLC0415

    what = (contacts_sheet, options_sheet, None, live, begins)
    jobs = [
        Job(Paths(book, *what), choices, caps, settle=settle, refresh=refresh, rows=as_json) for book in found.paths
    ]
    return run_many(found, jobs, approval, screen, Here())


@app.command()
def settle(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    books: BooksArgument,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until a later look can decide.")] = False,
    assume: Annotated[
        Literal["sent", "not-sent"] | None, typer.Option(help="Take your word instead of asking Collect.")
    ] = None,
    rows: Annotated[str | None, typer.Option(help="With --assume: only these rows: 2-50,60.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --assume: do not ask.")] = False,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
) -> int:
    """Look up at Collect what became of unknown rows; never sends anything again."""
    if (assume is None and (rows or yes)) or (assume and wait):
        raise typer.BadParameter("--rows and --yes belong to --assume, which does not go with --wait.")
    from collect_xl.app import Paths  # noqa: PLC0415
    from collect_xl.cli.books import chosen, one_by_one  # noqa: PLC0415
    from collect_xl.cli.settle import run_settle  # noqa: PLC0415
    from collect_xl.cli.show import Screen  # noqa: PLC0415
    from collect_xl.cli.words import may_begin, parse_rows, somebody_is_there  # noqa: PLC0415

    found, screen = chosen(books), Screen()
    sheets = (contacts_sheet, options_sheet, None, False, may_begin(said=yes))
    if assume is None:
        return one_by_one(found, lambda book: run_settle(Paths(book, *sheets), screen, wait=wait), screen)
    if not found.only:
        raise typer.BadParameter("--assume goes with one workbook.")
    paths = Paths(found.only, *sheets)
    from collect_xl.cli.assume import run_assume  # noqa: PLC0415

    word: Assumed = "sent" if assume == "sent" else "not_sent"
    return run_assume(paths, word, parse_rows(rows), Screen(), yes=yes, terminal=somebody_is_there())


@app.command()
def log(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    book: Annotated[
        Path | None, typer.Argument(metavar="[BOOK]", help="Only what this workbook sent.", show_default=False)
    ] = None,
    run: Annotated[str | None, typer.Option(help="Only this run.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Only this campaign: its ID or its name.")] = None,
    state: Annotated[
        Literal["intent", "sent", "refused", "not_sent", "unknown", "cancelled"] | None,
        typer.Option(help="Only who stands like this."),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Only what was sent since then.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with the whole history.")] = False,
    diagnose: Annotated[
        Path | None, typer.Option(help="Write a bundle for support here; it names no people, keys or links.")
    ] = None,
) -> int:
    """Tell from the journal who was sent what, when, from which workbook, and how it came out."""
    from collect_xl.cli.show import Screen  # noqa: PLC0415

    screen = Screen(as_json=as_json)
    if diagnose is not None:
        from collect_xl.cli.diagnose import run_diagnose  # noqa: PLC0415

        return run_diagnose(diagnose, screen)
    from collect_xl.cli.log import run_log  # noqa: PLC0415
    from collect_xl.journal.telling import Wanted  # noqa: PLC0415

    wanted = Wanted(run=run, state=state, since=since.astimezone() if since else None)
    return run_log(book, campaign, wanted, screen)


@app.command()
def demo(
    folder: Annotated[Path | None, typer.Option(help="Where to put the workbook.", show_default=False)] = None,
) -> int:
    """Send 120 sample contacts to a Collect server made for the occasion; nobody gets an e-mail."""
    from collect_xl.cli.demo import run_demo  # noqa: PLC0415

    return run_demo(folder)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="0 chooses a free one.")] = 0,
    folder: Annotated[Path | None, typer.Option(help="Where its journal lies.", show_default=False)] = None,
) -> int:
    """Run a fake Collect server until stopped, and print the variables that point this tool to it."""
    from collect_xl.cli.demo import run_sandbox  # noqa: PLC0415

    return run_sandbox(port, folder)


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


def main() -> None:
    """Run the command line and exit with one of the documented codes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service that is stopped early ends as after Ctrl-C
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show must not end a run
            stream.reconfigure(errors="backslashreplace")
    logging.getLogger().addHandler(logging.NullHandler())  # what libraries log is no word of ours
    sys.exit(_run())


WrongWords: type[Exception] = typer.BadParameter.__mro__[2]
"""click's ClickException, which newer releases of typer carry inside, under a private name."""

CTRL_C = 130
"""What typer returns when Ctrl-C ended a command."""


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except WrongWords as error:
        error.show()  # type: ignore[attr-defined]
        return _told_as_json(error.format_message(), "", 2)  # type: ignore[attr-defined]
    except typer.Abort:
        code = CTRL_C
    except CollectXlError as error:
        from collect_xl.cli.exits import code_of_error  # noqa: PLC0415

        return _fail(error.message, error.tip, code_of_error(error))
    except Exception as error:  # noqa: BLE001  # the last line of defence: words instead of a traceback
        return _fail_unforeseen(error)
    if code == CTRL_C:
        return _fail("Stopped.", "Run the same command again: what was sent is in the journal, and not sent twice.", 7)
    return code if isinstance(code, int) else 0


def _fail(message: str, tip: str, code: int) -> int:
    from collect_xl.cli.show import Screen  # noqa: PLC0415

    Screen().error(message, tip)
    return _told_as_json(message, tip, code)


def _told_as_json(message: str, tip: str, code: int) -> int:
    """Print what went wrong for programs, too, where they asked for JSON: the command itself may not have read that."""
    if "--json" in sys.argv[1:]:
        print(json.dumps({"schema": 1, "exit": code, "error": message, "tip": tip}))  # noqa: T201
    return code


def _fail_unforeseen(error: Exception) -> int:
    """Say that this is our mistake; the traceback is shown only on request, since it may hold people's data."""
    if os.environ.get("COLLECT_XL_TRACEBACK"):
        traceback.print_exception(error)
    tip = "What was sent is in the journal. Run again with COLLECT_XL_TRACEBACK=1 to see more, and report it."
    return _fail(f"Unforeseen: {type(error).__name__}. This is a mistake in collect-xl, not yours.", tip, 1)
