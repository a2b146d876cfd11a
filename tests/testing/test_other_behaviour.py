"""What Collect, its users and what stands before it may do beside the documentation, shown by the fake on demand."""

import json
import threading
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from collect_xl.testing import FakeCollect, faults, spellings
from support.waiting import until

LIST = "GET /requests"


@pytest.fixture
def collect():
    with FakeCollect() as server:
        yield server


def call(collect, method, path, body=None):
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, collect.url + path, json=body, auth=("", collect.key), timeout=5)


def post(collect, *emails):
    people = [{"email": email} for email in emails]
    return call(collect, "POST", "/requests", {"campaignId": collect.campaign, "contacts": people})


def listed(collect, more=""):
    """Return the requests that a list shows."""
    return call(collect, "GET", f"/requests?campaignId={collect.campaign}{more}").json()


def asked(collect):
    return [each.email for each in collect.accepted]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 504, 520])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_some_are_made_before_a_refusal(collect, status, count):
    """The first ones of a batch are made, and the answer has any status, body and headers."""
    collect.on(faults.CreatesFirst(count, status, {"message": "no"}, {"Retry-After": "1"}))
    answer = post(collect, "a@x.org", "b@x.org", "c@x.org")
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (status, {"message": "no"}, "1")
    assert asked(collect) == ["a@x.org", "b@x.org", "c@x.org"][:count]


def test_some_are_made_with_words_of_its_own(collect):
    """Without a body the answer names its status, and an empty body stays one."""
    collect.on(faults.CreatesFirst(1, 413), nth=1)
    collect.on(faults.CreatesFirst(1, 413, b""), nth=2)
    assert (post(collect, "a@x.org").json(), post(collect, "a@x.org").content) == ({"message": "fault 413"}, b"")


@pytest.mark.parametrize("soon", [False, True], ids=["hastened", "in-time"])
def test_work_that_goes_on_behind_a_gateway(collect, soon):
    """The answer comes at once, and what was asked for is made once: when its time comes, or when the test says so."""
    collect.on(faults.WorksOn(502, 0.2 if soon else 60.0))
    status = post(collect, "a@x.org").status_code
    assert (status, soon or asked(collect) == []) == (502, True)
    if soon:
        until(lambda: asked(collect))
    collect.hasten()
    collect.hasten()
    assert asked(collect) == ["a@x.org"]


def test_list_that_lags(collect):
    """A list shows a request only after a while by the fake's clock; by its id it is found at once."""
    collect.list_lag = 30.0
    [made] = post(collect, "a@x.org").json()["requests"]
    assert (listed(collect), listed(collect, "&filter=pending")) == ([], [])
    assert call(collect, "GET", f"/requests/{made['_id']}").json()["_id"] == made["_id"]
    collect.clock_offset = 31.0
    assert [each["_id"] for each in listed(collect)] == [made["_id"]]


@pytest.mark.parametrize("offset", [-86_400.0, 0.0, 7_200.0])
def test_date_header_that_is_off(offset):
    """The header is off against the fake's own clock, which may itself be off against ours."""
    with FakeCollect(date_offset=offset, clock_offset=500.0) as collect:
        answer = post(collect, "a@x.org")
        told = parsedate_to_datetime(answer.headers["Date"])
        created = datetime.fromisoformat(answer.json()["requests"][0]["createdAt"])
    assert abs((told - created).total_seconds() - offset) < 60


# how a moment is shown -> what it means for a moment that was exact
STYLES = {
    "exact": lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
    "minutes": lambda at: f"{at:%Y-%m-%dT%H:%M}:00Z",
    "days": lambda at: f"{at:%Y-%m-%d}T00:00:00Z",
    "day-early": lambda at: f"{at - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    "day-late": lambda at: f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    "local": lambda at: f"{at.astimezone(ZoneInfo('Europe/Paris')):%Y-%m-%dT%H:%M:%S}",
}


@pytest.mark.parametrize("style", STYLES)
def test_moments_that_say_less(style):
    """Replies, lists and single requests show ``createdAt`` in the style; the fake itself remembers it exactly."""
    with FakeCollect(created_style=style) as collect:
        [made] = post(collect, "a@x.org").json()["requests"]
        exact = datetime.fromisoformat(collect.accepted[0].at)
        shown = [made, *listed(collect), call(collect, "GET", f"/requests/{made['_id']}").json()]
        assert [each["createdAt"] for each in shown] == [STYLES[style](exact)] * 3
        assert [each["dueDate"] for each in shown] == [collect.account.requests[made["_id"]]["dueDate"]] * 3


def test_requests_that_this_key_cannot_see(collect, tmp_path):
    """A hidden request is in no list, not found by id, not changed, and not among its contact's requests."""
    first, second = post(collect, "a@x.org", "b@x.org").json()["requests"]
    collect.account.hide([first["_id"]])
    assert [each["_id"] for each in listed(collect)] == [second["_id"]]
    assert call(collect, "GET", f"/requests/{first['_id']}").status_code == 404
    assert call(collect, "PATCH", "/request", {"requestId": first["_id"], "status": "canceled"}).status_code == 404
    assert call(collect, "GET", f"/contacts/{first['contact']['_id']}").json()["requests"] == []
    assert (asked(collect), collect.account.requests[first["_id"]]["status"]) == (["a@x.org", "b@x.org"], "pending")


