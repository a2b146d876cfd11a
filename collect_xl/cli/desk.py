"""From the words of a command to a desk with a workbook, an account and a journal on it."""

from __future__ import annotations

import getpass
import logging
import os
import platform
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.app import Desk
from collect_xl.errors import UsageError
from collect_xl.holding import hold
from collect_xl.journal import open_journal
from collect_xl.ports import Run
from collect_xl.settings import Settings, load_settings
from collect_xl.workbook import open_saved

if TYPE_CHECKING:
    from types import FrameType

    from collect_xl.ports import Collect

__all__ = ["Paths", "collect_of", "opened_desk", "parse_rows", "stop_on_signals", "who_runs"]

_log = logging.getLogger("collect_xl")


@dataclass(frozen=True, slots=True)
class Paths:
    """Which workbook, which of its sheets, and where the results go."""

    book: Path
    contacts_sheet: str | None = None
    options_sheet: str | None = None
    output: Path | None = None


def who_runs() -> str:
    """Return who runs, for the journal and for others who wait: ``ann on PC-7``."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without a user of that number
        user = "somebody"
    return f"{user} on {platform.node() or 'a computer'}"


def new_run(book: Path) -> Run:
    """Return a run with an id that sorts by time and that nobody else has."""
    made = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    return Run(made, who_runs(), str(book.resolve()))


def collect_of(settings: Settings) -> Collect:
    """Return the Collect that the settings and the key name.

    Raises:
        KeyMissing: there is no key for this address.
    """
    from collect_xl.api.client import CollectClient  # noqa: PLC0415  # 0.5 s that a check does not need
    from collect_xl.keys import find_key  # noqa: PLC0415

    key = find_key(settings, os.environ)
    return CollectClient(settings.api_url, key.secret, deadline=settings.deadline)


@contextmanager
def opened_desk(paths: Paths, *, write: bool) -> Iterator[tuple[Desk, Settings]]:
    """Open workbook and journal; with ``write``, hold the workbook and see first that results can be written back."""
    settings = load_settings(os.environ)
    run = new_run(paths.book)
    with ExitStack() as stack:
        workbook = open_saved(
            paths.book,
            contacts_sheet=paths.contacts_sheet,
            options_sheet=paths.options_sheet,
            output=paths.output,
        )
        journal = stack.enter_context(
            open_journal(settings.journal, who=run.who, create=write, lease=settings.lease, deadline=settings.deadline)
        )
        if write:
            stack.enter_context(hold(journal.folder / "books", paths.book, f"{run.who} (run {run.id})"))
            workbook.probe()
            journal.begin(run)
        yield Desk(workbook, journal, settings.origin, run), settings


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


def parse_rows(text: str | None) -> frozenset[int] | None:
    """Return the row numbers of ``2-50,60``.

    Raises:
        UsageError: the text is no list of rows.
    """
    if text is None:
        return None
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or not (last.isdigit() or last == ""):
            raise UsageError(f'--rows: "{part}" is no row or range.', tip="Write rows as Excel numbers them: 2-50,60")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
