"""Leases, take-over and the first look: who may still post, and from when nobody can any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from collect_xl.domain.model import Outcome
from collect_xl.errors import HeldElsewhere
from support.journals import ORIGIN, Desk
from support.systems import moved_while_open


def test_a_fresh_claim_is_mine(desk, clock):
    """A claim is its owner's for the whole lease of a minute."""
    ticket = desk.claim("ann@acme.com")
    clock.turn(59.9)
    assert desk.journal.still_mine(ticket)
    assert ticket.lease_until == ticket.claimed_at + timedelta(seconds=60)


def test_a_laptop_that_slept_finds_its_claim_gone(desk, clock):
    """When the lease is over the claim is nobody's to post, even if no other run touched it."""
    ticket = desk.claim("ann@acme.com")
    clock.turn(60)
    assert not desk.journal.still_mine(ticket)


def test_a_clock_set_back_does_not_lengthen_a_lease(desk, clock, monkeypatch):
    """The lease ends by the monotonic clock too."""
    ticket = desk.claim("ann@acme.com")
    ends = desk.journal._monotonic_ends[ticket.batch]
    monkeypatch.setattr("collect_xl.journal.store.time.monotonic", lambda: ends)
    clock.turn(-3600)
    assert not desk.journal.still_mine(ticket)


def test_a_claim_taken_over_is_not_mine(desk, place, clock):
    """A claim that another run took over is not its sender's any more, whatever the sender's own clock says."""
    ticket = desk.claim("ann@acme.com")
    with Desk(place, clock) as other:
        clock.turn(61)
        assert other.journal.take_over() == 1
    clock.turn(-61)
    assert not desk.journal.still_mine(ticket)
    assert desk.states() == ["unknown"]


def test_a_recorded_claim_is_not_mine(desk):
    """A batch whose outcome is kept cannot be posted again."""
    ticket = desk.claim("ann@acme.com")
    desk.record(ticket, Outcome(ticket.won[2], "not_sent"))
    assert not desk.journal.still_mine(ticket)


def test_a_forged_ticket_is_not_mine(desk):
    """Only the owner's token opens the gate."""
    assert not desk.journal.still_mine(replace(desk.claim("ann@acme.com"), owner="another"))


@moved_while_open
def test_what_cannot_be_read_is_not_mine(file, clock):
    """When the journal vanished under its user, the claim is not theirs any more, without an error in mid-post."""
    with Desk(str(file), clock) as desk:
        ticket = desk.claim("ann@acme.com")
        file.rename(file.with_name("moved"))
        assert not desk.journal.still_mine(ticket)


def test_a_living_lease_is_left_alone(desk, place, clock):
    """Nobody takes over what a living run claimed a moment ago."""
    desk.claim("ann@acme.com")
    with Desk(place, clock) as other:
        assert other.journal.take_over() == 0
    assert desk.states() == ["intent"]


def test_nothing_is_quiet_before_lease_and_deadline_are_over(desk, clock):
    """A claim taken over for its lease is quiet only after lease and deadline, and not settled as not sent before."""
    ticket = desk.claim("ann@acme.com")
    clock.turn(61)
    desk.journal.take_over()
    (found,) = desk.journal.unsettled(ORIGIN, "team-1")
    assert ticket.claimed_at + timedelta(seconds=180) == found.quiet_from
    with pytest.raises(HeldElsewhere, match="cannot become not_sent now"):
        desk.settle(Outcome(ticket.won[2], "not_sent"))
    clock.turn(120)
    desk.settle(Outcome(ticket.won[2], "not_sent"))


def test_a_recorded_batch_is_quiet_at_once(desk, clock):
    """Once its sender has recorded a batch, no byte of it can leave any more."""
    ticket = desk.claim("ann@acme.com")
    clock.turn(3)
    desk.record(ticket, Outcome(ticket.won[2], "unknown", "reset"))
    (found,) = desk.journal.unsettled(ORIGIN, "team-1")
    assert (clock.now, ticket.batch, "reset") == (found.quiet_from, found.batch, found.claims[0].words)


def test_unrecorded_rows_of_a_recorded_batch(desk):
    """Rows that a record leaves out are unknown at the next take-over: the lease ended with the record."""
    ticket = desk.claim("ann@acme.com", "bob@acme.com")
    desk.record(ticket, Outcome(ticket.won[2], "refused"))
    assert desk.journal.take_over() == 1
    assert desk.states() == ["refused", "unknown"]


def test_unsettled_is_asked_by_campaign(desk):
    """Batches with unknown claims are found by team and, where named, by campaign; settled rows are not among them."""
    ticket = desk.claim("ann@acme.com", "bob@acme.com")
    desk.record(ticket, Outcome(ticket.won[2], "unknown"), Outcome(ticket.won[3], "refused"))
    (found,) = desk.journal.unsettled(ORIGIN, "team-1", "campaign-1")
    assert [ticket.won[2]] == [claim.id for claim in found.claims]
    assert list(desk.journal.unsettled(ORIGIN, "team-1", "campaign-2")) == []
    assert list(desk.journal.unsettled(ORIGIN, "team-2")) == []


def test_the_first_look_is_kept(desk, clock):
    """When a first look saw nothing is there for the second."""
    ticket = desk.claim("ann@acme.com")
    desk.record(ticket, Outcome(ticket.won[2], "unknown"))
    clock.turn(600)
    desk.journal.looked(ticket.batch, clock.now)
    (found,) = desk.journal.unsettled(ORIGIN, "team-1")
    assert clock.now == found.first_look


def test_a_look_before_the_batch_was_quiet_is_not_kept(desk, clock):
    """A look from a time at which the batch might still have left proves nothing, and is forgotten."""
    ticket = desk.claim("ann@acme.com")
    clock.turn(61)
    desk.journal.take_over()
    desk.journal.looked(ticket.batch, clock.now)
    assert desk.journal.unsettled(ORIGIN, "team-1")[0].first_look is None


def test_a_sender_that_speaks_late_undoes_the_first_look(desk, clock):
    """When a sender that was given up is heard again, what was seen before counts no more."""
    ticket = desk.claim("ann@acme.com")
    clock.turn(200)
    desk.journal.take_over()
    desk.journal.looked(ticket.batch, clock.now)
    clock.turn(100)
    desk.record(ticket, Outcome(ticket.won[2], "unknown"))
    (found,) = desk.journal.unsettled(ORIGIN, "team-1")
    assert (clock.now, None) == (found.quiet_from, found.first_look)
