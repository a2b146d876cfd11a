"""Later news of sent requests: what is kept, what enters the history, and what is left alone."""

from __future__ import annotations

import pytest

from collect_xl.domain.model import RemoteRequest


def seen(number: int, status: str = "completed", **more: str) -> dict[int, RemoteRequest]:
    """Return what a refresh saw of the request that ``Desk.put`` made for a claim."""
    return {number: RemoteRequest(**{"id": f"request-{number}", "status": status, **more})}


def test_news_are_kept(desk):
    """Status, due date and portal become what Collect says now."""
    number = desk.put("ann@acme.com", "sent")

    desk.journal.refreshed(seen(number, due="2027-01-31T22:59:00Z", portal_url="https://x.test/new"), "bob", "refresh")

    claim = desk.known()[0]
    assert (claim.status, claim.due, claim.portal_url) == ("completed", "2027-01-31T22:59:00Z", "https://x.test/new")
    assert claim.state == "sent"


def test_history_tells_of_another_due_date(desk):
    """Who gave a request more time stays in the history; a due date that was not known before is none of it."""
    number = desk.put("ann@acme.com", "sent")
    desk.journal.refreshed(seen(number, "pending", due="2027-01-31T22:59:00Z"), "bob", "refresh")
    before = len(desk.journal.history(number))

    desk.journal.refreshed(seen(number, "pending", due="2027-02-28T22:59:00Z"), "eve", "extend")

    *earlier, last = desk.journal.history(number)
    assert (len(earlier), last.who) == (before, "eve")
    assert last.how == "extend; Collect: due 2027-01-31T22:59:00Z -> 2027-02-28T22:59:00Z"


def test_history_tells_of_another_status(desk):
    """Another status is an event with old, new and who; a first due date, or the same status again, is none."""
    number = desk.put("ann@acme.com", "sent")
    before = len(desk.journal.history(number))

    desk.journal.refreshed(seen(number, "pending", due="2027-01-31T22:59:00Z"), "bob", "refresh")
    assert before == len(desk.journal.history(number))
    for _ in range(2):
        desk.journal.refreshed(seen(number), "bob", "refresh")

    last = desk.journal.history(number)[-1]
    assert before + 1 == len(desk.journal.history(number))
    assert (last.who, last.how, last.old, last.new) == ("bob", "refresh; Collect: pending -> completed", "sent", "sent")


def test_what_collect_leaves_out_is_kept(desk):
    """Fields that are empty in an answer stay as they were: Collect's fields come and go."""
    number = desk.put("ann@acme.com", "sent")
    before = desk.known()[0]

    desk.journal.refreshed({number: RemoteRequest(f"request-{number}")}, "bob", "refresh")

    assert before == desk.known()[0]


@pytest.mark.parametrize("state", ["unknown", "not_sent", "refused", "cancelled"])
def test_only_sent_claims_are_refreshed(desk, state):
    """A claim that is not sent, or no longer, is left alone."""
    number = desk.put("ann@acme.com", state)
    before = desk.known()[0]

    desk.journal.refreshed(seen(number), "bob", "refresh")

    assert before == desk.known()[0]


def test_another_request_is_no_news(desk):
    """What is said of another request than the claim's changes nothing."""
    number = desk.put("ann@acme.com", "sent")

    desk.journal.refreshed({number: RemoteRequest("request-99", status="completed")}, "bob", "refresh")

    assert desk.known()[0].status == "pending"
