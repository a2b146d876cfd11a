"""Words that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "BookArgument",
    "BooksArgument",
    "ContactsOption",
    "ForceOption",
    "JsonOption",
    "LiveOption",
    "MaybeBooksArgument",
    "MostOption",
    "NewJournalOption",
    "OptionsOption",
    "PerDayOption",
    "PerMinuteOption",
    "QuietOption",
    "RowsOption",
    "YesOption",
]

BookArgument = Annotated[
    Path, typer.Argument(metavar="BOOK", help="The workbook (.xlsx or .xlsm).", show_default=False)
]
BooksArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="BOOK...", help="Workbooks (.xlsx or .xlsm), or patterns: inbox/*.xlsx.", show_default=False
    ),
]
MaybeBooksArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="BOOK...",
        help="Workbooks (.xlsx or .xlsm), or patterns: inbox/*.xlsx; with --live the name of an open one.",
        show_default=False,
    ),
]
LiveOption = Annotated[
    bool, typer.Option("--live", help="Work on the workbook that is open in Excel; without BOOK on the one in front.")
]
ContactsOption = Annotated[
    str | None, typer.Option(help="The sheet with the contacts, when it is not called Contacts.")
]
OptionsOption = Annotated[str | None, typer.Option(help="The sheet with the options, when it is not called Options.")]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Write although this breaks a digital signature or a log of tracked changes.")
]
PerMinuteOption = Annotated[
    int | None, typer.Option(min=1, help="Calls to Collect a minute, of everybody on one journal.")
]
MostOption = Annotated[
    int | None, typer.Option(min=0, help="Ask at most so many people now; the rest waits for the next run.")
]
PerDayOption = Annotated[
    int | None,
    typer.Option("--most-per-day", min=0, help="Ask at most so many people today, by everybody on one journal."),
]
NewJournalOption = Annotated[
    bool,
    typer.Option("--new-journal", help="Nobody was asked from here before: begin a journal, though nobody looks on."),
]
RowsOption = Annotated[str | None, typer.Option(help="Only these rows, as Excel numbers them: 2-50,60.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per row and a summary.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Only what must be read.")]
