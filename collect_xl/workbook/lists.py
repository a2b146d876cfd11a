"""The hidden sheet that a template's drop-downs are filled from: its facts, and new lists written into it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from collect_xl.errors import LayoutError
from collect_xl.ooxml.add_columns import Added
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.survey import survey_sheet
from collect_xl.workbook.write_columns import add_columns

__all__ = [
    "LISTS",
    "LISTS_SHEET",
    "MOST_LISTED",
    "List",
    "list_rows",
    "lists_of",
    "refuse_absence",
    "refuse_changes",
    "require_lists",
    "write_lists",
]

LISTS_SHEET = "Collect lists"
"""The same in every language, and no name that a user's own sheet is likely to have."""

MOST_LISTED = 1000
"""Entries of a list: the names of the drop-downs reach so far down."""


@dataclass(frozen=True, slots=True)
class List:
    """One column of the sheet."""

    key: str
    """The option that it is offered for; empty for a column that people only look up."""
    header: str
    name: str = ""
    """The defined name that drop-downs refer to."""


LISTS = (
    List("campaignId", "Campaign", "collect_campaigns"),
    List("", "Campaign ID"),
    List("assignedTo", "Assignee", "collect_assignees"),
    List("items", "Item", "collect_items"),
    List("", "Item ID"),
)
"""Its columns from left to right; the headers stand in row 1."""

_NOT_OURS = "Make a workbook with: collect-xl new. Then copy the contacts into it."


def list_rows(lists: Mapping[str, Sequence[str]], least: int = 0) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield row number and texts of the sheet below its headers.

    Args:
        lists: header -> entries; what is absent is emptied.
        least: rows to yield at least, to empty what stood there before.
    """
    columns = [lists.get(each.header, ())[:MOST_LISTED] for each in LISTS]
    lines = zip_longest(*columns, range(min(least, MOST_LISTED)), fillvalue="")
    for number, line in enumerate(lines, 2):
        yield number, tuple(str(text) for text in line[: len(columns)])


def lists_of(
    campaigns: Sequence[tuple[str, str]], assignees: Sequence[str], items: Sequence[tuple[str, str]]
) -> dict[str, Sequence[str]]:
    """Return the columns of the sheet, by header.

    Args:
        campaigns: ``(as it is written, id)``.
        assignees: as they are written.
        items: as the campaigns.
    """
    columns: list[Sequence[str]] = [[name for name, _ in campaigns], [id_ for _, id_ in campaigns], assignees]
    columns += [[name for name, _ in items], [id_ for _, id_ in items]]
    return {each.header: column for each, column in zip(LISTS, columns, strict=True)}


def require_lists(path: str | os.PathLike[str]) -> int:
    """Return how many rows of lists a workbook has.

    Args:
        path: the workbook.

    Raises:
        LayoutError: it was not made by ``collect-xl new``, or its sheet of lists is no longer what it was.
    """
    with Package.open(path) as package:
        return _rows(package)


def _rows(package: Package) -> int:
    refuse_absence(package.path.name, (each.name for each in package.sheets()))
    survey = survey_sheet(package, package.sheet(LISTS_SHEET).part, 1)
    refuse_changes([survey.header.get(column) for column in range(1, len(LISTS) + 1)])
    return max(survey.bottom - 1, 0)


def refuse_absence(book: str, sheets: Iterable[str]) -> None:
    """Raise ``LayoutError`` when a workbook has no sheet of lists."""
    if LISTS_SHEET not in sheets:
        message = f"{book} has no sheet {LISTS_SHEET}: it has no drop-downs that could be filled."
        raise LayoutError(message, tip=_NOT_OURS)


def refuse_changes(headers: Sequence[object]) -> None:
    """Raise ``LayoutError`` when the first row of the sheet of lists says anything but our headers."""
    if list(headers) != [each.header for each in LISTS]:
        wanted = ", ".join(each.header for each in LISTS)
        message = f"{LISTS_SHEET}!A1 and the cells beside it do not say {wanted}: they were changed."
        raise LayoutError(message, tip=_NOT_OURS)


def write_lists(path: str | os.PathLike[str], lists: Mapping[str, Sequence[str]]) -> Added:
    """Fill the drop-downs of a workbook; nothing else in it changes.

    Args:
        path: the workbook.
        lists: header of ``LISTS`` -> entries.

    Raises:
        LayoutError: it was not made by ``collect-xl new``.
        WorkbookError: it cannot be written.
        DiskError: the disk refused; the workbook is as it was.
    """
    rows = list(list_rows(lists, require_lists(path)))
    return add_columns(path, LISTS_SHEET, 1, [each.header for each in LISTS], rows, link=None)
