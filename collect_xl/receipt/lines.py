"""What a receipt says of each row: who it is, what was asked for, how it ended, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collect_xl.domain.headings import title_of
from collect_xl.domain.model import Account, Problem, Rejected, Row
from collect_xl.domain.portal_urls import may_link
from collect_xl.domain.rows import claims_of, filled, rejected
from collect_xl.receipt.endings import OF_REASON, OF_STATE, EndingWord

if TYPE_CHECKING:
    from collect_xl.planning.plan import Batch
    from collect_xl.results.row_ends import RowEnd
    from collect_xl.workflow.book import Finished, Prepared

REASON_WORDS = {
    "hidden": "The row is hidden.",
    "not chosen": "Not among the rows that were chosen.",
    "beyond first": "Beyond the first rows that were asked for.",
    "beyond cap": "No more people may be asked in this run, or today. Send again later.",
    "": "The run ended before this row.",
}
"""For ends that bring no words of their own."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the sheet, as the page shows it."""

    row: int
    person: str
    address: str
    ending: EndingWord
    reason: str
    """What many rows have in common: what was asked for, or why not. May be empty."""
    note: str
    """What is this row's own: its due date, when it was sent, or what its cells hold."""
    request_id: str
    link: str
    """The portal's address, where links may be shown and it is one of Collect's."""


def lines_of(finished: Finished, prepared: Prepared, *, links: bool) -> list[Line]:
    """Return a line for each row of the sheet that is not blank."""
    endings = _endings(finished, prepared)
    about = _About(_requests(prepared), _sent_days(prepared), _problems(prepared))
    row_ends = {end.row: end for end in finished.rows}
    lines = []
    for row in filled(prepared.book.rows):
        end = row_ends[row.number]
        ending = endings[row.number]
        reason, note = _reason_and_note(row, end, ending, about)
        # A link opens the client's documents, so it is shown only on request, and only if it leads to Collect.
        show_link = links and may_link(end.portal_url)
        line = Line(
            row=row.number,
            person=_person(row),
            address=_address(row),
            ending=ending,
            reason=reason,
            note=note,
            request_id=end.request_id,
            link=end.portal_url if show_link else "",
        )
        lines.append(line)
    return lines


@dataclass(frozen=True, slots=True)
class _About:
    """What is known of rows, by row number."""

    requests: Mapping[int, str]
    """What the plan asks for."""
    sent_days: Mapping[int, str]
    problems: Mapping[int, Sequence[Problem]]


def _reason_and_note(row: Row | Rejected, end: RowEnd, ending: EndingWord, about: _About) -> tuple[str, str]:
    """Return what a line says of its row's end: what many rows have in common, and what is this row's own."""
    match ending:
        case "asked":
            return about.requests.get(row.number, ""), _due(row)
        case "earlier":
            # The words of the cell name day and ID, which have columns of their own.
            return "", about.sent_days.get(row.number, "")
        case "invalid" if row.number in about.problems:
            problems = about.problems[row.number]
            reason = " ".join(_correction(problem) for problem in problems)
            return reason, "; ".join(problem.found for problem in problems)
        case _:
            return end.message or REASON_WORDS.get(end.status, end.status), ""


def _problems(prepared: Prepared) -> Mapping[int, Sequence[Problem]]:
    """Return what is wrong with the cells of each row, as the checker or Collect says."""
    problems: dict[int, Sequence[Problem]] = {}
    for left_out in prepared.plan.left_out:
        if left_out.problems:
            problems[left_out.row] = left_out.problems
    for row in rejected(prepared.book.rows):
        problems[row.number] = row.problems
    return problems


def _correction(problem: Problem) -> str:
    """Return what is wrong with a cell and what to do, without its place and content, which differ by row."""
    return f"{problem.field}: expected {problem.expected}. {problem.todo}"


def _due(row: Row | Rejected) -> str:
    if isinstance(row, Rejected) or not row.options.due:
        return ""
    return str(row.options.due)


def _sent_days(prepared: Prepared) -> Mapping[int, str]:
    """Return for each row that was sent before the day on which that was."""
    claims = claims_of(prepared.plan.left_out)
    return {row: f"{claim.claimed_at:%Y-%m-%d}" for row, claim in claims.items()}


def _endings(finished: Finished, prepared: Prepared) -> Mapping[int, EndingWord]:
    """Return how each row ended."""
    # Each step knows more than the one before it, and overwrites it: first what the plan left out and what it meant
    # to send, then what the run did, then what Collect says of the delivery.
    endings: dict[int, EndingWord] = {}
    for left_out in prepared.plan.left_out:
        endings[left_out.row] = OF_REASON[left_out.reason]
    for row in prepared.plan.rows:
        endings[row.number] = "not reached"
    for number in finished.report.held:
        endings[number] = "held"
    for number, state in finished.report.states.items():
        endings[number] = OF_STATE[state]
    for number in finished.undelivered:
        endings[number] = "undelivered"
    return endings


def _requests(prepared: Prepared) -> Mapping[int, str]:
    """Return for each row of the plan what it asks for."""
    users = prepared.account.users if prepared.account else ()
    emails = {user.id: user.email for user in users if user.email}
    requests = {}
    for batch in prepared.plan.batches:
        item_names = _item_names(prepared.account, batch)
        for row in batch.rows:
            requests[row.number] = _request(batch, row, item_names, emails)
    return requests


def _item_names(account: Account | None, batch: Batch) -> Mapping[str, str]:
    if account is None:
        return {}
    return account.items.get(batch.campaign.id, {})


def _request(batch: Batch, row: Row, item_names: Mapping[str, str], emails: Mapping[str, str]) -> str:
    """Return in words what is asked for, with names instead of IDs; the due date has a column of its own."""
    parts = [batch.campaign.called]
    if batch.round:
        parts.append(f"round {batch.round}")
    if row.options.items:
        items = [item_names.get(item) or item for item in row.options.items]
        parts.append(f"items {'; '.join(items)}")
    assignee = row.options.assigned_to
    if assignee:
        parts.append(f"assigned to {emails.get(assignee, assignee)}")
    if batch.options.get("sendMessage") is False:
        parts.append("without a message from Collect")
    return ", ".join(part for part in parts if part)


def _person(row: Row | Rejected) -> str:
    """Return the name of a row's person, else the company."""
    # A row that was not understood has no name that could be trusted.
    if isinstance(row, Rejected):
        return ""
    return row.contact.full_name or row.contact.company


def _address(row: Row | Rejected) -> str:
    """Return a row's e-mail address, else its contact ID."""
    if isinstance(row, Row):
        return row.contact.called
    # A cell that is wrong is shown as what was found; its text is no address.
    wrong = {problem.field for problem in row.problems}
    contact_id, email, *_ = row.anchor
    right = [text for field, text in (("email", email), ("contactId", contact_id)) if title_of(field) not in wrong]
    return next(filter(None, right), "")
