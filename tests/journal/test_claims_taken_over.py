"""What was sent from elsewhere, in the journal: dated as Collect dates it, held like any claim, in one write."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from collect_xl.domain.model import RemoteRequest
from collect_xl.domain.ports import Adopted
from collect_xl.errors import JournalMissing
from collect_xl.journal import open_journal
from support.journals import SCOPE


def found(row: int, request_id: str, made=None) -> Adopted:
    """Return a row with its request, as Collect shows it."""
    email = f"p{row}@example.com"
    request = RemoteRequest(request_id, "campaign-1", f"contact-{row}", email, "waiting", created=made)
    return Adopted(row, (f"mail:{email}",), request)


def test_adopted_claims_are_sent_and_dated(desk, clock):
    """An adopted request is a sent claim with Collect's date, status and keys; the history is dated now."""
    made = clock.now - timedelta(days=30)

    assert desk.journal.adopt(desk.run, SCOPE, [found(2, "R2", made), found(3, "R3")], None) == {}

    first, second = desk.known()
    assert (first.state, first.request_id, first.status, first.claimed_at) == ("sent", "R2", "waiting", made)
    assert (set(first.keys), second.claimed_at) == ({"mail:p2@example.com", "id:contact-2"}, clock.now)
    assert {(each.how, each.at) for each in desk.journal.history(first.id)} == {("adopted", clock.now)}
    assert desk.claim(("id:contact-2",)).won == {}


def test_held_person_is_not_adopted(desk):
    """Who is held here already stays with the claim that holds her; the others are adopted all the same."""
    held = desk.put("p2@example.com", "sent")

    lost = desk.journal.adopt(desk.run, SCOPE, [found(2, "R2"), found(3, "R3")], None)

    assert {row: claim.id for row, claim in lost.items()} == {2: held}
    assert [each.request_id for each in desk.known()] == [f"request-{held}", "R3"]


def test_unknown_is_adopted_as_unknown_and_quiet_only_later(desk, clock):
    """What nobody knows is unknown here, too, and may be under way as long as a claim of our own."""
    desk.journal.adopt(desk.run, SCOPE, [Adopted(2, ("mail:p2@example.com",), None, "lost elsewhere")], 1.5)

    (open_,) = desk.journal.unsettled(SCOPE.origin, SCOPE.team)
    assert [(each.state, each.words) for each in open_.claims] == [("unknown", "lost elsewhere")]
    assert (open_.claimed_at, open_.quiet_from > clock.now, open_.server_offset) == (clock.now, True, 1.5)
    assert desk.claim("p2@example.com").won == {}


def test_place_without_a_journal_may_be_refused(place):
    """Where no journal may be made its absence is an error, in an empty database, too; one that is there opens."""
    for _ in range(2):
        with pytest.raises(JournalMissing):
            open_journal(place, who="ann", new=False)
    if "://" not in place:
        assert not Path(place).parent.exists()
    open_journal(place, who="ann").close()

    open_journal(place, who="ann", new=False).close()
