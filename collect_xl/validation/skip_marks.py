"""Whether a row is held out by its list: by a column *Skip*, or by another one that says who must not be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collect_xl.domain.cell_content import shows_nothing
from collect_xl.domain.headings import fold
from collect_xl.domain.model import CellValue, Column, Fault
from collect_xl.domain.skip_words import SkipMark
from collect_xl.validation.fields import YesNo
from collect_xl.validation.refusal import describe


def skip_mark(cells: Mapping[str, CellValue], columns: Sequence[Column]) -> SkipMark | None:
    """Return what holds a row out, or None where each of the columns is blank or says no.

    Whatever else is there holds out, since no list of words knows every yes: a tick, a date, a reason, an error.

    Args:
        cells: the row's.
        columns: those that hold out.
    """
    for column in columns:
        value = cells.get(column.field)
        if value is None or shows_nothing(value) or _says_no(value):
            continue
        header = " ".join(column.header.split())
        return SkipMark(header, describe(value), is_clear=not isinstance(value, Fault))
    return None


def _says_no(value: CellValue) -> bool:
    return isinstance(value, str) and YesNo.WORDS.get(fold(value)) is False
