"""A sheet that is open in Excel: its cells in blocks, with as few calls as can be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from collect_xl.domain.a1 import Area
from collect_xl.excel.retry import is_busy
from collect_xl.workbook.headers import ListTable

if TYPE_CHECKING:
    import xlwings as xw

T = TypeVar("T")

_LONGEST_ADDRESS = 240
"""Excel's addresses have 255 characters at most."""
_SIGNS = 5
"""The comma and the dollar signs in each part of such an address."""

__all__ = ["Lines", "OpenSheet", "runs"]

Lines = list[list[object]]
"""The cells of a block: rows of what xlwings delivers."""

_FEWEST = 1_000
"""Rows that are read at once even by a system that refuses larger answers."""


class OpenSheet:
    """A sheet of a workbook that is open in Excel.

    Args:
        sheet: what xlwings has of it.
    """

    def __init__(self, sheet: xw.Sheet) -> None:
        self.sheet = sheet
        self.name = sheet.name  # also proves that this is a sheet and not what a rejected call left behind
        self._tells_errors = True

    @property
    def visible(self) -> bool:
        """Whether the sheet is shown; Windows has -1 for that, and 2 for sheets that only VBA can show."""
        return self.sheet.visible in (True, -1)

    def cells(self, area: Area) -> xw.Range:
        """Return the range of an area."""
        return self.sheet.range((area.top, area.left), (area.bottom, area.right))

    def used(self) -> Area:
        """Return the used area; cells that are only formatted count."""
        return _area(self.sheet.used_range)

    def tables(self) -> tuple[ListTable, ...]:
        """Return the sheet's tables."""
        return tuple(
            ListTable(each.name, _area(each.range), bool(each.show_headers), int(bool(each.show_totals)))
            for each in self.sheet.tables
        )

    def values(self, area: Area) -> Lines:
        """Return what the cells of an area show; an error is its name, or on Windows perhaps its number."""
        return _in_parts(area, self._values)

    def _values(self, area: Area) -> Lines:
        cells = self.cells(area)
        if self._tells_errors:
            try:
                return _lists(cells.options(ndim=2, numbers=None, empty=None, err_to_str=True).value)
            except TypeError:  # xlwings 0.37.8 on macOS: _xlmac.py's ensure_2d returns nothing for a block
                found = self._with_errors(area, self._formulas(area))
            self._tells_errors = False
            return found
        return self._with_errors(area, self._formulas(area))

    def with_formulas(self, area: Area, columns: Collection[int]) -> tuple[Lines, list[list[str]]]:
        """Return what the cells of an area show, and their formulas, in two calls on any system.

        Args:
            area: the cells.
            columns: those in which errors are told from blanks in any case.
        """
        formulas = self.formulas(area)
        return (self.values(area) if self._tells_errors else self._with_errors(area, formulas, columns)), formulas

    def _with_errors(self, area: Area, formulas: list[list[str]], columns: Collection[int] | None = None) -> Lines:
        """Return the values where blocks do not tell errors: what looks blank and has a formula is asked for alone."""
        lines = self.texts(area)
        for row, (line, texts) in enumerate(zip(lines, formulas, strict=True), area.top):
            for column, formula in enumerate(texts, area.left):
                if formula and line[column - area.left] is None and (columns is None or column in columns):
                    cell = self.sheet.range((row, column))
                    line[column - area.left] = cell.options(err_to_str=True, empty=None).value
        return lines

    def texts(self, area: Area) -> Lines:
        """Return what the cells of an area show, where errors need not be told from blanks: one call on any system."""
        return _lists(self.cells(area).options(ndim=2, numbers=None, empty=None).value)

    def formulas(self, area: Area) -> list[list[str]]:
        """Return the formulas of an area's cells, and the texts of those that have none."""
        return _in_parts(area, self._formulas)

    def _formulas(self, area: Area) -> list[list[str]]:
        width = area.right - area.left + 1
        flat = list(_flat(self.cells(area).formula))
        return [[str(each) for each in flat[at : at + width]] for at in range(0, len(flat), width)]

    def hidden(self, area: Area) -> frozenset[int]:
        """Return the rows of an area that are hidden, by hand or by a filter."""
        rows = frozenset(range(area.top, area.bottom + 1))
        shown = self._shown(area)
        if not shown:
            return frozenset(self._hidden_among(area))
        if area.top < area.bottom and sum(len(bytes(each)) + _SIGNS for each in shown) > _LONGEST_ADDRESS:
            middle = (area.top + area.bottom) // 2  # macOS cuts the address of many areas off without a word
            return self.hidden(area._replace(bottom=middle)) | self.hidden(area._replace(top=middle + 1))
        return rows.difference(*(range(each.top, each.bottom + 1) for each in shown))

    def _shown(self, area: Area) -> list[Area]:
        """Return the visible parts of an area; nothing where Excel does not tell."""
        try:
            cells: Any = self.cells(area).get_special_cells("visible")
            return [_area(each) for each in cells]
        except Exception as error:
            if is_busy(error):
                raise
            return []  # a protected sheet; or there are none, which xlwings understands in English only

    def _hidden_among(self, area: Area) -> Iterator[int]:
        """Yield the hidden rows, asked for by halves: on Windows each question takes a call a row."""
        hidden = self.cells(area).rows.hidden
        if hidden:
            yield from range(area.top, area.bottom + 1)
        elif hidden is None:
            middle = (area.top + area.bottom) // 2
            yield from self._hidden_among(area._replace(bottom=middle))
            yield from self._hidden_among(area._replace(top=middle + 1))

    def merged(self, area: Area) -> Iterator[Area]:
        """Yield the merged areas that reach into an area, some perhaps twice."""
        state: object = self.cells(area).merge_cells
        if state is False:
            return
        if (area.left, area.top) == (area.right, area.bottom):
            yield _area(self.cells(area).merge_area)
        elif area.top < area.bottom:
            middle = (area.top + area.bottom) // 2
            yield from self.merged(area._replace(bottom=middle))
            yield from self.merged(area._replace(top=middle + 1))
        else:
            middle = (area.left + area.right) // 2
            yield from self.merged(area._replace(right=middle))
            yield from self.merged(area._replace(left=middle + 1))


def runs(numbers: Sequence[int]) -> Iterator[range]:
    """Yield the stretches of ascending numbers that follow each other."""
    for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        members = [number for _, number in group]
        yield range(members[0], members[-1] + 1)


def _in_parts(area: Area, read: Callable[[Area], list[T]]) -> list[T]:
    """Read an area; by halves where it is too large: on macOS an answer has a greatest size in bytes (-1741)."""
    try:
        return read(area)
    except Exception as error:
        height = area.bottom - area.top + 1
        if is_busy(error) or height <= _FEWEST:
            raise
    middle = area.top + height // 2
    return _in_parts(area._replace(bottom=middle - 1), read) + _in_parts(area._replace(top=middle), read)


def _area(cells: xw.Range) -> Area:
    found = Area.parse(cells.address.replace("$", "").encode())
    if found is None:
        raise TypeError("NoneType instead of an address")  # what a rejected call leaves behind
    return found


def _lists(value: Iterable[Iterable[object]]) -> Lines:
    return [list(line) for line in value]


def _flat(value: object) -> Iterator[object]:
    """Yield the cells of a block, whether Excel delivers one value, a line or lines."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _flat(each)
    else:
        yield "" if value is None else value
