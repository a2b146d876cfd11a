"""The first people of a plan, who are sent alone and shown before the rest may follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collect_xl.planning.plan import Batch, rows_of
from collect_xl.sending.report import Report

NOT_ALL_SENT = "Not every one of the first people came out as sent, so the others were left alone."
DECLINED = "The others were left alone, as you said after the first."


def split(batches: Sequence[Batch], first: int | None) -> tuple[Sequence[Batch], Sequence[Batch]]:
    """Return the batches of the first people, and those of the others; each keeps its number and its options.

    Args:
        batches: those of the plan that was approved.
        first: how many people go out alone, in the order of the sheet; None where all go out at once.
    """
    if first is None:
        return batches, ()
    numbers = sorted(row.number for row in rows_of(batches))
    return _parts(batches, numbers[:first]), _parts(batches, numbers[first:])


def rest_may_follow(report: Report, first: Sequence[Batch], asks: Callable[[], bool]) -> bool:
    """Return whether the others may be sent; else note in the report why not.

    Only where Collect has accepted every one of the first people is the question asked at all: what was refused, or
    may be lost, would come out the same way for all others.

    Args:
        report: what the run has done so far.
        first: the batches of the first people.
        asks: shows their outcome, and returns whether the user wants the others sent.
    """
    if report.stopped is not None:
        return False
    states = {report.states.get(row.number) for row in rows_of(first)}
    if not states <= {"sent"}:
        return _stop(report, NOT_ALL_SENT)
    if asks() is not True:
        return _stop(report, DECLINED)
    return True


def _parts(batches: Sequence[Batch], numbers: Sequence[int]) -> tuple[Batch, ...]:
    """Return the calls for some rows alone, without those that have none of them."""
    parts = [batch.only(numbers) for batch in batches]
    return tuple(part for part in parts if part.rows)


def _stop(report: Report, words: str) -> bool:
    report.stopped = "canary"
    report.add(words)
    return False
