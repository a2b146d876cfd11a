"""One place that turns errors and outcomes into words, a tip and an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from collect_xl.errors import (
    AccountError,
    CollectXlError,
    DiskError,
    HeldElsewhere,
    JournalError,
    NotBegun,
    UsageError,
    WorkbookError,
)
from collect_xl.followup.overdue import undelivered_rows

if TYPE_CHECKING:
    from collect_xl.followup.cancel import Changed
    from collect_xl.planning.plan import Plan
    from collect_xl.sending.report import Report
    from collect_xl.workflow.book import Finished

__all__ = [
    "ATTENTION",
    "EXIT_CODES",
    "code_of_change",
    "code_of_check",
    "code_of_error",
    "code_of_report",
    "code_of_run",
    "surest",
]

ATTENTION = 3
"""The code that says that a person must look at some rows."""

EXIT_CODES = (
    (0, "all sent, or nothing to do (hidden, duplicate and already sent rows are no failure)"),
    (1, "anything else: Collect could not be reached, or asked us to wait too long"),
    (2, "usage, or the plan is not the one that was approved (fingerprint, --at-most, a new round)"),
    (3, "some rows are invalid, refused, held back, sent elsewhere, undelivered or (`late`) overdue: look at them"),
    (4, "some rows are unknown: run `collect-xl settle`"),
    (5, "key, rights or campaign"),
    (6, "workbook, journal or disk"),
    (7, "stopped before the end; also by a cap (`--most`, `--most-per-day`): send again for the rest"),
    (8, "another run holds the workbook or its contacts"),
)

_OF_ERRORS = (  # the first that fits
    (UsageError, 2),
    (AccountError, 5),
    (WorkbookError, 6),
    (DiskError, 6),
    (JournalError, 6),
    (HeldElsewhere, 8),
    (NotBegun, 7),
)

_OF_STOPS = {
    "key": 5,
    "journal": 6,
    "asked": 7,
    "slept": 7,
    "unreachable": 1,
    "busy server": 1,
    "two unknown": 4,
    "cap": 7,
}
_OF_REASONS = {"unknown": 4, "invalid": 3, "edited": 3, "elsewhere": 3, "busy": 8}
_NOTHING_SENT_FIRST = (5, 6, 8)
_RANK = (4, 7, 5, 6, 3, 8, 1, 2)


def code_of_error(error: CollectXlError) -> int:
    """Return the exit code of an error that ended the command."""
    return next((code for kind, code in _OF_ERRORS if isinstance(error, kind)), 1)


def code_of_check(plan: Plan, problems: Iterable[object], *, compared: bool = True) -> int:
    """Return the exit code of a check: what a send would have to report.

    Args:
        plan: what would be sent, and what not.
        problems: what is wrong on the options sheet; rows that are wrong are among those left out.
        compared: whether earlier sends were compared; without that our own rows look like those of another computer.
    """
    counting = {each.reason for each in plan.left_out} - (set() if compared else {"elsewhere"})
    found = {code for reason, code in _OF_REASONS.items() if reason in counting}
    found |= {ATTENTION} if undelivered_rows(plan.left_out) else set()
    return surest(found | ({3} if any(True for _ in problems) else set()), something_sent=True)


def code_of_run(finished: Finished, problems: Iterable[object] = ()) -> int:
    """Return the exit code of a send; ``problems`` are those of the options sheet."""
    report = finished.report
    found = {_OF_REASONS[each.reason] for each in finished.left_out if each.reason in _OF_REASONS}
    found |= {_OF_STOPS[report.stopped]} if report.stopped else set()
    found |= {8} if report.held else set()
    found |= {3} if (report.rows("refused") and report.stopped != "key") or any(True for _ in problems) else set()
    found |= {ATTENTION} if finished.undelivered else set()
    found |= {code_of_error(finished.failure)} if finished.failure else set()
    found |= {6} if finished.written and finished.written.lost else set()
    sent = bool(report.rows("sent") or report.rows("unknown"))
    return surest(found, something_sent=sent)


def code_of_report(report: Report) -> int:
    """Return the exit code of calls that have no sheet."""
    found = {_OF_STOPS[report.stopped]} if report.stopped else set()
    found |= {4} if report.rows("unknown") else set()
    found |= {ATTENTION} if report.rows("refused") and report.stopped != "key" else set()
    found |= {8} if report.held else set()
    return surest(found, something_sent=bool(report.rows("sent") or report.rows("unknown")))


def code_of_change(changed: Changed, finished: Finished) -> int:
    """Return the exit code of an undo or an extend."""
    found = {_OF_STOPS[changed.stopped]} if changed.stopped else set()
    found |= {ATTENTION} if changed.rows("refused") else set()
    found |= {4} if changed.rows("unknown") else set()
    found |= {code_of_error(finished.failure)} if finished.failure else set()
    return surest(found, something_sent=bool(changed.rows("done")))


def surest(found: set[int], *, something_sent: bool) -> int:
    """Return the code that matters most: 5, 6 and 8 when nothing was sent, otherwise 4 before 7, 5, 6, 3."""
    rank = _RANK if something_sent else (*_NOTHING_SENT_FIRST, *_RANK)
    return next((code for code in rank if code in found), 0)
