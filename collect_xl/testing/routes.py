"""The routes of the fake Collect: what each call asks of the account."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from collect_xl.testing.account import FakeAccount, RefusedError
from collect_xl.testing.exchange import Call
from collect_xl.testing.fake_storage import with_links
from collect_xl.testing.request_items import without_elements

_DEFAULT_PAGE = 50
_LARGEST_PAGE = 100
_MOST_REQUESTS_OF_A_CONTACT = 50


def _campaigns(account: FakeAccount, call: Call) -> object:
    campaigns = [campaign for campaign in account.campaigns.values() if campaign["status"] != "archived"]
    return _page([_public(campaign) for campaign in campaigns], call)


def _requests(account: FakeAccount, call: Call) -> object:
    query = call.query
    if "campaignId" not in query:
        raise RefusedError(400, "campaignId is required")
    requests = account.requests_of(query["campaignId"], query.get("filter", ""), query.get("search", ""))
    return [without_elements(request) for request in _page(requests, call)]


def _request(account: FakeAccount, call: Call) -> object:
    """Return a request with its items, every documented list of them present, and links to its files."""
    request = with_links(account.request(call.subject), account.storage)
    return {"documents": [], "forms": [], "texts": [], "pages": [], **request}


def _contacts(account: FakeAccount, call: Call) -> object:
    contacts = account.contacts_like(call.query.get("email", ""), call.query.get("search", ""))
    return _page(contacts, call)


def _contact(account: FakeAccount, call: Call) -> object:
    contact = _entry(account.contacts, call)
    requests = [
        without_elements(request)
        for request_id, request in account.requests.items()
        if request["contact"]["_id"] == call.subject and request_id not in account.hidden
    ]
    return {**contact, "requests": requests[-_MOST_REQUESTS_OF_A_CONTACT:]}


def _campaign(account: FakeAccount, call: Call) -> object:
    campaign = _public(account.campaign(call.subject))
    # Collect documents the details of a campaign without its name.
    campaign.pop("name")
    return {"documents": [], "forms": [], "texts": [], "pages": [], **campaign}


def _public(campaign: Mapping[str, Any]) -> dict[str, Any]:
    """Return a campaign without the field that only the fake has."""
    return {key: value for key, value in campaign.items() if key != "private"}


def _entry(entries: Mapping[str, dict[str, Any]], call: Call) -> dict[str, Any]:
    if call.subject not in entries:
        raise RefusedError(404, "not found")
    return entries[call.subject]


def _page(entries: list[dict[str, Any]], call: Call) -> list[dict[str, Any]]:
    try:
        offset = int(call.query.get("offset", 0))
        limit = int(call.query.get("limit", _DEFAULT_PAGE))
    except ValueError:
        raise RefusedError(400, "offset and limit are numbers") from None
    return entries[offset : offset + min(limit, _LARGEST_PAGE)]


ROUTES: Mapping[str, Callable[[FakeAccount, Call], object]] = {
    "GET /team": lambda account, _: account.team,
    "GET /users": lambda account, _: account.users,
    "GET /campaigns": _campaigns,
    "GET /campaigns/{id}": _campaign,
    "GET /requests": _requests,
    "GET /requests/{id}": _request,
    "POST /requests": lambda account, call: account.send(call.body),
    "PATCH /request": lambda account, call: account.modify(call.body),
    "GET /contacts": _contacts,
    "GET /contacts/{id}": _contact,
}


def find_route(method: str, path: str) -> tuple[str, str] | None:
    """Return the route of a path, and the ID in it."""
    for route in ROUTES:
        verb, _, template = route.partition(" ")
        pattern = "/v1" + template.replace("{id}", "(?P<id>[^/]+)")
        match = re.fullmatch(pattern, path)
        if verb == method and match:
            subject = match.groupdict().get("id", "")
            return route, unquote(subject)
    return None
