"""The people that a plan asks again: in a new round, or in another campaign behind the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from collect_xl.domain.identity import campaign_key, person_of, round_key
from collect_xl.domain.model import Campaign, Claim, Row
from collect_xl.planning.history import Known

if TYPE_CHECKING:
    from collect_xl.planning.plan import Batch

    _NamedRows = Mapping[tuple[str, str], Sequence[tuple[Batch, Row]]]
    """Campaign, and what its rows call it -> these rows, each with its call."""

Scope = tuple[str, str]
"""Campaign and round (compared form)."""


@dataclass(frozen=True, slots=True)
class EarlierRound:
    """A round of the same campaign in which some of these people were asked already."""

    round: str
    """As it was written."""
    last: datetime
    people: int


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
    named_rows = _rows_by_name(batches)
    claims = _claims_by_row(named_rows, by_key, known) if by_key else {}
    campaign_of_id = {each.id: each for each in campaigns}
    return AskedAgain(
        {row: frozenset(claim.id for claim in found) for row, found in claims.items()},
        tuple(_new_rounds(batches, claims, known)),
        tuple(_new_campaigns(named_rows, claims, known, campaign_of_id)),
    )


def name_of_campaign(row: Row, campaign: str) -> str:
    """Return what a row calls its campaign, in compared form; empty where it gives the ID, which never changes."""
    written = (row.options.campaign or "").strip()
    return "" if written == campaign else campaign_key(written)


def _rows_by_name(batches: Iterable[Batch]) -> _NamedRows:
    rows: dict[tuple[str, str], list[tuple[Batch, Row]]] = {}
    for batch in batches:
        for row in batch.rows:
            name = name_of_campaign(row, batch.campaign.id)
            rows.setdefault((batch.campaign.id, name), []).append((batch, row))
    return rows


def _claims_by_row(
    named_rows: _NamedRows, by_key: Mapping[str, Sequence[Claim]], known: Known
) -> dict[int, list[Claim]]:
    """Return the claims of each row's person in other rounds, and in other campaigns of the same name."""
    claims: dict[int, list[Claim]] = {}
    for (campaign, name), rows in named_rows.items():
        campaigns = {campaign, *known.other_meanings(name, campaign)}
        for batch, row in rows:
            own_scope = (campaign, round_key(batch.round))
            found = [
                claim
                for claim in _claims_of_person(row, by_key, known)
                if claim.scope.campaign in campaigns and (claim.scope.campaign, claim.scope.round) != own_scope
            ]
            if found:
                claims[row.number] = found
    return claims


def _claims_of_person(row: Row, by_key: Mapping[str, Sequence[Claim]], known: Known) -> Iterator[Claim]:
    """Yield each claim that may be of a row's person, once."""
    person = person_of(row.contact)
    claims = {claim.id: claim for key in known.keys(person) for claim in by_key.get(key, ())}
    for claim in claims.values():
        if not known.is_anothers(claim, person):
            yield claim


def _new_rounds(batches: Iterable[Batch], claims: Mapping[int, Sequence[Claim]], known: Known) -> Iterator[NewRound]:
    """Yield the rounds that ask people again.

    Once a round has begun, the people its approval saw are no news; those who were asked elsewhere since are.
    """
    groups: dict[Scope, list[Batch]] = {}
    for batch in batches:
        groups.setdefault((batch.campaign.id, round_key(batch.round)), []).append(batch)
    for (campaign, round_), of_scope in groups.items():
        asked = [claim for claim in _claims_of_batches(of_scope, claims) if claim.scope.campaign == campaign]
        # Nearly always there are none: when the round began is looked for only where it matters.
        if not asked:
            continue
        began = known.began(campaign, round_)
        news = [claim for claim in asked if _is_since(claim, began)]
        earlier = [EarlierRound(each.place, each.last, each.people) for each in _by_place(news, _round_of)]
        if earlier:
            yield NewRound(of_scope[0].campaign, of_scope[0].round, tuple(earlier))


def _new_campaigns(
    named_rows: _NamedRows,
    claims: Mapping[int, Sequence[Claim]],
    known: Known,
    campaign_of_id: Mapping[str, Campaign],
) -> Iterator[NewCampaign]:
    """Yield the campaigns that are behind a name which meant another one before.

    What this workbook has once begun in a campaign needs no second word; people asked elsewhere since do.
    """
    for (campaign, name), rows in named_rows.items():
        others = known.other_meanings(name, campaign)
        if not others:
            continue
        began = known.meant_since(name, campaign)
        asked = [claim for _, row in rows for claim in claims.get(row.number, ())]
        asked += known.claims_of_workbook(others)
        news = [claim for claim in asked if claim.scope.campaign in others and _is_since(claim, began)]
        earlier: list[EarlierCampaign] = []
        for each in _by_place(news, _campaign_of):
            before = campaign_of_id.get(each.place, Campaign(each.place, each.place, ""))
            earlier.append(EarlierCampaign(before, each.last, each.people))
        if earlier:
            batch, row = rows[0]
            yield NewCampaign(batch.campaign, (row.options.campaign or "").strip(), tuple(earlier))


@dataclass(frozen=True, slots=True)
class _Asked:
    """How many people were asked in a round or campaign, and when last."""

    place: str
    last: datetime
    people: int


def _by_place(claims: Iterable[Claim], place_of: Callable[[Claim], str]) -> list[_Asked]:
    """Return where people were asked, the place of the latest request first; each claim counts once."""
    places: dict[str, dict[int, Claim]] = {}
    for claim in claims:
        places.setdefault(place_of(claim), {})[claim.id] = claim
    asked = []
    for place, of_place in places.items():
        last = max(claim.claimed_at for claim in of_place.values())
        asked.append(_Asked(place, last, len(of_place)))
    return sorted(asked, key=lambda each: each.last, reverse=True)


def _round_of(claim: Claim) -> str:
    return claim.scope.round


def _campaign_of(claim: Claim) -> str:
    return claim.scope.campaign


def _claims_of_batches(batches: Iterable[Batch], claims: Mapping[int, Sequence[Claim]]) -> Iterator[Claim]:
    for batch in batches:
        for row in batch.rows:
            yield from claims.get(row.number, ())


def _is_since(claim: Claim, began: datetime | None) -> bool:
    return began is None or claim.claimed_at > began
