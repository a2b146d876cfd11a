"""Rows as they are sorted out: what was chosen, and why a row is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from collect_xl.domain.model import Blank, Claim, Problem, Rejected, Row

Reason = Literal[
    "invalid", "duplicate", "sent", "unknown", "busy", "elsewhere", "edited", "ask",
    "asked elsewhere", "skipped", "skip unclear", "typed",
    "hidden", "blank", "not chosen", "not allowed", "beyond first", "beyond cap",
]  # fmt: skip
"""``ask``: perhaps the same person as one who was asked, or as another row's;
``asked elsewhere``: by a request that this journal did not make; ``skipped``: held out by a column of the list;
``skip unclear``: by one that cannot be read; ``typed``: by a word in the status column that no program wrote;
``not chosen``: outside ``--rows``; ``not allowed``: outside ``--only-to``; ``beyond first``: after ``--first N``;
``beyond cap``: more than may be asked in this run or today."""


Checked = Row | Rejected | Blank


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user said about which rows to send. All of it enters the fingerprint."""

    first: int | None = None
    rows: frozenset[int] | None = None
    only_to: tuple[str, ...] = ()
    """``@domain`` or whole addresses, casefolded."""
    include_hidden: bool = False
    send_edited: bool = False
    recent: int = 45
    """Days for which a request that others made keeps a person from being asked, though it is done."""
    even_if_asked: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is not sent, and why."""

    row: int
    reason: Reason
    words: str = ""
    """For the preview: what is so, and what to do about it."""
    cell: str = ""
    """The same for the row's own cell, where ``words`` name rows or cells, which a sort makes wrong."""
    claim: Claim | None = None
    stray: bool = False
    """Whether the results that are on the row are another person's."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with the row's options, as only Collect could tell."""

    @property
    def in_cell(self) -> str:
        """The words for the row's own cell."""
        return self.cell or self.words


def filled(rows: Iterable[Checked]) -> Iterator[Row | Rejected]:
    """Yield the rows that name a person, rightly or wrongly: all but the blank ones."""
    for row in rows:
        if not isinstance(row, Blank):
            yield row


def valid(rows: Iterable[Checked]) -> Iterator[Row]:
    """Yield the rows that passed validation."""
    for row in rows:
        if isinstance(row, Row):
            yield row


def rejected(rows: Iterable[Checked]) -> Iterator[Rejected]:
    """Yield the rows that did not pass validation."""
    for row in rows:
        if isinstance(row, Rejected):
            yield row


def by_row(left_out: Iterable[LeftOut]) -> Mapping[int, LeftOut]:
    """Return rows that are left out, by their numbers."""
    return {each.row: each for each in left_out}


def claims_of(left_out: Iterable[LeftOut]) -> dict[int, Claim]:
    """Return the claims of rows that are left out for one, by row number."""
    return {each.row: each.claim for each in left_out if each.claim is not None}


def row_spans(rows: Iterable[int]) -> str:
    """Return ascending row numbers as ``--rows`` takes them: ``2-50,60``."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][-1] + 1:
            spans[-1][1:] = [row]
        else:
            spans.append([row])
    return ",".join("-".join(map(str, span)) for span in spans)
