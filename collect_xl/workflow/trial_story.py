"""The story of a trial: one row's request goes to a member of the team instead of its client."""

from __future__ import annotations

import threading
from collections.abc import Callable

from collect_xl.domain.events import BatchEnded, Event
from collect_xl.domain.model import Outcome
from collect_xl.domain.ports import Collect
from collect_xl.domain.rows import Choices
from collect_xl.errors import UsageError
from collect_xl.planning.limits import Room
from collect_xl.planning.names import Resolver
from collect_xl.sending import trial as trials
from collect_xl.sending.run import send as send_plan
from collect_xl.sending.terms import Terms
from collect_xl.sending.trial import Trial, TrialEnd
from collect_xl.workflow.session import Session, connect
from collect_xl.workflow.steps import prepare


def send_trial(
    session: Session,
    collect: Collect,
    me: str,
    row: int | None,
    approve: Callable[[Trial, str], bool],
    stop: threading.Event,
) -> TrialEnd | None:
    """Send one row's request to a member of the team instead of its client; the workbook is only read.

    Args:
        session: the workbook.
        collect: the connection to Collect.
        me: an address of a member.
        row: whose request; None for the first one that would be sent.
        approve: shown exactly what would be sent, and the name of the team; only True sends it.
        stop: when set before the call, nothing is sent.

    Returns:
        how it ended; None when it was not approved.
    """
    online = connect(session, collect, sending=True)
    if online.book.option_problems:
        raise UsageError(str(online.book.option_problems[0]), tip="Correct that first; nothing can be sent until then.")
    member = trials.member(me, collect.users())
    planned = [each.number for batch in prepare(online, Choices()).plan.batches for each in batch.rows]
    chosen = trials.choose(online.book.rows, planned, row)
    resolver = Resolver(online.account, online.book.places, online.now())
    trial = trials.make_trial(chosen, member, online.account, resolver, online.run.id)
    if approve(trial, online.account.team.name) is not True:
        return None
    outcomes: dict[int, Outcome] = {}

    def keep(event: Event) -> None:
        if isinstance(event, BatchEnded):
            outcomes.update(event.outcomes)

    online.journal.begin(online.run)
    room = Room.of(online.limits, online.account, online.journal, online.now())
    report = send_plan(trial.plan, online.context, terms=Terms(room=room, may_wait=False), on_event=keep, stop=stop)
    report.leave(trial.plan, room.why)
    return trials.ended(trial, report, outcomes.get(trial.row))
