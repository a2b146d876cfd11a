"""The finer facts of a verdict: what Collect complained of, how long to wait, what is kept of the answer."""

import email.utils
import json
import time

import pytest

from collect_xl.api.client import CollectClient
from collect_xl.api.verdict import retry_after
from collect_xl.testing import FakeCollect, faults
from support.fault_server import FaultServer, answer, answers


def post(raw):
    with FaultServer(answers(raw)) as server:
        return CollectClient(server.url, "key").post("{}", lambda: True)


def _in(seconds, now=None):
    return email.utils.formatdate((time.time() if now is None else now) + seconds, usegmt=True)


# header -> seconds, None where it cannot be read
RETRY_AFTER = {
    "0": 0.0,
    "7": 7.0,
    " 120 ": 120.0,
    "1000000000": 366 * 86_400.0,
    "9" * 400: 366 * 86_400.0,
    "-5": None,
    "1.5": None,
    "1e9": None,
    "soon": None,
    "": None,
    "٣": None,
    "Wed, 21 Oct 2015 07:28:00 GMT": 0.0,
    "Wed, 21 Oct 2015 07:28:00 -0000": 0.0,
    "Fri, 31 Dec 9999 23:59:59 GMT": 366 * 86_400.0,
    "Fri, 99 Dec 2030 23:59:59 GMT": None,
}


@pytest.mark.parametrize("text", RETRY_AFTER)
def test_retry_after(text):
    """Seconds and dates are read, past ones mean at once, absurd ones are cut, nonsense is no wish."""
    assert retry_after({"Retry-After": text}) == RETRY_AFTER[text]


def test_retry_after_by_the_servers_clock():
    """A date is compared with the server's own Date, so that a wrong clock of ours does no harm."""
    now = time.time()
    assert retry_after({"Retry-After": _in(5030, now), "Date": _in(5000, now)}) == 30.0


def test_retry_after_of_a_post():
    """The wish reaches the answer, also for 503, where the answer counts as lost."""
    found = post(answer(429, b"", b"Retry-After: 7\r\n")), post(answer(503, b"", b"Retry-After: 9\r\n"))
    assert [(each.verdict, each.retry_after) for each in found] == [("answered", 7.0), ("lost", 9.0)]


def test_what_was_made():
    """An accepted answer tells every request, and every pair of contact and address that stands anywhere in it."""
    with FakeCollect() as collect:
        known = collect.account.add_contact("old@example.org")
        body = {"campaignId": collect.campaign, "contacts": [known, {"email": "new@example.org"}]}
        found = CollectClient(collect.url, collect.key).post(json.dumps(body), lambda: True)
    assert [each.id for each in found.requests] == [each.request_id for each in collect.accepted]
    assert sorted(found.contacts) == sorted((each.contact_id, each.email) for each in collect.accepted)


def test_complaints_of_a_refusal():
    """What a refusal says is kept as a complaint, and its text for the journal, but not in the words."""
    with FakeCollect() as collect:
        collect.on(faults.BadRow("bad@example.org"))
        body = {"campaignId": collect.campaign, "contacts": [{"email": "bad@example.org"}]}
        found = CollectClient(collect.url, collect.key).post(json.dumps(body), lambda: True)
    assert (found.verdict, found.errors) == ("answered", ("bad@example.org is not valid",))
    assert ("bad@example.org" in found.body, "bad@example.org" in found.words) == (True, False)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        pytest.param(b"Your plan's limit\n is reached.", ("Your plan's limit is reached.",), id="text"),
        pytest.param(b'"limit reached"', ("limit reached",), id="JSON text"),
        pytest.param(b'[{"message": "no"}]', ('{"message": "no"}',), id="JSON list"),
        pytest.param(b'{"error": 400, "message": "No such item"}', ("No such item",), id="documented"),
        pytest.param(b'{"error": "400", "message": "No such item"}', ("No such item",), id="number as text"),
        pytest.param(b'{"error": "Bad", "message": "No item"}', ("Bad", "No item"), id="error and message"),
        pytest.param(b'{"error": "Bad", "message": "Bad"}', ("Bad",), id="error twice"),
        pytest.param(b'{"error": 400}', ("400",), id="number alone"),
        pytest.param(b'{"errors": ["a"], "error": 400, "message": "b"}', ("a",), id="errors first"),
        pytest.param(b"<html><body>Sign in</body></html>", (), id="page"),
        pytest.param(b"\xff\xfe\x00", (), id="no text"),
        pytest.param(b"=1\x07", (), id="controls"),
        pytest.param(b"", (), id="nothing"),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_refusals_say_what_they_say_in_any_shape(status, body, errors):
    """What Collect says of a refusal reaches people although the shape of such a body is documented nowhere."""
    assert post(answer(status, body, b"")).errors == errors


def test_long_body_is_cut():
    """The journal keeps no more than a measured part of an answer."""
    assert len(post(answer(500, b"x" * 500_000)).body) == 20_000


def test_clock_of_the_server():
    """The answer tells how far the server's clock is from ours, and nothing where it cannot be read."""
    started = time.time()
    offsets = [post(answer(500, b"", f"Date: {date}\r\n".encode())).server_offset for date in (_in(100), "yesterday")]
    took = time.time() - started
    assert (abs(offsets[0] - 100) < 2 + took, offsets[1]) == (True, None)
