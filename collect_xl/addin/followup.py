"""The buttons that look after what was sent: refresh, look up, list what is unfinished, open a portal."""

from __future__ import annotations

import time
import webbrowser

from collect_xl.addin.button_context import ButtonContext, opened_book, selected_rows
from collect_xl.addin.connect import reach
from collect_xl.addin.remedies import advice_words
from collect_xl.addin.send import NO_KEY
from collect_xl.addin.words import settled_words, written_words
from collect_xl.domain.model import Blank
from collect_xl.domain.portal_urls import may_link
from collect_xl.domain.ports import Collect
from collect_xl.errors import UsageError
from collect_xl.excel.drop_downs import write_live_lists
from collect_xl.excel.retry import listed, patiently
from collect_xl.followup.refresh import Refreshed
from collect_xl.template.offers import Offers
from collect_xl.workbook.lists import lists_of, refuse_absence
from collect_xl.workflow import stories
from collect_xl.workflow.book import Finished
from collect_xl.workflow.open import READ, WRITE
from collect_xl.workflow.session import Session
from collect_xl.workflow.steps import open_requests


def refresh(context: ButtonContext) -> None:
    """Ask Collect how everything that was sent stands now, and write it; nothing is sent."""
    with opened_book(context, WRITE) as session:
        collect = _reached(context, session)
        if collect is None:
            return
        context.front.status("Collect: asking how everything stands ...")
        end = stories.refresh(session, collect)
        context.front.tell(_refreshed_words(end.refreshed, end.finished), bad=bool(end.finished.failure))


def look_up(context: ButtonContext) -> None:
    """Ask Collect what became of rows whose answer was lost; nothing is sent."""
    with opened_book(context, WRITE) as session:
        collect = _reached(context, session)
        if collect is None:
            return
        context.front.status("Collect: looking up unknown rows ...")
        end = stories.look_up(session, collect)
        context.front.tell(settled_words(end.settled, end.finished), bad=bool(end.finished.failure))


def open_portal(context: ButtonContext) -> None:
    """Open the portal of the selected row in the browser, if it is one of Collect's own."""
    with opened_book(context, READ) as session:
        rows = selected_rows(context, session.book)
        if len(rows) > 1:
            raise UsageError(f"{len(rows)} rows are selected.", tip="Select one row, and press the button again.")
        url = _portal(session, next(iter(rows)))
    webbrowser.open(url)


def _portal(session: Session, row: int) -> str:
    """Return a row's portal: what the journal knows, else what is in the sheet."""
    claim = open_requests(session).get(row)
    known_url = claim.portal_url if claim is not None else ""
    url = known_url or _portal_in_the_sheet(session, row)
    if not url:
        raise UsageError(f"Row {row} has no portal: it was not sent.", tip="Select a row that was sent.")
    # What is in a cell may have been put there by anyone: only links of Collect are opened.
    if not may_link(url):
        raise UsageError(
            f"The link in row {row} does not lead to Collect, and is not opened.",
            tip="Press Refresh status, which writes the right link.",
        )
    return url


def _portal_in_the_sheet(session: Session, number: int) -> str:
    for row in session.book.rows:
        if row.number == number and not isinstance(row, Blank):
            return row.seen.get("result.portalUrl", "").strip()
    return ""


def _reached(context: ButtonContext, session: Session) -> Collect | None:
    """Return Collect with a key that works, or say that there is none."""
    collect = reach(context.front, session)
    if collect is None:
        context.front.tell(NO_KEY)
    return collect


def _refreshed_words(refreshed: Refreshed, finished: Finished) -> str:
    """Return what a refresh found."""
    count, changed = len(refreshed.seen), len(refreshed.changed)
    news = f"{changed} with another status" if changed else "no status has changed"
    lines = [f"{count} request{'' if count == 1 else 's'} checked: {news}."]
    lines += map(advice_words, refreshed.advice)
    if refreshed.cancelled:
        lines.append(f"{len(refreshed.cancelled)} cancelled in Collect; they are not asked again by themselves.")
    if refreshed.gone:
        rows = ", ".join(str(claim.row) for claim in refreshed.gone[:10])
        lines.append(f"{len(refreshed.gone)} deleted in Collect (rows {rows} when they were sent); the status stays.")
    if refreshed.unseen:
        rows = ", ".join(str(claim.row) for claim in refreshed.unseen[:10])
        lines.append(f"{len(refreshed.unseen)} said to be sent, of which Collect shows no request (rows {rows}).")
    return "\n\n".join((*lines, *written_words(finished)))


def pick(context: ButtonContext) -> None:
    """Fill the drop-downs of a workbook made by ``collect-xl new`` with what the team has in Collect.

    Raises:
        LayoutError: the workbook has no lists to fill.
    """
    names = patiently(lambda: [sheet.name for sheet in listed(context.book.sheets)], time.sleep, "tell its sheets")
    refuse_absence(context.book.name, names)
    with opened_book(context, WRITE) as session:
        collect = _reached(context, session)
        if collect is None:
            return
        offers = stories.offers(session, collect)
        write_live_lists(context.book, lists_of(offers.campaigns, offers.assignees, offers.items))
    context.front.tell(_words(offers))


def _words(offers: Offers) -> str:
    of = f" of {offers.campaign}" if offers.campaign else ""
    counts = f"{len(offers.campaigns)} campaigns, {len(offers.assignees)} members and {len(offers.items)} items{of}"
    lines = [f"The drop-downs of the options sheet offer {counts}."]
    if not offers.campaign and not offers.notes:
        lines.append("Choose a campaign and press Pick again: its items are offered then.")
    return "\n\n".join((*lines, *offers.notes))
