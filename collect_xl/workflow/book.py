"""A workbook that was read and checked, the plan that was made of it, and what came of that."""

from __future__ import annotations

from dataclasses import dataclass, field

from collect_xl.domain.model import Account, Layout, Problem, Rejected, Row, Written
from collect_xl.domain.rows import Checked, Choices, LeftOut
from collect_xl.errors import CollectXlError
from collect_xl.planning.history import Known
from collect_xl.planning.limits import ALL, Room
from collect_xl.planning.names import Places
from collect_xl.planning.plan import Plan
from collect_xl.results.cells import RowEnd
from collect_xl.sending.report import Report
from collect_xl.validation import Checker

__all__ = ["Book", "Finished", "Prepared"]


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook that was read and checked whole."""

    layout: Layout
    checker: Checker
    rows: tuple[Checked, ...]
    places: Places = field(default_factory=Places)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, the options sheet first."""
        of_rows = [problem for row in self.rows if isinstance(row, Rejected) for problem in row.problems]
        return (*self.checker.problems, *of_rows)

    @property
    def campaigns(self) -> tuple[str, ...]:
        """The campaigns that rows name, as written."""
        return tuple(dict.fromkeys(row.options.campaign or "" for row in self.rows if isinstance(row, Row)))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with all that it was made from: what is shown, confirmed and sent."""

    book: Book
    account: Account | None
    known: Known
    choices: Choices
    plan: Plan
    note: str = ""
    """Why earlier sends were not compared, where they were not."""
    warnings: tuple[str, ...] = ()
    """What writing back will meet, though it can be done."""
    room: Room = ALL
    """How many people the caps allow."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a run, on every row, and of its write-back."""

    report: Report
    rows: tuple[RowEnd, ...]
    left_out: tuple[LeftOut, ...]
    """How the rows stand that are not free to be sent, after the run."""
    written: Written | None
    failure: CollectXlError | None = None
    """Why the results could not be written; the journal has them."""
    undelivered: tuple[int, ...] = ()
    """Rows whose request Collect could not deliver, sent now or long ago."""
