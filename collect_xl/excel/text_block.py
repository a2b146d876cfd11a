"""Texts put into cells of open Excel: over hidden rows too, never as formulas, and looked at afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from collect_xl.domain.a1 import Area
from collect_xl.domain.model import Fault
from collect_xl.errors import WorkbookBusy, WorkbookRefused
from collect_xl.excel.open_sheet import Lines, OpenSheet, runs
from collect_xl.excel.retry import is_busy, words_of
from collect_xl.excel.typed_cells import cell_value
from collect_xl.ooxml.cell_text import MAX_TEXT
from collect_xl.workbook.headers import cell_name

if TYPE_CHECKING:
    import xlwings as xw

__all__ = ["Block", "Keys", "cell_text", "column_groups", "formula_in_the_way", "is_formula", "refused", "rows_moved"]

After = Mapping[int, Sequence[str | None]]
"""Row -> what its cells are to show; None where a cell must stay as it is."""

BRIDGE = 50
"""Rows without news between two with news that are written along, as they are, to save calls."""
FAR_APART = 2_000
"""Rows; what lies farther apart is not read back at once."""

UNPROTECT = "Unprotect it (Review > Unprotect Sheet), or unlock its result columns, and try again."


def cell_text(text: str) -> str:
    """Return a text as a cell can hold it: without what no cell shows, and cut at what Excel keeps."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(each for each in plain if each in "\n\t" or (each >= " " and not "\ud800" <= each <= "\udfff"))
    return plain if len(plain) <= MAX_TEXT // 2 else _cut(plain)


def is_formula(formula: str, value: object) -> bool:
    """Tell whether a cell holds a formula; a text that looks like one is the same as its formula."""
    return formula.startswith("=") and formula != value


def column_groups(columns: Mapping[str, int]) -> list[dict[str, int]]:
    """Return fields and columns in groups of neighbours, from left to right."""
    at = {column: field for field, column in columns.items()}
    return [{at[column]: column for column in stretch} for stretch in runs(sorted(at))]


def refused(sheet: str, cell: str, said: str) -> WorkbookRefused:
    """Return the error for a cell that Excel does not let us write."""
    told = f" Excel says: {said}" if said else ""
    return WorkbookRefused(
        f"Results cannot be written into {cell}: the sheet {sheet} is protected, or the cell is locked.{told}",
        tip=UNPROTECT,
    )


def rows_moved(sheet: str) -> WorkbookBusy:
    """Return the error for rows that somebody moved between finding and writing them."""
    return WorkbookBusy(f"Rows of {sheet} were moved while results were written.", tip="Run the command again.")


@dataclass(frozen=True, slots=True)
class Keys:
    """What tells rows from each other, as it was when they were found."""

    area: Area
    """The rows, over all columns of the list."""
    columns: Sequence[int]
    """The columns that tell them from each other."""
    lines: Lines

    def same(self, row: int, line: Sequence[object]) -> bool:
        """Tell whether a row still is whose it was."""
        before = self.lines[row - self.area.top]
        pairs = ((before[column - self.area.left], line[column - self.area.left]) for column in self.columns)
        return all(_known(one) == _known(other) for one, other in pairs)


