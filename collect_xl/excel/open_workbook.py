"""The workbook that is open in Excel: the source of the contacts, and the place for their results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from collect_xl.domain.a1 import Area
from collect_xl.domain.headings import OPTIONS_SHEETS, is_result
from collect_xl.domain.identity import ANCHOR_FIELDS
from collect_xl.domain.model import Written
from collect_xl.errors import CollectXlError, LayoutError, WorkbookBusy, WorkbookError
from collect_xl.excel.open_layout import read_contacts
from collect_xl.excel.open_options import read_options
from collect_xl.excel.open_rows import Contacts
from collect_xl.excel.open_sheet import OpenSheet
from collect_xl.excel.portal_links import URL, PortalLinks
from collect_xl.excel.result_columns import add_missing
from collect_xl.excel.result_rows import Found, find_rows
from collect_xl.excel.retry import is_busy, is_not_settable, listed, patiently
from collect_xl.excel.screen_updating import ScreenUpdating
from collect_xl.excel.text_block import DATE_FORMATS, TEXT_FORMAT, Block, Keys
from collect_xl.excel.text_lines import Line, column_groups
from collect_xl.excel.write_probe import try_writing
from collect_xl.excel.write_refusals import rows_moved, sheet_protected
from collect_xl.workbook.interface import Workbook
from collect_xl.workbook.labels import sheets_beside
from collect_xl.workbook.moved_rows import all_lost
from collect_xl.workbook.result_headers import DATE_COLUMNS

if TYPE_CHECKING:
    import xlwings as xw

    from collect_xl.domain.model import Layout, OptionCell, RowResult, SheetRow

T = TypeVar("T")
MANY = 50
"""Results from which on it pays to pause Excel's updates while they are written."""


