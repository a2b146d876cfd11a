"""Text from outside, cleaned of what a terminal, a log or a file would obey instead of show."""

from __future__ import annotations

import re
from typing import Final

_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069\ufffe\uffff]+")
"""Control characters, line and paragraph separators, direction overrides, and what XML cannot hold."""

_UNFIT_BUT_LINES: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069\ufffe\uffff]+")

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_NOT_IN_JSON: Final = re.compile("[\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What JSON may hold as it is, though a terminal would obey it."""


def cleaned(text: str) -> str:
    """Return a text that can be stored, printed and encoded, in one line.

    What is unfit becomes a blank instead of vanishing: two pieces that were apart would otherwise become one address,
    link or key.
    """
    if text.isprintable():
        return text
    storable = _SURROGATE.sub("\ufffd", text)
    fit = _UNFIT.sub(" ", storable)
    return text if fit == text else fit.strip()


def shown(text: str) -> str:
    """Return a text of our own making for a screen or a log, in one line; blanks at its edges are kept."""
    if text.isprintable():
        return text
    return _UNFIT.sub(" ", _SURROGATE.sub("\ufffd", text))


def shown_lines(text: str) -> str:
    """Return lines for a screen, without what a terminal would obey."""
    return _UNFIT_BUT_LINES.sub(" ", _SURROGATE.sub("\ufffd", text))


def escaped_json(text: str) -> str:
    """Return JSON that is the same for programs, and in which a terminal finds nothing to obey."""
    return _NOT_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
