"""The button Check: what is wrong stands beside its row, and the first wrong cell is selected; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from collect_xl.addin.button_context import ButtonContext, opened_book
from collect_xl.addin.connect import reach
from collect_xl.addin.words import check_words
from collect_xl.domain.headings import column_letters
from collect_xl.domain.model import Problem, Rejected
from collect_xl.domain.rows import Choices, LeftOut
from collect_xl.errors import AccountError, CollectUnavailable
from collect_xl.results.marks import WRONG
from collect_xl.workflow import stories
from collect_xl.workflow.book import Prepared
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
        warning = f"{error.message} {error.tip} The check goes as far as it can without that."
    return stories.check(replace(session, warnings=(*session.warnings, warning)), Choices())


def first_wrong(prepared: Prepared) -> str:
    """Return the address of the first cell to mend, such as ``Contacts!C7``, or nothing."""
    cells = [problem.where for problem in prepared.book.option_problems if _is_cell(problem.where)]
    if cells:
        return cells[0]
    found = {each.row: _cell_of(each.row, _problems(prepared, each.row), prepared) for each in _wrong_rows(prepared)}
    return found[min(found)] if found else ""


def _wrong_rows(prepared: Prepared) -> Iterable[LeftOut]:
    return (each for each in prepared.plan.left_out if each.reason in WRONG)


def _problems(prepared: Prepared, row: int) -> tuple[Problem, ...]:
    checked = next((each for each in prepared.book.rows if each.number == row), None)
    left_out = next(each for each in prepared.plan.left_out if each.row == row)
    own = checked.problems if isinstance(checked, Rejected) else ()
    return (*own, left_out.problem) if left_out.problem else own


def _cell_of(row: int, problems: tuple[Problem, ...], prepared: Prepared) -> str:
    """Return the first wrong cell of a row; for a duplicate, which has none, the cell of its address."""
    layout = prepared.book.layout
    cells = [problem.where for problem in problems if _is_cell(problem.where)]
    who = next((column.index for column in layout.columns if column.field in {"email", "contactId"}), 1)
    return cells[0] if cells else f"{layout.sheet}!{column_letters(who)}{row}"


def _is_cell(where: str) -> bool:
    return where.rpartition("!")[2][-1:].isdigit() and "!" in where


def select(book: xw.Book, cell: str) -> None:
    """Show a cell; that it cannot be shown is no reason to stop."""
    sheet, _, address = cell.rpartition("!")
    with suppress(Exception):
        book.sheets[sheet].activate()
        book.sheets[sheet].range(address).select()
