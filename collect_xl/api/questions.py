"""Questions to Collect that change nothing: repeated a little when that may help, and refused in the user's words."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import stamina

from collect_xl.api import replies
from collect_xl.api.verdict import retry_after, who_refused
from collect_xl.api.wire import ASKING, BrokenError, Reply, Wire
from collect_xl.domain.backoff import LONGEST_WAIT, TOO_OFTEN, TRIES
from collect_xl.errors import AccountError, CampaignError, CollectUnavailable, CollectXlError, KeyRefused
from collect_xl.remedies import Remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PAGE = 100
"""The most that Collect gives at once (``collect_api.md`` 7.2)."""

Answer = TypeVar("Answer")
Entry = TypeVar("Entry")

_FIRST_SERVER_ERROR = 500
_LATER = frozenset({TOO_OFTEN, 408, 425, 499})
"""Statuses of 4xx after which the same question may be answered."""

_ELSEWHERE = "A proxy or a login page may be in between; check the address of the API and the network."

_with_retries = stamina.RetryingCaller(attempts=TRIES, timeout=None, wait_initial=0.3, wait_max=5.0, wait_jitter=0.5)


class _AskAgainError(CollectUnavailable):
    """No useful answer this time, though the next may be.

    Args:
        message: what happened.
        tip: what to do when no try helped.
        after: seconds that Collect asked to wait, where it did.
    """

    def __init__(self, message: str, *, tip: str, after: float | None = None) -> None:
        super().__init__(message, tip=tip)
        self.after = after


class UnknownKeyError(KeyRefused):
    """Collect does not know the key, in the order in which user and password were given."""


@dataclass(frozen=True, slots=True)
class ListLimits:
    """How much of a whole list is read: enough for a campaign of 100,000 requests; a list without end is worse.

    Time and size are looked at before each page, which has limits of its own.
    """

    pages: int = 1_100
    """Of each state; each page repeats one entry of the page before, and the end is a page without news."""
    seconds: float = 600.0
    size: int = 200 * 2**20
    """Bytes of all answers together."""


class ListBudget:
    """What is left of the limits of one list, all its states and repetitions together.

    Args:
        limits: of the list.
        wire: the list's own conversation.
    """

    def __init__(self, limits: ListLimits, wire: Wire) -> None:
        self.limits = limits
        self._wire = wire
        self._until = time.monotonic() + limits.seconds

    def spent(self) -> str:
        """Return what is used up, in words; empty while there is enough."""
        if time.monotonic() >= self._until:
            return f"it did not end within {self.limits.seconds:,.0f} seconds"
        if self._wire.received >= self.limits.size:
            return f"it is larger than {self.limits.size / 2**20:,.0f} MB"
        return ""


@dataclass(frozen=True, slots=True)
class Pages(Generic[Entry]):
    """The entries of a listing that comes in pages."""

    entries: tuple[Entry, ...]
    """Each once."""
    steady: bool
    """False when entries moved between pages, the server repeats itself, or a limit was reached."""
    limit: str = ""
    """The limit that was reached, in words; the rest was not read."""


def ask(
    wire: Wire,
    path: str,
    read: Callable[[object], Answer],
    *,
    query: Mapping[str, str] | None = None,
    campaign_id: str = "",
) -> Answer:
    """Ask a question, at most three times, and return the answer as read.

    Args:
        wire: the conversation.
        path: below the API's address, quoted.
        read: makes a value of the JSON; raises ``UnreadableError``.
        query: the query string's fields.
        campaign_id: the campaign that the question is about, for the message.

    Raises:
        AccountError: key, rights or campaign.
        CollectUnavailable: no answer, or none that makes sense.
    """
    return _with_retries(_worth_repeating, _once, wire, path, read, query=query or {}, campaign_id=campaign_id)


def read_pages(ask: Callable[[int], Sequence[Entry]], name: Callable[[Entry], str], budget: ListBudget) -> Pages[Entry]:
    """Read a listing to its end.

    Collect gives neither totals nor a cursor nor a promised order. So each page starts with the last entry of the one
    before: when that is not so, something was added or removed ahead of it, and an entry may have slipped through.
    The end is a page without news, not a short page, because a server may give less than was asked for.

    Args:
        ask: offset -> the page's entries.
        name: entry -> what tells it from others.
        budget: how much is read at most.
    """
    entries: dict[str, Entry] = {}
    overlap: list[str] = []
    offset = 0
    steady = True
    for _ in range(budget.limits.pages):
        spent = budget.spent()
        if spent:
            return Pages(tuple(entries.values()), steady=False, limit=spent)
        page = [(name(entry), entry) for entry in ask(offset)]
        page_names = [key for key, _ in page]
        news = {key: entry for key, entry in page if key not in entries}
        if page_names != [*overlap, *news]:
            steady = False
        entries |= news
        if not news:
            return Pages(tuple(entries.values()), steady)
        overlap = page_names[-1:]
        offset += len(page) - 1
    return Pages(tuple(entries.values()), steady=False, limit=f"it has more than {budget.limits.pages:,} pages")


def no_campaign(campaign_id: str) -> CampaignError:
    """Return the error for a campaign that Collect does not know."""
    return CampaignError(
        f"Collect has no campaign {campaign_id!r} that this key may use.",
        tip="Copy the campaign's ID from its address in Collect, or write its name; case matters.",
    )


def unreadable(why: str) -> CollectUnavailable:
    """Return the error for an answer that makes no sense, which asking again would not change."""
    return CollectUnavailable(f"The server's answer makes no sense: {why}.", tip=_ELSEWHERE)


def _worth_repeating(error: Exception) -> bool | float:
    """Return whether to ask again, or the seconds to wait before where Collect named them."""
    if not isinstance(error, _AskAgainError):
        return False
    if error.after is None:
        return True
    return error.after


def _once(
    wire: Wire,
    path: str,
    read: Callable[[object], Answer],
    *,
    query: Mapping[str, str],
    campaign_id: str,
) -> Answer:
    try:
        reply = wire.exchange("GET", path, ASKING, query=query)
    except BrokenError as failure:
        raise _broken(failure.words) from None
    if not reply.is_success:
        raise _failure(reply, campaign_id)
    if reply.trouble:
        raise _broken(reply.trouble)
    try:
        return read(replies.parse(reply.body))
    except replies.UnreadableError as error:
        raise unreadable(str(error)) from None


def _failure(reply: Reply, campaign_id: str) -> CollectXlError:
    """Return what a status other than 2xx means."""
    if reply.status in _LATER or reply.status >= _FIRST_SERVER_ERROR:
        return _busy(reply)
    instead = who_refused(reply)
    if instead:
        message = f"{instead[0].upper()}{instead[1:]} answered instead of Collect ({reply.status})."
        return CollectUnavailable(message, tip=_ELSEWHERE)
    return _refusal(reply.status, campaign_id)


def _busy(reply: Reply) -> CollectUnavailable:
    after = retry_after(reply.headers)
    message = f"Collect cannot answer now ({reply.status})."
    if after is not None and after > LONGEST_WAIT:
        return CollectUnavailable(message, tip=f"Collect asks to wait {after:.0f} seconds; run again then.")
    return _AskAgainError(message, tip="Run again in a few minutes.", after=after)


def _refusal(status: int, campaign_id: str) -> CollectXlError:
    # Where the question names a campaign, both statuses speak of it: Collect hides what a key may not see.
    if campaign_id and status in {403, 404}:
        return no_campaign(campaign_id)
    match status:
        case 401:
            return UnknownKeyError(
                "Collect refused the API key (401).",
                tip="Copy the key from the bottom of your profile page in Collect.",
                remedies=(Remedy.KEEP_KEY,),
            )
        case 402:
            return AccountError(
                "Collect's plan does not allow this; a limit of the plan may be reached (402).",
                tip="Look at the plan and its limits in Collect, or ask an administrator of your team.",
            )
        case 403:
            return KeyRefused(
                "Collect does not allow this to the key's owner (403).",
                tip="Ask an administrator of your team for the right.",
            )
        case _:
            return CollectUnavailable(f"The server has no such answer ({status}).", tip=_ELSEWHERE)


def _broken(words: str) -> _AskAgainError:
    return _AskAgainError(
        f"Collect did not answer: {words}.", tip="Check the network and the API's address; run again."
    )
