"""The fake Collect behaves as the API is documented, shows its faults, and remembers who would have been mailed."""

import json
import threading
from urllib.parse import urlsplit

import pytest
import requests

from collect_xl.api.client import CollectClient
from collect_xl.testing import FakeCollect, faults, serve_forever
from support.waiting import until


@pytest.fixture
def collect():
    with FakeCollect() as server:
        yield server


def call(collect, method, path, body=None):
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, collect.url + path, json=body, auth=("", collect.key), timeout=5)


def post(collect, *emails, **options):
    people = [{"email": email} for email in emails]
    return call(collect, "POST", "/requests", {"campaignId": collect.campaign, "contacts": people, **options})


def test_loopback_only(collect):
    """No other computer on the network can reach it."""
    assert (urlsplit(collect.url).hostname, collect._server.server_address[0]) == ("127.0.0.1", "127.0.0.1")


@pytest.mark.parametrize(
    "header", [None, "Basic", "Bearer sandbox-key", "Basic c2FuZGJveC1rZXk6", "basic OnNhbmRib3gta2V5"]
)
def test_authentication_is_exact(collect, header):
    """Only Basic with an empty user and the key is let in; a refused call is not logged as one."""
    found = requests.get(collect.url + "/team", headers={"Authorization": header} if header else {}, timeout=5)
    assert (found.status_code, collect.calls) == (401, [])


def test_equal_seeds_make_equal_accounts():
    """Ids depend on the seed alone, so that runs can be compared."""
    teams = []
    for seed in (1, 1, 2):
        with FakeCollect(seed=seed) as collect:
            teams.append(
                (collect.account.team["_id"], collect.campaign, post(collect, "a@x.org").json()["requests"][0]["_id"])
            )
    assert (teams[0] == teams[1], teams[1] == teams[2]) == (True, False)


def test_sending(collect):
    """A contact is made or reused by its address or id, a request is made for each, and the log names the people."""
    known = collect.account.add_contact("Old@example.org", firstName="Olga")
    people = [known, {"email": "old@EXAMPLE.org"}, {"email": "new@example.org", "tags": ["x"], "customFields": []}]
    reply = call(collect, "POST", "/requests", {"campaignId": collect.campaign, "contacts": people}).json()
    made = reply["requests"]
    assert [each["contact"]["_id"] == known for each in made] == [True, True, False]
    assert (reply["contacts"][0], reply["errors"]) == (known, [])
    assert (made[2]["contact"]["tag"], made[2]["status"]) == (["x"], "pending")
    assert made[0]["portalUrl"].endswith("/" + made[0]["_id"])
    assert [(each.request_id, each.email) for each in collect.accepted] == [
        (made[0]["_id"], "Old@example.org"),
        (made[1]["_id"], "Old@example.org"),
        (made[2]["_id"], "new@example.org"),
    ]


def test_default_due_date(collect):
    """Without a due date a request is due after seven days; one that is given is kept."""
    first, second = post(collect, "a@x.org").json(), post(collect, "a@x.org", dueDate="2031-01-01T00:00:00Z").json()
    created = collect.accepted[0].at
    assert first["requests"][0]["dueDate"] > created
    assert second["requests"][0]["dueDate"] == "2031-01-01T00:00:00Z"


# body, as a function of the fake -> status
BODIES = {
    "none": (lambda _: None, 404),
    "list": (lambda _: [], 404),
    "no-campaign": (lambda _: {"contacts": ["x"]}, 404),
    "closed": (lambda fake: {"campaignId": fake.campaign_like("closed"), "contacts": ["x"]}, 400),
    "archived": (lambda fake: {"campaignId": fake.campaign_like("archived"), "contacts": ["x"]}, 400),
    "private": (lambda fake: {"campaignId": fake.account.add_campaign("P", private=True), "contacts": ["x"]}, 403),
    "no-contacts": (lambda fake: {"campaignId": fake.campaign, "contacts": []}, 400),
    "contacts-object": (lambda fake: {"campaignId": fake.campaign, "contacts": {}}, 400),
    "51-contacts": (lambda fake: {"campaignId": fake.campaign, "contacts": [{"email": "a@x.org"}] * 51}, 400),
}


@pytest.mark.parametrize("name", BODIES)
def test_refused(collect, name):
    """A body that cannot be sent is refused, and no person is mailed."""
    body, status = BODIES[name]
    assert (call(collect, "POST", "/requests", body(collect)).status_code, collect.accepted) == (status, [])


def test_fifty_contacts_are_taken(collect):
    """Fifty contacts are the most."""
    assert len(post(collect, *[f"p{number}@x.org" for number in range(50)]).json()["requests"]) == 50


