"""Who a person is: the keys that a contact is known by, whether two are one person, and how rounds are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from collect_xl.domain.model import CellValue, Claim, Contact, RemoteRequest

Pairs = Mapping[str, frozenset[str]]
"""Key of a contact ID -> keys of the addresses that Collect showed for it, and the other way round."""

NO_PAIRS: Pairs = {}

Likeness = Literal["same", "different", "ask"]
"""Whether two are one person; ``ask``: only a person can say, so that the row is held back."""


def id_key(contact_id: str) -> str:
    """Return the key of a contact id; ids are case-sensitive (``collect_api.md`` section 4)."""
    return f"id:{contact_id.strip()}"


def keys_of_pair(contact_id: str, email: str) -> tuple[str, ...]:
    """Return the keys of an ID and of an address, where there are any, the ID's first."""
    keys = []
    if contact_id:
        keys.append(id_key(contact_id))
    if email:
        keys.append(mail_key(email))
    return tuple(keys)


def mail_key(email: str) -> str:
    """Return the key of an address: its domain as A-label (UTS 46), the rest in NFC and lower case.

    ``casefold`` would make one person of ``strasse`` and ``straße``, who are two (IDNA 2008).
    """
    text = email.strip()
    if text.isascii():
        return f"mail:{text.lower().rstrip('.')}"
    local, at, domain = unicodedata.normalize("NFC", text).rpartition("@")
    return f"mail:{_lower(local)}{at}{_a_label(domain)}"


def contact_ids_of(keys: Iterable[str]) -> list[str]:
    """Return the contact IDs among a person's keys."""
    return _without_kind("id:", keys)


def addresses_of(keys: Iterable[str]) -> list[str]:
    """Return the addresses among a person's keys."""
    return _without_kind("mail:", keys)


def _without_kind(kind: str, keys: Iterable[str]) -> list[str]:
    return [key.removeprefix(kind) for key in keys if key.startswith(kind)]


def casefolded_mail_key(email: str) -> str:
    """Return the key that version 0.1 gave an address: trimmed, NFC, casefolded."""
    return f"mail:{unicodedata.normalize('NFC', email.strip()).casefold()}"


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", text.lower())  # lower() may leave a letter with its dot apart


