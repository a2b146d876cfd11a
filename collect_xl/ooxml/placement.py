"""Where the columns go: into columns that have their header, else right of everything that is used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from collect_xl.domain.a1 import MAX_COLUMN, MAX_ROW, Area, column_letters
from collect_xl.errors import LayoutError, UsageError, WorkbookRefused
from collect_xl.ooxml.survey import Survey
from collect_xl.ooxml.tables import Table, foreign, why_not


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
    """Columns that say whom a row is about; a table without one of them is another list's and does not grow."""
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
        is_key: tells whether a header names a column that says whom a row is about.

    Raises:
        UsageError: headers that are blank or alike, or a header row that no sheet has.
        LayoutError: a header that stands in the row twice.
        WorkbookRefused: no room at the right.
    """
    _check_words(header_row, columns)
    known = _known(survey, sheet, header_row, columns)
    missing = [name for name in columns if _folded(name) not in known]
    first = survey.right + 1
    if missing and survey.right + len(missing) > MAX_COLUMN:
        raise WorkbookRefused(
            f"{sheet} is used up to column {column_letters(survey.right).decode()}: "
            f"there is no room for {len(missing)} more columns at its right.",
            tip="Clear the cells at the far right of the sheet, or move the contacts to a sheet of their own.",
        )
    known.update({_folded(name): first + step for step, name in enumerate(missing)})
    new = tuple(range(first, first + len(missing)))
    keys = tuple(column for column, text in survey.header.items() if is_key(text))
    table, notes = _growing(survey, header_row, missing, first, keys)
    indexes = tuple(known[_folded(name)] for name in columns)
    notes = (*notes, *_refilled(survey, header_row, set(indexes) - set(new)))
    return Placement(indexes, new, table, keys, notes)


def _folded(header: str) -> str:
    return " ".join(header.split()).casefold()


def _check_words(header_row: int, columns: Sequence[str]) -> None:
    if not 1 <= header_row < MAX_ROW:
        raise UsageError(f"The header row {header_row} is no row of a sheet.", tip="Rows count from 1.")
    folded = [_folded(name) for name in columns]
    if not all(folded) or len(set(folded)) != len(folded) or not folded:
        raise UsageError(
            f"The headers {', '.join(map(repr, columns))} are blank or alike.", tip="Name each column once."
        )


def _known(survey: Survey, sheet: str, header_row: int, columns: Sequence[str]) -> dict[str, int]:
    wanted = {_folded(name): name for name in columns}
    found: dict[str, int] = {}
    for column, text in sorted(survey.header.items()):
        name = _folded(text)
        if name in found and name in wanted:
            first, second = (column_letters(each).decode() for each in (found[name], column))
            raise LayoutError(
                f"{sheet} has the header {wanted[name]} twice: in {first}{header_row} and {second}{header_row}.",
                tip="Rename or delete one of the two columns.",
            )
        found[name] = column
    return {name: column for name, column in found.items() if name in wanted}


def _growing(
    survey: Survey, header_row: int, names: Sequence[str], first: int, keys: Sequence[int]
) -> tuple[Table | None, tuple[str, ...]]:
    """Return the list's table, if it can grow to the new columns, or a note why it cannot."""
    for table in survey.tables:
        touches = table.area.right + 1 == first
        if names and table.area.top == header_row and _holds(table.area, keys) and (keys or touches):
            reason = why_not(table, names) if touches else "cells right of it are used"
            if reason is None:
                return table, ()
            return None, (f"The table {table.name} was not extended to the new columns, because {reason}.",)
    return None, ()


def _holds(area: Area, keys: Sequence[int]) -> bool:
    """Return whether the list stands in an area; where no header says whom it is about, any area may be the list's."""
    return not keys or any(area.left <= column <= area.right for column in keys)


def _refilled(survey: Survey, header_row: int, existing: Collection[int]) -> Iterator[str]:
    """Say of which tables a query or an XML map may fill the columns again that we write to."""
    for table in survey.tables:
        within = [each for each in existing if table.area.left <= each <= table.area.right]
        if within and table.area.top == header_row and (source := foreign(table)):
            told = source.removeprefix("it ")
            yield f"The table {table.name} {told}: its next refresh may take these results away again."


def filter_area(area: Area, header_row: int, placement: Placement) -> Area:
    """Return the area of a sheet's filter, extended to new columns at its edge, where it is the list's."""
    new = placement.new
    if new and (area.top, area.right + 1) == (header_row, new[0]) and _holds(area, placement.keys):
        return area._replace(right=new[-1])
    return area
