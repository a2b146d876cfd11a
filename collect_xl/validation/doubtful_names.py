"""Names that are none: what exports, lookups and mail merges leave in cells, shown in the preview before it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from collect_xl.validation.refusal import describe

Kind = Literal["name", "company", "value"]
"""``name``: of a person; ``company``; ``value``: of a custom field, where more may be meant as it is."""

_ERRORS = frozenset(
    (
        *("#n/a", "#na", "#nv", "#value!", "#ref!", "#name?", "#null!", "#div/0!", "#num!", "#spill!", "#calc!"),
        *("#field!", "#error!", "#getting_data", "#err:502", "#err:508", "#wert!", "#bezug!", "#zahl!"),
        *("#valeur!", "#nom?", "#nombre!", "#valor!", "#\u00a1valor!", "#\u00bfnombre?", "#\u00a1ref!"),
    )
)
_MISSING = frozenset(
    (
        *("null", "(null)", "<null>", "nil", "nan", "undefined", "(blank)", "(empty)", "n/a", "n.a.", "k.a.", "s/o"),
        *("n/d", "unknown", "inconnu", "unbekannt", "desconocido", "sconosciuto", "tbd", "tbc", "xxx"),
        *("firstname", "lastname", "fname", "lname", "vorname", "nachname"),
    )
)
_MISSING_VALUES = frozenset({"null", "(null)", "<null>", "undefined", "nan"})
"""What is none in a custom field, too."""
_MERGE_FIELD = re.compile(
    r"\{\{.*\}\}|\{%.*%\}|\$\{.*\}|<<.*>>|\u00ab.*\u00bb|\*\|.*\|\*|\[\[.*\]\]|%%.*%%"
    r"|^\{[^}]*\}$|^\[[^\]]*\]$|^<[^>]*>$|^%\w+%$"
)
_WAITING = re.compile(r"(?:loading|laden|chargement|cargando|caricamento)\s*(?:\.{2,}|\u2026)?", re.IGNORECASE)
_SUSPICIOUS = re.compile(r"[@#{}\[\]<>%$*|\u00ab\u00bb\u2026]|\.\.|^[\W\d_]+$")
"""What no usual name has."""
_SUSPICIOUS_VALUE = re.compile(r"[#{}\[\]<>%$*|\u00ab\u00bb\u2026]|\.\.")
"""What no usual custom field has."""
_WAITING_WORDS = frozenset({"loading", "laden", "chargement", "cargando", "caricamento"})


def _spellings(words: Iterable[str]) -> frozenset[str]:
    """Return words as they are in cells: small, with a capital, in capitals."""
    return frozenset(spelling for word in words for spelling in (word, word.capitalize(), word.upper()))


_ODD_WORDS = _spellings(_MISSING | _WAITING_WORDS)
_ODD_VALUES = _spellings(_MISSING_VALUES | _WAITING_WORDS)
_LETTERS = re.compile(r"[^\W\d_]")


def is_odd(text: str, kind: Kind) -> bool:
    """Return whether a text needs the closer look of ``doubt_words``; every name of a list is asked about."""
    if kind == "value":
        return text in _ODD_VALUES or _SUSPICIOUS_VALUE.search(text) is not None
    return text in _ODD_WORDS or _SUSPICIOUS.search(text) is not None


def doubt_words(text: str, kind: Kind) -> str:
    """Return a sentence about a text that is hardly what its column says; an empty text where it may well be."""
    if not is_odd(text, kind):
        return ""
    why = _doubt(text, kind)
    return f"{describe(text)} looks like {why}, and would be sent as it is" if why else ""


def _doubt(text: str, kind: Kind) -> str:
    """Return why a text is hardly what its column says; an empty text where it may well be.

    Args:
        text: trimmed.
        kind: what the column holds.
    """
    folded = text.casefold()
    looks_like = {
        "a word for what is missing": folded in (_MISSING_VALUES if kind == "value" else _MISSING),
        "a word of a program that had not finished": _WAITING.fullmatch(text),
        "an error value as text": folded in _ERRORS,
        "a field of a mail merge that was not filled in": _MERGE_FIELD.search(text),
    }
    for words, is_so in looks_like.items():
        if is_so:
            return words
    return _doubt_of_name(text, kind) if kind != "value" else ""


def _doubt_of_name(text: str, kind: Kind) -> str:
    if "@" in text:
        return "an e-mail address"
    has_letter = _LETTERS.search(text) is not None
    is_number = any(digit in text for digit in "123456789")
    # Companies are called by numbers, people are not.
    if has_letter or (kind == "company" and is_number):
        return ""
    return "what formulas show of a blank cell" if text == "0" else "a text without a letter"
