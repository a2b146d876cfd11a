"""What belongs into the result cells of every row, from what the journal knows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import cast

from collect_xl.domain.headings import DETAIL_FIELDS
from collect_xl.domain.identity import person_of, round_key
from collect_xl.domain.model import Campaign, Claim, Outcome, Rejected, Row
from collect_xl.domain.rows import LeftOut, filled
from collect_xl.domain.statuses import CANCELLED_THERE, NOT_DELIVERED, is_cancelled_there, is_undelivered, status_word
from collect_xl.planning.eligibility import Sorted
from collect_xl.planning.history import Known, bound_claim
from collect_xl.planning.reasons import (
    asked_meanwhile_words,
    not_sent_words,
    refused_words,
    sent_without_request_words,
    unknown_words,
)
from collect_xl.planning.standing import carries_evidence, shown_status
from collect_xl.results.item_cells import NO_ITEMS, with_items
from collect_xl.results.shown_dates import moment_text

Cells = Mapping[str, str]
"""Result field (``result.status``, ...) -> text, of a date its moment in UTC; ``""`` empties the cell, and an absent
field leaves it as it is."""

CANCEL_WISHED = "You asked to cancel this request. Collect's list does not show it yet. Refresh the statuses."

NOT_REACHED = "Not sent: the run ended before this row. Send again."

_NO_DETAILS: Cells = {each.key: "" for each in DETAIL_FIELDS}

CLEARED: Cells = {
    "result.status": "",
    "result.requestId": "",
    "result.portalUrl": "",
    "result.error": "",
    "result.dueDate": "",
    "result.sentOn": "",
    "result.checkedOn": "",
    **_NO_DETAILS,
    **NO_ITEMS,
}


def of_columns(cells: Cells, fields: Collection[str]) -> dict[str, str]:
    """Return those of some cells whose columns a sheet has."""
    return {field: text for field, text in cells.items() if field in fields}


def row_cells(truth: Sorted, known: Known, attempted: Collection[int]) -> dict[int, Cells]:
    """Return the result cells of every row about which there is something to say, by row number.

    Args:
        truth: all rows of the sheet, as read, sorted by what the journal knows now, before the run or after it.
        known: what the journal knows now.
        attempted: the numbers of the rows that were to be sent.
    """
    rows = {row.number: row for row in filled(truth.rows)}
    cells: dict[int, Cells] = {}
    for each in truth.left_out:
        if each.row in rows:
            cells[each.row] = _cells_of_left_out(rows[each.row], each, known)
    for row, campaign in truth.planned:
        cells[row.number] = _cells_of_free(row, campaign, known, attempted)
    if known.items is None:
        return cells
    return {number: with_items(belongs, rows[number], known) for number, belongs in cells.items()}


def outcome_cells(outcome: Outcome, now: datetime) -> Cells:
    """Return the result cells of a row while its run is still on; the end of the run has the last word."""
    match outcome.state:
        case "sent" if outcome.request is not None:
            request = outcome.request
            return {
                "result.status": status_word(request.status),
                "result.requestId": request.id,
                "result.portalUrl": request.portal_url,
                "result.error": "",
                "result.dueDate": request.due,
                "result.sentOn": moment_text(now),
                **_NO_DETAILS,
                **NO_ITEMS,
                **_read(request.details),
                "result.contactId": request.contact_id,
            }
        case "unknown":
            return _without_request("unknown", unknown_words(outcome.why, outcome.words, f"{now:%Y-%m-%d}"))
        case "refused":
            return _without_request("refused", refused_words(outcome.words))
        case "not_sent":
            return _without_request("skipped", not_sent_words(outcome.why, outcome.words) or NOT_REACHED)
        case _:
            return {}


def _without_request(status: str, words: str) -> Cells:
    """Return the cells of a row that shows no request: one of our own statuses, and why."""
    return {**CLEARED, "result.status": status, "result.error": words}


def asked_meanwhile_cells(row: Row, claim: Claim) -> Cells:
    """Return the cells of a row that was left out because its person was asked elsewhere meanwhile."""
    words = asked_meanwhile_words(claim)
    if carries_evidence(row.seen):  # its earlier request stays on it
        return {"result.error": words, "result.status": row.seen.get("result.status", "")}
    return _without_request("skipped", words)


def says_unknown(row: Row | Rejected) -> bool:
    """Return whether the sheet calls a row unknown: then what was decided since must be there."""
    return shown_status(row.seen) == "unknown"


def _cells_of_left_out(row: Row | Rejected, left_out: LeftOut, known: Known) -> Cells:
    """Return the cells of a row that is not free to be sent."""
    error: Cells = {"result.error": left_out.in_cell}
    skipped = _without_request("skipped", left_out.in_cell)
    match left_out.reason:
        case "sent" if left_out.claim is not None:
            return _cells_of_sent(left_out.claim, known)
        case "invalid" | "duplicate":
            return _cells_of_wrong(row, left_out, known)
        case "unknown" if not _shows_an_unknown_request(row, known):
            cells = _without_request("unknown", left_out.in_cell)
        case "skipped" | "skip unclear":
            # What was sent before it was held out stays as it is.
            cells = {} if _was_sent(row, left_out) else skipped
        case "ask":
            cells = error if _was_sent(row, left_out) else skipped
        case "asked elsewhere":
            cells = skipped
        case "elsewhere" | "typed" | "edited" | "unknown":
            cells = error
        case _:
            cells = {}
    return cells


def _was_sent(row: Row | Rejected, left_out: LeftOut) -> bool:
    """Return whether a row shows that it was sent itself, and not the person whose results a sort left on it."""
    return carries_evidence(row.seen) and not left_out.stray


def _cells_of_wrong(row: Row | Rejected, left_out: LeftOut, known: Known) -> Cells:
    """Return the cells of an invalid row or a duplicate; what proves that the row was sent stays on it."""
    is_copy = left_out.reason == "duplicate" and _is_copy_of_a_sent_row(row, left_out.claim)
    if is_copy or not _was_sent(row, left_out):
        return _without_request(left_out.reason, left_out.in_cell)
    error = {"result.error": left_out.in_cell}
    claim = bound_claim(row, known) if isinstance(row, Rejected) else None
    if claim is not None and claim.state == "sent":
        # The request lives on, whatever became of the row since, as by a due date that has passed.
        return {**_cells_of_sent(claim, known), **error}
    return error


def _cells_of_sent(claim: Claim, known: Known) -> Cells:
    if is_cancelled_there(claim):
        return {**_cells_of_cancelled(claim), "result.error": CANCELLED_THERE}
    error = ""
    if is_undelivered(claim):
        error = NOT_DELIVERED
    elif claim.wish:
        error = CANCEL_WISHED
    elif not claim.request_id:
        error = sent_without_request_words(claim)
    return {
        "result.status": status_word(claim.status),
        "result.requestId": claim.request_id,
        "result.portalUrl": claim.portal_url,
        "result.error": error,
        "result.dueDate": claim.due,
        "result.sentOn": moment_text(claim.claimed_at),
        **_details_of(claim, known),
    }


def _details_of(claim: Claim, known: Known) -> Cells:
    """Return what Collect says about a claim's contact, where the sheet has columns for it."""
    if known.details is None:
        return {}
    return {**_NO_DETAILS, **_read(known.details.get(claim.id, "")), "result.contactId": _contact_id(claim)}


