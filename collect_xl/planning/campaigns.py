"""Which campaign an ID or a name means, and whether it takes requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collect_xl.domain.model import Account, Campaign
from collect_xl.errors import CampaignError


def resolve_campaign(text: str, campaigns: Sequence[Campaign]) -> Campaign:
    """Return the campaign that an id or a name means, if it takes requests.

    Raises:
        CampaignError: none or two fit, or it is closed or archived.
    """
    found = find_campaign(text, campaigns)
    if refusal := closed_error(found):
        raise refusal
    return found


def find_campaign(text: str, campaigns: Sequence[Campaign]) -> Campaign:
    """Return the campaign that an id or a name means, open or not.

    Raises:
        CampaignError: none or two fit.
    """
    wanted = text.strip()
    found = _called(wanted, campaigns)
    if len(found) > 1:
        ids = ", ".join(each.id for each in found)
        raise CampaignError(f'Two campaigns are called "{wanted}": {ids}.', tip="Write the campaign's id instead.")
    if not found:
        raise CampaignError(
            f'No campaign with the id or name "{wanted}" is visible to this key.',
            tip="Check the option Campaign ID. A private campaign must be shared with the owner of the key.",
        )
    return found[0]


def _called(wanted: str, campaigns: Sequence[Campaign]) -> Sequence[Campaign]:
    """Return the campaigns that have this ID, else those that have this name."""
    by_id = [each for each in campaigns if each.id == wanted]
    by_name = [each for each in campaigns if each.name.strip().casefold() == wanted.casefold()]
    found = by_id or by_name
    # The heir of an archived one has its name.
    living = [each for each in found if each.status != "archived"]
    return living or found


def campaign_id(text: str, campaigns: Sequence[Campaign]) -> str | None:
    """Return the id of a campaign, or None; the plan says who is wrong."""
    try:
        return find_campaign(text, campaigns).id
    except CampaignError:
        return None


def campaign_ids(texts: Iterable[str], campaigns: Sequence[Campaign]) -> frozenset[str]:
    """Return the ids of the campaigns that some texts mean; what means none is left out."""
    found = [campaign_id(text, campaigns) for text in dict.fromkeys(texts)]
    return frozenset(each for each in found if each)


def is_open(text: str, campaigns: Sequence[Campaign]) -> bool:
    """Return whether a campaign may take requests, as far as is known."""
    try:
        resolve_campaign(text, campaigns)
    except CampaignError:
        return False
    return True


def closed_error(campaign: Campaign) -> CampaignError | None:
    """Return why a campaign takes no requests, if so; what was sent before it was closed is still looked after."""
    if campaign.status not in {"closed", "archived"}:
        return None
    return CampaignError(
        f'The campaign "{campaign.name}" is {campaign.status}: it takes no new requests.',
        tip="Open it again in Collect, or choose another campaign.",
    )


class CampaignFinder:
    """Finds the campaign of a cell's text; each text is looked up once."""

    def __init__(self, account: Account | None) -> None:
        self._account = account
        self._found: dict[str, Campaign | CampaignError] = {}

    def find(self, written: str) -> Campaign | CampaignError:
        """Return the campaign that a cell means, or why none does."""
        text = written.strip()
        if text not in self._found:
            self._found[text] = self._look_up(text)
        return self._found[text]

    def _look_up(self, text: str) -> Campaign | CampaignError:
        if self._account is None:
            return Campaign(text, text, "")
        try:
            return find_campaign(text, self._account.campaigns)
        except CampaignError as error:
            return error