def open_live(book: xw.Book, *, contacts_sheet: str | None = None, options_sheet: str | None = None) -> LiveWorkbook:
    """Take a workbook that is open in Excel for a run.

    Args:
        book: the workbook.
        contacts_sheet: the sheet of the contacts; None for ``Contacts``, else the only sheet with a fitting header.
        options_sheet: the sheet of the options; None for ``Options`` where there is one.

    Raises:
        WorkbookError: it is not certain where its contacts are, or Excel does not answer.
    """
    workbook = LiveWorkbook(book, (contacts_sheet, options_sheet))
    workbook.layout()
    return workbook


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read at one moment."""

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
        wait: waits that many seconds for an Excel that is busy.
    """

    def __init__(
        self,
        book: xw.Book,
        sheets: tuple[str | None, str | None] = (None, None),
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._book = book
        self._contacts_sheet, self._options_sheet = sheets
        self._wait = wait
        # no more than the name is asked for: of a workbook in a cloud the full name may not be had
        self.name: str = self._patiently(lambda: book.name)
        self._last_reading: _Reading | None = None
        self._contacts: Contacts | None = None
        """Where the contacts stood when they were last looked at; written to only after another look."""
        self._links = PortalLinks()
        self._updates = ScreenUpdating(book, wait)

    def _patiently(self, attempt: Callable[[], T], what: str = "let its cells be read") -> T:
        return patiently(attempt, self._wait, what)

    def _patiently_written(self, attempt: Callable[[], T]) -> T:
        """Write something; again while Excel is busy."""
        try:
            return self._patiently(attempt, "take results")
        except WorkbookBusy as busy:
            # In these words a protected sheet refuses as well, and it would do so for ever.
            contacts = self._contacts
            if contacts is None or not is_not_settable(busy.__cause__) or not contacts.sheet.is_protected():
                raise
            raise sheet_protected(contacts.sheet.name) from busy

    @property
    def _reading(self) -> _Reading:
        if self._last_reading is None:
            self._last_reading = self._patiently(self._read)
            self._contacts = self._last_reading.contacts
        return self._last_reading

    def _read(self) -> _Reading:
        contacts = self._look()
        if not self._options_sheet:
            sheets = [OpenSheet(sheet) for sheet in listed(self._book.sheets)]
            beside = sheets_beside(sheets, contacts.layout.sheet, OPTIONS_SHEETS)
            contacts = replace(contacts, layout=replace(contacts.layout, sheets=beside))
        return _Reading(
            contacts=contacts,
            rows=tuple(contacts.rows()),
            options=read_options(self._book, self._options_sheet),
        )

    def _look(self) -> Contacts:
        return read_contacts(self._book, self._contacts_sheet)

    def layout(self) -> Layout:
        """Return where header and columns are."""
        return self._reading.contacts.layout

    def options(self) -> tuple[OptionCell, ...]:
        """Return the named lines of the options sheet, in order."""
        return self._reading.options

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the header in order, as they were when last looked at."""
        yield from self._reading.rows

    def probe(self) -> tuple[str, ...]:
        """Raise what ``write`` would meet.

        That is an Excel that is busy, a protected sheet, a formula in the way, or no room.
        """
        contacts = self._reading.contacts
        with self._updates.paused(worth_it=False):
            self._patiently_written(lambda: try_writing(contacts))
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
            with self._updates.paused(worth_it=len(results) > MANY):
                return self._patiently_written(lambda: self._write(results))
        finally:
            # also after a failure, which may have come when some cells were written
            self._last_reading = None

    def _write(self, results: Sequence[RowResult]) -> Written:
        # this is done again from here when Excel is busy: the rows may have moved while we waited
        try:
            found = self._find(results)
        except LayoutError as unusable:
            return all_lost(results, self.name, self.name, unusable)
        refound = found.refound
        if not refound.rows:
            return Written(self.name, 0, lost=refound.lost)
        self._contacts, notes = add_missing(found.contacts, self._wait, self.more_results)
        self._put(replace(found, contacts=self._contacts))
        return Written(
            path=self.name,
            rows=len(refound.rows),
            moved=refound.moved,
            lost=refound.lost,
            notes=notes,
        )

    def _find(self, results: Sequence[RowResult]) -> Found:
        """Find the rows of results, in a sheet that may have been renamed or deleted meanwhile."""
        # without all result columns they are looked at again: an attempt that Excel broke off may have added some
        if self._contacts is None or not self._contacts.complete:
            self._contacts = self._look()
        try:
            return find_rows(self._contacts, self._look, results)
        except CollectXlError:
            raise
        except Exception as error:
            if is_busy(error):
                raise
        # the sheet does not answer, so that it is looked for among all sheets
        self._contacts = self._look()
        return find_rows(self._contacts, self._look, results)

    def _put(self, found: Found) -> None:
        """Write results into the rows that were found, group by group of neighbouring columns."""
        contacts = found.contacts
        results = found.refound.rows
        rows = sorted(results)
        area = contacts.body._replace(top=rows[0], bottom=rows[-1])
        hidden = contacts.sheet.hidden(area)
        lines = found.values(area)
        # the user may have sorted while columns were added: these rows would get the results of others
        if not found.still_there(area, lines):
            raise rows_moved(contacts.sheet.name)
        columns = contacts.columns
        key_columns = [columns[field] for field in ANCHOR_FIELDS if field in columns]
        keys = Keys(area, key_columns, lines)
        for number_format, group in _groups_with_news(columns, results):
            part = _part(area, group)
            before = found.values(part)
            if URL in group:
                step = group[URL] - part.left
                addresses = [before[row - part.top][step] for row in rows]
                self._links.before_writing(results, addresses)
            block = Block(
                sheet=contacts.sheet,
                area=part,
                before=before,
                formulas=found.formulas(part),
                hidden=hidden,
                keys=keys,
                number_format=number_format,
            )
            block.put(_texts(results, tuple(group)))
        self._links.after_writing(contacts, results)

    def close(self) -> None:
        """Give Excel's settings back, which a busy one may not have taken yet."""
        self._updates.close()

    def add_links(self) -> tuple[str, ...]:
        """Make links of the addresses that were written; return sentences for the user."""
        owed = self._links.owed()
        if not owed:
            return ()
        try:
            return self._make_links(owed)
        except WorkbookError:
            # links are worth no error: the addresses are there as texts
            return ()

    def _make_links(self, owed: Sequence[RowResult]) -> tuple[str, ...]:
        found = self._patiently(lambda: self._find(owed), "take links")
        column = found.contacts.columns.get(URL)
        rows = sorted(found.refound.rows)
        if column is None or not rows:
            return ()
        lines = found.values(Area(column, rows[0], column, rows[-1]))
        addresses = [lines[row - rows[0]] for row in rows]
        with self._updates.paused(worth_it=len(rows) > MANY):
            return self._links.add(found.contacts, found.refound.rows, addresses, self._wait)


def _groups_with_news(
    columns: Mapping[str, int], results: Mapping[int, RowResult]
) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the groups of neighbouring result columns of one format in which some result has news."""
    by_format: dict[str, dict[str, int]] = {}
    for field, column in columns.items():
        if is_result(field):
            number_format = DATE_FORMATS[DATE_COLUMNS[field]] if field in DATE_COLUMNS else TEXT_FORMAT
            by_format.setdefault(number_format, {})[field] = column
    fields_with_news: set[str] = set()
    for result in results.values():
        fields_with_news.update(result.cells)
    for number_format, result_columns in by_format.items():
        for group in column_groups(result_columns):
            if not fields_with_news.isdisjoint(group):
                yield number_format, group


def _texts(results: Mapping[int, RowResult], fields: Sequence[str]) -> dict[int, Line]:
    """Return the texts and dates of some fields: row -> one for each field."""
    texts: dict[int, Line] = {}
    for row, result in results.items():
        texts[row] = [result.cells.get(field) for field in fields]
    return texts


def _part(area: Area, group: Mapping[str, int]) -> Area:
    """Return the rows of an area, over a group of columns from left to right."""
    columns = list(group.values())
    return area._replace(left=columns[0], right=columns[-1])
