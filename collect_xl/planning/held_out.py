"""Rows that the list itself holds out, and rows of the same people."""

from __future__ import annotations

from collect_xl.domain.model import Rejected, Row
from collect_xl.domain.rows import LeftOut
from collect_xl.domain.skip_words import SkipMark

_TAKE_AWAY = "To ask this person, take the mark away there."


def left_out_by_mark(row: Row | Rejected, mark: SkipMark, *, stray: bool) -> LeftOut:
    """Return why a row is not sent that its list holds out.

    Args:
        row: the row.
        mark: what holds it out.
        stray: whether the results on it are another person's.
    """
    if mark.is_clear:
        words = f"Held out: {mark.header} says {mark.found}. To ask this person, empty that cell or type no."
        return LeftOut(row.number, "skipped", words, stray=stray)
    words = f"Held out: {mark.header} cannot be read, it holds {mark.found}. Repair the cell, or type yes or no."
    return LeftOut(row.number, "skip unclear", words, stray=stray)


def left_out_by_twin(row: Row, twin: int, who: str, *, stray: bool) -> LeftOut:
    """Return why a row is not sent whose person another row holds out.

    Args:
        row: the row.
        twin: the other one.
        who: what a message calls its person.
        stray: whether the results on the row are another person's.
    """
    words = f"Held out: the same person as in row {twin}, which the list holds out. {_TAKE_AWAY}"
    cell = f"Held out: the same person as {who} in another row, which the list holds out. {_TAKE_AWAY}"
    return LeftOut(row.number, "skipped", words, cell, stray=stray)
