"""A workbook on disk, closed in Excel: the source of the contacts, and the place for their results."""

from __future__ import annotations

import io
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from collect_xl.domain.headings import DATE_RESULTS, OPTIONS_SHEETS
from collect_xl.domain.identity import ANCHOR_FIELDS, anchor
from collect_xl.domain.model import Written
from collect_xl.errors import DiskError, LayoutError, WorkbookBusy, WorkbookError, WorkbookRefused
from collect_xl.ooxml.add_columns import add_columns, refuse_harm
from collect_xl.ooxml.atomic_save import (
    Fingerprint,
    beside,
    fingerprint,
    open_elsewhere,
    refuse_unwritable,
    rehearse_names,
)
from collect_xl.ooxml.cell_values import Cells
from collect_xl.ooxml.file_rights import other_names
from collect_xl.ooxml.hyperlinks import Link
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.sheet_edit import Edit, TextColumns
from collect_xl.workbook.contact_list import note_apart_from_table, note_below_table
from collect_xl.workbook.interface import Workbook
from collect_xl.workbook.labels import sheets_beside
from collect_xl.workbook.moved_rows import Refound, all_lost, find_again
from collect_xl.workbook.pivots import pivot_notes, pivots_of
from collect_xl.workbook.result_headers import date_headers, result_headers, result_widths
from collect_xl.workbook.saved_layout import find_contacts
from collect_xl.workbook.saved_options import find_options
from collect_xl.workbook.saved_rows import ContactRows
from collect_xl.workbook.template_version import other_template
from collect_xl.workbook.write_columns import COLLECT, result_highlights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from collect_xl.domain.model import Layout, OptionCell, ResultValue, RowResult, SheetRow
    from collect_xl.ooxml.add_columns import Added
    from collect_xl.ooxml.row_edit import Values

_OFFICE_KINDS = frozenset({".xlsx", ".xlsm"})
"""Names that promise what is inside."""

_PORTAL = "result.portalUrl"
_REHEARSED: Mapping[str, ResultValue] = {
    _PORTAL: "https://usecollect.com/rehearsal",
    **dict.fromkeys(DATE_RESULTS, datetime(2030, 12, 31, 12, 30)),  # noqa: DTZ001  # a cell has no zone
}
"""What is written into a result column to try it, where it is not just any text."""


