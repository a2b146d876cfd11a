"""Things found by the people that they belong to."""

from __future__ import annotations

from collect_xl.domain.identity import NO_PAIRS, Person
from collect_xl.domain.people_index import PeopleIndex

ANN = Person("id:AnnsId", ("mail:ann@example.com",))
ANN_BY_ADDRESS = Person(mails=("mail:ann@example.com",))
HER_ACCOUNTANT = Person("id:Other", ("mail:ann@example.com",))


def index_of(*people: Person) -> PeopleIndex[int]:
    """Return the places of some people, found by the keys that are theirs."""
    index = PeopleIndex[int](NO_PAIRS)
    for place, person in enumerate(people):
        index.add(place, person, person.keys)
    return index


def test_what_shares_two_keys_is_found_once():
    """A person who is known by an ID and an address, and is looked for by both, is one find."""
    assert index_of(ANN).alike(ANN, ANN.keys) == [(0, "same")]


def test_a_key_in_common_makes_no_two_people_one():
    """Two contact IDs with one address are two people: neither is found as the other."""
    assert index_of(HER_ACCOUNTANT).alike(ANN, ANN.keys) == []


def test_those_by_the_first_key_come_first():
    """What a person's first key finds comes before what the second one finds, whichever was added first."""
    index = index_of(ANN_BY_ADDRESS, ANN)

    assert [place for place, _ in index.alike(ANN, ANN.keys)] == [1, 0]


def test_who_may_be_the_person_is_said_to_be_so():
    """An address that Collect has for two contacts belongs to either of them: only a person can say."""
    pairs = {"mail:ann@example.com": frozenset({"id:AnnsId", "id:Other"})}
    index = PeopleIndex[str](pairs)
    index.add("row 2", ANN_BY_ADDRESS, ANN_BY_ADDRESS.keys)

    assert index.alike(ANN, ANN.keys) == [("row 2", "ask")]
