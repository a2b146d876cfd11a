"""The commands that follow up what was sent: their options; what they do is imported when they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collect_xl.cli.help_layout import Command
from collect_xl.cli.parameters import (
    AgainOption,
    AllItemsOption,
    BookArgument,
    ContactsOption,
    FolderOption,
    ForceOption,
    ItemNamesOption,
    ItemsOption,
    JsonOption,
    LinksOption,
    LiveOption,
    MaybeBooksArgument,
    NewDueOption,
    NewHistoryOption,
    OptionsOption,
    QuietOption,
    RefreshFirstOption,
    RowsOption,
    RunArgument,
    SentRoundOption,
    WithinOption,
    YesOption,
)

following_app = typer.Typer()


@following_app.command(cls=Command)
def refresh(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    books: MaybeBooksArgument = None,
    items: ItemsOption = False,
    all_items: AllItemsOption = False,
    as_json: JsonOption = False,
    links: LinksOption = False,
    quiet: QuietOption = False,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    live: LiveOption = False,
    force: ForceOption = False,
) -> int:
    """Write the present status of every request into the sheet."""
    from collect_xl.cli.books import chosen, one_by_one  # noqa: PLC0415
    from collect_xl.cli.option_values import may_begin  # noqa: PLC0415
    from collect_xl.cli.refresh import run_refresh  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    screen = Screen(quiet=quiet, as_json=as_json, links=links)
    begins = may_begin()

    def run(book: Path) -> int:
        paths = Paths(book, contacts_sheet, options_sheet, live=live, new_journal=begins, force=force)
        return run_refresh(paths, screen, items=items, all_items=all_items)

    return one_by_one(chosen(books, live=live), run, screen)


@following_app.command(cls=Command)
def overdue(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    book: BookArgument,
    within: WithinOption = 3,
    online: RefreshFirstOption = False,
    as_json: JsonOption = False,
    links: LinksOption = False,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    force: ForceOption = False,
) -> int:
    """List rows that are overdue, due soon or undeliverable."""
    from collect_xl.cli.option_values import may_begin  # noqa: PLC0415
    from collect_xl.cli.overdue import run_overdue  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    paths = Paths(book, contacts_sheet, options_sheet, new_journal=may_begin(), force=force)
    return run_overdue(paths, Screen(as_json=as_json, links=links), within=within, online=online)


@following_app.command(cls=Command)
def fetch(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    book: BookArgument,
    to: FolderOption,
    items: ItemNamesOption = None,
    rows: RowsOption = None,
    again: AgainOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    live: LiveOption = False,
) -> int:
    """Fetch what clients uploaded into a folder."""
    from collect_xl.cli.fetch import run_fetch  # noqa: PLC0415
    from collect_xl.cli.option_values import may_begin, parse_rows  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.followup.fetch import FetchWish  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    paths = Paths(book, contacts_sheet, options_sheet, live=live, new_journal=may_begin())
    wish = FetchWish(tuple(items or ()), again)
    return run_fetch(paths, to, parse_rows(rows), wish, Screen(quiet=quiet, as_json=as_json))


@following_app.command(cls=Command)
def due(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    book: BookArgument,
    due_date: NewDueOption,
    rows: RowsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
    links: LinksOption = False,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    force: ForceOption = False,
) -> int:
    """Change the due date of requests."""
    from collect_xl.cli.answers import Answers  # noqa: PLC0415
    from collect_xl.cli.cancel import run_due  # noqa: PLC0415
    from collect_xl.cli.option_values import may_begin, somebody_is_there  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    paths = Paths(book, contacts_sheet, options_sheet, new_journal=may_begin(said=yes), force=force)
    return run_due(paths, rows, due_date, Answers(yes, somebody_is_there()), Screen(as_json=as_json, links=links))


@following_app.command(cls=Command)
def cancel(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    book: BookArgument,
    run: RunArgument = None,
    rows: RowsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
    links: LinksOption = False,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    force: ForceOption = False,
) -> int:
    """Cancel the requests of some rows, or of a whole run."""
    from collect_xl.cli.answers import Answers  # noqa: PLC0415
    from collect_xl.cli.cancel import run_cancel  # noqa: PLC0415
    from collect_xl.cli.option_values import may_begin, somebody_is_there  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    paths = Paths(book, contacts_sheet, options_sheet, new_journal=may_begin(said=yes), force=force)
    return run_cancel(paths, run, rows, Answers(yes, somebody_is_there()), Screen(as_json=as_json, links=links))


@following_app.command(cls=Command)
def takeover(  # noqa: PLR0913, PLR0917  # one parameter for each word of the command
    book: BookArgument,
    round_: SentRoundOption = None,
    rows: RowsOption = None,
    take_back: Annotated[bool, typer.Option("--take-back", help="Give a take-over back, as of a wrong round.")] = False,
    yes: YesOption = False,
    new_history: NewHistoryOption = False,
    as_json: JsonOption = False,
    links: LinksOption = False,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    force: ForceOption = False,
) -> int:
    """Take over what another computer sent, as Collect confirms it."""
    from collect_xl.cli.answers import Answers  # noqa: PLC0415
    from collect_xl.cli.option_values import may_begin, parse_rows, somebody_is_there  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.cli.takeover import run_take_back, run_takeover  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    answers = Answers(yes, somebody_is_there())
    begins = may_begin(said=yes, new_journal=new_history)
    paths = Paths(book, contacts_sheet, options_sheet, new_journal=begins, force=force)
    if take_back:
        return run_take_back(paths, parse_rows(rows), answers, Screen(as_json=as_json, links=links))
    if round_ is None:
        raise typer.BadParameter("Say in which round they were sent: --round ROUND.")
    return run_takeover(paths, round_, parse_rows(rows), answers, Screen(as_json=as_json, links=links))
