"""A snapshot of what the journal knows of a campaign's people, made for asking about many rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from collect_xl.domain.holder import HOLDING, Holder, surest_holder
from collect_xl.domain.identity import (
    Likeness,
    Pairs,
    Person,
    campaign_key,
    compare,
    is_trial_round,
    keys_to_look_up,
    mail_key,
    person_of,
    person_of_claim,
)
from collect_xl.domain.items import KeptItems
from collect_xl.domain.model import Account, Claim, Rejected, Row
from collect_xl.domain.ports import Journal, Meaning

Place = tuple[str, str, str]
"""Campaign, round (compared form), key."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known, by place and by request."""

    held: Mapping[Place, Claim] = field(default_factory=dict)
    freed: Mapping[Place, Claim] = field(default_factory=dict)
    """The latest claim of a person that no claim holds any more: refused, not sent, cancelled."""
    bound: Mapping[str, Claim] = field(default_factory=dict)
    """Request id -> the claim that it belongs to."""
    aliases: Pairs = field(default_factory=dict)
    lost: Mapping[tuple[str, str], Claim] = field(default_factory=dict)
    """Campaign and key of each person a request from here may have reached, in any round: its answer was lost."""
    also_held: Mapping[Place, tuple[Claim, ...]] = field(default_factory=dict)
    """Further claims at a place: an address that two contacts share."""
    meanings: Sequence[Meaning] = ()
    """Which campaigns the names in the sheet meant when people were asked."""
    workbook: str = ""
    """The workbook that is planned."""
    details: Mapping[int, str] | None = None
    """Claim -> what Collect said about its contact, as JSON; None where the sheet has no columns for it."""
    items: Mapping[str, KeptItems] | None = None
    """Request ID -> its items as of the last look; None where the sheet has no columns for them."""
    item_fields: tuple[str, ...] = ()
    """The result fields about items that the sheet has or is to get."""

    def keys(self, person: Person) -> Collection[str]:
        """Return the keys by which a person's claim is found."""
        if not self.aliases:
            return person.keys
        return keys_to_look_up(person, self.aliases)

    def has_contact(self, email: str) -> bool:
        """Return whether Collect has named a contact for an address."""
        if not self.aliases:  # nearly always: the keys of 100,000 addresses need not be made
            return False
        return mail_key(email) in self.aliases

    def compare(self, one: Person, other: Person) -> Likeness:
        """Return whether two are one person, by all that was learned."""
        return compare(one, other, self.aliases)

    def is_anothers(self, claim: Claim, person: Person) -> bool:
        """Return whether a claim is certainly another person's."""
        return self.compare(person, person_of_claim(claim)) == "different"

    def shows_anothers(self, row: Row) -> bool:
        """Return whether a row shows a request that is certainly another person's."""
        claim = bound_claim(row, self)
        return claim is not None and self.is_anothers(claim, person_of(row.contact))

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
        """Return the latest claim of a person that nothing holds in this scope."""
        if not self.freed:
            return None
        places = [(campaign, round_, key) for key in self.keys(person)]
        freed = [self.freed[place] for place in places if place in self.freed]
        own = [claim for claim in freed if not self.is_anothers(claim, person)]
        return max(own, key=_number, default=None)

    def began(self, campaign: str, round_: str) -> datetime | None:
        """Return when the first run of a round began that holds people in it; None where no one is held."""
        claims = [claim for place, claim in self.held.items() if place[:2] == (campaign, round_)]
        return min(map(_began, claims), default=None)

    def other_meanings(self, name: str, campaign: str) -> frozenset[str]:
        """Return the other campaigns that a name meant when people were asked."""
        return frozenset(each.campaign for each in self.meanings if each.name == name and each.campaign != campaign)

    def meant_since(self, name: str, campaign: str) -> datetime | None:
        """Return when this workbook's first run began that asked people in a campaign by a name; None for never."""
        here = (name, campaign, self.workbook)
        since = [each.since for each in self.meanings if (each.name, each.campaign, each.workbook) == here]
        if not since:
            return None
        return min([*since, *map(_began, self.claims_of_workbook({campaign}))])

    def claims_of_workbook(self, campaigns: Collection[str]) -> list[Claim]:
        """Return the claims of this workbook's people in some campaigns."""
        if not campaigns:
            return []
        claims = self.held.values()
        return [each for each in claims if each.scope.campaign in campaigns and each.workbook == self.workbook]

    def claims_by_key(self, besides: Collection[tuple[str, str]]) -> dict[str, list[Claim]]:
        """Return the claims that hold people, by key.

        Args:
            besides: campaign and round of the claims that are not wanted.
        """
        claims: dict[str, list[Claim]] = {}
        for (campaign, round_, key), claim in self.held.items():
            if (campaign, round_) not in besides:
                others = self.also_held.get((campaign, round_, key), ())
                claims.setdefault(key, []).extend((claim, *others))
        return claims


