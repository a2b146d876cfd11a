"""The part of a refresh that asks which items came in, and the columns that it adds for them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from collect_xl.domain.headings import ITEM_FIELDS, Field
from collect_xl.domain.items import KeptItems, item_key
from collect_xl.domain.named_results import ITEM, item_of, title_of_named
from collect_xl.followup.item_lookup import ItemsLooked, look_at_items
from collect_xl.followup.refresh import Refreshed
from collect_xl.workflow.session import Connected, with_news
from collect_xl.workflow.steps import kept_items, open_requests


class ItemsFront:
    """What a face hears while the items of requests are asked for."""

    def asking(self, done: int, total: int) -> None:
        """Hear before each call how many were made, and how many there are in all."""

    @property
    def stop(self) -> threading.Event:
        """When set, no further request is asked about."""
        return threading.Event()


@dataclass(frozen=True, slots=True)
class ItemsWish:
    """Whether a refresh asks for items, and what it shows of them."""

    wanted: bool = False
    """Whether it asks; the options sheet may want it, too."""
    every_item: bool = False
    """Whether each item of the requests in the sheet gets a column."""
    front: ItemsFront = field(default_factory=ItemsFront)


def with_items_of(
    online: Connected, refreshed: Refreshed, wish: ItemsWish | None
) -> tuple[Connected, ItemsLooked | None]:
    """Ask which items came in where that is wanted, and let the workbook have the columns for it.

    Args:
        online: knowing what the refresh learned.
        refreshed: what it learned.
        wish: what is wanted; None where the face cannot show how the calls go on, or end them.

    Returns:
        the session with these columns; what was learned, None where it is not wanted.
    """
    if wish is None or not (wish.wanted or wish.every_item or online.book.items_in_sheet):
        return online, None
    claims = open_requests(online)
    looked = look_at_items(online.context, claims, refreshed.requests, wish.front.stop, wish.front.asking)
    more = list(ITEM_FIELDS)
    if wish.every_item:
        kept = kept_items(online)
        in_sheet = [kept[each.request_id] for each in claims.values() if each.request_id in kept]
        more += _columns_of(in_sheet, online.book.item_fields)
    online.workbook.more_results = tuple(more)
    book = replace(online.book, added_results=tuple(each.key for each in more))
    return with_news(online, book), looked


def _columns_of(requests: Iterable[KeptItems], present: Iterable[str]) -> list[Field]:
    """Return a column for each item of some requests that the sheet has none for, in their order."""
    names = {item_key(item_of(field)) for field in present}
    columns = []
    for request in requests:
        for item in request.items:
            if item_key(item.name) not in names:
                names.add(item_key(item.name))
                key = f"{ITEM}{item.name}"
                columns.append(Field(key, title_of_named(key), ()))
    return columns
