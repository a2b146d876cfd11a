"""The items of a fake request: its own elements, which name the campaign's items, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Literal

ItemStatus = Literal["open", "waiting", "completed", "approved", "rejected"]

KINDS: Final = ("documents", "forms")
"""Lists of a request by its ID whose entries a client answers; a list of requests shows none of them."""

_OF_A_DOCUMENT: Final[Mapping[str, Any]] = {
    "visibility": True,
    "mandatory": True,
    "multipleupload": True,
    "extensions": [],
    "uploads": [],
}
_OF_A_FORM: Final[Mapping[str, Any]] = {"visibility": True, "items": []}


def add_elements(request: dict[str, Any], campaign: Mapping[str, Any], only: Collection[str] = ()) -> None:
    """Give a request the elements that its campaign asks for.

    Args:
        request: that lacks them.
        campaign: with its items.
        only: the IDs of items that were chosen; none for all.
    """
    for kind in KINDS:
        chosen = [item for item in campaign.get(kind, ()) if not only or item["itemId"] in only]
        request[kind] = [_element(request["_id"], kind, item) for item in chosen]


def without_elements(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request as lists and answers show it: its items are found by its ID alone."""
    return {key: value for key, value in request.items() if key not in KINDS}


def set_element(request: Mapping[str, Any], name: str, status: ItemStatus, reason: str = "") -> None:
    """Let an item of a request become what a client or the team makes of it.

    Raises:
        KeyError: the request has no such item.
    """
    for kind in KINDS:
        for element in request.get(kind, ()):
            if element["name"] == name:
                element["status"] = status
                element["reason"] = reason
                return
    raise KeyError(name)


def note_activity(request: Mapping[str, Any], at: datetime) -> None:
    """Keep when the contact of a request was last active."""
    # Exactly: two things may happen in one second.
    request["contact"]["lastActivity"] = f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"


def _element(request_id: str, kind: str, item: Mapping[str, Any]) -> dict[str, Any]:
    usual = _OF_A_DOCUMENT if kind == "documents" else _OF_A_FORM
    own = {"id": f"{request_id[:9]}{item['itemId'][:8]}", "status": "open"}
    return {**usual, **item, **own}
