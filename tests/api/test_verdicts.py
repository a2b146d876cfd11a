"""What each fault of the network proves of a POST: ``reliability.md`` B.2, on real sockets, cut at many bytes."""

import json
import socket
import time

import pytest

from collect_xl.api.client import CollectClient
from support.fault_server import FaultServer, answer, answers, chunked

BODY = json.dumps({"campaignId": "c" * 17, "contacts": [{"email": f"p{n}@example.org"} for n in range(50)]})
MADE = json.dumps(
    {"requests": [{"_id": "r1", "contact": {"_id": "k1", "email": "p0@example.org"}}], "errors": []}
).encode()
LIMITS = {"connect_timeout": 5.0, "read_timeout": 20.0, "deadline": 40.0}


def post(server, **limits):
    client = CollectClient(server.url, "secret-key", **{**LIMITS, **limits})
    return client.post(BODY, lambda: True)


# answer -> verdict once the status line and headers are there, verdict once all of it is there
ANSWERS = {
    "200": (answer(200, MADE), "unknown", "accepted"),
    "201": (answer(201, MADE), "unknown", "accepted"),
    "200-html": (answer(200, b"<html>portal login</html>"), "unknown", "unknown"),
    "301": (answer(301, b"moved", b"Location: /v1/again\r\n"), "unknown", "unknown"),
    "302": (answer(302, b"moved", b"Location: /v1/again\r\n"), "unknown", "unknown"),
    "303": (answer(303, b"moved", b"Location: /v1/again\r\n"), "unknown", "unknown"),
    "307": (answer(307, b"moved", b"Location: /v1/again\r\n"), "unknown", "unknown"),
    "308": (answer(308, b"moved", b"Location: /v1/again\r\n"), "unknown", "unknown"),
    "400": (answer(400, b'{"message": "no"}'), "doubtful", "doubtful"),
    "401": (answer(401, b'{"message": "no"}'), "refused", "refused"),
    "403": (answer(403, b'{"message": "no"}'), "refused", "refused"),
    "404": (answer(404, b'{"message": "no"}'), "refused", "refused"),
    "409": (answer(409, b'{"message": "no"}'), "doubtful", "doubtful"),
    "413": (answer(413, b'{"message": "no"}'), "refused", "refused"),
    "422": (answer(422, b'{"message": "no"}'), "doubtful", "doubtful"),
    "429": (answer(429, b'{"message": "no"}', b"Retry-After: 7\r\n"), "refused", "refused"),
    "500": (answer(500, b'{"message": "no"}'), "unknown", "unknown"),
    "502": (answer(502, b"<html>Bad gateway</html>"), "unknown", "unknown"),
    "503": (answer(503, b'{"message": "no"}'), "unknown", "unknown"),
    "504": (answer(504, b"<html>Gateway time-out</html>"), "unknown", "unknown"),
}


def _head(raw):
    return raw.index(b"\r\n\r\n") + 4


