"""Texts as cells: what stands in ``<t>`` so that every program reads back the same text, and never a formula."""

from __future__ import annotations

import re

__all__ = ["MAX_TEXT", "escaped", "text_element"]

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
    for plain, name in _NAMED.items():
        if plain in text:
            text = text.replace(plain, name)
    return text.encode()


def _escape(odd: re.Match[str]) -> str:
    character = odd[0]
    if "\ud800" <= character <= "\udfff":
        return ""
    return _NAMED.get(character) or f"_x{ord(character):04X}_"


def text_element(text: str, prefix: bytes = b"") -> bytes:
    """Return the ``<t>`` of a text, cut to what a cell can hold."""
    if len(text) > MAX_TEXT // 2:
        text = _cut(text)
    if text != text.strip():
        return b'<%st xml:space="preserve">%s</%st>' % (prefix, escaped(text), prefix)
    return b"<%st>%s</%st>" % (prefix, escaped(text), prefix)


def _cut(text: str) -> str:
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * MAX_TEXT]
    return units.decode("utf-16-le", "ignore")
