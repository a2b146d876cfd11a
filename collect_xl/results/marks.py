"""What a check writes: what is wrong beside each row that is wrong, and nothing on a row that was sent."""

from __future__ import annotations

from collections.abc import Iterable

from collect_xl.domain.model import Rejected, Row, RowResult
from collect_xl.domain.rows import Checked, LeftOut, by_row, filled
from collect_xl.planning.standing import carries_evidence, shown_status
from collect_xl.results.cell_changes import differing_cells
from collect_xl.results.cells import Cells

WRONG = frozenset({"invalid", "duplicate"})
"""The statuses that a check writes, and that it takes back once the row is right."""


def marks(rows: Iterable[Checked], left_out: Iterable[LeftOut], *, sure: bool) -> list[RowResult]:
    """Return what has to change in the sheet so that it shows what is wrong now.

    Args:
        rows: all rows of the sheet, as read.
        left_out: the rows that would not be sent, and why.
        sure: whether the account was known, so that what is not wrong here is right; else no error is taken back.
    """
    reasons = by_row(left_out)
    results = []
    for row in filled(rows):
        if carries_evidence(row.seen):
            continue
        different = differing_cells(row, _mark(row, reasons.get(row.number), sure=sure))
        if different:
            results.append(RowResult(row.number, row.anchor, different))
    return results


def _mark(row: Row | Rejected, left_out: LeftOut | None, *, sure: bool) -> Cells:
    """Return the cells of one row: what is wrong, or nothing where an earlier mark is out of date."""
    if left_out is not None and left_out.reason in WRONG:
        return {"result.status": left_out.reason, "result.error": left_out.in_cell}
    was_marked = shown_status(row.seen) in WRONG
    was_looked_at = left_out is None or left_out.reason != "not chosen"
    if sure and was_marked and was_looked_at:
        return {"result.status": "", "result.error": ""}
    return {}