@lru_cache(maxsize=1024)
def _a_label(domain: str) -> str:
    """Return a domain as name servers know it; one that is no valid name as it is, in lower case."""
    import idna  # noqa: PLC0415  # its tables take time to load, and nearly all domains are ASCII

    try:
        return idna.encode(domain.rstrip("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return _lower(domain.rstrip("."))


def keys_of(contact: Contact) -> tuple[str, ...]:
    """Return every key that is in a row of a contact, id first."""
    return keys_of_pair(contact.id, contact.email)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a row, a claim or a request of Collect knows them."""

    id: str = ""
    """Key of the contact ID that the row gives, or that Collect gives a request; empty where there is none."""
    mails: Collection[str] = ()
    """Keys of the addresses that are there, nearly always one at most."""
    learned: frozenset[str] = frozenset()
    """Keys of IDs that Collect named for what was sent to this person."""
    casefolded: frozenset[str] = frozenset()
    """Of a row: its address as version 0.1 would have kept it, where that differs; of a claim of version 0.1: all its
    addresses."""

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that are there; as a tuple, since 100,000 sets fill 50 MB."""
        own = (self.id, *self.mails) if self.id else tuple(self.mails)
        return (*own, *self.learned) if self.learned else own


def person_of(contact: Contact) -> Person:
    """Return the person of a row."""
    if not contact.email:
        return Person(id_key(contact.id))
    contact_id = id_key(contact.id) if contact.id else ""
    mails = (mail_key(contact.email),)
    if contact.email.isascii():
        return Person(contact_id, mails)
    old = frozenset({casefolded_mail_key(contact.email)})
    return Person(contact_id, mails, casefolded=old.difference(mails))


def person_of_keys(keys: Iterable[str], casefolded: Iterable[str] = ()) -> Person:
    """Return the person of a row by the keys that are in it."""
    ids, mails = _split(keys)
    return Person(min(ids, default=""), mails, casefolded=frozenset(casefolded))


def person_of_claim(claim: Claim) -> Person:
    """Return the person that a claim holds: what stood in its row, and what Collect's answers added."""
    # Also the addresses that its request showed: the person who has one of them may have been asked.
    ids, mails = _split(claim.keys)
    own_ids, _ = _split(claim.own)
    if not claim.own and not mails:
        own_ids = ids
    # Otherwise it is not known of an old claim whether the ID stood in the row: then it is no certain one.
    old = mails if claim.casefolded else frozenset()
    return Person(min(own_ids, default=""), mails, ids - own_ids, old)


def _split(keys: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys of contact IDs, and those of addresses."""
    all_keys = frozenset(keys)
    ids = frozenset(key for key in all_keys if key.startswith("id:"))
    return ids, all_keys - ids


def person_of_request(request: RemoteRequest) -> Person:
    """Return the person of a request, as Collect names them."""
    mails = frozenset({mail_key(request.email)}) if request.email else frozenset()
    return Person(id_key(request.contact_id) if request.contact_id else "", mails)


def compare(one: Person, other: Person, pairs: Pairs = NO_PAIRS) -> Likeness:
    """Return whether two are one person: the only place that decides it.

    A contact ID is stronger than an address: two different IDs are two people, even with one address (an accountant's).

    Args:
        one: a row, a claim or a request.
        other: another one.
        pairs: which IDs and addresses Collect showed together.
    """
    if one.id and other.id:
        is_same = one.id == other.id or one.id in other.learned or other.id in one.learned
        return "same" if is_same else "different"
    if one.id:
        return _compare_id_with_address(one, other, pairs)
    if other.id:
        return _compare_id_with_address(other, one, pairs)
    return _compare_addresses(one, other, pairs)


def _compare_id_with_address(known: Person, by_address: Person, pairs: Pairs) -> Likeness:
    """Compare a person whose contact ID is certain with one who has only an address."""
    if known.id in by_address.learned:
        return "same"
    mails_of_id = pairs.get(known.id, frozenset()).union(known.mails)
    ids_of_address = _ids(by_address, pairs)
    if mails_of_id.isdisjoint(by_address.mails):
        return "ask" if _are_alike_casefolded(known, by_address) else "different"
    # The address is another contact's, too: which of the two was meant, only a person can say.
    return "same" if ids_of_address <= {known.id} | known.learned else "ask"


def _compare_addresses(one: Person, other: Person, pairs: Pairs) -> Likeness:
    """Compare two people known only by addresses: other addresses are one person's only through one shared ID."""
    ids, other_ids = _ids(one, pairs), _ids(other, pairs)
    if not set(one.mails).isdisjoint(other.mails):
        was_sent = bool(one.learned or other.learned)  # the answer has said whose the address is
        return "same" if was_sent or len(ids | other_ids) <= 1 else "ask"
    if ids.isdisjoint(other_ids):
        return "ask" if _are_alike_casefolded(one, other) else "different"
    return "same" if ids == other_ids and len(ids) == 1 else "ask"


def _ids(person: Person, pairs: Pairs) -> frozenset[str]:
    """Return the contact IDs that are known of a person's addresses; never walked on to an ID's other addresses."""
    return person.learned.union(*(pairs.get(mail, frozenset()) for mail in person.mails))


def _are_alike_casefolded(one: Person, other: Person) -> bool:
    """Return whether a claim of version 0.1 may be this person's: its key was the same for ``ß`` and ``ss``."""
    return not one.casefolded.isdisjoint(other.casefolded)


def keys_to_look_up(person: Person, pairs: Pairs) -> frozenset[str]:
    """Return every key by which a claim of this person is held, and found again.

    From an ID to its addresses; from an address to its IDs, and to their addresses. Whatever is found so is compared.
    """
    ids = frozenset({person.id}) if person.id else _ids(person, pairs)
    return ids.union(person.keys, *(pairs.get(each, frozenset()) for each in ids))


def addresses_by_id(
    requests: Iterable[RemoteRequest], echoed: Iterable[tuple[str, str]] = ()
) -> dict[str, dict[str, str]]:
    """Return the addresses that come with each contact ID in one reply or list, as they are written, by their keys.

    Args:
        requests: of the reply or list.
        echoed: pairs of contact ID and address that came beside them.
    """
    addresses: dict[str, dict[str, str]] = {}
    pairs = [(each.contact_id, each.email) for each in requests]
    for contact_id, email in (*pairs, *echoed):
        if contact_id and email:
            addresses.setdefault(contact_id, {}).setdefault(mail_key(email), email)
    return addresses


def consistent_pairs(requests: Iterable[RemoteRequest], echoed: Iterable[tuple[str, str]] = ()) -> set[tuple[str, str]]:
    """Return the pairs of contact ID and address in one reply or list that may be learned.

    An ID that comes with two addresses says nothing: it may be a placeholder (every contact ``undefined``), and
    learned for good it would make one person of all.

    Args:
        requests: of the reply or list.
        echoed: pairs that came beside them.
    """
    consistent = set()
    for contact_id, of_id in addresses_by_id(requests, echoed).items():
        if len(of_id) == 1:
            consistent.add((contact_id, next(iter(of_id.values()))))
    return consistent


def new_pairs(requests: Iterable[RemoteRequest], known: Pairs) -> list[tuple[str, str]]:
    """Return the pairs of a list that may be learned and are not known yet, in order."""
    pairs = sorted(consistent_pairs(requests))
    return [(contact, email) for contact, email in pairs if mail_key(email) not in known.get(id_key(contact), ())]


@lru_cache(maxsize=256)  # a sheet has many rows and few rounds
def round_key(text: str) -> str:
    """Return a round as it is compared: trimmed, NFC, blanks collapsed, casefolded; blank is a round of its own."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def campaign_key(text: str) -> str:
    """Return the name of a campaign as it is compared; at least as wide as the search for the campaign."""
    return round_key(text)


def round_words(text: str) -> str:
    """Return a round as a sentence calls it."""
    return f'round "{text}"' if text else "the round without a name"


_TRIAL = "test-to:"


def trial_round(run: str) -> str:
    """Return a round that a run has for itself, so that a test keeps no one from being asked."""
    return f"{_TRIAL}{run}"


def is_trial_round(round_: str) -> bool:
    """Return whether a round, in any form, was made for a test."""
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
