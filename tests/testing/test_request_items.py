"""The fake Collect's items: each request has elements of its own, as the documentation shows them."""

from __future__ import annotations

import pytest
import requests

from collect_xl.testing import FakeCollect


@pytest.fixture
def collect():
    """A fake Collect whose campaign asks for a document and a form."""
    with FakeCollect() as server:
        server.account.add_item(server.campaign, "Passport")
        server.account.add_item(server.campaign, "About you", "forms")
        yield server


def call(collect, verb, path, **words):
    """Call the server with its key."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy of this computer's stands between
        return session.request(verb, collect.url + path, auth=("", collect.key), timeout=10, **words).json()


def send(collect, **options):
    """Ask one person, and return the request as it was answered."""
    body = {"campaignId": collect.campaign, "contacts": [{"email": "ann@example.com"}], **options}
    (request,) = call(collect, "POST", "/requests", json=body)["requests"]
    return request


def test_a_request_by_its_id_shows_what_is_open(collect):
    """Every item of the campaign is an open element of the request; answers and lists show none."""
    request = send(collect)
    shown = call(collect, "GET", f"/requests/{request['_id']}")

    assert [(each["name"], each["status"]) for each in (*shown["documents"], *shown["forms"])] == [
        ("Passport", "open"),
        ("About you", "open"),
    ]
    assert (shown["texts"], shown["pages"]) == ([], [])
    assert "documents" not in request
    (listed,) = call(collect, "GET", "/requests", params={"campaignId": collect.campaign})
    assert "forms" not in listed


def test_only_chosen_items_are_asked_for(collect):
    """A call that names items makes a request of these alone."""
    form = collect.account.campaigns[collect.campaign]["forms"][0]["itemId"]
    request = send(collect, items=[form])
    shown = call(collect, "GET", f"/requests/{request['_id']}")

    assert (shown["documents"], [each["itemId"] for each in shown["forms"]]) == ([], [form])


def test_what_a_client_does_is_shown_with_the_time(collect):
    """An item that comes in or is rejected has its status and reason, and its contact was active then."""
    request = send(collect)
    collect.account.set_item(request["_id"], "Passport", "rejected", "too dark")
    shown = call(collect, "GET", f"/requests/{request['_id']}")

    assert (shown["documents"][0]["status"], shown["documents"][0]["reason"]) == ("rejected", "too dark")
    assert shown["contact"]["lastActivity"]
    with pytest.raises(KeyError):
        collect.account.set_item(request["_id"], "Else", "waiting")
