"""``--live``: a command on the workbook that is open in Excel, with no macro and no child process of Excel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from collect_xl.domain.events import Event
from collect_xl.workflow.book import Prepared
from collect_xl.workflow.open import Paths

Status = Callable[[str | None], None]
"""Takes a line for Excel's status bar."""


def select_first_wrong(paths: Paths, prepared: Prepared) -> None:
    """Select the first wrong cell of the open workbook, as the button Check does."""
    from collect_xl.addin.check import first_wrong, select  # noqa: PLC0415  # Excel only where it is asked for
    from collect_xl.excel.find_workbook import find_book  # noqa: PLC0415

    first = first_wrong(prepared)
    if first:
        select(find_book(paths.book.name), first)


@contextmanager
def excel_status(paths: Paths) -> Iterator[Status | None]:
    """Give Excel's status bar, which Excel gets back in the end; None for a saved workbook."""
    if not paths.live:
        yield None
        return
    from collect_xl.addin.ribbon import restored  # noqa: PLC0415  # Excel only where it is asked for
    from collect_xl.excel.find_workbook import find_book  # noqa: PLC0415

    with restored(find_book(paths.book.name).app) as excel:
        yield excel.status


def bar_of(total: int, status: Status, stop: threading.Event) -> Callable[[Event], None]:
    """Return what shows the events of a run in Excel's status bar."""
    from collect_xl.addin.progress import Progress  # noqa: PLC0415

    return Progress(total, status, lambda _: None, stop).on_event
