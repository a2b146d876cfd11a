"""Where the columns go: into columns that have their header, else right of everything that is used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from collect_xl.domain.a1 import MAX_COLUMN, MAX_ROW, Area, column_letters
from collect_xl.errors import LayoutError, UsageError, WorkbookRefused
from collect_xl.ooxml.survey import Survey
from collect_xl.ooxml.tables import Table, external_source, why_it_cannot_grow


@dataclass(frozen=True, slots=True)
class Placement:
    """Where each column goes, and what grows with it."""

    indexes: tuple[int, ...]
    """In the order of the headers; 1 for column A."""
    new: tuple[int, ...]
    """Those of them that the sheet lacked, ascending; they stand side by side."""
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
        header_row: where the headers stand.
        columns: the headers.
        is_key: says whether a header names a column that says who a row is about.

    Raises:
        UsageError: headers that are blank or alike, or a header row that no sheet has.
        LayoutError: a header that stands in the row twice.
        WorkbookRefused: no room at the right.
    """
    _refuse_unusable_headers(header_row, columns)
    positions = _existing_columns(survey, sheet, header_row, columns)
    missing = [name for name in columns if _folded(name) not in positions]
    _refuse_lack_of_room(sheet, survey.right, len(missing))

    first = survey.right + 1
    new = tuple(range(first, first + len(missing)))
    for name, index in zip(missing, new, strict=True):
        positions[_folded(name)] = index
    indexes = tuple(positions[_folded(name)] for name in columns)

    keys = tuple(column for column, text in survey.header.items() if is_key(text))
    table, note = _growing_table(survey, header_row, missing, keys)
    notes = [note] if note else []
    notes += _warnings_of_refills(survey, header_row, set(indexes) - set(new))
    return Placement(indexes, new, table, keys, tuple(notes))


def _folded(header: str) -> str:
    return " ".join(header.split()).casefold()


def _refuse_unusable_headers(header_row: int, columns: Sequence[str]) -> None:
    if not 1 <= header_row < MAX_ROW:
        raise UsageError(f"The header row {header_row} is no row of a sheet.", tip="Rows count from 1.")
    folded = {_folded(name) for name in columns}
    if not folded or "" in folded or len(folded) < len(columns):
        raise UsageError(
            f"The headers {', '.join(map(repr, columns))} are blank or alike.", tip="Name each column once."
        )


def _existing_columns(survey: Survey, sheet: str, header_row: int, columns: Sequence[str]) -> dict[str, int]:
    """Return where the headers stand that the sheet has, by their folded names."""
    titles = {_folded(name): name for name in columns}
    positions: dict[str, int] = {}
    for column, text in sorted(survey.header.items()):
        name = _folded(text)
        if name not in titles:
            continue
        if name in positions:
            first, second = (column_letters(index).decode() for index in (positions[name], column))
            raise LayoutError(
                f"{sheet} has the header {titles[name]} twice: in {first}{header_row} and {second}{header_row}.",
                tip="Rename or delete one of the two columns.",
            )
        positions[name] = column
    return positions


def _refuse_lack_of_room(sheet: str, right: int, count: int) -> None:
    if count and right + count > MAX_COLUMN:
        raise WorkbookRefused(
            f"{sheet} is used up to column {column_letters(right).decode()}: "
            f"there is no room for {count} more columns at its right.",
            tip="Clear the cells at the far right of the sheet, or move the contacts to a sheet of their own.",
        )


def _growing_table(
    survey: Survey, header_row: int, names: Sequence[str], keys: Sequence[int]
) -> tuple[Table | None, str]:
    """Return the list's table, if it can grow to the new columns, or a note why it cannot."""
    if not names:
        return None, ""
    for table in survey.tables:
        touches = table.area.right == survey.right
        if table.area.top != header_row or not _holds_list(table.area, keys):
            continue
        # where no header tells which table is the list's, one that stands apart may be any other list
        if not keys and not touches:
            continue
        reason = why_it_cannot_grow(table, names) if touches else "cells right of it are used"
        if reason is None:
            return table, ""
        return None, f"The table {table.name} was not extended to the new columns, because {reason}."
    return None, ""


def _holds_list(area: Area, keys: Sequence[int]) -> bool:
    """Return whether the list stands in an area; without key columns any area may be the list's."""
    if not keys:
        return True
    return any(area.left <= column <= area.right for column in keys)


def _warnings_of_refills(survey: Survey, header_row: int, existing: Collection[int]) -> Iterator[str]:
    """Yield a sentence for each table whose query or XML map may fill our columns again."""
    for table in survey.tables:
        area = table.area
        is_written = any(area.left <= column <= area.right for column in existing)
        source = external_source(table)
        if is_written and area.top == header_row and source:
            description = source.removeprefix("it ")
            yield f"The table {table.name} {description}: its next refresh may take these results away again."


def filter_area(area: Area, header_row: int, placement: Placement) -> Area:
    """Return the area of a sheet's filter, extended to new columns at its edge, where it is the list's."""
    if not placement.new:
        return area
    touches = area.right + 1 == placement.new[0]
    if touches and area.top == header_row and _holds_list(area, placement.keys):
        return area._replace(right=placement.new[-1])
    return area
