"""The headers of our requests, and the dates in those of answers."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ASKING", "POSTING", "http_date"]

ASKING: Mapping[str, str] = {
    "User-Agent": f"collect-xl/{version('collect-xl')}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # one way less for an answer to be unreadable
}

POSTING: Mapping[str, str] = {
    **ASKING,
    "Content-Type": "application/json",
    "Connection": "close",  # nobody reuses a connection that carried a POST
}


def http_date(text: str | None) -> datetime | None:
    """Return the moment that a header names, in UTC; None where there is none to read."""
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