@dataclass(frozen=True, slots=True)
class Block:
    """Columns that stand side by side, over the rows that have news.

    Args:
        sheet: the sheet.
        area: the block.
        before: what its cells show.
        formulas: their formulas, or texts.
        hidden: the rows that are hidden.
        keys: what tells its rows from each other.
    """

    sheet: OpenSheet
    area: Area
    before: Lines
    formulas: list[list[str]]
    hidden: frozenset[int]
    keys: Keys

    def put(self, news: Mapping[int, Sequence[str | None]]) -> int:
        """Put texts into rows, and return how many of those differed.

        Args:
            news: row -> a text for each column; None leaves a cell as it is.

        Raises:
            WorkbookRefused: a formula stands in the way, or Excel does not keep what is written.
            WorkbookBusy: rows were moved while they were written; what went astray was taken back.
        """
        after = {row: self._line(row, news.get(row)) for row in range(self.area.top, self.area.bottom + 1)}
        changed = [row for row in sorted(news) if not self._shows(row, self._before(row), after)]
        stretches = list(self._stretches(changed, after)) if changed else []
        for rows in stretches:
            self._write(rows, after)
        wrong = self._wrong(sorted(row for rows in stretches for row in rows), after)
        for row in wrong:  # a filter set meanwhile, or a text that Excel took for something else
            self._write_carefully(row, after[row])
        still = self._wrong(wrong, after)
        if still:
            raise refused(self.sheet.name, cell_name(self.sheet.name, self.area.left, still[0]), "")
        return len(changed)

    def _before(self, row: int) -> Sequence[object]:
        return self.before[row - self.area.top]

    def _line(self, row: int, texts: Sequence[str | None] | None) -> list[str | None]:
        """Return what a row is to show; None where somebody else's number, date or formula stands."""
        shown, formulas = self._before(row), self.formulas[row - self.area.top]
        line: list[str | None] = []
        for step, (value, formula) in enumerate(zip(shown, formulas, strict=True)):
            text = texts[step] if texts is not None else None
            if text is not None and is_formula(formula, value):
                raise formula_in_the_way(self.sheet.name, self.area.left + step, row)
            own = "" if value is None and not formula else value if value == formula else None
            line.append(cell_text(text) if text is not None else own if isinstance(own, str) else None)
        return line

    @staticmethod
    def _shows(row: int, line: Sequence[object], after: After) -> bool:
        pairs = zip(line, after[row], strict=True)
        return all(text is None or text == ("" if value is None else value) for value, text in pairs)

    def _stretches(self, changed: Sequence[int], after: After) -> Iterator[range]:
        """Yield rows that can be written at once: all hidden or none, since Excel repeats the first line otherwise."""
        rows: list[int] = []
        for row in changed:
            between = range(rows[-1] + 1, row) if rows else range(0)
            if len(between) > BRIDGE or not all(None not in after[each] for each in between):
                yield from self._alike(rows)
                rows, between = [], range(0)
            rows += [*between, row]
        yield from self._alike(rows)

    def _alike(self, rows: Sequence[int]) -> Iterator[range]:
        yield from runs([row for row in rows if row not in self.hidden])
        yield from runs([row for row in rows if row in self.hidden])

    def _write(self, rows: range, after: After) -> None:
        """Write rows at once; cell by cell where something in them must stay, or Excel does not like the block."""
        lines = [[text for text in after[row] if text is not None] for row in rows]
        cells = self.sheet.cells(self.area._replace(top=rows.start, bottom=rows.stop - 1))
        try:
            if all(len(line) == self.area.right - self.area.left + 1 for line in lines):
                as_text = _formatted(cells)
                cells.raw_value = [[text if as_text else _quoted(text) for text in line] for line in lines]
                return
        except Exception as error:
            if is_busy(error):
                raise
        for row in rows:
            self._write_carefully(row, after[row])

    def _write_carefully(self, row: int, line: Sequence[str | None]) -> None:
        for column, text in enumerate(line, self.area.left):
            if text is None:
                continue
            cell = self.sheet.cells(Area(column, row, column, row))
            try:
                as_text = _formatted(cell) and cell.number_format == "@"  # macOS ignores what it does not allow
                cell.raw_value = text if as_text else _quoted(text)
            except Exception as error:
                if is_busy(error):
                    raise
                raise refused(self.sheet.name, cell_name(self.sheet.name, column, row), words_of(error)) from error

    def _wrong(self, rows: Sequence[int], after: After) -> list[int]:
        """Return the rows, of some that were written, that do not show what they should."""
        if not rows:
            return []
        first, last = rows[0], rows[-1]
        if last - first > FAR_APART:
            middle = len(rows) // 2
            return self._wrong(rows[:middle], after) + self._wrong(rows[middle:], after)
        lines = self.sheet.texts(self.keys.area._replace(top=first, bottom=last))
        own = slice(self.area.left - self.keys.area.left, self.area.right - self.keys.area.left + 1)
        if moved := [row for row in rows if not self.keys.same(row, lines[row - first])]:
            self._take_back([row for row in moved if self._shows(row, lines[row - first][own], after)])
        return [row for row in rows if not self._shows(row, lines[row - first][own], after)]

    def _take_back(self, rows: Sequence[int]) -> NoReturn:
        """Empty rows that somebody moved in the moment before they were written: they show another's results.

        The next run knows whose they are, and writes what belongs there.
        """
        for row in rows:
            self.sheet.cells(self.area._replace(top=row, bottom=row)).clear_contents()
        raise rows_moved(self.sheet.name)


def _known(value: object) -> object:
    """Return a value; nothing for an error, which one way of reading tells and another does not."""
    return None if isinstance(cell_value(value), Fault) else value


def _formatted(cells: xw.Range) -> bool:
    """Format cells as text; tell whether Excel let us: a protected sheet may allow values but no formats."""
    try:
        cells.number_format = "@"
    except Exception as error:
        if is_busy(error):
            raise
        return False
    return True


def _quoted(text: str) -> str:
    """Return a text that stays one in a cell of any format."""
    return f"'{text}" if text else ""


def formula_in_the_way(sheet: str, column: int, row: int) -> WorkbookRefused:
    """Return the error for a formula where a result belongs."""
    return WorkbookRefused(
        f"{cell_name(sheet, column, row)} holds a formula, which a result would destroy.",
        tip="Give the column with the formula another header, so that a new column is added.",
    )


def _cut(text: str) -> str:
    units = text.encode("utf-16-le")[: 2 * MAX_TEXT]
    return units.decode("utf-16-le", "ignore")
