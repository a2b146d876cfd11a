"""The items of a request, documents and forms, as Collect shows them: which came in, and which are missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from collect_xl.domain.identity import round_key

ItemState = Literal["rejected", "missing", "unclear", "waiting", "approved"]
"""In the order in which they need someone; ``waiting`` came in and waits for a review, ``unclear`` is a word without
an explanation in Collect's documentation."""

_STATES: tuple[ItemState, ...] = get_args(ItemState)
_OUTSTANDING = frozenset({"rejected", "missing"})
_CAME_IN = frozenset({"waiting", "approved"})


@dataclass(frozen=True, slots=True)
class Item:
    """A document or form of a request."""

    name: str
    state: ItemState
    reason: str = ""
    """Why it was rejected."""
    word: str = ""
    """Collect's own word, where it is unclear."""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class KeptItems:
    """The items of a request with what its campaign's list showed of the request when they were asked for."""

    request_id: str
    status: str
    activity: str
    """When its contact was last active, as in ``RemoteRequest``."""
    items: tuple[Item, ...]


class TellsItems(Protocol):
    """The part of Collect that describes items."""

    def request_items(self, request_id: str) -> tuple[Item, ...]:
        """Return the items of a request; raise ``CollectXlError`` when they cannot be seen."""


class KeepsItems(Protocol):
    """The part of the journal that keeps items."""

    def items(self, origin: str, team: str) -> Mapping[str, KeptItems]:
        """Return what is kept of requests' items, by request ID."""

    def keep_items(self, claim: int, kept: KeptItems) -> None:
        """Keep the items of a claim's request, instead of what was kept of it before."""


def item_key(name: str) -> str:
    """Return the form in which names of items are compared."""
    return round_key(name)


def count_in(items: Sequence[Item]) -> int:
    """Return how many items came in."""
    return sum(each.state in _CAME_IN for each in items)


def outstanding(items: Iterable[Item]) -> tuple[str, ...]:
    """Return in words what is missing or was rejected."""
    return tuple(_outstanding_words(each) for each in items if each.state in _OUTSTANDING)


def _outstanding_words(item: Item) -> str:
    remarks = []
    if item.is_optional:
        remarks.append("optional")
    if item.state == "rejected":
        remarks.append(f"rejected: {item.reason}" if item.reason else "rejected")
    return f"{item.name} ({', '.join(remarks)})" if remarks else item.name


def item_named(items: Iterable[Item], name: str) -> Item | None:
    """Return the item of a name; of several the one that needs someone most."""
    key = item_key(name)
    same_name = [each for each in items if item_key(each.name) == key]
    return min(same_name, key=lambda each: _STATES.index(each.state), default=None)


def items_as_json(items: Iterable[Item]) -> str:
    """Return items as a JSON text, for the journal."""
    lines = [[each.name, each.state, each.reason, each.word, each.is_optional] for each in items]
    return json.dumps(lines, ensure_ascii=False)


def items_of_json(text: str) -> tuple[Item, ...]:
    """Return the items of a JSON text of ``items_as_json``; raise ``ValueError`` where it is none."""
    items = []
    for name, state, reason, word, is_optional in json.loads(text):
        if state not in _STATES:
            raise ValueError("not a state of an item")
        items.append(Item(str(name), state, str(reason), str(word), is_optional is True))
    return tuple(items)
