"""What every command that works on a workbook needs: rows in words, and signals that stop a run between batches."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from collect_xl.errors import UsageError

__all__ = ["parse_rows", "stop_on_signals"]


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
