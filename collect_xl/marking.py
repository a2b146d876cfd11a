"""What a check writes: what is wrong beside each row that is wrong, and nothing on a row that was sent."""

from __future__ import annotations

from collections.abc import Iterable

from collect_xl.domain.model import Blank, RowResult
from collect_xl.planning.eligibility import Checked, LeftOut
from collect_xl.planning.standing import carries_evidence

__all__ = ["marks"]

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
