"""The stories that every face tells, each once: check, send, look up, refresh, cancel, change due dates, take over.

A face opens the workbook, calls a story, shows its steps, answers its questions, and finds words for its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from collect_xl.domain.model import Claim, Written
from collect_xl.domain.ports import Collect
from collect_xl.domain.rows import Choices
from collect_xl.followup import cancel as changes
from collect_xl.followup import lookup, takeover
from collect_xl.followup import refresh as refreshing
from collect_xl.followup.cancel import CANCEL, Wish
from collect_xl.followup.due_date import extend_to
from collect_xl.followup.lookup import Assumed, Settled
from collect_xl.followup.overdue import late_rows
from collect_xl.followup.refresh import Refreshed
from collect_xl.followup.takeover import Adoption, Wanted, stranger_rows, taken_over_rows
from collect_xl.planning.approval import approval_of, require_approval
from collect_xl.planning.campaigns import campaign_ids
from collect_xl.results.marks import marks
from collect_xl.sending.report import Report
from collect_xl.template.offers import Offers, gather
from collect_xl.workflow.approved_run import run_plan
from collect_xl.workflow.book import Finished, Prepared
from collect_xl.workflow.chosen_requests import chosen_requests, due_moment
from collect_xl.workflow.dialogue import (
    AT_ONCE,
    SEND_ONLY,
    ChangeFinished,
    ChangeFront,
    FirstSteps,
    HowToSend,
    LookedUp,
    Overdue,
    RefreshEnd,
    SendFront,
    Sent,
    TakeOverEnd,
)
from collect_xl.workflow.items_story import ItemsWish, with_items_of
from collect_xl.workflow.session import Connected, Session, connect, identified, with_news
from collect_xl.workflow.start_time import require_start
from collect_xl.workflow.steps import (
    finish,
    finish_without_sending,
    keep_typed_ids,
    kept_items,
    look_elsewhere,
    open_requests,
    prepare,
    restore,
)

RECENT_DAYS = 45
"""Days for which a finished request may be the one of a row that shows no ID."""


def check(session: Session, choices: Choices, collect: Collect | None = None) -> Prepared:
    """Validate everything and plan; nothing is sent or written.

    Args:
        session: the workbook.
        choices: which rows.
        collect: the connection to Collect, for team and campaigns; without it no socket is opened.
    """
    if collect is None:
        return prepare(session, choices)
    online = connect(session, collect, sending=True)
    online = look_elsewhere(online, choices)
    return prepare(online, choices)


def offers(session: Session, collect: Collect) -> Offers:
    """Return what the drop-downs of a workbook should offer; nothing is written.

    Args:
        session: the workbook, saved or open in Excel.
        collect: the connection to Collect.
    """
    online = connect(session, collect, sending=False)
    return gather(online.account, online.book.defaults.campaign, collect)


def mark(session: Session, prepared: Prepared) -> Written | None:
    """Write what a check found beside each row that is wrong, and take back what was fixed since."""
    results = marks(session.book.rows, prepared.plan.left_out, sure=not prepared.note)
    return session.workbook.write(results) if results else None


@dataclass(frozen=True, slots=True)
class ReadyToSend:
    """A plan that only waits for its approval."""

    online: Connected
    prepared: Prepared
    shown: frozenset[int]
    """Claims whose request Collect showed today."""


def prepare_to_send(
    session: Session, collect: Collect, choices: Choices, front: SendFront, first: FirstSteps = SEND_ONLY
) -> ReadyToSend:
    """Do all that comes before the question: restore, ask Collect, look up, refresh, compare, plan.

    Args:
        session: the workbook, held for this run.
        collect: the connection to Collect.
        choices: which rows.
        front: called at each step.
        first: what else to do first.
    """
    session, written = restore(session)
    if written is not None:
        front.restored(written)
    online = keep_typed_ids(connect(session, collect, sending=True))
    shown: frozenset[int] = frozenset()
    if first.look_up:
        front.looked_up(_look_up(online))
        online = with_news(online)
    if first.refresh:
        refreshed = _refresh(online)
        shown = _still_shown(refreshed)
        front.refreshed(refreshed)
        online = with_news(online)
    connected = online
    online = look_elsewhere(connected, choices)
    prepared = prepare(online, choices)
    other_choices = front.reconsider(prepared)
    if other_choices is not None:
        online = look_elsewhere(connected, other_choices)
        prepared = prepare(online, other_choices)
    return ReadyToSend(online, prepared, shown)


def send(
    session: Session,
    collect: Collect,
    choices: Choices,
    front: SendFront,
    *,
    first: FirstSteps = SEND_ONLY,
    how: HowToSend = AT_ONCE,
) -> Sent:
    """Send what the workbook asks for, each person once, and write what happened beside each row.

    Args:
        session: the workbook, held for this run.
        collect: the connection to Collect.
        choices: which rows.
        front: called at each step, and asked for the approval.
        first: what else to do first.
        how: the way in which it is sent.

    Raises:
        PlanChanged: the plan that was approved is another one.
        UsageError: a round or campaign asks people again and was not confirmed.
    """
    ready = prepare_to_send(session, collect, choices, front, first)
    online, prepared = ready.online, ready.prepared
    approval = approval_of(prepared.plan, front.approve(prepared))
    if approval is None:
        return Sent(prepared, None)
    if not prepared.plan.batches:
        return Sent(prepared, finish(online, Report(online.run.id), prepared, ready.shown))
    require_approval(prepared.plan, approval)
    require_start(how.start, online.now())
    front.started(prepared)
    return Sent(prepared, run_plan(online, prepared, ready.shown, front, how=how))


def look_up(
    session: Session,
    collect: Collect,
    wait: Callable[[Settled, float], None] | None = None,
    not_ours: Collection[str] = (),
) -> LookedUp:
    """Look up unknown rows at Collect, and write what was found; nothing is ever sent again.

    Args:
        session: the workbook, held for this run.
        collect: the connection to Collect.
        wait: called before each wait with what was found so far and for how many seconds; None looks once.
        not_ours: IDs of requests that were not made from here, as a person says.

    Raises:
        UsageError: one of these was never shown by a list of Collect.
    """
    session, _ = restore(session)
    online = connect(session, collect, sending=False)
    if not_ours:
        lookup.set_aside_strangers(online.context, not_ours)
    settled = _look_up(online)
    while wait is not None and settled.look_again is not None:
        seconds = max((settled.look_again - online.now()).total_seconds(), 0.0) + 0.1
        wait(settled, seconds)
        time.sleep(seconds)
        again = _look_up(online)
        again.sent += settled.sent
        again.not_sent += settled.not_sent
        settled = again
    return LookedUp(settled, finish_without_sending(with_news(online)))


def assume(
    session: Session,
    collect: Callable[[], Collect],
    assumed: Assumed,
    rows: frozenset[int] | None,
    approve: Callable[[Mapping[int, Claim]], bool],
) -> tuple[Mapping[int, Claim], Finished | None]:
    """Take a person's word for unknown rows, and keep whose word it was and when.

    Args:
        session: the workbook, held for this run.
        collect: gives Collect, which is asked only where the account is not known yet.
        assumed: what the person says.
        rows: which rows; None for all.
        approve: shown the rows with their claims; only True keeps the word.

    Returns:
        the rows with their claims; how they stand, None when it was not approved or there was none.
    """
    session, _ = restore(session)
    # Only Collect knows whose rows these are, but what it said before is enough: no network then.
    known = identified(session) or connect(session, collect(), sending=False)
    unknown = {}
    for each in known.truth().left_out:
        is_chosen = rows is None or each.row in rows
        if is_chosen and each.reason == "unknown" and each.claim is not None:
            unknown[each.row] = each.claim
    if not unknown or approve(unknown) is not True:
        return unknown, None
    lookup.assume(unknown.values(), assumed, known.journal, who=known.run.who)
    return unknown, finish_without_sending(with_news(known))


def refresh(session: Session, collect: Collect, items: ItemsWish | None = None) -> RefreshEnd:
    """Ask Collect how everything that was sent stands now, and write it; nothing is sent.

    Args:
        session: the workbook, held for this run.
        collect: the connection to Collect.
        items: whether to ask which items came in; None never asks.
    """
    online = _online_to_follow_up(session, collect)
    refreshed = _refresh(online)
    online, looked = with_items_of(with_news(online), refreshed, items)
    finished = finish_without_sending(online, _still_shown(refreshed))
    return RefreshEnd(refreshed, finished, stranger_rows(online.truth()), looked)


def overdue(session: Session, within: timedelta) -> Overdue:
    """Return what is overdue, due soon or undelivered, as of the last refresh; no socket is opened.

    Args:
        session: the workbook.
        within: how far ahead a due date counts as soon.
    """
    rows = late_rows(open_requests(session), session.now(), within, kept_items(session))
    strangers = stranger_rows(session.truth())
    zone = session.account.team.zone if session.account else None
    return Overdue(tuple(rows), strangers, zone)


def cancel(
    session: Session, collect: Collect, chosen: frozenset[int] | str, front: ChangeFront
) -> ChangeFinished | None:
    """Take back the requests of some rows, or of all that a run sent in this sheet.

    Args:
        session: the workbook, held for this run.
        collect: the connection to Collect.
        chosen: row numbers, or the ID of a run.
        front: shows steps and asks questions.

    Returns:
        how it ended; None when it was not approved.

    Raises:
        UsageError: none of the rows is a contact's, or the run has no open request in this sheet.
    """
    online = _online_to_follow_up(session, collect)
    return _change(online, CANCEL, chosen_requests(online, chosen, front), front)


def change_due_date(
    session: Session, collect: Collect, rows: frozenset[int], due: str, front: ChangeFront
) -> ChangeFinished | None:
    """Give the requests of some rows another due date.

    Args:
        session: the workbook, held for this run.
        collect: the connection to Collect.
        rows: row numbers.
        due: a date as people type it; it ends at 23:59 in the team's zone.
        front: shows steps and asks questions.

    Returns:
        how it ended; None when it was not approved.

    Raises:
        UsageError: none of the rows is a contact's, or the date is unclear or past.
    """
    online = _online_to_follow_up(session, collect)
    wish = extend_to(due_moment(due, online.account.team.zone, online.now()))
    return _change(online, wish, chosen_requests(online, rows, front), front)


def take_over(
    session: Session,
    collect: Collect,
    round_: str,
    rows: frozenset[int] | None,
    approve: Callable[[Adoption], bool],
) -> TakeOverEnd | None:
    """Take over what another computer sent, as Collect confirms it.

    Args:
        session: the workbook, held for this run.
        collect: the connection to Collect.
        round_: in which these rows were sent.
        rows: which; None for all.
        approve: shown what would be taken over; only True remembers it.

    Returns:
        how it ended; None when it was not approved.
    """
    online = _online_to_follow_up(session, collect)
    online.book.require_rows(rows)
    wanted = Wanted(round_, rows, online.book.defaults.round)
    adoption = takeover.look_up(
        online.context, online.truth(), wanted, online.known, recent=timedelta(days=RECENT_DAYS)
    )
    if approve(adoption) is not True:
        return None
    held = takeover.adopt(online.context, adoption)
    return TakeOverEnd(adoption, held, finish_without_sending(with_news(online)))


def take_back(
    session: Session, rows: frozenset[int] | None, approve: Callable[[Mapping[int, Claim]], bool]
) -> tuple[Mapping[int, Claim], Finished | None]:
    """Undo a take-over: its rows are another computer's again, and can be taken over into another round.

    Args:
        session: the workbook, held for this run; its account is known, or nothing was ever taken over.
        rows: which; None for all.
        approve: shown the rows with their claims; only True takes them back.

    Returns:
        the rows with their claims; how they stand, None when it was not approved or there was none.
    """
    session, _ = restore(session)
    known = identified(session)
    taken = {} if known is None else taken_over_rows(known.truth(), known.known)
    chosen = {row: claim for row, claim in taken.items() if rows is None or row in rows}
    if known is None or not chosen or approve(chosen) is not True:
        return chosen, None
    known.journal.take_back([claim.id for claim in chosen.values()], known.run.who)
    return chosen, finish_without_sending(with_news(known))


def _online_to_follow_up(session: Session, collect: Collect) -> Connected:
    """Restore what the sheet lost, and ask Collect whose key it is; closed campaigns are no obstacle."""
    session, _ = restore(session)
    return connect(session, collect, sending=False)


def _look_up(online: Connected) -> Settled:
    return lookup.settle(online.context, online.patience)


def _refresh(online: Connected) -> Refreshed:
    """Ask about the campaigns that the sheet names, and those of the requests that are in it."""
    account, book = online.account, online.book
    named = campaign_ids((*book.campaigns, book.defaults.campaign), account.campaigns)
    scopes = {claim.scope for claim in online.known.bound.values()}
    in_sheet = {scope.campaign for scope in scopes if scope.team == account.team.id}
    return refreshing.refresh(online.context, sorted(named | in_sheet))


def _still_shown(refreshed: Refreshed) -> frozenset[int]:
    """Return the claims whose request Collect showed today and has not cancelled."""
    return frozenset(refreshed.seen - refreshed.cancelled)


def _change(online: Connected, wish: Wish, requests: Mapping[int, Claim], front: ChangeFront) -> ChangeFinished | None:
    if front.approve(requests, wish, online.account.team.zone) is not True:
        return None
    changed = changes.change(online.context, requests, wish, front.stop)
    return ChangeFinished(changed, wish, finish_without_sending(with_news(online)))