def open_saved(
    path: str | os.PathLike[str],
    *,
    contacts_sheet: str | None = None,
    options_sheet: str | None = None,
    output: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> SavedWorkbook:
    """Open a workbook file for a run.

    Args:
        path: the file; symbolic links are followed.
        contacts_sheet: the sheet of the contacts; None for ``Contacts``, else the only sheet with a fitting header.
        options_sheet: the sheet of the options; None for ``Options`` where there is one.
        output: where the workbook with its results goes; None for the file itself.
        force: write although this breaks a digital signature or a log of revisions.

    Raises:
        WorkbookError: the file is no workbook, or is damaged or hostile, or it is not certain where its contacts are.
        DiskError: the file cannot be read.
    """
    workbook = SavedWorkbook(path, (contacts_sheet, options_sheet), output, force=force)
    workbook.layout()
    return workbook


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read of one state of the file."""

    state: Fingerprint
    values: Cells
    contacts: ContactRows
    layout: Layout
    options: tuple[OptionCell, ...] = ()


class SavedWorkbook(Workbook):
    """A workbook file as source and sink.

    It is opened for each pass over it and never kept open.

    Args:
        path: the file.
        sheets: the names of the contacts' and of the options' sheet, None for the usual ones.
        output: where the workbook with its results goes, None for the file itself.
        force: write although this breaks a digital signature or a log of revisions.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        sheets: tuple[str | None, str | None] = (None, None),
        output: str | os.PathLike[str] | None = None,
        *,
        force: bool = False,
    ) -> None:
        self.name = Path(path).name
        self._path = Path(os.path.realpath(path))
        self._target = Path(os.path.realpath(output)) if output is not None else self._path
        self._contacts_sheet, self._options_sheet = sheets
        self._force = force
        self._last_reading: _Reading | None = None
        self._changed_by_us = False
        """Whether we have changed the file since the last reading."""
        self._own: set[Path] = set()
        """Files that hold results of ours since this object was made, so that they need no copy."""

    @property
    def _reading(self) -> _Reading:
        """The last reading of the file, or a new one after a write of ours."""
        if self._last_reading is None:
            self._last_reading = self._read_first()
        elif self._changed_by_us:
            self._last_reading = self._latest(self._last_reading)
        self._changed_by_us = False
        return self._last_reading

    def _read_first(self) -> _Reading:
        # before the file is opened: content that comes later then has another fingerprint, and is noticed
        state = self._state()
        with Package.open(self._path) as package:
            reading = self._read(package, state, self._contacts_sheet)
            options = find_options(package, reading.values, self._options_sheet)
            layout = replace(reading.layout, sheets=self._sheets_beside(package, reading.layout))
            return replace(reading, options=options, layout=layout)

    def _sheets_beside(self, package: Package, layout: Layout) -> tuple[str, ...]:
        """Return the other sheets, where none is that of the options."""
        if self._options_sheet:
            return ()
        return sheets_beside(package.sheets(), layout.sheet, OPTIONS_SHEETS)

    def _state(self) -> Fingerprint:
        return fingerprint(self._path)

    @staticmethod
    def _read(package: Package, state: Fingerprint, contacts_sheet: str | None) -> _Reading:
        values = Cells.of(package)
        contacts = ContactRows(package, find_contacts(package, values, contacts_sheet))
        layout = contacts.place.layout
        notes = list(layout.notes)
        if contacts.continue_below(package, values):
            notes.append(note_below_table(layout, contacts.place.last))
        apart = contacts.first_apart(package, values)
        if apart is not None:
            notes.append(note_apart_from_table(layout, *apart))
        notes.extend(pivot_notes(pivots_of(package, contacts.place.part), layout))
        notes.extend(other_template(package))
        return _Reading(
            state=state,
            values=values,
            contacts=contacts,
            layout=replace(layout, notes=tuple(notes)),
        )

    def layout(self) -> Layout:
        """Return where header and columns are."""
        return self._reading.layout

    def options(self) -> tuple[OptionCell, ...]:
        """Return the named lines of the options sheet, in order."""
        return self._reading.options

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the header in order, hidden and blank ones too.

        Of a gap of more than a thousand rows (a stray cell far below) the blank rows are left out.

        Raises:
            WorkbookBusy: the file was changed since its layout was read.
        """
        reading = self._reading
        with self._opened(reading) as package:
            yield from reading.contacts.read(package, reading.values)

    @contextmanager
    def _opened(self, reading: _Reading) -> Iterator[Package]:
        with Package.open(self._path) as package:
            self._refuse_change(reading)
            yield package

    def _refuse_change(self, reading: _Reading) -> None:
        if self._state() != reading.state:
            raise WorkbookBusy(
                f"{self.name} was changed by another program or person since it was read.",
                tip="Run the command again: it reads the new content.",
            )

    def probe(self) -> tuple[str, ...]:
        """Raise what ``write`` would meet, and return warnings for the preview.

        The whole write is rehearsed, so that damage, and a formula or a merged cell in a result column, are found
        before anything is sent.
        """
        reading = self._reading
        self._refuse_other_kind()
        open_elsewhere(self._target)
        refuse_unwritable(self._target)
        rehearse_names(self._target)
        with self._opened(reading) as package:
            notes = refuse_harm(package, force=self._force)
            # every row gets every result, and a link, since any of them may be the one that has no room for it
            edit = Edit(package, self._columns(reading, lambda _row, _text: True))
            texts: Values = tuple([_REHEARSED.get(field, "x") for field in self._headers(reading)])
            rows = ((row.number, texts) for row in reading.contacts.read(package, reading.values))
            began = time.monotonic()
            edit.write(cast("BinaryIO", _Nowhere()), rows)
            self.write_seconds = time.monotonic() - began
            return notes + edit.sheet_notes + other_names(self._target)

    def _columns(self, reading: _Reading, may_link: Callable[[int, str], bool]) -> TextColumns:
        """Return the result columns as they are written, and rehearsed.

        Args:
            reading: of the file as it is now.
            may_link: row number and text of a portal's address -> whether it becomes a link.
        """
        headers = self._headers(reading)
        return TextColumns(
            sheet=reading.layout.sheet,
            header_row=reading.layout.header_row,
            headers=tuple(headers.values()),
            widths=result_widths(tuple(headers)),
            link=Link(headers[_PORTAL], may_link),
            meaning=COLLECT,
            highlights=result_highlights(headers["result.status"], headers["result.error"]),
            dates=date_headers(headers),
        )

    def _headers(self, reading: _Reading) -> dict[str, str]:
        return result_headers(reading.layout, self.more_results)

    def _refuse_other_kind(self) -> None:
        """Raise ``WorkbookRefused`` for a name that promises another kind of file than is written."""
        kind = self._path.suffix.casefold()
        if kind in _OFFICE_KINDS and self._target.suffix.casefold() != kind:
            raise WorkbookRefused(
                f"{self.name} cannot be saved as {self._target.name}: what is inside is a {kind} workbook.",
                tip=f"Let the name end with {kind}.",
            )

    def write(self, results: Sequence[RowResult]) -> Written:
        """Put each result on its own row, adding the result columns when missing; touch nothing else.

        The rows are found again by what identifies them when the file was changed since it was read. While another
        program has it open, the results go beside it.

        Raises:
            WorkbookError: the workbook, as it was read, cannot take the results.
            DiskError: the disk refused; the workbook is as it was.
        """
        if not results:
            return Written(str(self._target), 0)
        try:
            return self._write_twice(results)
        except WorkbookBusy as busy:
            # people were asked already: their results must be kept where the user finds them
            written = self._write(results, beside(self._target))
            note = f"{busy.message} The results are in {Path(written.path).name} beside it."
            return replace(written, notes=(note, *written.notes))

    def fill_in(self, results: Sequence[RowResult]) -> Written:
        """Write results while the run goes on; nothing goes beside a workbook that another program has open.

        Raises:
            WorkbookBusy: another program has it open.
            WorkbookError: the workbook cannot take the results now.
            DiskError: the disk refused; the workbook is as it was.
        """
        # each try would leave one more file beside it, with a part of the results
        open_elsewhere(self._target)
        return self._write_twice(results)

    def _write_twice(self, results: Sequence[RowResult]) -> Written:
        try:
            return self._write(results, self._target)
        except WorkbookBusy:
            # perhaps the user saved while we wrote: then the results go into what was saved
            return self._write(results, self._target)

    def _write(self, results: Sequence[RowResult], target: Path) -> Written:
        try:
            reading = self._latest(self._reading)
        except (WorkbookError, DiskError) as unusable:
            return all_lost(results, self.name, str(self._path), unusable)
        found = self._find(results, reading)
        if not found.rows:
            return Written(str(self._path), 0, lost=found.lost)
        added = self._add(found, reading, target)
        self._own.add(added.path)
        # what we wrote ourselves is no change by another program, and is read again before the next use
        self._changed_by_us = added.changed and added.path == self._path
        return Written(
            path=str(added.path),
            rows=len(found.rows),
            moved=found.moved,
            lost=found.lost,
            notes=added.notes,
            is_beside=added.path.name != self._target.name,
        )

    def _add(self, found: Refound, reading: _Reading, target: Path) -> Added:
        """Write the results into the rows where they belong now."""
        linked_rows = {row for row, result in found.rows.items() if result.link}
        return add_columns(
            self._path,
            self._columns(reading, lambda row, _text: row in linked_rows),
            self._texts(found, reading),
            output=None if target == self._path else target,
            force=self._force,
            keep_backup=target not in self._own,
        )

    def _latest(self, earlier: _Reading) -> _Reading:
        """Return a reading of the file as it is now."""
        state = self._state()
        if state == earlier.state:
            return earlier
        with Package.open(self._path) as package:
            try:
                reading = self._read(package, state, earlier.layout.sheet)
            except LayoutError:
                # perhaps the sheet was renamed: the contacts are looked for as at the first time
                reading = self._read(package, state, self._contacts_sheet)
        return replace(reading, options=earlier.options)

    def _find(self, results: Sequence[RowResult], reading: _Reading) -> Refound:
        with self._opened(reading) as package:

            def anchors() -> Iterator[tuple[int, tuple[str, ...]]]:
                for row in reading.contacts.read(package, reading.values, ANCHOR_FIELDS):
                    if row.cells:
                        yield row.number, anchor(row.cells)

            return find_again(results, anchors)

    def _texts(self, found: Refound, reading: _Reading) -> Iterator[tuple[int, Values]]:
        # this runs after add_columns took its own look at the file: no change can slip in between the two
        self._refuse_change(reading)
        fields = tuple(self._headers(reading))
        for row in sorted(found.rows):
            cells = found.rows[row].cells
            yield row, tuple(cells.get(field) for field in fields)


class _Nowhere(io.RawIOBase):
    """A file that keeps nothing, for rehearsals."""

    def __init__(self) -> None:
        super().__init__()
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]  # our writer gives bytes only
        self._at += len(content)
        return len(content)

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, _whence: int = 0) -> int:
        self._at = offset
        return offset
