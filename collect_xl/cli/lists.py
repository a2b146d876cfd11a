"""``collect-xl lists``: the drop-downs of a template, filled from the account."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from collect_xl.cli.help_layout import Command
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.parameters import BookArgument, ContactsOption, ForceOption, JsonOption, OptionsOption
from collect_xl.domain.amounts import amount

if TYPE_CHECKING:
    from collect_xl.cli.screen import Screen
    from collect_xl.workflow.open import Paths


def run_lists(paths: Paths, screen: Screen) -> int:
    """Fill the drop-downs, and say with how much."""
    CURRENT.work_on(paths)
    from collect_xl.public import Sheets, load_lists  # noqa: PLC0415
    from collect_xl.workbook.lists import MOST_LISTED  # noqa: PLC0415

    picked = load_lists(paths.book, sheets=Sheets(paths.contacts_sheet, paths.options_sheet))
    offers = picked.offers
    counts = (
        (len(offers.campaigns), "open campaign"),
        (len(offers.assignees), "colleague"),
        (len(offers.items), "item"),
    )
    parts = [amount(count, name) for count, name in counts]
    of = f" of {offers.campaign}" if offers.campaign else ""
    screen.say(f"The drop-downs of {picked.path} offer {', '.join(parts)}{of}.")
    if not offers.campaign and not offers.notes:
        screen.say(f"Choose a campaign, then its items are offered, too: collect-xl lists {CURRENT.pasted}")
    if max(count for count, _ in counts) > MOST_LISTED:
        screen.warn(f"A drop-down holds {MOST_LISTED:,} entries; whatever comes after them can be typed.")
    screen.warn_each((*offers.notes, *picked.notes))
    code = _code(picked.path, paths.book)
    named = {"campaigns": len(offers.campaigns), "colleagues": len(offers.assignees), "items": len(offers.items)}
    screen.lines.summary(code, named, {"written": str(picked.path)})
    return code


def _code(written: Path, book: Path) -> int:
    """Return 6 where what was written is in another file than the workbook, which a program held."""
    return 0 if os.path.realpath(written) == os.path.realpath(book) else 6


making_app = typer.Typer()


@making_app.command(cls=Command)
def new(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="The workbook to make (.xlsx).", show_default=False)],
    lang: Annotated[
        Literal["en", "fr", "de", "es"], typer.Option(help="The language of headers, options and help.")
    ] = "en",
    as_json: JsonOption = False,
) -> int:
    """Make a workbook to fill in; never overwrites one."""
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.template import new_workbook  # noqa: PLC0415
    from collect_xl.template.words import words_in  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    made, words = new_workbook(book, lang), words_in(lang)
    screen = Screen(as_json=as_json)
    CURRENT.work_on(Paths(made))
    screen.say(f"Made {made}. Open it: the sheet {words.start_sheet} says how to go on.")
    screen.say(f"Campaigns and colleagues for its drop-downs: collect-xl lists {CURRENT.pasted}")
    screen.lines.summary(0, {}, {"written": str(made)})
    return 0


@making_app.command(cls=Command)
def lists(
    book: BookArgument,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    as_json: JsonOption = False,
) -> int:
    """Fill the drop-downs of a workbook from the account."""
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    return run_lists(Paths(book, contacts_sheet, options_sheet), Screen(as_json=as_json))


@making_app.command(cls=Command)
def upgrade(
    book: BookArgument,
    contacts_sheet: ContactsOption = None,
    options_sheet: OptionsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> int:
    """Bring a workbook of an older template up to date, and keep what is yours."""
    from collect_xl.cli.screen import Screen  # noqa: PLC0415
    from collect_xl.template import upgrade as upgrading  # noqa: PLC0415
    from collect_xl.workflow.open import Paths  # noqa: PLC0415

    screen = Screen(as_json=as_json)
    CURRENT.work_on(Paths(book, contacts_sheet, options_sheet))
    upgraded = upgrading.upgrade(book, contacts_sheet=contacts_sheet, options_sheet=options_sheet, force=force)
    if not upgraded.changed:
        screen.say(f"{upgraded.path} is up to date.")
        screen.lines.summary(0, {"columns": 0, "options": 0}, {"written": None})
        return 0
    for what, names in (("columns", upgraded.columns), ("options", upgraded.options)):
        if names:
            screen.say(f"Added {what}: {', '.join(names)}.")
    screen.say(f"{upgraded.path} is up to date; it was made from version {upgraded.version} of the template.")
    if upgraded.backup is not None:
        screen.say(f"The workbook as it was is {upgraded.backup.name} beside it.")
    screen.warn_each(upgraded.notes)
    code = _code(upgraded.path, book)
    added = {"columns": len(upgraded.columns), "options": len(upgraded.options)}
    screen.lines.summary(code, added, {"written": str(upgraded.path)})
    return code
