"""Who a person is: the keys that a contact is known by, and the form in which rounds are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from collect_xl.domain.model import CellValue, Contact


def id_key(contact_id: str) -> str:
    """Return the key of a contact id; ids are case-sensitive (``collect_api.md`` section 4)."""
    return f"id:{contact_id.strip()}"


def mail_key(email: str) -> str:
    """Return the key of an address: trimmed, NFC, casefolded."""
    return f"mail:{unicodedata.normalize('NFC', email.strip()).casefold()}"


def keys_of(contact: Contact) -> tuple[str, ...]:
    """Return every key that is known of a contact, id first."""
    found = (id_key(contact.id) if contact.id else "", mail_key(contact.email) if contact.email else "")
    return tuple(key for key in found if key)


@lru_cache(maxsize=256)  # a sheet has many rows and few rounds
def round_key(text: str) -> str:
    """Return a round as it is compared: trimmed, NFC, blanks collapsed, casefolded; blank is a round of its own."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def round_words(text: str) -> str:
    """Return a round as a sentence calls it."""
    return f'round "{text}"' if text else "the round without a name"


_TRIAL = "test-to:"


def trial_round(run: str) -> str:
    """Return a round that a run has for itself, so that a test keeps nobody from being asked."""
    return f"{_TRIAL}{run}"


def is_trial_round(round_: str) -> bool:
    """Tell whether a round, in any form, was made for a test."""
    return round_.startswith(_TRIAL)


ANCHOR_FIELDS = ("contactId", "email", "campaignId", "round")
"""The cells that make a row who it is; other cells may be edited during a run without harm."""


def anchor(cells: Mapping[str, CellValue]) -> tuple[str, ...]:
    """Return what a row is found again by, as texts trimmed and casefolded, in the order of ``ANCHOR_FIELDS``."""
    return tuple([_folded(cells[field]) if field in cells else "" for field in ANCHOR_FIELDS])


def _folded(value: CellValue) -> str:
    text = value if isinstance(value, str) else str(value)
    folded = text.strip().casefold()
    return text if folded == text else folded  # the cell's own object: a copy for each of 100,000 rows adds up
