"""Settling: what lists prove, and what they do not."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.domain.model import Campaign
from collect_xl.followup.lookup import set_aside_strangers
from collect_xl.testing import faults
from support.people import row


@pytest.fixture
def lost(office):
    """Send two rows whose answer is lost, and return them; ``created`` tells whether Collect made the requests."""

    def make(*, created: bool, fault: faults.Fault | None = None):
        rows = [row(n, f"p{n}@example.com", campaign=office.server.campaign) for n in (2, 3)]
        office.server.on(fault or (faults.DropAfterCreating() if created else faults.DropBeforeCreating()), nth=1)
        assert office.send(rows).rows("unknown") == (2, 3)
        return rows

    return make


def test_request_that_is_listed_proves_sent_at_once(office, lost):
    """Finding the request proves that it was sent, in one look."""
    lost(created=True)

    assert office.settle(late=600).sent == 2
    assert {"sent"} == set(office.states().values())


@pytest.mark.parametrize("state", ["cancelled", "archived"])
def test_cancelled_and_archived_requests_are_found(office, lost, state):
    """Requests that the usual list hides are found all the same."""
    lost(created=True)
    for request in office.server.account.requests.values():
        request["status"] = state

    assert office.settle().sent == 2


@pytest.mark.slow
def test_not_sent_needs_two_looks_apart(office, lost):
    """Absence after a lost answer is proved only by two lists that lie the late window apart."""
    lost(created=False)
    late = 1.2
    assert office.settle(late).not_sent == 0
    time.sleep(late)
    assert office.settle(late).not_sent == 0  # this one is the first that counts
    assert office.settle(late).not_sent == 0  # too early

    time.sleep(late)

    assert office.settle(late).not_sent == 2
    assert office.mailed == []


def test_first_look_waits_for_the_late_window(office, lost):
    """A look before the late window has passed decides nothing, and says when the next one can."""
    lost(created=False)

    settled = office.settle(late=600)

    assert (settled.not_sent, settled.open) == (0, 2)
    assert timedelta(seconds=590) < settled.look_again - datetime.now(UTC) <= timedelta(seconds=600)


def test_request_that_is_made_late_is_found(office, lost):
    """A request that appears after the first look is found by the next, and never called not sent."""
    lost(created=True, fault=faults.CreatedLate())
    assert office.settle().not_sent == 0

    office.server.hasten()

    assert office.settle().sent == 2
    assert {"sent"} == set(office.states().values())


def test_lists_need_not_be_equal(office, lost):
    """Two looks that show different requests prove absence together: in a busy campaign they always differ."""
    lost(created=False)
    office.settle()
    office.send([row(9, "p9@example.com", campaign=office.server.campaign)])

    assert office.settle().not_sent == 2


def test_new_request_of_a_stranger_keeps_rows_unknown(office, lost):
    """A new request for somebody we did not look for may be ours under another address: nobody is called not sent."""
    lost(created=False)
    stranger = office.open_journal(name="stranger.sqlite3")
    office.send([row(9, "stranger@example.com", campaign=office.server.campaign)], stranger)

    office.settle()
    settled = office.settle()

    assert (settled.not_sent, settled.open) == (0, 2)
    assert "not looked" in settled.advice[0].words
    assert set(settled.strangers) == {office.server.accepted[0].request_id}


def test_stranger_that_a_person_calls_not_ours_blocks_nothing(office, lost):
    """Once a person has said that a request was not made from here, absence is proved as without it."""
    lost(created=False)
    stranger = office.open_journal(name="stranger.sqlite3")
    office.send([row(9, "stranger@example.com", campaign=office.server.campaign)], stranger)
    office.settle()

    set_aside_strangers(office.context(), office.settle().strangers)

    office.settle()
    assert office.settle().not_sent == 2


@pytest.mark.slow
def test_request_that_was_listed_before_blocks_nothing(office):
    """What a list showed before the claim is no stranger, however new its own time calls it."""
    stranger = office.open_journal(name="stranger.sqlite3")
    office.send([row(9, "stranger@example.com", campaign=office.server.campaign)], stranger)
    office.server.on(faults.DropBeforeCreating(), nth=2)
    office.send([row(2, "p2@example.com", campaign=office.server.campaign)])

    office.settle()

    assert office.settle().not_sent == 1


def test_older_request_of_the_same_contact_is_not_ours(office):
    """A request that a list showed before the batch proves nothing about it, whatever its time says."""
    old = office.open_journal(name="old.sqlite3")
    rows = [row(2, "p2@example.com", campaign=office.server.campaign)]
    office.send(rows, old)
    office.server.on(faults.DropBeforeCreating(), nth=2)
    office.send(rows)

    office.settle()

    assert office.settle().not_sent == 1


def test_other_key_proves_no_absence(office, lost):
    """Requests that another key made may be hidden from this one: what its list lacks proves nothing."""
    lost(created=False)
    office.server.key = "another-key"
    office.client = type(office.client)(office.server.url, "another-key")

    looks = [office.settle() for _ in range(3)]

    assert [settled.not_sent for settled in looks] == [0, 0, 0]
    assert "another API key" in looks[-1].advice[0].words


@pytest.mark.slow
def test_list_that_lags_proves_no_absence(office, lost):
    """A list that lacks what a later answer has named is behind: it proves no absence."""
    lost(created=True, fault=faults.DropAfterCreating())
    office.send([row(9, "p9@example.com", campaign=office.server.campaign)])
    office.server.list_lag = 3600.0

    looks = [office.settle() for _ in range(3)]

    assert [(settled.sent, settled.not_sent) for settled in looks] == [(0, 0)] * 3
    assert "does not show yet" in looks[-1].advice[0].words
    office.server.list_lag = 0.0
    assert office.settle().sent == 2


def test_settle_never_posts(office, lost):
    """Settling asks; it never sends."""
    lost(created=False)

    for _ in range(3):
        office.settle()

    assert len(office.server.posts) == 1


def test_incomplete_listing_proves_no_absence(office, lost):
    """Lists that could not be read to their end decide nothing about what they lack, however often one looks."""
    lost(created=False)
    hidden = faults.Status(418)  # an answer that is not asked for again
    office.server.on(hidden, route="GET /requests", when=lambda call: call.query.get("filter") == "archived")

    looks = [office.settle() for _ in range(3)]

    assert [settled.not_sent for settled in looks] == [0, 0, 0]
    assert "could not be read" in looks[-1].advice[0].words


def test_campaign_that_is_gone_does_not_hold_up_the_others(office, lost):
    """What is unknown in a campaign that Collect does not show any more stays so, and the rest is settled."""
    (shown, gone) = (
        row(2, "p2@example.com", campaign=office.server.campaign),
        row(3, "p3@example.com", campaign="gone"),
    )
    office.account = replace(office.account, campaigns=(*office.account.campaigns, Campaign("gone", "Gone", "open")))
    office.server.on(faults.DropAfterCreating())
    office.send([gone, shown])
    office.server.on(faults.Status(404), route="GET /requests", when=lambda call: call.query["campaignId"] == "gone")

    settled = office.settle()

    assert (settled.sent, settled.open) == (1, 1)
    assert "gone" in settled.advice[0].words


@pytest.mark.parametrize("offset", [-240.0, 240.0], ids=["behind", "ahead"])
def test_clocks_that_are_minutes_apart_find_the_request(tmp_path, offset):
    """Requests are found although the server's clock is minutes off."""
    from support.office import Office  # noqa: PLC0415

    with Office(tmp_path) as office:
        office.server.clock_offset = offset
        office.client.team()
        office.server.on(faults.DropAfterCreating(), nth=1)
        office.send([row(2, "p2@example.com", campaign=office.server.campaign)])

        assert office.settle(late=1).sent == 1
