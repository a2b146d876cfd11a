"""What belongs into the result cells of every row, from what the journal knows; only what differs is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from collect_xl.domain.identity import keys_of, round_key
from collect_xl.domain.model import Blank, Campaign, Claim, Outcome, Rejected, Row, RowResult
from collect_xl.domain.rows import Checked, LeftOut
from collect_xl.domain.statuses import CANCELLED_THERE, NOT_DELIVERED, is_cancelled_there, is_undelivered
from collect_xl.planning.eligibility import Triage
from collect_xl.planning.history import Known, bound_claim
from collect_xl.planning.standing import carries_evidence

__all__ = ["NOT_REACHED", "RowEnd", "marks", "outcome_cells", "row_cells", "row_ends", "row_results"]

NOT_REACHED = "Not sent: the run ended before this row. Run send again."


CLEARED: Mapping[str, str] = {
    "result.status": "",
    "result.requestId": "",
    "result.portalUrl": "",
    "result.error": "",
    "result.dueDate": "",
    "result.sentOn": "",
    "result.checkedOn": "",
}


def row_cells(truth: Triage, known: Known, attempted: Collection[int]) -> dict[int, Mapping[str, str]]:
    """Return the result cells of every row about which something is to be told, by row number.

    Args:
        truth: all rows of the sheet, as read, sorted out by what the journal knows now, before the run or after it.
        known: what the journal knows now.
        attempted: the numbers of the rows that were to be sent.
    """
    left_out = {each.row: each for each in truth.left_out}
    rows = {row.number: row for row in truth.rows if not isinstance(row, Blank)}
    cells = {number: _cells(rows[number], each, known) for number, each in left_out.items() if number in rows}
    free = {row.number: _cells_of_free(row, campaign, known, attempted) for row, campaign in truth.planned}
    return cells | free


def row_results(
    truth: Triage,
    known: Known,
    cells: Mapping[int, Mapping[str, str]],
    fields: Collection[str],
    *,
    by_choice: Collection[int],
    may_link: Callable[[str], bool],
) -> list[RowResult]:
    """Return what has to change in the sheet.

    Args:
        truth: as for ``row_cells``.
        known: as for ``row_cells``.
        cells: what belongs on each row.
        fields: the result fields that the sheet has or is to get.
        by_choice: the numbers of the rows that the user left out (hidden, not chosen): on those only lost results are
            restored and strangers' results are cleared.
        may_link: tells whether a portal URL is one of Collect's own, so that it may become a hyperlink.
    """
    restored = {each.row for each in truth.left_out if each.reason in {"sent", "unknown"}}
    restored |= {number for number, each in cells.items() if each.get("result.requestId")}
    # An edited row shows another person's request, too; cleared, it would no longer be held back.
    strays = {each.row for each in truth.left_out if each.stray}
    strays |= {row.number for row, _ in truth.planned if _stray(row, known)}
    found: list[RowResult] = []
    for row in truth.rows:
        if isinstance(row, Blank):
            continue
        belongs = cells.get(row.number, {})
        if row.number in by_choice and row.number not in restored and not _was_unknown(row):
            belongs = CLEARED if row.number in strays else {}
        elif row.number in by_choice and isinstance(row, Rejected):  # its request is news, what is wrong in it is not
            belongs = {name: text for name, text in belongs.items() if name != "result.error"}
        found += _changed(row, {name: belongs[name] for name in belongs if name in fields}, may_link)
    return found


def outcome_cells(outcome: Outcome, now: datetime) -> Mapping[str, str]:
    """Return the result cells of a row while its run is still on; the end of the run has the last word."""
    match outcome.state:
        case "sent" if outcome.request is not None:
            request = outcome.request
            return {
                "result.status": request.status or "pending",
                "result.requestId": request.id,
                "result.portalUrl": request.portal_url,
                "result.error": "",
                "result.dueDate": request.due,
                "result.sentOn": f"{now:%Y-%m-%d}",
            }
        case "unknown" | "refused":
            return {**CLEARED, "result.status": outcome.state, "result.error": outcome.words}
        case "not_sent":
            return {**CLEARED, "result.status": "skipped", "result.error": outcome.words or NOT_REACHED}
        case _:
            return {}


def _was_unknown(row: Row | Rejected) -> bool:
    """Tell whether the sheet calls a row unknown: what was settled since must be told there."""
    return row.seen.get("result.status", "").strip().casefold() == "unknown"


def _cells(row: Row | Rejected, left_out: LeftOut, known: Known) -> Mapping[str, str]:
    """Return the cells of a row that is not free to be sent."""
    match left_out.reason:
        case "sent" if left_out.claim:
            return _cells_of_sent(left_out.claim)
        case "unknown" if not _unbound(row, known):
            return {**CLEARED, "result.status": "unknown", "result.error": left_out.words}
        case "invalid" | "duplicate":
            proven = carries_evidence(row.seen) and not left_out.stray  # somebody sent this row: that stays
            told = {"result.error": left_out.words}
            bound = bound_claim(row, known) if isinstance(row, Rejected) else None
            if proven and bound is not None and bound.state == "sent":  # its request lives on all the same
                return {**_cells_of_sent(bound), **told}
            return told if proven else {**CLEARED, "result.status": left_out.reason, **told}
        case "asked elsewhere" | "elsewhere" | "edited" | "unknown":
            skipped = {**CLEARED, "result.status": "skipped"} if left_out.reason == "asked elsewhere" else {}
            return {**skipped, "result.error": left_out.words}
        case _:
            return {}


def _said(claim: Claim) -> str:
    return f"{claim.words} Which request it is, is not known yet. Run: collect-xl refresh"


def _cells_of_sent(claim: Claim) -> Mapping[str, str]:
    if is_cancelled_there(claim):
        return {**_cells_of_cancelled(claim), "result.error": CANCELLED_THERE}
    return {
        "result.status": claim.status or "pending",
        "result.requestId": claim.request_id,
        "result.portalUrl": claim.portal_url,
        "result.error": NOT_DELIVERED if is_undelivered(claim) else "" if claim.request_id else _said(claim),
        "result.dueDate": claim.due,
        "result.sentOn": f"{claim.claimed_at:%Y-%m-%d}",
    }


def _cells_of_cancelled(claim: Claim) -> Mapping[str, str]:
    """Return the cells of a person whose request was cancelled: its portal is closed, its id stays as proof."""
    return {
        **CLEARED,
        "result.status": "cancelled",
        "result.requestId": claim.request_id,
        "result.sentOn": f"{claim.claimed_at:%Y-%m-%d}",
        "result.checkedOn": f"{claim.settled_at:%Y-%m-%d}" if claim.settled_at else "",
    }


def _cells_of_free(row: Row, campaign: Campaign, known: Known, attempted: Collection[int]) -> Mapping[str, str]:
    """Return the cells of a row that nothing holds: refused, not sent, not reached, or never tried."""
    last = None
    if known.freed:
        last = known.last(campaign.id, round_key(row.options.round), known.keys(keys_of(row.contact)))
    if row.number not in attempted and last is not None and last.state == "cancelled":
        return _cells_of_cancelled(last)
    if row.number not in attempted and not _was_unknown(row):
        return CLEARED if _stray(row, known) else {}
    if last is not None and last.state == "refused":
        return {**CLEARED, "result.status": "refused", "result.error": last.words}
    words = last.words if last is not None and last.state == "not_sent" and last.words else NOT_REACHED
    return {**CLEARED, "result.status": "skipped", "result.error": words}


def _unbound(row: Row | Rejected, known: Known) -> bool:
    """Tell whether a row shows a request id that this journal does not know: evidence that is never blanked."""
    shown = row.seen.get("result.requestId", "").strip()
    return bool(shown) and shown not in known.bound


def _stray(row: Row | Rejected, known: Known) -> bool:
    """Tell whether the results on a row are another person's, whom the journal knows."""
    bound = known.bound.get(row.seen.get("result.requestId", "").strip())
    if bound is None or isinstance(row, Rejected):
        return False
    return set(bound.keys).isdisjoint(known.keys(keys_of(row.contact)))


