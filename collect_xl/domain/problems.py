"""What is wrong in a cell: where, what was found, what is expected, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_NOTHING = ("nothing", "no e-mail address")
"""How ``found`` begins where a cell holds nothing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in the user's own coordinates."""

    where: str
    """``Contacts!C7``, or a sheet, or the book."""
    field: str
    """What the cell is for, in words: ``Email``."""
    found: str
    expected: str
    todo: str
    row: int | None = None
    header: str = ""
    """What the sheet calls the column; empty where ``field`` says it."""
    names_choices: bool = False
    """Whether ``expected`` names what there is to choose from, as only the account could tell."""

    @property
    def in_cell(self) -> str:
        """What is wrong and what to do, for a cell of the same row: its place there would be wrong after a sort."""
        name = self.header or self.field
        wrong = f"{name} is missing" if self.found.startswith(_NOTHING) else f"{name} cannot be {self.found}"
        choices = f", but {self.expected}" if self.names_choices else ""
        return f"{wrong}{choices}. {self.todo}"

    def __str__(self) -> str:
        return f"{self.where} ({self.field}): found {self.found}; expected {self.expected}. {self.todo}"


def said(problems: Iterable[Problem]) -> str:
    """Return what is wrong, each problem with the place of its cell."""
    return " ".join(map(str, problems))


def said_in_cell(problems: Iterable[Problem]) -> str:
    """Return what is wrong, for a cell of the same row."""
    return " ".join(problem.in_cell for problem in problems)
