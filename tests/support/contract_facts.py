"""Sheets of contacts as facts, for the contract of workbooks and for processes that open such sheets without pytest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Grid = list[list[object]]
"""The cells of a sheet from A1 on; None is blank."""

RESULT_HEADERS = ["Collect status", "Collect message", "Collect portal URL", "Collect request ID"]
PEOPLE: Grid = [
    ["Email", "First name", "Round"],
    ["ann@example.com", "Ann", "Q4"],
    ["bob@example.com", "Bob", "Q4"],
    ["cyd@example.com", "Cyd", "Q4"],
]


@dataclass(frozen=True, slots=True)
class Extras:
    """What a sheet of contacts has besides the texts of its cells."""

    table: str = ""
    """The area of the table ``People``; empty for none."""
    totals: bool = False
    """Whether the last row of the table has its totals."""
    merged: str = ""
    """An area; empty for none."""
    formula: str = ""
    """A cell with a formula that shows nothing; empty for none."""
    formulas: Mapping[str, object] = field(default_factory=dict)
    """Cell -> what its formula shows."""
    pictures: Sequence[str] = ()
    """Cells that hold a picture."""
    pivot: str = ""
    """The area that the pivot table ``Totals`` fills; empty for none."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Cell -> where the link over its text leads."""
    texts: Sequence[str] = ()
    """Cells that are formatted as text."""
    date1904: bool = False
    """Whether the workbook counts its days from 1904, as Excel for the Macintosh once did."""


PLAIN = Extras()
