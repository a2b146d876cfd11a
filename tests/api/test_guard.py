"""The guard of a POST: asked at the last moment, and when it says no, nothing was sent."""

import signal
import subprocess
import sys
import time

import pytest

from collect_xl.api.client import CollectClient
from collect_xl.errors import JournalError
from collect_xl.testing import FakeCollect
from support.fault_server import FaultServer, answer
from support.waiting import SOON

BODY = '{"campaignId": "c", "contacts": [{"email": "ann@example.org"}]}'


def reading(visit):
    visit.read()
    visit.send(answer(200, b'{"requests": []}'))


def test_guard_is_asked_between_head_and_body():
    """When the guard is asked, the server has the whole head and not one byte of the body."""
    seen = []

    def guard():
        assert server.head_seen.wait(SOON)
        seen.append((server.bytes_seen, len(server.heads[0]) + 4))
        return True

    with FaultServer(reading) as server:
        found = CollectClient(server.url, "key").post(BODY, guard)
    [(received, head)] = seen
    assert ("accepted", head, BODY.encode()) == (found.verdict, received, server.requests[0][1])


def test_guard_that_says_no():
    """An abandoned call sends no byte of the body, closes the connection, and is no request to anybody."""
    with FaultServer(reading) as server:
        found = CollectClient(server.url, "key").post(BODY, lambda: False)
        assert server.ended.wait(SOON)  # the server waits for the body until the connection ends
    assert (found.verdict, len(server.heads), server.requests) == ("abandoned", 1, [])


def test_abandoned_call_asks_the_fake_for_nothing():
    """A server that acts on whatever it has read makes no request of a call that was abandoned."""
    with FakeCollect() as collect:
        found = CollectClient(collect.url, collect.key).post(BODY, lambda: False)
    assert (found.verdict, collect.posts, collect.accepted) == ("abandoned", [], [])


@pytest.mark.parametrize(
    "error", [JournalError("no journal"), OSError(104, "reset"), BrokenPipeError(), RuntimeError()]
)
def test_guard_that_fails(error):
    """What the guard raises is raised, with nothing sent, and is not taken for a failure of the network."""

    def guard():
        raise error

    with FaultServer(reading) as server, pytest.raises(type(error)) as raised:
        CollectClient(server.url, "key").post(BODY, guard)
    assert (error, []) == (raised.value, server.requests)


def test_guard_is_not_asked_without_a_connection():
    """Where no connection is made the guard is not asked, for there is nothing to let out."""
    asked = []
    found = CollectClient("http://127.0.0.1:1/v1", "key").post(BODY, lambda: bool(asked.append(1)))
    assert (found.verdict, asked) == ("not_sent", [])


SENDER = """
import sys
from collect_xl.api.client import CollectClient

def guard():
    print("asked", flush=True)
    return sys.stdin.readline() == "yes\\n"

print(CollectClient(sys.argv[1], "key").post(sys.argv[2], guard).verdict)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process")
def test_process_stopped_before_the_body():
    """A process that is stopped at its guard, and whose claim is gone when it wakes, sends nothing."""
    with FaultServer(reading) as server:
        sender = subprocess.Popen(
            [sys.executable, "-c", SENDER, server.url, BODY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with sender:
            assert sender.stdout.readline() == "asked\n"
            sender.send_signal(signal.SIGSTOP)
            sender.stdin.write("no, taken over meanwhile\n")
            sender.stdin.flush()
            time.sleep(0.05)
            sender.send_signal(signal.SIGCONT)
            assert sender.stdout.readline() == "abandoned\n"
    assert server.requests == []
