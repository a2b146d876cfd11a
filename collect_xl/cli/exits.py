"""One place that turns errors and outcomes into words, a tip and an exit code."""

from __future__ import annotations

from collections.abc import Sized
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
    from collect_xl.domain.model import Written
    from collect_xl.domain.rows import Reason
    from collect_xl.followup.cancel import Changed
    from collect_xl.planning.plan import Plan
    from collect_xl.sending.report import Report
    from collect_xl.workflow.book import Finished


ATTENTION = 3
"""The code that says that a person must look at some rows."""

EXIT_CODES = (
    (0, "all sent, or nothing to do (hidden, duplicate and already sent rows are no failure)"),
    (1, "anything else: Collect could not be reached, or asked us to wait too long"),
    (2, "usage, or the plan is not the one that was approved (fingerprint, --abort-above, a new round)"),
    (3, "some rows are invalid, refused, left out, held back, sent elsewhere, undelivered or overdue: look at them"),
    (4, "some rows are unknown: run `collect-xl lookup`"),
    (5, "key, rights or campaign"),
    (6, "workbook, send history or disk"),
    (7, "stopped before the end, as by a cap (`--limit`), or earlier rows proved unsent: send again for the rest"),
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
    "canary": 7,
}
_HELD_BACK: tuple[Reason, ...] = ("edited", "ask", "elsewhere", "typed", "skip unclear")
_OF_REASONS: dict[Reason, int] = {"unknown": 4, "invalid": 3, **dict.fromkeys(_HELD_BACK, 3), "busy": 8}
_NOTHING_SENT_FIRST = (5, 6, 8)
_RANK = (4, 7, 5, 6, 3, 8, 1, 2, 0)


def code_of_error(error: CollectXlError) -> int:
    """Return the exit code of an error that ended the command."""
    for kind, code in _OF_ERRORS:
        if isinstance(error, kind):
            return code
    return 1


def code_of_check(plan: Plan, problems: Sized, *, compared: bool = True) -> int:
    """Return the exit code of a check: what a send would have to report.

    Args:
        plan: what would be sent, and what not.
        problems: what is wrong on the options sheet; rows that are wrong are among those left out.
        compared: whether earlier sends were compared; without that our own rows look like those of another computer.
    """
    reasons = {left_out.reason for left_out in plan.left_out}
    if not compared:
        reasons -= {"elsewhere", "typed"}
    codes = _codes_of_reasons(reasons)
    if undelivered_rows(plan.left_out) or len(problems):
        codes.add(ATTENTION)
    return surest(codes, something_sent=True)


def code_of_run(finished: Finished, problems: Sized = ()) -> int:
    """Return the exit code of a send; ``problems`` are those of the options sheet."""
    report = finished.report
    codes = _codes_of_reasons({left_out.reason for left_out in finished.left_out})
    codes |= _codes_of_report(report)
    codes |= _codes_of_results(finished)
    if finished.undelivered or len(problems):
        codes.add(ATTENTION)
    # Otherwise the rows that are left out have it.
    if finished.failure and report.rows("unknown"):
        codes.add(4)
    return surest(codes, something_sent=_anything_sent(report))


def code_of_report(report: Report) -> int:
    """Return the exit code of calls that have no sheet."""
    codes = _codes_of_report(report)
    if report.rows("unknown"):
        codes.add(4)
    return surest(codes, something_sent=_anything_sent(report))


def code_of_change(changed: Changed, finished: Finished) -> int:
    """Return the exit code of a cancellation or a change of due dates."""
    codes = _codes_of_results(finished)
    if changed.stopped:
        codes.add(_OF_STOPS[changed.stopped])
    if changed.rows("refused"):
        codes.add(ATTENTION)
    if changed.rows("unknown"):
        codes.add(4)
    return surest(codes, something_sent=bool(changed.rows("done")))


def _codes_of_reasons(reasons: set[Reason]) -> set[int]:
    return {_OF_REASONS[reason] for reason in reasons & _OF_REASONS.keys()}


def _codes_of_results(finished: Finished) -> set[int]:
    """Return the codes of a write that failed, or did not reach all rows of the workbook."""
    codes = codes_of_write(finished.written)
    if finished.failure:
        codes.add(code_of_error(finished.failure))
    return codes


def codes_of_write(written: Written | None) -> set[int]:
    """Return the code of results that the workbook lacks, if it lacks any."""
    if written is not None and (written.lost or written.is_beside):
        return {6}
    return set()


def _codes_of_report(report: Report) -> set[int]:
    """Return the codes of what ended a run early, kept rows from it, or was refused."""
    codes: set[int] = set()
    # With a wrong key every row comes back as refused: the key is the news, not the rows.
    if report.rows("refused") and report.stopped != "key":
        codes.add(ATTENTION)
    if report.stopped:
        codes.add(_OF_STOPS[report.stopped])
    elif report.rows("not_sent"):  # nothing else says why they were left: their rows do
        codes.add(ATTENTION)
    if report.freed:
        codes.add(_OF_STOPS["cap"])
    if report.held:
        codes.add(8)
    return codes


def _anything_sent(report: Report) -> bool:
    return bool(report.rows("sent") or report.rows("unknown"))


def surest(codes: set[int], *, something_sent: bool) -> int:
    """Return the code that matters most.

    Where nothing was sent, 5, 6 and 8 say why and go first; otherwise 4 before 7, 5, 6, 3.
    """
    rank = _RANK if something_sent else (*_NOTHING_SENT_FIRST, *_RANK)
    return min(codes, key=rank.index, default=0)
