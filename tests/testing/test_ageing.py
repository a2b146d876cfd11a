"""A lively sandbox: requests grow older by a rule, from one list to the next, and only where that was asked for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
import requests

from collect_xl.testing import FakeCollect
from collect_xl.testing.ageing import LIVES, furnish, let_age


@pytest.fixture
def collect():
    """A fake Collect with campaigns that have items."""
    with FakeCollect() as server:
        furnish(server.account)
        yield server


def call(collect, verb, path, **words):
    """Call the server with its key."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy of this computer's stands between
        return session.request(verb, collect.url + path, auth=("", collect.key), timeout=10, **words).json()


def send(collect, people, campaign=None):
    """Ask that many people."""
    contacts = [{"email": f"p{number}@example.com"} for number in range(people)]
    body = {"campaignId": campaign or collect.campaign, "contacts": contacts}
    return [request["_id"] for request in call(collect, "POST", "/requests", json=body)["requests"]]


def listed(collect, **query):
    """Return the requests of the campaign as a list shows them."""
    return call(collect, "GET", "/requests", params={"campaignId": collect.campaign, **query})


def test_the_sandbox_has_two_campaigns_with_items(collect):
    """What a user can pick from is there: two open campaigns, each with four or five items."""
    campaigns = [each for each in call(collect, "GET", "/campaigns") if each["status"] == "open"]
    counts = []
    for campaign in campaigns:
        details = call(collect, "GET", f"/campaigns/{campaign['_id']}")
        counts.append(len(details["documents"] + details["forms"]))

    assert [each["name"] for each in campaigns] == ["Yearly documents", "New client"]
    assert counts == [5, 4]


def test_requests_are_due_within_the_days_of_the_summary(collect):
    """A request without a date of its own is due in less than a week, so that the charts show it."""
    send(collect, 1)
    (request,) = listed(collect)
    days = (datetime.fromisoformat(request["dueDate"]) - datetime.fromisoformat(request["createdAt"])).days

    assert days == 5


def test_nothing_ages_unless_asked_for(collect):
    """A fake Collect of a test stays as it is, however often it is listed."""
    send(collect, 12)
    for _ in range(3):
        assert {request["status"] for request in listed(collect)} == {"pending"}


def test_each_list_finds_requests_further_along(collect):
    """One list shows people who are done, waiting, due and one who was not reached; a later one shows more done."""
    let_age(collect)
    send(collect, 40)
    first = Counter(request["status"] for request in listed(collect))
    second = Counter(request["status"] for request in listed(collect))

    assert first["error"] == second["error"] == 1
    assert min(first[status] for status in ("pending", "waiting", "completed", "due")) >= 4
    assert second["completed"] > first["completed"]
    assert second["pending"] < first["pending"]


def test_the_same_requests_age_in_the_same_way(collect):
    """The rule is the order in which requests were made: neither chance nor the clock has a part in it."""
    let_age(collect)
    send(collect, 20)
    with FakeCollect(clock_offset=86400.0 * 400) as other:
        furnish(other.account)
        let_age(other)
        send(other, 20)
        for _ in range(4):
            assert [each["status"] for each in listed(collect)] == [each["status"] for each in listed(other)]


def test_a_list_of_many_pages_ages_once(collect):
    """Later pages, and lists of one state, show what the first page showed: nothing moves while a list is read."""
    let_age(collect)
    send(collect, 30)
    before = {each["_id"]: each["status"] for each in listed(collect, limit=10)}
    for query in ({"offset": 10, "limit": 10}, {"offset": 20, "limit": 10}, {"filter": "completed"}):
        before |= {each["_id"]: each["status"] for each in listed(collect, **query)}

    assert {each: request["status"] for each, request in collect.account.requests.items()} == before


def test_what_was_cancelled_stays_cancelled(collect):
    """Requests that a user took back grow no older."""
    let_age(collect)
    first, *_ = send(collect, 5)
    call(collect, "PATCH", "/request", json={"requestId": first, "status": "canceled"})
    for _ in range(4):
        listed(collect)

    assert call(collect, "GET", f"/requests/{first}")["status"] == "cancelled"


def test_a_request_that_is_due_has_its_date_behind_it_and_goes_on_with_a_later_one(collect):
    """What is overdue can be given more time, and is pending again then."""
    let_age(collect)
    send(collect, 10)
    due = [each for each in listed(collect) if each["status"] == "due"]
    assert due
    assert all(datetime.fromisoformat(each["dueDate"]) < datetime.now(UTC) for each in due)

    call(collect, "PATCH", "/request", json={"requestId": due[0]["_id"], "dueDate": "2099-01-31T22:59:00Z"})
    listed(collect)
    assert call(collect, "GET", f"/requests/{due[0]['_id']}")["status"] == "pending"


def test_items_come_in_and_are_approved_and_rejected(collect):
    """A request by its ID shows its items: missing, received, approved and rejected; a list shows none."""
    let_age(collect)
    ids = send(collect, 10)
    assert all("documents" not in request for request in listed(collect))
    states = Counter(
        document["status"]
        for request_id in ids
        for document in call(collect, "GET", f"/requests/{request_id}")["documents"]
    )

    assert set(states) == {"open", "waiting", "approved", "rejected"}


def test_every_life_ends(collect):
    """After some lists nothing moves any more, so that a demo can be finished."""
    let_age(collect)
    send(collect, 12)
    for _ in range(max(len(life) for life in LIVES)):
        before = [request["status"] for request in listed(collect)]

    assert [request["status"] for request in listed(collect)] == before


def test_documents_that_came_in_have_files(collect):
    """A document that waits for a review or was approved has one file behind a link, and keeps it."""
    let_age(collect)
    (request_id, *_) = send(collect, 1)
    listed(collect)

    documents = call(collect, "GET", f"/requests/{request_id}")["documents"]

    assert {each["status"] for each in documents} == {"waiting"}
    assert [len(each["uploads"]) for each in documents] == [1] * len(documents)
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(documents[0]["uploads"][0]["url"], timeout=10).text.startswith(documents[0]["name"])
