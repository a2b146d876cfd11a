"""A workbook of an older template, brought up to date: what newer templates have is added, nothing else changes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from collect_xl.domain.headings import (
    DATE_ORDER,
    OPTION_FIELDS,
    OPTIONS_SHEETS,
    RESULT_WIDTHS,
    SKIP,
    field_of,
    option_of,
)
from collect_xl.errors import UsageError, WorkbookBusy
from collect_xl.ooxml.add_columns import refuse_harm
from collect_xl.ooxml.atomic_save import Draft, backup, fingerprint, open_elsewhere, refuse_unwritable
from collect_xl.ooxml.cell_values import Cells
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.survey import Survey, survey_sheet
from collect_xl.template.older_summary import bring_up_summary
from collect_xl.template.words import LANGUAGES, Words, words_in
from collect_xl.workbook.labels import first_named
from collect_xl.workbook.saved_layout import find_contacts
from collect_xl.workbook.saved_options import find_options
from collect_xl.workbook.template_version import TEMPLATE_VERSION, template_version, write_template_version
from collect_xl.workbook.write_columns import add_columns

_PERSON = ("email", "firstName", "lastName", "company", "tags", "contactId", "dueDate", "assignedTo")
_RESULTS = ("status", "requestId", "portalUrl", "error", "dueDate", "sentOn", "checkedOn")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a version of the template had."""

    columns: frozenset[str]
    """Fields of the contacts sheet."""
    options: frozenset[str]
    """Lines of the options sheet."""


# What a version had is not missing in its workbooks: where it is absent, the user has deleted it, and it stays away.
EARLIER: Mapping[int, Contents] = {
    1: Contents(
        columns=frozenset((*_PERSON, *(f"result.{name}" for name in _RESULTS))),
        options=frozenset((*(option.key for option in OPTION_FIELDS[:10]), DATE_ORDER.key)),
    ),
    2: Contents(
        columns=frozenset((*_PERSON, SKIP.key, *(f"result.{name}" for name in _RESULTS))),
        options=frozenset((*(option.key for option in OPTION_FIELDS[:10]), DATE_ORDER.key)),
    ),
}
"""Version -> what its workbooks had, for each version but the newest; a change of the template adds a line."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What was added to a workbook."""

    path: Path
    """The file that has it: another one beside the workbook where another program held that one."""
    version: int
    """Of the template that it was made from."""
    columns: tuple[str, ...] = ()
    """Headers that were added to the contacts."""
    options: tuple[str, ...] = ()
    """Lines that were added to the options."""
    backup: Path | None = None
    """The workbook as it was; None where it is kept already, or nothing was to be done."""
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there was anything to be done."""
        return self.version != TEMPLATE_VERSION


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet with what is added to it."""

    name: str
    survey: Survey
    header_row: int
    fields: tuple[str, ...]


def upgrade(
    path: str | os.PathLike[str],
    *,
    contacts_sheet: str | None = None,
    options_sheet: str | None = None,
    force: bool = False,
) -> Upgraded:
    """Bring a workbook up to date that was made from an older template.

    Its sheets, columns, values and formats stay as they are; what the newest template has and the older one had not is
    added at the right and below, and the summary's formulas count dates as they are now. The workbook is replaced at
    once or not at all, and kept beside it as it was.

    Args:
        path: the workbook.
        contacts_sheet: the sheet of the contacts; None for the usual name.
        options_sheet: the sheet of the options; None for the usual name.
        force: write although this breaks a digital signature or a log of revisions.

    Raises:
        UsageError: the workbook was not made from a template, or from one that this program does not know.
        WorkbookError: it cannot be written.
        WorkbookBusy: another program has it open, or changed it meanwhile.
        DiskError: the disk refused; the workbook is as it was.
    """
    source = Path(os.path.realpath(path))
    before = fingerprint(source)
    with Package.open(source) as package:
        version = _older_version(package)
        if version is None:
            return Upgraded(source, TEMPLATE_VERSION)
        notes = list(refuse_harm(package, force=force))
        values = Cells.of(package)
        contacts = _contacts(package, values, version, contacts_sheet)
        options = _options(package, values, version, options_sheet)
    open_elsewhere(source)
    refuse_unwritable(source)
    words = _words_of(contacts, options)
    with tempfile.TemporaryDirectory() as folder:
        # All steps are done on a copy: a workbook that has only some of them would count as neither old nor new.
        copy = Path(folder) / source.name
        shutil.copyfile(source, copy)
        columns = _add_columns(copy, contacts, words, force=force)
        lines = _add_options(copy, options, words, force=force)
        if options is not None and len(lines) < len(options.fields):
            names = ", ".join(words.header(key) for key in options.fields)
            notes.append(f"{options.name} was rearranged, so add these lines yourself where you need them: {names}.")
        if not bring_up_summary(copy):
            notes.append("The summary was rearranged, and still counts dates that are texts.")
        write_template_version(copy)
        if fingerprint(source) != before:
            raise WorkbookBusy(f"{source.name} was changed meanwhile.", tip="Run the command again.")
        kept = backup(source, as_it_first_was=True)
        with Draft(source) as draft, copy.open("rb") as file:
            shutil.copyfileobj(file, draft.file)
            place = draft.keep(like=source)
    return Upgraded(place, version, columns, lines, kept, tuple(notes))


