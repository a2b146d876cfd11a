"""https: the trust store of the system alone decides, also behind a proxy; the deadline holds in every phase."""

import base64
import gc
import selectors
import socket
import sys
import threading

import certifi
import pytest
import truststore

from collect_xl.api.client import CollectClient
from support.fault_server import FaultServer, answer, answers, tls_server
from support.waiting import SOON

pytest.importorskip("cryptography", reason="certificates for these tests are made with cryptography")
if sys.platform != "linux":
    pytest.skip("elsewhere the trust store cannot be changed for a test", allow_module_level=True)

from support import certificates

BODY = '{"campaignId": "c", "contacts": [{"email": "ann@example.org"}]}'
MADE = b'{"requests": [{"_id": "r1"}], "errors": []}'
TEAM = b'{"_id": "t1", "name": "Team"}'
HOST = "collect.test"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return {name: certificates.make(folder, name) for name in ("127.0.0.1", HOST)}


@pytest.fixture
def trust(monkeypatch, made):
    """Make OpenSSL's store hold one authority and nothing else."""

    def only(name):
        monkeypatch.setenv("SSL_CERT_FILE", str(made[name][0]))
        monkeypatch.setenv("SSL_CERT_DIR", str(made[name][0].parent / "none"))

    return only


def client(server, **limits):
    limits = {"connect_timeout": 30.0, "read_timeout": 60.0, "deadline": 120.0, **limits}
    return CollectClient(server.url, "secret-key", **limits)


def test_trusted(made, trust):
    """A server whose certificate the store trusts is talked to, with a POST and with a question."""
    trust("127.0.0.1")
    with FaultServer(answers(answer(200, MADE)), tls_server(made["127.0.0.1"][1])) as server:
        assert client(server).post(BODY, lambda: True).verdict == "accepted"
    with FaultServer(answers(answer(200, TEAM)), tls_server(made["127.0.0.1"][1])) as server:
        assert client(server).team().id == "t1"


@pytest.mark.parametrize("why", ["unknown-authority", "other-name"])
def test_not_trusted(made, trust, why):
    """A certificate of an unknown authority, or for another name, proves that nothing was sent."""
    trust(HOST if why == "unknown-authority" else "127.0.0.1")
    own = made["127.0.0.1" if why == "unknown-authority" else HOST][1]
    with FaultServer(answers(answer(200, MADE)), tls_server(own)) as server:
        found = client(server).post(BODY, lambda: True)
    words = "the server's certificate is not trusted by this computer"
    assert ("not_sent", words, 0) == (found.verdict, found.words, server.bytes_seen)


def test_no_other_bundle_is_trusted(made, trust, monkeypatch, tmp_path):
    """Certificates that requests would bring along, by itself or by its variables, are not trusted."""
    trust(HOST)
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(made["127.0.0.1"][0].read_bytes())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setattr(certifi, "where", lambda: str(bundle))
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(bundle))
    with FaultServer(answers(answer(200, MADE)), tls_server(made["127.0.0.1"][1])) as server:
        assert client(server).post(BODY, lambda: True).verdict == "not_sent"


def _plain(visit):
    visit.send(answer(200, MADE))


def _close(visit):
    del visit


def _drip_handshake(visit):
    visit.drip(b"\x16\x03\x03\x40\x00" + b"\x00" * 2000)


# CPython leaves an SSL socket whose connection died before its handshake to the garbage collector.
died_before_handshake = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@died_before_handshake
@pytest.mark.parametrize("fault", [_plain, _close, _drip_handshake])
def test_handshake_that_fails(fault):
    """As long as the secure connection does not stand nothing was sent, also when the handshake drips for ever."""
    for deadline in (0.4, 2.0, 10.0):  # on a busy machine it may pass before the handshake begins
        begun = threading.Event()

        def fails(visit, begun=begun):
            if visit.socket.recv(500):
                begun.set()
                fault(visit)

        with FaultServer(fails) as server:
            address = server.url.replace("http:", "https:")
            found = CollectClient(address, "key", connect_timeout=30.0, deadline=deadline).post(BODY, lambda: True)
        if begun.is_set():
            break
    gc.collect()
    assert found.verdict == "not_sent"


def _drip_headers(visit):
    visit.read()
    visit.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 90 + b"\r\n")


def _drip_body(visit):
    visit.read()
    raw = answer(200, MADE + b" " * 2000)
    visit.send(raw[:120])
    visit.drip(raw[120:])


