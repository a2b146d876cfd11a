"""The story of a run: claim, post, record, batch by batch, until all is sent or something says stop."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from collect_xl.domain.backoff import LONGEST_WAIT, TOO_OFTEN, TRIES, Pace, wait_before
from collect_xl.domain.events import BatchEnded, BatchHalved, BatchStarted, Event, RowsHeld, StopReason, Waiting
from collect_xl.domain.identity import keys_of, round_key
from collect_xl.domain.model import Outcome, PostAnswer, Row, Scope
from collect_xl.domain.ports import Context, Ticket, ToClaim
from collect_xl.errors import CollectXlError
from collect_xl.evidence.listing import Sought, look, sent_outcome, window
from collect_xl.planning.limits import ALL, Room
from collect_xl.planning.plan import Batch, Plan
from collect_xl.sending.read_answer import Doubts, Outcomes, _all, _read_accepted, _words
from collect_xl.sending.report import Report
from collect_xl.sending.singly import GIVE_UP, Refusals, halves, may_be_a_rows

NOTICED = 3.0
"""Seconds; who waits longer is told why."""


SPACED = "Calls to Collect are spaced out (--per-minute)."


SLOWED = "Collect was asked too often, so calls are spaced out."


STOPPING: Mapping[int, StopReason] = {
    401: "key",  # the key is wrong
    403: "key",  # the key's owner lacks the right
    404: "key",  # the campaign is not there for this key, unless a row names a contact
}


@dataclass(frozen=True, slots=True)
class _Tried:
    """One call, with what came of its rows."""

    part: Batch
    """The rows that were claimed and posted."""
    answer: PostAnswer
    outcomes: Outcomes


def send(
    plan: Plan,
    context: Context,
    *,
    on_event: Callable[[Event], None] = lambda _: None,
    stop: threading.Event | None = None,
    room: Room = ALL,
) -> Report:
    """Send a plan that somebody has confirmed. Payloads are the plan's: nothing is read again from the workbook.

    Args:
        plan: what to send.
        context: whose account it is, Collect, the journal, and this run.
        on_event: told of every step.
        stop: when set, the batch in flight is finished and no other is begun.
        room: how many may be asked today, whoever else is asking meanwhile; the run's own cap has cut the plan.
    """
    sending = _Sending(context, on_event=on_event, stop=stop or threading.Event())
    sending.room = room
    for batch in plan.batches:
        if sending.should_stop():
            break
        sending.send_batch(batch, len(plan.batches))
    return sending.report


class _Sending:
    """One run while it sends."""

    def __init__(self, context: Context, *, on_event: Callable[[Event], None], stop: threading.Event) -> None:
        self.report = Report(context.run.id)
        self._account, self._run = context.account, context.run
        self._collect, self._journal = context.collect, context.journal
        self._tell, self._stop = on_event, stop
        self._unknown_in_a_row = 0
        self._pace = Pace()
        self._refusals: defaultdict[str, Refusals] = defaultdict(Refusals)
        """By campaign."""
        self.room = ALL

    def should_stop(self) -> bool:
        if self.report.stopped is None and self._stop.is_set():
            self._end("asked", "Stopped as asked, between two batches.")
        return self.report.stopped is not None

    def send_batch(self, batch: Batch, of: int) -> None:
        """Send one batch, a refused one in halves until its bad rows are alone.

        A journal that fails ends the run, since nothing may leave without a claim.
        """
        refusals, parts = self._refusals[batch.campaign.id], [batch]
        try:
            while parts and not refusals.are_hopeless and not self.should_stop():
                in_vain = not refusals.halving_pays
                # Where halving seems vain, the largest part is the last that may show that it is not.
                parts[:0] = self._send(parts.pop(-1 if in_vain else 0), of, refusals)
                if in_vain and not refusals.halving_pays:
                    break
        except CollectXlError as error:
            self._end("journal", f"{error.message} {error.tip}")
        self._tell_untried(parts, of)

    def _send(self, part: Batch, of: int, refusals: Refusals) -> Sequence[Batch]:
        """Send rows in one call, again where it provably never arrived; return what is to be sent in its place."""
        for attempt in range(1, TRIES + 1):
            tried = self._try(part, of)
            if tried is None:
                return ()
            self._note(tried, refusals)
            if refusals.halving_pays and _was_refused_for_a_row(tried) and len(tried.part.rows) > 1:
                self._tell(BatchHalved(part.number, of, len(tried.part.rows), tried.answer.words))
                return halves(tried.part)
            self._tell_end(tried, of)
            if not self._again(tried, attempt):
                return ()
        return ()

    def _try(self, batch: Batch, of: int) -> _Tried | None:
        """Claim what is free of a batch, post it once, keep what came of it."""
        if not self._await_turn():
            return None
        ticket = self._claim(batch)
        if not ticket.won:
            return None
        rows = tuple(row for row in batch.rows if row.number in ticket.won)
        self._tell(BatchStarted(batch.number, of, tuple(row.number for row in rows)))
        self.report.states.update(dict.fromkeys(ticket.won, "unknown"))  # for whatever may break from here on
        answer = self._collect.post(batch.body(ticket.won), lambda: self._journal.still_mine(ticket))
        self._pace.learn(answer.http_status)
        if answer.verdict == "abandoned":
            self._abandon(ticket, answer)
            return None
        outcomes, doubts = self._read(rows, ticket, answer)
        # What the answer proves is kept before a listing is asked for: a crash here must lose no request id.
        self._journal.record(ticket, list(outcomes.values()), f"POST: {answer.words}", answer.body)
        self._learn(answer)
        if doubts:
            decided = self._decide(rows, ticket, doubts, outcomes)
            self._journal.settle(list(decided.values()), self._run.who, "a listing right after the answer")
            outcomes |= decided
        self._count(outcomes)
        return _Tried(replace(batch, rows=rows), answer, outcomes)

    def _note(self, tried: _Tried, refusals: Refusals) -> None:
        """Count refusals that may lie in the rows, and say so when there are too many of them to go on."""
        if tried.answer.verdict == "accepted" or _was_refused_for_a_row(tried):
            refusals.note(tried.answer, {outcome.state for outcome in tried.outcomes.values()})
        if refusals.are_hopeless:
            name = tried.part.campaign.name or tried.part.campaign.id
            self.report.add(
                f"Collect refused {GIVE_UP} calls in a row for one reason, so nothing more was sent in {name}: it "
                "seems to lie in the campaign or its options, not in single rows. Mend that, then run send again."
            )

    def _tell_untried(self, parts: Sequence[Batch], of: int) -> None:
        """Tell how the rows ended that were refused with others and not tried again."""
        states = Counter(self.report.states.get(row.number) for part in parts for row in part.rows)
        if states["refused"]:
            self._tell(BatchEnded(parts[0].number, of, {"refused": states["refused"]}, ""))

    def _tell_end(self, tried: _Tried, of: int) -> None:
        counts = Counter(outcome.state for outcome in tried.outcomes.values())
        words = "" if counts["sent"] == len(tried.outcomes) else tried.answer.words
        self._tell(BatchEnded(tried.part.number, of, counts, words, tried.outcomes))

    def _await_turn(self) -> bool:
        """Wait for this call's turn, before the claim: its lease is short."""
        turn, pause = self._collect.turn(), self._pace.pause
        wait = max(turn, pause)
        if wait >= NOTICED:
            self._tell(Waiting(wait, SPACED if turn >= pause else SLOWED))
        return not self._stop.wait(wait) or self._end("asked", "Stopped as asked, between two batches.")

    def _claim(self, batch: Batch) -> Ticket:
        scope = Scope(self._account.origin, self._account.team.id, batch.campaign.id, round_key(batch.round))
        wanted = [ToClaim(row.number, keys_of(row.contact)) for row in batch.rows]
        ticket = self._journal.claim(self._run, scope, wanted, self._collect.server_offset, self.room.day)
        if ticket.beyond:
            self.report.beyond += ticket.beyond
            for row in ticket.beyond:  # refused with others, and now without room
                self.report.states.pop(row, None)
            self._end("cap", "")
        if ticket.lost:
            self.report.held.update({row: claim.holder for row, claim in ticket.lost.items()})
            for row in ticket.lost:  # refused at the first try, and somebody else's at the second
                self.report.states.pop(row, None)
            self._tell(RowsHeld(tuple(ticket.lost), next(iter(ticket.lost.values())).holder))
        return ticket

    def _abandon(self, ticket: Ticket, answer: PostAnswer) -> None:
        """Let go of a batch that is not ours any more: this computer slept, or was stopped, between claim and call."""
        self._journal.release(ticket)
        self.report.states.update(dict.fromkeys(ticket.won, "not_sent"))
        self._end("slept", answer.words)

    def _read(self, rows: Sequence[Row], ticket: Ticket, answer: PostAnswer) -> tuple[Outcomes, Doubts]:
        """Return what an answer alone proves of each row, and the rows that a listing must decide about."""
        match answer.verdict:
            case "accepted":
                return _read_accepted(rows, ticket, answer)
            case "not_sent" | "refused":
                return _all(ticket, answer.verdict, _words(answer, len(rows))), {}
            case "unknown":
                return _all(ticket, "unknown", answer.words), {}
            case "doubtful":
                return _all(ticket, "unknown", answer.words), dict.fromkeys(ticket.won, _words(answer, len(rows)))
            case "abandoned":  # handled before: nothing of it may be recorded
                return {}, {}

    def _decide(self, rows: Sequence[Row], ticket: Ticket, doubts: Doubts, outcomes: Outcomes) -> Outcomes:
        """Let one listing, right after the answer, decide between refused, sent and unknown.

        Args:
            rows: the rows of the batch.
            ticket: their claims.
            doubts: the rows in question, with what Collect said of each.
            outcomes: what the answer alone proved; its unknown rows are looked for as well.

        Returns:
            What was decided; what stays unknown is absent.
        """
        try:
            listing = self._collect.listing(ticket.scope.campaign)
        except CollectXlError:  # then nothing is decided; settle asks again
            return {}
        offset = self._collect.server_offset if listing.server_offset is None else listing.server_offset
        since, until = window(ticket.claimed_at, datetime.now(UTC), timedelta(), (offset, listing.round_trip))
        lost = [row for row in rows if outcomes[row.number].state == "unknown"]
        sought = [Sought(ticket.won[row.number], keys_of(row.contact), since, until) for row in lost]
        bound = self._journal.requests(self._account.origin, [each.id for each in listing.requests])
        findings = look(sought, listing, bound)
        sure = listing.complete and not findings.unexplained
        found = {row: claim for row, claim in ticket.won.items() if claim in findings.found}
        refused = {row: ticket.won[row] for row in doubts if sure and ticket.won[row] in findings.missing}
        return {row: sent_outcome(claim, findings.found[claim]) for row, claim in found.items()} | {
            row: Outcome(claim, "refused", doubts[row]) for row, claim in refused.items()
        }

    def _learn(self, answer: PostAnswer) -> None:
        pairs = [(each.contact_id, each.email) for each in answer.requests] + list(answer.contacts)
        known = [(contact_id, email) for contact_id, email in pairs if contact_id and email]
        if known:
            self._journal.learn(self._account.origin, self._account.team.id, known)

    def _count(self, outcomes: Outcomes) -> None:
        states = {row: outcome.state for row, outcome in outcomes.items()}
        self.report.states.update(states)
        self._unknown_in_a_row = self._unknown_in_a_row + 1 if set(states.values()) == {"unknown"} else 0

    def _again(self, tried: _Tried, attempt: int) -> bool:
        """Tell whether to try a batch again that provably did nothing; else note whether the run must stop."""
        answer = tried.answer
        if self._unknown_in_a_row > 1:
            words = "Two batches in a row ended without a clear answer. Run: collect-xl settle, then send again."
            return self._end("two unknown", words)
        if may_be_a_rows(answer, tried.part):
            return False
        if answer.verdict == "refused" and (reason := STOPPING.get(answer.http_status or 0)):
            return self._end(reason, _words(answer))
        if answer.verdict != "not_sent" and answer.http_status != TOO_OFTEN:
            return False
        reason = "unreachable" if answer.verdict == "not_sent" else "busy server"
        wait = wait_before(attempt, answer.retry_after)
        if attempt == TRIES or wait > LONGEST_WAIT:
            asked = f" Collect asks to wait {answer.retry_after:.0f} seconds." if answer.retry_after else ""
            return self._end(reason, answer.words + asked)
        self._tell(Waiting(wait, answer.words))
        return not self._stop.wait(wait) or self._end("asked", f"Stopped as asked, while waiting: {answer.words}.")

    def _end(self, reason: StopReason, words: str) -> bool:
        self.report.stopped = reason
        self.report.add(words)
        return False


def _was_refused_for_a_row(tried: _Tried) -> bool:
    """Tell whether a call was refused whole, proven so, for something that may lie in one of its rows."""
    all_refused = {outcome.state for outcome in tried.outcomes.values()} == {"refused"}
    return all_refused and may_be_a_rows(tried.answer, tried.part)
