"""The story of a run: claim, post, record, batch by batch, until all is sent or something says stop."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from collect_xl.errors import DiskError, JournalError
from collect_xl.events import BatchEnded, BatchStarted, Event, RowsHeld, StopReason, Waiting
from collect_xl.evidence import Sought, look, sent_outcome, window
from collect_xl.identity import keys_of, round_key
from collect_xl.matching import Matched, Sent, match
from collect_xl.model import Account, ClaimState, Outcome, PostAnswer, Row, Scope
from collect_xl.plan import Batch, Plan
from collect_xl.ports import Collect, Journal, Run, Ticket, ToClaim

__all__ = ["Report", "send"]

TRIES = 3
"""How often a batch is tried that provably never arrived or was turned away unread (Google SRE, chapter 21)."""

LONGEST_WAIT = 60.0
"""Seconds; when Collect asks for more, the run stops and says so."""

STOPPING: Mapping[int, StopReason] = {
    401: "key",  # the key is wrong
    403: "key",  # the key's owner lacks the right
    404: "key",  # the campaign is not there for this key
}


@dataclass(slots=True)
class Report:
    """What came of a run, by row number."""

    run: str
    states: dict[int, ClaimState] = field(default_factory=dict)
    """Rows that were claimed, with the last thing known of each."""
    held: dict[int, str] = field(default_factory=dict)
    """Rows that another run holds or has sent meanwhile, with its name."""
    stopped: StopReason | None = None
    words: str = ""
    """Why it stopped, or what was not well."""

    def rows(self, state: ClaimState) -> tuple[int, ...]:
        """Return the rows in a state, in order."""
        return tuple(sorted(row for row, each in self.states.items() if each == state))


def send(
    plan: Plan,
    account: Account,
    ports: tuple[Collect, Journal, Run],
    *,
    on_event: Callable[[Event], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Report:
    """Send a plan that somebody has confirmed. Payloads are the plan's: nothing is read again from the workbook.

    Args:
        plan: what to send.
        account: whose account it is.
        ports: Collect, the journal, and this run.
        on_event: told of every step.
        stop: when set, the batch in flight is finished and no other is begun.
    """
    sending = _Sending(account, *ports, on_event=on_event, stop=stop or threading.Event())
    for batch in plan.batches:
        if sending.should_stop():
            break
        sending.send_batch(batch, len(plan.batches))
    return sending.report


class _Sending:
    """One run while it sends."""

    def __init__(  # what a run consists of, once
        self,
        account: Account,
        collect: Collect,
        journal: Journal,
        run: Run,
        *,
        on_event: Callable[[Event], None],
        stop: threading.Event,
    ) -> None:
        self.report = Report(run.id)
        self._account, self._collect, self._journal, self._run = account, collect, journal, run
        self._tell, self._stop = on_event, stop
        self._unknown_in_a_row = 0

    def should_stop(self) -> bool:
        if self.report.stopped is None and self._stop.is_set():
            self.report.stopped, self.report.words = "asked", "Stopped as asked, between two batches."
        return self.report.stopped is not None

    def send_batch(self, batch: Batch, of: int) -> None:
        """Send one batch; a journal that fails ends the run, since nothing may leave without a claim."""
        try:
            for attempt in range(1, TRIES + 1):
                answer = self._try(batch, of)
                if answer is None or not self._again(answer, attempt):
                    return
        except (JournalError, DiskError) as error:
            self.report.stopped, self.report.words = "journal", f"{error.message} {error.tip}"

    def _try(self, batch: Batch, of: int) -> PostAnswer | None:
        """Claim what is free of a batch, post it once, keep what came of it."""
        ticket = self._claim(batch)
        if not ticket.won:
            return None
        rows = [row for row in batch.rows if row.number in ticket.won]
        self._tell(BatchStarted(batch.number, of, tuple(row.number for row in rows)))
        answer = self._collect.post(batch.body(ticket.won), lambda: self._journal.still_mine(ticket))
        if answer.verdict == "abandoned":
            self._abandon(ticket, answer)
            return None
        outcomes = self._outcomes(rows, ticket, answer)
        self._journal.record(ticket, outcomes, f"POST: {answer.words}", answer.body)
        self._learn(answer)
        self._count(ticket, outcomes)
        counts = Counter(outcome.state for outcome in outcomes)
        words = "" if counts["sent"] == len(outcomes) else answer.words
        self._tell(BatchEnded(batch.number, of, counts, words))
        return answer

    def _claim(self, batch: Batch) -> Ticket:
        scope = Scope(self._account.origin, self._account.team.id, batch.campaign.id, round_key(batch.round))
        wanted = [ToClaim(row.number, keys_of(row.contact)) for row in batch.rows]
        ticket = self._journal.claim(self._run, scope, wanted, self._collect.server_offset)
        if ticket.lost:
            self.report.held.update({row: claim.holder for row, claim in ticket.lost.items()})
            self._tell(RowsHeld(tuple(ticket.lost), next(iter(ticket.lost.values())).holder))
        return ticket

    def _abandon(self, ticket: Ticket, answer: PostAnswer) -> None:
        """Let go of a batch that is not ours any more: this computer slept, or was stopped, between claim and call."""
        self._journal.release(ticket)
        self.report.states.update(dict.fromkeys(ticket.won, "not_sent"))
        self.report.stopped, self.report.words = "slept", answer.words

    def _outcomes(self, rows: Sequence[Row], ticket: Ticket, answer: PostAnswer) -> list[Outcome]:
        match answer.verdict:
            case "accepted":
                return self._read(rows, ticket, answer)
            case "not_sent" | "refused" | "unknown":
                state: ClaimState = answer.verdict
                return [Outcome(claim, state, answer.words) for claim in ticket.won.values()]
            case "doubtful":
                return self._decide(rows, ticket, dict.fromkeys(ticket.won, answer.words), ())
            case "abandoned":  # handled before: nothing of it may be recorded
                return []

    def _read(self, rows: Sequence[Row], ticket: Ticket, answer: PostAnswer) -> list[Outcome]:
        """Give each request of a reply to its row; rows that Collect complains of are looked up, others unknown."""
        matched = match([Sent(row.number, row.contact.id, row.contact.email) for row in rows], answer)
        outcomes = [sent_outcome(ticket.won[row], request) for row, request in matched.by_row.items()]
        blamed = {row: words for row, words in matched.blamed.items() if row not in matched.by_row}
        answered = [request.id for request in answer.requests]
        outcomes += self._decide([row for row in rows if row.number in blamed], ticket, blamed, answered)
        rest = [row for row in ticket.won if row not in matched.by_row and row not in blamed]
        return outcomes + [Outcome(ticket.won[row], "unknown", _unnamed(row, matched)) for row in rest]

    def _decide(
        self, rows: Sequence[Row], ticket: Ticket, words: Mapping[int, str], answered: Sequence[str]
    ) -> list[Outcome]:
        """Let one listing, right after the answer, decide between refused, sent and unknown.

        Args:
            rows: the rows in question.
            ticket: their batch.
            words: row -> what Collect said of it.
            answered: ids of the requests that the answer itself named.
        """
        if not rows:
            return []
        listing = self._collect.listing(ticket.scope.campaign)
        offset = self._collect.server_offset if listing.server_offset is None else listing.server_offset
        since, until = window(ticket.claimed_at, datetime.now(UTC), timedelta(), (offset, listing.round_trip))
        sought = [Sought(ticket.won[row.number], keys_of(row.contact), since, until) for row in rows]
        bound = self._journal.requests(self._account.origin, [each.id for each in listing.requests])
        findings = look(sought, listing, {*bound, *answered})
        sure = listing.complete and not findings.unexplained
        return [
            sent_outcome(claim, findings.found[claim])
            if claim in findings.found
            else Outcome(claim, "refused" if sure and claim in findings.missing else "unknown", words[row])
            for row, claim in ticket.won.items()
            if row in words
        ]

    def _learn(self, answer: PostAnswer) -> None:
        pairs = [(each.contact_id, each.email) for each in answer.requests] + list(answer.contacts)
        known = [(contact_id, email) for contact_id, email in pairs if contact_id and email]
        if known:
            self._journal.learn(self._account.origin, self._account.team.id, known)

    def _count(self, ticket: Ticket, outcomes: Sequence[Outcome]) -> None:
        states = {outcome.claim: outcome.state for outcome in outcomes}
        self.report.states.update({row: states[claim] for row, claim in ticket.won.items()})
        self._unknown_in_a_row = self._unknown_in_a_row + 1 if set(states.values()) == {"unknown"} else 0

    def _again(self, answer: PostAnswer, attempt: int) -> bool:
        """Tell whether to try a batch again that provably did nothing; else note whether the run must stop."""
        if answer.verdict == "refused" and (reason := STOPPING.get(answer.http_status or 0)):
            return self._end(reason, answer.words)
        if self._unknown_in_a_row > 1:
            words = "Two batches in a row ended without a clear answer. Run: collect-xl settle, then send again."
            return self._end("two unknown", words)
        if answer.verdict != "not_sent" and answer.http_status != 429:  # noqa: PLR2004  # Too Many Requests
            return False
        reason = "unreachable" if answer.verdict == "not_sent" else "busy server"
        wait = max(answer.retry_after or 0.0, random.uniform(0.5, 1.0) * 2**attempt)  # noqa: S311  # jitter, no secret
        if attempt == TRIES or wait > LONGEST_WAIT:
            asked = f" Collect asks to wait {answer.retry_after:.0f} seconds." if answer.retry_after else ""
            return self._end(reason, answer.words + asked)
        self._tell(Waiting(wait, answer.words))
        return not self._stop.wait(wait)

    def _end(self, reason: StopReason, words: str) -> bool:
        self.report.stopped, self.report.words = reason, words
        return False


def _unnamed(row: int, matched: Matched) -> str:
    if row in matched.probable:
        return (
            f"Collect answered with request {matched.probable[row].id}, probably for this row, under another name. "
            "Look at it in Collect."
        )
    said = f" It said: {'; '.join(matched.batch_errors)}" if matched.batch_errors else ""
    return f"Collect accepted the call, but its answer does not name this row.{said} Run: collect-xl settle"
