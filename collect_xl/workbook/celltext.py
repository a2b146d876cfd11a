"""Texts as cells: what stands in ``<t>`` so that every program reads back the same text, and never a formula."""

from __future__ import annotations

import re

__all__ = ["after_t", "escaped"]

MAX_TEXT = 32_767
"""UTF-16 units that Excel keeps in a cell."""

_ODD = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def after_t(text: str) -> bytes:
    """Return what follows ``<t`` in a cell that holds a text: ``>``, or an attribute before it, and the text.

    Escaped as Excel does: characters that XML lacks, CR, and a literal ``_xHHHH_`` become ``_xHHHH_`` (ECMA-376 part 1,
    22.9.2.19). Lone surrogates are dropped, and what a cell cannot hold is cut off.
    """
    if len(text) > MAX_TEXT // 2:
        text = _cut(text)
    if text.isprintable() and text[0] != " " != text[-1] and "_x" not in text:
        if "&" in text:
            text = text.replace("&", "&amp;")
        if "<" in text:
            text = text.replace("<", "&lt;")
        if ">" in text:
            text = text.replace(">", "&gt;")
        return f">{text}".encode()
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f"{space}>".encode() + escaped(text)


def escaped(text: str) -> bytes:
    """Return a text for XML, its odd characters as ``_xHHHH_``."""
    return _ODD.sub(_escape, text).encode()


def _escape(odd: re.Match[str]) -> str:
    character = odd[0]
    if "\ud800" <= character <= "\udfff":
        return ""
    return _NAMED.get(character) or f"_x{ord(character):04X}_"


def _cut(text: str) -> str:
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * MAX_TEXT]
    return units.decode("utf-16-le", "ignore")  # half a pair at the end is dropped
