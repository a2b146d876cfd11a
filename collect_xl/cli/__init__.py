"""The command line: words in, an exit code out. Only this package prints and exits."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import collect_xl
from collect_xl.cli.addin import addin_app
from collect_xl.cli.doctor import doctor_app
from collect_xl.cli.followup import following_app
from collect_xl.cli.help import help_app
from collect_xl.cli.help_layout import CONTEXT, Command, Group
from collect_xl.cli.history import history_app
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.keys import config_app, key_app
from collect_xl.cli.lists import making_app
from collect_xl.cli.output import steady_streams
from collect_xl.cli.parameters import (
    BooksArgument,
    ContactsOption,
    ForceOption,
    JsonOption,
    LinksOption,
    OptionsOption,
)
from collect_xl.cli.send import sending_app
from collect_xl.domain.windows_names import words_of
from collect_xl.errors import CollectXlError

if TYPE_CHECKING:
    from collect_xl.followup.lookup import Assumed

__all__ = ["app", "main"]

app = typer.Typer(
    name="collect-xl",
    help="Send Collect requests from an Excel workbook, and write the results beside each contact.",
    cls=Group,
    context_settings=CONTEXT,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(making_app)
app.add_typer(sending_app)
app.add_typer(following_app)
app.add_typer(doctor_app)
app.add_typer(addin_app, name="addin")
app.add_typer(key_app, name="key")
app.add_typer(config_app, name="config")
app.add_typer(history_app, name="history")
app.add_typer(help_app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"collect-xl {collect_xl.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", "-V", is_eager=True, callback=_show_version, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


@app.command(cls=Command)
def lookup(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    books: BooksArgument,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until a later look can decide.")] = False,
    assume: Annotated[
        Literal["sent", "not-sent"] | None, typer.Option(help="Take your word instead of asking Collect.")
    ] = None,
    rows: Annotated[str | None, typer.Option(metavar="ROWS", help="With --assume: only these rows: 2-50,60.")] = None,
    not_ours: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A request that was not made from here, as you know; it blocks nothing more."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --assume: do not ask for a confirmation.")] = False,
    as_json: JsonOption = False,
    links: LinksOption = False,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    force: ForceOption = False,
) -> int:
    """Find out at Collect what became of unknown rows; sends nothing."""
    if assume and not_ours:
        raise typer.BadParameter("--not-ours does not go with --assume.")
    if (assume is None and (rows or yes)) or (assume and wait):
        raise typer.BadParameter("--rows and --yes belong to --assume, which does not go with --wait.")
    from collect_xl.cli.books import chosen, one_by_one  # noqa: PLC0415
    from collect_xl.cli.lookup import run_lookup  # noqa: PLC0415
    from collect_xl.cli.option_values import may_begin, parse_rows, somebody_is_there  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    workbooks = chosen(books)
    screen = Screen(as_json=as_json, links=links)
    begins = may_begin(said=yes)

    def paths_of(book: Path) -> Paths:
        return Paths(book, contacts_sheet, options_sheet, new_journal=begins, force=force)

    if assume is None:
        strangers = tuple(not_ours or ())
        return one_by_one(workbooks, lambda book: run_lookup(paths_of(book), screen, strangers, wait=wait), screen)
    if not workbooks.only:
        raise typer.BadParameter("--assume goes with one workbook.")
    paths = paths_of(workbooks.only)
    from collect_xl.cli.answers import Answers  # noqa: PLC0415
    from collect_xl.cli.lookup import run_assume  # noqa: PLC0415

    word: Assumed = "sent" if assume == "sent" else "not_sent"
    return run_assume(paths, word, parse_rows(rows), screen, Answers(yes, somebody_is_there()))


@app.command(cls=Command)
def log(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    book: Annotated[
        Path | None, typer.Argument(metavar="[BOOK]", help="Only what this workbook sent.", show_default=False)
    ] = None,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Only this run.")] = None,
    campaign: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this campaign: its ID or its name.")
    ] = None,
    state: Annotated[
        Literal["intent", "sent", "refused", "not_sent", "unknown", "cancelled"] | None,
        typer.Option(help="Only requests in this state."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Only what was sent since then."),
    ] = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="Also who sent it, which request it is, and how the state is known.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with the whole history.")] = False,
    links: LinksOption = False,
    diagnose: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a bundle for support; it names no people, keys or links.")
    ] = None,
) -> int:
    """Show who was sent what, when, and how it ended."""
    from collect_xl.cli.screen import Screen  # noqa: PLC0415

    screen = Screen(as_json=as_json, links=links)
    if diagnose is not None:
        from collect_xl.cli.support_bundle import run_diagnose  # noqa: PLC0415

        return run_diagnose(diagnose, screen)
    from collect_xl.cli.log import moment_of, run_log  # noqa: PLC0415
    from collect_xl.journal.claim_history import Wanted  # noqa: PLC0415

    wanted = Wanted(run=run, state=state, since=moment_of(since) if since else None)
    return run_log(book, campaign, wanted, screen, wide=wide)


@app.command(cls=Command)
def demo(
    folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to put the workbook.", show_default=False)
    ] = None,
) -> int:
    """Try it: send 120 sample contacts to a temporary server on this computer."""
    from collect_xl.cli.demo import run_demo  # noqa: PLC0415

    return run_demo(folder)


@app.command(cls=Command)
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65_535, metavar="N", help="0 chooses a free one.")] = 0,
    folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where its send history is kept.", show_default=False)
    ] = None,
    lively: Annotated[
        bool, typer.Option("--lively", help="Let requests get on, so that each refresh finds other statuses.")
    ] = False,
) -> int:
    """Run a fake Collect server until stopped.

    It prints the variables that point this tool to it.
    """
    from collect_xl.cli.demo import run_sandbox  # noqa: PLC0415

    return run_sandbox(port, folder, lively=lively)


def main() -> None:
    """Run the command line and exit with one of the documented codes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service that is stopped early ends as after Ctrl-C
    steady_streams()
    logging.getLogger().addHandler(logging.NullHandler())  # what libraries log is no word of ours
    sys.exit(_run())


