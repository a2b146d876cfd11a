"""Lists of a campaign, as the base of later ones; wishes; take-overs that are taken back."""

from __future__ import annotations

import pytest

from collect_xl.domain.model import Outcome, RemoteRequest
from collect_xl.domain.ports import Adopted, Base, ToClaim
from collect_xl.errors import JournalError
from support.journals import ORIGIN, SCOPE, sent

TEAM = (ORIGIN, "team-1", "campaign-1")


def listed(desk) -> dict[str, int]:
    return dict(desk.journal.listed(*TEAM))


def test_request_keeps_the_number_of_its_first_list(desk):
    """Lists are numbered in order, and a request keeps the number of the list that showed it first."""
    first = desk.journal.keep_list(*TEAM, ["R1"])
    second = desk.journal.keep_list(*TEAM, ["R1", "R2"])

    assert first < second
    assert listed(desk) == {"R1": first, "R2": second}


def test_own_requests_are_not_kept(desk):
    """A request that a claim is bound to is known to be ours, and is no base."""
    number = desk.put("ann@acme.com", "sent")
    desk.journal.keep_list(*TEAM, [f"request-{number}", "R1"])

    assert set(listed(desk)) == {"R1"}


@pytest.mark.parametrize("other", [(ORIGIN, "team-2", "campaign-1"), (ORIGIN, "team-1", "campaign-2")])
def test_lists_of_others_are_not_mixed_in(desk, other):
    """Each team and campaign has lists of its own."""
    desk.journal.keep_list(*other, ["R1"])

    assert listed(desk) == {}


def test_empty_list_is_a_base(desk):
    """A campaign without requests has a list with a number all the same."""
    first = desk.journal.keep_list(*TEAM, [])

    assert desk.journal.keep_list(*TEAM, []) > first


def test_many_requests(desk):
    """A list of more requests than one statement takes is kept whole, and a second time without trouble."""
    ids = [f"R{number}" for number in range(1100)]
    first = desk.journal.keep_list(*TEAM, ids)
    desk.journal.keep_list(*TEAM, ids)

    assert listed(desk) == dict.fromkeys(ids, first)


def test_what_a_person_calls_not_ours_was_there_before_all_lists(desk):
    """A person's word that a request was not made from here counts before every claim, listed already or not."""
    desk.journal.keep_list(*TEAM, ["R1"])

    desk.journal.not_ours(*TEAM, ["R1", "R9"])
    desk.journal.keep_list(*TEAM, ["R1", "R9"])

    assert listed(desk) == {"R1": 0, "R9": 0}


def test_batch_keeps_its_base(desk):
    """A batch keeps the number of the last list before it and the print of its key, for a look-up next week."""
    base = Base(desk.journal.keep_list(*TEAM, ["R1"]), "salt:print")
    ticket = desk.journal.claim(desk.run, SCOPE, [ToClaim(2, ("mail:ann@acme.com",))], None, None, base)
    desk.record(ticket, Outcome(ticket.won[2], "unknown"))

    (batch,) = desk.journal.unsettled(ORIGIN, "team-1")
    assert batch.base == base


@pytest.mark.parametrize("answered", [True, False])
def test_batch_keeps_when_it_was_answered(desk, clock, answered):
    """When a refusal was read to its end is kept; after a lost answer there is no such moment."""
    ticket = desk.claim("ann@acme.com")
    outcomes = [Outcome(ticket.won[2], "unknown", why="answered" if answered else "answer lost")]
    desk.journal.record(ticket, outcomes, "POST", answered=answered)

    (batch,) = desk.journal.unsettled(ORIGIN, "team-1")
    assert batch.answered_at == (clock.now if answered else None)


@pytest.mark.slow
def test_wish_is_kept_until_it_is_met(desk):
    """The wish to cancel stands on the sent claim, is told once, and is gone when the claim is cancelled."""
    number = desk.put("ann@acme.com", "sent")
    desk.journal.wish([number], "ann")
    desk.journal.wish([number], "ann")
    assert [claim.wish for claim in desk.known()] == ["cancel"]
    assert [change.how for change in desk.journal.history(number)].count("asked to cancel it") == 1

    desk.settle(Outcome(number, "cancelled"))

    assert [(claim.state, claim.wish) for claim in desk.known()] == [("cancelled", "")]


def test_wish_holds_the_person(desk):
    """A request that is only wished to be cancelled keeps its person from being asked again."""
    desk.journal.wish([desk.put("ann@acme.com", "sent")], "ann")

    assert set(desk.claim("ann@acme.com").lost) == {2}


@pytest.mark.parametrize("state", ["unknown", "refused", "not_sent", "cancelled"])
def test_only_what_is_sent_can_be_wished_cancelled(desk, state):
    """A wish for a claim that is not sent is not kept."""
    desk.journal.wish([desk.put("ann@acme.com", state)], "ann")

    assert [claim.wish for claim in desk.known()] == [""]


def adopt(desk, request: RemoteRequest | None) -> int:
    desk.journal.adopt(desk.run, SCOPE, [Adopted(2, ("mail:ann@acme.com",), request)], None)
    (claim,) = desk.known()
    return claim.id


@pytest.mark.parametrize(
    "request_", [RemoteRequest("R1", "campaign-1", status="pending"), None], ids=["sent", "unknown"]
)
def test_take_over_is_taken_back(desk, request_):
    """A take-over into the wrong round is taken back: the person is free here, the request is unknown here again."""
    number = adopt(desk, request_)

    desk.journal.take_back([number], "ann")

    (claim,) = desk.known()
    assert (claim.state, claim.why, claim.request_id) == ("not_sent", "taken back", "")
    assert desk.journal.requests(ORIGIN, ["R1"]) == {}
    assert desk.claim("ann@acme.com").won


def test_request_can_be_taken_over_again(desk):
    """What was taken back can be taken over into the right round."""
    request = RemoteRequest("R1", "campaign-1", status="pending")
    desk.journal.take_back([adopt(desk, request)], "ann")

    desk.journal.adopt(desk.run, SCOPE, [Adopted(2, ("mail:ann@acme.com",), request)], None)

    assert desk.journal.requests(ORIGIN, ["R1"])["R1"].state == "sent"


def test_only_take_overs_are_taken_back(desk):
    """What was sent from here cannot be forgotten."""
    number = desk.put("ann@acme.com", "sent")

    with pytest.raises(JournalError, match="no take-over"):
        desk.journal.take_back([number], "ann")

    assert desk.states() == ["sent"]
    assert set(desk.claim("ann@acme.com").lost) == {2}


def test_merged_contact_joins_its_claim(desk):
    """The present contact ID of a bound request joins its claim, so that a row with that ID is held."""
    ticket = desk.claim("ann@acme.com")
    desk.record(ticket, sent(ticket.won[2], "R1", keys=["id:OLD"]))
    desk.settle(sent(ticket.won[2], "R1", keys=["id:NEW"]))

    assert set(desk.claim(("id:NEW",)).lost) == {2}
