"""The button Pick: campaigns, items and members of the team become the drop-downs of the options sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collect_xl.addin.asking import NO_KEY
from collect_xl.addin.reaching import reach
from collect_xl.addin.session import Session, desk_of
from collect_xl.errors import LayoutError, WorkbookRefused
from collect_xl.picking import Offers, gather
from collect_xl.workbook.lists import LISTS, LISTS_SHEET, MOST_LISTED, list_rows, lists_of

if TYPE_CHECKING:
    import xlwings as xw

__all__ = ["pick"]


def pick(session: Session) -> None:
    """Fill the drop-downs of a workbook made by ``collect-xl new`` with what the team has in Collect.

    Raises:
        LayoutError: the workbook has no lists to fill.
    """
    sheet = _lists_sheet(session.book)
    with desk_of(session, write=True) as (desk, settings):
        collect = reach(session.front, settings, desk)
        if collect is None:
            session.front.tell(NO_KEY)
            return
        account = desk.preflight(collect, sending=False)
        offers = gather(account, desk.book.checker.defaults.campaign, collect)
        _fill(sheet, offers)
    session.front.tell(_words(offers))


def _lists_sheet(book: xw.Book) -> xw.Sheet:
    found = next((sheet for sheet in book.sheets if sheet.name == LISTS_SHEET), None)
    if found is None:
        raise LayoutError(
            f"{book.name} has no drop-downs to fill.",
            tip="Pick works in a workbook made with: collect-xl new FILE. Copy your contacts into one of these.",
        )
    return found


def _fill(sheet: xw.Sheet, offers: Offers) -> None:
    """Write the lists below their headers as texts, and empty what stood there before."""
    lists = lists_of(offers.campaigns, offers.assignees, offers.items)
    rows = [[text or None for text in texts] for _, texts in list_rows(lists, MOST_LISTED)]
    place = sheet.range((2, 1), (1 + len(rows), len(LISTS)))
    try:
        place.number_format = "@"  # first: a name that begins with = must not become a formula
        place.value = rows
    except Exception as error:
        message = f"Excel does not let the sheet {LISTS_SHEET} be written."
        raise WorkbookRefused(message, tip="End what you type in a cell, and press the button again.") from error


def _words(offers: Offers) -> str:
    of = f" of {offers.campaign}" if offers.campaign else ""
    counts = f"{len(offers.campaigns)} campaigns, {len(offers.assignees)} members and {len(offers.items)} items{of}"
    lines = [f"The drop-downs of the options sheet offer {counts}."]
    if not offers.campaign and not offers.notes:
        lines.append("Choose a campaign and press Pick again: its items are offered then.")
    return "\n\n".join((*lines, *offers.notes))
