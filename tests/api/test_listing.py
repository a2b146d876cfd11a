"""The listing of a campaign's requests: complete, or said not to be."""

import json
from datetime import UTC, datetime

import pytest

from collect_xl.api.client import CollectClient
from collect_xl.api.questions import PAGE, ListBudget, ListLimits, read_pages
from collect_xl.errors import CampaignError, CollectUnavailable, KeyRefused
from collect_xl.evidence.listing import broken_off
from collect_xl.testing import FakeCollect, faults

LIST = "GET /requests"


@pytest.fixture
def collect():
    with FakeCollect() as server:
        yield server


@pytest.fixture
def client(collect):
    return CollectClient(collect.url, collect.key)


def make(collect, count, first=0):
    """Make requests at the fake, past the wire."""
    for start in range(first, first + count, 50):
        people = [{"email": f"p{number}@example.org"} for number in range(start, min(start + 50, first + count))]
        collect.account.send({"campaignId": collect.campaign, "contacts": people})


def ids(collect):
    return {each.request_id for each in collect.accepted}


@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 101, 199, 200, 250])
def test_all_pages(client, collect, count):
    """Every request comes once, whatever the number of pages, and the listing is complete."""
    make(collect, count)
    listing = client.listing(collect.campaign)
    assert (ids(collect), count, True) == (
        {each.id for each in listing.requests},
        len(listing.requests),
        listing.complete,
    )


@pytest.mark.parametrize("count", [99_999, 100_000])
def test_a_list_of_100000_requests_is_read_to_its_end(client, count):
    """The usual limits have room for a campaign of 100,000 requests."""
    with client._wire() as wire:
        pages = read_pages(lambda at: range(at, min(at + PAGE, count)), str, ListBudget(ListLimits(), wire))
    assert (len(pages.entries), pages.steady, pages.limit) == (count, True, "")


def test_hidden_states_are_asked_for(client, collect):
    """Cancelled, archived and further named states are listed too, for a listing without a filter hides some."""
    make(collect, 4)
    states = ("pending", "cancelled", "archived", "with the notary")
    for request, state in zip(collect.account.requests.values(), states, strict=True):
        request["status"] = state
    listing = client.listing(collect.campaign, ["with the notary", "archived"])
    filters = [call.query.get("filter", "") for call in collect.calls]
    assert (set(states), True) == ({each.status for each in listing.requests}, listing.complete)
    assert list(dict.fromkeys(filters)) == ["", "cancelled", "archived", "with the notary"]


@pytest.mark.parametrize("state", ["", "cancelled", "archived"])
@pytest.mark.parametrize(
    "fault", [faults.Status(500), faults.Html(), faults.DropBeforeCreating(), faults.Status(400)], ids=str
)
def test_part_that_fails(client, collect, fault, state):
    """When any part cannot be read, the listing says that it is not complete, and keeps what it has."""
    make(collect, 3)
    collect.on(fault, route=LIST, when=lambda call: call.query.get("filter", "") == state)
    listing = client.listing(collect.campaign)
    assert (False, 3 if state else 0) == (listing.complete, len(listing.requests))


def test_second_page_that_fails(client, collect):
    """A failure on a later page makes the listing incomplete."""
    make(collect, 150)
    collect.on(faults.Status(503), route=LIST, when=lambda call: call.query["offset"] != "0")
    assert client.listing(collect.campaign).complete is False


def test_passing_trouble_is_outlived(client, collect):
    """A page that fails twice and then comes leaves the listing complete."""
    make(collect, 150)
    # Announced, so that no try is lost on a connection that the fake is about to close.
    collect.on(faults.Status(503, {"Connection": "close"}), route=LIST, nth=(2, 3))
    assert client.listing(collect.campaign).complete is True


def test_offset_that_is_ignored(client, collect):
    """A server that gives the same page for ever is noticed, and not for ever asked."""
    make(collect, 120)
    collect.on(faults.Ignores("offset"), route=LIST)
    listing = client.listing(collect.campaign)
    assert (listing.complete, len(listing.requests), len(collect.calls) < 12) == (False, 100, True)


@pytest.mark.parametrize("largest", [7, 50])
def test_limit_that_is_ignored(client, collect, largest):
    """A server that gives smaller pages than were asked for is read to its end all the same."""
    make(collect, 120)

    def smaller(body):
        return body[:largest]

    collect.on(faults.Reshaped(smaller), route=LIST)
    listing = client.listing(collect.campaign)
    assert (True, ids(collect)) == (listing.complete, {each.id for each in listing.requests})


def _first(collect):
    return next(iter(collect.account.requests))


def _add(collect):
    """Put a new request ahead of all others."""
    old = dict(collect.account.requests)
    collect.account.requests.clear()
    make(collect, 1, first=900)
    collect.account.requests.update(old)


