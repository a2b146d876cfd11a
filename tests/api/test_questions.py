"""Questions to Collect: what is asked again, for how long, and what a refusal means in the user's words."""

import email.utils
import json
import time
import types

import pytest
import stamina
import tenacity

from collect_xl.api.client import CollectClient
from collect_xl.domain.model import Campaign, Team, User
from collect_xl.errors import CampaignError, CollectUnavailable, KeyRefused
from collect_xl.testing import FakeCollect, faults
from support.fault_server import FaultServer, answer, answers
from support.waiting import until


@pytest.fixture
def collect():
    with FakeCollect() as server:
        yield server


@pytest.fixture
def client(collect):
    return CollectClient(collect.url, collect.key)


@pytest.fixture
def waits(monkeypatch):
    """The seconds that are slept before each further try, without sleeping them."""
    seen = []
    monkeypatch.setattr(tenacity.nap, "time", types.SimpleNamespace(sleep=seen.append))
    with stamina.set_testing(False):
        yield seen


def status(code, headers=None):
    """Return the fault that answers with a status and announces that the connection ends.

    The fake ends it in any case. Unannounced, a busy fake may not have closed the old connection yet when the next try
    goes out on it; that try is lost, and one more try and one more wait are counted.
    """
    return faults.Status(code, {"Connection": "close", **(headers or {})})


class ShortFirstWait:
    """The limits of a client that waits for its first answer a moment, and for later ones as long as they take."""

    connect = deadline = 600.0

    def __init__(self):
        self._waits = iter([0.5])

    @property
    def read(self):
        """The seconds to wait for the next answer."""
        return next(self._waits, 600.0)


def test_team(client, collect):
    """The team comes with its id, its name and its zone."""
    assert Team(collect.account.team["_id"], "Sandbox & Co", "Europe/Paris") == client.team()


def test_users(client, collect):
    """The members come with id and address."""
    assert tuple(User(each["_id"], each["email"]) for each in collect.account.users) == client.users()


def test_campaign_gets_its_name_from_the_list(client, collect):
    """The detail of a campaign has no name, so the list is asked for it."""
    assert Campaign(collect.campaign, "Yearly documents", "open") == client.campaign(collect.campaign)


def test_archived_campaign(client, collect):
    """An archived campaign, which no list shows, is found by its id, without a name."""
    archived = collect.campaign_like("archived")
    assert Campaign(archived, "", "archived") == client.campaign(archived)


@pytest.mark.parametrize("count", [0, 1, 49, 99, 100, 101, 198, 199, 250])
def test_campaigns_over_several_pages(client, collect, count):
    """All campaigns come, each once and in order, however the pages fall."""
    collect.account.campaigns.clear()
    made = [collect.account.add_campaign(f"Campaign {number}") for number in range(count)]
    assert made == [each.id for each in client.campaigns()]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    "fault",
    [
        status(500),
        status(503),
        status(429),
        faults.DropBeforeCreating(),
        faults.Cut(150),
    ],
    ids=str,
)
def test_asked_again(client, collect, fault, times):
    """A question that met a passing trouble is asked again, up to three times in all."""
    collect.on(fault, route="GET /team", nth=range(1, times + 1))
    assert ("Sandbox & Co", times + 1) == (client.team().name, len(collect.calls))


def test_asked_again_after_silence(client, collect):
    """Silence is a passing trouble too; how long it may last is the client's to say."""
    collect.on(faults.Hang(), route="GET /team", nth=1)
    client._limits = ShortFirstWait()
    assert client.team().name == "Sandbox & Co"


def test_given_up(client, collect):
    """After three tries it is said that Collect does not answer, and what to do."""
    collect.on(status(503), route="GET /team")
    with pytest.raises(CollectUnavailable) as raised:
        client.team()
    assert (str(raised.value), raised.value.tip) == ("Collect cannot answer now (503).", "Run again in a few minutes.")
    assert len(collect.calls) == 3


# status -> the error for /team, the error for a campaign
REFUSALS = {400: (CollectUnavailable,) * 2, 401: (KeyRefused,) * 2, 403: (KeyRefused, CampaignError),
            404: (CollectUnavailable, CampaignError), 307: (CollectUnavailable,) * 2}  # fmt: skip


@pytest.mark.parametrize("status", REFUSALS)
def test_refused(client, collect, status):
    """A refusal is told in the user's terms, with a next step, and is not asked again."""
    fault = faults.Status(status, {"Location": "/v1/users"})
    collect.on(fault, route="GET /team")
    collect.on(fault, route="GET /campaigns/{id}")
    for question, error in zip((client.team, lambda: client.campaign("c1")), REFUSALS[status], strict=True):
        collect.calls.clear()
        with pytest.raises(error) as raised:
            question()
        assert (bool(raised.value.tip), len(collect.calls)) == (True, 1)


@pytest.mark.parametrize("unfit", ["", " ", ".", "..", "../team", "a/b", "a?b", "nobody-knows-it"])
def test_no_such_campaign(client, unfit):
    """An id that no campaign has leads nowhere else, whatever stands in it."""
    with pytest.raises(CampaignError):
        client.campaign(unfit)


