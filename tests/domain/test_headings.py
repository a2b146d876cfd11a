"""What headers and option names people write, and which field each of them means."""

from __future__ import annotations

import unicodedata

import pytest

from collect_xl.domain.headings import (
    CONTACT_FIELDS,
    DATE_ORDER,
    FIELDS,
    OPTION_FIELDS,
    RESULT_COLUMNS,
    RESULT_FIELDS,
    field_of,
    fold,
    is_option_heading,
    option_of,
    similar_field,
    title_of,
)
from collect_xl.domain.skip_words import is_about_permission

SPOKEN = {  # one header a language and field: the words a user's own sheet has
    "contactId": ("Contact ID", "Identifiant du contact", "Kontakt-ID", "ID de contacto"),
    "email": ("E-mail", "Courriel", "E-Mail-Adresse", "Correo electrónico"),
    "firstName": ("First Name", "Prénom", "Vorname", "Nombre"),
    "lastName": ("Surname", "Nom", "Nachname", "Apellidos"),
    "company": ("Organisation", "Société", "Firma", "Empresa"),
    "tags": ("Tags", "Étiquettes", "Schlagwörter", "Etiquetas"),
    "campaignId": ("Campaign", "Campagne", "Kampagne", "Campaña"),
    "round": ("Round", "Vague", "Tour", "Runde", "Ronda"),
    "items": ("Items", "Éléments", "Elemente", "Elementos"),
    "samples": ("Samples", "Exemples", "Beispiele", "Ejemplos"),
    "dueDate": ("Deadline", "Date d\u2019échéance", "Fällig am", "Fecha límite"),
    "assignedTo": ("Assigned to", "Assigné à", "Zugewiesen an", "Asignado a"),
    "sendMessage": ("Send message?", "Envoyer le message", "Nachricht senden", "Enviar mensaje"),
    "sendCompletionMessage": ("sendCompletionMessage", "Abschlussnachricht senden"),
    "sendRejectionMessage": ("Send rejection message", "Enviar mensaje de rechazo"),
    "sendReopenMessage": ("send_reopen_message", "Envoyer le message de réouverture"),
}


@pytest.mark.parametrize(("key", "header"), [(key, header) for key, headers in SPOKEN.items() for header in headers])
def test_headers_of_four_languages(key: str, header: str) -> None:
    """A header in English, French, German or Spanish means its field, accents composed or not."""
    spellings = (header, header.upper(), unicodedata.normalize("NFD", header), header.replace(" ", "\n"))
    assert [key] * 4 == [field_of(each) for each in spellings]


@pytest.mark.parametrize(
    "header",
    [
        "e-mail",
        "E-MAIL:",
        "Email *",
        "* Email",
        "e_mail",
        " Email\u00a0",
        "E\u2011mail",
        "Email\n(required)",
        "e mail :",
    ],
)
def test_signs_around_a_header_do_not_matter(header: str) -> None:
    """Line breaks, colons, asterisks, odd blanks and hyphens and a remark in brackets change nothing."""
    assert field_of(header) == "email"


@pytest.mark.parametrize("header", ["Due date (dd/mm/yyyy)", "Due date (TT.MM.JJJJ)", "Due date (yyyy-mm-dd)"])
def test_a_date_pattern_behind_a_header_does_not_matter(header: str) -> None:
    """A header that tells how to write a date is still the due date."""
    assert field_of(header) == "dueDate"


@pytest.mark.parametrize(
    "header",
    ["", "@", "*", "Name", "Contact", "Documents", "Email 2", "Email (work)", "Phone", "Status", "Custom:", "ID"],
)
def test_headers_that_mean_nothing_to_us(header: str) -> None:
    """A header that is only near one of ours, or that people use for their own things, is no field."""
    assert field_of(header) is None


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Custom: loan_ref", "custom:loan_ref"),
        ("custom:Loan Ref", "custom:Loan Ref"),
        ("CUSTOM FIELD : x ", "custom:x"),
        ("Custom:\nloan\nref *", "custom:loan ref"),
        ("Champ personnalisé : réf", "custom:réf"),
        ("Benutzerdefiniert: Ort", "custom:Ort"),
        ("Campo personalizado: año", "custom:año"),
    ],
)
def test_custom_variables(header: str, key: str) -> None:
    """The variable of a custom column keeps its letters; blanks and an asterisk around it go."""
    assert field_of(header) == key
    assert title_of(key) == f"Custom: {key.removeprefix('custom:')}"


def _names_of_two(fields: tuple[object, ...]) -> dict[str, set[str]]:
    meanings: dict[str, set[str]] = {}
    for each in fields:
        for name in (each.key, each.title, *each.aliases):
            meanings.setdefault(fold(name), set()).add(each.key)
    return {name: keys for name, keys in meanings.items() if len(keys) > 1}


@pytest.mark.parametrize("fields", [FIELDS, (*OPTION_FIELDS, DATE_ORDER)], ids=["columns", "options"])
def test_no_word_means_two_fields(fields: tuple[object, ...]) -> None:
    """No header and no option name fits two fields, in any mixture of languages."""
    assert _names_of_two(fields) == {}


