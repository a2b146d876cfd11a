"""Which rows of a column have a link of their own, and to which address, in little memory."""

from __future__ import annotations

import re
from array import array

_NUMBERS = 1 << 20
"""Ids of the form ``rId7`` up to this number are kept as numbers."""
_NUMBERED = re.compile(r"rId([1-9][0-9]{0,6})")
"""An id like ``rId7``; ``rId07`` is another id."""
_NOWHERE = 1
"""Used for the hash of an address where a link has none: it points into the workbook."""
_STEP = 1_000
"""Places that are added to an array when it is too short."""


class LinkedRows:
    """Rows with a link: first the links are added, then where their ids lead to.

    A sheet may have 65,530 links. Of an address only its hash is kept, 63 bits that differ from run to run: no file
    can be made so that another address is taken for the same.
    """

    def __init__(self) -> None:
        self._row_of_number = array("I")
        """Number of an id -> row."""
        self._row_of_name: dict[str, int] = {}
        """Any other id -> row."""
        self._addresses = array("q")
        """Row -> hash of its address; 0 for a row without a link."""

    def add(self, link: str, row: int) -> None:
        """Take note of a row's link by its id; empty for one into the workbook."""
        number = _number(link)
        if number:
            _reach(self._row_of_number, number)
            self._row_of_number[number] = row
        elif link:
            self._row_of_name[link] = row
        _reach(self._addresses, row)
        self._addresses[row] = _NOWHERE

    def resolve(self, link: str, address: str) -> None:
        """Take note of where an id leads to."""
        row = self._row_of_name.get(link, 0)
        number = _number(link)
        if 0 < number < len(self._row_of_number):
            row = self._row_of_number[number]
        if row:
            self._addresses[row] = _hash(address)

    def __contains__(self, row: int) -> bool:
        return row < len(self._addresses) and self._addresses[row] != 0

    def leads_to(self, row: int, address: str) -> bool:
        """Return whether a row has a link to an address."""
        return row < len(self._addresses) and self._addresses[row] == _hash(address)


def _hash(address: str) -> int:
    # never that of no link, or of one that leads nowhere
    return hash(address) | 2


def _number(link: str) -> int:
    """Return the number of an id that is kept as a number; 0 for any other id."""
    match = _NUMBERED.fullmatch(link)
    if match is None:
        return 0
    number = int(match[1])
    return number if number < _NUMBERS else 0


def _reach(numbers: array[int], index: int) -> None:
    """Lengthen an array with zeros until it has a place of this index."""
    if index >= len(numbers):
        count = index + _STEP - len(numbers)
        numbers.frombytes(bytes(numbers.itemsize * count))
