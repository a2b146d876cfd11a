"""How every row stands at the end of a run, in the words that its cells show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collect_xl.planning.eligibility import Checked, LeftOut

__all__ = ["RowEnd", "row_ends"]


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
