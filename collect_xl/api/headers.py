"""The headers of our requests."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ASKING", "POSTING"]

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
