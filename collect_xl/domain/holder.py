"""The claim that keeps a person from being asked: chosen here alone, for planning and for the claim itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collect_xl.domain.identity import Pairs, Person, compare, person_of_claim
from collect_xl.domain.model import Claim, ClaimState

HOLDING: frozenset[ClaimState] = frozenset({"intent", "sent", "unknown"})
"""States in which a person may have been asked, so that others must not ask; the other states free the person."""

_WEIGHT: Mapping[ClaimState, int] = {"sent": 3, "unknown": 2, "intent": 1, "cancelled": 0, "refused": 0, "not_sent": 0}


@dataclass(frozen=True, slots=True)
class Holder:
    """The claim that keeps a person from being asked."""

    claim: Claim
    is_certain: bool
    """False where only a person can say whether it is the same person's."""


def surest_holder(person: Person, claims: Iterable[Claim], pairs: Pairs) -> Holder | None:
    """Return the claim that holds a person: of the same person before one that may be, sent ones first.

    So people hear of the request where two journals that were merged hold one person.

    Args:
        person: a row's.
        claims: those that hold a key of this person; among equals the first counts.
        pairs: which IDs and addresses Collect showed together.
    """
    holders = [_holder(person, claim, pairs) for claim in claims]
    return max((each for each in holders if each), key=_sureness, default=None)


def _holder(person: Person, claim: Claim, pairs: Pairs) -> Holder | None:
    own = person_of_claim(claim)
    # What the row says now is what was sent then: no doubt, though the address be another contact's, too.
    is_unchanged = own.id == person.id and set(own.mails) == set(person.mails)
    likeness = "same" if is_unchanged else compare(person, own, pairs)
    return None if likeness == "different" else Holder(claim, likeness == "same")


def _sureness(holder: Holder) -> tuple[bool, int]:
    return holder.is_certain, _WEIGHT[holder.claim.state]
