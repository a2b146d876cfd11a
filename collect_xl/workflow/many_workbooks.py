"""Who does the jobs of many workbooks: this process, one after another, until it would be in vain."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from collect_xl.domain.events import Event, StopReason
from collect_xl.errors import CollectUnavailable, CollectXlError, JournalError, KeyMissing, KeyRefused, NotBegun
from collect_xl.workflow import workbook_job as job
from collect_xl.workflow.answer_cache import Answers
from collect_xl.workflow.workbook_job import End, Job, Shown

__all__ = ["Crew", "Here", "OnEvent", "ends_all", "not_begun"]

FOR_ALL: Final = (KeyMissing, KeyRefused, JournalError)
"""Errors that every other workbook would meet, too."""
GIVE_UP: Final = 2
"""After this many workbooks in a row for which Collect could not be reached, the others are left alone."""
ENDS_ALL: Final[frozenset[StopReason]] = frozenset({"asked", "journal", "unreachable", "busy server", "two unknown"})
"""Ends of one workbook that end the run."""


OnEvent = Callable[[Path, Event], None]
"""Called at every step in a workbook."""


class Crew(Protocol):
    """Does jobs, in whatever order; each comes back, done or not."""

    def preview(self, jobs: Sequence[Job]) -> Iterator[Shown]:
        """Yield what each workbook would send."""

    def send(self, jobs: Sequence[Job], on_event: OnEvent, stop: threading.Event) -> Iterator[End]:
        """Send what was approved of each workbook, and yield the outcome."""


class Here:
    """This process.

    Sample usage::

        crew = Here()
        for end in crew.send(jobs, print, threading.Event()):
            ...
    """

    def __init__(self) -> None:
        self._answers: Answers = {}

    def preview(self, jobs: Sequence[Job]) -> Iterator[Shown]:
        """Yield what each workbook would send; raise what every workbook would meet."""
        in_vain = 0
        for each in jobs:
            shown = job.preview(each, self._answers)
            in_vain = _in_vain(shown.error, in_vain)
            if shown.error is not None and _is_for_all(shown.error, in_vain):
                raise shown.error
            yield shown

    def send(self, jobs: Sequence[Job], on_event: OnEvent, stop: threading.Event) -> Iterator[End]:
        """Send one workbook after another; those after an end that ends all are reported as not begun."""
        in_vain, why = 0, ""
        for each in jobs:
            if why or stop.is_set():
                yield not_begun(each, why or "stopped as asked")
                continue
            end = job.send(each, self._answers, on_event=functools.partial(on_event, each.book), stop=stop)
            in_vain = _in_vain(end.error, in_vain)
            why = ends_all(end, in_vain)
            yield end


def ends_all(end: End, in_vain: int = 0) -> str:
    """Return why no other workbook may be begun after this end; empty when they may be."""
    if end.finished is not None and end.finished.report.stopped in ENDS_ALL:
        return f"the run stopped in {end.book.name}"
    if end.error is not None and _is_for_all(end.error, in_vain):
        return f"{end.error.message}"
    return ""


def _in_vain(error: CollectXlError | None, before: int) -> int:
    """Return for how many workbooks in a row Collect could not be reached, the one with this error included."""
    return before + 1 if isinstance(error, CollectUnavailable) else 0


def _is_for_all(error: CollectXlError, in_vain: int) -> bool:
    """Return whether every other workbook would end with an error, too."""
    return isinstance(error, FOR_ALL) or in_vain == GIVE_UP


def not_begun(each: Job, why: str) -> End:
    """Return the end of a workbook that was not begun."""
    tip = "Run the same command again: what was sent is not sent twice."
    return End(each.book, error=NotBegun(f"Not begun: {why}", tip=tip))
