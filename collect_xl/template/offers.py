"""What an account offers for the options: campaigns, members of the team, items, each as it must be written."""

from __future__ import annotations

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

NO_TEAM = "Collect does not tell this key who is in the team: nobody is offered for Assigned to."


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be chosen. Whatever is offered means one thing when it is read back: a name, else the ID."""

    campaigns: tuple[tuple[str, str], ...]
    """``(as it is written, id)``, by name."""
    assignees: tuple[str, ...]
    items: tuple[tuple[str, str], ...] = ()
    """``(as it is written, id)`` of the chosen campaign, in its own order."""
    campaign: str = ""
    """The chosen campaign's name; empty while none is chosen."""
    notes: tuple[str, ...] = ()


def gather(account: Account, chosen: str | None, collect: Collect) -> Offers:
    """Ask Collect what there is to choose from.

    Args:
        account: team and campaigns, just asked for.
        chosen: the campaign that the options sheet names, if any.
        collect: whom to ask for the members and the items.

    Raises:
        CollectUnavailable: Collect did not answer.
    """
    campaigns = [each for each in account.campaigns if each.status not in NOT_OFFERED]
    offered = sorted(((_campaign(each, account.campaigns), each.id) for each in campaigns), key=_by_name)
    assignees, notes = _assignees(collect)
    try:
        campaign = find_campaign(chosen, account.campaigns) if chosen else None
    except CampaignError as unfit:
        campaign, notes = None, (*notes, f"{unfit.message} Items are offered once the campaign is right.")
    items = _items(collect.items(campaign.id)) if campaign else ()
    return Offers(tuple(offered), assignees, items, campaign.name or campaign.id if campaign else "", notes)


def _by_name(offer: tuple[str, str]) -> str:
    return offer[0].casefold()


def _campaign(campaign: Campaign, all_of_them: Sequence[Campaign]) -> str:
    """Return a campaign's name where it leads back to this campaign, else its id."""
    try:
        name = Text().read(campaign.name)
        return name if name and find_campaign(name, all_of_them) == campaign else campaign.id
    except (ValidationError, CampaignError):
        return campaign.id


def _assignees(collect: Collect) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        users = collect.users()
    except KeyRefused:  # not the key itself: it has just told the team
        return (), (NO_TEAM,)
    return tuple(sorted(map(_assignee, users), key=str.casefold)), ()


def _assignee(user: User) -> str:
    try:
        return user.email if user.email and Assignee().read(user.email) == user.email else user.id
    except ValidationError:
        return user.id


def _items(known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    names = [_compared(name) for name in known.values()]
    return tuple((_item(id_, name, names, known), id_) for id_, name in known.items())


def _item(id_: str, name: str, names: Sequence[str], known: Mapping[str, str]) -> str:
    """Return an item's name where it is one piece that leads back to this item, else its id."""
    try:
        alone = names.count(_compared(name)) == 1 and name not in known and Pieces().read(name) == (name,)
    except ValidationError:
        alone = False
    return name if alone else id_


def _compared(text: str) -> str:
    return " ".join(text.split()).casefold()  # as resolving compares
