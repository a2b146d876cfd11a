"""Where the columns go: into columns that have their header, else right of everything that is used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from collect_xl.domain.a1 import MAX_COLUMN, MAX_ROW, Area, column_name
from collect_xl.errors import LayoutError, UsageError, WorkbookRefused
from collect_xl.ooxml.excel_tables import Table, external_source, why_it_cannot_grow
from collect_xl.ooxml.survey import Survey


@dataclass(frozen=True, slots=True)
class Placement:
    """Where each column goes, and what grows with it."""

    indexes: tuple[int, ...]
    """In the order of the headers; 1 for column A."""
    new: tuple[int, ...]
    """Those of them that the sheet lacked, ascending; they are side by side."""
    table: Table | None = None
    """The table that grows by the new columns."""
    keys: tuple[int, ...] = ()
    """Columns that say who a row is about; a table without one of them is another list's and does not grow."""
    notes: tuple[str, ...] = ()


def place(
    survey: Survey, sheet: str, header_row: int, columns: Sequence[str], is_key: Callable[[str], bool]
) -> Placement:
    """Decide where columns go.

    Args:
        survey: what the sheet holds.
        sheet: its name, for messages.
        header_row: where the headers are.
        columns: the headers.
        is_key: says whether a header names a column that says who a row is about.

    Raises:
        UsageError: headers that are blank or alike, or a header row that no sheet has.
        LayoutError: a header that is in the row twice.
        WorkbookRefused: no room at the right.
    """
    _refuse_unusable_headers(header_row, columns)
    positions = _existing_columns(survey, sheet, header_row, columns)
    missing = [name for name in columns if _folded(name) not in positions]
    _refuse_lack_of_room(sheet, survey.right, len(missing))

    # right of everything, also of what is far below the list: nothing of the user's is written over
    first = survey.right + 1
    new = tuple(range(first, first + len(missing)))
    for name, index in zip(missing, new, strict=True):
        positions[_folded(name)] = index
    indexes = tuple(positions[_folded(name)] for name in columns)

    # the columns that say who a row is about show which of several tables is the list
    keys = tuple(column for column, text in survey.header.items() if is_key(text))
    growth = _growth(survey, header_row, missing, keys)
    warnings = _warnings_of_refills(survey, header_row, set(indexes) - set(new))
    return Placement(indexes, new, growth.table, keys, (*growth.notes, *warnings))


def _folded(header: str) -> str:
    return " ".join(header.split()).casefold()


def _refuse_unusable_headers(header_row: int, columns: Sequence[str]) -> None:
    if not 1 <= header_row < MAX_ROW:
        raise UsageError(f"The header row {header_row} is no row of a sheet.", tip="Rows count from 1.")
    distinct = set(map(_folded, columns)) - {""}
    if not distinct or len(distinct) < len(columns):
        raise UsageError(
            f"The headers {', '.join(map(repr, columns))} are blank or alike.", tip="Name each column once."
        )


def _existing_columns(survey: Survey, sheet: str, header_row: int, columns: Sequence[str]) -> dict[str, int]:
    """Return where the headers are that the sheet has, by their folded names."""
    titles = {_folded(name): name for name in columns}
    positions: dict[str, int] = {}
    for column, text in sorted(survey.header.items()):
        name = _folded(text)
        if name not in titles:
            continue
        if name in positions:
            first = column_name(positions[name])
            second = column_name(column)
            raise LayoutError(
                f"{sheet} has the header {titles[name]} twice: in {first}{header_row} and {second}{header_row}.",
                tip="Rename or delete one of the two columns.",
            )
        positions[name] = column
    return positions


def _refuse_lack_of_room(sheet: str, right: int, count: int) -> None:
    if count and right + count > MAX_COLUMN:
        raise WorkbookRefused(
            f"{sheet} is used up to column {column_name(right)}: "
            f"there is no room for {count} more columns at its right.",
            tip="Clear the cells at the far right of the sheet, or move the contacts to a sheet of their own.",
        )


class _Growth(NamedTuple):
    """The table that grows to the new columns, or a note why it cannot."""

    table: Table | None = None
    notes: tuple[str, ...] = ()


def _growth(survey: Survey, header_row: int, names: Sequence[str], keys: Sequence[int]) -> _Growth:
    table = _table_of_list(survey, header_row, keys)
    if table is None or not names:
        return _Growth()
    reason: str | None = "cells right of it are used"
    if table.area.right == survey.right:
        reason = why_it_cannot_grow(table, names)
    if reason is None:
        return _Growth(table)
    note = f"The table {table.name} was not extended to the new columns, because {reason}."
    if external_source(table):
        note += " When it is refreshed, its rows may move away from these results."
    return _Growth(notes=(note,))


def _table_of_list(survey: Survey, header_row: int, keys: Sequence[int]) -> Table | None:
    # where no header shows which table is the list's, one that is apart may be any other list
    columns = keys or (survey.right,)
    for table in survey.tables:
        if table.area.top == header_row and table.area.holds_any(columns):
            return table
    return None


def _warnings_of_refills(survey: Survey, header_row: int, existing: Collection[int]) -> Iterator[str]:
    """Yield a sentence for each table that may be filled over our texts again."""
    for table in survey.tables:
        source = external_source(table)
        if source and table.area.top == header_row and table.area.holds_any(existing):
            description = source.removeprefix("it ")
            yield f"The table {table.name} {description}: its next refresh may take these results away again."


def filter_area(area: Area, header_row: int, placement: Placement) -> Area:
    """Return a filter's area, extended to new columns where it is the list's."""
    if not placement.new:
        return area
    touches = area.right + 1 == placement.new[0]
    columns_of_list = placement.keys or (area.right,)
    if touches and area.top == header_row and area.holds_any(columns_of_list):
        return area._replace(right=placement.new[-1])
    return area
