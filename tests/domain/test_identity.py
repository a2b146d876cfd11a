"""Who is the same person: the whole table of the law, canonical addresses, and learning that cannot poison."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest

from collect_xl.domain.identity import (
    Pairs,
    casefolded_mail_key,
    compare,
    consistent_pairs,
    keys_to_look_up,
    mail_key,
    person_of,
    person_of_claim,
    person_of_request,
    round_key,
)
from collect_xl.domain.model import Claim, Contact, RemoteRequest, Scope

A, B, X, Y = "mail:a@example.com", "mail:b@example.com", "id:X", "id:Y"
NO_ONE: Pairs = {}


def pairs(*known: tuple[str, str]) -> Pairs:
    """Return what was learned, in both directions."""
    others: dict[str, set[str]] = {}
    for contact, mail in known:
        others.setdefault(contact, set()).add(mail)
        others.setdefault(mail, set()).add(contact)
    return {key: frozenset(keys) for key, keys in others.items()}


def row(contact_id: str = "", email: str = ""):
    return person_of(Contact(id=contact_id, email=email))


def claim(own: tuple[str, ...], learned: tuple[str, ...] = (), *, casefolded: bool = False):
    at = datetime(2026, 11, 1, tzinfo=UTC)
    scope = Scope("https://api.example.test", "team-1", "campaign-1", "")
    keys = (*own, *learned)
    return person_of_claim(Claim(1, scope, keys, "sent", "run", 1, 2, "ann", at, own=own, casefolded=casefolded))


def request(contact_id: str = "", email: str = ""):
    return person_of_request(RemoteRequest("R1", contact_id=contact_id, email=email))


a, b = "a@example.com", "b@example.com"
TABLE = [
    pytest.param(row("X"), row("X"), NO_ONE, "same", id="one ID"),
    pytest.param(row("X", a), row("X", b), NO_ONE, "same", id="one ID, two addresses"),
    pytest.param(row("X"), row("x"), NO_ONE, "different", id="IDs know capitals"),
    pytest.param(row("X", a), row("Y", a), NO_ONE, "different", id="two typed IDs, one address"),
    pytest.param(row("X", a), row("Y"), pairs((Y, A)), "different", id="two typed IDs, an address learned"),
    pytest.param(row("X", a), claim((Y, A)), NO_ONE, "different", id="another ID was sent"),
    pytest.param(row("X", a), claim((A,), (Y,)), NO_ONE, "ask", id="an ID for a row sent by address"),
    pytest.param(row("X", a), row("", a), pairs((Y, A)), "ask", id="ID typed, another learned of the address"),
    pytest.param(row("X"), row("", a), pairs((X, A)), "same", id="pair learned"),
    pytest.param(row("X", a), row("", a), NO_ONE, "same", id="pair in the row"),
    pytest.param(row("X"), claim((A,), (X,)), NO_ONE, "same", id="the answer named the ID"),
    pytest.param(row("X"), row("", a), pairs((X, A), (Y, A)), "ask", id="the address is another's, too"),
    pytest.param(row("X"), claim((A,), (X,)), pairs((X, A), (Y, A)), "same", id="the answer said whose it is"),
    pytest.param(row("X"), row("", a), pairs((X, B)), "different", id="Collect knows other addresses"),
    pytest.param(row("X"), row("", a), NO_ONE, "different", id="no address known of the ID"),
    pytest.param(row("", a), row("", a), NO_ONE, "same", id="one address"),
    pytest.param(row("", a), request(email="A@Example.COM"), NO_ONE, "same", id="one address in capitals"),
    pytest.param(row("", a), row("", a), pairs((X, A), (Y, A)), "ask", id="two IDs have the address"),
    pytest.param(row("", a), row("", b), NO_ONE, "different", id="two addresses"),
    pytest.param(row("", a), row("", b), pairs((X, A), (X, B)), "same", id="one shared ID"),
    pytest.param(row("", a), row("", b), pairs((X, A), (Y, B)), "different", id="two IDs for two addresses"),
    pytest.param(row("", a), row("", b), pairs((X, A), (X, B), (Y, A)), "ask", id="one shared ID and one more"),
    pytest.param(row("X"), request("X", b), pairs((X, A)), "same", id="request with another address of the ID"),
    pytest.param(row("X", a), request("Y", a), NO_ONE, "different", id="request of another ID, one address"),
]


@pytest.mark.parametrize(("one", "other", "known", "likeness"), TABLE)
def test_every_line_of_the_table(one, other, known, likeness):
    """Two people are compared as the law says, in whichever order they are given."""
    assert (compare(one, other, known), compare(other, one, known)) == (likeness, likeness)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("u@münchen.de", "u@xn--mnchen-3ya.de", id="punycode"),
        pytest.param("u@MÜNCHEN.de", "u@münchen.de", id="capitals with dots"),
        pytest.param("u@straße.de", "u@xn--strae-oqa.de", id="ß is a letter of its own"),
        pytest.param("u@münchen。de", "u@münchen.de", id="another full stop"),
        pytest.param("u@münchen.de.", "u@münchen.de", id="full stop at the end"),
        pytest.param("u@acme.com.", "u@acme.com", id="full stop at the end, ASCII"),
        pytest.param("Zoë@acme.com", unicodedata.normalize("NFD", "zoë@acme.com"), id="local part NFC, lower case"),
        pytest.param("  Ann@ACME.com ", "ann@acme.com", id="blanks and capitals"),
        pytest.param(unicodedata.normalize("NFD", "u@münchen.de"), "u@münchen.de", id="domain decomposed"),
    ],
)
def test_spellings_of_one_address(one, other):
    """An address has one key in every spelling, whether it comes from a sheet or from a server."""
    assert mail_key(one) == mail_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("u@straße.de", "u@strasse.de", id="ß and ss in a domain"),
        pytest.param("straße@acme.com", "strasse@acme.com", id="ß and ss before the @"),
        pytest.param("ﬁx@acme.com", "fix@acme.com", id="ligature"),
        pytest.param("u@münchen.de", "u@munchen.de", id="with and without dots"),
    ],
)
def test_addresses_that_are_two(one, other):
    """What a domain registry and a mail server tell apart is told apart here."""
    assert mail_key(one) != mail_key(other)


def test_domain_that_is_no_name_has_a_key_all_the_same():
    """A domain that no name server can know is compared as it is, in lower case; nothing is raised."""
    assert mail_key("u@Ä_ö-.de") == mail_key("u@ä_ö-.DE")


def test_claim_of_version_one_asks_for_its_look_alike():
    """A claim whose key was casefolded may be either spelling's: then a person is asked, not sent, not skipped."""
    old = claim((casefolded_mail_key("u@straße.de"), mail_key("u@straße.de")), casefolded=True)
    dubious = claim((casefolded_mail_key("u@straße.de"),), casefolded=True)

    assert compare(row("", "u@straße.de"), old) == "same"
    assert compare(row("", "u@straße.de"), dubious) == "ask"
    assert compare(row("", "u@straße.de"), claim((mail_key("u@strasse.de"),))) == "different"


