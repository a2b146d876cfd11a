"""What one answer to a POST means for each row of its batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collect_xl.domain.backoff import TOO_OFTEN
from collect_xl.domain.model import ClaimState, Outcome, PostAnswer, Row
from collect_xl.domain.ports import Ticket
from collect_xl.domain.why import Why
from collect_xl.evidence.listing import sent_outcome
from collect_xl.evidence.reply import Matched, Sent, match

Outcomes = Mapping[int, Outcome]
"""Row -> its outcome."""


_BY_STATUS: Mapping[int | None, str] = {402: "a limit of the plan may be reached, status 402"}


def read_answer(rows: Sequence[Row], ticket: Ticket, answer: PostAnswer) -> Outcomes:
    """Return what an answer proves of each row.

    Args:
        rows: those of the call.
        ticket: their claims.
        answer: any but an abandoned one, of which nothing may be recorded.
    """
    match answer.verdict:
        case "accepted":
            return _read_accepted(rows, ticket, answer)
        case "not_sent":
            return _all(ticket, "not_sent", answer.words, "no connection")
        case "answered":
            return _all(ticket, "unknown", refusal_words(answer), _why_refused(answer, len(rows)))
        case "lost" | "abandoned":
            return _all(ticket, "unknown", answer.words, "answer lost")


def refusal_words(answer: PostAnswer) -> str:
    """Return what a refusal says: Collect's own words, else who gave it, or the status that it has."""
    status = f"status {answer.http_status}"
    if answer.errors:
        return "; ".join(answer.errors)
    if answer.instead:
        return f"{answer.instead}, {status}"
    return _BY_STATUS.get(answer.http_status, status)


def refused_run_words(answer: PostAnswer) -> str:
    """Return why a run ends at a refusal that every call would meet."""
    return f"{answer.words}: {refusal_words(answer)}. Whether Collect did a part of the batch, is not known."


def _why_refused(answer: PostAnswer, rows: int) -> Why:
    if answer.http_status == TOO_OFTEN:
        return "turned away"
    return "answered alone" if rows == 1 else "answered"


def _all(ticket: Ticket, state: ClaimState, words: str, why: Why) -> Outcomes:
    return {row: Outcome(claim, state, words, why=why) for row, claim in ticket.won.items()}


def _read_accepted(rows: Sequence[Row], ticket: Ticket, answer: PostAnswer) -> Outcomes:
    """Give each request of a reply to its row; of the others it is not known whether they were asked."""
    matched = match([Sent(row.number, row.contact.id, row.contact.email) for row in rows], answer)
    outcomes = {}
    for row, claim in ticket.won.items():
        request = matched.by_row.get(row)
        outcomes[row] = sent_outcome(claim, request) if request else _unnamed(row, claim, matched)
    return outcomes


def _unnamed(row: int, claim: int, matched: Matched) -> Outcome:
    """Return the outcome of a row for which an accepted call names no request."""
    if row in matched.blamed:
        return Outcome(claim, "unknown", matched.blamed[row], why="row refused")
    if row in matched.probable:
        return Outcome(claim, "unknown", matched.probable[row].id, why="other name")
    return Outcome(claim, "unknown", "; ".join(matched.batch_errors), why="not named")
