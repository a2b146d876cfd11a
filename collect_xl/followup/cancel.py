"""Requests that are cancelled or get another due date: one call each, and nothing believed unseen."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from collect_xl.domain.backoff import LONGEST_WAIT, TOO_OFTEN, TRIES, wait_before
from collect_xl.domain.events import StopReason
from collect_xl.domain.model import Claim, Outcome, RemoteRequest
from collect_xl.domain.ports import Context, PatchAnswer
from collect_xl.domain.statuses import CANCELLED
from collect_xl.errors import CollectXlError
from collect_xl.remedies import Remedy

ChangeState = Literal["done", "asked", "refused", "unknown", "not reached"]
"""``asked``: Collect took the call, and its list does not show the change yet."""


STOPPING: Mapping[int | None, StopReason] = {401: "key", 403: "key", 429: "busy server"}
"""Refusals that every further request would meet, too."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of a request."""

    changes: Mapping[str, str]
    """The fields of the PATCH."""
    how: str
    """For the journal."""
    due: str = ""
    """The new due date, as Collect takes it; empty where the request will be cancelled."""

    @property
    def cancels(self) -> bool:
        """Whether the request will be cancelled; its due date is changed otherwise."""
        return not self.due

    def is_met_by(self, request: RemoteRequest) -> bool:
        """Return whether a request shows what was wished for."""
        return request.status.casefold() in CANCELLED if self.cancels else request.due == self.due


_LOOKS = (0.0, 1.0, 3.0, 6.0)
"""Seconds before each look at the list after a cancellation; it may lag behind."""


CANCEL = Wish({"status": "canceled"}, "undo: Collect's list shows it")  # a PATCH spells it with one l, a list with two


@dataclass(frozen=True, slots=True)
class ChangeEnd:
    """The outcome of one row's request."""

    row: int
    request_id: str
    state: ChangeState
    words: str = ""


@dataclass(slots=True)
class Changed:
    """The outcome of a change, row by row."""

    ends: list[ChangeEnd] = field(default_factory=list)
    stopped: StopReason | None = None
    words: str = ""
    """Why it stopped."""
    remedies: tuple[Remedy, ...] = ()
    """What to do about it."""

    def rows(self, state: ChangeState) -> tuple[int, ...]:
        """Return the rows that ended so."""
        return tuple(end.row for end in self.ends if end.state == state)


def change(context: Context, requests: Mapping[int, Claim], wish: Wish, stop: threading.Event) -> Changed:
    """Change the requests of some rows, one after another, and keep each as soon as Collect shows that it is so.

    Args:
        context: Collect, the journal, and who asks.
        requests: rows with the claims of their requests.
        wish: what is to become of them.
        stop: when set, the request in hand is finished and no other begun.
    """
    changing = _Changing(context, wish, stop)
    for row, claim in requests.items():
        changing.go_on(row, claim)
    if wish.cancels:
        changing.confirm(requests)
    return changing.report


def complete_wishes(context: Context, claims: Iterable[Claim], requests: Iterable[RemoteRequest]) -> dict[int, Claim]:
    """Keep that requests are cancelled which the user wanted cancelled, where Collect's list shows it.

    Args:
        context: the journal, and who asks.
        claims: of one campaign.
        requests: its list.

    Returns:
        The claims that are cancelled now, by number.
    """
    cancelled = {request.id: request for request in requests if CANCEL.is_met_by(request)}
    wished = [claim for claim in claims if claim.wish and claim.state == "sent"]
    done = {claim.id: claim for claim in wished if claim.request_id in cancelled}
    if done:
        outcomes = [_cancelled(claim, cancelled[claim.request_id]) for claim in done.values()]
        context.journal.settle(outcomes, context.run.who, CANCEL.how)
    return done


def _cancelled(claim: Claim, request: RemoteRequest) -> Outcome:
    return Outcome(claim.id, "cancelled", request=request, why=claim.why)