def _changed(row: Row | Rejected, cells: Mapping[str, str], may_link: Callable[[str], bool]) -> Iterable[RowResult]:
    """Yield what differs from what the sheet shows."""
    different = {name: text for name, text in cells.items() if text != row.seen.get(name, "")}
    if different:
        yield RowResult(row.number, row.anchor, different, may_link(cells.get("result.portalUrl", "")))


WRONG = frozenset({"invalid", "duplicate"})
"""The words that a check writes, and that it takes back once the row is right."""


def marks(rows: Iterable[Checked], left_out: Iterable[LeftOut], *, sure: bool) -> list[RowResult]:
    """Return what has to change in the sheet so that it shows what is wrong now.

    Args:
        rows: all rows of the sheet, as read.
        left_out: the rows that would not be sent, and why.
        sure: whether the account was known, so that what is not wrong here is right; else no error is taken back.
    """
    why = {each.row: each for each in left_out}
    found = []
    for row in rows:
        if isinstance(row, Blank) or carries_evidence(row.seen):
            continue
        each, shown = why.get(row.number), row.seen.get("result.status", "").strip().casefold()
        if each is not None and each.reason in WRONG:
            cells = {"result.status": str(each.reason), "result.error": each.words}
        elif sure and shown in WRONG and (each is None or each.reason != "not chosen"):
            cells = {"result.status": "", "result.error": ""}
        else:
            continue
        different = {name: text for name, text in cells.items() if text != row.seen.get(name, "")}
        if different:
            found.append(RowResult(row.number, row.anchor, different))
    return found


@dataclass(frozen=True, slots=True)
class RowEnd:
    """How one row stands at the end."""

    row: int
    status: str
    request_id: str
    words: str
    portal_url: str = ""
    """Confidential: whoever has it sees the client's documents."""


def row_ends(
    rows: Iterable[Checked], cells: Mapping[int, Mapping[str, str]], left_out: Iterable[LeftOut]
) -> tuple[RowEnd, ...]:
    """Return how every row stands: what its cells say, else why it was left out.

    Args:
        rows: all rows of the sheet.
        cells: the result cells that belong on rows, by row number.
        left_out: the rows that were not sent.
    """
    why = {each.row: each for each in left_out}
    return tuple(_row_end(row.number, cells.get(row.number, {}), why.get(row.number)) for row in rows)


def _row_end(row: int, cells: Mapping[str, str], left_out: LeftOut | None) -> RowEnd:
    if "result.status" in cells:
        request, portal = cells.get("result.requestId", ""), cells.get("result.portalUrl", "")
        return RowEnd(row, cells["result.status"], request, cells["result.error"], portal)
    return RowEnd(row, left_out.reason if left_out else "", "", left_out.words if left_out else "")
