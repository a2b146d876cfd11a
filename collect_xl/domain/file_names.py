"""Names for files and folders that hold on Windows, macOS and Linux, made of any text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from itertools import count
from typing import Final

from collect_xl.domain.plain_text import cleaned

LONGEST: Final = 80
"""Characters; a path of three such names still fits into the 260 that Excel and Explorer take."""

LONGEST_BYTES: Final = 200
"""In UTF-8; Linux takes 255 for one name, and a number may be added."""

_LONGEST_SUFFIX: Final = 12

_UNFIT: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\u200b-\u200f\ufeff]')
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever follows their first dot."""


def safe_name(text: str, otherwise: str) -> str:
    """Return a text as the name of a folder.

    Args:
        text: from outside.
        otherwise: the name where nothing of the text is left.
    """
    return _safe(_fit(text), "", otherwise)


def safe_file_name(text: str, otherwise: str) -> str:
    """Return a text as the name of a file; its suffix is kept when the name is shortened.

    Args:
        text: from outside; of a path only the last part.
        otherwise: the name where nothing of the text is left.
    """
    last_part = re.split(r"[/\\]", text.rstrip("/\\"))[-1]
    fit = _fit(last_part)
    stem, dot, suffix = fit.rpartition(".")
    if not stem or not suffix or len(suffix) > _LONGEST_SUFFIX:
        return _safe(fit, "", otherwise)
    return _safe(stem, dot + suffix, otherwise)


def name_key(name: str) -> str:
    """Return the form in which Windows and macOS compare names: two names with one form are one file there."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def free_name(name: str, taken: Container[str]) -> str:
    """Return a name, with a number before its suffix where it is taken.

    Args:
        name: safe already.
        taken: the keys (``name_key``) of names that are taken.
    """
    if name_key(name) not in taken:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = name, "", ""
    numbered = (f"{stem} ({number}){dot}{suffix}" for number in count(2))
    return next(each for each in numbered if name_key(each) not in taken)


def _fit(text: str) -> str:
    """Return a text without what no name may hold."""
    normal = unicodedata.normalize("NFC", cleaned(text))
    return " ".join(_UNFIT.sub("_", normal).split())


def _safe(stem: str, suffix: str, otherwise: str) -> str:
    # Windows drops dots and blanks at the end; a dot at the start hides a file, "~$" is an Office lock.
    bare = stem.strip(". ").removeprefix("~$").strip(". ") or otherwise
    short = _shortened(bare, LONGEST - len(suffix), LONGEST_BYTES - len(suffix.encode())).rstrip(". ")
    name = short + suffix.rstrip(". ")
    return f"_{name}" if _DEVICE.match(name) else name


def _shortened(text: str, most: int, most_bytes: int) -> str:
    short = text[:most]
    while len(short.encode()) > most_bytes:
        short = short[:-1]
    return short
