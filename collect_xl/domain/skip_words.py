"""The headers of columns that say who must not be asked, and what such a column says of a row."""

from __future__ import annotations

from dataclasses import dataclass

_ENGLISH = (
    "skip this, skip row, skipped, exclude, excluded, ignore, leave out, hold, on hold, blocked, suppressed, dnc, "
    "do not contact, don't contact, no contact, do not email, do not mail, do not send, do not ask, do not write, "
    "do not disturb, no email, no emails, no mail, no mails, unsubscribe, unsubscribed, unsub, opt out, opted out"
)
_FRENCH = (
    "ignorer, sauter, passer, exclure, exclu, exclue, exclus, refus de contact, ne pas solliciter, ne pas contacter, "
    "ne plus contacter, ne pas envoyer, ne pas écrire, ne pas relancer, ne pas demander, pas de contact, "
    "désabonné, désabonnée, désabonnement, désinscrit, désinscrite, désinscription, bloqué"
)
_GERMAN = (
    "überspringen, ueberspringen, auslassen, ausschließen, ausgeschlossen, ignorieren, gesperrt, kontaktsperre, "
    "nicht kontaktieren, nicht anschreiben, nicht senden, nicht fragen, nicht anfragen, nicht mailen, kein kontakt, "
    "keine e-mail, keine e-mails, keine mails, keine nachrichten, abgemeldet, abmeldung, abbestellt, ausgetragen, "
    "widersprochen, widerspruch, werbesperre"
)
_SPANISH = (
    "omitir, saltar, excluir, excluido, excluida, ignorar, bloqueado, bloqueada, no molestar, no contactar, no enviar, "
    "no escribir, no solicitar, no pedir, no mandar, sin contacto, baja, de baja, dado de baja, dada de baja, "
    "fecha de baja, desuscrito, desuscrita"
)
_ITALIAN = (
    "salta, saltare, escludi, escluso, ignora, non contattare, non inviare, non scrivere, non disturbare, "
    "disiscritto, disiscritta, disiscrizione"
)

SKIP_ALIASES = tuple(f"{_ENGLISH}, {_FRENCH}, {_GERMAN}, {_SPANISH}, {_ITALIAN}".split(", "))
"""Headers that mean it as a whole."""

_PARTS = (
    *("donotcontact", "dontcontact", "nevercontact", "donotemail", "donotmail", "donotsend", "donotask"),
    *("unsubscri", "optout", "optedout", "nepascontact", "nepluscontact", "nepassollicit", "desabonn", "desinscri"),
    *("nichtkontakt", "nichtmehrkontakt", "nichtanschreib", "abgemeldet", "abbestellt", "kontaktsperr"),
    *("nocontactar", "nocontacte", "dadodebaja", "dadadebaja", "dardebaja", "desuscri", "noncontatt", "disiscri"),
)
"""What means it in whatever header it is found, folded: *Unsubscribed on*, *Email opt-out (HubSpot)*."""

_PLACES = ("link", "url")
"""How headers end that say where people may unsubscribe, and not that they did."""

_STANDING = frozenset(
    {
        *("subscribed", "subscriber", "active", "inactive", "bounced", "deceased", "left", "former"),
        *("abonne", "inscrit", "actif", "inactif", "parti", "decede"),
        *("abonniert", "angemeldet", "aktiv", "inaktiv", "ausgetreten", "verstorben", "ehemalig"),
        *("suscrito", "inscrito", "activo", "inactivo", "fallecido"),
        *("iscritto", "attivo", "inattivo", "deceduto"),
    }
)
"""Headers, folded, that mean it as a whole: they may say that someone must not be asked, or something else."""

_PERMISSIONS = (
    *("optin", "optedin", "consent", "oktocontact", "maycontact", "cancontact", "contactallowed", "allowedtocontact"),
    *("oktoemail", "mayemail", "canemail", "contactpermission", "permissiontocontact", "contactautoris"),
    *("einwillig", "darfkontakt", "kontakterlaubt", "kontakterlaubnis", "contactopermit", "consens"),
)
"""What means it in whatever header it is found, folded: *Marketing consent*, *OK to contact?*."""


@dataclass(frozen=True, slots=True)
class SkipMark:
    """What holds a row out."""

    header: str
    """Of its column, as the user wrote it."""
    found: str
    """What its cell holds, for the message."""
    is_clear: bool
    """Whether it can be read; an error, or a formula that was never computed, holds out as well."""


def is_about_skipping(folded: str) -> bool:
    """Return whether a folded header says in other words who must not be asked."""
    return not folded.endswith(_PLACES) and any(part in folded for part in _PARTS)


def is_about_permission(folded: str) -> bool:
    """Return whether a folded header may say who should be asked and who not, in words whose no means no."""
    return folded in _STANDING or any(part in folded for part in _PERMISSIONS)
