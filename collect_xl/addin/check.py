"""The button Check: write what is wrong into each row and select the first wrong cell; nothing is sent."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from collect_xl.addin.button_context import ButtonContext, opened_book
from collect_xl.addin.connect import reach
from collect_xl.addin.remedies import tip_of
from collect_xl.addin.words import check_words
from collect_xl.domain.a1 import column_name
from collect_xl.domain.model import Problem, Rejected
from collect_xl.domain.rows import Choices, LeftOut
from collect_xl.errors import AccountError, CollectUnavailable, CollectXlError
from collect_xl.excel.native_calls import rows_hidden
from collect_xl.excel.retry import patiently
from collect_xl.results.marks import WRONG
from collect_xl.workflow import stories
from collect_xl.workflow.book import Book, Prepared
from collect_xl.workflow.open import WRITE
from collect_xl.workflow.session import Session

if TYPE_CHECKING:
    import xlwings as xw


def check(context: ButtonContext) -> None:
    """Check every row, write what is wrong beside it, and go to the first wrong cell."""
    with opened_book(context, WRITE) as session:
        prepared = _checked(context, session)
        stories.mark(session, prepared)
        first = first_wrong(prepared)
        if first:
            select(context.book, first)
        context.front.tell(check_words(prepared, first), bad=bool(first))


def _checked(context: ButtonContext, session: Session) -> Prepared:
    """Check with Collect's help; without it the check goes as far as it can, and says so."""
    try:
        collect = reach(context.front, session)
        if collect is not None:
            context.front.status("Collect: asking for team and campaigns ...")
            return stories.check(session, Choices(), collect)
        warning = "Collect was not asked: there is no API key."
    except (CollectUnavailable, AccountError) as error:
        warning = f"{error.message} {tip_of(error)} The check goes as far as it can without that."
    return stories.check(replace(session, warnings=(*session.warnings, warning)), Choices())


def first_wrong(prepared: Prepared) -> str:
    """Return the address of the first cell to correct, such as ``Contacts!C7``, or nothing."""
    # Nothing can be sent before the options sheet is right, so it goes first.
    option_cell = _first_cell(prepared.book.option_problems)
    if option_cell:
        return option_cell
    wrong_rows = [each for each in prepared.plan.left_out if each.reason in WRONG]
    if not wrong_rows:
        return ""
    first = min(wrong_rows, key=lambda each: each.row)
    problems = _problems(prepared, first)
    # A duplicate has no wrong cell: it is shown by its address.
    return _first_cell(problems) or person_cell(prepared.book, first.row)


def _problems(prepared: Prepared, left_out: LeftOut) -> list[Problem]:
    """Return what is wrong in a row, in the order in which it was found."""
    problems: list[Problem] = []
    for row in prepared.book.rows:
        if row.number == left_out.row and isinstance(row, Rejected):
            problems += row.problems
    return [*problems, *left_out.problems]


def _first_cell(problems: Iterable[Problem]) -> str:
    """Return the first cell among the places of problems; some are about a whole sheet or column."""
    for problem in problems:
        sheet, _, address = problem.where.rpartition("!")
        if sheet and address[-1:].isdigit():
            return problem.where
    return ""


def person_cell(book: Book, row: int) -> str:
    """Return the cell that says who a row's person is, such as ``Contacts!B7``."""
    column = 1
    for each in book.layout.columns:
        if each.field in {"email", "contactId"}:
            column = each.index
            break
    return f"{book.layout.sheet}!{column_name(column)}{row}"


def select(book: xw.Book, cell: str) -> None:
    """Show a cell; that it cannot be shown is no reason to stop."""
    with suppress(CollectXlError):
        show_row(book, cell)


def show_row(book: xw.Book, cell: str) -> str:
    """Select a cell; return why it cannot be seen, or nothing.

    Raises:
        WorkbookError: Excel does not show it.
    """
    sheet, _, address = cell.rpartition("!")

    def go() -> bool | None:
        cells = book.sheets[sheet].range(address)
        book.sheets[sheet].activate()
        cells.select()
        return rows_hidden(cells)

    is_hidden = patiently(go, time.sleep, "go to the row")
    row = address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f"Row {row} is hidden, by hand or by a filter: show it in Excel to see it." if is_hidden else ""
