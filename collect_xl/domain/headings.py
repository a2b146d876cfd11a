"""Facts about columns and options: their keys, the headers people give them, and the words we write back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from collect_xl.domain.named_results import named_result_of, title_of_named
from collect_xl.domain.skip_words import SKIP_ALIASES, is_about_permission, is_about_skipping

CONTACTS_SHEET = "Contacts"
OPTIONS_SHEET = "Options"

CONTACTS_SHEETS = (CONTACTS_SHEET, "Kontakte", "Contactos", "Contatti")
OPTIONS_SHEETS = (OPTIONS_SHEET, "Optionen", "Opciones", "Opzioni")
"""Names that the two sheets have unless the user says otherwise, the first one found counts."""

SUMMARY_SHEETS = ("Summary", "Résumé", "Übersicht", "Resumen")
TEMPLATE_SHEETS = ("Start here", "Commencer ici", "Hier beginnen", "Empezar aquí", *SUMMARY_SHEETS)
"""Sheets of our template that never hold contacts: what is there is an example, and must not be asked."""

OPTION_HEADINGS = ("Option", "Options", "Setting", "Paramètre", "Réglage", "Einstellung", "Opción", "Ajuste", "Opzione")
VALUE_HEADINGS = ("Value", "Values", "Valeur", "Wert", "Valor", "Valore")
"""The line above the options has one of each, and is no option."""

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
    """Further headers that mean it, in English, French, German, Spanish and Italian; compared by ``fold``."""


# No bare "Contact" or "Documents": columns with these names hold a person's name and what has come in already.
CONTACT_FIELDS = (
    Field(
        "contactId",
        "Contact ID",
        (
            "contact identifier",
            *("id contact", "identifiant contact", "identifiant du contact"),
            *("kontakt id", "kontaktnummer"),
            *("id contacto", "id de contacto", "id del contacto", "identificador de contacto"),
            *("id contatto", "id del contatto", "identificativo contatto", "codice contatto"),
        ),
    ),
    Field(
        "email",
        "Email",
        (
            *("mail", "email address", "mail address", "contact email"),
            *("courriel", "mél", "adresse e-mail", "adresse mail", "adresse courriel", "adresse électronique"),
            *("e-mail-adresse", "mailadresse"),
            *("correo", "correo electrónico", "dirección de correo", "dirección de correo electrónico"),
            *("posta elettronica", "indirizzo mail", "indirizzo e-mail", "indirizzo di posta elettronica"),
            *("email 1", "email 1 value", "email address 1", "primary email", "email 1 address"),  # Google, Outlook
        ),
    ),
    Field(
        "firstName",
        "First name",
        (
            *("first names", "given name", "given names", "forename"),
            *("prénom", "prénoms", "vorname", "vornamen", "nombre", "nome", "nome di battesimo"),
        ),
    ),
    Field(
        "lastName",
        "Last name",
        (
            *("last names", "surname", "family name"),
            *("nom", "nom de famille"),
            *("nachname", "familienname"),
            *("apellido", "apellidos"),
            *("cognome", "cognomi"),
        ),
    ),
    Field(
        "company",
        "Company",
        (
            *("company name", "organisation", "organization"),
            *("société", "entreprise", "nom de la société", "raison sociale"),
            *("firma", "firmenname", "unternehmen"),
            *("empresa", "nombre de la empresa", "razón social", "organización"),
            *("azienda", "nome azienda", "ditta", "impresa", "ragione sociale", "organizzazione"),
            *("organization 1 name", "organization name"),  # Google
        ),
    ),
    Field(
        "tags",
        "Tags",
        (
            "tag",
            "étiquettes",
            "étiquette",
            "schlagwörter",
            "schlagworte",
            "etiquetas",
            "etiqueta",
            "etichette",
            "etichetta",
        ),
    ),
)

OPTION_FIELDS = (
    Field(
        "campaignId",
        "Campaign ID",
        (
            *("campaign", "campaign name"),
            *("campagne", "id campagne", "identifiant campagne", "nom de la campagne"),
            *("kampagne", "kampagnen-id", "kampagnenname"),
            *("campaña", "id campaña", "id de campaña", "nombre de la campaña"),
            *("campagna", "id campagna", "nome campagna", "nome della campagna"),
        ),
    ),
    Field("round", "Round", ("vague", "tour", "runde", "ronda", "turno", "giro")),
    Field(
        "items",
        "Items",
        (
            "item",
            "item ids",
            "éléments",
            "élément",
            "documents demandés",
            "elemente",
            "element",
            "elementos",
            "elemento",
            "elementi",
            "documenti richiesti",
        ),
    ),
    Field(
        "samples",
        "Samples",
        ("sample", "exemples", "exemple", "muster", "beispiele", "ejemplos", "ejemplo", "esempi", "esempio"),
    ),
    Field(
        "dueDate",
        "Due date",
        (
            *("due", "due on", "deadline"),
            *("échéance", "date d'échéance", "date limite"),
            *("fällig am", "fällig", "fälligkeit", "fälligkeitsdatum", "frist"),
            *("fecha límite", "fecha de vencimiento", "vencimiento"),
            *("scadenza", "data di scadenza", "data scadenza", "termine"),
        ),
    ),
    Field(
        "assignedTo",
        "Assigned to",
        (
            *("assignee", "assign to"),
            *("assigné à", "attribué à", "affecté à"),
            *("zugewiesen an", "zugeteilt an"),
            *("asignado a", "asignar a"),
            *("assegnato a", "assegna a"),
        ),
    ),
    Field(
        "sendMessage",
        "Send message",
        (
            "send messages",
            "envoyer le message",
            "envoyer un message",
            "nachricht senden",
            "enviar mensaje",
            "invia messaggio",
        ),
    ),
    Field(
        "sendCompletionMessage",
        "Send completion message",
        ("envoyer le message de fin", "abschlussnachricht senden", "enviar mensaje de finalización"),
    ),
    Field(
        "sendRejectionMessage",
        "Send rejection message",
        ("envoyer le message de refus", "ablehnungsnachricht senden", "enviar mensaje de rechazo"),
    ),
    Field(
        "sendReopenMessage",
        "Send reopen message",
        ("envoyer le message de réouverture", "wiedereröffnungsnachricht senden", "enviar mensaje de reapertura"),
    ),
)

DATE_ORDER = Field(
    "dateOrder",
    "Date order",
    (
        *("date format", "order of dates"),
        *("ordre de la date", "ordre des dates", "format de date", "format des dates"),
        *("datumsreihenfolge", "datumsformat"),
        *("orden de la fecha", "orden de fechas", "formato de fecha"),
        *("ordine della data", "formato data"),
    ),
)
"""How ``03/04/2026`` is meant; an option of the sheet alone, never sent."""

ITEMS_IN_SHEET = Field(
    "itemsInSheet",
    "Items in the sheet",
    (
        *("items in sheet", "show items"),
        *("éléments dans la feuille", "elemente im blatt", "elementos en la hoja", "elementi nel foglio"),
    ),
)
"""Whether each refresh asks which items came in; an option of the sheet alone, never sent."""

SHEET_OPTIONS = (DATE_ORDER, ITEMS_IN_SHEET)

SKIP = Field("skip", "Skip", SKIP_ALIASES)
"""A column that holds rows out, whatever else they say. A sheet may have several: ``skip``, then ``skip:D``."""

RESULT_FIELDS = (
    Field("result.status", "Collect status", ()),
    Field("result.error", "Collect message", ("collect error",)),  # what older sheets call it
    Field("result.portalUrl", "Collect portal URL", ()),
    Field("result.requestId", "Collect request ID", ()),
    Field("result.dueDate", "Collect due date", ()),  # the last three are filled only where the sheet has them
    Field("result.sentOn", "Collect sent on", ()),
    Field("result.checkedOn", "Collect checked on", ()),
)

DETAIL_FIELDS = (
    Field("result.contactId", "Collect contact ID", ()),
    Field("result.contactEmail", "Collect contact email", ()),
    Field("result.firstName", "Collect first name", ()),
    Field("result.lastName", "Collect last name", ()),
    Field("result.company", "Collect company", ()),
    Field("result.tags", "Collect tags", ()),
    Field("result.privacy", "Collect privacy", ()),
    Field("result.created", "Collect created on", ()),
)
"""Further results, filled only where the sheet has them; the template has none of them."""

DATE_RESULTS = ("result.dueDate", "result.sentOn", "result.checkedOn", "result.created")  # real dates in the sheet

ITEM_FIELDS = (
    Field("result.progress", "Collect progress", ()),
    Field("result.missing", "Collect missing", ()),
)
"""What came in of a request's items; added by a refresh that was asked for items."""

