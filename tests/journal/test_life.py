"""The journal's whole life: whatever happens in whatever order, nobody is held by two, and nothing is lost."""

from __future__ import annotations

import tempfile

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.identity import compare, person_of_claim, person_of_keys
from collect_xl.domain.model import Outcome
from collect_xl.errors import HeldElsewhere
from support.journals import ORIGIN, Clock, Desk, sent

pytestmark = pytest.mark.slow

IDS = ["id:A", "id:B"]
MAILS = ["mail:a@acme.com", "mail:b@acme.com", "mail:c@acme.com"]
KEYS = st.sampled_from([*IDS, *MAILS])
# A row has an ID, an address, or one of each.
BOTH = st.tuples(st.sampled_from(IDS), st.sampled_from(MAILS))
PEOPLE = st.one_of(KEYS.map(lambda key: (key,)), BOTH)
STATES = st.sampled_from(["sent", "refused", "not_sent", "unknown"])


class Life(RuleBasedStateMachine):
    """Two runs on one journal, a clock that turns, senders that may never speak again."""

    tickets = Bundle("tickets")

    @initialize()
    def begin(self):
        """Open a new journal for two runs."""
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        place = f"{self.folder.name}/data/journal.sqlite3"
        self.desks = [Desk(place, self.clock), Desk(place, self.clock, who="bob on PC-8")]
        self.named = set()

    def teardown(self):
        """Close it."""
        for desk in self.desks:
            desk.journal.close()
        self.folder.cleanup()

    @rule(target=tickets, by=st.integers(0, 1), people=st.lists(PEOPLE, min_size=1, max_size=3))
    def claim(self, by, people):
        """Claim some people; nobody is won who is held already, or may be."""
        held = [person_of_claim(claim) for claim in self.desks[0].known() if claim.state in HOLDING]
        ticket = self.desks[by].claim(*people)
        for row, keys in enumerate(people, 2):
            if row in ticket.won:
                assert {compare(person_of_keys(keys), other) for other in held} <= {"different"}
        return by, ticket

    @rule(told=consumes(tickets), states=st.lists(STATES, min_size=3, max_size=3), key=KEYS)
    def record(self, told, states, key):
        """Record outcomes, in time or late; an answer teaches a further key."""
        by, ticket = told
        for claim, state in zip(ticket.won.values(), states, strict=False):
            request = f"request-{claim}"
            self.named |= {request} if state == "sent" else set()
            outcome = sent(claim, request, keys=[key]) if state == "sent" else Outcome(claim, state)
            self.desks[by].record(ticket, outcome)

    @rule(seconds=st.sampled_from([1, 61, 700]))
    def wait(self, seconds):
        """Let time pass."""
        self.clock.turn(seconds)

    @rule(by=st.integers(0, 1))
    def take_over(self, by):
        """Take over; no intent outlives its lease."""
        self.desks[by].journal.take_over()
        assert not [c for c in self.desks[0].known() if c.state == "intent" and self.age(c) >= 60]

    @rule(by=st.integers(0, 1), state=STATES)
    def settle(self, by, state):
        """Settle all that is unknown; not sent is refused before the batch is quiet."""
        for batch in self.desks[by].journal.unsettled(ORIGIN, "team-1"):
            for claim in batch.claims:
                try:
                    self.desks[by].settle(
                        sent(claim.id, f"late-{claim.id}") if state == "sent" else Outcome(claim.id, state)
                    )
                except HeldElsewhere:
                    assert state == "not_sent"
                    assert self.clock.now < batch.quiet_from

    @rule(told=tickets)
    def still_mine(self, told):
        """Ask before posting; a yes means a living intent."""
        by, ticket = told
        if self.desks[by].journal.still_mine(ticket):
            mine = [claim for claim in self.desks[by].known() if claim.id in ticket.won.values()]
            assert {claim.state for claim in mine} == {"intent"}
            assert all(self.age(claim) < 60 for claim in mine)

    def age(self, claim):
        """Return a claim's age in seconds."""
        return (self.clock.now - claim.claimed_at).total_seconds()

    @invariant()
    def everybody_who_may_have_been_asked_is_held(self):
        """Each key of a holding claim is held by one holding claim, and no other key is."""
        with self.desks[0].journal._read() as db:
            held = dict(db.exec_driver_sql("SELECT key, claim FROM held").all())
        claims = {claim.id: claim for claim in self.desks[0].known()}
        assert {key for claim in claims.values() if claim.state in HOLDING for key in claim.keys} == set(held)
        assert all(claims[claim].state in HOLDING and key in claims[claim].keys for key, claim in held.items())

    @invariant()
    def no_request_is_lost(self):
        """Every request id that a sender named leads to a claim."""
        assert set(self.desks[0].journal.requests(ORIGIN, self.named)) == self.named


Life.TestCase.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLife = Life.TestCase
TestLife.__doc__ = __doc__