def test_contacts_that_cannot_be_asked(collect):
    """An unknown id or a contact without an address is complained of, and the others are asked."""
    people = ["nobody", {"firstName": "x"}, {"email": "a@x.org"}, 7]
    reply = call(collect, "POST", "/requests", {"campaignId": collect.campaign, "contacts": people}).json()
    assert (len(reply["requests"]), len(reply["errors"]), len(collect.accepted)) == (1, 3, 1)


def test_looking_up(collect):
    """Requests and contacts are found by id, by exact address, by text; a contact shows its requests."""
    [made] = post(collect, "Ann@x.org").json()["requests"]
    contact = made["contact"]["_id"]
    assert call(collect, "GET", f"/requests/{made['_id']}").json()["_id"] == made["_id"]
    assert [each["_id"] for each in call(collect, "GET", "/contacts?email=Ann@x.org").json()] == [contact]
    assert call(collect, "GET", "/contacts?email=ann@x.org").json() == []
    assert [each["_id"] for each in call(collect, "GET", "/contacts?search=ANN").json()] == [contact]
    assert [each["_id"] for each in call(collect, "GET", f"/contacts/{contact}").json()["requests"]] == [made["_id"]]
    listed = call(collect, "GET", f"/requests?campaignId={collect.campaign}&search=ann@").json()
    assert [each["_id"] for each in listed] == [made["_id"]]


@pytest.mark.parametrize(
    "path", ["/requests/x", "/contacts/x", "/campaigns/x", "/requests?campaignId=x", "/nothing", "/team/x"]
)
def test_not_found(collect, path):
    """What is not there is a 404."""
    assert call(collect, "GET", path).status_code == 404


@pytest.mark.parametrize("query", ["", "?campaignId={}&offset=x", "?campaignId={}&limit=many"])
def test_bad_query(collect, query):
    """A listing needs a campaign, and numbers that are numbers."""
    assert call(collect, "GET", "/requests" + query.format(collect.campaign)).status_code == 400


def test_pages(collect):
    """A page holds 50 unless asked, and never more than 100."""
    for start in range(0, 120, 40):
        post(collect, *[f"p{number}@x.org" for number in range(start, start + 40)])
    path = f"/requests?campaignId={collect.campaign}"
    sizes = [
        len(call(collect, "GET", path + more).json())
        for more in ("", "&limit=500", "&limit=100&offset=100", "&offset=120")
    ]
    assert sizes == [50, 100, 20, 0]


def test_changing_a_request(collect):
    """PATCH changes state and due date; cancelled requests vanish from the plain listing and are found by filter."""
    [made] = post(collect, "a@x.org").json()["requests"]
    reply = call(collect, "PATCH", "/request", {"requestId": made["_id"], "status": "canceled", "dueDate": None}).json()
    assert (reply["request"]["status"], reply["request"]["dueDate"], reply["errors"]) == ("cancelled", None, [])
    path = f"/requests?campaignId={collect.campaign}"
    shown = [len(call(collect, "GET", path + more).json()) for more in ("", "&filter=cancelled", "&filter=archived")]
    assert shown == [0, 1, 0]
    assert call(collect, "PATCH", "/request", {"requestId": "x"}).status_code == 404


@pytest.mark.parametrize("made_how", ["drop-after", "reset-after", "error-after"])
def test_faults_after_creating(collect, made_how):
    """The fault hides the answer, and the request is made."""
    collect.on(faults.FAULTS[made_how])
    CollectClient(collect.url, collect.key).post(_body(collect), lambda: True)
    assert (len(collect.accepted), len(collect.posts)) == (1, 1)


@pytest.mark.parametrize(
    "made_how", ["drop-before", "html", "bad-request", "too-many", "redirect", "maintenance", "late"]
)
def test_faults_without_creating(collect, made_how):
    """The fault keeps the request from being made."""
    collect.on(faults.FAULTS[made_how])
    CollectClient(collect.url, collect.key).post(_body(collect), lambda: True)
    assert (len(collect.accepted), len(collect.posts)) == (0, 1)


def _body(collect, *emails):
    people = [{"email": email} for email in emails or ("a@x.org",)]
    return json.dumps({"campaignId": collect.campaign, "contacts": people})


def test_which_calls_a_fault_meets(collect):
    """A fault meets the calls that it was given by number, by condition, on its route; the first rule holds."""
    collect.on(faults.Status(500), nth=2)
    collect.on(faults.Status(418), when=lambda call: call.body["contacts"][0]["email"].startswith("tea"))
    collect.on(faults.Status(503), route="GET /team", nth={1, 3})
    posts = [post(collect, email).status_code for email in ("a@x.org", "tea@x.org", "tea@x.org", "b@x.org")]
    assert posts == [200, 500, 418, 200]
    assert [call(collect, "GET", "/team").status_code for _ in range(4)] == [503, 200, 503, 200]


