"""A1 references: cells and areas of a sheet, as bytes of the file have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384

MAX_DIGITS = 18
"""Of a number that means anything here; thousands of digits make Python give up."""


def integer(value: bytes | None) -> int:
    """Return an attribute's number; 0 for what is none."""
    if value and value.isdigit() and len(value) <= MAX_DIGITS:
        return int(value)
    return 0


@lru_cache(maxsize=MAX_COLUMN)
def column_letters(number: int) -> bytes:
    """Return ``b"AB"`` for 28."""
    letters = b""
    while number:
        # There is no letter for zero: A is 1 and Z is 26, hence the one that is taken off before dividing.
        number, rest = divmod(number - 1, 26)
        letters = b"%c" % (ord("A") + rest) + letters
    return letters


def column_name(number: int) -> str:
    """Return a column's letters as text: ``A`` for 1, ``XFD`` for 16384."""
    return column_letters(number).decode()


def columns_in_words(numbers: Iterable[int]) -> str:
    """Return the letters of some columns as people read them: ``B, C, AB``."""
    return b", ".join(map(column_letters, numbers)).decode()


@lru_cache(maxsize=MAX_COLUMN)
def column_number(letters: bytes) -> int:
    """Return 28 for ``b"AB"``."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + (letter - ord("A") + 1)
    return number


_AREA = re.compile(rb"\$?([A-Za-z]{1,3})\$?(\d{1,7})(?::\$?([A-Za-z]{1,3})\$?(\d{1,7}))?")


class Area(NamedTuple):
    """A rectangle of cells; both ends belong to it."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def parse(cls, reference: bytes | None) -> Area | None:
        """Return the area of ``B2`` or ``A1:C9``, or None for anything else (whole columns, ``#REF!``)."""
        corners = _AREA.fullmatch(reference or b"")
        if not corners:
            return None
        left = column_number(corners[1])
        top = int(corners[2])
        if not corners[3]:
            return cls(left, top, right=left, bottom=top)
        return cls(left, top, right=column_number(corners[3]), bottom=int(corners[4]))

    @classmethod
    def parse_all(cls, references: Iterable[bytes | None]) -> Iterator[Area]:
        """Yield the areas of some references, without those that are none."""
        return filter(None, map(cls.parse, references))

    def __str__(self) -> str:
        return bytes(self).decode()

    def __bytes__(self) -> bytes:
        first = b"%s%d" % (column_letters(self.left), self.top)
        last = b"%s%d" % (column_letters(self.right), self.bottom)
        if first == last:
            return first
        return first + b":" + last

    def holds(self, column: int, row: int) -> bool:
        """Return whether a cell is inside."""
        in_columns = self.left <= column <= self.right
        in_rows = self.top <= row <= self.bottom
        return in_columns and in_rows

    def reaches_over(self, left: int, right: int) -> bool:
        """Return whether it holds cells of columns that are side by side."""
        return max(self.left, left) <= min(self.right, right)

    def holds_any(self, columns: Iterable[int]) -> bool:
        """Return whether it reaches over one of some columns."""
        return any(self.left <= column <= self.right for column in columns)
