"""The button Pick: campaigns, items and members of the team become the drop-downs of the options sheet."""

from __future__ import annotations

import time

from collect_xl.addin.connect import reach
from collect_xl.addin.send import NO_KEY
from collect_xl.addin.session import Session, desk_of
from collect_xl.excel.drop_downs import write_live_lists
from collect_xl.excel.retry import patiently
from collect_xl.template.offers import Offers
from collect_xl.workbook.lists import lists_of, refuse_absence
from collect_xl.workflow.open import offers_for

__all__ = ["pick"]


def pick(session: Session) -> None:
    """Fill the drop-downs of a workbook made by ``collect-xl new`` with what the team has in Collect.

    Raises:
        LayoutError: the workbook has no lists to fill.
    """
    names = patiently(lambda: [sheet.name for sheet in session.book.sheets], time.sleep, "tell its sheets")
    refuse_absence(session.book.name, names)
    with desk_of(session, write=True) as (desk, settings):
        collect = reach(session.front, settings, desk)
        if collect is None:
            session.front.tell(NO_KEY)
            return
        offers = offers_for(desk, collect)
        write_live_lists(session.book, lists_of(offers.campaigns, offers.assignees, offers.items))
    session.front.tell(_words(offers))


def _words(offers: Offers) -> str:
    of = f" of {offers.campaign}" if offers.campaign else ""
    counts = f"{len(offers.campaigns)} campaigns, {len(offers.assignees)} members and {len(offers.items)} items{of}"
    lines = [f"The drop-downs of the options sheet offer {counts}."]
    if not offers.campaign and not offers.notes:
        lines.append("Choose a campaign and press Pick again: its items are offered then.")
    return "\n\n".join((*lines, *offers.notes))