@pytest.mark.parametrize("soon", [False, True], ids=["hastened", "in-time"])
def test_late_creation(collect, soon):
    """What is made late is made once: when its time comes, or when the test says so."""
    collect.on(faults.CreatedLate(0.05 if soon else 60.0))
    with pytest.raises(requests.ConnectionError):
        post(collect, "a@x.org")
    if soon:
        collect._late[0]._timer.join()
    collect.hasten()
    collect.hasten()
    assert [each.email for each in collect.accepted] == ["a@x.org"]


def test_answers_that_differ(collect):
    """Shuffled, fewer, other case and other address change the answer alone, not what was made."""
    emails = [f"p{number}@x.org" for number in range(5)]
    echoed = {}
    for number, fault in enumerate(
        (faults.Shuffled(), faults.Fewer(2), faults.OtherCase(), faults.OtherEmail()), start=1
    ):
        collect.on(fault, nth=number)
        echoed[number] = [each["contact"]["email"] for each in post(collect, *emails).json()["requests"]]
    assert (sorted(echoed[1]) == emails, echoed[1] == emails, echoed[2]) == (True, False, emails[2:])
    assert (echoed[3], echoed[4]) == ([email.upper() for email in emails], [f"other.{email}" for email in emails])
    assert [each.email for each in collect.accepted] == emails * 4


@pytest.mark.parametrize("shape", ["text", "email", "nested", "index", "contactId", "nameless", "alone"])
def test_complaints(collect, shape):
    """A complaint comes instead of the first contact's request."""
    collect.on(faults.Complains(shape))
    reply = post(collect, "first@x.org", "b@x.org").json()
    assert (bool(reply["errors"]), [each.email for each in collect.accepted]) == (True, ["b@x.org"])


def test_bad_row(collect):
    """One bad address refuses the whole batch; without it the batch is taken."""
    collect.on(faults.BadRow("bad@x.org"))
    assert [post(collect, *emails).status_code for emails in (("a@x.org", "bad@x.org"), ("a@x.org",))] == [400, 200]


def test_cut_and_drip(collect):
    """A cut ends the connection, a drip sends all, slowly."""
    collect.on(faults.Cut(40), nth=1)
    collect.on(faults.Drip(0.0, whole=100), nth=2)
    with pytest.raises(requests.RequestException):
        post(collect, "a@x.org").json()
    assert post(collect, "a@x.org").json()["errors"] == []


def test_every_fault_has_a_name_and_words():
    """The table is what documentation and sandbox show: each fault is described."""
    assert [name for name, fault in faults.FAULTS.items() if not type(fault).__doc__] == []


def test_closing_ends_what_hangs():
    """Closing the fake does not wait for a client, a pause or a late job."""
    with FakeCollect(latency=0.01) as collect:
        collect.on(faults.Hang(), nth=1)
        collect.on(faults.CreatedLate(), nth=2)
        threads = [threading.Thread(target=_try, args=(collect,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        until(lambda: len(collect.posts) == 2)
    for thread in threads:
        thread.join(5)
    assert [thread.is_alive() for thread in threads] == [False, False]


def _try(collect):
    with pytest.raises(requests.RequestException):
        post(collect, "a@x.org")


def test_account_outlives_the_server(tmp_path):
    """With a file the account is the same in the next run, and its ids go on without repeating."""
    file = tmp_path / "account.json"
    with FakeCollect(file=file) as collect:
        [made] = post(collect, "a@x.org").json()["requests"]
        team, accepted = collect.account.team, collect.accepted
    with FakeCollect(file=file) as again:
        found = call(again, "GET", f"/requests/{made['_id']}").json()
        [other] = post(again, "a@x.org").json()["requests"]
        assert (again.account.team, again.accepted[:1], found["_id"]) == (team, accepted, made["_id"])
        assert (other["_id"] != made["_id"], other["contact"]["_id"]) == (True, made["contact"]["_id"])


def test_clock(collect):
    """Its clock may differ from ours; dates and the Date header follow it."""
    collect.clock_offset = 86_400.0
    post(collect, "a@x.org")
    assert abs((collect.calls[0].at - collect.now()).total_seconds()) < 60
    assert collect.accepted[0].at[:10] in {f"{collect.now():%Y-%m-%d}", f"{collect.calls[0].at:%Y-%m-%d}"}


def test_many_at_once(collect):
    """Several clients at once lose and double nothing."""
    emails = [f"p{number}@x.org" for number in range(40)]
    threads = [threading.Thread(target=post, args=(collect, email)) for email in emails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.email for each in collect.accepted) == sorted(emails)
    assert sorted(each.number for each in collect.posts) == list(range(1, 41))


def test_serve_forever(monkeypatch):
    """The sandbox's server tells its address when it listens, and ends when it is interrupted."""
    seen = []

    def started(collect):
        seen.append(call(collect, "GET", "/team").status_code)

        def interrupt(_seconds):
            raise KeyboardInterrupt

        monkeypatch.setattr(collect, "pause", interrupt)

    with pytest.raises(KeyboardInterrupt):
        serve_forever(started=started)
    assert seen == [200]
