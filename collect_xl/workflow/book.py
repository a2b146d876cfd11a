"""A workbook that was read and checked, the plan that was made of it, and the result of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from collect_xl.domain.headings import DETAIL_FIELDS
from collect_xl.domain.model import Account, Layout, Options, Problem, Written
from collect_xl.domain.rows import Checked, Choices, LeftOut, rejected, valid
from collect_xl.errors import CollectXlError, UsageError
from collect_xl.planning.approval import Approval
from collect_xl.planning.limits import ALL, Room
from collect_xl.planning.names import Places
from collect_xl.planning.plan import Plan
from collect_xl.remedies import Advice, Remedy
from collect_xl.results.item_cells import is_about_items
from collect_xl.results.row_ends import RowEnd, planned_rows
from collect_xl.sending.report import Report


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook that was read and checked whole."""

    layout: Layout
    defaults: Options
    """What the options sheet says."""
    option_problems: tuple[Problem, ...]
    """Everything that is wrong on the options sheet; while there is any, nothing may be sent."""
    rows: tuple[Checked, ...]
    places: Places = field(default_factory=Places)
    items_in_sheet: bool = False
    """Whether its options sheet wants each refresh to ask which items came in."""
    added_results: tuple[str, ...] = ()
    """Result fields that the sheet is to get beside the usual ones."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, the options sheet first."""
        problems = list(self.option_problems)
        for row in rejected(self.rows):
            problems.extend(row.problems)
        return tuple(problems)

    @property
    def has_details(self) -> bool:
        """Whether the sheet has columns for what Collect says about contacts."""
        wanted = {each.key for each in DETAIL_FIELDS}
        return any(column.field in wanted for column in self.layout.columns)

    @property
    def item_fields(self) -> tuple[str, ...]:
        """The result fields about items that the sheet has or is to get."""
        fields = dict.fromkeys((*(column.field for column in self.layout.columns), *self.added_results))
        return tuple(filter(is_about_items, fields))

    @property
    def campaigns(self) -> tuple[str, ...]:
        """The campaigns that rows name, as written."""
        return tuple(dict.fromkeys(row.options.campaign for row in valid(self.rows)))

    def require_rows(self, chosen: frozenset[int] | None) -> None:
        """Raise ``UsageError`` when all chosen rows are outside the contacts: that is a slip, not nothing to do."""
        numbers = [row.number for row in self.rows]
        if chosen and chosen.isdisjoint(numbers):
            span = f"the contacts are in rows {numbers[0]}-{numbers[-1]}" if numbers else "there are no contacts"
            raise UsageError(f"None of the chosen rows is a contact's: {span}.", remedies=(Remedy.CHOOSE_ROWS,))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with all that it was made from: what is shown, approved and sent."""

    book: Book
    account: Account | None
    choices: Choices
    plan: Plan
    note: Advice | None = None
    """Why earlier sends were not compared, where they were not."""
    warnings: tuple[str, ...] = ()
    """What writing back will meet, though it can be done."""
    room: Room = ALL
    """How many people the limits allow."""
    refusal: CollectXlError | None = None
    """Why a send would be refused, though nothing is wrong in any cell: results could not be written."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong in the workbook, and what only Collect could tell."""
        return (*self.book.problems, *self.plan.problems)

    @property
    def row_notes(self) -> tuple[str, ...]:
        """What was done to planned rows without asking, and what looks wrong in them."""
        notes: list[str] = []
        for row in self.plan.rows:
            notes += [f"Row {row.number}: {note}" for note in row.notes]
        return tuple(notes)

    @property
    def rows(self) -> tuple[RowEnd, ...]:
        """How every row stands: ``planned``, or why it would not be sent."""
        return planned_rows(self.book.rows, self.plan)

    def approval(self, *, new_rounds: tuple[str, ...] = (), new_campaigns: tuple[str, ...] = ()) -> Approval:
        """Return the approval of exactly this plan.

        Args:
            new_rounds: the rounds that ask people again, as they were confirmed one by one.
            new_campaigns: IDs or names of the campaigns behind names that meant other campaigns before.
        """
        return Approval(self.plan.fingerprint, new_rounds, new_campaigns)


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended, on every row, and how its write-back ended."""

    report: Report
    rows: tuple[RowEnd, ...]
    left_out: tuple[LeftOut, ...]
    """How the rows stand that are not free to be sent, after the run."""
    written: Written | None
    failure: CollectXlError | None = None
    """Why the results could not be written; the journal has them."""
    undelivered: tuple[int, ...] = ()
    """Rows whose request Collect could not deliver, sent now or long ago."""
