"""What a reply may hold: texts that can be stored, shown and sent, of bounded length; numbers and moments in bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from collect_xl.domain.plain_text import cleaned

LONGEST_ID = 200
"""Characters; Collect's own ids have 17."""
LONGEST_NAME = 200
LONGEST_STATUS = 100
LONGEST_ZONE = 100
LONGEST_EMAIL = 320
LONGEST_URL = 2_000
LONGEST_COMPLAINT = 2_000
MOST_COMPLAINTS = 100

LONGEST_NUMBER = 40
"""Digits; Python itself refuses numbers of more than 4,300."""

_LARGEST_NUMBER: int = 10**LONGEST_NUMBER

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""No request of Collect was made before, and none is due after."""

REDACTED = "(the API key)"
"""Put in place of the key where a server repeated it."""

_PART_OF_A_NAME = re.compile(r"[\w.+%@-]*")
"""What addresses and ids are made of."""

_DEEPEST = 50
"""Levels; Collect's own replies have six."""

_TEXT_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)
"""A JSON text is one piece, so that brackets inside of it do not count."""

_EXACT_FLOATS = 2**53
"""From here on a float may have been another number when it was written."""


def shortened(text: str, most: int) -> str:
    """Return a cleaned text of at most a given number of characters, with ``…`` where some were cut off."""
    fit = cleaned(text)
    return fit if len(fit) <= most else fit[: most - 1] + "…"


def complaint(text: str) -> str:
    """Return a complaint, cleaned and cut, that names no person that the whole one does not name."""
    fit = cleaned(text)
    if len(fit) <= LONGEST_COMPLAINT:
        return fit
    head = fit[: LONGEST_COMPLAINT - 1]
    # Half an address or id may be another person's, who would be blamed for what is not theirs.
    tail = head[: -LONGEST_EMAIL - 1 : -1]
    half_name = _PART_OF_A_NAME.match(tail)
    length = 0 if half_name is None else half_name.end()
    return head[: len(head) - length] + "…"


def whole(text: str, most: int) -> str:
    """Return a cleaned text, or an empty one where it is too long: half a link or address leads elsewhere."""
    fit = cleaned(text)
    return fit if len(fit) <= most else ""


def identifier(text: str) -> str:
    """Return an id as it came, or an empty one where it cannot be kept so.

    An altered id might be another's.
    """
    is_altered = cleaned(text) != text or REDACTED in text
    return "" if is_altered or len(text) > LONGEST_ID else text


def object_of(value: object) -> Mapping[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects_of(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON list; what is no list has none."""
    entries = value if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, dict)]


def id_of(entry: Mapping[str, object]) -> str:
    """Return the ID of an object in a reply; empty where it has none that can be kept as it came."""
    return identifier(text_of(entry.get("_id", entry.get("id"))))


def text_of(value: object) -> str:
    """Return a JSON value as the text that it stands for, of any length; numbers become their digits."""
    if isinstance(value, dict):
        value = value.get("$oid")
    if isinstance(value, str):
        return value
    if not is_number(value):
        return ""
    return str(int(value)) if float(value).is_integer() else str(value)


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a JSON value is a number that is known exactly enough to tell it from others."""
    # In Python a bool is an int, in JSON it is no number.
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) < _LARGEST_NUMBER
    return isinstance(value, float) and math.isfinite(value) and abs(value) < _EXACT_FLOATS


def without_depths(json_text: str) -> str:
    """Return a JSON text in which null stands for what is nested too deeply for Python's reader.

    One such field would otherwise keep a whole list from being read.
    """
    kept: list[str] = []
    depth = 0
    start = 0
    for token in _TEXT_OR_BRACKET.finditer(json_text):
        if token[0] in {"[", "{"}:
            depth += 1
            if depth == _DEEPEST + 1:
                kept += [json_text[start : token.start()], "null"]
        elif token[0] in {"]", "}"}:
            depth -= 1
            if depth == _DEEPEST:
                start = token.end()
    # Where brackets are left open it is no JSON, and must not become some.
    return "" if depth else "".join([*kept, json_text[start:]])


def moment(value: object) -> datetime | None:
    """Return a point in time from any form that Collect was seen to use, or None.

    Seen: ``2022-07-04T07:20:06Z``, ``2022-05-22 13:40:26 UTC``, ``2018-11-22T13:28:08.215Z``,
    ``2024-05-04T09:42:00+00:00``, null; Meteor may also give ``{"$date": milliseconds}``. A moment far outside of
    Collect's own time is none.
    """
    if isinstance(value, dict):
        value = value.get("$date")
    try:
        at = _moment(value)
    except (ValueError, OverflowError, OSError):
        return None
    if at is None or not EARLIEST <= at < LATEST:
        return None
    return at


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        return _from_text(value)
    if is_number(value):
        return datetime.fromtimestamp(value / 1000, UTC)
    return None


def _from_text(text: str) -> datetime:
    iso = text.strip()
    if iso.endswith("UTC"):
        iso = iso.removesuffix("UTC").strip() + "+00:00"
    at = datetime.fromisoformat(iso)
    # A time without a zone is UTC: no page of the documentation shows a local one.
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