# place of the cut -> how many bytes go out, and what the client then knows
CUTS = {
    "nothing": (lambda _: 0, "nothing"),
    "one-byte": (lambda _: 1, "nothing"),
    "mid-status": (lambda _: 10, "nothing"),
    "mid-header": (lambda raw: raw.index(b"\r\n") + 20, "status"),
    "header-end": (_head, "status"),
    "mid-body": (lambda raw: (_head(raw) + len(raw)) // 2, "status"),
    "last-but-one": (lambda raw: len(raw) - 1, "status"),
    "whole": (len, "all"),
}


def _expected(name, cut):
    by_status, by_all = ANSWERS[name][1:]
    return {"nothing": "unknown", "status": by_status, "all": by_all}[CUTS[cut][1]]


def _cut(name, cut):
    raw = ANSWERS[name][0]
    return raw[: CUTS[cut][0](raw)]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", ANSWERS)
def test_answer_cut_by_closing(name, cut):
    """An answer that is cut anywhere proves no more than what came of it, and the POST is sent once."""
    with FaultServer(answers(_cut(name, cut))) as server:
        found = post(server)
    assert (_expected(name, cut), 1, 1) == (found.verdict, len(server.posts), server.connections)


@pytest.mark.parametrize("cut", [cut for cut in CUTS if cut != "whole"])
@pytest.mark.parametrize("ending", ["reset", "hang"])
@pytest.mark.parametrize("name", ["200", "500"])
def test_answer_cut_by_reset_or_silence(name, ending, cut):
    """A reset or silence amid an answer leaves the outcome unknown, and the POST is sent once."""
    with FaultServer(answers(_cut(name, cut), ending)) as server:
        found = post(server, read_timeout=0.3)
    assert (found.verdict, len(server.posts), server.connections) == ("unknown", 1, 1)


@pytest.mark.parametrize("cut", ["header-end", "mid-body", "whole"])
@pytest.mark.parametrize("name", ["401", "429"])
def test_refusal_with_a_silent_body(name, cut):
    """A refusal stands as soon as its headers came, though its body never does."""
    with FaultServer(answers(_cut(name, cut), "hang")) as server:
        found = post(server, read_timeout=0.4)
    assert (found.verdict, len(server.posts)) == ("refused", 1)


CHUNKED = chunked(MADE)

STRANGE_ANSWERS = {
    "ssh-banner": (b"SSH-2.0-OpenSSH\r\n\r\n", "unknown"),
    "garbage": (b"\x00\xff\x16\x03garbage", "unknown"),
    "no-version": (b"200 OK\r\n\r\n" + MADE, "unknown"),
    "status-of-two-digits": (b"HTTP/1.1 20 OK\r\n\r\n" + MADE, "unknown"),
    "status-999": (b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n", "unknown"),
    "status-line-without-end": (b"HTTP/1.1 200 " + b"O" * 70_000, "unknown"),
    "endless-headers": (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200 + b"\r\n" + MADE, "unknown"),
    "continue-then-nothing": (b"HTTP/1.1 100 Continue\r\n\r\n", "unknown"),
    "continue-then-200": (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(200, MADE), "accepted"),
    "early-hints": (b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(200, MADE), "unknown"),
    "switching-protocols": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "unknown"),
    "no-content": (b"HTTP/1.1 204 No Content\r\n\r\n", "unknown"),
    "reset-content": (b"HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", "unknown"),
    "not-modified": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "unknown"),
    "redirect-without-location": (answer(302), "unknown"),
    "redirect-to-nonsense": (answer(307, b"", b"Location: http://[::1/\r\n"), "unknown"),
    "chunked": (CHUNKED, "accepted"),
    "chunked-cut-in-a-chunk": (CHUNKED[:-30], "unknown"),
    "chunked-without-its-end": (CHUNKED[:-5], "unknown"),
    "chunked-nonsense": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", "unknown"),
    "until-closed": (b"HTTP/1.1 200 OK\r\n\r\n" + MADE, "accepted"),
    "until-closed-but-cut": (b"HTTP/1.1 200 OK\r\n\r\n" + MADE[:-4], "unknown"),
    "bad-gzip": (answer(200, b"abcd", b"Content-Encoding: gzip\r\n"), "unknown"),
    "two-lengths": (answer(200, MADE, b"Content-Length: 3\r\n"), "unknown"),
    "with-byte-order-mark": (answer(200, b"\xef\xbb\xbf" + MADE), "accepted"),
    "as-text-html-yet-json": (answer(200, MADE, b"Content-Type: text/html\r\n"), "accepted"),
    "utf-16": (answer(200, MADE.decode().encode("utf-16")), "unknown"),
    "list": (answer(200, b"[" + MADE + b"]"), "unknown"),
    "null": (answer(200, b"null"), "unknown"),
    "number": (answer(200, b"200"), "unknown"),
    "empty-object": (answer(200, b"{}"), "unknown"),
    "requests-null": (answer(200, b'{"requests": null, "errors": []}'), "unknown"),
    "requests-object": (answer(200, b'{"requests": {"_id": "r1"}}'), "unknown"),
    "requests-empty": (answer(200, b'{"requests": [], "errors": ["no"]}'), "accepted"),
    "nested-too-deep": (answer(200, b"[" * 100_000), "unknown"),
    "two-documents": (answer(200, MADE + MADE), "unknown"),
}


@pytest.mark.parametrize("name", STRANGE_ANSWERS)
def test_strange_answer(name):
    """Only a 2xx whose JSON lists requests is taken for an acceptance, whatever else a server may say."""
    raw, expected = STRANGE_ANSWERS[name]
    with FaultServer(answers(raw)) as server:
        found = post(server)
    assert (expected, 1, 1) == (found.verdict, len(server.posts), server.connections)


def _close_at_once(visit):
    del visit


def _reset_at_once(visit):
    visit.reset()


def _reset_in_the_head(visit):
    visit.socket.recv(1)
    visit.reset()


def _reset_after_reading(visit):
    visit.read()
    visit.reset()


def _close_after_the_head(visit):
    visit.read_head()


def _drip_status(visit):
    visit.read()
    visit.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 90 + b"\r\n")


def _drip_body(visit):
    visit.read()
    raw = answer(200, MADE + b" " * 2000)
    visit.send(raw[: _head(raw)])
    visit.drip(raw[_head(raw) :])


def _drip_body_without_length(visit):
    visit.read()
    visit.send(b"HTTP/1.1 200 OK\r\n\r\n" + MADE)
    visit.drip(b" " * 2000)


def _drip_chunks(visit):
    visit.read()
    visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    visit.drip(b"1\r\n \r\n" * 1000)


def _never_read(visit):
    visit.hang()


# fault -> how many requests may have been read in full
CONNECTION_FAULTS = {
    "close-on-accept": (_close_at_once, 0),
    "reset-in-the-head": (_reset_in_the_head, 0),
    "close-after-the-head": (_close_after_the_head, 0),
    "reset-after-reading": (_reset_after_reading, 1),
    "header-drip": (_drip_status, 1),
    "body-drip": (_drip_body, 1),
    "body-drip-without-length": (_drip_body_without_length, 1),
    "chunk-drip": (_drip_chunks, 1),
    "never-read": (_never_read, 0),
}