def learned(*requests: tuple[str, str], echoed: tuple[tuple[str, str], ...] = ()) -> set[tuple[str, str]]:
    made = [RemoteRequest(f"R{n}", contact_id=each[0], email=each[1]) for n, each in enumerate(requests)]
    return consistent_pairs(made, echoed)


def test_id_with_two_addresses_is_not_learned():
    """An ID that one reply shows with two addresses is a placeholder and teaches nothing; the others teach."""
    assert learned(("undefined", a), ("undefined", b), ("X", "c@example.com")) == {("X", "c@example.com")}
    assert learned(("X", a), echoed=(("X", b),)) == set()


def test_id_with_one_address_in_two_spellings_is_learned():
    """Two spellings of one address are no contradiction."""
    assert learned(("X", "u@münchen.de"), echoed=(("X", "u@xn--mnchen-3ya.de"),)) == {("X", "u@münchen.de")}


def test_address_with_two_ids_is_learned():
    """An address that two contacts share is learned for both; what is empty teaches nothing."""
    assert learned(("X", a), ("Y", a), ("", b), ("Z", "")) == {("X", a), ("Y", a)}


def test_shared_address_does_not_lead_to_another_id():
    """From an ID its addresses are looked up, never over a shared address another ID."""
    known = pairs((X, A), (Y, A), (Y, B))

    assert keys_to_look_up(row("X"), known) == {X, A}
    assert compare(row("X"), row("", b), known) == "different"


def test_address_leads_to_its_ids_and_their_addresses():
    """From an address its IDs are looked up, and their addresses: a claim may be held by any of them."""
    assert keys_to_look_up(row("", a), pairs((X, A), (X, B))) == {A, X, B}


def test_id_beside_an_address_is_certain_only_where_it_stood_in_the_row():
    """A claim that does not know which of its keys stood in the row takes its ID for learned."""
    old, typed = claim((), (X, A)), claim((X, A))

    assert (old.id, old.learned) == ("", {X})
    assert compare(row("Y", a), old) == "ask"
    assert (typed.id, compare(row("Y", a), typed)) == (X, "different")


@pytest.mark.parametrize(("one", "other"), [(" Spring  2", "spring 2"), ("É", "e\u0301"), ("STRASSE", "straße")])
def test_rounds_are_compared_folded(one, other):
    """Rounds are compared trimmed, NFC, with blanks collapsed, casefolded."""
    assert round_key(one) == round_key(other)
