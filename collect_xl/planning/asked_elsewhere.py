"""Who was asked already by somebody else: in Collect itself, or from a computer that this journal does not know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collect_xl.domain.identity import id_key, mail_key
from collect_xl.domain.model import Account, Campaign, Listing, RemoteRequest
from collect_xl.domain.ports import Collect, Journal
from collect_xl.domain.rows import Choices
from collect_xl.errors import CollectUnavailable

__all__ = ["Asked", "Elsewhere", "ask_elsewhere", "keeping", "keeps"]

Asked = Mapping[tuple[str, str], RemoteRequest]
"""Campaign and key of a person -> the request that keeps her from being asked again."""

CANCELLED = frozenset({"cancelled", "canceled"})
DONE = frozenset({"completed", "archived"})

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What Collect's own lists tell."""

    asked: Asked
    words: tuple[str, ...]
    """What is not well."""


def ask_elsewhere(
    account: Account, campaigns: Iterable[Campaign], ports: tuple[Collect, Journal], choices: Choices, now: datetime
) -> Elsewhere:
    """Read the list of each campaign once, and learn from it which ids and addresses are one person's.

    Raises:
        CollectUnavailable: a list could not be read to its end, and it was not said to send all the same.
    """
    collect, journal = ports
    asked: dict[tuple[str, str], RemoteRequest] = {}
    words: list[str] = []
    for campaign in campaigns:
        listing = collect.listing(campaign.id)
        if not listing.complete:
            words.append(_unclear(campaign, "could not be read to its end", choices))
        elif any(_is_nobodys(each) for each in listing.requests):
            words.append(_unclear(campaign, "has requests that name nobody", choices))
        pairs = [(each.contact_id, each.email) for each in listing.requests if each.contact_id and each.email]
        journal.learn(account.origin, account.team.id, pairs)
        # Read after the listing: what another run made meanwhile is bound by now.
        bound = journal.requests(account.origin, [each.id for each in listing.requests])
        found = keeping(listing, bound, now - timedelta(days=choices.recent))
        asked |= {(campaign.id, key): request for key, request in found.items()}
    return Elsewhere(asked, tuple(words))


def keeping(listing: Listing, bound: Collection[str], since: datetime) -> dict[str, RemoteRequest]:
    """Return for each key of a person the newest request that keeps her from being asked again.

    Args:
        listing: every request of a campaign.
        bound: ids of the requests that this journal made.
        since: a request that is done counts only from here on; one whose time is not told counts always.
    """
    counting = [each for each in listing.requests if each.id not in bound and keeps(each, since)]
    found: dict[str, RemoteRequest] = {}
    for request in sorted(counting, key=_made):
        if request.contact_id:
            found[id_key(request.contact_id)] = request
        if request.email:
            found[mail_key(request.email)] = request
    return found


def keeps(request: RemoteRequest, since: datetime) -> bool:
    """Tell whether a request keeps its contact from being asked again: it is open, or was made since then."""
    status = request.status.casefold()
    return status not in CANCELLED and (status not in DONE or _made(request) >= since)


def _is_nobodys(request: RemoteRequest) -> bool:
    """Tell whether a request keeps somebody from being asked without naming her, so that she could be anybody."""
    return not request.contact_id and not request.email and request.status.casefold() not in CANCELLED


def _unclear(campaign: Campaign, what: str, choices: Choices) -> str:
    told = f"Collect's list of the requests of {campaign.name or campaign.id} {what}"
    if not choices.even_if_asked:
        message = f"{told}, so that nobody knows whom others have asked. Nothing was sent."
        raise CollectUnavailable(message, tip="Run again later, or send with --even-if-asked.")
    return f"{told}: whom others have asked is not known."


def _made(request: RemoteRequest) -> datetime:
    return request.created or _LATEST
