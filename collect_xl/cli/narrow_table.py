"""Tables in a narrow terminal: some columns are cut, since a wrapped table cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 2
"""Spaces between two columns."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A column that may be cut."""

    column: int
    least: int
    """Characters that it keeps in any case."""
    keeps_end: bool = False
    """Whether its end counts more than its beginning."""


def cut_to_fit(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int, cuts: Sequence[Cut]
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Return head and rows of a table with columns cut until the lines fit.

    Args:
        head: the headers.
        rows: the cells.
        width: of the terminal.
        cuts: which columns are cut, the first one first.
    """
    lines = [list(line) for line in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    excess = sum(widths) + _GAP * (len(widths) - 1) - width
    for cut in cuts:
        if excess <= 0:
            break
        most = max(widths[cut.column] - excess, min(cut.least, widths[cut.column]))
        excess -= widths[cut.column] - most
        for line in lines:
            line[cut.column] = _shortened(line[cut.column], most, keeps_end=cut.keeps_end)
    return lines[0], lines[1:]


def _shortened(text: str, most: int, *, keeps_end: bool) -> str:
    if len(text) <= most:
        return text
    return f"\u2026{text[1 - most :]}" if keeps_end else f"{text[: most - 1]}\u2026"
