"""The items of a request in a reply to ``GET /requests/{id}``, whatever shape and length the reply has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from collect_xl.api import bounds
from collect_xl.api.replies import UnreadableError, about_request
from collect_xl.domain.items import Item, ItemState

MOST_ITEMS: Final = 300
"""Of one request; a cell of a workbook holds no more."""

LONGEST_REASON: Final = 300

_NOT_ANSWERED: Final = frozenset({"texts", "pages", "contributors"})
"""Lists of a request whose entries a client only reads, or that are people."""

_STATES: Final[Mapping[str, ItemState]] = {
    "": "missing",
    "open": "missing",
    "not-sent": "missing",  # the last three are of documents to be signed
    "sent": "missing",
    "signed": "approved",
    "waiting": "waiting",
    "completed": "approved",
    "approved": "approved",
    "rejected": "rejected",
}
"""Documented words (``collect_api.md`` section 10) -> what they mean to who waits for the item."""


def items_of(data: object, request_id: str) -> tuple[Item, ...]:
    """Return the items of the request that a reply describes, in the order in which Collect shows them.

    Args:
        data: the reply.
        request_id: the request that was asked about.

    Raises:
        UnreadableError: it is no request, or another one.
    """
    items = [_item(entry) for entry in _entries(about_request(data, request_id))]
    if len(items) > MOST_ITEMS:
        raise UnreadableError(f"the request has more than {MOST_ITEMS} items")
    return tuple(items)


def _entries(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the entries that a client answers: documents, forms, and kinds that are not documented."""
    for kind, entries in data.items():
        if kind in _NOT_ANSWERED:
            continue
        for entry in bounds.objects_of(entries):
            # What the portal hides, by a rule of the campaign, is not waited for.
            if "name" in entry and entry.get("visibility") is not False:
                yield entry


def _item(entry: Mapping[str, Any]) -> Item:
    status = _text(entry.get("status"), bounds.LONGEST_STATUS)
    state = _STATES.get(status.casefold(), "unclear")
    return Item(
        name=_text(entry.get("name"), bounds.LONGEST_NAME) or "(without a name)",
        state=state,
        reason=_text(entry.get("reason"), LONGEST_REASON) if state == "rejected" else "",
        word=status if state == "unclear" else "",
        is_optional=entry.get("mandatory") is False,
    )


def _text(value: object, most: int) -> str:
    return " ".join(bounds.shortened(bounds.text_of(value), most).split())