class _Changing:
    """One change of several requests while it runs."""

    def __init__(self, context: Context, wish: Wish, stop: threading.Event) -> None:
        self.report = Changed()
        self._wish, self._collect, self._journal = wish, context.collect, context.journal
        self._context, self._who, self._stop = context, context.run.who, stop

    def go_on(self, row: int, claim: Claim) -> None:
        """Change one request, or note that the run had stopped before it."""
        if self.report.stopped is None and self._stop.is_set():
            self._end("asked", "Stopped as asked, between two requests.")
        state: ChangeState = "not reached"
        words = ""
        if self.report.stopped is None:
            state, words = self._change(claim)
        self.report.ends.append(ChangeEnd(row, claim.request_id, state, words))
        if [end.state for end in self.report.ends[-2:]] == ["unknown", "unknown"]:
            self._end("two unknown", "Two requests in a row ended without a clear answer.", (Remedy.REFRESH,))

    def confirm(self, requests: Mapping[int, Claim]) -> None:
        """Believe what was asked for once Collect's own list shows it; an answer alone has been wrong."""
        called = {end.row for end in self.report.ends if end.state in {"asked", "unknown", "refused"}}
        left = {row: requests[row] for row in called}
        try:
            self._wait_for_lists(left)
        except CollectXlError as error:
            self.report.words = f"{self.report.words} {error.advice.words}".strip()
            self.report.remedies += error.advice.remedies
        self.report.ends = [_confirmed(end, called=called, left=left) for end in self.report.ends]

    def _wait_for_lists(self, left: dict[int, Claim]) -> None:
        """Look at lists until all requests are shown as cancelled, or looking was in vain.

        Args:
            left: rows with the requests that no list has shown so yet; those that a list shows so are taken out.
        """
        for wait in _LOOKS:
            if not left or self._context.wait(wait, self._stop):
                return
            for row in self._confirm_by_list(left):
                del left[row]

    def _confirm_by_list(self, asked: Mapping[int, Claim]) -> set[int]:
        account = self._context.account
        cancelled: dict[int, Claim] = {}
        for campaign in dict.fromkeys(claim.scope.campaign for claim in asked.values()):
            listing = self._collect.listing(campaign, fresh=True)
            claims = self._journal.claims(account.origin, account.team.id, campaign)
            cancelled |= complete_wishes(self._context, claims, listing.requests)
        return {row for row, claim in asked.items() if claim.id in cancelled}

    def _change(self, claim: Claim) -> tuple[ChangeState, str]:
        if self._wish.cancels:
            try:
                self._journal.wish([claim.id], self._who)
            except CollectXlError as error:  # a wish that is not kept could not be completed later
                return self._end("journal", error.advice.words, error.advice.remedies)
        answer = self._patch(claim.request_id)
        if answer.verdict == "not_sent":
            return self._end("unreachable", answer.words)
        refused_with = answer.http_status if answer.verdict == "answered" else None
        if refused_with in STOPPING:
            return self._end("unreachable" if answer.instead else STOPPING[refused_with], answer.words)
        if self._wish.cancels:
            return _cancel_words(answer)
        if refused_with in {404, 413}:
            return "refused", f"{answer.words}."
        return self._judge(claim, answer)

    def _patch(self, request_id: str) -> PatchAnswer:
        """Send the change, and again only after answers that prove that nothing was done."""
        answer = self._collect.patch(request_id, self._wish.changes)
        for attempt in range(1, TRIES):
            wait = wait_before(attempt, answer.retry_after)
            nothing_done = answer.verdict == "not_sent" or answer.http_status == TOO_OFTEN
            if not nothing_done or wait > LONGEST_WAIT or self._stop.wait(wait):
                break
            answer = self._collect.patch(request_id, self._wish.changes)
        return answer

    def _judge(self, claim: Claim, answer: PatchAnswer) -> tuple[ChangeState, str]:
        """Believe the due date that Collect shows: in its answer, else when it is asked."""
        request = answer.request
        if answer.verdict != "accepted" or request is None or not self._wish.is_met_by(request):
            try:
                request = self._collect.request(claim.request_id)
            except CollectXlError as error:
                return "unknown", f"{answer.words}; what became of it could not be seen. {error.message}"
        if self._wish.is_met_by(request):
            return self._keep(claim, replace(request, id=claim.request_id))
        said = "".join(f" It said: {each}" for each in answer.errors)
        words = f"{answer.words}, but Collect still shows the request as due {request.due or 'on no day'}.{said}"
        # What left without an answer may still arrive after this look.
        state: ChangeState = "unknown" if answer.verdict == "lost" else "refused"
        return state, words

    def _keep(self, claim: Claim, request: RemoteRequest) -> tuple[ChangeState, str]:
        try:
            self._journal.refreshed({claim.id: request}, self._who, self._wish.how)
        except CollectXlError as error:
            self._end("journal", error.advice.words, error.advice.remedies)
            return "unknown", "Collect did it, but the send history could not keep it. Refresh the statuses."
        return "done", ""

    def _end(self, reason: StopReason, words: str, remedies: tuple[Remedy, ...] = ()) -> tuple[ChangeState, str]:
        self.report.stopped, self.report.words, self.report.remedies = reason, words, remedies
        return "not reached", words


def _confirmed(end: ChangeEnd, *, called: Collection[int], left: Collection[int]) -> ChangeEnd:
    """Return an end after the last look at the list.

    Args:
        end: as the call left it.
        called: rows whose cancellation may have been done.
        left: those of them which the list does not show as cancelled.
    """
    if end.row in called and end.row not in left:
        return replace(end, state="done", words="")
    return replace(end, state="unknown") if end.state == "asked" else end


def _cancel_words(answer: PatchAnswer) -> tuple[ChangeState, str]:
    """Return how a cancellation stands before Collect's list was looked at."""
    said = "".join(f" It said: {each}." for each in answer.errors)
    if answer.verdict == "answered":
        return "refused", f"{answer.words}.{said}"
    state: ChangeState = "asked" if answer.verdict == "accepted" else "unknown"
    return state, f"{answer.words}, but its list does not show it as cancelled yet.{said} Refresh the statuses."
