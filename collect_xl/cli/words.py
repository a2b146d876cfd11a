"""What every command that works on a workbook needs: choices in words, and signals that stop a run between batches."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from collect_xl.errors import UsageError

__all__ = ["may_begin", "parse_allowed", "parse_rows", "somebody_is_there", "stop_on_signals"]

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
