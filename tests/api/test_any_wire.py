"""Whatever a server sends to any call, over a real socket: a value, or one of our own errors, and never a wait."""

from __future__ import annotations

import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect_xl.api.client import CollectClient
from collect_xl.errors import CollectXlError
from support.odd_answers import ANSWERS, LIKELY, AnyServer

CALLS = {
    "GET /team": lambda client: client.team(),
    "GET /campaigns": lambda client: client.campaigns(),
    "GET /campaigns/{id}": lambda client: client.campaign("c1"),
    "GET /campaigns/{id} items": lambda client: client.items("c1"),
    "GET /users": lambda client: client.users(),
    "GET /requests": lambda client: client.listing("c1"),
    "GET /requests/{id}": lambda client: client.request("r1"),
    "GET /requests/{id} items": lambda client: client.request_items("r1"),
    "GET /requests/{id} files": lambda client: client.uploads("r1"),
    "POST /requests": lambda client: client.post('{"contacts": []}', lambda: True),
    "PATCH /request": lambda client: client.patch("r1", {"status": "cancelled"}),
}
NEVER_RAISE = {"POST /requests", "PATCH /request"}
"""Calls after which people may have been asked: their end is a verdict, whatever came."""
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture(scope="module")
def server():
    """One server for all examples, and no pause between two tries."""
    with AnyServer() as made, stamina.set_testing(True, attempts=2):
        yield made


def call(server: AnyServer, route: str, answer: bytes) -> None:
    """Make a call that is answered so; only our own errors may come of a question, and none of a change."""
    server.answer = answer
    client = CollectClient(server.url, "secret-key", connect_timeout=20, read_timeout=20, deadline=20)
    calls = server.calls
    raised: CollectXlError | None = None
    try:
        CALLS[route](client)
    except CollectXlError as error:
        raised = error
    if raised is not None:
        assert route not in NEVER_RAISE
        assert (bool(raised.message), bool(raised.tip), "secret-key" in str(raised)) == (True, True, False)
    made = server.calls - calls
    assert (made == 1) if route in NEVER_RAISE else (1 <= made < 200)


@pytest.mark.slow
@settings(max_examples=60, derandomize=True, **SETTINGS)
@given(route=st.sampled_from(sorted(CALLS)), answer=ANSWERS | LIKELY)
def test_any_answer_to_any_call(server, route, answer):
    """A question ends in a value or in words; a change that went out once ends in a verdict, and is not repeated."""
    call(server, route, answer)


@pytest.mark.proof
@pytest.mark.whole
@pytest.mark.slow
@pytest.mark.timeout(7_200)  # seconds, on a busy machine
@settings(max_examples=20_000, database=None, **SETTINGS)
@given(route=st.sampled_from(sorted(CALLS)), answer=ANSWERS | LIKELY)
def test_any_answer_to_any_call_tried_hard(server, route, answer):
    """The same, with twenty thousand answers."""
    call(server, route, answer)
