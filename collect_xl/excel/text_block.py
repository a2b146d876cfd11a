"""Texts put into cells of open Excel: over hidden rows too, never as formulas, and looked at afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NoReturn

from collect_xl.domain.a1 import Area
from collect_xl.domain.model import Fault
from collect_xl.excel.open_sheet import Lines, OpenSheet
from collect_xl.excel.retry import is_busy, words_of
from collect_xl.excel.typed_cells import cell_value, is_formula
from collect_xl.excel.write_refusals import cell_locked, formula_in_the_way, rows_moved
from collect_xl.ooxml.cell_text import MAX_TEXT

if TYPE_CHECKING:
    import xlwings as xw

Line = Sequence[str | None]
"""A text for each column of a row; None for a cell that must stay as it is."""

BRIDGE = 50
"""Rows without news between two with news that are written along, as they are, to save calls."""
FAR_APART = 2_000
"""Rows; what lies farther apart is not read back at once."""
TEXT_FORMAT = "@"
_NOT_SHOWN = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
"""Control characters but line breaks and tabs, and halves of pairs: no cell shows them."""


def cell_text(text: str) -> str:
    """Return a text as a cell can hold it: without what no cell shows, and cut at what Excel keeps."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = _NOT_SHOWN.sub("", lines)
    return plain if len(plain) <= MAX_TEXT // 2 else _cut(plain)


def column_groups(columns: Mapping[str, int]) -> list[dict[str, int]]:
    """Return fields and columns in groups of neighbours, from left to right."""
    fields = {column: field for field, column in columns.items()}
    return [{fields[column]: column for column in neighbours} for neighbours in _runs(sorted(fields))]


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
    """

    sheet: OpenSheet
    area: Area
    before: Lines
    formulas: list[list[str]]
    hidden: frozenset[int]
    keys: Keys

    def put(self, news: Mapping[int, Line]) -> int:
        """Put texts into rows, and return how many of those differed.

        Args:
            news: row -> a text for each column; None leaves a cell as it is.

        Raises:
            WorkbookRefused: a formula stands in the way, or Excel does not keep what is written.
            WorkbookBusy: rows were moved while they were written; what went astray was taken back.
        """
        after = {row: self._line_after(row, news.get(row)) for row in range(self.area.top, self.area.bottom + 1)}
        changed = [row for row in sorted(news) if not _shows(self._line_before(row), after[row])]
        stretches = list(self._stretches(changed, after))
        for stretch in stretches:
            self._write(stretch, after)
        written = sorted(row for stretch in stretches for row in stretch)
        wrong = self._wrong(written, after)
        for row in wrong:  # a filter set meanwhile, or a text that Excel took for something else
            self._write_cell_by_cell(row, after[row])
        still_wrong = self._wrong(wrong, after)
        if still_wrong:
            raise cell_locked(self.sheet.name, self.area.left, still_wrong[0])
        return len(changed)

    def _line_before(self, row: int) -> Sequence[object]:
        return self.before[row - self.area.top]

    def _line_after(self, row: int, texts: Line | None) -> list[str | None]:
        """Return what a row has to show; None where a number, a date or a formula of the user's stands."""
        formulas = self.formulas[row - self.area.top]
        line: list[str | None] = []
        for step, (value, formula) in enumerate(zip(self._line_before(row), formulas, strict=True)):
            text = texts[step] if texts is not None else None
            if text is None:
                line.append(_rewritable(value, formula))
            elif is_formula(formula, value):
                raise formula_in_the_way(self.sheet.name, self.area.left + step, row)
            else:
                line.append(cell_text(text))
        return line

    def _stretches(self, changed: Sequence[int], after: Mapping[int, Line]) -> Iterator[range]:
        """Yield rows that can be written at once: all hidden or none, since Excel repeats the first line otherwise."""
        rows: list[int] = []
        for row in changed:
            between = range(rows[-1] + 1, row) if rows else range(0)
            if len(between) <= BRIDGE and all(None not in after[each] for each in between):
                rows.extend(between)
            else:
                yield from self._alike(rows)
                rows = []
            rows.append(row)
        yield from self._alike(rows)

    def _alike(self, rows: Sequence[int]) -> Iterator[range]:
        yield from _runs([row for row in rows if row not in self.hidden])
        yield from _runs([row for row in rows if row in self.hidden])

    def _write(self, rows: range, after: Mapping[int, Line]) -> None:
        """Write rows at once; cell by cell where something in them must stay, or Excel does not like the block."""
        try:
            if self._write_at_once(rows, after):
                return
        except Exception as error:
            if is_busy(error):
                raise
        for row in rows:
            self._write_cell_by_cell(row, after[row])

    def _write_at_once(self, rows: range, after: Mapping[int, Line]) -> bool:
        """Write rows in one call; return whether they were written, which they are not where a cell must stay."""
        lines: list[list[str]] = []
        for row in rows:
            texts = [text for text in after[row] if text is not None]
            if len(texts) != len(after[row]):
                return False
            lines.append(texts)
        cells = self.sheet.cells(self.area._replace(top=rows.start, bottom=rows.stop - 1))
        is_text = _formatted_as_text(cells)
        cells.raw_value = lines if is_text else [[_quoted(text) for text in texts] for texts in lines]
        return True

    def _write_cell_by_cell(self, row: int, line: Line) -> None:
        for column, text in enumerate(line, self.area.left):
            if text is None:
                continue
            cell = self.sheet.cell(column, row)
            try:
                # macOS ignores a format that it does not allow, so the format is read back
                is_text = _formatted_as_text(cell) and cell.number_format == TEXT_FORMAT
                cell.raw_value = text if is_text else _quoted(text)
            except Exception as error:
                if is_busy(error):
                    raise
                raise cell_locked(self.sheet.name, column, row, words_of(error)) from error

    def _wrong(self, rows: Sequence[int], after: Mapping[int, Line]) -> list[int]:
        """Return which of the written rows do not show what they should.

        Raises:
            WorkbookBusy: rows were moved; what they show of other rows' results was taken back.
        """
        if not rows:
            return []
        first, last = rows[0], rows[-1]
        if last - first > FAR_APART:
            middle = len(rows) // 2
            return self._wrong(rows[:middle], after) + self._wrong(rows[middle:], after)
        lines = self.sheet.texts(self.keys.area._replace(top=first, bottom=last))
        own = slice(self.area.left - self.keys.area.left, self.area.right - self.keys.area.left + 1)
        moved = [row for row in rows if not self.keys.same(row, lines[row - first])]
        wrong = [row for row in rows if not _shows(lines[row - first][own], after[row])]
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


