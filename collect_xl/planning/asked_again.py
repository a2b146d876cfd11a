"""The people that a plan asks again: in a new round, or in another campaign behind the same name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from collect_xl.domain.identity import campaign_key, person_of, round_key
from collect_xl.domain.model import Campaign, Claim, EarlierRound, Row
from collect_xl.planning.history import Known

if TYPE_CHECKING:
    from collect_xl.planning.plan import Batch

Scope = tuple[str, str]
"""Campaign and round (compared form)."""


@dataclass(frozen=True, slots=True)
class NewRound:
    """A round that asks people again: it is new, or they were asked in another one since it began."""

    campaign: Campaign
    round: str
    earlier: tuple[EarlierRound, ...]


@dataclass(frozen=True, slots=True)
class EarlierCampaign:
    """A campaign that the same name meant before."""

    campaign: Campaign
    last: datetime
    people: int


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign that a name means now, while it meant another when these people, or this workbook's, were asked."""

    campaign: Campaign
    name: str
    """As it is written in the workbook."""
    earlier: tuple[EarlierCampaign, ...]


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """The people that a plan asks again."""

    claims: Mapping[int, frozenset[int]]
    """Row -> claims of its person in other rounds, and in other campaigns of the same name; no others are in it."""
    rounds: tuple[NewRound, ...] = ()
    campaigns: tuple[NewCampaign, ...] = ()


NO_ONE = AskedAgain({})


def asked_again(batches: Sequence[Batch], known: Known, campaigns: Iterable[Campaign]) -> AskedAgain:
    """Return the people that a plan asks again.

    Args:
        batches: of the plan.
        known: what the journal knows.
        campaigns: of the account, for the names of earlier ones.
    """
    if not known.held:
        return NO_ONE
    scopes = {(batch.campaign.id, round_key(batch.round)) for batch in batches}
    # In a plan of one scope its own claims are no news, and nearly always there are no others.
    by_key = known.claims_by_key(scopes if len(scopes) == 1 else ())
    claims = _claims_by_row(batches, by_key, known) if by_key else {}
    named = {each.id: each for each in campaigns}
    return AskedAgain(
        {row: frozenset(claim.id for claim in found) for row, found in claims.items()},
        tuple(_new_rounds(batches, claims, known)),
        tuple(_new_campaigns(batches, claims, known, named)),
    )


def name_of_campaign(row: Row, campaign: str) -> str:
    """Return what a row calls its campaign, in compared form; empty where it gives the ID, which never changes."""
    written = (row.options.campaign or "").strip()
    return "" if written == campaign else campaign_key(written)


def _claims_by_row(
    batches: Iterable[Batch], by_key: Mapping[str, Sequence[Claim]], known: Known
) -> dict[int, list[Claim]]:
    claims: dict[int, list[Claim]] = {}
    for batch in batches:
        for row in batch.rows:
            found = _claims_of(row, batch, by_key, known)
            if found:
                claims[row.number] = found
    return claims


def _claims_of(row: Row, batch: Batch, by_key: Mapping[str, Sequence[Claim]], known: Known) -> list[Claim]:
    """Return the claims of a row's person in other rounds, and in other campaigns of the same name."""
    person = person_of(row.contact)
    other_campaigns = known.other_meanings(name_of_campaign(row, batch.campaign.id), batch.campaign.id)
    scope = (batch.campaign.id, round_key(batch.round))
    found: dict[int, Claim] = {}
    for key in known.keys(person):
        for claim in by_key.get(key, ()):
            is_elsewhere = (claim.scope.campaign, claim.scope.round) != scope
            is_meant = claim.scope.campaign == batch.campaign.id or claim.scope.campaign in other_campaigns
            if is_elsewhere and is_meant and not known.is_anothers(claim, person):
                found[claim.id] = claim
    return list(found.values())


def _new_rounds(batches: Iterable[Batch], claims: Mapping[int, Sequence[Claim]], known: Known) -> Iterator[NewRound]:
    """Yield the rounds that ask people again.

    Once a round has begun, the people its approval saw are no news; those who were asked elsewhere since are.
    """
    groups: dict[Scope, list[Batch]] = {}
    for batch in batches:
        groups.setdefault((batch.campaign.id, round_key(batch.round)), []).append(batch)
    for (campaign, round_), of_scope in groups.items():
        began = known.began(campaign, round_)
        by_round: dict[str, dict[int, Claim]] = {}
        for claim in _claims_of_batches(of_scope, claims):
            if claim.scope.campaign == campaign and _is_since(claim, began):
                by_round.setdefault(claim.scope.round, {})[claim.id] = claim
        earlier = [EarlierRound(name, _last(found.values()), len(found)) for name, found in by_round.items()]
        if earlier:
            in_order = sorted(earlier, key=lambda each: each.last, reverse=True)
            yield NewRound(of_scope[0].campaign, of_scope[0].round, tuple(in_order))


def _new_campaigns(
    batches: Iterable[Batch], claims: Mapping[int, Sequence[Claim]], known: Known, named: Mapping[str, Campaign]
) -> Iterator[NewCampaign]:
    """Yield the campaigns that are behind a name which meant another one before.

    What this workbook has once begun in a campaign needs no second word; people asked elsewhere since do.
    """
    groups: dict[tuple[str, str], list[tuple[Batch, Row]]] = {}
    for batch in batches:
        for row in batch.rows:
            groups.setdefault((batch.campaign.id, name_of_campaign(row, batch.campaign.id)), []).append((batch, row))
    for (campaign, name), rows in groups.items():
        others = known.other_meanings(name, campaign)
        if not others:
            continue
        began = known.meant_since(name, campaign)
        found: dict[str, dict[int, Claim]] = {}
        asked = [claim for _, row in rows for claim in claims.get(row.number, ())]
        for claim in (*asked, *known.claims_of_workbook(others)):
            if claim.scope.campaign in others and _is_since(claim, began):
                found.setdefault(claim.scope.campaign, {})[claim.id] = claim
        earlier = [
            EarlierCampaign(named.get(each, Campaign(each, each, "")), _last(of_campaign.values()), len(of_campaign))
            for each, of_campaign in found.items()
        ]
        if earlier:
            batch, row = rows[0]
            in_order = sorted(earlier, key=lambda each: each.last, reverse=True)
            yield NewCampaign(batch.campaign, (row.options.campaign or "").strip(), tuple(in_order))


def _claims_of_batches(batches: Iterable[Batch], claims: Mapping[int, Sequence[Claim]]) -> Iterator[Claim]:
    for batch in batches:
        for row in batch.rows:
            yield from claims.get(row.number, ())


def _is_since(claim: Claim, began: datetime | None) -> bool:
    return began is None or claim.claimed_at > began


def _last(claims: Iterable[Claim]) -> datetime:
    return max(claim.claimed_at for claim in claims)
