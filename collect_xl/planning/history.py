"""A snapshot of what the journal knows of a campaign's people, made for asking about many rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from collect_xl.domain.holder import HOLDING, Holder, surest_holder
from collect_xl.domain.identity import (
    Likeness,
    Pairs,
    Person,
    compare,
    is_trial_round,
    keys_to_look_up,
    person_of_claim,
)
from collect_xl.domain.model import Account, Claim, EarlierRound, Rejected
from collect_xl.domain.ports import Journal

Place = tuple[str, str, str]
"""Campaign, round (compared form), key."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known, by place and by request."""

    held: Mapping[Place, Claim] = field(default_factory=dict)
    freed: Mapping[Place, Claim] = field(default_factory=dict)
    """The latest claim of a person whom no claim holds any more: refused, not sent, cancelled."""
    bound: Mapping[str, Claim] = field(default_factory=dict)
    """Request id -> the claim that it belongs to."""
    aliases: Pairs = field(default_factory=dict)
    lost: Mapping[tuple[str, str], Claim] = field(default_factory=dict)
    """Campaign and key of whom a request from here may have reached, whatever its round: its answer was lost."""
    also_held: Mapping[Place, tuple[Claim, ...]] = field(default_factory=dict)
    """Further claims at a place: an address that two contacts share."""

    def keys(self, person: Person) -> Collection[str]:
        """Return the keys by which a person's claim is found."""
        if not self.aliases:
            return person.keys
        return keys_to_look_up(person, self.aliases)

    def compare(self, one: Person, other: Person) -> Likeness:
        """Return whether two are one person, by all that was learned."""
        return compare(one, other, self.aliases)

    def is_anothers(self, claim: Claim, person: Person) -> bool:
        """Return whether a claim is certainly another person's."""
        return self.compare(person, person_of_claim(claim)) == "different"

    def holder(self, campaign: str, round_: str, person: Person) -> Holder | None:
        """Return the claim that holds a person in a scope; the surest one where there are several."""
        if not self.held:
            return None
        claims: dict[int, Claim] = {}
        for key in (*self.keys(person), *person.casefolded):
            place = (campaign, round_, key)
            if place in self.held:
                claims[self.held[place].id] = self.held[place]
            for claim in self.also_held.get(place, ()):
                claims[claim.id] = claim
        return surest_holder(person, claims.values(), self.aliases)

    def last(self, campaign: str, round_: str, person: Person) -> Claim | None:
        """Return the latest claim of a person whom nothing holds in this scope."""
        if not self.freed:
            return None
        latest: Claim | None = None
        for key in self.keys(person):
            claim = self.freed.get((campaign, round_, key))
            if claim is None or self.is_anothers(claim, person):
                continue
            if latest is None or claim.id > latest.id:
                latest = claim
        return latest

    def is_new_round(self, campaign: str, round_: str) -> bool:
        """Return whether no one is held in this round yet."""
        return not any(place[:2] == (campaign, round_) for place in self.held)

    def earlier_rounds(self, campaign: str, round_: str, keys: Iterable[str]) -> tuple[EarlierRound, ...]:
        """Return the other rounds of the campaign in which some of these people were asked, newest first."""
        wanted = set(keys)
        asked: dict[str, dict[int, Claim]] = {}
        for (of_campaign, of_round, key), claim in self.held.items():
            if of_campaign == campaign and of_round != round_ and key in wanted:
                asked.setdefault(of_round, {})[claim.id] = claim
        found = [
            EarlierRound(name, max(c.claimed_at for c in claims.values()), len(claims))
            for name, claims in asked.items()
        ]
        return tuple(sorted(found, key=lambda each: each.last, reverse=True))


NOTHING_KNOWN = Known()


def load(journal: Journal, account: Account, campaigns: Iterable[str], request_ids: Iterable[str]) -> Known:
    """Read what the journal knows of some campaigns and of the request ids that stand in the sheet."""
    held: dict[Place, Claim] = {}
    also_held: dict[Place, tuple[Claim, ...]] = {}
    freed: dict[Place, Claim] = {}
    for campaign in sorted(set(campaigns)):
        for claim in sorted(journal.claims(account.origin, account.team.id, campaign), key=lambda each: each.id):
            if is_trial_round(claim.scope.round):  # a test to a member of the team asked no client
                continue
            is_held = claim.state in HOLDING
            for key in claim.keys:
                place = (campaign, claim.scope.round, key)
                if not is_held:
                    freed[place] = claim
                elif place in held:
                    also_held[place] = (*also_held.get(place, ()), claim)
                else:
                    held[place] = claim
    bound = journal.requests(account.origin, set(request_ids))
    lost = {(place[0], place[2]): claim for place, claim in held.items() if claim.state == "unknown"}
    return Known(held, freed, bound, journal.aliases(account.origin, account.team.id), lost, also_held)


def bound_claim(row: Rejected, known: Known) -> Claim | None:
    """Return the claim of the request id that an invalid row shows."""
    return known.bound.get(row.seen.get("result.requestId", "").strip())
