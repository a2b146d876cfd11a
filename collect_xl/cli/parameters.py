"""Words that several commands share."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from collect_xl.errors import UsageError

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


_LAST_ROW = 2**20
"""The last row that an Excel sheet has."""


_ROWS = re.compile(r"\s*(\d{1,7})\s*(?:-\s*(\d{1,7})\s*)?", re.ASCII)


_ALLOWED = re.compile(r"[^@\s]*@[^@\s]+")


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set, so that the batch in flight is finished and recorded."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def somebody_is_there() -> bool:
    """Tell whether questions would be read by a person; a service may have no standard input at all."""
    return sys.stdin is not None and sys.stdin.isatty()


def may_begin(*, said: bool = False, new_journal: bool = False) -> bool:
    """Tell whether a run may make a journal where there is none.

    Args:
        said: whether a yes was given in advance: then nobody looks.
        new_journal: whether it was said that this is right.
    """
    return new_journal or (somebody_is_there() and not said)


def parse_rows(text: str | None) -> frozenset[int] | None:
    """Return the row numbers of ``2-50,60``.

    Raises:
        UsageError: the text is no list of rows.
    """
    if text is None:
        return None
    found: set[int] = set()
    for part in text.split(","):  # a blank between digits stays an error: "2 3" must not mean row 23
        hit = _ROWS.fullmatch(part)
        first, last = (int(hit[1]), int(hit[2] or hit[1])) if hit else (0, 0)
        if not 1 <= first <= last <= _LAST_ROW:
            raise UsageError(
                f'--rows: "{part.strip()}" is no row or range.', tip="Write rows as Excel numbers them: 2-50,60"
            )
        found.update(range(first, last + 1))
    return frozenset(found)


def parse_allowed(text: str | None) -> tuple[str, ...]:
    """Return the addresses and domains of ``@acme.example,ann@other.example``, casefolded.

    Raises:
        UsageError: one of them is neither, or there is none: an empty limit would be no limit.
    """
    if text is None:
        return ()
    parts = [part.strip().casefold() for part in text.split(",")]
    wrong = [part for part in parts if not _ALLOWED.fullmatch(part)]
    if wrong:
        tip = "Write addresses, or domains with their @: @acme.example,ann@other.example"
        raise UsageError(f'--only-to: "{wrong[0]}" is no address and no @domain.', tip=tip)
    return tuple(parts)