def test_wrong_key(collect):
    """A wrong key is told as such."""
    with pytest.raises(KeyRefused):
        CollectClient(collect.url, "wrong").team()


def test_key_as_the_user(client, collect):
    """Where Collect takes the key as the user, the first question finds it out, once, and all later calls know it."""
    collect.key_first = True

    assert client.team().name == "Sandbox & Co"
    assert client.campaigns()
    body = {"campaignId": collect.campaign, "contacts": [{"email": "new@example.org"}]}
    assert client.post(json.dumps(body), lambda: True).verdict == "accepted"
    assert client.key_first
    assert [call.route for call in collect.calls].count("GET /team") == 1


def test_only_the_first_question_tries_the_other_order(client, collect):
    """A key that was accepted once is never given in the other order, whatever is refused later."""
    client.team()
    collect.key_first = True

    for ask in (client.team, client.campaigns):
        with pytest.raises(KeyRefused):
            ask()
    assert not client.key_first


def test_key_that_no_order_helps_is_tried_twice(collect):
    """A wrong key is refused after one try in each order, and the next question makes one more only."""
    refused = []
    collect.lets_in = refused.append
    client = CollectClient(collect.url, "wrong key")

    for count in (2, 3):
        with pytest.raises(KeyRefused):
            client.team()
        assert len(refused) == count
    assert not client.key_first


def test_retry_after_is_honoured(client, collect, waits):
    """The seconds that Collect asks for are waited."""
    collect.on(status(429, {"Retry-After": "7"}), route="GET /team", nth=1)
    client.team()
    assert waits == [7.0]


def test_waits_differ(client, collect, waits):
    """Without a wish of Collect's the waits are short, grow, and are never twice the same."""
    collect.on(status(503), route="GET /team", nth=(1, 2, 4, 5))
    client.team()
    client.team()
    assert (len(waits), len(set(waits)), all(0 < wait <= 5.5 for wait in waits)) == (4, 4, True)


@pytest.mark.parametrize("asked", ["61", "1000000000", "1e9", "9" * 400])
def test_retry_after_beyond_the_cap(client, collect, waits, asked):
    """When Collect asks for more than a minute, nobody waits; the user is told how long it is."""
    collect.on(status(429, {"Retry-After": asked}), route="GET /team")
    with pytest.raises(CollectUnavailable) as raised:
        client.team()
    patient = not asked.isdigit()
    assert (3 if patient else 1, not patient) == (len(collect.calls), "Collect asks to wait" in raised.value.tip)


def test_retry_after_as_a_date(client, collect, waits):
    """A date is compared with the server's own clock, and a past one means at once."""
    collect.clock_offset = 3600.0
    started = time.time()
    soon, past = (email.utils.formatdate(started + 3600 + each, usegmt=True) for each in (30, -500))
    collect.on(status(429, {"Retry-After": soon}), route="GET /team", nth=1)
    collect.on(status(429, {"Retry-After": past}), route="GET /team", nth=2)
    client.team()
    took = time.time() - started
    assert (28 - took <= waits[0] <= 31, waits[1]) == (True, 0.0)


@pytest.mark.parametrize("body", [b"<html>login</html>", b"[]", b"{}", b"null", b'{"_id": null}', b"\xff\xfe"])
def test_team_that_makes_no_sense(body):
    """A 200 that names no team is no team: identities are made of it."""
    with FaultServer(answers(answer(200, body))) as server, pytest.raises(CollectUnavailable, match="makes no sense"):
        CollectClient(server.url, "key").team()


def test_drip_is_cut_at_the_deadline():
    """A question is under the deadline too, each of its tries."""

    def fault(visit):
        visit.read()
        visit.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 90 + b"\r\n")

    with FaultServer(fault) as server:
        with pytest.raises(CollectUnavailable, match="within the time allowed"):
            CollectClient(server.url, "key", deadline=0.2).team()
        until(lambda: server.connections >= 3)  # a busy machine may come to accept one when the client has given up
    assert (server.connections, server.finished) == (3, False)


def test_server_offset(collect, client):
    """The client knows how far Collect's clock is from ours, from its Date header."""
    collect.clock_offset = 90.0
    started = time.time()
    client.team()
    took = time.time() - started
    assert abs(client.server_offset - 90.0) < 2.0 + took


@pytest.mark.parametrize(("days", "believed"), [(-1.9, True), (1.9, True), (-2.1, False), (2.1, False), (400.0, False)])
def test_date_that_is_far_off(collect, client, days, believed):
    """A server whose clock is days off says nothing of ours."""
    collect.date_offset = days * 86_400
    client.team()
    assert (client.server_offset is not None) is believed


def test_answer_beyond_all_measure(monkeypatch):
    """An answer that is larger than any that Collect gives is not read to its end."""
    monkeypatch.setattr("collect_xl.api.wire._LARGEST_REPLY", 1000)
    huge = answers(answer(200, b'{"_id": "t"}' + b" " * 200_000))
    with FaultServer(huge) as server, pytest.raises(CollectUnavailable, match="larger than any"):
        CollectClient(server.url, "key").team()
