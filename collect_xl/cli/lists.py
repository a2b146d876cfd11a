"""``collect-xl lists``: the drop-downs of a template, filled from the account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from collect_xl.cli.help_layout import Command
from collect_xl.cli.parameters import BookArgument, ContactsOption, ForceOption, OptionsOption

if TYPE_CHECKING:
    from collect_xl.cli.screen import Screen


def run_lists(book: Path, contacts_sheet: str | None, options_sheet: str | None, screen: Screen) -> int:
    """Fill the drop-downs, and say with how much."""
    from collect_xl.public import Sheets, load_lists  # noqa: PLC0415
    from collect_xl.workbook.lists import MOST_LISTED  # noqa: PLC0415

    picked = load_lists(book, sheets=Sheets(contacts_sheet, options_sheet))
    offers = picked.offers
    counts = (
        (len(offers.campaigns), "open campaign"),
        (len(offers.assignees), "member"),
        (len(offers.items), "item"),
    )
    parts = []
    for count, name in counts:
        plural = "" if count == 1 else "s"
        parts.append(f"{count} {name}{plural}")
    of = f" of {offers.campaign}" if offers.campaign else ""
    screen.say(f"The drop-downs of {picked.path} offer {', '.join(parts)}{of}.")
    if not offers.campaign and not offers.notes:
        screen.say("Choose a campaign and run collect-xl lists again: its items are offered then.")
    if max(count for count, _ in counts) > MOST_LISTED:
        screen.warn(f"A drop-down holds {MOST_LISTED:,} entries; whatever comes after them can be typed.")
    for note in (*offers.notes, *picked.notes):
        screen.warn(note)
    return 0


making_app = typer.Typer()


@making_app.command(cls=Command)
def new(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="The workbook to make (.xlsx).", show_default=False)],
    lang: Annotated[
        Literal["en", "fr", "de", "es"], typer.Option(help="The language of headers, options and help.")
    ] = "en",
) -> int:
    """Make a workbook to fill in; never overwrites one."""
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.template import new_workbook  # noqa: PLC0415
    from collect_xl.template.words import words_in  # noqa: PLC0415

    made, words = new_workbook(book, lang), words_in(lang)
    screen = Screen()
    screen.say(f"Made {made}. Open it: the sheet {words.start_sheet} says how to go on.")
    screen.say(f"Campaigns and colleagues for its drop-downs: collect-xl lists {made}")
    return 0


@making_app.command(cls=Command)
def lists(book: BookArgument, contacts_sheet: ContactsOption = None, options_sheet: OptionsOption = None) -> int:
    """Fill the drop-downs of a workbook from the account."""
    from collect_xl.cli.screen import Screen  # noqa: PLC0415

    return run_lists(book, contacts_sheet, options_sheet, Screen())


@making_app.command(cls=Command)
def upgrade(
    book: BookArgument,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    force: ForceOption = False,
) -> int:
    """Bring a workbook of an older template up to date, and keep what is yours."""
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.template import upgrade as upgrading  # noqa: PLC0415

    screen = Screen()
    upgraded = upgrading.upgrade(book, contacts_sheet=contacts_sheet, options_sheet=options_sheet, force=force)
    if not upgraded.changed:
        screen.say(f"{upgraded.path} is up to date.")
        return 0
    for what, names in (("columns", upgraded.columns), ("options", upgraded.options)):
        if names:
            screen.say(f"Added {what}: {', '.join(names)}.")
    screen.say(f"{upgraded.path} is up to date; it was made from version {upgraded.version} of the template.")
    if upgraded.backup is not None:
        screen.say(f"The workbook as it was is {upgraded.backup.name} beside it.")
    for note in upgraded.notes:
        screen.warn(note)
    return 0
