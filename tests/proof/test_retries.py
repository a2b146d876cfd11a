"""Calls are made again only when it is proved that nothing was done, few times, apart, and never many of them."""

import threading
from dataclasses import dataclass, field

import pytest

from collect_xl.api.client import CollectClient
from collect_xl.domain.backoff import LONGEST_WAIT
from collect_xl.domain.events import Waiting
from collect_xl.domain.ports import Context
from collect_xl.sending.run import send
from collect_xl.testing import FakeCollect, faults
from collect_xl.testing.exchange import Answer
from support.office import Office
from support.people import row

PROMISE = "7 retries only when nothing was done"

# how a server asks for patience -> its headers, how often the batch was posted in the end
PATIENCE = {
    "seconds": ({"Retry-After": "0"}, 3),
    "nothing said": ({}, 3),
    "a date that is past": ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 3),
    "a thousand million seconds": ({"Retry-After": "1000000000"}, 1),
    "nonsense": ({"Retry-After": "soon"}, 3),
}


class Clock(threading.Event):
    """A stop that nobody asks for, and on which waiting takes no time: it is only added up."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.waits = []

    def wait(self, timeout=None):
        """Let time go by."""
        self.now += timeout
        self.waits.append(timeout)
        return False


@dataclass(frozen=True, slots=True)
class TooFast(faults.Fault):
    """Turns away, unread, every call that comes less than so many seconds after the last one that it took."""

    clock: Clock
    gap: float
    says_when: bool
    taken: list[float] = field(default_factory=list)

    def perform(self, call, world):
        """Take the call, or say that it comes too early."""
        early = self.taken[-1] + self.gap - self.clock.now if self.taken else 0.0
        if early > 0:
            return Answer(429, {}, {"Retry-After": f"{early + 1:.0f}"} if self.says_when else {})
        self.taken.append(self.clock.now)
        return world.perform(call)


def rows_of(office, count):
    """Return rows that need as many calls, since each is of another round."""
    return [row(n, f"p{n}@example.com", campaign=office.server.campaign, round=f"r{n}") for n in range(2, count + 2)]


def test_refusals_are_tried_again_within_bounds(tmp_path, figure):
    """A 429 is waited for as asked, never longer than the cap, and tried again after a proof, three times in all.

    What came of the last try no list has proved yet: its row is unknown, until a look-up frees it.
    """
    for asked, (headers, tries) in PATIENCE.items():
        with Office(tmp_path / asked) as office:
            office.server.on(faults.Status(429, headers))
            report = office.send(rows_of(office, 1), stop=Clock())
            assert (len(office.server.posts), report.stopped, office.mailed) == (tries, "busy server", []), asked
            assert office.states() == {"p2@example.com": "unknown"}
    told = f"{len(PATIENCE)} cases, at most 3 tries, none where more than the cap is asked, 0 sent"
    figure(PROMISE, "429 with Retry-After as seconds, date, nonsense, 10^9, absent", told)


@pytest.mark.parametrize(("gap", "says_when"), [(0.3, True), (2.0, False), (20.0, True)])
def test_a_slow_server_is_asked_little_more_often_than_needed(office, figure, gap, says_when):
    """However slowly Collect takes calls, at most one in ten is made again, and everybody is asked once."""
    clock = Clock()
    office.server.on(TooFast(clock, gap, says_when), route="POST /requests")
    report = office.send(rows_of(office, 200), stop=clock)
    assert (report.stopped, len(report.rows("sent")), len(set(office.mailed))) == (None, 200, 200)
    extra = len(office.server.posts) - 200
    assert 0 < extra <= 20
    assert (len(office.mailed), max(clock.waits) <= LONGEST_WAIT) == (200, True)
    how = "says when" if says_when else "says nothing"
    told = f"200 calls, {extra} more, 0 doubles"
    figure(PROMISE, f"Collect takes a call in {gap} s, and {how}", told)


def test_waits_are_not_the_same_for_all(tmp_path):
    """Runs that are turned away at the same moment come back at different ones."""
    seen = set()
    for computer in range(5):
        with Office(tmp_path / str(computer)) as office:
            clock = Clock()
            office.server.on(faults.Status(429))
            office.send(rows_of(office, 1), stop=clock)
            seen.add(tuple(clock.waits))
    assert len(seen) == 5


def closed_address():
    """Return an address at which nobody listens any more."""
    with FakeCollect() as gone:
        return gone.url


# why no connection stands -> the address that is called
UNREACHABLE = {"connection refused": closed_address, "no such name (DNS)": lambda: "https://nobody.invalid/v1"}


def test_without_a_connection_nothing_was_sent(tmp_path, figure):
    """A call that never left is tried three times, its rows are free again, and the next run asks everybody once."""
    for why, address in UNREACHABLE.items():
        with Office(tmp_path / why) as office:
            rows, clock, waits = rows_of(office, 2), Clock(), []
            away = CollectClient(address(), "key", connect_timeout=5.0)
            context = Context(office.account, away, office.journal, office.run())
            report = send(
                office.plan(rows),
                context,
                on_event=lambda event, waits=waits: waits.append(event) if isinstance(event, Waiting) else None,
                stop=clock,
            )
            assert (report.stopped, report.states, len(waits)) == ("unreachable", {2: "not_sent"}, 2), why
            assert office.states() == {"p2@example.com": "not_sent"}
            office.send(rows)
            assert sorted(office.mailed) == ["p2@example.com", "p3@example.com"], why
    told = f"{len(UNREACHABLE)} cases, 3 tries, then the run stops; its rows are free and go out once with the next"
    figure(PROMISE, "no connection: refused, no such name", told)