@pytest.mark.parametrize("each", FIELDS, ids=lambda each: each.key)
def test_every_field_is_found_by_key_title_and_alias(each: object) -> None:
    """Each field is known by the API's own name, our title and every alias, and has its title in messages."""
    assert {each.key} == {field_of(name) for name in (each.key, each.title, *each.aliases)}
    assert each.title == title_of(each.key)


@pytest.mark.parametrize("each", [*OPTION_FIELDS, DATE_ORDER], ids=lambda each: each.key)
def test_every_option_is_found(each: object) -> None:
    """Each option is known on the options sheet by key, title and alias; contact fields are no options."""
    assert {each.key} == {option_of(name) for name in (each.key, each.title, *each.aliases)}
    assert {None} == {option_of(field.title) for field in CONTACT_FIELDS}


def test_the_four_result_columns() -> None:
    """The columns that are added when missing are the four of the design, in its order."""
    titles = ["Collect status", "Collect message", "Collect portal URL", "Collect request ID"]
    assert titles == [each.title for each in RESULT_COLUMNS]
    assert RESULT_FIELDS[:4] == RESULT_COLUMNS


@pytest.mark.parametrize(
    "pair", [("Option", "Value"), ("OPTION:", "valeur"), ("Einstellung", "Wert"), ("Opción", "Valor")]
)
def test_the_line_above_the_options(pair: tuple[str, str]) -> None:
    """The header line of the options sheet is told in four languages."""
    assert is_option_heading(*pair)


@pytest.mark.parametrize("pair", [("Option", "x"), ("Round", "Value"), ("", "")])
def test_an_option_is_no_header_line(pair: tuple[str, str]) -> None:
    """A line counts as header only when both its words are header words."""
    assert not is_option_heading(*pair)


@pytest.mark.parametrize(
    "header",
    [
        *("Skip", "skip?", "Do not contact", "DO-NOT-CONTACT", "Don't contact", "Unsubscribed", "Unsubscribed on"),
        *("Opt-out", "Email Opt Out", "Opted out of email (all)", "Exclude", "Ne pas contacter", "Désinscrit(e)"),
        *("Date de désabonnement", "Nicht kontaktieren", "Bitte nicht mehr kontaktieren", "Abgemeldet am", "Gesperrt"),
        *("No contactar", "Dado de baja el", "Omitir", "Non contattare", "Überspringen", "Ueberspringen"),
    ],
)
def test_headers_that_say_whom_not_to_ask(header: str) -> None:
    """Skip, do not contact, unsubscribed and opt-out mean one field, alone or with more words, in five languages."""
    assert field_of(header) == "skip"


@pytest.mark.parametrize("header", ["Unsubscribe link", "Opt-out URL", "Contact", "Notes", "Subscribed", "Opt-in"])
def test_headers_that_hold_nobody_out(header: str) -> None:
    """Where people may unsubscribe, and whether they subscribed, holds no one out."""
    assert field_of(header) is None


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Subscribed",
            "Subscriber?",
            "Opt-in",
            "Email opt in",
            "OK to contact",
            "Marketing consent",
            "Active",
            "left",
        ),
        *(
            "Left",
            "Bounced",
            "Inaktiv",
            "Einwilligung vom",
            "Abonné",
            "Consentement",
            "Suscrito",
            "Consenso",
            "Verstorben",
        ),
    ],
)
def test_headers_that_may_hold_out(header: str) -> None:
    """A header whose no may mean that someone must not be asked holds out no one, and is not taken for Skip."""
    assert (is_about_permission(fold(header)), field_of(header), similar_field(header, {"email"})) == (True, None, None)


@pytest.mark.parametrize("header", ["Email", "Status", "Notes", "Skip", "Left of", "Activity", "Newsletter", "Action"])
def test_headers_that_say_nothing_of_holding_out(header: str) -> None:
    """Other headers are not suspected."""
    assert not is_about_permission(fold(header))


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("E-mail 1 - Value", "email"),
        ("Given Name", "firstName"),
        ("Family Name", "lastName"),
        ("Organization 1 - Name", "company"),
        ("Indirizzo e-mail", "email"),
        ("Posta elettronica", "email"),
        ("Nome", "firstName"),
        ("Cognome", "lastName"),
        ("Azienda", "company"),
        ("Ragione sociale", "company"),
        ("Scadenza", "dueDate"),
        ("Campagna", "campaignId"),
        ("Assegnato a", "assignedTo"),
    ],
)
def test_headers_of_google_and_in_italian(header: str, field: str) -> None:
    """An export of Google Contacts and an Italian list are understood."""
    assert field_of(header) == field


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Emial", "email"),
        ("E-mail client", "email"),
        ("Kunden-E-Mail", "email"),
        ("Frist name", "firstName"),
        ("Compagny", "company"),
        ("Vendor Name", None),
        ("Contact", None),
        ("Phone", None),
        ("Notes", None),
        ("Holder", None),
        ("ann@email.example", None),
        ("Please write your e-mail address into this column, thank you", None),
    ],
)
def test_headers_that_are_nearly_ours(header: str, field: str | None) -> None:
    """A slip, or more words around an address, is nearly a header of ours; other words and sentences are not."""
    assert similar_field(header, ()) == field


def test_a_field_that_is_there_is_not_suggested() -> None:
    """A second header that resembles one which the list has is another column."""
    assert similar_field("Email 2", {"email"}) is None
