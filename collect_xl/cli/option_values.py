"""How the values of options are read, and whether a person is there to answer."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from collect_xl.errors import UsageError

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

    with _on_signals(ask):
        yield stop


@contextmanager
def signals_end_a_question() -> Iterator[None]:
    """Let Ctrl-C end a question, inside a run that otherwise only notes it between two batches."""
    with _on_signals(signal.default_int_handler):
        yield


@contextmanager
def _on_signals(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM call a function, and afterwards what they called before."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def somebody_is_there() -> bool:
    """Return whether a person reads the questions."""
    # A service may have no standard input at all.
    return sys.stdin is not None and sys.stdin.isatty()


def may_begin(*, said: bool = False, new_journal: bool = False) -> bool:
    """Return whether a run may make a journal where there is none.

    Args:
        said: whether a yes was given in advance: then no person looks at the plan.
        new_journal: whether ``--new-history`` was given.
    """
    return new_journal or (somebody_is_there() and not said)


def parse_rows(text: str | None) -> frozenset[int] | None:
    """Return the row numbers of ``2-50,60``.

    Raises:
        UsageError: the text is no list of rows.
    """
    if text is None:
        return None
    rows: set[int] = set()
    for part in text.split(","):
        rows.update(_span(part))
    return frozenset(rows)


def _span(part: str) -> range:
    """Return the row numbers of ``2-50`` or ``60``."""
    error = UsageError(f'--rows: "{part.strip()}" is no row or range.', tip="Write rows as Excel numbers them: 2-50,60")
    # A blank between digits is an error: "2 3" must not mean row 23.
    match = _ROWS.fullmatch(part)
    if match is None:
        raise error
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    if not 1 <= first <= last <= _LAST_ROW:
        raise error
    return range(first, last + 1)


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