def test_what_is_hidden_outlives_the_server(tmp_path):
    """An account that is kept keeps what is hidden, too, and one from before there was such a thing can be read."""
    file = tmp_path / "account.json"
    with FakeCollect(file=file) as collect:
        [made] = post(collect, "a@x.org").json()["requests"]
        collect.account.hide([made["_id"]])
    with FakeCollect(file=file) as collect:
        assert listed(collect) == []
    account = json.loads(file.read_text())
    del account["hidden"]
    file.write_text(json.dumps(account))
    with FakeCollect(file=file) as collect:
        assert [each["_id"] for each in listed(collect)] == [made["_id"]]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("known", [False, True], ids=["address", "contact-id"])
def test_colleague_asks_meanwhile(collect, before, known):
    """A colleague's request is made before or after the batch, and the answer tells of the batch alone."""
    contact = collect.account.add_contact("theirs@x.org") if known else "theirs@x.org"
    collect.on(faults.ColleagueAsks(contact, before=before))
    answer = post(collect, "a@x.org", "b@x.org").json()
    ours = ["a@x.org", "b@x.org"]
    assert [each["contact"]["email"] for each in answer["requests"]] == ours
    assert asked(collect) == (["theirs@x.org", *ours] if before else [*ours, "theirs@x.org"])
    assert len(listed(collect)) == 3


def test_colleague_asks_and_the_answer_is_lost(collect):
    """The batch itself may meet a fault of its own, delivery included."""
    collect.on(faults.ColleagueAsks("theirs@x.org", then=faults.DropAfterCreating()), nth=1)
    collect.on(faults.ColleagueAsks("theirs@x.org", before=False, then=faults.CreatesFirst(1, 400)), nth=2)
    with pytest.raises(requests.ConnectionError):
        post(collect, "a@x.org")
    assert post(collect, "b@x.org", "c@x.org").status_code == 400
    assert asked(collect) == ["theirs@x.org", "a@x.org", "b@x.org", "theirs@x.org"]


def test_contacts_that_are_merged(collect):
    """Lists show the requests of the old contact under the new one's id and address; the old one is gone."""
    [old], [new] = (post(collect, email).json()["requests"] for email in ("old@x.org", "new@x.org"))
    old_id, new_id = (each["contact"]["_id"] for each in (old, new))
    collect.account.merge_contacts(old_id, new_id)
    shown = [(each["_id"], each["contact"]["_id"], each["contact"]["email"]) for each in listed(collect)]
    assert shown == [(old["_id"], new_id, "new@x.org"), (new["_id"], new_id, "new@x.org")]
    assert call(collect, "GET", f"/contacts/{old_id}").status_code == 404
    assert len(call(collect, "GET", f"/contacts/{new_id}").json()["requests"]) == 2
    assert asked(collect) == ["old@x.org", "new@x.org"]


@pytest.mark.parametrize(
    ("change", "spelt"),
    [
        (str.upper, "ZOË@BÜCHER.EXAMPLE"),
        (spellings.decomposed, "zoe\u0308@bu\u0308cher.example"),
        (spellings.punycode_domain, "zoë@xn--bcher-kva.example"),
    ],
    ids=["upper", "nfd", "punycode"],
)
def test_addresses_in_another_spelling(collect, change, spelt):
    """Replies and lists show each address in the other spelling; the account keeps it as it was sent."""
    for route in ("POST /requests", LIST):
        collect.on(faults.OtherSpelling(change), route=route)
    answer = post(collect, "zoë@bücher.example").json()
    entries = [*answer["requests"], *listed(collect)]
    assert [each["contact"]["email"] for each in entries] + [answer["contacts"][0]["email"]] == [spelt] * 3
    assert asked(collect) == ["zoë@bücher.example"]


@pytest.mark.parametrize(
    ("fault", "stays"),
    [
        (faults.Status(503), True),
        pytest.param(faults.Reshaped(lambda body: body), True, id="Reshaped"),
        (faults.ColleagueAsks("theirs@x.org"), True),
        (faults.Status(503, {"Connection": "close"}), False),
        (faults.Drip(0.0), False),
        (faults.ColleagueAsks("theirs@x.org", then=faults.Drip(0.0)), False),
    ],
    ids=str,
)
def test_only_spoilt_deliveries_end_the_connection(collect, fault, stays):
    """A connection stays open after a fault whose answer was delivered whole, as after any answer."""
    opened = []
    process = collect._server.process_request
    collect._server.process_request = lambda *args: (opened.append(1), process(*args))
    collect.on(fault, nth=1)
    with requests.Session() as session:
        session.trust_env = False
        # A server may close before the client has noticed: then it connects anew.
        session.mount("http://", HTTPAdapter(max_retries=Retry(2, allowed_methods=None)))
        for _ in range(2):
            body = {"campaignId": collect.campaign, "contacts": [{"email": "a@x.org"}]}
            session.post(collect.url + "/requests", json=body, auth=("", collect.key), timeout=5)
    assert len(opened) == (1 if stays else 2)


@pytest.mark.parametrize("name", ["creates-first", "works-on", "colleague", "other-spelling"])
def test_named_faults(collect, name):
    """The faults of this file stand in the table by name."""
    collect.on(faults.FAULTS[name])
    status = post(collect, "a@x.org", "b@x.org").status_code
    made = {"creates-first": (400, 1), "works-on": (504, 0), "colleague": (200, 3), "other-spelling": (200, 2)}
    assert (status, len(collect.accepted)) == made[name]


def test_lagging_list_and_many_at_once(collect):
    """The lag holds for requests that are made while the list is read."""
    collect.list_lag = 60.0
    threads = [threading.Thread(target=post, args=(collect, f"p{number}@x.org")) for number in range(8)]
    for thread in threads:
        thread.start()
    seen = [len(listed(collect)) for _ in range(5)]
    for thread in threads:
        thread.join()
    assert (seen, len(collect.accepted)) == ([0] * 5, 8)
