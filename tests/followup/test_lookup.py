"""Settling: what a listing proves, and what it does not."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.domain.model import Campaign, Listing, RemoteRequest
from collect_xl.evidence.listing import Sought, look, window
from collect_xl.testing import faults
from support.people import row

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


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


def test_not_sent_needs_two_looks_apart(office, lost):
    """Absence is proven only by two equal listings that lie the late window apart."""
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


def test_listing_that_changed_between_looks_starts_again(office, lost):
    """Two looks that show different requests prove nothing together."""
    lost(created=False)
    office.settle()
    office.send([row(9, "p9@example.com", campaign=office.server.campaign)])

    assert office.settle().not_sent == 0
    assert office.settle().not_sent == 2


def test_foreign_request_in_the_window_keeps_rows_unknown(office, lost):
    """A new request for somebody we did not look for may be ours under another address: nobody is called not sent."""
    lost(created=False)
    stranger = office.open_journal(name="stranger.sqlite3")
    office.send([row(9, "stranger@example.com", campaign=office.server.campaign)], stranger)

    office.settle()
    settled = office.settle()

    assert (settled.not_sent, settled.open) == (0, 2)
    assert "not looked" in settled.words[0]


def test_older_request_of_the_same_contact_is_not_ours(office):
    """A request that the contact had before the batch proves nothing about it."""
    old = office.open_journal(name="old.sqlite3")
    rows = [row(2, "p2@example.com", campaign=office.server.campaign)]
    office.send(rows, old)
    for request in office.server.account.requests.values():
        request["createdAt"] = "2026-01-01T10:00:00Z"
    office.server.on(faults.DropBeforeCreating(), nth=2)
    office.send(rows)

    office.settle()

    assert office.settle().not_sent == 1


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
    assert "could not be read" in looks[-1].words[0]


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
    assert "gone" in settled.words[0]


def listing(*requests: RemoteRequest) -> Listing:
    return Listing(requests, complete=True, started=NOON, ended=NOON, server_offset=0.0)


def sought(claim: int, *keys: str) -> Sought:
    return Sought(claim, keys, *window(NOON, NOON, timedelta(minutes=10), (0.0, 0.1)))


def test_two_requests_of_one_person_are_ambiguous():
    """Of two requests of the same person and time neither is taken for ours."""
    two = [RemoteRequest(f"R{n}", email="a@example.com", created=NOON) for n in (1, 2)]

    findings = look([sought(1, "mail:a@example.com")], listing(*two), ())

    assert findings.found == {}
    assert "R1, R2" in findings.ambiguous[1]


def test_request_without_a_time_is_ambiguous():
    """A request whose time cannot be read may be an older one."""
    findings = look([sought(1, "mail:a@example.com")], listing(RemoteRequest("R1", email="A@Example.com")), ())

    assert "R1" in findings.ambiguous[1]


def test_one_request_for_two_claims_is_nobodys():
    """A request that fits the claims of two rounds is given to neither."""
    request = RemoteRequest("R1", email="a@example.com", created=NOON)

    findings = look([sought(1, "mail:a@example.com"), sought(2, "mail:a@example.com")], listing(request), ())

    assert {1, 2} == set(findings.ambiguous)


def test_bound_request_is_not_found_again():
    """A request that belongs to another claim is no evidence."""
    request = RemoteRequest("R1", email="a@example.com", created=NOON)

    findings = look([sought(1, "mail:a@example.com")], listing(request), {"R1"})

    assert findings.missing == (1,)


@pytest.mark.parametrize("minutes", [-60, 60], ids=["long before", "long after"])
def test_request_of_another_time_is_neither_ours_nor_a_riddle(minutes):
    """What was made before the batch, or after it can have left, is not its request and no riddle."""
    other = NOON + timedelta(minutes=minutes)
    made = (
        RemoteRequest("R1", email="a@example.com", created=other),
        RemoteRequest("R2", email="b@x.com", created=other),
    )

    findings = look([sought(1, "mail:a@example.com")], listing(*made), ())

    assert (findings.missing, findings.found, findings.unexplained) == ((1,), {}, ())


@pytest.mark.parametrize(("hours", "owner", "other"), [(0, 1, 2), (2, 2, 1)], ids=["the earlier's", "the later's"])
def test_each_claim_is_sought_in_its_own_time(hours, owner, other):
    """A request of one round is not taken for that of another round, although both rounds are open."""
    later = NOON + timedelta(hours=2)
    made = RemoteRequest("R1", email="a@example.com", created=NOON + timedelta(hours=hours))
    first = sought(1, "mail:a@example.com")
    second = Sought(2, ("mail:a@example.com",), *window(later, later, timedelta(minutes=10), (0.0, 0.1)))

    findings = look([first, second], listing(made), ())

    assert (findings.found, findings.missing) == ({owner: made}, (other,))


@pytest.mark.parametrize("offset", [-300.0, 0.0, 300.0], ids=["server behind", "equal", "server ahead"])
def test_window_is_told_by_the_servers_clock(offset):
    """Clocks that are minutes apart are compared through the server's Date header."""
    since, until = window(NOON, NOON, timedelta(seconds=10), (offset, 0.0))

    made = NOON + timedelta(seconds=offset)
    assert since < made < until
    assert timedelta(seconds=20) == until - since


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
