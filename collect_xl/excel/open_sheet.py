"""A sheet that is open in Excel: its cells in blocks, with as few calls as can be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from collect_xl.domain.a1 import Area
from collect_xl.excel.hidden_rows import hidden_rows
from collect_xl.excel.native_calls import (
    area_of,
    has_rich_data,
    is_protected,
    parsed_address,
    pivot_tables,
    shown_texts,
)
from collect_xl.excel.retry import PassOverRefusals, is_busy, listed
from collect_xl.excel.typed_cells import ERROR_TEXTS
from collect_xl.ooxml.number_formats import NumberReader, number_reader
from collect_xl.workbook.headers import ListTable
from collect_xl.workbook.labels import area_name
from collect_xl.workbook.pivots import Pivot

if TYPE_CHECKING:
    import xlwings as xw

T = TypeVar("T")

Lines = list[list[object]]
"""The cells of a block: rows of what xlwings delivers."""

_FEWEST = 1_000
"""Rows that are read at once even by a system that refuses larger answers."""
_SHOWN = (True, -1)
"""What ``visible`` is for a sheet that is shown; Windows has -1, and 2 for sheets that only VBA can show."""


class OpenSheet:
    """A sheet of a workbook that is open in Excel.

    Args:
        sheet: what xlwings has of it.
    """

    def __init__(self, sheet: xw.Sheet) -> None:
        self.sheet = sheet
        # asking for the name also proves that this is a sheet, and not what a rejected call left behind
        self.name = sheet.name
        self._blocks_name_errors = True

    @property
    def visible(self) -> bool:
        """Whether the sheet is shown."""
        return self.sheet.visible in _SHOWN

    def cells(self, area: Area) -> xw.Range:
        """Return the range of an area."""
        # By its address: a range between two cells costs five calls into Excel for Windows, and two for macOS.
        return self.sheet.range(area_name(area))

    def cell(self, column: int, row: int) -> xw.Range:
        """Return the range of one cell."""
        return self.cells(Area(column, row, column, row))

    def used(self) -> Area:
        """Return the used area; cells that are only formatted count."""
        return area_of(self.sheet.used_range)

    def tables(self) -> tuple[ListTable, ...]:
        """Return the sheet's tables."""
        return tuple(_table(table) for table in listed(self.sheet.tables))

    def pivots(self) -> list[Pivot]:
        """Return the sheet's pivot tables, where the system shows them."""
        found: list[Pivot] = []
        # on a chart there is nothing to ask
        with PassOverRefusals():
            for name, address in pivot_tables(self.sheet):
                area = parsed_address(address)
                if area is not None:
                    found.append((name, area))
        return found

    def values(self, area: Area) -> Lines:
        """Return what the cells of an area show.

        An error is its name, or on Windows perhaps its number.
        """
        return _in_parts(area, self._values)

    def _values(self, area: Area) -> Lines:
        if self._blocks_name_errors:
            try:
                return _lists(self.cells(area).options(ndim=2, numbers=None, empty=None, err_to_str=True).value)
            except TypeError:
                # xlwings 0.37.8 on macOS: _xlmac.py's ensure_2d returns nothing for a block
                lines = self._with_errors(area, self._formulas(area))
            # only now: a call that failed in between may have been a busy Excel, and says nothing of blocks
            self._blocks_name_errors = False
            return lines
        return self._with_errors(area, self._formulas(area))

    def with_formulas(self, area: Area, columns: Collection[int]) -> tuple[Lines, list[list[str]]]:
        """Return what the cells of an area show, and their formulas, in two calls.

        Args:
            area: the cells.
            columns: those in which errors are distinguished from blanks in any case.
        """
        formulas = self.formulas(area)
        if self._blocks_name_errors:
            return self.values(area), formulas
        return self._with_errors(area, formulas, columns), formulas

    def _with_errors(self, area: Area, formulas: list[list[str]], columns: Collection[int] | None = None) -> Lines:
        """Return the values where blocks do not name errors."""
        lines = self.texts(area)
        doubtful: list[tuple[int, int]] = []
        for row, (line, formula_line) in enumerate(zip(lines, formulas, strict=True)):
            for step, formula in enumerate(formula_line):
                looks_blank = bool(formula) and line[step] is None
                if looks_blank and (columns is None or area.left + step in columns):
                    doubtful.append((row, step))
        if doubtful:
            self._name_errors(area, lines, doubtful)
        return lines

    def _name_errors(self, area: Area, lines: Lines, cells: Iterable[tuple[int, int]]) -> None:
        """Put the names of errors into lines, where cells with formulas look blank.

        The texts of the whole block are read at once: a cell alone takes a call, and a column of formulas that show
        nothing has thousands.
        """
        width = area.right - area.left + 1
        texts = list(_flat(shown_texts(self.cells(area))))
        for row, step in cells:
            text = texts[row * width + step]
            if text in ERROR_TEXTS:
                lines[row][step] = text

    def texts(self, area: Area) -> Lines:
        """Return what the cells of an area show, in one call.

        An error may look like a blank.
        """
        return _lists(self.cells(area).options(ndim=2, numbers=None, empty=None).value)

    def formulas(self, area: Area) -> list[list[str]]:
        """Return the formulas of an area's cells, and the texts of those that have none."""
        return _in_parts(area, self._formulas)

    def _formulas(self, area: Area) -> list[list[str]]:
        width = area.right - area.left + 1
        flat = [str(formula) for formula in _flat(self.cells(area).formula)]
        return [flat[start : start + width] for start in range(0, len(flat), width)]

    def number_readers(self, column: int, rows: Sequence[int]) -> dict[int, NumberReader]:
        """Return what reads the numbers of a column, by row.

        A row is absent where Excel names no format.

        Args:
            column: the column.
            rows: the rows that hold numbers, ascending; without any, Excel is not asked.
        """
        if not rows:
            return {}
        code: object = self.cells(Area(column, rows[0], column, rows[-1])).number_format
        if isinstance(code, str):
            return dict.fromkeys(rows, number_reader(code, date1904=False))
        if len(rows) == 1:
            return {}
        # several formats: Excel names none of them, so that each half is asked for
        middle = len(rows) // 2
        return {**self.number_readers(column, rows[:middle]), **self.number_readers(column, rows[middle:])}

    def hidden(self, area: Area) -> frozenset[int]:
        """Return the rows of an area that are hidden, by hand or by a filter."""
        return hidden_rows(self, area)

    def is_protected(self) -> bool:
        """Return whether the cells of the sheet are protected."""
        return is_protected(self.sheet)

    def rich(self, area: Area, columns: Iterable[int]) -> Iterator[Area]:
        """Yield parts of columns whose cells are data types or pictures, which only look like text or an error.

        Args:
            area: the rows, over all of the columns; where it has no such cell this is one call.
            columns: those that matter.
        """
        if self._has_rich_data(area) is not False:
            for column in columns:
                yield from self._rich_parts(area._replace(left=column, right=column))

    def _rich_parts(self, part: Area) -> Iterator[Area]:
        state = self._has_rich_data(part)
        if state is True:
            yield part
        elif state is None and part.top < part.bottom:
            middle = (part.top + part.bottom) // 2
            yield from self._rich_parts(part._replace(bottom=middle))
            yield from self._rich_parts(part._replace(top=middle + 1))

    def _has_rich_data(self, area: Area) -> bool | None:
        # an Excel that is older than data types does not know the question
        with PassOverRefusals():
            return has_rich_data(self.cells(area))
        return False

    def merged(self, area: Area) -> Iterator[Area]:
        """Yield the merged areas that reach into an area, some perhaps twice."""
        state: object = self.cells(area).merge_cells
        if state is False:
            return
        if (area.left, area.top) == (area.right, area.bottom):
            yield area_of(self.cells(area).merge_area)
        elif area.top < area.bottom:
            middle = (area.top + area.bottom) // 2
            yield from self.merged(area._replace(bottom=middle))
            yield from self.merged(area._replace(top=middle + 1))
        else:
            middle = (area.left + area.right) // 2
            yield from self.merged(area._replace(right=middle))
            yield from self.merged(area._replace(left=middle + 1))


def _in_parts(area: Area, read: Callable[[Area], list[T]]) -> list[T]:
    """Read an area, by halves where it is too large.

    On macOS an answer has a greatest size in bytes (-1741).
    """
    height = area.bottom - area.top + 1
    try:
        return read(area)
    except Exception as error:
        if is_busy(error) or height <= _FEWEST:
            raise
    middle = area.top + height // 2
    return _in_parts(area._replace(bottom=middle - 1), read) + _in_parts(area._replace(top=middle), read)


def _table(table: xw.main.Table) -> ListTable:
    return ListTable(
        table.name,
        area_of(table.range),
        has_header=bool(table.show_headers),
        totals=int(bool(table.show_totals)),
    )


def _lists(value: Iterable[Iterable[object]]) -> Lines:
    return [list(line) for line in value]


def _flat(value: object) -> Iterator[object]:
    """Yield the cells of a block, whether Excel delivers one value, a line or lines."""
    if isinstance(value, list | tuple):
        for part in value:
            yield from _flat(part)
    else:
        yield "" if value is None else value
