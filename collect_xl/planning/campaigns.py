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
    found = _sought(text, campaigns)
    if isinstance(found, CampaignError):
        raise found
    return found


def _sought(text: str, campaigns: Sequence[Campaign]) -> Campaign | CampaignError:
    """Return the campaign that an id or a name means, or why none does."""
    wanted = text.strip()
    found = _called(wanted, campaigns)
    if len(found) > 1:
        ids = ", ".join(each.id for each in found)
        return CampaignError(f'Two campaigns are called "{wanted}": {ids}.', tip="Write the campaign's id instead.")
    if not found:
        return CampaignError(
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


def campaign_ids(texts: Iterable[str], campaigns: Sequence[Campaign]) -> frozenset[str]:
    """Return the ids of the campaigns that some texts mean; what means none is left out."""
    found = [_sought(text, campaigns) for text in dict.fromkeys(texts)]
    return frozenset(each.id for each in found if isinstance(each, Campaign))


def is_open(text: str, campaigns: Sequence[Campaign]) -> bool:
    """Return whether a campaign may take requests, as far as is known."""
    found = _sought(text, campaigns)
    return isinstance(found, Campaign) and closed_error(found) is None


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
        return _sought(text, self._account.campaigns)