RESULT_COLUMNS = RESULT_FIELDS[:4]
"""The columns that are added when missing, in this order."""

RESULT_WIDTHS = {  # in characters: what a reader sees without widening the column
    "result.status": 16.0,
    "result.error": 60.0,
    "result.portalUrl": 19.0,  # a link needs no more: who follows it does not read it
    "result.requestId": 23.0,
    "result.dueDate": 18.0,
    "result.sentOn": 18.0,
    "result.checkedOn": 18.0,
    "result.contactId": 23.0,
    "result.contactEmail": 30.0,
    "result.firstName": 18.0,
    "result.lastName": 18.0,
    "result.company": 24.0,
    "result.tags": 24.0,
    "result.privacy": 14.0,
    "result.created": 22.0,
    "result.progress": 16.0,
    "result.missing": 60.0,
}

FIELDS = (*CONTACT_FIELDS, SKIP, *OPTION_FIELDS, *RESULT_FIELDS, *DETAIL_FIELDS, *ITEM_FIELDS)

OwnWord = Literal["invalid", "duplicate", "refused", "unknown", "skipped", "cancelled"]
OWN_WORDS: tuple[OwnWord, ...] = ("invalid", "duplicate", "refused", "unknown", "skipped", "cancelled")
"""Status words of ours; any other word in the status column is Collect's own."""


