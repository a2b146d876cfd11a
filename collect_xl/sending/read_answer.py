"""What one answer to a POST means for each row of its batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collect_xl.domain.model import ClaimState, Outcome, PostAnswer, Row
from collect_xl.domain.ports import Ticket
from collect_xl.evidence.listing import sent_outcome
from collect_xl.evidence.reply import Matched, Sent, match
from collect_xl.sending.singly import ROWS_FAULT

Outcomes = dict[int, Outcome]
"""Row -> what came of it."""


Doubts = Mapping[int, str]
"""Row -> what Collect said of it, where that alone decides nothing."""


TODO: Mapping[int, str] = {
    401: "Correct the key (collect-xl key set)",
    403: "Ask an administrator of your team for the right",
    404: "Check the campaign ID and the contact IDs",
    413: "Shorten what the rows hold",
    429: "Wait a while",
}
"""What to do about a refusal before sending again; other refusals say themselves what is wrong."""


LONGEST_SAYING = 500
"""Characters of Collect's own words that a cell shows."""


def _words(answer: PostAnswer, rows: int = 1) -> str:
    """Return for people what came of a call for so many rows, what Collect said of it, and what to do."""
    said = f" It said: {_cut('; '.join(answer.errors))}." if answer.errors else ""
    if rows > 1 and answer.http_status in ROWS_FAULT:
        said += f" {rows} rows were refused together, and any of them may be the cause."
    todo = "" if answer.verdict == "not_sent" else f"{TODO.get(answer.http_status or 0, 'Mend that')}, then "
    again = f"{todo}run send again."
    return f"{answer.words[:1].upper()}{answer.words[1:]}.{said} Nothing was sent. {again[:1].upper()}{again[1:]}"


def _all(ticket: Ticket, state: ClaimState, words: str) -> Outcomes:
    return {row: Outcome(claim, state, words) for row, claim in ticket.won.items()}


def _read_accepted(rows: Sequence[Row], ticket: Ticket, answer: PostAnswer) -> tuple[Outcomes, Doubts]:
    """Give each request of a reply to its row; rows that Collect complains of are in doubt, others unknown."""
    matched = match([Sent(row.number, row.contact.id, row.contact.email) for row in rows], answer)
    doubts = {
        row: f"Collect refused this row; it said: {_cut(said)}. Mend the row, then run send again."
        for row, said in matched.blamed.items()
        if row not in matched.by_row
    }
    outcomes = {
        row: Outcome(claim, "unknown", doubts.get(row) or _unnamed(row, matched)) for row, claim in ticket.won.items()
    }
    found = {row: sent_outcome(ticket.won[row], request) for row, request in matched.by_row.items()}
    return outcomes | found, doubts


def _cut(said: str) -> str:
    return said[:LONGEST_SAYING].rstrip(".")


def _unnamed(row: int, matched: Matched) -> str:
    if row in matched.probable:
        return (
            f"Collect answered with request {matched.probable[row].id}, probably for this row, under another name. "
            "Look at it in Collect."
        )
    said = f" It said: {_cut('; '.join(matched.batch_errors))}." if matched.batch_errors else ""
    return f"Collect accepted the call, but its answer does not name this row.{said} Run: collect-xl settle"
