"""The client that the core is given: Collect's API as ``ports.Collect`` asks for it."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, TypeVar
from urllib.parse import quote, urlsplit

from collect_xl.api import replies, verdict
from collect_xl.api.address import is_loopback, normalised
from collect_xl.api.contact_details import with_details
from collect_xl.api.item_replies import items_of
from collect_xl.api.questions import (
    PAGE,
    ListBudget,
    ListLimits,
    Pages,
    UnknownKeyError,
    ask,
    no_campaign,
    read_pages,
    unreadable,
)
from collect_xl.api.storage import download
from collect_xl.api.upload_replies import uploads_of
from collect_xl.api.wire import POSTING, BrokenError, GuardedBody, Limits, Wire, WithheldError
from collect_xl.domain.model import Campaign, Listing, PostAnswer, RemoteRequest, Team, User
from collect_xl.errors import CollectUnavailable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from collect_xl.domain.items import Item
    from collect_xl.domain.ports import PatchAnswer
    from collect_xl.domain.uploads import Upload

_HIDDEN_STATES = ("cancelled", "archived")
"""What a listing without a filter leaves out, beside drafts (``collect_api.md`` 7.2); spelt as filters are."""

_log = logging.getLogger("collect_xl")

Answer = TypeVar("Answer")


class CollectClient:
    """Collect over HTTP.

    Questions are repeated a little when that may help; POST and PATCH never are. Every public method is a conversation
    of its own, and leaves no connection behind. Sample usage::

        client = CollectClient("https://api.usecollect.com/v1", key)
        client.team().name

    Args:
        address: of the API; https, or http on this machine.
        key: the API key.
        connect_timeout: seconds to wait for a connection.
        read_timeout: seconds to wait between two pieces of an answer.
        deadline: seconds for one whole exchange, however it drips.
        turn: takes the next turn for a call, and returns the seconds to wait first; every call but a POST waits so.
    """

    def __init__(
        self,
        address: str,
        key: str,
        *,
        connect_timeout: float = 10.0,
        read_timeout: float = 60.0,
        deadline: float = 120.0,
        turn: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.turn = turn
        """Take the next turn for a ``post``; return the seconds to wait first."""
        self.origin = normalised(address)
        self.server_offset: float | None = None
        """Seconds to add to our clock to get Collect's, by its last ``Date`` header; None before that."""
        self._key = key
        self.key_first = False
        """Whether Collect takes the key as the user, and not as the password of an empty user."""
        self._is_order_known = False
        self.tells_details = False
        """Whether replies are read for all that they say about contacts, since a sheet has columns for it."""
        self.list_limits = ListLimits()
        """How much of one whole list is read, however many pages it has."""
        self._limits = Limits(connect_timeout, read_timeout, deadline)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.origin!r})"

    def team(self) -> Team:
        """Return the team behind the key; raise ``AccountError`` or ``CollectUnavailable``.

        Most pages of Collect's documentation give the key as the password of an empty user, one as the user: where the
        first question of all is refused, the other order is tried, once.
        """
        if self._is_order_known:
            return self._ask("/team", replies.team)
        self._is_order_known = True
        try:
            return self._ask("/team", replies.team)
        except UnknownKeyError:
            self.key_first = not self.key_first
            try:
                return self._ask("/team", replies.team)
            except UnknownKeyError:
                self.key_first = not self.key_first
                raise

    def campaigns(self) -> tuple[Campaign, ...]:
        """Return all campaigns that the key may see; archived ones are not among them."""
        with self._wire() as wire:
            page = functools.partial(_page, wire, "/campaigns", replies.campaigns, query={})
            pages = read_pages(page, _id_of, ListBudget(self.list_limits, wire))
        if pages.limit:
            raise unreadable(f"the list of campaigns has no end that we could reach: {pages.limit}")
        return pages.entries

    def campaign(self, campaign_id: str) -> Campaign:
        """Return one campaign, archived ones too; raise ``CampaignError`` when there is none."""
        if not campaign_id.strip(". "):  # a path of dots alone would lead elsewhere
            raise no_campaign(campaign_id)
        detail = self._ask(f"/campaigns/{quote(campaign_id, safe='')}", replies.campaign, campaign_id)
        if detail.id not in {"", campaign_id}:
            raise unreadable("it is about another campaign")
        # The documented detail has no name, so the list is asked for it.
        name = detail.name or self._name_in_list(campaign_id)
        return Campaign(campaign_id, name, detail.status)

    def items(self, campaign_id: str) -> Mapping[str, str]:
        """Return the items of a campaign, id -> name; none where Collect names no ids."""
        return self._ask(f"/campaigns/{quote(campaign_id, safe='')}", replies.items, campaign_id)

    def users(self) -> tuple[User, ...]:
        """Return the members of the team."""
        return self._ask("/users", replies.users)

    def listing(self, campaign_id: str, states: Sequence[str] = (), *, fresh: bool = False) -> Listing:  # noqa: ARG002  # always is
        """Return every request of a campaign: open, cancelled, archived, and each further custom state named.

        Raises:
            AccountError: the key is refused, or the campaign is not there.
        """
        filters = ["", *dict.fromkeys([*_HIDDEN_STATES, *states])]
        started = datetime.now(UTC)
        with self._wire() as wire:
            budget = ListBudget(self.list_limits, wire)
            read = _requests_with_details if self.tells_details else replies.requests
            parts = [_part(wire, campaign_id, state, budget, read) for state in filters]
        limit = next((part.limit for part in parts if part.limit), "")
        if limit:
            _log.warning("The list of requests was not read to its end: %s.", limit)
        requests: dict[str, RemoteRequest] = {}
        for part in parts:
            requests |= {each.id: each for each in part.entries}
        # An entry without an id may be anyone's request, so that nothing is proved to be absent.
        unreadable_entry = requests.pop("", None)
        complete = unreadable_entry is None and all(part.steady for part in parts)
        return Listing(
            tuple(requests.values()),
            complete,
            started,
            datetime.now(UTC),
            wire.server_offset,
            wire.round_trip,
            limit,
        )

    def key_print(self, salt: str) -> str:
        """Return a hash of salt and key, which shows whether two calls used one key."""
        return hashlib.sha256(f"{salt}:{self._key}".encode()).hexdigest()[:24]

    def post(self, body: str, guard: Callable[[], bool]) -> PostAnswer:
        """Send one ``POST /requests`` exactly once, and return what its answer proves.

        It has a connection of its own: one that stood idle may have died unseen, and what went out would be unknown.

        Args:
            body: the JSON text.
            guard: asked when the connection is open and the headers are out, before the first byte of the body; False
                abandons the call. What it raises is raised here.
        """
        with self._wire(paced=False) as wire:  # its sender has waited, before the claim whose lease runs now
            content = GuardedBody(body.encode(), guard)
            try:
                reply = wire.exchange("POST", "/requests", POSTING, body=content)
            except WithheldError:
                if content.failure is not None:
                    raise content.failure from None
                return verdict.abandoned()
            except BrokenError as failure:
                return verdict.of_failure(failure, released=content.released)
        answer = verdict.of_reply(reply)
        if not self.tells_details or answer.verdict != "accepted":
            return answer
        return replace(answer, requests=with_details(answer.requests, replies.parse(reply.body)))

    def request(self, request_id: str) -> RemoteRequest:
        """Return one request as it is now; raise ``CollectUnavailable`` when it cannot be seen."""
        request = self._ask(_path_of(request_id), replies.request)
        if request.id != request_id:
            raise unreadable("it is about another request")
        return request

    def request_items(self, request_id: str) -> tuple[Item, ...]:
        """Return the items of a request; raise ``CollectXlError`` when they cannot be seen."""
        read = functools.partial(items_of, request_id=request_id)
        return self._ask(_path_of(request_id), read)

    def uploads(self, request_id: str) -> tuple[Upload, ...]:
        """Return the files of a request; raise ``CollectXlError`` when they cannot be seen."""
        read = functools.partial(uploads_of, request_id=request_id)
        return self._ask(_path_of(request_id), read)

    def download(self, upload: Upload, into: BinaryIO) -> int:
        """Write a file's bytes, and return how many there were; the storage never sees the key.

        Raises:
            LinkExpired: its URL opens nothing any more.
            CollectUnavailable: it did not come, or not whole.
        """
        is_local = is_loopback(urlsplit(self.origin).hostname or "")
        return download(upload, into, self._limits, self._tls, is_local=is_local)

    def patch(self, request_id: str, changes: Mapping[str, str]) -> PatchAnswer:
        """Send one ``PATCH /request`` exactly once, on a connection of its own.

        Args:
            request_id: the request to change.
            changes: the fields to set, in Collect's spelling: ``status``, ``dueDate``.
        """
        content = GuardedBody(json.dumps({"requestId": request_id, **changes}).encode(), lambda: True)
        with self._wire() as wire:
            try:
                reply = wire.exchange("PATCH", "/request", POSTING, body=content)
            except BrokenError as failure:
                return verdict.of_patch_failure(failure, released=content.released)
        return verdict.of_patch_reply(reply, request_id)

    def _name_in_list(self, campaign_id: str) -> str:
        for campaign in self.campaigns():
            if campaign.id == campaign_id:
                return campaign.name
        return ""

    def _ask(self, path: str, read: Callable[[object], Answer], campaign_id: str = "") -> Answer:
        with self._wire() as wire:
            return ask(wire, path, read, campaign_id=campaign_id)

    @contextlib.contextmanager
    def _wire(self, *, paced: bool = True) -> Iterator[Wire]:
        pace = (self.turn,) if paced else ()
        with Wire(self.origin, self._key, self._limits, self._tls, *pace, key_first=self.key_first) as wire:
            yield wire
        if wire.server_offset is not None:
            self.server_offset = wire.server_offset

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext | None:
        """Return the trust store of the operating system, which knows the company's proxy; None for http."""
        if urlsplit(self.origin).scheme == "http":
            return None
        import ssl  # noqa: PLC0415  # costs time that http on loopback need not pay

        import truststore  # noqa: PLC0415

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _page(
    wire: Wire,
    path: str,
    read: Callable[[object], tuple[Answer, ...]],
    offset: int,
    *,
    query: Mapping[str, str],
) -> tuple[Answer, ...]:
    page_query = {**query, "offset": str(offset), "limit": str(PAGE)}
    return ask(wire, path, read, query=page_query, campaign_id=query.get("campaignId", ""))


def _path_of(request_id: str) -> str:
    """Return the path of one request; raise ``CollectUnavailable`` for an ID that would lead elsewhere."""
    if not request_id.strip(". "):  # a path of dots alone
        raise unreadable("there is no request without an id")
    return f"/requests/{quote(request_id, safe='')}"


def _requests_with_details(data: object) -> tuple[RemoteRequest, ...]:
    return with_details(replies.requests(data), data)


def _part(
    wire: Wire,
    campaign_id: str,
    state: str,
    budget: ListBudget,
    read: Callable[[object], tuple[RemoteRequest, ...]],
) -> Pages[RemoteRequest]:
    """Read the requests of one state; never raise for the network.

    When they moved while they were read, they are read once more.
    """
    query = {"campaignId": campaign_id}
    if state:
        query["filter"] = state
    page = functools.partial(_page, wire, "/requests", read, query=query)
    pages: Pages[RemoteRequest] = Pages((), steady=False)
    for _ in range(2):
        try:
            pages = read_pages(page, _id_of, budget)
        except CollectUnavailable:
            return replace(pages, steady=False)
        if pages.steady or pages.limit:
            break
    return pages


def _id_of(entry: Campaign | RemoteRequest) -> str:
    return entry.id
