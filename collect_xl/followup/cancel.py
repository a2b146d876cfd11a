"""Requests that are taken back or given more time: one call each, and nothing believed unseen."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from collect_xl.domain.backoff import LONGEST_WAIT, TOO_OFTEN, TRIES, wait_before
from collect_xl.domain.events import StopReason
from collect_xl.domain.model import Claim, Outcome, RemoteRequest
from collect_xl.domain.ports import Context, PatchAnswer
from collect_xl.domain.statuses import CANCELLED
from collect_xl.errors import CollectXlError

ChangeState = Literal["done", "refused", "unknown", "not reached"]


STOPPING: Mapping[int, StopReason] = {401: "key", 403: "key", 429: "busy server"}
"""Refusals that every further request would meet, too."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of a request."""

    changes: Mapping[str, str]
    """The fields of the PATCH."""
    how: str
    """For the journal."""
    due: str = ""
    """The new due date, as Collect takes it; empty where the request is to be cancelled."""

    def is_met_by(self, request: RemoteRequest) -> bool:
        """Tell whether a request shows what was wished for."""
        return request.due == self.due if self.due else request.status.casefold() in CANCELLED


_PASSED: tuple[ChangeState, str] = ("not reached", "")


CANCEL = Wish({"status": "canceled"}, "undo: Collect confirmed")  # a PATCH spells it with one l, a list with two


@dataclass(frozen=True, slots=True)
class ChangeEnd:
    """What came of one row's request."""

    row: int
    request_id: str
    state: ChangeState
    words: str = ""


@dataclass(slots=True)
class Changed:
    """What came of a change, row by row."""

    ends: list[ChangeEnd] = field(default_factory=list)
    stopped: StopReason | None = None
    words: str = ""
    """Why it stopped."""

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
    return changing.report


class _Changing:
    """One change of several requests while it runs."""

    def __init__(self, context: Context, wish: Wish, stop: threading.Event) -> None:
        self.report = Changed()
        self._wish, self._collect, self._journal = wish, context.collect, context.journal
        self._who, self._stop = context.run.who, stop

    def go_on(self, row: int, claim: Claim) -> None:
        """Change one request, or note that the run had stopped before it."""
        if self.report.stopped is None and self._stop.is_set():
            self._end("asked", "Stopped as asked, between two requests.")
        state, words = self._change(claim) if self.report.stopped is None else _PASSED
        if state == "unknown" and self.report.ends and self.report.ends[-1].state == "unknown":
            self._end("two unknown", "Two requests in a row ended without a clear answer. Run: collect-xl refresh")
        self.report.ends.append(ChangeEnd(row, claim.request_id, state, words))

    def _change(self, claim: Claim) -> tuple[ChangeState, str]:
        answer = self._patch(claim.request_id)
        if answer.verdict == "not_sent":
            return self._end("unreachable", answer.words)
        if answer.verdict == "refused":
            reason = STOPPING.get(answer.http_status or 0)
            return self._end(reason, answer.words) if reason else ("refused", f"{answer.words}.")
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
        """Believe what Collect shows: in its answer, else when it is asked."""
        request = answer.request if answer.verdict == "accepted" else None
        if request is None or not self._wish.is_met_by(request):
            try:
                request = self._collect.request(claim.request_id)
            except CollectXlError as error:
                return "unknown", f"{answer.words}; what became of it could not be seen. {error.message}"
        if self._wish.is_met_by(request):
            return self._keep(claim, replace(request, id=claim.request_id))
        said = "".join(f" It said: {each}" for each in answer.errors)
        shown = f"due {request.due or 'on no day'}" if self._wish.due else request.status or "open"
        words = f"{answer.words}, but Collect still shows the request as {shown}.{said}"
        # What left without an answer may still arrive after this look.
        return ("unknown", words) if answer.verdict == "unknown" else ("refused", words)

    def _keep(self, claim: Claim, request: RemoteRequest) -> tuple[ChangeState, str]:
        try:
            if self._wish.due:
                self._journal.refreshed({claim.id: request}, self._who, self._wish.how)
            else:
                self._journal.settle([Outcome(claim.id, "cancelled", request=request)], self._who, self._wish.how)
        except CollectXlError as error:
            self._end("journal", f"{error.message} {error.tip}")
            return "unknown", "Collect did it, but the journal could not keep it. Run: collect-xl refresh"
        return "done", ""

    def _end(self, reason: StopReason, words: str) -> tuple[ChangeState, str]:
        self.report.stopped, self.report.words = reason, words
        return "not reached", words
