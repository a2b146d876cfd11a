"""One workbook of many: what to do with it, what its preview shows, and its outcome."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from collect_xl.config.settings import Settings
from collect_xl.domain.events import Event
from collect_xl.domain.ports import Collect
from collect_xl.domain.rows import Choices, LeftOut, Reason
from collect_xl.errors import CollectXlError, PlanChanged
from collect_xl.planning.approval import Approval
from collect_xl.planning.asked_again import NewCampaign, NewRound
from collect_xl.planning.groups import preview_of
from collect_xl.planning.limits import NO_CAPS, Caps
from collect_xl.planning.plan import Plan
from collect_xl.workflow import stories
from collect_xl.workflow.answer_cache import Answers, Remembering
from collect_xl.workflow.book import Finished, Prepared
from collect_xl.workflow.dialogue import FirstSteps, SendFront
from collect_xl.workflow.open import WRITE, Paths, collect_of, opened
from collect_xl.workflow.session import Session

MOST_PROBLEMS = 5
"""Of each workbook; ``check`` lists them all."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to do with one workbook. It holds no secret, and can be handed to another computer."""

    paths: Paths
    choices: Choices = field(default_factory=Choices)
    caps: Caps = NO_CAPS
    settle: bool = False
    refresh: bool = False
    rows: bool = False
    """Whether the end reports each row."""
    may_wait: bool = True
    """Whether the run waits until the outcome of refused rows is proved."""
    promised: frozenset[str] | None = None
    """The people that were approved, as ``Plan.people`` names them; None while nothing is approved."""
    new_rounds: tuple[str, ...] = ()
    """The new rounds that were confirmed, one by one."""
    new_campaigns: tuple[str, ...] = ()
    """The campaigns behind other campaigns' names that were confirmed, one by one."""
    settings: Settings | None = None
    """Those of the computer that hands the job out; None for those of the computer that does it."""

    @property
    def book(self) -> Path:
        """The workbook."""
        return self.paths.book

    @property
    def first_steps(self) -> FirstSteps:
        """What is done before the plan is made."""
        return FirstSteps(look_up=self.settle, refresh=self.refresh)


