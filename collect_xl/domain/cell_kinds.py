"""What one cell of a workbook holds, as the core sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Literal


class Number(str):
    """A number cell, as the text that Excel shows for it (``49``, ``00123``); a date serial is no Number."""

    __slots__ = ()


FaultKind = Literal["error", "formula", "merged", "digits", "date", "rich"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell whose value cannot be trusted, and why."""

    kind: FaultKind
    """``error``: an Excel error value; ``formula``: a formula without a stored result; ``merged``: part of a merged
    range; ``digits``: a number of more than 15 digits, which Excel has rounded; ``date``: a serial that is no date;
    ``rich``: a data type of Excel or a picture."""
    shown: str
    """What is in the cell, for the message: ``#N/A``, ``=A1&B1``, ``B7:B9``, ``1.23456789012346E+17``."""


CellValue = str | Number | bool | date | datetime | time | Fault
"""One cell as the core sees it; a blank cell is absent. Plain text is ``str``, untrimmed."""

ResultValue = str | date
"""What is written into a result cell: a text, or a date; a ``datetime`` is a date with its time."""

NO_CELLS: Mapping[str, CellValue] = MappingProxyType({})
NO_DATES: Mapping[str, date] = MappingProxyType({})
