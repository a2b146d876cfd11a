"""Facts about columns and options: their keys, the headers people give them, and the words we write back."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "CONTACTS_SHEET",
    "CONTACT_FIELDS",
    "CUSTOM",
    "FIELDS",
    "OPTIONS_SHEET",
    "OPTION_FIELDS",
    "OWN_WORDS",
    "RESULT_COLUMNS",
    "RESULT_FIELDS",
    "Field",
    "OwnWord",
    "field_of",
    "fold",
    "option_of",
    "title_of",
]

CONTACTS_SHEET = "Contacts"
OPTIONS_SHEET = "Options"

CUSTOM = "custom:"
"""A header ``Custom: VARIABLE`` has the field key ``custom:VARIABLE``; the variable keeps its letters' case."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column or option that we know."""

    key: str
    """The API's own spelling where the API has one."""
    title: str
    """What we call it in messages and in the template."""
    aliases: tuple[str, ...]
    """Further headers that mean it; compared by ``fold``, so case, blanks, ``-``, ``_`` and accents do not matter."""


CONTACT_FIELDS = (
    Field("contactId", "Contact ID", ("contact", "id contact", "collect contact id", "kontakt id", "id contacto")),
    Field("email", "Email", ("e-mail", "mail", "email address", "e-mail address", "courriel", "adresse e-mail")),
    Field("firstName", "First name", ("given name", "forename", "prénom", "vorname", "nombre")),
    Field("lastName", "Last name", ("surname", "family name", "nom", "nachname", "apellido", "apellidos")),
    Field("company", "Company", ("company name", "organisation", "organization", "société", "firma", "empresa")),
    Field("tags", "Tags", ("tag", "étiquettes", "schlagwörter", "etiquetas")),
)

OPTION_FIELDS = (
    Field("campaignId", "Campaign ID", ("campaign", "campaign name", "campagne", "kampagne", "campaña")),
    Field("round", "Round", ("tour", "runde", "ronda")),
    Field("items", "Items", ("item", "item ids", "documents", "éléments", "elemente", "elementos")),
    Field("samples", "Samples", ("sample", "exemples", "muster", "ejemplos")),
    Field("dueDate", "Due date", ("due", "deadline", "échéance", "fällig am", "fecha límite")),
    Field("assignedTo", "Assigned to", ("assignee", "assign to", "assigné à", "zugewiesen an", "asignado a")),
    Field("sendMessage", "Send message", ("send messages", "envoyer le message", "nachricht senden", "enviar mensaje")),
    Field("sendCompletionMessage", "Send completion message", ()),
    Field("sendRejectionMessage", "Send rejection message", ()),
    Field("sendReopenMessage", "Send reopen message", ()),
)

DATE_ORDER = Field("dateOrder", "Date order", ("date format",))
"""How ``03/04/2026`` is meant; an option of the sheet alone, never sent."""

RESULT_FIELDS = (
    Field("result.status", "Collect status", ()),
    Field("result.requestId", "Collect request ID", ()),
    Field("result.portalUrl", "Collect portal URL", ()),
    Field("result.error", "Collect error", ()),
    Field("result.dueDate", "Collect due date", ()),  # the last three are filled only where the sheet has them
    Field("result.sentOn", "Collect sent on", ()),
    Field("result.checkedOn", "Collect checked on", ()),
)

RESULT_COLUMNS = RESULT_FIELDS[:4]
"""The columns that are added when missing, in this order."""

FIELDS = CONTACT_FIELDS + OPTION_FIELDS + RESULT_FIELDS

OwnWord = Literal["invalid", "duplicate", "refused", "unknown", "skipped", "cancelled"]
OWN_WORDS: tuple[OwnWord, ...] = ("invalid", "duplicate", "refused", "unknown", "skipped", "cancelled")
"""Status words of ours; any other word in the status column is Collect's own."""


def fold(header: str) -> str:
    """Return a header without case, blanks, ``-``, ``_`` and accents, so that spellings of one word meet."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    return re.sub(r"[\s\-_\u200b\ufeff]|[\u0300-\u036f]", "", plain)


def _index(fields: tuple[Field, ...]) -> dict[str, str]:
    return {fold(name): each.key for each in fields for name in (each.key, each.title, *each.aliases)}


_COLUMNS = _index(FIELDS)
_OPTIONS = _index((*OPTION_FIELDS, DATE_ORDER))
_TITLES = {each.key: each.title for each in (*FIELDS, DATE_ORDER)}
_CUSTOM_HEADER = re.compile(r"\s*custom(?:\s+field)?\s*:\s*(\S.*?)\s*", re.IGNORECASE)


def field_of(header: str) -> str | None:
    """Return the key of the field that a column header means, or None."""
    custom = _CUSTOM_HEADER.fullmatch(header)
    return CUSTOM + custom[1] if custom else _COLUMNS.get(fold(header))


def option_of(name: str) -> str | None:
    """Return the key of the option that a name on the options sheet means, or None."""
    return _OPTIONS.get(fold(name))


def title_of(key: str) -> str:
    """Return what a field is called in messages: ``Email``, ``Custom: loan_ref``."""
    return f"Custom: {key.removeprefix(CUSTOM)}" if key.startswith(CUSTOM) else _TITLES[key]
