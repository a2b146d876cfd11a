"""What each fault of the network proves of a POST: the law is design section 5, on real sockets, cut at many bytes."""

import json
import socket
import threading
import time

import pytest

from collect_xl.api.client import CollectClient
from collect_xl.api.transport import Watchdog
from support.fault_answers import ANSWERS, CUTS, MADE, STRANGE_ANSWERS, cut_off, expected, head_of
from support.fault_server import FaultServer, answer, answers
from support.waiting import SOON, until

BODY = json.dumps({"campaignId": "c" * 17, "contacts": [{"email": f"p{n}@example.org"} for n in range(50)]})
LIMITS = {"connect_timeout": 30.0, "read_timeout": 60.0, "deadline": 120.0}
PATIENCE = (1.0, 5.0, 25.0)
"""Seconds for the server's part of a call that a time-out ends: tried in turn, as a busy machine may need more."""


def post(server, **limits):
    client = CollectClient(server.url, "secret-key", **{**LIMITS, **limits})
    return client.post(BODY, lambda: True)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", ANSWERS)
def test_answer_cut_by_closing(name, cut):
    """An answer that is cut anywhere proves no more than what came of it, and the POST is sent once."""
    with FaultServer(answers(cut_off(name, cut))) as server:
        found = post(server)
    assert (expected(name, cut), 1, 1) == (found.verdict, len(server.posts), server.connections)


@pytest.mark.slow
@pytest.mark.parametrize("cut", [cut for cut in CUTS if cut != "whole"])
@pytest.mark.parametrize("ending", ["reset", "hang"])
@pytest.mark.parametrize("name", ["200", "500"])
def test_answer_cut_by_reset_or_silence(name, ending, cut):
    """A reset or silence amid an answer is a lost one, and the POST is sent once."""
    with FaultServer(answers(cut_off(name, cut), ending)) as server:
        found = post(server, read_timeout=0.3)
        assert server.ended.wait(SOON)  # a busy machine may come to read it when the client has given up
    assert (found.verdict, len(server.posts), server.connections) == ("lost", 1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("cut", ["header-end", "mid-body", "whole"])
@pytest.mark.parametrize("name", ["401", "429"])
def test_refusal_with_a_silent_body(name, cut):
    """A refusal counts only when it was read to its end: until then Collect may still be at work."""
    for read_timeout in PATIENCE:
        answered = []

        def fault(visit, answered=answered):
            visit.read()
            visit.send(cut_off(name, cut))
            answered.append(time.monotonic())
            visit.hang()

        started = time.monotonic()
        with FaultServer(fault) as server:
            found = post(server, read_timeout=read_timeout)
        if answered and answered[0] - started < read_timeout:
            break
    assert (found.verdict, len(server.posts)) == ("answered" if cut == "whole" else "lost", 1)


@pytest.mark.parametrize("name", STRANGE_ANSWERS)
def test_strange_answer(name):
    """Only a 2xx whose JSON lists requests is taken for an acceptance, whatever else a server may say."""
    raw, wanted = STRANGE_ANSWERS[name]
    with FaultServer(answers(raw)) as server:
        found = post(server)
    assert (wanted, 1, 1) == (found.verdict, len(server.posts), server.connections)


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
    visit.send(raw[: head_of(raw)])
    visit.drip(raw[head_of(raw) :])


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
    """Once a connection stood, a call without an answer is lost, even where the server read nothing."""
    fault, read = CONNECTION_FAULTS[name]
    with FaultServer(fault) as server:
        found = post(server, deadline=0.4)
        until(lambda: server.connections)  # a busy machine may come to accept it when the client has given up
    assert (found.verdict, len(server.posts) <= read, server.connections) == ("lost", True, 1)


def test_reset_on_accept():
    """A reset at once may come before or after the connection counts as made; either way nothing was sent."""
    with FaultServer(_reset_at_once) as server:
        found = post(server)
    assert (found.verdict in {"lost", "not_sent"}, server.posts) == (True, [])


@pytest.mark.parametrize("fault", [_drip_status, _drip_body, _drip_body_without_length, _drip_chunks])
def test_drip_is_not_waited_for(fault):
    """A drip is left at the deadline, long before its end."""
    with FaultServer(fault) as server:
        found = post(server, deadline=0.1)
    assert (found.words.endswith("no whole answer came within the time allowed"), server.finished) == (True, False)


def test_refused_before_the_body_was_read():
    """A 413 that comes instead of reading the body is an answer, whatever was done of what had arrived."""

    def fault(visit):
        visit.read_head()
        visit.send(answer(413))
        visit.drain()

    with FaultServer(fault) as server:
        found = post(server)
    assert (found.verdict, server.posts) == ("answered", [])


def test_body_that_nobody_takes():
    """A server that never reads cannot hold us: sending ends in time, and the answer is lost."""

    def fault(visit):
        visit.read_head()
        visit.hang()

    with FaultServer(fault) as server:
        client = CollectClient(server.url, "secret-key", connect_timeout=30.0, read_timeout=30.0, deadline=0.3)
        found = client.post(json.dumps({"filler": "x" * 20_000_000}), lambda: True)
    assert (found.verdict, server.posts) == ("lost", [])


# knob -> limits of which it alone is short, and what it says; the server would hang up much earlier than the others end
KNOBS = {
    "read_timeout": ({"read_timeout": 0.1, "deadline": 300.0}, "no answer came within the time allowed"),
    "deadline": ({"read_timeout": 300.0, "deadline": 0.1}, "no whole answer came within the time allowed"),
}


@pytest.mark.parametrize("knob", KNOBS)
def test_knob_does_what_it_says(knob):
    """Each limit alone ends a call that no answer ends."""
    limits, words = KNOBS[knob]
    with FaultServer(answers(b"", "hang")) as server:
        found = CollectClient(server.url, "key", **limits).post(BODY, lambda: True)
    assert (found.verdict, found.words) == ("lost", words)


def test_deadline_passes_while_the_name_is_looked_up(monkeypatch):
    """When the name comes only after the deadline, the connection is cut before anything goes through it."""
    look_up = socket.getaddrinfo
    expire = Watchdog._expire
    passed = threading.Event()

    def slowly(*args, **kwargs):
        assert passed.wait(SOON)
        return look_up(*args, **kwargs)

    def noted(watchdog):
        expire(watchdog)
        passed.set()

    monkeypatch.setattr(Watchdog, "_expire", noted)
    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    with FaultServer(answers(answer(200, MADE))) as server:
        found = post(server, deadline=0.1)
    assert (found.verdict, server.requests) == ("lost", [])


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
    assert (found.verdict, found.words, len(server.posts), other.connections) == ("lost", words, 1, 0)


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
