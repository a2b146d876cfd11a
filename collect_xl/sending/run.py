"""The story of a run: claim, post, record, batch by batch; what was refused is proved before it is sent again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from collect_xl.domain.backoff import LONGEST_WAIT, TOO_OFTEN, TRIES, Pace, wait_before
from collect_xl.domain.events import BatchApart, BatchEnded, BatchStarted, Event, RowsHeld, StopReason, Waiting
from collect_xl.domain.identity import round_key
from collect_xl.domain.model import PostAnswer, Scope
from collect_xl.domain.ports import Context, Ticket
from collect_xl.errors import CollectXlError
from collect_xl.evidence.reply import learnable_pairs
from collect_xl.planning.plan import Batch, Plan
from collect_xl.remedies import Remedy
from collect_xl.sending.canary import rest_may_follow, split
from collect_xl.sending.claim_request import claim_request
from collect_xl.sending.fresh_lists import OLDEST, OLDEST_AT_START, FreshLists
from collect_xl.sending.proof import Proof
from collect_xl.sending.read_answer import Outcomes, read_answer, refused_run_words
from collect_xl.sending.refusals import (
    CampaignState,
    Kind,
    SetAside,
    by_campaign,
    hopeless_words,
    proof_words,
    reason_of,
)
from collect_xl.sending.report import REMEDIES_OF_STOP, Report, stop_reason
from collect_xl.sending.terms import Terms

NOTICED = 3.0  # seconds; a longer wait is explained

SPACED = "Calls to Collect are spaced out."

SLOWED = "Collect was asked too often, so calls are spaced out."

MOST_TURNED_AWAY = 3
"""Calls turned away in a row (429), after which nothing more is posted."""

SHORTEST_WAIT = 15.0
"""Seconds that a run waits after a call was turned away, whatever Collect asks."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """One call, with the outcome of its rows."""

    part: Batch
    """The rows that were claimed and posted."""
    ticket: Ticket
    answer: PostAnswer
    answered: float
    """When, by a clock that cannot be set."""
    outcomes: Outcomes


def send(  # noqa: PLR0913  # options are by name
    plan: Plan,
    context: Context,
    *,
    terms: Terms | None = None,
    on_event: Callable[[Event], None] = lambda _: None,
    before_wait: Callable[[], None] = lambda: None,
    go_on: Callable[[], bool] = lambda: False,
    stop: threading.Event | None = None,
) -> Report:
    """Send a plan that was approved. Payloads are the plan's: nothing is read again from the workbook.

    Args:
        plan: what to send.
        context: whose account it is, Collect, the journal, and this run.
        terms: on which it is sent.
        on_event: called at every step.
        before_wait: called before the run waits for a proof: what is known by then belongs into the sheet.
        go_on: asked after the first people, where the terms send them alone; only True sends the others.
        stop: when set, the batch in flight is finished and no other is begun.
    """
    terms = terms or Terms()
    run = _Sending(plan, context, terms, on_event, stop or threading.Event())
    first, rest = split(plan.batches, terms.canary)
    if run.lists_are_fresh():
        run.post_all(first)
        run.follow_refusals(before_wait)
    # The question may have stood for hours: lists that are too old by now are read again.
    if rest and rest_may_follow(run.report, first, go_on) and run.lists_are_fresh():
        run.post_all(rest)
        run.follow_refusals(before_wait)
    run.report.look_again = run.proof.look_again(run.aside)
    run.report.elsewhere = run.lists.appeared
    return run.report


class _Sending:
    """One run while it sends."""

    def __init__(
        self, plan: Plan, context: Context, terms: Terms, on_event: Callable[[Event], None], stop: threading.Event
    ) -> None:
        self.report = Report(context.run.id)
        self.lists = FreshLists(context, terms.lists, recent=terms.recent, asks_again=terms.asks_again)
        self.proof = Proof(context, terms.patience)
        self.aside: list[SetAside] = []
        """Calls that were refused, until their outcome is proved."""
        self._context, self._terms = context, terms
        self._collect, self._journal = context.collect, context.journal
        self._plan, self._of = plan, len(plan.batches)
        self._tell, self._stop = on_event, stop
        self._pace = Pace()
        self._lost_in_a_row = 0
        self._turned_away_in_a_row = 0
        self._campaigns: dict[str, CampaignState] = {}
        self._apart: set[int] = set()
        """Rows of refused batches that were sent alone."""

    def lists_are_fresh(self) -> bool:
        """Read the lists again that are too old by now; return whether the run may begin."""
        for campaign in dict.fromkeys(batch.campaign.id for batch in self._plan.batches):
            self._guarded(partial(self.lists.require_fresh, campaign, OLDEST_AT_START))
            if self.report.stopped is not None:
                return False
        return True

    def post_all(self, batches: Iterable[Batch]) -> None:
        """Post one batch after another, as far as their campaigns take calls."""
        for batch in batches:
            if self._should_stop():
                return
            state = self._state(batch)
            if state.is_hopeless:
                continue
            if state.is_paused:
                state.deferred.append(batch)
                continue
            self._post(batch)

    def follow_refusals(self, before_wait: Callable[[], None]) -> None:
        """Prove the outcome of refused calls, and send again what provably was not done, until nothing is left."""
        while self.aside and self._terms.may_wait and self.report.stopped in {None, "cap"}:
            self._guarded(self._look)
            before_wait()
            if not self._await_proof():
                return
            self._guarded(self._look)
            self._send_again()

    def _look(self) -> None:
        """Hold what is set aside against fresh lists, and note what was decided."""
        for each, outcomes in self.proof.look(self.aside):
            self.report.note(outcomes)
            if outcomes:
                self._tell_end(each.batch, outcomes, "")
        self.report.note(self.proof.others)
        self.proof.others.clear()

    def _await_proof(self) -> bool:
        """Wait until the next list may prove something; return False when the run is to stop instead."""
        waiting = [each for each in self.aside if self.proof.is_open(each)]
        ready = max((each.ready for each in waiting), default=0.0)
        unnamed = sum(each.unnamed for each in waiting)
        refused = sum(len(each.batch.rows) for each in waiting) - unnamed
        while (left := ready - self._context.monotonic()) > 0:
            self._tell(Waiting(left, proof_words(refused, unnamed), is_proof=True))
            if self._context.wait(min(left, 1.0), self._stop):
                return self._end("asked", "Stopped as asked, before the outcome of unknown rows was proved.")
        return True

    def _send_again(self) -> None:
        """Send what provably was not done: a batch that was turned away as a whole, a refused one row by row."""
        proved = self.proof.take_proved()
        self.aside = [each for each in self.aside if self.proof.is_open(each)]
        for calls in by_campaign(proved).values():
            self._try_paused(self._state(calls[0].batch), calls)
        for each in proved:
            if each.kind == "whole":
                self.post_all([each.batch])
            elif each.kind == "batch":
                self._send_apart(each.batch)

    def _send_apart(self, refused: Batch) -> None:
        """Send the rows of a refused batch one by one; one may have been tried alone before the others."""
        left = refused.only(self.report.rows("not_sent"))
        if left.rows and not self._state(left).is_hopeless and not self._should_stop():
            self._tell(BatchApart(left.number, len(left.rows)))
            self._apart.update(row.number for row in left.rows)
            self.post_all(left.one_by_one())

    def _try_paused(self, state: CampaignState, proved: Sequence[SetAside]) -> None:
        """Try a row of a refused batch alone, since it may be the campaign that refuses; then go on, or leave it."""
        for each in proved:
            if each.kind != "batch" or not state.is_paused or self._should_stop():
                continue
            if not state.is_hopeless and each.batch.rows:
                *_, last = each.batch.one_by_one()
                self._post(last)
        if not state.is_hopeless and not state.is_paused:
            deferred, state.deferred = state.deferred, []
            self.post_all(deferred)

    def _post(self, batch: Batch) -> None:
        """Send rows in one call, again where it provably never arrived.

        A journal that fails ends the run, since nothing may leave without a claim.
        """
        self._guarded(partial(self._post_until_it_arrives, batch))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except CollectXlError as error:
            self._end(stop_reason(error), error.advice.words, error.advice.remedies)

    def _post_until_it_arrives(self, batch: Batch) -> None:
        for attempt in range(1, TRIES + 1):
            tried = self._try(batch)
            if tried is None:
                return
            self._note(tried)
            if tried.answer.verdict != "not_sent" or not self._may_try_again(tried.answer, attempt):
                return

    def _try(self, batch: Batch) -> _Tried | None:
        """Claim what is free of a batch, post it once, keep the outcome."""
        self.lists.require_fresh(batch.campaign.id, OLDEST)
        batch = self.lists.without_asked(batch)
        if not batch.rows or not self._await_turn():
            return None
        ticket = self._claim(batch)
        if not ticket.won:
            return None
        part = batch.only(ticket.won)
        self._tell(BatchStarted(batch.number, self._of, tuple(row.number for row in part.rows)))
        self.report.states.update(dict.fromkeys(ticket.won, "unknown"))  # for whatever may break from here on
        answer = self._collect.post(part.body, lambda: self._journal.still_mine(ticket))
        answered = self._context.monotonic()
        self._pace.learn(answer.http_status)
        if answer.verdict == "abandoned":
            self._abandon(ticket, answer)
            return None
        outcomes = read_answer(part.rows, ticket, answer)
        try:
            self._keep(ticket, answer, outcomes)
        finally:  # also where the journal fails: the sheet must get the request IDs that it could not keep
            self._tell_end(part, outcomes, answer.words)
        self.report.note(outcomes)
        return _Tried(part, ticket, answer, answered, outcomes)

    def _keep(self, ticket: Ticket, answer: PostAnswer, outcomes: Outcomes) -> None:
        """Keep the outcome of a call before anything else is done: a crash here must lose no request ID."""
        # Read to its end: Collect is silent from here on, whether it accepted the call or not.
        answered = answer.verdict in {"answered", "accepted"}
        self._journal.record(ticket, list(outcomes.values()), f"POST: {answer.words}", answer.body, answered=answered)
        self._learn(answer)

    def _note(self, tried: _Tried) -> None:
        """Draw from an answer what it means for the rest of the run."""
        answer = tried.answer
        if answer.verdict != "lost":
            self._lost_in_a_row = 0
        match answer.verdict:
            case "accepted":
                self._turned_away_in_a_row = 0
                self._state(tried.part).accept()
                self._set_unnamed_aside(tried)
            case "answered" if answer.http_status == TOO_OFTEN:
                self._turned_away(tried)
            case "answered":
                self._refused(tried)
            case "lost":
                self._lost_in_a_row += 1
                if self._lost_in_a_row > 1:
                    self._end("two unknown", "Two batches in a row ended without a clear answer.")
            case "not_sent" | "abandoned":
                pass

    def _turned_away(self, tried: _Tried) -> None:
        """Set a batch aside that came too fast, and let others wait; after three in a row nothing more is posted."""
        self._set_aside(tried, "whole")
        self._turned_away_in_a_row += 1
        asked = tried.answer.retry_after
        wait = max(asked or 0.0, min(SHORTEST_WAIT, self._terms.patience.lag.total_seconds()))
        if self._turned_away_in_a_row >= MOST_TURNED_AWAY or wait > LONGEST_WAIT:
            said = f" Collect asks to wait {asked:.0f} seconds." if asked else ""
            self._end("busy server", tried.answer.words + said)
            return
        self._tell(Waiting(wait, tried.answer.words))
        if self._context.wait(wait, self._stop):
            self._end("asked", f"Stopped as asked, while waiting: {tried.answer.words}.")

    def _refused(self, tried: _Tried) -> None:
        """Set a refused call aside; a refused key ends the run, unless only this call displeased a firewall."""
        kind: Kind = "single" if len(tried.part.rows) == 1 else "batch"
        self._set_aside(tried, kind)
        if tried.answer.http_status in {401, 403, 407} and not self._key_is_accepted():
            self._end("unreachable" if tried.answer.instead else "key", refused_run_words(tried.answer))
            return
        state = self._state(tried.part)
        was_hopeless = state.is_hopeless
        state.refuse(tried.answer, kind)
        if state.is_hopeless and not was_hopeless:
            self.report.add(hopeless_words(tried.part))

    def _set_unnamed_aside(self, tried: _Tried) -> None:
        """Set rows aside that an accepted call does not name: its list shows what became of them."""
        unknown = {row: outcome for row, outcome in tried.outcomes.items() if outcome.state == "unknown"}
        # Of some of them the answer says that Collect refuses them.
        unnamed = [row for row, outcome in unknown.items() if outcome.why != "row refused"]
        if unknown:
            self._set_aside(replace(tried, part=tried.part.only(unknown)), "single", unnamed=len(unnamed))

    def _key_is_accepted(self) -> bool:
        try:
            self._collect.team()
        except CollectXlError:
            return False
        return True

    def _set_aside(self, tried: _Tried, kind: Kind, *, unnamed: int = 0) -> None:
        lag = self._terms.patience.lag.total_seconds()
        reason = reason_of(tried.answer)
        self.aside.append(SetAside(tried.part, tried.ticket, kind, reason, tried.answered, lag, unnamed))

    def _may_try_again(self, answer: PostAnswer, attempt: int) -> bool:
        """Wait before a call that never arrived is made again; return False when the run ends instead."""
        wait = wait_before(attempt, answer.retry_after)
        if attempt == TRIES or wait > LONGEST_WAIT:
            return self._end("unreachable", answer.words)
        self._tell(Waiting(wait, answer.words))
        if self._context.wait(wait, self._stop):
            return self._end("asked", f"Stopped as asked, while waiting: {answer.words}.")
        return True

    def _should_stop(self) -> bool:
        if self.report.stopped is None and self._stop.is_set():
            self._end("asked", "Stopped as asked, between two batches.")
        return self.report.stopped is not None

    def _state(self, batch: Batch) -> CampaignState:
        return self._campaigns.setdefault(batch.campaign.id, CampaignState())

    def _tell_end(self, part: Batch, outcomes: Outcomes, words: str) -> None:
        counts = Counter(outcome.state for outcome in outcomes.values())
        shown = "" if counts["sent"] == len(outcomes) else words
        alone = not self._apart.isdisjoint(outcomes)
        self._tell(BatchEnded(part.number, self._of, counts, shown, outcomes, alone))

    def _await_turn(self) -> bool:
        """Wait for this call's turn, before the claim: its lease is short."""
        turn, pause = self._collect.turn(), self._pace.pause
        wait = max(turn, pause)
        if wait >= NOTICED:
            self._tell(Waiting(wait, SPACED if turn >= pause else SLOWED))
        if self._context.wait(wait, self._stop):
            return self._end("asked", "Stopped as asked, between two batches.")
        return True

    def _claim(self, batch: Batch) -> Ticket:
        account = self._context.account
        scope = Scope(account.origin, account.team.id, batch.campaign.id, round_key(batch.round))
        wanted = [claim_request(row, batch, self._plan.again) for row in batch.rows]
        base = self.lists.base(batch.campaign.id)
        offset = self._collect.server_offset
        ticket = self._journal.claim(self._context.run, scope, wanted, offset, self._terms.room.day, base)
        if ticket.beyond:
            self.report.beyond += ticket.beyond
            self._forget(ticket.beyond)
            self._end("cap", "")
        if ticket.lost:
            self.report.hold(ticket)
            self._forget(ticket.lost)
            self._tell(RowsHeld(tuple(ticket.lost), next(iter(ticket.lost.values())).holder))
        return ticket

    def _forget(self, rows: Iterable[int]) -> None:
        """Forget the outcome of rows at a first try, which the second one did not reach."""
        for row in rows:
            self.report.states.pop(row, None)

    def _abandon(self, ticket: Ticket, answer: PostAnswer) -> None:
        """Let go of a batch that is not ours any more: this computer slept, or was stopped, between claim and call."""
        self._journal.release(ticket)
        self.report.states.update(dict.fromkeys(ticket.won, "not_sent"))
        self._end("slept", answer.words)

    def _learn(self, answer: PostAnswer) -> None:
        pairs = learnable_pairs(answer)
        if pairs:
            account = self._context.account
            self._journal.learn(account.origin, account.team.id, pairs)

    def _end(self, reason: StopReason, words: str, remedies: tuple[Remedy, ...] = ()) -> bool:
        self.report.stopped = reason
        self.report.add(words, remedies or REMEDIES_OF_STOP.get(reason, ()))
        return False
