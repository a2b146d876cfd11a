"""The API key in what a server says: found in every spelling that a careless server may use, and taken out."""

from __future__ import annotations

import base64
import re
from functools import cached_property

from collect_xl.api.bounds import REDACTED

_SHORTEST_SECRET = 8
"""Bytes; a shorter key may be a word by chance."""

_ESCAPES = (b"\\", b"%", b"&", b"+")
"""With none of these in it, an answer can hold the key in plain letters alone."""


class Redaction:
    """Takes a key out of answers, in plain letters, as in the header, and escaped for JSON, addresses or HTML.

    It works on the bytes before anything reads them, so that no reader can bring the key back by undoing escapes.

    Args:
        secret: the key's bytes.
    """

    def __init__(self, secret: bytes) -> None:
        spellings = {secret: None}
        # As the password of an empty user, and as the user without a password.
        for credentials in (b":" + secret, secret + b":"):
            in_header, in_address = base64.b64encode(credentials), base64.urlsafe_b64encode(credentials)
            # The longest first, or the end of a padded one would be left over.
            spellings |= dict.fromkeys((in_header, in_address, in_header.rstrip(b"="), in_address.rstrip(b"=")))
        self._plain = tuple(spelling for spelling in spellings if len(spelling) >= _SHORTEST_SECRET)

    @cached_property  # costs a hundred times as much as an answer, and most answers hold no escape
    def _escaped(self) -> re.Pattern[bytes]:
        return re.compile(b"|".join(map(_with_escapes, self._plain)))

    def apply(self, body: bytes) -> bytes:
        """Return an answer without the key."""
        if self._plain and any(sign in body for sign in _ESCAPES):
            return self._escaped.sub(REDACTED.encode(), body)
        for spelling in self._plain:
            body = body.replace(spelling, REDACTED.encode())
        return body


def _with_escapes(spelling: bytes) -> bytes:
    """Return a pattern for a text of which any character may be escaped."""
    characters = spelling.decode("utf-8", "surrogateescape")
    return b"".join(_any_form(character) for character in characters)


def _any_form(character: str) -> bytes:
    """Return a pattern for one character, plain or escaped."""
    plain = character.encode("utf-8", "surrogateescape")
    forms = [re.escape(plain)]
    # The number of backslashes grows where JSON is inside of JSON; without a bound, many of them take for ever.
    if character.isascii():
        forms.append(rb"\\{1,4}" + re.escape(plain))
    forms.append(b"".join(rb"\\{1,4}u" + _hex(unit) for unit in _utf16_units(character)))
    forms.append(b"".join(b"%" + _hex(b"%02x" % byte) for byte in plain))
    forms.append(b"&#0{0,6}%d;" % ord(character))
    forms.append(b"&#[xX]0{0,6}" + _hex(b"%x" % ord(character)) + b";")
    if character == " ":
        forms.append(rb"\+")
    return b"(?:" + b"|".join(forms) + b")"


def _utf16_units(character: str) -> list[bytes]:
    """Return the hexadecimal numbers that JSON writes for a character."""
    units = character.encode("utf-16-be", "surrogatepass").hex().encode()
    return [units[start : start + 4] for start in range(0, len(units), 4)]


def _hex(digits: bytes) -> bytes:
    """Return a pattern for hexadecimal digits in either case."""
    return b"(?i:" + digits + b")"