def _number(claim: Claim) -> int:
    return claim.id


def _began(claim: Claim) -> datetime:
    """Return when the run of a claim began, whose plan knew nothing of what came later."""
    return min(claim.claimed_at, claim.run_started or claim.claimed_at)


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class InSheet:
    """What a sheet shows that decides what is read of the journal."""

    names: tuple[str, ...] = ()
    """What it calls its campaigns; other campaigns that were called so are read, too."""
    workbook: str = ""
    has_details: bool = False
    """Whether it has columns for what Collect says about contacts."""
    item_fields: tuple[str, ...] = ()
    """The result fields about items that it has or is to get."""


NO_SHEET = InSheet()


def load(
    journal: Journal,
    account: Account,
    campaigns: Iterable[str],
    request_ids: Iterable[str],
    sheet: InSheet = NO_SHEET,
) -> Known:
    """Read what the journal knows of some campaigns and of the request ids that are in the sheet.

    Args:
        journal: the durable memory.
        account: whose campaigns they are.
        campaigns: their IDs.
        request_ids: those that rows show.
        sheet: what the sheet shows.
    """
    team = (account.origin, account.team.id)
    meanings = journal.meanings(*team, {campaign_key(name) for name in sheet.names})
    campaigns = {*campaigns, *(each.campaign for each in meanings)}
    places = _Places()
    loaded: dict[int, Claim] = {}
    for campaign in sorted(campaigns):
        for claim in sorted(journal.claims(*team, campaign), key=_number):
            loaded[claim.id] = claim
            if is_trial_round(claim.scope.round):  # a test to a member of the team asked no client
                continue
            places.add(claim)
    lost = {(place[0], place[2]): claim for place, claim in places.held.items() if claim.state == "unknown"}
    return Known(
        held=places.held,
        freed=places.freed,
        bound=journal.requests(account.origin, set(request_ids), loaded),
        aliases=journal.aliases(*team),
        lost=lost,
        also_held=places.also_held,
        meanings=meanings,
        workbook=sheet.workbook,
        details=journal.details(*team) if sheet.has_details else None,
        items=journal.items(*team) if sheet.item_fields else None,
        item_fields=sheet.item_fields,
    )


@dataclass(frozen=True, slots=True)
class _Places:
    """Claims by the places of their people, as in ``Known``."""

    held: dict[Place, Claim] = field(default_factory=dict)
    also_held: dict[Place, tuple[Claim, ...]] = field(default_factory=dict)
    freed: dict[Place, Claim] = field(default_factory=dict)

    def add(self, claim: Claim) -> None:
        """Add a claim; they come in their order, so that of freed ones at a place the latest stays."""
        is_held = claim.state in HOLDING
        for key in claim.keys:
            place = (claim.scope.campaign, claim.scope.round, key)
            if not is_held:
                self.freed[place] = claim
            elif place in self.held:
                self.also_held[place] = (*self.also_held.get(place, ()), claim)
            else:
                self.held[place] = claim


def bound_claim(row: Row | Rejected, known: Known) -> Claim | None:
    """Return the claim of the request ID that a row shows."""
    return known.bound.get(row.seen.get("result.requestId", "").strip())
