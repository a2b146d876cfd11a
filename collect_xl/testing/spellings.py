"""Other spellings of what the fake Collect shows: addresses of the same mailbox, and moments that say less."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

CreatedStyle = Literal["exact", "minutes", "days", "day-early", "day-late", "local"]
"""How ``createdAt`` is shown: as it is; cut to whole minutes or days; a day off; in the team's zone without a zone."""


def decomposed(email: str) -> str:
    """Return an address with its accents apart from their letters (NFD)."""
    return unicodedata.normalize("NFD", email)


def punycode_domain(email: str) -> str:
    """Return an address with its domain as the name system spells it: ``xn--...``."""
    name, at, domain = email.rpartition("@")
    return f"{name}{at}{domain.encode('idna').decode()}"


def with_emails(body: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401  # JSON
    """Return a JSON value in which each address, however deep, is changed."""
    return _with_texts(body, "email", change)


def with_created(body: Any, style: CreatedStyle, zone: str) -> Any:  # noqa: ANN401  # JSON
    """Return a JSON value in which each ``createdAt``, however deep, is shown in a style."""
    if style == "exact":
        return body
    return _with_texts(body, "createdAt", lambda text: _STYLES[style](datetime.fromisoformat(text), zone))


def _with_texts(body: Any, name: str, change: Callable[[str], str]) -> Any:  # noqa: ANN401  # JSON
    """Return a JSON value in which each text under a name is changed."""
    if isinstance(body, list):
        return [_with_texts(element, name, change) for element in body]
    if not isinstance(body, dict):
        return body
    changed = {}
    for key, value in body.items():
        is_text = key == name and isinstance(value, str)
        changed[key] = change(value) if is_text else _with_texts(value, name, change)
    return changed


_STYLES: Mapping[str, Callable[[datetime, str], str]] = {
    "minutes": lambda at, _: f"{at:%Y-%m-%dT%H:%M:00Z}",
    "days": lambda at, _: f"{at:%Y-%m-%dT00:00:00Z}",
    "day-early": lambda at, _: f"{at - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    "day-late": lambda at, _: f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    "local": lambda at, zone: f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M:%S}",
}
