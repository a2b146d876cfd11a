"""Columns added to a user's own workbook: decide everything, write a draft, put it in place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from collect_xl.errors import CollectXlError, DamagedWorkbook, WorkbookBusy, WorkbookRefused
from collect_xl.ooxml.atomic_save import (
    Draft,
    Fingerprint,
    backup,
    fingerprint,
    open_elsewhere,
    refuse_unwritable,
)
from collect_xl.ooxml.file_rights import other_names
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.row_edit import Values
from collect_xl.ooxml.sheet_edit import Edit, TextColumns
from collect_xl.ooxml.xml_bytes import attribute, is_true, tag_pattern
from collect_xl.remedies import Remedy

_BROKEN_BY_WRITING = (  # a folder of the package -> what it holds
    ("/_xmlsignatures/", "a digital signature"),
    ("/xl/revisions/", "a log of tracked changes"),
)
_FINAL = re.compile(
    rb"""<[^<>]*\sname\s*=\s*["']_MarkAsFinal["'][^<>]*>\s*<(?:[\w.-]+:)?bool\s*>\s*(?:true|1)\s*<""", re.IGNORECASE
)
"""The custom property that Excel sets. Looked for as bytes: a part that is not ours to judge refuses nothing."""
_SHARING = re.compile(tag_pattern("fileSharing").pattern.replace(b"<", rb"<(?:[\w.-]+:)?", 1))


@dataclass(frozen=True, slots=True)
class Added:
    """Where the columns are, and what the user should know."""

    path: Path
    """The file that now holds the columns; not the one asked for when another program held that one."""
    columns: tuple[int, ...]
    """Where each column is, in the order of the headers; 1 for column A."""
    changed: bool
    """False when everything already stood there; the workbook itself is not touched then."""
    notes: tuple[str, ...] = ()
    """Sentences for the user."""


def add_columns(
    path: str | os.PathLike[str],
    columns: TextColumns,
    rows: Iterable[tuple[int, Values]],
    output: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    keep_backup: bool = True,
) -> Added:
    """Write columns of texts into a workbook, and change nothing else in it.

    A column whose header is in the header row already is written where it is; the others go right of everything
    that the sheet uses. Texts become cells that are never formulas. The file is replaced at once or not at all.

    Args:
        path: the workbook (``.xlsx`` or ``.xlsm``).
        columns: what is written, and where.
        rows: row number and as many texts as there are headers, ascending, below the header row; ``None`` leaves a
            cell as it is, ``""`` empties it.
        output: where the result goes; the workbook itself by default.
        force: write although this breaks a digital signature or a log of revisions.
        keep_backup: whether a copy of the file that is replaced, as it first was, is kept beside it.

    Returns:
        where the columns are, and what the user should know.

    Raises:
        WorkbookError: the file is no workbook, is damaged or hostile, or writing would harm something in it.
        WorkbookBusy: another program has it open, or changed it meanwhile.
        DiskError: the disk refused; the workbook is as it was.
        UsageError: headers or rows do not fit together.
    """
    source = Path(os.path.realpath(path))
    target = source if output is None else Path(os.path.realpath(output))
    in_place = target == source
    # taken before the file is opened: what another program saves from here on must not be lost
    before = fingerprint(source)
    with Package.open(source) as package:
        notes = refuse_harm(package, force=force)
        edit = Edit(package, columns)
        open_elsewhere(target)
        refuse_unwritable(target)
        with Draft(target) as draft:
            _write(edit, draft, rows, lambda: _refuse_change(source, before))
            package.close()  # Windows replaces no file that is open
            notes += edit.notes
            if in_place and not edit.changed:
                return Added(source, edit.placement.indexes, changed=False, notes=notes)
            _refuse_change(source, before)
            # an output of an earlier run that is replaced is ours; the first file with its name is not
            if keep_backup and target.exists():
                is_ours = _has_some(edit) if in_place else _is_earlier_output(target, columns)
                notes += _keep_copy(target, as_it_first_was=not is_ours)
            other = other_names(target)
            written = draft.keep(like=source)
        notes += other + _lost(target, draft)
    if written != target:
        notes += (f"{target.name} is held by another program; the results are in {written.name} beside it.",)
    return Added(written, edit.placement.indexes, changed=edit.changed, notes=notes)


def refuse_harm(package: Package, *, force: bool = False) -> tuple[str, ...]:
    """Raise ``WorkbookRefused`` when writing would break something in the workbook as a whole.

    Args:
        package: the open workbook.
        force: write although this breaks a digital signature or a log of revisions.

    Returns:
        sentences for the user about what is broken knowingly, and what the workbook asks for otherwise.
    """
    if package.kind != "workbook":
        raise WorkbookRefused(
            f"{package.path.name} is a {package.kind}, not a workbook that people fill in.",
            tip="Open it in Excel and save it as Excel Workbook (.xlsx).",
        )
    broken = [description for folder, description in _BROKEN_BY_WRITING if package.has_folder(folder)]
    if broken and not force:
        raise WorkbookRefused(
            f"{package.path.name} holds {' and '.join(broken)}, which writing would break.",
            tip="Save a copy without it.",
            remedies=(Remedy.WRITE_ANYWAY,),
        )
    notes = [f"The workbook held {each}; writing has broken it, as you asked." for each in broken]
    notes += _marks(package)
    return tuple(notes)


def _write(edit: Edit, draft: Draft, rows: Iterable[tuple[int, Values]], refuse_change: Callable[[], None]) -> None:
    try:
        edit.write(draft.file, rows)
    except DamagedWorkbook:
        # a file that another program is writing over just now looks damaged, and is only busy
        refuse_change()
        raise


def _refuse_change(source: Path, before: Fingerprint) -> None:
    """Raise ``WorkbookBusy`` when the workbook was changed since it was read."""
    if fingerprint(source) != before:
        raise WorkbookBusy(
            f"{source.name} was changed by another program or person while results were written.",
            tip="Run the command again: it reads the new content.",
        )


def _keep_copy(target: Path, *, as_it_first_was: bool) -> tuple[str, ...]:
    """Keep a copy of the file that is replaced next; return a note about it."""
    copy = backup(target, as_it_first_was=as_it_first_was)
    if copy is None:
        return ()
    return (f"A copy of the workbook as it was is kept as {copy.name}.",)


def _lost(target: Path, draft: Draft) -> tuple[str, ...]:
    """Return a note about what the system did not let us keep of the old file."""
    if not draft.lost:
        return ()
    return (f"{target.name} could not keep {' and '.join(draft.lost)}: the system did not allow it.",)


def _has_some(edit: Edit) -> bool:
    """Return whether some of the columns stood there before."""
    return len(edit.placement.new) < len(edit.placement.indexes)


def _is_earlier_output(target: Path, columns: TextColumns) -> bool:
    """Return whether the file that an output replaces was written by us, too."""
    try:
        with Package.open(target) as package:
            return _has_some(Edit(package, replace(columns, link=None)))
    except CollectXlError:
        return False


def _marks(package: Package) -> Iterator[str]:
    """Yield a sentence for each wish of the workbook that writing goes against."""
    name = package.path.name
    properties = package.related("/", "custom-properties")
    if properties is not None and _FINAL.search(package.read(properties)):
        yield f"{name} is marked as final; results are written anyway, and the mark stays."
    sharing = _SHARING.search(package.read(package.workbook))
    if sharing is not None and is_true(attribute(sharing[0], b"readOnlyRecommended")):
        yield f"{name} asks to be opened for reading only; results are written anyway."
