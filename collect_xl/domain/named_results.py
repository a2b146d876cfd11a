"""Result columns that a header names itself: ``Item: Passport``, ``Answer: Date of birth``."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ITEM: Final = "result.item:"
"""``Item: NAME`` has the field key ``result.item:NAME``."""

ANSWER: Final = "result.answer:"
"""``Answer: QUESTION``: what is there came from Collect, so that it is never read as an option or a contact."""

_ITEM_HEADER: Final = re.compile(
    r"\s*(?:item|élément|element|elemento)\s*[:\uff1a]\s*(\S.*?)\s*",  # \uff1a: the wide colon of East Asian keyboards
    re.IGNORECASE | re.DOTALL,
)
_ANSWER_HEADER: Final = re.compile(
    r"\s*(?:answer|réponse|antwort|respuesta|risposta)\s*[:\uff1a]\s*(\S.*?)\s*", re.IGNORECASE | re.DOTALL
)
_HEADERS: Final = ((ITEM, _ITEM_HEADER), (ANSWER, _ANSWER_HEADER))

WIDTH: Final = 18.0
"""Of a new column, in characters."""


def named_result_of(header: str) -> str | None:
    """Return the field key of a header that names an item or a question, or None."""
    text = unicodedata.normalize("NFC", header)
    for prefix, pattern in _HEADERS:
        match = pattern.fullmatch(text)
        if match:
            return prefix + " ".join(match[1].split())
    return None


def title_of_named(key: str) -> str:
    """Return the header of a named result, ``Item: Passport``; empty for any other field."""
    if key.startswith(ITEM):
        return f"Item: {key.removeprefix(ITEM)}"
    if key.startswith(ANSWER):
        return f"Answer: {key.removeprefix(ANSWER)}"
    return ""


def item_of(key: str) -> str:
    """Return the item that a field is about; empty where it is about none."""
    return key.removeprefix(ITEM) if key.startswith(ITEM) else ""
