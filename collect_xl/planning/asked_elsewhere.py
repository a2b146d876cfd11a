"""Who was asked already by somebody else: in Collect itself, or from a computer that this journal does not know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collect_xl.domain.identity import id_key, mail_key
from collect_xl.domain.model import Campaign, Listing, RemoteRequest
from collect_xl.domain.ports import Context
from collect_xl.domain.rows import Choices
from collect_xl.domain.statuses import CANCELLED
from collect_xl.errors import CollectUnavailable
from collect_xl.planning.eligibility import Elsewhere

DONE = frozenset({"completed", "archived"})

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AskedElsewhere:
    """What Collect's own lists say of requests that were not made from here."""

    requests: Elsewhere
    warnings: tuple[str, ...]
    """What is not well."""
    learned: bool
    """Whether the journal learned which contact IDs and addresses are one person's."""


def ask_elsewhere(
    context: Context, campaigns: Iterable[Campaign], choices: Choices, aliases: Mapping[str, frozenset[str]]
) -> AskedElsewhere:
    """Read the list of each campaign once, and learn from it which IDs and addresses are one person's.

    Args:
        context: the account, and where to ask and to keep what is learned.
        campaigns: those in which requests are planned.
        choices: what the user chose.
        aliases: what is known of IDs and addresses already.

    Raises:
        CollectUnavailable: a list could not be read to its end, and the user did not choose to send all the same.
    """
    account = context.account
    requests: dict[tuple[str, str], RemoteRequest] = {}
    warnings: list[str] = []
    learned = False
    for campaign in campaigns:
        listing = context.collect.listing(campaign.id)
        warnings.extend(_doubts(campaign, listing, choices))
        pairs = _new_pairs(listing, aliases)
        if pairs:
            context.journal.learn(account.origin, account.team.id, pairs)
            learned = True
        # Read after the list: what another run made meanwhile is bound by now.
        bound = context.journal.requests(account.origin, [each.id for each in listing.requests])
        since = context.now() - timedelta(days=choices.recent)
        for key, request in keeping(listing, bound, since).items():
            requests[campaign.id, key] = request
    return AskedElsewhere(requests, tuple(warnings), learned)


def _new_pairs(listing: Listing, aliases: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    """Return the pairs of contact ID and address that are not known yet."""
    pairs = {(each.contact_id, each.email) for each in listing.requests if each.contact_id and each.email}
    return [(id_, email) for id_, email in sorted(pairs) if mail_key(email) not in aliases.get(id_key(id_), ())]


def _doubts(campaign: Campaign, listing: Listing, choices: Choices) -> Iterator[str]:
    """Yield why a list does not say whom others have asked."""
    if not listing.complete:
        yield _unclear(campaign, "could not be read to its end", choices)
    elif any(_names_no_one(each) for each in listing.requests):
        yield _unclear(campaign, "has requests that name nobody", choices)


def keeping(listing: Listing, bound: Collection[str], since: datetime) -> dict[str, RemoteRequest]:
    """Return for each key of a person the newest request that keeps the person from being asked again.

    Args:
        listing: every request of a campaign.
        bound: ids of the requests that this journal made.
        since: a request that is done counts only from here on; one whose time is not told counts always.
    """
    counting = [each for each in listing.requests if each.id not in bound and keeps(each, since)]
    newest: dict[str, RemoteRequest] = {}
    for request in sorted(counting, key=_made):
        if request.contact_id:
            newest[id_key(request.contact_id)] = request
        if request.email:
            newest[mail_key(request.email)] = request
    return newest


def keeps(request: RemoteRequest, since: datetime) -> bool:
    """Return whether a request keeps its contact from being asked again: it is open, or was made since then."""
    status = request.status.casefold()
    if status in CANCELLED:
        return False
    return status not in DONE or _made(request) >= since


def _names_no_one(request: RemoteRequest) -> bool:
    """Return whether an open request names no contact, so that it could be anyone's."""
    return not request.contact_id and not request.email and request.status.casefold() not in CANCELLED


def _unclear(campaign: Campaign, what: str, choices: Choices) -> str:
    trouble = f"Collect's list of the requests of {campaign.name or campaign.id} {what}"
    if not choices.even_if_asked:
        message = f"{trouble}, so that nobody knows whom others have asked. Nothing was sent."
        raise CollectUnavailable(message, tip="Run again later, or send with --even-if-asked.")
    return f"{trouble}: whom others have asked is not known."


def _made(request: RemoteRequest) -> datetime:
    return request.created or _LATEST
