"""A list with more requests for a person than there are calls to that person: some are someone else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from collect_xl.domain.model import Claim, Listing, RemoteRequest, Scope
from collect_xl.domain.ports import Base, Unsettled
from collect_xl.evidence.listing import Findings, View, look

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SCOPE = Scope("https://api.example.test/v1", "team-1", "campaign-1", "")


def claim(number: int, key: str) -> Claim:
    return Claim(number, SCOPE, (key,), "unknown", "run", 1, number, "ann", NOON, why="answered", own=(key,))


def looked(claims: list[Claim], *requests: RemoteRequest, looked_for: Sequence[Claim] = ()) -> Findings:
    """Hold one refused batch against a list that shows some requests for the first time; all claims are looked for."""
    batch = Unsettled(1, SCOPE, tuple(looked_for or claims), NOON, NOON, 0.0, answered_at=NOON, base=Base(1))
    listing = Listing(requests, complete=True, started=NOON, ended=NOON, server_offset=0.0)
    view = View(listing, {}, {}, claims, {}, lambda salt: salt, 2)
    return look([batch], view, timedelta(minutes=10))


def request(number: int, email: str = "a@example.com") -> RemoteRequest:
    return RemoteRequest(f"R{number}", email=email, created=NOON)


def test_second_request_of_a_person_may_be_another_rows():
    """Two new requests of one person, who was asked once, keep the others of the batch from being called absent.

    A colleague may have merged two contacts: then the one's request is shown as the other's.
    """
    findings = looked([claim(1, "mail:a@example.com"), claim(2, "mail:b@example.com")], request(1), request(2))

    assert findings.doubtful.keys() == {1}
    assert findings.blocked.keys() == {2}
    assert findings.missing == set()


def test_requests_of_two_calls_to_one_person_block_others():
    """Two calls to one person, in two rounds, and two requests: one may be that of a contact who was merged."""
    claims = [claim(1, "mail:a@example.com"), claim(2, "mail:a@example.com"), claim(3, "mail:b@example.com")]

    findings = looked(claims, request(1), request(2))

    assert findings.doubtful.keys() == {1, 2}
    assert (findings.blocked.keys(), findings.missing) == ({3}, set())


def said(number: int, key: str) -> Claim:
    """Return a claim of which a person said that it was sent, while its request was not found."""
    return replace(claim(number, key), state="sent", why="person said")


def test_request_of_a_call_that_a_person_called_sent_blocks_no_one():
    """Whoever looked at Collect has said whose the new request is: others may be called absent."""
    claims = [said(1, "mail:a@example.com"), claim(2, "mail:b@example.com")]

    findings = looked(claims, request(1), looked_for=claims[1:])

    assert (findings.blocked, findings.missing) == ({}, {2})


def test_request_of_a_call_that_a_person_called_sent_is_given_to_no_other_round():
    """A call to a person whose call in another round was called sent, without its request, is given no new request."""
    claims = [said(1, "mail:a@example.com"), claim(2, "mail:a@example.com")]

    findings = looked(claims, request(1), looked_for=claims[1:])

    assert (findings.found, findings.doubtful[2].why) == ({}, "two claims")