def _remove(collect):
    """Hide the first request, so that the others move up."""
    collect.account.requests.pop(_first(collect))


@pytest.mark.parametrize("change", [_add, _remove])
@pytest.mark.parametrize("times", [1, 9])
def test_pages_that_shift(client, collect, change, times):
    """A listing that changed between two pages is read once more, and is incomplete when that changes too."""
    make(collect, 150)
    changes = iter(range(times))

    def shift(body):
        if next(changes, None) is not None:
            change(collect)
        return body

    collect.on(faults.Reshaped(shift), route=LIST, when=lambda call: call.query["offset"] == "0")
    listing = client.listing(collect.campaign)
    told = {each.id for each in listing.requests}
    assert (times == 1, True) == (listing.complete, set(collect.account.requests) <= told or not listing.complete)


def test_entry_that_cannot_be_read(client, collect):
    """An entry without an id may be anybody's, so the listing proves no absence."""
    make(collect, 3)
    list(collect.account.requests.values())[1]["_id"] = None
    listing = client.listing(collect.campaign)
    assert (listing.complete, len(listing.requests)) == (False, 2)


@pytest.mark.parametrize(
    ("limits", "most", "words"),
    [
        (ListLimits(pages=2), 199, "it has more than 2 pages"),
        (ListLimits(size=50_000), 199, "it is larger than 0 MB"),
        (ListLimits(seconds=0.4), 199, "it did not end within 0 seconds"),
    ],
    ids=["pages", "bytes", "time"],
)
def test_listing_without_end(client, collect, caplog, limits, most, words):
    """A listing is not read for ever: it ends with a limit on pages, bytes and time, and says so."""
    client.list_limits = limits
    collect.latency = 0.15 if words.startswith("it did not end") else 0.0
    make(collect, 400)
    listing = client.listing(collect.campaign)
    assert (listing.complete, 0 < len(listing.requests) <= most + 100, words in caplog.text) == (False, True, True)
    assert broken_off(listing) == f"could not be read to its end: {words}"


def test_limits_are_for_the_whole_list(client, collect):
    """What one state has used up is missing for the next: a list has one limit, not one for each state."""
    make(collect, 150)
    client.list_limits = ListLimits(size=40_000)
    client.listing(collect.campaign)
    assert [call.query.get("filter", "") for call in collect.calls] == [""] * len(collect.calls)


def test_campaigns_without_end(client, collect):
    """A list of campaigns that does not end is an error in words, no short list in which a name is missing."""
    for number in range(150):
        collect.account.add_campaign(f"Campaign {number}")
    client.list_limits = ListLimits(pages=1)
    with pytest.raises(CollectUnavailable, match="more than 1 pages"):
        client.campaigns()


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "wrapped"])
def test_what_an_entry_tells(client, collect, wrapped):
    """An entry tells campaign, contact, status, portal and times, also below a key of its own."""
    make(collect, 1)
    if wrapped:
        collect.on(faults.Reshaped(lambda body: {"requests": body}), route=LIST)
    [found] = client.listing(collect.campaign).requests
    [stored] = json.loads(json.dumps(list(collect.account.requests.values())))
    assert (stored["_id"], stored["campaignId"], stored["contact"]["_id"]) == (
        found.id,
        found.campaign,
        found.contact_id,
    )
    assert ("p0@example.org", "pending", stored["portalUrl"]) == (found.email, found.status, found.portal_url)
    assert (datetime.fromisoformat(stored["createdAt"]), stored["dueDate"]) == (found.created, found.due)


def test_clocks(client, collect):
    """A listing tells when it was read by our clock, how far the server's is off, and how long a call took."""
    collect.clock_offset = -40.0
    before = datetime.now(UTC)
    listing = client.listing(collect.campaign)
    assert before <= listing.started <= listing.ended <= datetime.now(UTC)
    took = (listing.ended - listing.started).total_seconds()
    assert (abs(listing.server_offset + 40.0) < 2.0 + took, 0 < listing.round_trip < took + 0.001) == (True, True)


def test_one_connection_for_all_pages(client, collect):
    """The pages of a listing share a connection, and none is left open afterwards."""
    make(collect, 250)
    opened = []
    process = collect._server.process_request
    collect._server.process_request = lambda *args: (opened.append(1), process(*args))
    client.listing(collect.campaign)
    assert (opened, len(collect.calls) >= 5) == ([1], True)


@pytest.mark.parametrize("status", [403, 404])
def test_campaign_that_is_not_there(client, collect, status):
    """A campaign that the key may not see is an error, no empty listing."""
    collect.on(faults.Status(status), route=LIST)
    with pytest.raises(CampaignError):
        client.listing(collect.campaign)


def test_key_that_is_refused(collect):
    """A refused key is an error, no incomplete listing."""
    with pytest.raises(KeyRefused):
        CollectClient(collect.url, "wrong").listing(collect.campaign)
