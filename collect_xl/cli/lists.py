"""``collect-xl pick``: the drop-downs of a template, filled from the account."""

from __future__ import annotations

from collect_xl.cli.screen import Screen
from collect_xl.workbook.lists import MOST_LISTED
from collect_xl.workflow import open as app

__all__ = ["run_pick"]


def run_pick(paths: app.Paths, screen: Screen) -> int:
    """Fill the drop-downs, and tell with how much."""
    picked = app.pick(paths)
    offers = picked.offers
    counts = (
        (len(offers.campaigns), "open campaign"),
        (len(offers.assignees), "member"),
        (len(offers.items), "item"),
    )
    told = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts)
    of = f" of {offers.campaign}" if offers.campaign else ""
    screen.say(f"The drop-downs of {picked.path} offer {told}{of}.")
    if not offers.campaign and not offers.notes:
        screen.say("Choose a campaign and run pick again: its items are offered then.")
    if max(count for count, _ in counts) > MOST_LISTED:
        screen.warn(f"A drop-down holds {MOST_LISTED:,} entries; whatever comes after them can be typed.")
    for note in (*offers.notes, *picked.notes):
        screen.warn(note)
    return 0
