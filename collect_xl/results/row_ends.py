"""How every row stands at the end of a run, as its cells show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from collect_xl.domain.model import Blank, Rejected, Row
from collect_xl.domain.rows import Checked, LeftOut, by_row
from collect_xl.planning.plan import Plan
from collect_xl.results.cells import Cells


@dataclass(frozen=True, slots=True)
class RowEnd:
    """How one row stands at the end."""

    row: int
    status: str
    """Collect's status once sent, else one of ours, or why the row was left out."""
    request_id: str
    message: str
    """What is wrong or what happened, and what to do."""
    portal_url: str = ""
    """Confidential: it opens the client's documents."""
    email: str = ""
    contact_id: str = ""
    due: str = ""
    """ISO 8601 in UTC, or empty."""


def row_ends(rows: Iterable[Checked], cells: Mapping[int, Cells], left_out: Iterable[LeftOut]) -> tuple[RowEnd, ...]:
    """Return how every row stands: what its cells say, else why it was left out.

    Args:
        rows: all rows of the sheet.
        cells: the result cells that belong on rows, by row number.
        left_out: the rows that were not sent.
    """
    reasons = by_row(left_out)
    return tuple(_row_end(row, cells.get(row.number, {}), reasons.get(row.number)) for row in rows)


def planned_rows(rows: Iterable[Checked], plan: Plan) -> tuple[RowEnd, ...]:
    """Return how every row stands before it is sent: ``planned``, or why it would not be sent.

    Args:
        rows: all rows of the sheet.
        plan: what would be sent.
    """
    planned = plan.row_numbers
    reasons = by_row(plan.left_out)
    ends = []
    for row in rows:
        left_out = reasons.get(row.number)
        if left_out is None:
            email, contact_id = _person(row)
            status = "planned" if row.number in planned else ""
            ends.append(RowEnd(row.number, status, "", "", "", email, contact_id))
            continue
        end = _row_end(row, {}, left_out)
        request_id = left_out.claim.request_id if left_out.claim else ""
        ends.append(replace(end, request_id=request_id))
    return tuple(ends)


def _row_end(row: Checked, cells: Cells, left_out: LeftOut | None) -> RowEnd:
    email, contact_id = _person(row)
    if "result.status" in cells:
        return RowEnd(
            row.number,
            cells["result.status"],
            cells.get("result.requestId", ""),
            _message(cells["result.error"], left_out),
            cells.get("result.portalUrl", ""),
            email,
            contact_id,
            cells.get("result.dueDate", ""),
        )
    if left_out is None:
        return RowEnd(row.number, "", "", "", "", email, contact_id)
    return RowEnd(row.number, left_out.reason, "", left_out.words, "", email, contact_id)


def _message(in_cell: str, left_out: LeftOut | None) -> str:
    """Return what a cell says, with the rows and places that it leaves out; here no sort makes them wrong."""
    return left_out.words if left_out is not None and in_cell == left_out.in_cell else in_cell


def _person(row: Checked) -> tuple[str, str]:
    """Return address and contact ID of a row; of one that is invalid what its cells hold."""
    match row:
        case Row():
            return row.contact.email, row.contact.id
        case Rejected():
            contact_id, email = row.anchor[:2]
            return email, contact_id
        case Blank():
            return "", ""
