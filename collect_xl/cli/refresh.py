"""``collect-xl refresh``: how everything that was sent stands now."""

from __future__ import annotations

import threading
from contextlib import ExitStack

from collect_xl.cli.exits import ATTENTION, code_of_run, surest
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.option_values import stop_on_signals
from collect_xl.cli.remedies import advice_words
from collect_xl.cli.run_end import counts_of, facts_of
from collect_xl.cli.screen import Screen, first_of, progress
from collect_xl.followup.item_lookup import ItemsLooked
from collect_xl.followup.refresh import Refreshed
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import RefreshEnd
from collect_xl.workflow.items_story import ItemsFront, ItemsWish
from collect_xl.workflow.open import WRITE, Paths, collect_of, opened

_STOPPED = 7

_EVERY = 25
"""Calls between two lines about their progress."""


class ItemsScreen(ItemsFront):
    """The command line while items are asked for.

    Args:
        screen: where the progress is shown.
        stack: closed when the refresh is over.
    """

    def __init__(self, screen: Screen, stack: ExitStack) -> None:
        self._screen = screen
        self._stack = stack

    def asking(self, done: int, total: int) -> None:
        """Show the progress now and then."""
        if done % _EVERY == 0:
            self._screen.say(f"Asking which items came in: {progress(done, total)}.")

    @property
    def stop(self) -> threading.Event:
        """Set by signals, from the first call on: what was learned until then is written."""
        return self._stack.enter_context(stop_on_signals())


def run_refresh(paths: Paths, screen: Screen, *, items: bool = False, all_items: bool = False) -> int:
    """Ask Collect about every sent request, and write what it says.

    Args:
        paths: which workbook.
        screen: where everything is shown.
        items: whether to ask which items came in.
        all_items: whether to ask, and to add a column for each.
    """
    CURRENT.work_on(paths)
    end, codes = refresh_shown(paths, screen, items=items, all_items=all_items)
    screen.strangers(end.strangers)
    if end.refreshed.advice:
        codes.add(1)
    if end.strangers or end.refreshed.unseen:
        codes.add(ATTENTION)
    code = surest(codes - {0}, something_sent=True)
    refreshed = end.refreshed
    counts = counts_of(end.finished) | {"seen": len(refreshed.seen), "changed": len(refreshed.changed)}
    screen.lines.rows(end.finished.rows)
    screen.lines.summary(code, counts, facts_of(end.finished))
    return code


def refresh_shown(
    paths: Paths, screen: Screen, *, items: bool = False, all_items: bool = False
) -> tuple[RefreshEnd, set[int]]:
    """Refresh a workbook, and say what was learned and where it is written.

    Args:
        paths: which workbook.
        screen: where everything is shown.
        items: whether to ask which items came in.
        all_items: whether to ask, and to add a column for each.

    Returns:
        How it ended, and the exit codes for what was written and for the items.
    """
    with opened(paths, WRITE) as session, ExitStack() as stack:
        wish = ItemsWish(wanted=items, every_item=all_items, front=ItemsScreen(screen, stack))
        end = stories.refresh(session, collect_of(session), wish)
    tell_refreshed(end.refreshed, screen)
    _tell_items(end.items, screen)
    screen.undelivered(end.finished.undelivered)
    screen.written(end.finished)
    return end, {code_of_run(end.finished), *_codes_of_items(end.items)}


def _codes_of_items(looked: ItemsLooked | None) -> set[int]:
    """Return the exit codes for what a look at items could not do."""
    if looked is None:
        return set()
    codes = {_STOPPED} if looked.stopped else set()
    return codes | {1} if looked.failed else codes


def _tell_items(looked: ItemsLooked | None, screen: Screen) -> None:
    """Say what was learned of the items of requests."""
    if looked is None:
        return
    screen.say(f"Items: {looked.asked} requests asked about, {looked.unchanged} without news since the last look.")
    failed = [
        f"Row {row}: its items could not be asked for; its cells stay as they were. {words}"
        for row, words in looked.failed.items()
    ]
    screen.warn_each(first_of(failed, rest="... and {} more rows whose items could not be asked for."))
    if looked.left:
        screen.warn(f"{looked.left} requests were not reached. To go on there: collect-xl refresh --items")


def tell_refreshed(refreshed: Refreshed, screen: Screen) -> None:
    """Say what a refresh learned."""
    count, changed, cancelled = len(refreshed.seen), len(refreshed.changed), len(refreshed.cancelled)
    there = f", {cancelled} cancelled in Collect (not asked again by itself)" if cancelled else ""
    news = f"{changed} with another status" if changed else "no status has changed"
    screen.say(f"{count} request{'' if count == 1 else 's'} checked: {news}{there}.")
    for claim in refreshed.gone:
        screen.warn(
            f"Request {claim.request_id} (row {claim.row} when it was sent) is no longer at Collect: it was deleted "
            "there. The row keeps its last status."
        )
    for claim in refreshed.unseen:
        screen.warn(
            f"Row {claim.row} was said to be sent, and Collect shows no request that is surely its own: look for it "
            "there. If the person was not asked, send in a new round."
        )
    screen.warn_each(map(advice_words, refreshed.advice))
