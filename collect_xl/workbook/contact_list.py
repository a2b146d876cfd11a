"""Rules of a list of contacts that saved and open workbooks share: gaps, merged cells, what is below its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collect_xl.domain.model import Fault, SheetRow
from collect_xl.workbook.labels import area_name, cell_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from collect_xl.domain.a1 import Area
    from collect_xl.domain.model import Column, Layout

LONGEST_GAP = 1_000
"""Blank rows between two contacts that are yielded one by one; a longer gap is a stray cell far below, no list."""


def blank_rows(before: int, number: int, hidden: Collection[int]) -> Iterator[SheetRow]:
    """Yield the blank rows between two rows of a list, unless they are too many.

    Args:
        before: the row above the gap.
        number: the row below the gap.
        hidden: the rows that are hidden.
    """
    if number - before > LONGEST_GAP:
        return
    for blank in range(before + 1, number):
        yield SheetRow(blank, blank in hidden, {})


def other_columns(layout: Layout) -> tuple[Column, ...]:
    """Return the columns that we do not use, and that belong to the list even so.

    What is right of the list, beyond a column without a header, is something else.
    """
    last = max(column.index for column in layout.columns)
    others: list[Column] = []
    for column in layout.ignored:
        if column.index == last + 1:
            last = column.index
        if column.index <= last:
            others.append(column)
    return tuple(others)


def is_harmful_merge(area: Area, columns: Iterable[Column]) -> bool:
    """Return whether a merged area leaves open whose value a cell of a list holds.

    A cell that was merged only with cells of its row that are not read is fine.

    Args:
        area: the merged area.
        columns: the columns of the list.
    """
    covered = [column.index for column in _covered(area, columns)]
    is_one_cell = area.top == area.bottom and covered == [area.left]
    return bool(covered) and not is_one_cell


def merge_faults(area: Area, columns: Iterable[Column]) -> dict[str, Fault]:
    """Return what is wrong with the cells that a harmful merged area covers in one row, by field."""
    fault = Fault("merged", area_name(area))
    return {column.field: fault for column in _covered(area, columns)}


def _covered(area: Area, columns: Iterable[Column]) -> list[Column]:
    return [column for column in columns if area.left <= column.index <= area.right]


def note_below_table(layout: Layout, last: int) -> str:
    """Return the sentence about a row directly below a table, which is read with it.

    Args:
        layout: where the contacts are.
        last: the last row of the table.
    """
    return (
        f"Row {last + 1} is directly below the table {layout.table}, outside it; "
        "it and the rows after it, up to the next blank one, are read as well."
    )


def note_apart_from_table(layout: Layout, column: int, row: int) -> str:
    """Return the sentence about an address below a table that is not read."""
    return (
        f"{cell_name(layout.sheet, column, row)} is below the table {layout.table}, apart from it, and is not "
        "read. If someone there should be asked, move the rows up to the table."
    )