def _read(details: str) -> Cells:
    return cast("Cells", json.loads(details)) if details else {}


def _contact_id(claim: Claim) -> str:
    """Return the contact ID of a claim's person, given in the row or named by Collect; empty where two are known."""
    ids = [key.removeprefix("id:") for key in claim.keys if key.startswith("id:")]
    return ids[0] if len(ids) == 1 else ""


def _cells_of_cancelled(claim: Claim) -> Cells:
    """Return the cells of a person whose request was cancelled: its portal is closed, its ID stays as proof."""
    return {
        **CLEARED,
        "result.status": "cancelled",
        "result.requestId": claim.request_id,
        "result.sentOn": moment_text(claim.claimed_at),
        "result.checkedOn": moment_text(claim.settled_at) if claim.settled_at else "",
    }


def _cells_of_free(row: Row, campaign: Campaign, known: Known, attempted: Collection[int]) -> Cells:
    """Return the cells of a row that nothing holds: refused, not sent, not reached, or never tried."""
    claim = _last_claim(row, campaign, known)
    if row.number in attempted:
        return _cells_of_attempted(claim)
    if claim is not None and claim.state == "cancelled":
        return _cells_of_cancelled(claim)
    # What was decided about an unknown row since must be on it.
    if says_unknown(row):
        return _cells_of_attempted(claim)
    return CLEARED if known.shows_anothers(row) else {}


def _last_claim(row: Row, campaign: Campaign, known: Known) -> Claim | None:
    """Return the last claim of a row's person that holds the person no more."""
    # Where nothing was ever freed there is none, and the keys of each row need not be made.
    if not known.freed:
        return None
    return known.last(campaign.id, round_key(row.options.round), person_of(row.contact))


def _cells_of_attempted(claim: Claim | None) -> Cells:
    """Return the cells of a row that was to be sent, and that its last claim left free."""
    if claim is None:
        return _without_request("skipped", NOT_REACHED)
    match claim.state:
        case "refused":
            # Version 0.1 kept whole sentences.
            return _without_request("refused", refused_words(claim.words) if claim.why else claim.words)
        case "not_sent":
            return _without_request("skipped", not_sent_words(claim.why, claim.words) or NOT_REACHED)
        case _:
            return _without_request("skipped", NOT_REACHED)


def _shows_an_unknown_request(row: Row | Rejected, known: Known) -> bool:
    """Return whether a row shows a request ID that this journal does not know: evidence that is never blanked."""
    request_id = _request_id_on(row)
    return bool(request_id) and request_id not in known.bound


def _is_copy_of_a_sent_row(row: Row | Rejected, claim: Claim | None) -> bool:
    """Return whether a duplicate shows nothing but what the row with its person's request showed when it was copied.

    A request is on one row, and the other one has it.
    """
    if claim is None:
        return False
    request_id = _request_id_on(row)
    if request_id:
        return request_id == claim.request_id
    return says_unknown(row) and claim.state == "sent"


def _request_id_on(row: Row | Rejected) -> str:
    return row.seen.get("result.requestId", "").strip()
