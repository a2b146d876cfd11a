"""What cells of a list say at a first look: nothing at all, or which person a row is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from collect_xl.domain.headings import field_of
from collect_xl.domain.model import CellValue, Number

BLANKS = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"  # all that str.strip() takes
    "\xad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"  # and what is invisible at the edge of a text
    "\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # and what only turns the direction of text
)

WIDE_ATS = "\uff20\ufe6b"
"""The @ of East Asian keyboards, wide and small."""

_LENGTH_OF_ID = 17
"""Characters of every contact ID that was seen (``collect_api.md`` section 4)."""


def names_person(cells: Mapping[str, CellValue]) -> bool:
    """Return whether cells name a person, rightly or not, by address or ID."""
    address = cells.get("email")
    if isinstance(address, str) and ("@" in address or any(at in address for at in WIDE_ATS)):
        return True
    contact_id = cells.get("contactId")
    if not isinstance(contact_id, str) or shows_nothing(contact_id):
        return False
    # A header that is met again is no ID. What looks like one is not asked, since every row comes through here.
    return len(contact_id) == _LENGTH_OF_ID or field_of(contact_id) is None


def shows_nothing(value: CellValue) -> bool:
    """Return whether a cell says nothing: blanks, a zero or FALSE, as formulas show for blank cells."""
    if isinstance(value, Number):
        return not any(digit in value for digit in "123456789")
    if isinstance(value, str):
        return value.strip(BLANKS) in {"", "0"}
    return value is False or value == time()
