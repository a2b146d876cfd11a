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
from collect_xl.remedies import Remedy
from collect_xl.workbook.write_columns import add_columns

LISTS_SHEET = "Collect lists"
"""The same in every language, and no name that a user's own sheet is likely to have."""

MOST_LISTED = 1000
"""Entries of a list: the names of the drop-downs reach that far down."""

FIRST_ROW = 2
"""Where the entries begin, below their headers."""


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
"""Its columns from left to right; the headers are in row 1."""

_NOT_OURS = (Remedy.NEW_WORKBOOK,)


def list_rows(lists: Mapping[str, Sequence[str]], least: int = 0) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield row number and texts of the sheet below its headers.

    Args:
        lists: header -> entries; what is absent is emptied.
        least: rows to yield at least, to empty what stood there before.
    """
    columns = [lists.get(column.header, ())[:MOST_LISTED] for column in LISTS]
    before = [""] * min(least, MOST_LISTED)
    # shorter columns are filled with empty texts, which remove entries that are no longer offered
    lines = zip_longest(*columns, before, fillvalue="")
    for row, (*texts, _) in enumerate(lines, FIRST_ROW):
        yield row, tuple(map(str, texts))


def lists_of(
    campaigns: Sequence[tuple[str, str]], assignees: Sequence[str], items: Sequence[tuple[str, str]]
) -> dict[str, Sequence[str]]:
    """Return the columns of the sheet, by header.

    Args:
        campaigns: ``(as it is written, id)``.
        assignees: as they are written.
        items: as the campaigns.
    """
    campaign_names, campaign_ids = _split(campaigns)
    item_names, item_ids = _split(items)
    columns = (campaign_names, campaign_ids, assignees, item_names, item_ids)
    headers = [column.header for column in LISTS]
    return dict(zip(headers, columns, strict=True))


def _split(named: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return names and ids, each in a column of its own."""
    return [name for name, _ in named], [id_ for _, id_ in named]


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
    refuse_absence(package.path.name, (sheet.name for sheet in package.sheets()))
    survey = survey_sheet(package, package.sheet(LISTS_SHEET).part, 1)
    refuse_changes([survey.header.get(column) for column in range(1, len(LISTS) + 1)])
    return max(survey.bottom - 1, 0)


def refuse_absence(book: str, sheets: Iterable[str]) -> None:
    """Raise ``LayoutError`` when a workbook has no sheet of lists."""
    if LISTS_SHEET not in sheets:
        message = f"{book} has no sheet {LISTS_SHEET}: it has no drop-downs that could be filled."
        raise LayoutError(message, remedies=_NOT_OURS)


def refuse_changes(headers: Sequence[object]) -> None:
    """Raise ``LayoutError`` when the first row of the sheet of lists says anything but our headers."""
    expected = [column.header for column in LISTS]
    if list(headers) != expected:
        message = f"{LISTS_SHEET}!A1 and the cells beside it do not say {', '.join(expected)}: they were changed."
        raise LayoutError(message, remedies=_NOT_OURS)


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
    headers = [column.header for column in LISTS]
    return add_columns(path, LISTS_SHEET, 1, headers, rows, link=None)
