"""People who are below a blank row: they may be another list, so that the preview names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collect_xl.domain.model import Blank, Row
from collect_xl.domain.rows import Checked
from collect_xl.planning.plan import Plan

MOST_NAMED = 10
"""People that the preview names; the rest is counted."""


def below_gaps(rows: Sequence[Checked], plan: Plan) -> str:
    """Return a sentence that names the people below blank rows who would be asked.

    Args:
        rows: all rows of the sheet.
        plan: who would be asked.

    Returns:
        An empty text where there are none.
    """
    planned = {row.number: row for row in plan.rows}
    people = [_named(planned[number]) for number in _rows_below_gaps(rows) if number in planned]
    if not people:
        return ""
    more = f", and {len(people) - MOST_NAMED:,} more" if len(people) > MOST_NAMED else ""
    return f"These people are below a blank row, and would be asked as well: {', '.join(people[:MOST_NAMED])}{more}."


def _rows_below_gaps(rows: Sequence[Checked]) -> Iterator[int]:
    last = 0  # the last row above that is not blank
    is_below = False
    for row in rows:
        if isinstance(row, Blank):
            # A header that is printed between rows parts no lists.
            last = row.number if last and row.repeats_header else last
            continue
        is_below = is_below or 0 < last < row.number - 1
        last = row.number
        if is_below:
            yield row.number


def _named(row: Row) -> str:
    return f"row {row.number} ({row.contact.called})"