# What people add to a header in brackets: that a column must be filled, or how to write a date.
_REMARK = re.compile(
    r"\((?:required|mandatory|optional|obligatoire|facultatif|pflichtfeld|obligatorio|opcional|[dmyjta./ -]{6,10})\)",
    re.IGNORECASE,
)


def fold(header: str) -> str:
    """Return only the letters and digits of a header, without case and accents, so that spellings of one word meet.

    ``E-mail:``, ``Email *``, ``e_mail`` and ``Email (required)`` are all ``email``.
    """
    plain = unicodedata.normalize("NFKD", _REMARK.sub("", header).casefold())
    return "".join(filter(str.isalnum, plain))


def _index(fields: tuple[Field, ...]) -> dict[str, str]:
    return {fold(name): each.key for each in fields for name in (each.key, each.title, *each.aliases)}


EMAIL = "email"
_MAIL_WORDS = ("email", "courriel", "correo", "mailadress", "postaelettronica")
_SHORTEST_SLIP, _LONGEST_SLIP = 4, 40
"""Characters of a header that may be a slip; shorter ones resemble too much, longer ones are sentences."""
_LIKENESS = 0.84
_NO_SLIPS = frozenset({"contact", "contacts", "contatto", "contacto", "kontakt", "holder"})
"""Words that resemble a header of ours, and mean something else."""

_COLUMNS = _index(FIELDS)
_OPTIONS = _index((*OPTION_FIELDS, *SHEET_OPTIONS))
_OPTION_HEADINGS = frozenset(map(fold, OPTION_HEADINGS))
_VALUE_HEADINGS = frozenset(map(fold, VALUE_HEADINGS))
_TITLES = {each.key: each.title for each in (*FIELDS, *SHEET_OPTIONS)}
_CUSTOM_HEADER = re.compile(
    r"\s*(?:custom|custom\s+field|personnalisé|champ\s+personnalisé|benutzerdefiniert|personalizado|campo\s+personalizado)"
    r"\s*[:\uff1a]\s*(\S.*?)[\s*]*",  # \uff1a: the wide colon of East Asian keyboards
    re.IGNORECASE | re.DOTALL,
)


def field_of(header: str) -> str | None:
    """Return the key of the field that a column header means, or None."""
    custom = _CUSTOM_HEADER.fullmatch(unicodedata.normalize("NFC", header))
    if custom:
        return CUSTOM + " ".join(custom[1].split())
    result = named_result_of(header)
    if result:
        return result
    name = fold(header)
    return _COLUMNS.get(name) or (SKIP.key if is_about_skipping(name) else None)


def similar_field(header: str, present: Collection[str]) -> str | None:
    """Return the key of a field that a header may mean by a slip or in more words, or None.

    Args:
        header: one that means nothing as it is.
        present: the fields that the list has already, which it hardly means again.
    """
    name = fold(header)
    if not _SHORTEST_SLIP <= len(name) <= _LONGEST_SLIP or name in _NO_SLIPS or "@" in header:
        return None
    if is_about_permission(name):  # nearly Skip by its letters, and its opposite by its sense
        return None
    if EMAIL not in present and any(word in name for word in _MAIL_WORDS):
        return EMAIL
    # Two letters that changed places make a word less alike than another word may be.
    similar = [own for own in _COLUMNS if own[0] == name[0] and sorted(own) == sorted(name)]
    similar = similar or get_close_matches(name, _COLUMNS, n=1, cutoff=_LIKENESS)
    key = _COLUMNS[similar[0]] if similar else None
    return None if key in present else key


def option_of(name: str) -> str | None:
    """Return the key of the option that a name on the options sheet means, or None."""
    return _OPTIONS.get(fold(name))


def is_option_heading(name: str, value: str) -> bool:
    """Return whether a line of the options sheet is its header: ``Option`` beside ``Value``."""
    return fold(name) in _OPTION_HEADINGS and fold(value) in _VALUE_HEADINGS


def is_result(field: str) -> bool:
    """Return whether a field is a column of results."""
    return field.startswith("result.")


def is_skip(field: str) -> bool:
    """Return whether a field is a column that holds rows out."""
    return field.partition(":")[0] == SKIP.key


def title_of(key: str) -> str:
    """Return what a field is called in messages: ``Email``, ``Custom: loan_ref``."""
    if key.startswith(CUSTOM):
        return f"Custom: {key.removeprefix(CUSTOM)}"
    named = title_of_named(key)
    if named:
        return named
    return SKIP.title if is_skip(key) else _TITLES[key]
