"""The workbook that is open in Excel: the source of the contacts, and the place for their results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from collect_xl.domain.a1 import Area
from collect_xl.domain.identity import ANCHOR_FIELDS
from collect_xl.domain.model import Written
from collect_xl.errors import CollectXlError, LayoutError, WorkbookError
from collect_xl.excel.open_rows import Contacts, read_contacts, read_options
from collect_xl.excel.portal_links import URL, PortalLinks
from collect_xl.excel.result_columns import add_missing, try_writing
from collect_xl.excel.result_rows import Found, find_rows
from collect_xl.excel.retry import is_busy, patiently
from collect_xl.excel.screen_updating import Stillness
from collect_xl.excel.text_block import Block, Keys, column_groups, rows_moved
from collect_xl.workbook.interface import Workbook

if TYPE_CHECKING:
    import xlwings as xw

    from collect_xl.domain.model import Layout, OptionCell, RowResult, SheetRow

__all__ = ["LiveWorkbook", "open_live"]

T = TypeVar("T")
MANY = 50
"""Results from which on it pays to keep Excel still while they are written."""


def open_live(book: xw.Book, *, contacts_sheet: str | None = None, options_sheet: str | None = None) -> LiveWorkbook:
    """Take a workbook that is open in Excel for a run.

    Args:
        book: the workbook.
        contacts_sheet: the sheet of the contacts; None for ``Contacts``, else the only sheet with a fitting header.
        options_sheet: the sheet of the options; None for ``Options`` where there is one.

    Raises:
        WorkbookError: its contacts cannot be told for certain, or Excel does not answer.
    """
    workbook = LiveWorkbook(book, (contacts_sheet, options_sheet))
    workbook.layout()
    return workbook


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was found at one moment."""

    contacts: Contacts
    rows: tuple[SheetRow, ...]
    options: tuple[OptionCell, ...]


