"""One workbook of many: what is to be done with it, what its preview shows, and what came of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from collect_xl.config.settings import Settings
from collect_xl.domain.events import Event
from collect_xl.domain.ports import Collect
from collect_xl.domain.rows import Choices, LeftOut, Reason
from collect_xl.errors import CollectXlError, PlanChanged
from collect_xl.planning.limits import NO_CAPS, Caps
from collect_xl.planning.plan import NewRound
from collect_xl.sending.report import Report
from collect_xl.workflow.answer_cache import Answers, Remembering
from collect_xl.workflow.open import Paths, collect_of, opened_desk
from collect_xl.workflow.session import Desk, Finished, Prepared

__all__ = ["End", "Job", "Shown", "preview", "send"]

MOST_PROBLEMS = 5
"""Of each workbook; ``check`` lists them all."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with one workbook. It holds no secret, and can be handed to another computer."""

    paths: Paths
    choices: Choices = field(default_factory=Choices)
    caps: Caps = NO_CAPS
    settle: bool = False
    refresh: bool = False
    rows: bool = False
    """Whether the end tells of each row."""
    promised: frozenset[str] | None = None
    """The people whom somebody approved, as ``Plan.people`` names them; None while nothing is approved."""
    settings: Settings | None = None
    """Those of the computer that hands the job out; None for those of the computer that does it."""

    @property
    def book(self) -> Path:
        """The workbook."""
        return self.paths.book


@dataclass(frozen=True, slots=True)
class Shown:
    """The preview of one workbook."""

    book: Path
    size: int = 0
    """How many people would be asked."""
    beyond: int = 0
    """How many the caps leave for the next run."""
    room: int | None = None
    """How many people the caps allow in all; None: all."""
    what: tuple[str, ...] = ()
    """Campaigns and rounds."""
    left_out: Mapping[Reason, int] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """What is wrong or worth knowing."""
    new_rounds: tuple[NewRound, ...] = ()
    people: frozenset[str] = frozenset()
    error: CollectXlError | None = None


@dataclass(frozen=True, slots=True)
class End:
    """What came of one workbook."""

    book: Path
    finished: Finished | None = None
    """None where it was not begun."""
    problems: int = 0
    """On its options sheet."""
    error: CollectXlError | None = None
    meanwhile: int = 0
    """How many of the preview were asked since by others, as by a worker that died, or are held back now."""

    lost: bool = False
    """Whether it may have been sent in part, though nobody came back to tell."""

    def count(self, state: str) -> int:
        """Return how many rows this run left so; ``unknown`` counts what an earlier run left, too."""
        if self.finished is None:
            return 0
        rows = {row for row, each in self.finished.report.states.items() if each == state}
        return len(rows | {each.row for each in self.finished.left_out if each.reason == state == "unknown"})


def preview(job: Job, answers: Answers) -> Shown:
    """Return what a workbook would send; nothing is sent. What its sheet lost is written back, as before every send."""
    try:
        with opened_desk(job.paths, write=True, caps=job.caps, settings=job.settings) as (desk, settings):
            return _shown(job.book, _prepared(job, desk, collect_of(settings, desk), settings, answers))
    except Exception as error:  # noqa: BLE001  # one workbook never ends the others
        return Shown(job.book, error=_told(error))


def send(
    job: Job,
    answers: Answers,
    *,
    on_event: Callable[[Event], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> End:
    """Send what was approved of a workbook, and write what happened beside each row.

    A workbook that would now ask anybody who was not in its preview is left alone.
    """
    begun = False
    try:
        with opened_desk(job.paths, write=True, caps=job.caps, settings=job.settings) as (desk, settings):
            collect = collect_of(settings, desk)
            prepared = _prepared(job, desk, collect, settings, answers)
            _require_promised(job, prepared)
            begun = bool(prepared.plan.batches)
            finished = _sent(desk, prepared, collect, on_event, stop)
            problems, expected = len(prepared.book.checker.problems), len(job.promised or ())
            meanwhile = max(expected - prepared.plan.size - len(prepared.plan.beyond_cap), 0)
            return End(job.book, _bare(finished, rows=job.rows), problems, meanwhile=meanwhile)
    except Exception as error:  # noqa: BLE001  # one workbook never ends the others
        return End(job.book, error=_told(error), lost=begun)


def _prepared(job: Job, desk: Desk, collect: Collect, settings: Settings, answers: Answers) -> Prepared:
    remembering = Remembering(collect, answers)
    desk.restore()
    desk.preflight(remembering)
    if job.settle:
        desk.settle(collect, timedelta(seconds=settings.settle_after))
    if job.refresh:
        desk.refresh(collect)
    desk.look_elsewhere(remembering, job.choices)
    return desk.prepare(job.choices)


def _sent(
    desk: Desk,
    prepared: Prepared,
    collect: Collect,
    on_event: Callable[[Event], None],
    stop: threading.Event | None,
) -> Finished:
    if not prepared.plan.batches:
        return desk.finish(Report(desk.run.id), prepared)
    return desk.send(prepared, collect, on_event=on_event, stop=stop)


def _require_promised(job: Job, prepared: Prepared) -> None:
    more = len(prepared.plan.people - (job.promised or frozenset()))
    if more:
        raise PlanChanged(
            f"{more} people more, or otherwise, would be asked than in the preview: the workbook, or what is known of "
            "them, changed. Nothing of it was sent.",
            tip="Run the same command again, and look at the preview.",
        )


def _shown(book: Path, prepared: Prepared) -> Shown:
    plan = prepared.plan
    groups = {(batch.campaign.name or batch.campaign.id, batch.round): None for batch in plan.batches}
    problems = [str(each) for each in (*prepared.book.problems, *plan.problems)]
    more = [f"... and {len(problems) - MOST_PROBLEMS} problems more."] if len(problems) > MOST_PROBLEMS else []
    return Shown(
        book,
        size=plan.size,
        beyond=len(plan.beyond_cap),
        room=prepared.room.most,
        what=tuple(f'{campaign}, round "{round_}"' if round_ else campaign for campaign, round_ in groups),
        left_out=dict(Counter(each.reason for each in plan.left_out if each.reason not in {"blank", "beyond cap"})),
        words=(*problems[:MOST_PROBLEMS], *more, *prepared.warnings),
        new_rounds=plan.new_rounds,
        people=plan.people,
    )


def _bare(finished: Finished, *, rows: bool) -> Finished:
    """Return an end without people's data, where nobody asked for rows."""
    left_out = tuple(LeftOut(each.row, each.reason) for each in finished.left_out)
    return replace(finished, left_out=left_out, rows=finished.rows if rows else ())


def _told(error: Exception) -> CollectXlError:
    if isinstance(error, CollectXlError):
        return error
    words = f"Unforeseen: {type(error).__name__}. This is a mistake in collect-xl, not yours."
    return CollectXlError(words, tip="What was sent is in the journal. Send this workbook alone to see more.")
