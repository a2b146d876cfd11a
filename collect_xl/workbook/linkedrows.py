"""The links that a column has already, in some bytes a link: as objects, 65,530 of them would take twenty megabytes."""

from __future__ import annotations

from array import array

from collect_xl.workbook.markup import integer

__all__ = ["LinkedRows"]

_NUMBERS = 1 << 20
"""Ids of the form ``rId7`` up to this number are kept as numbers."""
_NOWHERE = 1


class LinkedRows:
    """Which rows have a link of their own, and its address: first the links are told, then where their ids lead to."""

    def __init__(self) -> None:
        self._numbered = array("I")
        """Number of an id -> row."""
        self._named: dict[str, int] = {}
        self._starts = array("I")
        """Row -> where its address begins; 0 for a row without a link."""
        self._addresses = bytearray(b"\n\n")

    def add(self, link: str, row: int) -> None:
        """Take note of a row's link by its id; empty for a link that points into the workbook."""
        if number := _number(link):
            _reach(self._numbered, number)
            self._numbered[number] = row
        elif link:
            self._named[link] = row
        _reach(self._starts, row)
        self._starts[row] = _NOWHERE

    def resolve(self, link: str, address: str) -> None:
        """Take note of where an id leads to."""
        number = _number(link)
        row = self._numbered[number] if 0 < number < len(self._numbered) else self._named.get(link, 0)
        if row:
            self._starts[row] = len(self._addresses)
            self._addresses += address.replace("\n", " ").encode() + b"\n"

    def address(self, row: int) -> str | None:
        """Return where a row's link leads to; empty when it is no address, None for a row without a link."""
        start = self._starts[row] if row < len(self._starts) else 0
        return self._addresses[start : self._addresses.index(b"\n", start)].decode() if start else None


def _number(link: str) -> int:
    number = integer(link[3:].encode()) if link.startswith("rId") and link[3:4] != "0" else 0
    return number if number < _NUMBERS else 0


def _reach(numbers: array[int], index: int) -> None:
    if index >= len(numbers):
        numbers.frombytes(bytes(numbers.itemsize * (index + 1000 - len(numbers))))
