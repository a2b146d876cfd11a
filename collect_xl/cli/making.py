"""The commands that make a workbook and fill its drop-downs, as words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from collect_xl.cli.parameters import BookArgument, ContactsOption, OptionsOption

__all__ = ["making_app"]

making_app = typer.Typer()


@making_app.command()
def new(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="The workbook to make (.xlsx).", show_default=False)],
    lang: Annotated[
        Literal["en", "fr", "de", "es"], typer.Option(help="The language of headers, options and help.")
    ] = "en",
) -> int:
    """Make a workbook to fill in, with drop-downs, help and a summary; never overwrites one."""
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.template import new_workbook  # noqa: PLC0415
    from collect_xl.template.words import words_in  # noqa: PLC0415

    made, words = new_workbook(book, lang), words_in(lang)
    screen = Screen()
    screen.say(f"Made {made}. Open it: the sheet {words.start_sheet} says how to go on.")
    screen.say(f"Campaigns and colleagues for its drop-downs: collect-xl pick {made}")
    return 0


@making_app.command()
def pick(book: BookArgument, contacts_sheet: ContactsOption = None, options_sheet: OptionsOption = None) -> int:
    """Fill a workbook's drop-downs from the account: campaigns, members of the team, items."""
    from collect_xl.cli.lists import run_pick  # noqa: PLC0415
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    return run_pick(Paths(book, contacts_sheet, options_sheet), Screen())
