"""Texts on their way into rows: checked and escaped in blocks, taken for one row or for many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import lt
from typing import NamedTuple, cast

from collect_xl.domain.a1 import MAX_ROW
from collect_xl.domain.model import ResultValue
from collect_xl.errors import UsageError
from collect_xl.ooxml.date_cells import RestOfCells
from collect_xl.ooxml.row_edit import Content, Values

BLOCK_ROWS = 500
"""Rows whose texts are checked and escaped together, which is many times faster than row by row."""
NO_ROW = MAX_ROW + 1
"""Used as the number of the next row when there is none."""


class Block(NamedTuple):
    """Texts for some rows, column by column."""

    numbers: Sequence[int]
    """The rows' numbers, ascending."""
    columns: Sequence[Sequence[ResultValue | None]]
    """For each column as many texts or dates as there are rows."""


class EscapedBlock(NamedTuple):
    """A block whose texts and dates are as ``row_edit.Content`` has them."""

    numbers: Sequence[int]
    columns: Sequence[Sequence[bytes | None]]


def as_texts(values: Sequence[ResultValue | None]) -> Sequence[str | None]:
    """Return the values of a column of texts as what they are: only columns of dates are given dates."""
    return cast("Sequence[str | None]", values)


def in_blocks(rows: Iterable[tuple[int, Values]], width: int, header_row: int = 0) -> Iterator[Block]:
    """Yield rows in blocks.

    Args:
        rows: row number and texts.
        width: how many texts each row has.
        header_row: the row below which all of them are.

    Raises:
        UsageError: the rows do not ascend, or one has another number of texts.
    """
    remaining = iter(rows)
    last = header_row
    while block := tuple(islice(remaining, BLOCK_ROWS)):
        numbers, lines = zip(*block, strict=True)
        widths = set(map(len, lines))
        ascending = all(map(lt, (last, *numbers), (*numbers, NO_ROW)))
        if widths != {width} or not ascending:
            raise _unordered(block, last, width)
        last = numbers[-1]
        yield Block(numbers, tuple(zip(*lines, strict=True)))


def _unordered(rows: Iterable[tuple[int, Values]], last: int, width: int) -> UsageError:
    """Return an error about the first of some rows that does not fit."""
    for number, values in rows:
        if len(values) != width or not last < number <= MAX_ROW:
            break
        last = number
    return UsageError(
        f"Row {number} with {len(values)} texts comes after row {last}; {width} texts are expected.",
        tip="Give rows below the header in ascending order, each with one text, or None, for each header.",
    )


class PendingUpdates:
    """Updates in the order of their rows, escaped shortly before they are needed.

    Args:
        blocks: the updates.
        contents: for each column what makes its content of its values.
    """

    def __init__(self, blocks: Iterable[Block], contents: Sequence[RestOfCells]) -> None:
        self._blocks = iter(blocks)
        self._contents = contents
        self._numbers: list[int] = []
        self._columns: list[list[bytes | None]] = [[] for _ in contents]
        self._position = 0
        """How many of these have been dropped."""

    def next_number(self) -> int:
        """Return the number of the next row; ``NO_ROW`` behind the last one."""
        if not self._has(1):
            return NO_ROW
        return self._numbers[self._position]

    def next_content(self) -> Content:
        """Return the texts for the next row, which ``next_number`` has found."""
        return tuple([texts[self._position] for texts in self._columns])

    def peek(self, count: int) -> EscapedBlock | None:
        """Return the next updates; None where there are fewer."""
        if not self._has(count):
            return None
        start = self._position
        end = start + count
        return EscapedBlock(self._numbers[start:end], [texts[start:end] for texts in self._columns])

    def drop(self, count: int) -> None:
        """Go on to the updates behind the next ones."""
        self._position += count

    def _has(self, count: int) -> bool:
        """Return whether at least ``count`` updates are left; escape as many."""
        while len(self._numbers) - self._position < count:
            block = next(self._blocks, None)
            if block is None:
                return False
            self._append(block)
        return True

    def _append(self, block: Block) -> None:
        # what was dropped is let go of, so that memory does not grow with the sheet
        self._numbers = [*self._numbers[self._position :], *block.numbers]
        for column, texts in enumerate(block.columns):
            self._columns[column] = [*self._columns[column][self._position :], *self._contents[column](texts)]
        self._position = 0
