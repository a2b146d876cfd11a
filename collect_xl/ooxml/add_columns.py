"""Columns added to a user's own workbook: decide everything, write a draft, put it in place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
from collect_xl.ooxml.hyperlinks import Link
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.row_edit import Values
from collect_xl.ooxml.sheet_edit import NO_MEANING, Edit, Meaning
from collect_xl.ooxml.xml_bytes import attribute, is_true, tag_pattern

_BROKEN_BY_WRITING = (  # a folder of the package -> what it holds
    ("/_xmlsignatures/", "a digital signature"),
    ("/xl/revisions/", "a log of tracked changes"),
)


@dataclass(frozen=True, slots=True)
class Added:
    """What came of it."""

    path: Path
    """The file that now holds the columns; not the one asked for when another program held that one."""
    columns: tuple[int, ...]
    """Where each column stands, in the order of the headers; 1 for column A."""
    changed: bool
    """False when everything already stood there; the workbook itself is not touched then."""
    notes: tuple[str, ...] = ()
    """Sentences for the user."""


def add_columns(  # noqa: PLR0913  # the six are the public contract; options are by name
    path: str | os.PathLike[str],
    sheet: str,
    header_row: int,
    columns: Sequence[str],
    rows: Iterable[tuple[int, Values]],
    output: str | os.PathLike[str] | None = None,
    *,
    link: Link | None = None,
    widths: Sequence[float] = (),
    force: bool = False,
    keep_backup: bool = True,
    meaning: Meaning = NO_MEANING,
) -> Added:
    """Write columns of texts into a workbook, and change nothing else in it.

    A column whose header stands in the header row already is written where it is; the others go right of everything
    that the sheet uses. Texts become cells that are never formulas. The file is replaced at once or not at all.

    Args:
        path: the workbook (``.xlsx`` or ``.xlsm``).
        sheet: the worksheet's name.
        header_row: the row of the headers; 1 for the first.
        columns: the headers.
        rows: row number and as many texts as there are headers, ascending, below the header row; ``None`` leaves a
            cell as it is, ``""`` empties it.
        output: where the result goes; the workbook itself by default.
        link: which column carries hyperlinks.
        widths: of new columns, in characters, in the order of the headers.
        force: write although this breaks a digital signature or a log of revisions.
        keep_backup: whether a copy of the file that is replaced, as it first was, is kept beside it.
        meaning: what the caller knows of the workbook.

    Returns:
        where the columns stand, and what the user should know.

    Raises:
        WorkbookError: the file is no workbook, is damaged or hostile, or writing would harm something in it.
        WorkbookBusy: somebody has it open, or changed it meanwhile.
        DiskError: the disk refused; the workbook is as it was.
        UsageError: headers or rows do not fit together.
    """
    source = Path(os.path.realpath(path))
    target = Path(os.path.realpath(output)) if output is not None else source
    before = fingerprint(source)
    with Package.open(source) as package:
        notes = refuse_harm(package, force=force)
        names = tuple(columns)
        edit = Edit(package, package.sheet(sheet), header_row, names, link, meaning)
        edit.set_widths(widths)
        open_elsewhere(target)
        refuse_unwritable(target)
        with Draft(target) as draft:
            _write(edit, draft, rows, lambda: _last_look(source, before))
            package.close()  # Windows replaces no file that is open
            notes += edit.notes
            if target == source and not edit.changed:
                return Added(source, edit.placement.indexes, changed=False, notes=notes)
            _last_look(source, before)
            if keep_backup and target.exists():
                own = target == source
                ours = _has_some(edit) if own else _is_an_earlier_output(target, sheet, header_row, names)
                notes += _kept(target, as_it_first_was=not ours)
            path = draft.keep(like=source)
    if path != target:
        notes += (f"{target.name} is held by another program; the results are in {path.name} beside it.",)
    return Added(path, edit.placement.indexes, changed=edit.changed, notes=notes)


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
    broken = tuple(what for folder, what in _BROKEN_BY_WRITING if package.has_folder(folder))
    if broken and not force:
        raise WorkbookRefused(
            f"{package.path.name} holds {' and '.join(broken)}, which writing would break.",
            tip="Save a copy without it, or write anyway with --force.",
        )
    knowingly = (f"The workbook held {what}; writing has broken it, as you asked." for what in broken)
    return (*knowingly, *marks_of(package))


def _write(edit: Edit, draft: Draft, rows: Iterable[tuple[int, Values]], look: Callable[[], None]) -> None:
    try:
        edit.write(draft.file, rows)
    except DamagedWorkbook:
        look()  # a file that somebody is writing over just now looks damaged
        raise


def _last_look(source: Path, before: Fingerprint) -> None:
    """Make sure that nobody changed the workbook since it was read."""
    if fingerprint(source) != before:
        raise WorkbookBusy(
            f"{source.name} was changed by somebody else while results were written.",
            tip="Run the command again: it reads the new content.",
        )


def _kept(target: Path, *, as_it_first_was: bool) -> tuple[str, ...]:
    """Keep a copy of the file that is about to be replaced, whoever made it."""
    copy = backup(target, as_it_first_was=as_it_first_was)
    if copy is None:
        return ()
    return (f"A copy of the workbook as it was is kept as {copy.name}.",)


def _has_some(edit: Edit) -> bool:
    """Tell whether some of the columns stood there before."""
    return len(edit.placement.new) < len(edit.placement.indexes)


def _is_an_earlier_output(target: Path, sheet: str, header_row: int, columns: tuple[str, ...]) -> bool:
    """Tell whether a file that an output replaces was written by us, too, as last night; else it is somebody's own."""
    try:
        with Package.open(target) as package:
            return _has_some(Edit(package, package.sheet(sheet), header_row, columns, None))
    except CollectXlError:
        return False


_FINAL = re.compile(
    rb"""<[^<>]*\sname\s*=\s*["']_MarkAsFinal["'][^<>]*>\s*<(?:[\w.-]+:)?bool\s*>\s*(?:true|1)\s*<""", re.IGNORECASE
)
"""The custom property that Excel sets. Looked for as bytes: a part that is not ours to judge refuses nothing."""


_SHARING = re.compile(tag_pattern("fileSharing").pattern.replace(b"<", rb"<(?:[\w.-]+:)?", 1))


def marks_of(package: Package) -> tuple[str, ...]:
    """Return a sentence for each wish of the workbook that writing results goes against."""
    return tuple(_marks(package))


def _marks(package: Package) -> Iterator[str]:
    name, custom = package.path.name, package.related("/", "custom-properties")
    if custom and _FINAL.search(package.read(custom)):
        yield f"{name} is marked as final; results are written all the same, and the mark stays."
    sharing = _SHARING.search(package.read(package.workbook))
    if sharing and is_true(attribute(sharing[0], b"readOnlyRecommended")):
        yield f"{name} asks to be opened for reading only; results are written all the same."