def _no_answer(visit):
    visit.read()


@pytest.mark.slow
@died_before_handshake
@pytest.mark.parametrize("fault", [_drip_headers, _drip_body, _no_answer])
def test_fault_after_the_body(made, trust, fault):
    """Over TLS too a drip ends at the deadline, and what was sent without an answer is unknown."""
    trust("127.0.0.1")
    for deadline in (1.0, 5.0, 25.0):  # a busy machine may need more than a second for handshake and body
        with FaultServer(fault, tls_server(made["127.0.0.1"][1])) as server:
            found = client(server, deadline=deadline).post(BODY, lambda: True)
        if server.posts:
            break
    gc.collect()
    assert (found.verdict, len(server.posts)) == ("lost", 1)


def test_guard_that_says_no(made, trust):
    """Over TLS too an abandoned call sends no body."""
    trust("127.0.0.1")
    with FaultServer(answers(answer(200, MADE)), tls_server(made["127.0.0.1"][1])) as server:
        found = client(server).post(BODY, lambda: False)
        assert server.ended.wait(SOON)
    assert (found.verdict, len(server.heads), server.requests) == ("abandoned", 1, [])


def proxying(target):
    """Return the fault that is no fault: a proxy which connects every name to one server."""

    def proxy(visit):
        visit.read_head()
        with socket.create_connection(("127.0.0.1", target.port)) as onward:
            visit.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pump(visit.socket, onward)

    return proxy


def _pump(one, other):
    with selectors.DefaultSelector() as ready:
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ready.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)


@pytest.fixture
def secured(monkeypatch):
    """The hosts to which the store of the operating system has secured a connection."""
    seen = []
    wrap = truststore.SSLContext.wrap_socket

    def spy(self, *args, **kwargs):
        seen.append(kwargs["server_hostname"])
        return wrap(self, *args, **kwargs)

    monkeypatch.setattr(truststore.SSLContext, "wrap_socket", spy)
    return seen


def test_behind_a_proxy(made, trust, secured, monkeypatch):
    """A proxy of the environment is used, the store decides there too, and the proxy sees neither key nor body."""
    trust(HOST)
    server = FaultServer(answers(answer(200, MADE)), tls_server(made[HOST][1]))
    with server, FaultServer(proxying(server)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        found = CollectClient(f"https://{HOST}/v1", "secret-key").post(BODY, lambda: True)
    [(head, body)] = server.requests
    [connect] = proxy.heads
    assert (found.verdict, body, secured) == ("accepted", BODY.encode(), [HOST])
    assert (b"Basic " + base64.b64encode(b":secret-key") in head, b"uthorization" in connect) == (True, False)


@pytest.mark.parametrize(
    "reply", [b"HTTP/1.1 407 Who are you\r\n\r\n", b"HTTP/1.1 503 No\r\n\r\n", b"nonsense\r\n\r\n", b""]
)
def test_proxy_that_does_not_connect(monkeypatch, reply):
    """A proxy that makes no connection proves that nothing was sent."""

    def refuse(visit):
        visit.read_head()
        visit.send(reply)

    with FaultServer(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        found = CollectClient(f"https://{HOST}/v1", "key").post(BODY, lambda: True)
    assert found.verdict == "not_sent"


@died_before_handshake
def test_proxy_that_drips(monkeypatch):
    """A proxy that never gets to the point is left at the deadline, with nothing sent."""

    def drip(visit):
        visit.read_head()
        visit.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 90)

    with FaultServer(drip) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        found = CollectClient(f"https://{HOST}/v1", "key", deadline=0.4).post(BODY, lambda: True)
    gc.collect()
    words = "no whole answer came within the time allowed"
    assert (found.verdict, found.words, proxy.finished) == ("not_sent", words, False)


def test_socks_proxy(monkeypatch):
    """A SOCKS proxy is not gone around: nothing is sent, and the words say why."""

    def unwatched(*_args, **_kwargs):
        pytest.fail("a connection that nobody watches")

    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", unwatched)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    found = CollectClient(f"https://{HOST}/v1", "key").post(BODY, lambda: True)
    assert (found.verdict, found.words) == ("not_sent", "this kind of proxy is not supported")


def test_loopback_needs_no_proxy(monkeypatch):
    """A server on this machine is never looked for behind a proxy."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with FaultServer(answers(answer(200, MADE))) as server:
        assert CollectClient(server.url, "key").post(BODY, lambda: True).verdict == "accepted"
