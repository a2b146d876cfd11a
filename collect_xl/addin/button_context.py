"""What a pressed button works on: the click, the open workbook, and a way to speak to the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from collect_xl.addin.click import Click, read_selection
from collect_xl.errors import HeldElsewhere, UsageError
from collect_xl.excel.find_workbook import place_of
from collect_xl.workflow.book import Book
from collect_xl.workflow.open import Access, opened_workbook
from collect_xl.workflow.session import Session

if TYPE_CHECKING:
    import tkinter as tk

    import xlwings as xw


Afterwards = Callable[[], None]
"""What a button does when it has let go of Excel, such as a list that stays open: Excel may be quit meanwhile."""


class Front(Protocol):
    """How the add-in speaks to the user."""

    def tell(self, words: str, *, bad: bool = False) -> None:
        """Show a message that must be read, and wait until it was."""

    def ask(self, question: str, yes: str) -> bool:
        """Return whether the user read a question and answered yes.

        Args:
            question: the words.
            yes: what yes does, such as ``Send 253 requests``.
        """

    def status(self, words: str | None) -> None:
        """Show progress in passing; None gives the place back to Excel. Never raises."""

    def window(self) -> tk.Tk | None:
        """Return a window to fill; None where windows cannot be opened."""


@dataclass(frozen=True, slots=True)
class ButtonContext:
    """What the function of a button gets."""

    click: Click
    book: xw.Book
    front: Front


@contextmanager
def opened_book(context: ButtonContext, access: Access) -> Iterator[Session]:
    """Open a session on the workbook in which the button was pressed; with ``WRITE`` no other run may work on it.

    Raises:
        HeldElsewhere: a run is on, in words for a user who pressed a button twice.
    """
    from collect_xl.excel.open_workbook import open_live  # noqa: PLC0415  # loads what knows Excel

    context.front.status("Collect: reading the workbook ...")
    try:
        with opened_workbook(open_live(context.book), place_of(context.book), access) as session:
            yield session
    except HeldElsewhere as error:
        raise HeldElsewhere(
            f"A run is still on. {error.message}",
            tip="Wait until it has ended, or press Stop in the Collect tab; then press the button again.",
        ) from error


def selected_rows(context: ButtonContext, book: Book) -> frozenset[int]:
    """Return the numbers of the selected rows that have contacts.

    Raises:
        UsageError: nothing is selected, or not on the sheet with the contacts.
    """
    selection = read_selection(context.book, context.click.selection)
    sheet = book.layout.sheet
    if selection.sheet.casefold() != sheet.casefold():
        raise UsageError(
            f"The selected cells are on the sheet {selection.sheet}; the contacts are on {sheet}.",
            tip=f"Select rows on the sheet {sheet}, and press the button again.",
        )
    contacts = [row.number for row in book.rows]
    last_contact = contacts[-1] if contacts else 0
    rows = selection.numbers(last_contact).intersection(contacts)
    if not rows:
        raise UsageError("No row with a contact is selected.", tip="Select rows below the header, and press again.")
    return rows
