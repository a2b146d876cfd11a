"""What must never be seen: the key, people's addresses and portal links, in words, reprs, errors and logs."""

import base64
import io
import json
import logging
import netrc
import traceback

import pytest

from collect_xl.api.client import CollectClient
from collect_xl.errors import CollectXlError
from collect_xl.testing import FakeCollect, faults
from support.fault_server import FaultServer, answer, answers

KEY = "canary-0f9e8d7c"
ADDRESS = "canary.person@example.org"
SECRETS = (KEY, base64.b64encode(f":{KEY}".encode()).decode(), ADDRESS, "/portal/")


def seen(text):
    return [secret for secret in SECRETS if secret in text]


@pytest.fixture
def logged():
    """Everything that any library logs, down to the last detail."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("name", [name for name in faults.FAULTS if name not in {"drip", "hang"}])
def test_post_keeps_secrets(logged, name):
    """Whatever goes wrong with a POST, its words and all logs are free of secrets."""
    with FakeCollect(key=KEY) as collect:
        collect.on(faults.FAULTS[name])
        client = CollectClient(collect.url, KEY)
        body = json.dumps({"campaignId": collect.campaign, "contacts": [{"email": ADDRESS}]})
        found = client.post(body, lambda: True)
    assert seen(f"{found.words} {client!r} {logged.getvalue()}") == []


@pytest.mark.parametrize("status", [307, 400, 401, 403, 404, 429, 500])
def test_questions_keep_secrets(logged, status):
    """Whatever goes wrong with a question, the whole traceback and all logs are free of secrets."""
    with FakeCollect(key=KEY) as collect:
        collect.account.send({"campaignId": collect.campaign, "contacts": [{"email": ADDRESS}]})
        collect.on(faults.Status(status, body={"portalUrl": "https://x/portal/1", "email": ADDRESS}), route="GET /team")
        with pytest.raises(CollectXlError) as raised:
            CollectClient(collect.url, KEY).team()
        CollectClient(collect.url, KEY).listing(collect.campaign)
    assert seen("".join(traceback.format_exception(raised.value)) + raised.value.tip + logged.getvalue()) == []


def test_unreachable_keeps_secrets(logged):
    """A server that is not there is told of without secrets."""
    with pytest.raises(CollectXlError) as raised:
        CollectClient("http://127.0.0.1:1/v1", KEY).team()
    assert seen("".join(traceback.format_exception(raised.value)) + logged.getvalue()) == []


def test_key_that_a_server_repeats():
    """A key that a server repeats, in plain letters or as the header has it, does not come into sheet or journal."""
    header = base64.b64encode(f":{KEY}".encode()).decode()
    said = json.dumps({"message": f"bad key {KEY} in Basic {header}"}).encode()
    with FaultServer(answers(answer(400, said))) as server:
        found = CollectClient(server.url, KEY).post("{}", lambda: True)
    assert (seen(found.body + "".join(found.errors)), "(the API key)" in found.body) == ([], True)


@pytest.mark.parametrize("key", [KEY, "schlüssel-€-鍵", "with:colon", "with space"])
def test_header_is_exact(key):
    """The key goes as the password of an empty user, byte for byte, and only there."""
    with FaultServer(answers(answer(200, b'{"_id": "t"}'))) as server:
        CollectClient(server.url, key).team()
    [(head, body)] = server.requests
    expected = b"authorization: Basic " + base64.b64encode(b":" + key.encode())
    lines = head.split(b"\r\n")
    assert ([line for line in lines if line.lower().startswith(b"authorization")], body) == (
        [expected.replace(b"authorization", b"Authorization")],
        b"",
    )


def test_netrc_is_not_read(monkeypatch, tmp_path):
    """Another password for the same host, in the user's .netrc, is never sent."""
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login somebody password other\n")
    assert netrc.netrc(str(file)).authenticators("127.0.0.1")
    monkeypatch.setenv("NETRC", str(file))
    with FakeCollect() as collect:
        assert CollectClient(collect.url, collect.key).team().name == "Sandbox & Co"


def test_what_every_request_says():
    """Requests name this tool and its version, ask for JSON, uncompressed, and carry no cookie."""
    reply = answer(200, b'{"_id": "t", "requests": []}', b"Set-Cookie: a=b\r\n")
    with FaultServer(answers(reply)) as server:
        client = CollectClient(server.url, KEY)
        client.team()
        client.post("{}", lambda: True)
    for head, _ in server.requests:
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        assert (fields[b"accept-encoding"], fields[b"accept"]) == (b"identity", b"application/json")
        assert (fields[b"user-agent"].startswith(b"collect-xl/"), b"cookie" in fields) == (True, False)
    assert b"content-type: application/json" in server.requests[1][0].lower()
