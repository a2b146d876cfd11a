"""What a lost answer may mean, and how Collect's list may lie: never ``not sent`` while it may come, never re-sent."""

import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, replace

import stamina

from collect_xl.testing import faults
from collect_xl.testing.exchange import DROP, Answer, Call
from support.office import Office
from support.people import row

PROMISE = "1, 2 settling"
LIST = "GET /requests"
PEOPLE = 4


@dataclass(frozen=True, slots=True)
class MakesSome(faults.Fault):
    """Makes the requests of the first contacts only, and drops the connection."""

    some: int

    def perform(self, call: Call, world: faults.World) -> Answer:
        """Make some."""
        world.perform(replace(call, body={**call.body, "contacts": call.body["contacts"][: self.some]}))
        return DROP


# what the server did before the answer was lost -> the fault, who was made at once, who in the end
DEEDS = {
    "made all": (faults.DropAfterCreating(), PEOPLE, PEOPLE),
    "made some": (MakesSome(2), 2, 2),
    "made none": (faults.DropBeforeCreating(), 0, 0),
    "makes all late": (faults.CreatedLate(), 0, PEOPLE),
    "made all, said 500": (faults.Status(500, created=True), PEOPLE, PEOPLE),
    "made all, said a page": (faults.Html(created=True), PEOPLE, PEOPLE),
    "made all, told other addresses": (faults.OtherEmail(), PEOPLE, PEOPLE),
}


@dataclass(frozen=True, slots=True)
class Shifting(faults.Fault):
    """Gives pages that shift: every page begins an entry later than asked."""

    def perform(self, call: Call, world: faults.World) -> Answer:
        """Shift."""
        offset = int(call.query.get("offset", 0))
        return world.perform(replace(call, query={**call.query, "offset": str(offset + bool(offset))}))


@dataclass(frozen=True, slots=True)
class Overlapping(faults.Fault):
    """Gives pages that begin before the end of the page before."""

    def perform(self, call: Call, world: faults.World) -> Answer:
        """Go back three entries."""
        offset = int(call.query.get("offset", 0))
        return world.perform(replace(call, query={**call.query, "offset": str(max(0, offset - 3))}))


@dataclass(frozen=True, slots=True)
class Disordered(faults.Fault):
    """Gives each page in another order."""

    def reshape(self, answer: Answer) -> Answer:
        """Mix."""
        return replace(answer, body=random.Random(7).sample(answer.body, len(answer.body)))


# how the list lies -> its fault
LISTS = {
    "the list is true": None,
    "pages shift": Shifting(),
    "pages repeat for ever": faults.Ignores("offset"),
    "pages overlap": Overlapping(),
    "pages are in disorder": Disordered(),
    "the list fails": faults.Status(500),
    "the list is a page of a proxy": faults.Html(),
}

# what else happened at Collect meanwhile
EVENTS = {
    "nothing else": lambda _: None,
    "ours were cancelled": lambda office: _set_all(office, "cancelled"),
    "ours were archived": lambda office: _set_all(office, "archived"),
    "a colleague asked a stranger": lambda office: _ask(office, "stranger@example.com"),
    "a colleague asked one of ours": lambda office: _ask(office, "p2@example.com"),
}


def _set_all(office, status):
    for request in office.server.account.requests.values():
        request["status"] = status


def _ask(office, email):
    office.server.account.send({"campaignId": office.server.campaign, "contacts": [{"email": email}]})


def _older_requests(office):
    """Everybody was asked in the same campaign long ago, by somebody else; enough for several pages."""
    others = [f"old{number}@example.com" for number in range(130)]
    for some in (others[:50], others[50:100], others[100:]):
        office.server.account.send({"campaignId": office.server.campaign, "contacts": [{"email": e} for e in some]})
    ours = [{"email": f"p{number}@example.com"} for number in range(2, 2 + PEOPLE)]
    office.server.account.send({"campaignId": office.server.campaign, "contacts": ours})
    for request in office.server.account.requests.values():
        request["createdAt"] = "2026-01-01T10:00:00Z"
        request["status"] = "completed"


CLOCKS = {"clocks equal": 0.0, "server 4 minutes behind": -240.0, "server 4 minutes ahead": 240.0}

LATE = 0.05
"""Seconds in which a request may still turn up."""


def looked_up(office):
    """Look until nothing is open, or it does not help; between two looks what was late arrives."""
    for _ in range(5):
        settled = office.settle(late=LATE)
        if not settled.open:
            return
        office.server.hasten()
        time.sleep(LATE)


def judge(office, case):
    """Hold the journal against the server: no row is called not sent that was made, and nothing was sent again."""
    deed, listed, event, _ = case
    made = Counter(each.email for each in office.server.accepted[OLDER:] if each.email.startswith("p"))
    states = office.states()
    assert len(office.server.posts) == 1, case
    assert [email for email, state in states.items() if state == "not_sent" and made[email]] == [], (case, states)
    assert set(states.values()) <= {"sent", "not_sent", "unknown"}, (case, states)
    if listed in TRUE and event in HARMLESS:
        assert {email: "sent" if made[email] else "not_sent" for email in states} == states, (case, states)
    assert sum(made.values()) >= DEEDS[deed][1], case
    return Counter(states.values())


TRUE = {"the list is true"}
HARMLESS = {"nothing else", "ours were cancelled", "ours were archived"}
OLDER = 130 + PEOPLE


def test_lost_answers(tmp_path, figure, whole):
    """Whatever the server did, whatever its list shows, nobody is called not sent who was asked, nor asked again."""
    cases = list(itertools.product(DEEDS, LISTS, EVENTS, CLOCKS))
    chosen = cases if whole else random.Random(2026).sample(cases, 50)
    ends = Counter()
    for number, case in enumerate(chosen):
        with Office(tmp_path / str(number)) as office, stamina.set_testing(True, attempts=2, cap=True):
            deed, listed, event, clock = case
            _older_requests(office)
            office.server.clock_offset = CLOCKS[clock]
            office.client.team()
            office.server.on(DEEDS[deed][0], nth=1)
            office.send([row(n, f"p{n}@example.com", campaign=office.server.campaign) for n in range(2, 2 + PEOPLE)])
            if LISTS[listed]:
                office.server.on(LISTS[listed], route=LIST)
            EVENTS[event](office)
            looked_up(office)
            ends += judge(office, case)
    told = f"{len(chosen)} cases, {ends.total()} rows: " + ", ".join(
        f"{n} {state}" for state, n in sorted(ends.items())
    )
    figure(PROMISE, "lost answers x what was made x how the list lies x clocks", f"{told}; 0 wrong, 0 sent again")
