"""The abstract pair that every workbook is to the core: a source of rows and a sink for results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from collect_xl.domain.model import CellValue, Layout, OptionCell, RowResult, SheetRow, Written

ANCHOR_FIELDS = ("contactId", "email", "campaignId", "round")
"""The cells that make a row who it is; other cells may be edited during a run without harm."""


def anchor(cells: Mapping[str, CellValue]) -> tuple[str, ...]:
    """Return what a row is found again by, as texts trimmed and casefolded, in the order of ``ANCHOR_FIELDS``."""
    return tuple([_folded(cells[field]) if field in cells else "" for field in ANCHOR_FIELDS])


def _folded(value: CellValue) -> str:
    text = value if isinstance(value, str) else str(value)
    folded = text.strip().casefold()
    return text if folded == text else folded  # the cell's own object: a copy for each of 100,000 rows adds up


class Source(ABC):
    """A workbook as something to read.

    Sample usage::

        source.layout().sheet
        for row in source.rows():
            row.cells["email"]
    """

    name: str
    """What people call the workbook: the file's name."""

    @abstractmethod
    def layout(self) -> Layout:
        """Return where header and columns are; raise ``LayoutError`` when that cannot be told for certain."""

    @abstractmethod
    def options(self) -> tuple[OptionCell, ...]:
        """Return the named lines of the options sheet in order; empty where the book has no such sheet."""

    @abstractmethod
    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the header in order, hidden and blank ones too; trailing blank rows end the list."""


class Sink(ABC):
    """A workbook as a place for results."""

    @abstractmethod
    def probe(self) -> tuple[str, ...]:
        """Raise the ``WorkbookError`` or ``DiskError`` that ``write`` would meet; return warnings for the preview.

        Called before anything is sent: what cannot be written back must not be asked.
        """

    @abstractmethod
    def write(self, results: Sequence[RowResult]) -> Written:
        """Put each result on its own row, adding the result columns when missing; touch nothing else.

        A row whose anchor no longer matches is looked for elsewhere in the sheet; what is gone is reported.
        """

    def add_links(self) -> tuple[str, ...]:
        """Make links of the portal addresses that were written, where that had to wait; return sentences for the user.

        Called when all results of a run are written. Nothing to do for a sink that made links while it wrote.
        """
        return ()


class Workbook(Source, Sink):
    """A workbook that is read and written: both halves in one object."""
