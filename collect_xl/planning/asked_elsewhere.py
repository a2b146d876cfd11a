"""Who was asked already elsewhere: in Collect itself, or from a computer that this journal does not know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from collect_xl.domain.due_dates import days_of
from collect_xl.domain.identity import Pairs, new_pairs, person_of_request
from collect_xl.domain.model import Campaign, Listing, RemoteRequest
from collect_xl.domain.ports import Context
from collect_xl.domain.rows import Choices
from collect_xl.domain.statuses import CANCELLED, ENDED
from collect_xl.errors import AccountError, CollectUnavailable
from collect_xl.evidence.judgement import Patience, judge, keep_list, view_of
from collect_xl.evidence.listing import broken_off
from collect_xl.planning.eligibility import Elsewhere
from collect_xl.remedies import Remedy

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CampaignList:
    """A list of a campaign's requests that the journal keeps."""

    number: int | None
    """In the journal; None where it could not be read to its end."""
    read_at: float
    """When it was begun, by a clock that cannot be set; seconds."""


@dataclass(frozen=True, slots=True)
class AskedElsewhere:
    """What Collect's own lists say of requests that were not made from here."""

    requests: Elsewhere
    warnings: tuple[str, ...]
    """What is not well."""
    learned: bool
    """Whether the journal learned which contact IDs and addresses are one person's, or what became of rows."""
    lists: Mapping[str, CampaignList]
    """Campaign ID -> the list that was read."""


def ask_elsewhere(
    context: Context, campaigns: Iterable[Campaign], choices: Choices, aliases: Pairs, patience: Patience
) -> AskedElsewhere:
    """Read the list of each campaign once, and learn from it which IDs and addresses are one person's.

    Args:
        context: the account, and where to ask and to keep what is learned.
        campaigns: those in which requests are planned.
        choices: what the user chose.
        aliases: what is known of IDs and addresses already.
        patience: how long absence must last; what an earlier run left open is decided by these lists, too.

    Raises:
        CollectUnavailable: a list could not be read to its end, and the user did not choose to send anyway.
    """
    account = context.account
    requests: dict[tuple[str, str], tuple[RemoteRequest, ...]] = {}
    warnings: list[str] = []
    lists: dict[str, CampaignList] = {}
    learned = False
    for campaign in campaigns:
        listing = context.collect.listing(campaign.id)
        # It may have been read for another workbook a while ago.
        age = (context.now() - listing.started).total_seconds()
        read_at = context.monotonic() - max(age, 0.0)
        warnings.extend(_doubts(campaign, listing, choices))
        pairs = new_pairs(listing.requests, aliases)
        if pairs:
            context.journal.learn(account.origin, account.team.id, pairs)
            learned = True
        number, is_decided = _go_on(context, campaign.id, listing, patience)
        learned = learned or is_decided
        lists[campaign.id] = CampaignList(number, read_at)
        # Read after the list: what another run made meanwhile is bound by now.
        bound = context.journal.bound(account.origin, listing.ids)
        since = context.now() - days_of(choices.recent)
        for key, of_key in keeping(listing, bound, since).items():
            requests[campaign.id, key] = of_key
    return AskedElsewhere(requests, tuple(warnings), learned, lists)


def _go_on(context: Context, campaign: str, listing: Listing, patience: Patience) -> tuple[int | None, bool]:
    """Keep a list, and decide by it what earlier runs left open.

    Returns:
        The list's number, and whether anything was decided.
    """
    account, journal = context.account, context.journal
    team = (account.origin, account.team.id)
    batches = journal.unsettled(*team, campaign)
    if not batches:
        return keep_list(context, campaign, listing), False
    view = view_of(context, campaign, listing)
    judgement = judge(context, batches, view, patience)
    is_due = judgement.look_again is not None and judgement.look_again <= context.now()
    second_decides = is_due and _look_again(context, campaign, patience)
    return view.number, bool(judgement.decided) or second_decides


def _look_again(context: Context, campaign: str, patience: Patience) -> bool:
    """Read the second list at once, where the time between the two that are needed has passed already.

    Only after refusals: after a lost answer the late window is between two lists. Return whether anything was
    decided.
    """
    account = context.account
    unsettled = context.journal.unsettled(account.origin, account.team.id, campaign)
    refused = [batch for batch in unsettled if batch.answered_at is not None]
    if not refused:
        return False
    view = view_of(context, campaign, context.collect.listing(campaign, fresh=True))
    judgement = judge(context, refused, view, patience)
    return bool(judgement.decided)


def go_on(context: Context, campaigns: Collection[str], patience: Patience) -> bool:
    """Go on with what earlier runs left open, in campaigns in which nothing else will be sent.

    A refused call and one whose answer was lost are looked for alike: a send that says "nothing to send" would leave
    people unknown whose requests Collect shows.

    Args:
        context: the account, Collect and the journal.
        campaigns: IDs of the campaigns that the workbook names.
        patience: how long absence must last.

    Returns:
        Whether anything was decided.
    """
    account, journal = context.account, context.journal
    batches = journal.unsettled(account.origin, account.team.id)
    unsettled = {batch.scope.campaign for batch in batches}
    is_decided = False
    for campaign in sorted(unsettled.intersection(campaigns)):
        try:
            listing = context.collect.listing(campaign, fresh=True)
        except (AccountError, CollectUnavailable):  # it stays open, and says so on its rows
            continue
        is_decided = _go_on(context, campaign, listing, patience)[1] or is_decided
    return is_decided


def _doubts(campaign: Campaign, listing: Listing, choices: Choices) -> Iterator[str]:
    """Yield why a list does not say who was asked by others."""
    if not listing.complete:
        yield _unclear(campaign, broken_off(listing), choices)
    elif any(_names_no_one(each) for each in listing.requests):
        yield _unclear(campaign, "has requests that name no one", choices)


def keeping(listing: Listing, bound: Collection[str], since: datetime) -> dict[str, tuple[RemoteRequest, ...]]:
    """Return for each key of a person the requests that may keep the person from being asked again, newest first.

    Args:
        listing: every request of a campaign.
        bound: ids of the requests that this journal made.
        since: a request that is done counts only from here on; one without a known time counts always.
    """
    counting = [each for each in listing.requests if each.id not in bound and keeps(each, since)]
    by_key: dict[str, list[RemoteRequest]] = {}
    for request in sorted(counting, key=_made, reverse=True):
        for key in person_of_request(request).keys:
            by_key.setdefault(key, []).append(request)
    return {key: tuple(requests) for key, requests in by_key.items()}


def keeps(request: RemoteRequest, since: datetime) -> bool:
    """Return whether a request keeps its contact from being asked again: it is open, or was made since then."""
    status = request.status.casefold()
    if status in CANCELLED:
        return False
    return status not in ENDED or _made(request) >= since


def _names_no_one(request: RemoteRequest) -> bool:
    """Return whether an open request names no contact, so that it could be anyone's."""
    return not request.contact_id and not request.email and request.status.casefold() not in CANCELLED


def _unclear(campaign: Campaign, what: str, choices: Choices) -> str:
    trouble = f"Collect's list of the requests of {campaign.called} {what}"
    if not choices.even_if_asked:
        message = f"{trouble}, so it is not known who was already asked by others. Nothing was sent."
        raise CollectUnavailable(message, tip="Try again later.", remedies=(Remedy.SEND_ANYWAY,))
    return f"{trouble}: it is not known who was already asked by others."


def _made(request: RemoteRequest) -> datetime:
    return request.created or _LATEST
