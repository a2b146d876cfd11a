"""Texts as cells: what stands in ``<t>`` so that every program reads back the same text, and never a formula."""

from __future__ import annotations

import re

__all__ = ["MAX_TEXT", "cut", "escaped"]

MAX_TEXT = 32_767
"""UTF-16 units that Excel keeps in a cell."""

_ODD = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str) -> bytes:
    """Return a text for XML as Excel writes it.

    Characters that XML lacks, CR, and a literal ``_xHHHH_`` become ``_xHHHH_`` (ECMA-376 part 1, 22.9.2.19); lone
    surrogates are dropped.
    """
    if not text.isprintable() or "_x" in text:
        return _ODD.sub(_escape, text).encode()
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text.encode()


def _escape(odd: re.Match[str]) -> str:
    character = odd[0]
    if "\ud800" <= character <= "\udfff":
        return ""
    return _NAMED.get(character) or f"_x{ord(character):04X}_"


def cut(text: str) -> str:
    """Return as much of a text as a cell can hold, without half a character."""
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * MAX_TEXT]
    return units.decode("utf-16-le", "ignore")