def _older_version(package: Package) -> int | None:
    """Return the version of a workbook whose template is older than the newest one; None for the newest."""
    name = package.path.name
    version = template_version(package)
    if version is None:
        raise UsageError(
            f"{name} was not made by collect-xl new, so there is no template to bring it up to.",
            tip="There is nothing to do: the columns for results are added by the next send.",
        )
    if version > TEMPLATE_VERSION:
        message = f"{name} was made from version {version} of the template; this program knows versions up to "
        raise UsageError(f"{message}{TEMPLATE_VERSION}.", tip="Update collect-xl.")
    if version == TEMPLATE_VERSION:
        return None
    if version not in EARLIER:
        raise UsageError(f"{name} names version {version} of the template, which there never was.", tip="")
    return version


def _contacts(package: Package, values: Cells, version: int, name: str | None) -> _Sheet:
    from collect_xl.template.sheets import COLUMNS  # noqa: PLC0415  # openpyxl is slow to load

    place = find_contacts(package, values, name)
    layout = place.layout
    survey = survey_sheet(package, place.part, layout.header_row)
    present = {field_of(header) for header in survey.header.values()}
    wanted = [key for key in COLUMNS if key not in EARLIER[version].columns]
    return _Sheet(layout.sheet, survey, layout.header_row, tuple(key for key in wanted if key not in present))


def _options(package: Package, values: Cells, version: int, name: str | None) -> _Sheet | None:
    """Return the options sheet; None where there is none."""
    from collect_xl.template.sheets import OPTIONS  # noqa: PLC0415  # as above

    sheet = package.sheet(name) if name else first_named(package.sheets(), OPTIONS_SHEETS)
    if sheet is None:
        return None
    present = {option_of(line.name) for line in find_options(package, values, sheet.name)}
    wanted = [key for key in OPTIONS if key not in EARLIER[version].options]
    survey = survey_sheet(package, sheet.part, 1)
    return _Sheet(sheet.name, survey, 1, tuple(key for key in wanted if key not in present))


def _add_columns(copy: Path, contacts: _Sheet, words: Words, *, force: bool) -> tuple[str, ...]:
    """Add the columns that are missing, and return their headers."""
    from collect_xl.template.sheets import WIDTHS  # noqa: PLC0415  # as above

    headers = tuple(words.header(key) for key in contacts.fields)
    if headers:
        widths = [WIDTHS.get(key) or RESULT_WIDTHS[key] for key in contacts.fields]
        add_columns(
            copy,
            contacts.name,
            contacts.header_row,
            headers,
            (),
            link=None,
            widths=widths,
            force=force,
            keep_backup=False,
        )
    return headers


def _add_options(copy: Path, options: _Sheet | None, words: Words, *, force: bool) -> tuple[str, ...]:
    """Add the lines that are missing below all others, and return their names."""
    if options is None or not options.fields:
        return ()
    heads = tuple(options.survey.header.get(column, "") for column in range(1, 4))
    # In a sheet that no longer begins as ours does, a line of ours could be anywhere.
    if heads != words.option_heads:
        return ()
    names = tuple(words.header(key) for key in options.fields)
    lines = [(name, None, words.help[key]) for name, key in zip(names, options.fields, strict=True)]
    rows = list(enumerate(lines, options.survey.bottom + 1))
    add_columns(copy, options.name, 1, heads, rows, link=None, force=force, keep_backup=False)
    return names


def _words_of(contacts: _Sheet, options: _Sheet | None) -> Words:
    """Return the words of the language that most headers of a workbook are written in."""
    texts = set(contacts.survey.header.values())
    if options is not None:
        texts |= set(options.survey.header.values())
    best = words_in(LANGUAGES[0])
    most = -1
    for language in LANGUAGES:
        words = words_in(language)
        known: Sequence[str] = (*(words.header(key) for key in _PERSON), *words.option_heads)
        score = len(texts.intersection(known))
        if score > most:
            best, most = words, score
    return best