@pytest.mark.parametrize("name", CONNECTION_FAULTS)
def test_connection_fault(name):
    """Once a connection stood, a call without an answer is unknown, even where the server read nothing."""
    fault, read = CONNECTION_FAULTS[name]
    with FaultServer(fault) as server:
        found = post(server, deadline=0.4)
    assert (found.verdict, len(server.posts) <= read, server.connections) == ("unknown", True, 1)


def test_reset_on_accept():
    """A reset at once may come before or after the connection counts as made; either way nothing was sent."""
    with FaultServer(_reset_at_once) as server:
        found = post(server)
    assert (found.verdict in {"unknown", "not_sent"}, server.posts) == (True, [])


@pytest.mark.parametrize("fault", [_drip_status, _drip_body, _drip_body_without_length, _drip_chunks])
def test_drip_is_not_waited_for(fault):
    """A drip is left at the deadline, long before its end."""
    with FaultServer(fault) as server:
        found = post(server, deadline=0.1)
    assert (found.words.endswith("no whole answer came within the time allowed"), server.finished) == (True, False)


def test_refused_before_the_body_was_read():
    """A 413 that comes instead of reading the body is a refusal."""

    def fault(visit):
        visit.read_head()
        visit.send(answer(413))
        visit.drain()

    with FaultServer(fault) as server:
        found = post(server)
    assert (found.verdict, server.posts) == ("refused", [])


def test_body_that_nobody_takes():
    """A server that never reads cannot hold us: sending ends in time, and the outcome is unknown."""

    def fault(visit):
        visit.read_head()
        visit.hang()

    with FaultServer(fault) as server:
        client = CollectClient(server.url, "secret-key", connect_timeout=30.0, read_timeout=30.0, deadline=0.3)
        found = client.post(json.dumps({"filler": "x" * 20_000_000}), lambda: True)
    assert (found.verdict, server.posts) == ("unknown", [])


# knob -> the others are so long that a test run would notice
KNOBS = {"read_timeout": {"read_timeout": 0.1, "deadline": 60.0}, "deadline": {"read_timeout": 60.0, "deadline": 0.1}}


@pytest.mark.parametrize("knob", KNOBS)
def test_knob_does_what_it_says(knob):
    """Each limit alone ends a call that no answer ends."""
    started = time.monotonic()
    with FaultServer(answers(b"", "hang")) as server:
        found = CollectClient(server.url, "key", **KNOBS[knob]).post(BODY, lambda: True)
    assert (found.verdict, time.monotonic() - started < 20) == ("unknown", True)


def test_deadline_passes_while_the_name_is_looked_up(monkeypatch):
    """When the name comes only after the deadline, the connection is cut before anything goes through it."""
    look_up = socket.getaddrinfo

    def slowly(*args, **kwargs):
        time.sleep(0.2)
        return look_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    with FaultServer(answers(answer(200, MADE))) as server:
        found = post(server, deadline=0.1)
    assert (found.verdict, server.requests) == ("unknown", [])


def test_connection_refused():
    """Where nobody listens, nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = CollectClient(f"http://127.0.0.1:{port}/v1", "secret-key", **LIMITS).post(BODY, lambda: True)
    assert (found.verdict, found.words) == ("not_sent", "no connection could be made")


def test_name_that_nobody_knows(monkeypatch):
    """A name that cannot be looked up means that nothing was sent."""

    def nobody(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "unknown name")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    found = CollectClient("https://collect.invalid/v1", "secret-key", **LIMITS).post(BODY, lambda: True)
    assert (found.verdict, found.words) == ("not_sent", "the server's name could not be looked up")


def test_connection_that_is_never_made():
    """A connection that is not made in time means that nothing was sent."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]  # the queue is full, further connections are not answered
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        client = CollectClient(f"http://127.0.0.1:{port}/v1", "secret-key", connect_timeout=0.2)
        found = client.post(BODY, lambda: True)
        for each in waiting:
            each.close()
    assert (found.verdict, found.words) == ("not_sent", "no connection was made within the time allowed")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_host_is_not_followed(status):
    """A redirect reaches nobody: the other host sees no connection, and so no key."""
    with FaultServer(answers(answer(200, MADE))) as other:
        elsewhere = answer(status, b"", f"Location: {other.url}/requests\r\n".encode())
        with FaultServer(answers(elsewhere)) as server:
            found = post(server)
    words = f"the server sent us elsewhere ({status}), which is never followed"
    assert (found.verdict, found.words, len(server.posts), other.connections) == ("unknown", words, 1, 0)


@pytest.mark.parametrize("seen_before", ["closed-while-idle", "dropped-after-reading"])
def test_a_post_never_reuses_a_connection(seen_before):
    """A second POST goes over a connection of its own, so a stale one can neither fail it nor double it."""

    def fault(visit):
        visit.read()
        visit.send(answer(200, MADE))
        if seen_before == "dropped-after-reading":
            visit.read()

    with FaultServer(fault) as server:
        client = CollectClient(server.url, "secret-key", **LIMITS)
        found = [client.post(BODY, lambda: True).verdict for _ in range(2)]
    assert (found, len(server.posts), server.connections) == (["accepted", "accepted"], 2, 2)
