"""A workbook on disk, closed in Excel: the source of the contacts, and the place for their results."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from collect_xl.domain.headings import RESULT_COLUMNS, RESULT_FIELDS, RESULT_WIDTHS
from collect_xl.domain.identity import ANCHOR_FIELDS, anchor
from collect_xl.domain.model import Written
from collect_xl.errors import DiskError, LayoutError, WorkbookBusy, WorkbookError, WorkbookRefused
from collect_xl.ooxml.add_columns import refuse_harm
from collect_xl.ooxml.atomic_save import Fingerprint, beside, fingerprint, open_elsewhere, refuse_unwritable
from collect_xl.ooxml.cell_values import Cells
from collect_xl.ooxml.hyperlinks import Link
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.sheet_edit import Edit
from collect_xl.workbook.interface import Workbook
from collect_xl.workbook.moved_rows import Refound, find_again
from collect_xl.workbook.options_sheet import find_options
from collect_xl.workbook.saved_layout import cell_name, find_contacts
from collect_xl.workbook.saved_rows import ContactRows
from collect_xl.workbook.template_version import newer_template
from collect_xl.workbook.write_columns import COLLECT, add_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collect_xl.domain.model import Layout, OptionCell, RowResult, SheetRow
    from collect_xl.ooxml.splice import Values

__all__ = ["SavedWorkbook", "open_saved"]


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
        WorkbookError: the file is no workbook, or is damaged or hostile, or its contacts cannot be told for certain.
        DiskError: the file cannot be read.
    """
    workbook = SavedWorkbook(path, (contacts_sheet, options_sheet), output, force=force)
    workbook.layout()
    return workbook


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was found in one state of the file."""

    state: Fingerprint
    values: Cells
    contacts: ContactRows
    layout: Layout
    options: tuple[OptionCell, ...] = ()

    @property
    def result_fields(self) -> tuple[str, ...]:
        """The result columns to write: the four, and further ones where the sheet has them."""
        present = {column.field for column in self.layout.columns}
        return tuple(each.key for each in RESULT_FIELDS if each in RESULT_COLUMNS or each.key in present)

    @property
    def result_headers(self) -> tuple[str, ...]:
        """Their headers: as the sheet has them, else our own."""
        present = {column.field: column.header for column in self.layout.columns}
        return tuple(present.get(each.key, each.title) for each in RESULT_FIELDS if each.key in self.result_fields)


class SavedWorkbook(Workbook):
    """A workbook file as source and sink; opened for each pass over it and never kept open.

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
        self._sheets = sheets
        self._force = force
        self._known: _Reading | None = None
        self._written = False
        self._own: set[Path] = set()
        """Files that hold results of ours since this object was made, so that they need no copy."""

    @property
    def _reading(self) -> _Reading:
        """What is known of the file; read again when we ourselves have changed it."""
        if self._known is None:
            self._known = self._read_first()
        elif self._written:
            self._known = self._latest(self._known)
        self._written = False
        return self._known

    def _read_first(self) -> _Reading:
        state = self._state()  # before the file is opened: a later content is then known to be another one
        with Package.open(self._path) as package:
            reading = self._read(package, state, self._sheets[0])
            return replace(reading, options=find_options(package, reading.values, self._sheets[1]))

    def _state(self) -> Fingerprint:
        try:
            return fingerprint(self._path)
        except DiskError as gone:
            raise DiskError(
                f"{self._path} cannot be read: {getattr(gone.__cause__, 'strerror', gone)}.",
                tip="Check the file's name, folder and rights.",
            ) from gone

    @staticmethod
    def _read(package: Package, state: Fingerprint, contacts_sheet: str | None) -> _Reading:
        values = Cells.of(package)
        contacts = ContactRows(package, find_contacts(package, values, contacts_sheet))
        layout = contacts.place.layout
        if contacts.continue_below(package, values):
            layout = replace(layout, notes=(*layout.notes, _below(layout, contacts.place.last)))
        if apart := contacts.first_apart(package, values):
            layout = replace(layout, notes=(*layout.notes, _apart(layout, *apart)))
        layout = replace(layout, notes=(*layout.notes, *newer_template(package)))
        return _Reading(state, values, contacts, layout)

    def layout(self) -> Layout:
        """Return where header and columns are."""
        return self._reading.layout

    def options(self) -> tuple[OptionCell, ...]:
        """Return the named lines of the options sheet in order; empty where the book has no such sheet."""
        return self._reading.options

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the header in order, hidden and blank ones too; trailing blank rows end the list.

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
                f"{self.name} was changed by somebody else since it was read.",
                tip="Run the command again: it reads the new content.",
            )

    def probe(self) -> tuple[str, ...]:
        """Raise what ``write`` would meet, as far as it can be known before; return warnings for the preview.

        The whole write is rehearsed, so that damage, and a formula or a merged cell in a result column, are found
        before anything is sent.
        """
        reading = self._reading
        self._refuse_other_kind()
        open_elsewhere(self._target)
        refuse_unwritable(self._target)
        with self._opened(reading) as package:
            notes = refuse_harm(package, force=self._force)
            sheet = package.sheet(reading.layout.sheet)
            edit = Edit(package, sheet, reading.layout.header_row, reading.result_headers, None, COLLECT)
            texts = ("x",) * len(reading.result_headers)
            rows = ((row.number, texts) for row in reading.contacts.read(package, reading.values))
            edit.write(cast("BinaryIO", _Nowhere()), rows)
            return notes + edit.notes

    def _refuse_other_kind(self) -> None:
        """Raise ``WorkbookRefused`` for a name that promises another kind of file than is written."""
        kind = self._path.suffix.casefold()
        if kind in {".xlsx", ".xlsm"} and self._target.suffix.casefold() != kind:
            raise WorkbookRefused(
                f"{self.name} cannot be saved as {self._target.name}: what is inside is a {kind} workbook.",
                tip=f"Let the name end with {kind}.",
            )

    def write(self, results: Sequence[RowResult]) -> Written:
        """Put each result on its own row, adding the result columns when missing; touch nothing else.

        The rows are found again by what identifies them when the file was changed since it was read. While somebody
        has it open, the results go beside it.

        Raises:
            WorkbookError: the workbook, as it was read, cannot take the results.
            DiskError: the disk refused; the workbook is as it was.
        """
        if not results:
            return Written(str(self._target), 0)
        try:
            return self._write_twice(results)
        except WorkbookBusy as held:
            written = self._write(results, beside(self._target))
            note = f"{held.message} The results are in {Path(written.path).name} beside it."
            return replace(written, notes=(note, *written.notes))
        finally:
            self.__dict__.pop("_reading", None)  # what we wrote ourselves is no change by somebody else

    def _write_twice(self, results: Sequence[RowResult]) -> Written:
        try:
            return self._write(results, self._target)
        except WorkbookBusy:  # perhaps somebody saved while we wrote: then into what they saved
            return self._write(results, self._target)

    def _write(self, results: Sequence[RowResult], target: Path) -> Written:
        try:
            reading = self._latest(self._reading)
        except (WorkbookError, DiskError) as unusable:
            return self._all_lost(results, unusable)
        found = self._find(results, reading)
        if not found.rows:
            return Written(str(self._path), 0, lost=found.lost)
        links = {row for row, result in found.rows.items() if result.link}
        added = add_columns(
            self._path,
            reading.layout.sheet,
            reading.layout.header_row,
            reading.result_headers,
            self._texts(found, reading),
            None if target == self._path else target,
            widths=tuple(RESULT_WIDTHS[field] for field in reading.result_fields),
            link=Link(_portal_header(reading), lambda row, _: row in links),
            force=self._force,
            keep_backup=target not in self._own,
        )
        self._own.add(added.path)
        self._written = added.changed and added.path == self._path
        return Written(str(added.path), len(found.rows), found.moved, found.lost, added.notes)

    def _latest(self, known: _Reading) -> _Reading:
        """Return a reading of the file as it is now; the known one while nobody changed the file."""
        state = self._state()
        if state == known.state:
            return known
        with Package.open(self._path) as package:
            try:
                reading = self._read(package, state, known.layout.sheet)
            except LayoutError:  # perhaps the sheet was renamed
                reading = self._read(package, state, self._sheets[0])
        return replace(reading, options=known.options)

    def _find(self, results: Sequence[RowResult], reading: _Reading) -> Refound:
        with self._opened(reading) as package:

            def anchors() -> Iterator[tuple[int, tuple[str, ...]]]:
                for row in reading.contacts.read(package, reading.values, ANCHOR_FIELDS):
                    if row.cells:
                        yield row.number, anchor(row.cells)

            return find_again(results, anchors)

    def _texts(self, found: Refound, reading: _Reading) -> Iterator[tuple[int, Values]]:
        # asked for after add_columns took its own look at the file: no change can slip in between the two
        self._refuse_change(reading)
        fields = reading.result_fields
        for row in sorted(found.rows):
            cells = found.rows[row].cells
            yield row, tuple(cells.get(field) for field in fields)

    def _all_lost(self, results: Sequence[RowResult], unusable: WorkbookError | DiskError) -> Written:
        note = f"{self.name} was changed and can no longer be used: {unusable.message} The results stay in the journal."
        return Written(str(self._path), 0, lost=tuple(result.row for result in results), notes=(note,))


def _portal_header(reading: _Reading) -> str:
    return reading.result_headers[reading.result_fields.index("result.portalUrl")]


def _below(layout: Layout, last: int) -> str:
    return (
        f"Row {last + 1} stands directly below the table {layout.table}, outside it; "
        "it and the rows after it, up to the next blank one, are read as well."
    )


def _apart(layout: Layout, column: int, row: int) -> str:
    return (
        f"{cell_name(layout.sheet, column, row)} stands below the table {layout.table}, apart from it, and is not "
        "read. If somebody there is to be asked, move the rows up to the table."
    )


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
