"""Whatever is answered to a send and its lists: no row is lost, nobody asked twice, and the next run puts it right."""

from __future__ import annotations

import itertools
import json
import socket
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect_xl.errors import CollectXlError
from collect_xl.evidence.judgement import Patience
from collect_xl.sending.terms import Terms
from collect_xl.testing import faults
from collect_xl.testing.exchange import Answer, Call
from support.odd_answers import ANSWERS, LIKELY, http
from support.odd_json import JSON
from support.office import Office
from support.people import row

if TYPE_CHECKING:
    from collect_xl.testing.fault import World

PEOPLE = 3
PLACEHOLDER = 999_999
"""Stands for the number of an example in answers that are made before it is known."""
AT_ONCE = Patience(timedelta(0), timedelta(0))
EXAMPLES_OF_AN_OFFICE = 25
"""After so many a new office is opened: lists and journals that grow would make each example slower."""
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@dataclass(frozen=True, slots=True)
class AnyAnswer(faults.Fault):
    """Does what was asked, or not, and answers whatever it likes."""

    raw: bytes
    done: bool = False

    def perform(self, call: Call, world: World) -> Answer:
        """Do what the call asks, if it is to be done."""
        return world.perform(call) if self.done else Answer(200)

    def deliver(self, raw: bytes, connection: socket.socket, world: World) -> None:
        """Send the odd answer in the place of the right one."""
        del raw, world
        connection.sendall(self.raw)


def address_of(example, number):
    """Return the address of a person of an example; all are of one length."""
    return f"p{example:06}-{number}@example.com"


@st.composite
def near_answers(draw):
    """Return an answer that is nearly right: the people's own addresses and ids, with something else in a field."""
    entries = []
    for number in draw(st.lists(st.integers(2, 1 + PEOPLE), max_size=4)):
        contact = {
            "_id": draw(st.just(f"c{number}") | JSON),
            "email": draw(st.just(address_of(PLACEHOLDER, number)) | JSON),
        }
        entry = {"_id": draw(st.just(f"r{number}") | JSON), "contact": draw(st.just(contact) | JSON)}
        entries.append(entry | draw(st.dictionaries(st.sampled_from(["status", "portalUrl", "createdAt"]), JSON)))
    body = {"requests": entries} if draw(st.booleans()) else entries
    return json.dumps(body).encode()


class Offices:
    """One office after another, each for some examples."""

    def __init__(self, folder):
        self._folder = folder
        self._numbers = itertools.count(1)
        self._stack = ExitStack()
        self._office = None
        self.number = 0

    def next(self):
        """Return the office of the next example."""
        self.number = next(self._numbers)
        if self.number % EXAMPLES_OF_AN_OFFICE == 1:
            self.close()
            self._office = self._stack.enter_context(
                Office(self._folder / str(self.number), read_timeout=20, deadline=20)
            )
        return self._office

    def close(self):
        """Close the last one."""
        self._stack.close()


@pytest.fixture(scope="module")
def offices(tmp_path_factory):
    """Offices for many examples, without pauses between two tries."""
    made = Offices(tmp_path_factory.mktemp("offices"))
    with stamina.set_testing(True, attempts=2, cap=True):
        yield made
    made.close()


def send(office, rows):
    """Send rows and look at what came of it once; return the report, or the error that stopped it before a call."""
    posts = len(office.server.posts)
    try:
        terms = Terms(lists=office.lists(office.context()), patience=AT_ONCE, may_wait=False)
        return office.send(rows, terms=terms)
    except CollectXlError as error:
        assert len(office.server.posts) == posts
        return error


def hold(offices, post, listing, *, done):
    """Send three people while calls are answered so, then twice truthfully; hold the end against the truth."""
    office = offices.next()
    emails = {number: address_of(offices.number, number) for number in range(2, 2 + PEOPLE)}
    rows = [row(number, email, campaign=office.server.campaign) for number, email in emails.items()]
    for number, email in emails.items():
        post = post.replace(address_of(PLACEHOLDER, number).encode(), email.encode())
    office.server.on(AnyAnswer(post, done))
    if listing is not None:
        office.server.on(AnyAnswer(listing), route="GET /requests")
    report = send(office, rows)
    if not isinstance(report, CollectXlError):
        told = report.states.keys() | report.held.keys() | set(report.elsewhere)
        assert told >= emails.keys() or report.stopped is not None or report.words
    office.server._rules.clear()
    office.look_later()
    office.look_later()
    settled = office.states()
    mailed = Counter(office.mailed)
    for email in emails.values():
        if mailed[email]:
            assert settled.get(email) in {"sent", "unknown"}
    send(office, rows)
    mailed = Counter(office.mailed)
    states = office.states()
    assert [email for email in emails.values() if mailed[email] > 1] == []
    forgotten = [
        email for email in emails.values() if not mailed[email] and states.get(email) not in {"sent", "unknown"}
    ]
    assert forgotten == []


POSTS = ANSWERS | LIKELY | st.builds(http, st.sampled_from([200, 200, 400, 500]), near_answers())
LISTS = st.none() | ANSWERS | LIKELY


@pytest.mark.slow
@settings(max_examples=10, derandomize=True, **SETTINGS)
@given(post=POSTS, listing=LISTS, done=st.booleans())
def test_any_answer_to_a_send(offices, post, listing, done):
    """A send that is answered anyhow ends in a report of every row, and what was done is found out afterwards."""
    hold(offices, post, listing, done=done)


@pytest.mark.proof
@pytest.mark.whole
@pytest.mark.slow
@pytest.mark.timeout(7_200)  # seconds, on a busy machine
@settings(max_examples=3_000, database=None, **SETTINGS)
@given(post=POSTS, listing=LISTS, done=st.booleans())
def test_any_answer_to_a_send_tried_hard(offices, post, listing, done):
    """The same, with three thousand answers."""
    hold(offices, post, listing, done=done)