def _shows(line: Sequence[object], texts: Line) -> bool:
    """Return whether a line shows these texts."""
    for value, text in zip(line, texts, strict=True):
        if text is not None and text != ("" if value is None else value):
            return False
    return True


def _rewritable(value: object, formula: str) -> str | None:
    """Return the text of a cell that can be written again without a change; None for what must stay untouched."""
    if value is None and not formula:
        return ""
    if isinstance(value, str) and value == formula:
        return value
    return None


def _runs(numbers: Sequence[int]) -> Iterator[range]:
    """Yield the stretches of ascending numbers that follow each other."""
    for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        members = [number for _, number in group]
        yield range(members[0], members[-1] + 1)


def _comparable(value: object) -> object:
    """Return a value; nothing for an error, which one way of reading names and another does not."""
    return None if isinstance(cell_value(value), Fault) else value


def _formatted_as_text(cells: xw.Range) -> bool:
    """Format cells as text; return whether Excel let us: a protected sheet may allow values but no formats."""
    try:
        cells.number_format = TEXT_FORMAT
    except Exception as error:
        if is_busy(error):
            raise
        return False
    return True


def _quoted(text: str) -> str:
    """Return a text that stays one in a cell of any format."""
    return f"'{text}" if text else ""


def _cut(text: str) -> str:
    """Return as much of a text as Excel keeps, without half a pair at its end."""
    units = text.encode("utf-16-le")[: 2 * MAX_TEXT]
    return units.decode("utf-16-le", "ignore")