WrongWords: type[Exception] = typer.BadParameter.__mro__[2]
"""click's ClickException, which newer releases of typer carry inside, under a private name."""

CTRL_C = 130
"""What typer returns when Ctrl-C ended a command."""


def _run() -> int:
    """Run the command, and let everything that waits for its exit code have it."""
    CURRENT.begin()
    code = _code()
    CURRENT.end(code)
    return code


def _code() -> int:
    try:
        code = app(standalone_mode=False)
    except WrongWords as error:
        error.show()  # type: ignore[attr-defined]
        return _end_badly(error.format_message(), "", 2)  # type: ignore[attr-defined]
    except typer.Abort:
        code = CTRL_C
    except CollectXlError as error:
        from collect_xl.cli.exits import code_of_error  # noqa: PLC0415
        from collect_xl.cli.remedies import tip_of  # noqa: PLC0415

        return _fail(error.message, tip_of(error), code_of_error(error))
    except OSError as error:
        return _fail(words_of(error), "Check the file's name, folder and rights.", 6)
    except Exception as error:  # noqa: BLE001  # the last line of defence: words instead of a traceback
        return _fail_unforeseen(error)
    if code == CTRL_C:
        return _fail(
            "Stopped.", "Run the same command again: what was sent is in the send history, and not sent twice.", 7
        )
    return code if isinstance(code, int) else 0


def _fail(message: str, tip: str, code: int) -> int:
    from collect_xl.cli.screen import Screen  # noqa: PLC0415

    Screen().error(message, tip)
    return _end_badly(message, tip, code)


def _end_badly(message: str, tip: str, code: int) -> int:
    """Log what went wrong; print it for programs, too, where they asked: the command may not have read that."""
    from collect_xl.cli.json_lines import JsonLines  # noqa: PLC0415
    from collect_xl.cli.log_file import log_error  # noqa: PLC0415

    log_error(message, code)
    if "--json" in sys.argv[1:]:
        JsonLines().error(message, tip, code)
    return code


def _fail_unforeseen(error: Exception) -> int:
    """Say that this is our mistake; the traceback is shown only on request, since it may hold people's data."""
    if os.environ.get("COLLECT_XL_TRACEBACK"):
        traceback.print_exception(error)
    tip = "What was sent is in the send history. Run again with COLLECT_XL_TRACEBACK=1 to see more, and report it."
    return _fail(f"Unforeseen: {type(error).__name__}. This is a mistake in collect-xl, not yours.", tip, 1)
