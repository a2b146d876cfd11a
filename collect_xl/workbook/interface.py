"""What every workbook is to the core: a source of rows and a sink for results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from collect_xl.domain.headings import Field
from collect_xl.domain.model import Layout, OptionCell, SheetRow
from collect_xl.domain.ports import Sink


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
        """Return where header and columns are; raise ``LayoutError`` when that is not certain."""

    @abstractmethod
    def options(self) -> tuple[OptionCell, ...]:
        """Return the named lines of the options sheet in order.

        Empty where the book has no such sheet.
        """

    @abstractmethod
    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the header in order, hidden and blank ones too.

        Trailing blank rows end the list.
        """


class Workbook(Source, Sink):
    """A workbook that is read and written: both halves in one object."""

    more_results: tuple[Field, ...] = ()
    """Result columns that are added beside the usual ones, where the sheet lacks them."""

    def close(self) -> None:
        """Give back what was borrowed for the run; called once, when nothing more is written. Never raises."""
