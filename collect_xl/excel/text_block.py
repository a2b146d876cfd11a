"""A block of texts put into open Excel: over hidden rows too, never as formulas, and looked at afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NoReturn

from collect_xl.domain.a1 import Area
from collect_xl.domain.model import Fault, ResultValue
from collect_xl.excel.open_sheet import Lines, OpenSheet
from collect_xl.excel.retry import PassOverRefusals
from collect_xl.excel.text_lines import (
    Line,
    bridged,
    cell_text,
    complete_line,
    date_text,
    near_each_other,
    quoted,
    rewritable,
    runs,
    shows,
)
from collect_xl.excel.typed_cells import cell_value, is_formula
from collect_xl.excel.write_refusals import locked_where_refused, not_kept, rows_moved
from collect_xl.ooxml.date_cells import DAY, DAY_AND_TIME
from collect_xl.ooxml.number_formats import shows_day
from collect_xl.ooxml.row_edit import formula_in_the_way

if TYPE_CHECKING:
    import xlwings as xw

BRIDGE = 50
"""Rows without news between two with news that are written along, as they are, to save calls."""
FAR_APART = 2_000
"""Rows; what is farther apart is not read back at once."""
TEXT_FORMAT = "@"
DATE_FORMATS = {DAY: "m/d/yyyy", DAY_AND_TIME: "m/d/yyyy h:mm"}
"""Built-in format -> its code: given by this code, Excel takes the built-in one, which its user's system spells."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What identifies rows, as it was when they were found."""

    area: Area
    """The rows, over all columns of the list."""
    columns: Sequence[int]
    """The columns that identify a row."""
    lines: Lines

    def same(self, row: int, line: Sequence[object]) -> bool:
        """Return whether a row still is whose it was."""
        before = self.lines[row - self.area.top]
        steps = [column - self.area.left for column in self.columns]
        return all(_comparable(before[step]) == _comparable(line[step]) for step in steps)


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring columns, over the rows that have news.

    Args:
        sheet: the sheet.
        area: the block.
        before: what its cells show.
        formulas: their formulas, or texts.
        hidden: the rows that are hidden.
        keys: what identifies its rows.
        number_format: what its cells are formatted as: text, or one of ``DATE_FORMATS``.
    """

    sheet: OpenSheet
    area: Area
    before: Lines
    formulas: list[list[str]]
    hidden: frozenset[int]
    keys: Keys
    number_format: str = TEXT_FORMAT

    @property
    def _has_dates(self) -> bool:
        return self.number_format != TEXT_FORMAT

    def put(self, news: Mapping[int, Line]) -> None:
        """Put texts into rows, where they differ from what is there.

        Args:
            news: row -> a text for each column; None leaves a cell as it is.

        Raises:
            WorkbookRefused: a formula stands in the way, or Excel does not keep what is written.
            WorkbookBusy: rows were moved while they were written; what went astray was taken back.
        """
        after: dict[int, Line] = {}
        for row in range(self.area.top, self.area.bottom + 1):
            after[row] = self._line_after(row, news.get(row))
        changed = [row for row in sorted(news) if not shows(self._line_before(row), after[row])]
        written: list[int] = []
        for stretch in self._stretches(changed, after):
            self._write(stretch, after)
            written.extend(stretch)
        wrong = self._wrong(sorted(written), after)
        # a filter was set meanwhile, so that Excel repeated a line, or it took a text for something else
        for row in wrong:
            self._write_cell_by_cell(row, after[row])
        still_wrong = self._wrong(wrong, after)
        if still_wrong:
            raise not_kept(self.sheet, self.area.left, still_wrong[0])

    def _line_before(self, row: int) -> Sequence[object]:
        return self.before[row - self.area.top]

    def _line_after(self, row: int, texts: Line | None) -> list[ResultValue | None]:
        """Return what a row has to show.

        None where the user has a number, a date or a formula.
        """
        before = self._line_before(row)
        formulas = self.formulas[row - self.area.top]
        if texts is None:
            pairs = zip(before, formulas, strict=True)
            return [rewritable(value, formula, dates=self._has_dates) for value, formula in pairs]
        line: list[ResultValue | None] = []
        for step, text in enumerate(texts):
            if text is None:
                line.append(rewritable(before[step], formulas[step], dates=self._has_dates))
            elif is_formula(formulas[step], before[step]):
                raise formula_in_the_way(self.sheet.name, self.area.left + step, row)
            else:
                line.append(text if isinstance(text, date) else cell_text(text))
        return line

    def _stretches(self, changed: Sequence[int], after: Mapping[int, Line]) -> Iterator[range]:
        """Yield rows that can be written at once.

        All of them are hidden or none: of a block over both, Excel would repeat the first line on every row.
        """
        for group in bridged(changed, after, longest=BRIDGE):
            yield from runs([row for row in group if row not in self.hidden])
            yield from runs([row for row in group if row in self.hidden])

    def _write(self, rows: range, after: Mapping[int, Line]) -> None:
        """Write rows at once, or cell by cell.

        The latter where something in them must stay, or Excel does not take the block.
        """
        lines = [complete_line(after[row]) for row in rows]
        complete = [line for line in lines if line is not None]
        if len(complete) == len(lines):
            with PassOverRefusals():
                self._write_at_once(rows, complete)
                return
        for row in rows:
            self._write_cell_by_cell(row, after[row])

    def _write_at_once(self, rows: range, lines: list[list[ResultValue]]) -> None:
        cells = self.sheet.cells(self.area._replace(top=rows.start, bottom=rows.stop - 1))
        is_formatted = self._formatted(cells)
        if self._has_dates or not is_formatted:
            lines = [[quoted(text) for text in line] for line in lines]
        if self._has_dates:
            # Not as numbers: which number a day has depends on the workbook, and Excel knows it.
            cells.value = [list(map(_for_excel, line)) for line in lines]
        else:
            cells.raw_value = lines

    def _formatted(self, cells: xw.Range) -> bool:
        """Format cells as what they will hold, and return whether Excel let us.

        A protected sheet may allow values but no formats.
        """
        with PassOverRefusals():
            if self._has_dates and _shows_days(cells):
                return True
            cells.number_format = self.number_format
            return True
        return False

    def _write_cell_by_cell(self, row: int, line: Line) -> None:
        for column, text in enumerate(line, self.area.left):
            if text is None:
                continue
            cell = self.sheet.cell(column, row)
            with locked_where_refused(self.sheet.name, column, row):
                # macOS ignores a format that it does not allow, so the format is read back
                is_formatted = self._formatted(cell)
                is_text = is_formatted and cell.number_format == TEXT_FORMAT
                if not isinstance(text, date):
                    cell.raw_value = text if is_text else quoted(text)
                elif _shows_days(cell):
                    cell.value = _for_excel(text)
                else:
                    cell.raw_value = quoted(date_text(text))

    def _wrong(self, rows: Sequence[int], after: Mapping[int, Line]) -> list[int]:
        """Return which of the written rows do not show what they should.

        Raises:
            WorkbookBusy: rows were moved; what they show of other rows' results was taken back.
        """
        wrong: list[int] = []
        for part in near_each_other(rows, FAR_APART):
            wrong.extend(self._wrong_among(part, after))
        return wrong

    def _wrong_among(self, rows: Sequence[int], after: Mapping[int, Line]) -> list[int]:
        """Return ``_wrong`` of rows that are read back at once."""
        first, last = rows[0], rows[-1]
        # the whole width is read, so that one call shows both the results and whose rows they are on
        lines = self.sheet.texts(self.keys.area._replace(top=first, bottom=last))
        own = slice(self.area.left - self.keys.area.left, self.area.right - self.keys.area.left + 1)
        moved: list[int] = []
        wrong: list[int] = []
        for row in rows:
            line = lines[row - first]
            if not self.keys.same(row, line):
                moved.append(row)
            if not shows(line[own], after[row]):
                wrong.append(row)
        if moved:
            # a moved row that shows what was written for its place shows the results of another row
            self._take_back([row for row in moved if row not in wrong])
        return wrong

    def _take_back(self, rows: Sequence[int]) -> NoReturn:
        """Empty rows that moved in the moment before they were written: they show another row's results.

        The next run recognises them, and writes what belongs there.
        """
        for row in rows:
            self.sheet.cells(self.area._replace(top=row, bottom=row)).clear_contents()
        raise rows_moved(self.sheet.name)


def _comparable(value: object) -> object:
    """Return a value, or nothing for an error.

    One way of reading names errors, and another does not.
    """
    return None if isinstance(cell_value(value), Fault) else value


def _for_excel(value: ResultValue) -> ResultValue:
    """Return a date with a time, which Excel takes on each system; a text as it is."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a cell has no zone
    return value


def _shows_days(cells: xw.Range) -> bool:
    """Return whether all cells have one format that shows days, be it the user's own."""
    code: object = cells.number_format
    return isinstance(code, str) and shows_day(code)
