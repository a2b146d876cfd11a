"""E-mail addresses as they come out of sheets: cleaned of what copying leaves on them, then checked without DNS."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from collect_xl.validation.refusal import refuse


class Noted(NamedTuple):
    """A cleaned text, and what was done to it that its writer would not see."""

    text: str
    note: str = ""


_EXPECTED = "one e-mail address, such as ann@example.com"

_TURNING = "\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction of text: copying from a right-to-left page leaves them, and they spell nothing."""
_INVISIBLE = f"\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff{_TURNING}"
"""Soft hyphen, zero-width characters, direction marks: what web pages and mail programs leave on copied addresses."""

_REMOVE_TURNING = str.maketrans(dict.fromkeys(_TURNING))
_REMOVE_INVISIBLE = str.maketrans(dict.fromkeys(_INVISIBLE))
_DECORATION = re.compile(r"\s*(?:<(.*)>|mailto:(.*))\s*", re.IGNORECASE | re.DOTALL)
_MARKS = ",;. \t\r\n\uff0c\uff1b\u3001"
"""What a list or a sentence leaves behind an address."""

_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0xFE6B: "@", 0x3002: ".", 0xFF61: "."}
"""The characters of East Asian keyboards that stand for those of an address."""

_LOCAL = r"[\w+'-]++(?:\.[\w+'-]++)*"
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}+(?<!-)"
_PLAIN = re.compile(rf"(?=.{{1,64}}@)(?!.*--){_LOCAL}@(?:{_LABEL}\.)+([A-Za-z]{{2,63}}+)", re.ASCII)
"""Addresses so plain that email-validator accepts every one of them; it is asked about all others.

Possessive, and both cases spelled out: twice as fast, and a hundred thousand addresses come through here. Groups are
not repeated possessively, which matches nothing before Python 3.11.5."""

_LONGEST = 254
_SPECIAL = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
"""Last labels that are not for mail (RFC 6761); email-validator says so in its own words."""

_HINTS = (
    # What is seen in the address -> what to do; the first that fits.
    (re.compile(r"@.*[;,\s]+.*@", re.DOTALL), "One person a row: give the second address a row of its own."),
    (re.compile(r"<.*>", re.DOTALL), "Keep only the address between < and >."),
    (re.compile(r"\S\s+\S"), "Remove the space inside the address."),
    (re.compile(r"\A[^@]*\Z"), "Type the whole address; it has no @."),
)


def read_address(written: str) -> Noted:
    """Return the address that was meant, with a note when something invisible or decorating was taken off.

    Args:
        written: trimmed, not empty.

    Returns:
        The address as written otherwise; an internationalised domain in its one canonical form, so that a person has
        one identity however the domain was typed.

    Raises:
        ValidationError: with a ``Refusal``.
    """
    # Nothing could be taken off a plain address, and nearly all are plain.
    if _is_plain(written):
        return Noted(written)
    visible, note = _visible(written)
    visible, note = _narrow(visible, note)
    # What is around the address often hides behind an invisible character, so that goes first.
    address, note = _undecorated(visible, note)
    if _is_plain(address):
        return Noted(address, note)
    checked = _checked(address, written)
    if not note and checked != address:
        note = "wrote the address's domain in its usual form"
    return Noted(checked, note)


def _is_plain(address: str) -> bool:
    if len(address) > _LONGEST:
        return False
    plain = _PLAIN.fullmatch(address)
    return plain is not None and plain[1].lower() not in _SPECIAL


def _visible(written: str) -> tuple[str, str]:
    """Return an address without invisible characters, and a note where there were any."""
    if written.isascii():
        return written, ""
    without_turning = written.translate(_REMOVE_TURNING)
    bare = without_turning.translate(_REMOVE_INVISIBLE)
    # In some scripts zero-width characters spell a domain; there only the edges are cleaned.
    if not bare.isascii():
        bare = without_turning.strip(_INVISIBLE)
    bare = bare.strip()
    if len(bare) < len(written.strip()):
        return bare, "removed an invisible character from the address"
    return bare, ""


def _narrow(address: str, note: str) -> tuple[str, str]:
    """Return an address in the width of Latin letters, where its @ shows that it was typed in another one."""
    if "@" in address:
        return address, note
    narrow = address.translate(_WIDE)
    if narrow == address:
        return address, note
    return narrow, _both(note, "wrote full-width characters of the address in their usual form")


def _undecorated(address: str, note: str) -> tuple[str, str]:
    """Return an address without ``< >``, ``mailto:`` and the marks of a list, however often they are around it."""
    while True:
        bare = address.rstrip(_MARKS)
        if bare != address.rstrip():
            note = _both(note, "removed a mark of punctuation behind the address")
        decoration = _DECORATION.fullmatch(bare)
        if decoration is None:
            return bare, note
        address = (decoration[1] or decoration[2] or "").strip()
        note = _both(note, "took the address out of < > or mailto:")


def _both(note: str, other: str) -> str:
    if not note or note == other:
        return other
    return note if other in note else f"{note}, {other}"


def address_of_link(link: str) -> str:
    """Return the address that a link leads to: ``ann@example.com`` for ``mailto:ann@example.com?subject=Hi``."""
    address = link.partition(":")[2].partition("?")[0]
    return unquote(address)


def _checked(address: str, written: str) -> str:
    from email_validator import validate_email  # noqa: PLC0415  # slow to import, and most addresses are plain

    try:
        validated = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except ValueError as error:
        todo = _hint(address) or f"Correct the address. {error}"
        raise refuse(written, _EXPECTED, todo) from None
    local, _, domain = address.rpartition("@")
    # Only an internationalised domain has more than one form; any other stays as it was written.
    if domain.isascii() and "xn--" not in domain.lower():
        return address
    return f"{local}@{validated.domain}"


def _hint(address: str) -> str:
    """Return what to do about an address, as far as its look shows it."""
    # The patterns look through an address many times: one that is far too long would hold up the check.
    if len(address) > _LONGEST:
        return ""
    for pattern, todo in _HINTS:
        if pattern.search(address):
            return todo
    return ""