class LiveWorkbook(Workbook):
    """A workbook that is open in Excel as source and sink.

    Excel and its user go on meanwhile: whatever fails because Excel is busy is done again from its beginning, and rows
    are found again before anything is written to them.

    Args:
        book: the workbook.
        sheets: the names of the contacts' and of the options' sheet, None for the usual ones.
        wait: waits so many seconds for an Excel that is busy.
    """

    def __init__(
        self,
        book: xw.Book,
        sheets: tuple[str | None, str | None] = (None, None),
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._book, self._sheets, self._wait = book, sheets, wait
        self.name: str = self._patiently(lambda: book.name)  # all that is told: in a cloud, a full name may not be had
        self._known: _Reading | None = None
        self._contacts: Contacts | None = None
        """Where the contacts stood when they were last looked at; written to only after another look."""
        self._links = PortalLinks()
        self._still = Stillness(book, wait)

    def _patiently(self, attempt: Callable[[], T], what: str = "let its cells be read") -> T:
        return patiently(attempt, self._wait, what)

    @property
    def _reading(self) -> _Reading:
        if self._known is None:
            self._known = self._patiently(self._read)
            self._contacts = self._known.contacts
        return self._known

    def _read(self) -> _Reading:
        contacts = read_contacts(self._book, self._sheets[0])
        return _Reading(contacts, tuple(contacts.rows()), read_options(self._book, self._sheets[1]))

    def layout(self) -> Layout:
        """Return where header and columns are."""
        return self._reading.contacts.layout

    def options(self) -> tuple[OptionCell, ...]:
        """Return the named lines of the options sheet in order; empty where the book has no such sheet."""
        return self._reading.options

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the header in order, hidden and blank ones too, as they were when last looked at."""
        yield from self._reading.rows

    def probe(self) -> tuple[str, ...]:
        """Raise what ``write`` would meet: Excel busy, a protected sheet, a formula in the way, no room."""
        contacts = self._reading.contacts
        self._patiently(lambda: try_writing(contacts), "take results")
        return ()

    def write(self, results: Sequence[RowResult]) -> Written:
        """Put each result on its own row, adding the result columns when missing; touch nothing else.

        The rows are found again by what identifies them. Addresses of portals go in as text; ``add_links`` makes links
        of them.

        Raises:
            WorkbookRefused: the sheet cannot take the results.
            WorkbookBusy: Excel had no time.
        """
        if not results:
            return Written(self.name, 0)
        try:
            with self._still.kept(worth_it=len(results) > MANY):
                return self._patiently(lambda: self._write(results), "take results")
        finally:
            self._known = None

    def _write(self, results: Sequence[RowResult]) -> Written:
        try:
            found = self._find(results)
        except LayoutError as unusable:
            return self._all_lost(results, unusable)
        refound = found.refound
        if not refound.rows:
            return Written(self.name, 0, lost=refound.lost)
        self._contacts, notes = add_missing(found.contacts, self._wait)
        self._put(replace(found, contacts=self._contacts))
        return Written(self.name, len(refound.rows), refound.moved, refound.lost, notes)

    def _find(self, results: Sequence[RowResult]) -> Found:
        """Find the rows of results; a sheet that does not answer was renamed or deleted, so all are looked at again."""
        if self._contacts is None or not self._contacts.complete:  # a first attempt may have added columns already
            self._contacts = self._look()
        try:
            return find_rows(self._contacts, self._look, results)
        except CollectXlError:
            raise
        except Exception as error:
            if is_busy(error):
                raise
        self._contacts = self._look()
        return find_rows(self._contacts, self._look, results)

    def _look(self) -> Contacts:
        return read_contacts(self._book, self._sheets[0])

    def _put(self, found: Found) -> None:
        """Write results into the rows that were found, group by group of columns that stand side by side."""
        contacts, results = found.contacts, found.refound.rows
        rows = sorted(results)
        area = contacts.body._replace(top=rows[0], bottom=rows[-1])
        hidden = contacts.sheet.hidden(area)
        columns = contacts.columns
        lines = found.values(area)
        if not found.still_there(area, lines):  # somebody sorted while columns were added
            raise rows_moved(contacts.sheet.name)
        keys = Keys(area, [columns[field] for field in ANCHOR_FIELDS if field in columns], lines)
        for group in column_groups({field: at for field, at in columns.items() if field.startswith("result.")}):
            if not any(field in result.cells for result in results.values() for field in group):
                continue
            places = list(group.values())
            part = area._replace(left=places[0], right=places[-1])
            before = found.values(part)
            if URL in group:
                self._links.before_writing(results, [before[row - part.top][group[URL] - part.left] for row in rows])
            block = Block(contacts.sheet, part, before, found.formulas(part), hidden, keys)
            block.put({row: [result.cells.get(field) for field in group] for row, result in results.items()})
        self._links.after_writing(contacts, results)

    def add_links(self) -> tuple[str, ...]:
        """Make links of the addresses that were written, as far as Excel lets us; return sentences for the user."""
        owed = self._links.owed()
        if not owed:
            return ()
        try:
            found = self._patiently(lambda: self._find(owed), "take links")
            column = found.contacts.columns.get(URL)
            rows = sorted(found.refound.rows)
            if column is None or not rows:
                return ()
            lines = found.values(Area(column, rows[0], column, rows[-1]))
            with self._still.kept(worth_it=len(rows) > MANY):
                shown = [lines[row - rows[0]] for row in rows]
                return self._links.add(found.contacts, found.refound.rows, shown, self._wait)
        except WorkbookError:  # the addresses are there as texts
            return ()

    def _all_lost(self, results: Sequence[RowResult], unusable: LayoutError) -> Written:
        note = f"{self.name} was changed and can no longer be used: {unusable.message} The results stay in the journal."
        return Written(self.name, 0, lost=tuple(result.row for result in results), notes=(note,))
