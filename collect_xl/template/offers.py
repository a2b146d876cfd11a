"""What an account offers for the options: campaigns, members of the team, items, each as it must be written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marshmallow import ValidationError

from collect_xl.domain.model import Account, Campaign, User
from collect_xl.domain.ports import Collect
from collect_xl.errors import CampaignError, KeyRefused
from collect_xl.planning.campaigns import find_campaign
from collect_xl.validation.fields import Assignee, Pieces, Text

NOT_OFFERED = frozenset({"closed", "archived"})
"""They take no requests."""

Offer = tuple[str, str]
"""``(as it is written, id)``"""

NO_TEAM = "Collect does not show this key who is in the team: no one is offered for Assigned to."


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be chosen; each offer means one thing when it is read back."""

    campaigns: tuple[Offer, ...]
    """By name."""
    assignees: tuple[str, ...]
    items: tuple[Offer, ...] = ()
    """Of the chosen campaign, in its own order."""
    campaign: str = ""
    """The chosen campaign's name; empty while none is chosen."""
    notes: tuple[str, ...] = ()


def gather(account: Account, chosen: str, collect: Collect) -> Offers:
    """Ask Collect what there is to choose from.

    Args:
        account: team and campaigns, just asked for.
        chosen: the campaign that the options sheet names; empty where it names none.
        collect: who is asked for the members and the items.

    Raises:
        CollectUnavailable: Collect did not answer.
    """
    campaigns = _campaigns(account.campaigns)
    notes: list[str] = []
    try:
        assignees = _assignees(collect.users())
    except KeyRefused:
        # The key itself is fine, for Collect has just named the team: it is the list of members that is refused.
        assignees = ()
        notes.append(NO_TEAM)
    if not chosen:
        return Offers(campaigns, assignees, notes=tuple(notes))
    try:
        campaign = find_campaign(chosen, account.campaigns)
    except CampaignError as unfit:
        notes.append(f"{unfit.message} Items are offered once the campaign is right.")
        return Offers(campaigns, assignees, notes=tuple(notes))
    return Offers(
        campaigns,
        assignees,
        items=_items(collect.items(campaign.id)),
        campaign=campaign.called,
        notes=tuple(notes),
    )


def _campaigns(campaigns: Sequence[Campaign]) -> tuple[Offer, ...]:
    offers: list[Offer] = []
    for campaign in campaigns:
        if campaign.status in NOT_OFFERED:
            continue
        offers.append((_campaign(campaign, campaigns), campaign.id))
    return tuple(sorted(offers, key=lambda offer: offer[0].casefold()))


def _campaign(campaign: Campaign, campaigns: Sequence[Campaign]) -> str:
    """Return a campaign's name where it is unambiguous, else the ID."""
    try:
        name = Text().read(campaign.name)
        if name and find_campaign(name, campaigns) == campaign:
            return name
    except (ValidationError, CampaignError):
        pass
    return campaign.id


def _assignees(users: Sequence[User]) -> tuple[str, ...]:
    assignees = [_assignee(user) for user in users]
    return tuple(sorted(assignees, key=str.casefold))


def _assignee(user: User) -> str:
    """Return a member's address where a cell can hold it, else the ID."""
    try:
        if user.email and Assignee().read(user.email) == user.email:
            return user.email
    except ValidationError:
        pass
    return user.id


def _items(names: Mapping[str, str]) -> tuple[Offer, ...]:
    """Return an offer for each item; the names are given by ID."""
    counts = Counter(_compared(name) for name in names.values())
    offers: list[Offer] = []
    for item_id, name in names.items():
        # A name that two items share, or that is another item's ID, would ask for the wrong document.
        is_unique = counts[_compared(name)] == 1 and name not in names
        offer = name if is_unique and _is_one_piece(name) else item_id
        offers.append((offer, item_id))
    return tuple(offers)


def _is_one_piece(name: str) -> bool:
    """Return whether a cell with this name is read as one item."""
    try:
        return Pieces().read(name) == (name,)
    except ValidationError:
        return False


def _compared(text: str) -> str:
    """Return a name as ``planning.names`` compares it."""
    return " ".join(text.split()).casefold()
