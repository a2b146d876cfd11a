"""The links that a column has already, in some bytes a link: as objects, 65,530 of them would take twenty megabytes."""

from __future__ import annotations

from array import array

__all__ = ["LinkedRows"]

_NUMBERS = 1 << 20
"""Ids of the form ``rId7`` up to this number are kept as numbers."""
_LONGEST_ID = len(f"rId{_NUMBERS}")
_NOWHERE = 1


class LinkedRows:
    """Which rows have a link of their own, and its address: first the links are told, then where their ids lead to.

    Of an address only its hash is kept, 63 bits that nobody can foresee: what is another address is told as such.
    """

    def __init__(self) -> None:
        self._numbered = array("I")
        """Number of an id -> row."""
        self._named: dict[str, int] = {}
        self._leads = array("q")
        """Row -> hash of its address; 0 for a row without a link."""

    def add(self, link: str, row: int) -> None:
        """Take note of a row's link by its id; empty for a link that points into the workbook."""
        if number := _number(link):
            _reach(self._numbered, number)
            self._numbered[number] = row
        elif link:
            self._named[link] = row
        _reach(self._leads, row)
        self._leads[row] = _NOWHERE

    def resolve(self, link: str, address: str) -> None:
        """Take note of where an id leads to."""
        number = _number(link)
        row = self._numbered[number] if 0 < number < len(self._numbered) else self._named.get(link, 0)
        if row:
            self._leads[row] = _hash(address)

    def __contains__(self, row: int) -> bool:
        return row < len(self._leads) and self._leads[row] != 0

    def leads_to(self, row: int, address: str) -> bool:
        """Tell whether a row has a link to an address."""
        return row < len(self._leads) and self._leads[row] == _hash(address)


def _hash(address: str) -> int:
    return hash(address) | 2  # never that of no link, or of one that leads nowhere


def _number(link: str) -> int:
    digits = link[3:]
    if not link.startswith("rId") or len(link) > _LONGEST_ID or not (digits.isdecimal() and digits.isascii()):
        return 0
    number = int(digits)
    return number if number < _NUMBERS and digits[0] != "0" else 0


def _reach(numbers: array[int], index: int) -> None:
    if index >= len(numbers):
        numbers.frombytes(bytes(numbers.itemsize * (index + 1000 - len(numbers))))