@dataclass(frozen=True, slots=True)
class Shown:
    """The preview of one workbook."""

    book: Path
    team: str = ""
    """In whose name."""
    size: int = 0
    """How many people would be asked."""
    beyond: int = 0
    """How many the caps leave for the next run."""
    room: int | None = None
    """How many people the caps allow in all; None: all."""
    what: tuple[str, ...] = ()
    """Campaigns and rounds."""
    groups: tuple[str, ...] = ()
    """What the calls say, and each group of them what it says otherwise."""
    left_out: Mapping[Reason, int] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """What is wrong or worth knowing."""
    new_rounds: tuple[NewRound, ...] = ()
    new_campaigns: tuple[NewCampaign, ...] = ()
    people: frozenset[str] = frozenset()
    error: CollectXlError | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The outcome of one workbook."""

    book: Path
    finished: Finished | None = None
    """None where it was not begun."""
    problems: int = 0
    """On its options sheet."""
    error: CollectXlError | None = None
    meanwhile: int = 0
    """How many of the preview were asked since by others, as by a worker that died, or are held back now."""

    lost: bool = False
    """Whether it may have been sent in part, though its worker reported nothing."""

    def count(self, state: str) -> int:
        """Return how many rows this run left so; ``unknown`` counts what an earlier run left, too."""
        if self.finished is None:
            return 0
        rows = {row for row, each in self.finished.report.states.items() if each == state}
        return len(rows | {each.row for each in self.finished.left_out if each.reason == state == "unknown"})


def preview(job: Job, answers: Answers) -> Shown:
    """Return what a workbook would send; nothing is sent. What its sheet lost is written back, as before every send."""
    try:
        with opened(job.paths, WRITE, limits=job.caps, settings=job.settings) as session:
            collect = _collect(job, session, answers)
            ready = stories.prepare_to_send(session, collect, job.choices, SendFront(), job.first_steps)
            return _shown(job.book, ready.prepared)
    except Exception as error:  # noqa: BLE001  # one workbook never ends the others
        return Shown(job.book, error=_as_ours(error))


def send(
    job: Job,
    answers: Answers,
    *,
    on_event: Callable[[Event], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> End:
    """Send what was approved of a workbook, and write what happened beside each row.

    A workbook that would now ask anyone who was not in its preview is left alone.
    """
    front = _Front(job, on_event, stop or threading.Event())
    try:
        with opened(job.paths, WRITE, limits=job.caps, settings=job.settings) as session:
            collect = _collect(job, session, answers)
            sent = stories.send(session, collect, job.choices, front, first=job.first_steps)
    except Exception as error:  # noqa: BLE001  # one workbook never ends the others
        return End(job.book, error=_as_ours(error), lost=front.begun)
    if sent.finished is None:  # only a face may decline; this one approves or raises
        return End(job.book)
    plan = sent.prepared.plan
    meanwhile = max(len(job.promised or ()) - plan.size - len(plan.beyond_cap), 0)
    problems = len(sent.prepared.book.option_problems)
    return End(job.book, _bare(sent.finished, rows=job.rows), problems, meanwhile=meanwhile)


class _Front(SendFront):
    """Approves what the preview promised, and nothing more."""

    def __init__(self, job: Job, on_event: Callable[[Event], None], stop: threading.Event) -> None:
        self.begun = False
        self._job = job
        self._on_event = on_event
        self._stop = stop

    def approve(self, prepared: Prepared) -> Approval:
        """Return the approval, if everyone in the plan was in the preview."""
        more = len(prepared.plan.people - (self._job.promised or frozenset()))
        if more:
            raise PlanChanged(
                f"{more} people more, or otherwise, would be asked than in the preview: the workbook, or what is known "
                "of them, changed. Nothing of it was sent.",
                tip="Run the same command again, and look at the preview.",
            )
        return prepared.approval(new_rounds=self._job.new_rounds, new_campaigns=self._job.new_campaigns)

    def started(self, prepared: Prepared) -> None:
        """Note that from now on the workbook may be sent in part."""
        self.begun = bool(prepared.plan.batches)

    def on_event(self, event: Event) -> None:
        """Pass a step of the run on."""
        self._on_event(event)

    @property
    def may_wait(self) -> bool:
        """Whether the run waits until the outcome of refused rows is proved."""
        return self._job.may_wait

    @property
    def stop(self) -> threading.Event:
        """When set, the batch in flight is finished and no other begun."""
        return self._stop


def _collect(job: Job, session: Session, answers: Answers) -> Collect:
    """Return the Collect to ask; what decides about unknown rows is always asked again, never taken from memory."""
    collect = collect_of(session)
    return collect if job.settle or job.refresh else Remembering(collect, answers)


def _shown(book: Path, prepared: Prepared) -> Shown:
    plan = prepared.plan
    problems = [str(each) for each in (*prepared.book.problems, *plan.problems)]
    words = problems[:MOST_PROBLEMS]
    if len(problems) > MOST_PROBLEMS:
        words.append(f"... and {len(problems) - MOST_PROBLEMS} problems more.")
    return Shown(
        book,
        team=prepared.account.team.name if prepared.account else "",
        size=plan.size,
        beyond=len(plan.beyond_cap),
        room=prepared.room.most,
        what=_campaigns_and_rounds(plan),
        groups=preview_of(plan, prepared.account).lines(),
        left_out=dict(Counter(each.reason for each in plan.left_out if each.reason not in {"blank", "beyond cap"})),
        words=(*words, *prepared.warnings),
        new_rounds=plan.new_rounds,
        new_campaigns=plan.new_campaigns,
        people=plan.people,
    )


def _campaigns_and_rounds(plan: Plan) -> tuple[str, ...]:
    names = []
    for batch in plan.batches:
        campaign = batch.campaign.called
        names.append(f'{campaign}, round "{batch.round}"' if batch.round else campaign)
    return tuple(dict.fromkeys(names))


def _bare(finished: Finished, *, rows: bool) -> Finished:
    """Return an end without people's data, unless rows were asked for."""
    left_out = tuple(LeftOut(each.row, each.reason) for each in finished.left_out)
    return replace(finished, left_out=left_out, rows=finished.rows if rows else ())


def _as_ours(error: Exception) -> CollectXlError:
    if isinstance(error, CollectXlError):
        return error
    words = f"Unforeseen: {type(error).__name__}. This is a mistake in collect-xl, not yours."
    return CollectXlError(words, tip="What was sent is in the send history. Send this workbook alone to see more.")
