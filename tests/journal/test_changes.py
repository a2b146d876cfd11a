"""Changes: which state follows which, by whose word, what is never lost; what later news of sent requests changes."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import select

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.model import ClaimState, Outcome, RemoteRequest
from collect_xl.errors import HeldElsewhere, JournalError
from collect_xl.journal import tables as t
from collect_xl.journal.states import may
from support.journals import ORIGIN, Desk, sent

STATES = get_args(ClaimState)
# From the state at the left: what the sender itself may still make of it, and what a look-up or a person may.
ARROWS = {
    "intent": ("sent refused not_sent unknown", ""),
    "unknown": ("sent", "sent not_sent refused"),
    "not_sent": ("sent unknown", "sent"),
    "refused": ("sent unknown", "sent"),
    "sent": ("", "cancelled"),
    "cancelled": ("", ""),
}


@pytest.mark.parametrize("old", STATES)
@pytest.mark.parametrize("new", STATES)
def test_arrows(old, new):
    """Every arrow between two states is allowed to the sender and to a settler exactly as the table says."""
    sender, settler = (words.split() for words in ARROWS[old])
    assert (new in sender, new in settler) == (may("sender", old, new), may("settler", old, new))


@pytest.mark.parametrize("old", STATES)
def test_settling_follows_the_arrows(file, clock, old):
    """A settler's word is kept where an arrow leads there; else it is refused and nothing changes."""
    told = {}
    with Desk(str(file), clock) as desk:
        for new in (state for state in STATES if state not in {old, "intent"}):
            outcome = Outcome(desk.put(f"{new}@acme.com", old), new)
            if new in ARROWS[old][1].split():
                desk.settle(outcome)
            else:
                with pytest.raises(HeldElsewhere, match=f"is {old} and cannot become {new}"):
                    desk.settle(outcome)
            told[new] = desk.states()[-1]
    assert told == {new: new if new in ARROWS[old][1].split() else old for new in told}


@pytest.mark.parametrize("state", [state for state in STATES if state != "intent"])
def test_who_is_held_and_who_is_free(desk, state):
    """A person whose claim is sent or unknown stays lost to others; refused, not sent and cancelled free them."""
    desk.put("ann@acme.com", state)
    assert (state in HOLDING) == (2 in desk.claim("ann@acme.com").lost)


def test_every_change_is_kept_with_who_when_and_how(desk, clock):
    """The history of a claim tells each change: its time, by whom, how it was known, from what to what."""
    ticket, start = desk.claim("ann@acme.com"), clock.now
    number = ticket.won[2]
    clock.turn(5)
    desk.record(ticket, Outcome(number, "unknown", "reset"))
    clock.turn(700)
    desk.settle(sent(number, "request-1"))
    told = [(each.at - start, each.who, each.how, each.old, each.new) for each in desk.journal.history(number)]
    assert [
        (timedelta(0), "ann on PC-7", "claimed", "", "intent"),
        (timedelta(seconds=5), "ann on PC-7", "answer", "intent", "unknown"),
        (timedelta(seconds=705), "bob", "looked up", "unknown", "sent"),
    ] == told
    assert clock.now == desk.known()[0].settled_at


def test_what_collect_told_is_kept(desk):
    """A sent claim keeps its request's id, link, status and due date."""
    number = desk.put("ann@acme.com", "sent")
    claim = desk.known()[0]
    link = f"https://x.example.test/request-{number}"
    assert (f"request-{number}", link, "pending", "") == (claim.request_id, claim.portal_url, claim.status, claim.due)


def test_a_request_belongs_to_one_claim(desk):
    """A request id that is another claim's already leaves the second claim unknown, and says so."""
    ticket = desk.claim("ann@acme.com", "bob@acme.com")
    desk.record(ticket, sent(ticket.won[2], "request-1"), sent(ticket.won[3], "request-1"))
    first, second = desk.known()
    assert (first.state, first.request_id) == ("sent", "request-1")
    assert (second.state, second.request_id) == ("unknown", "")
    assert "request-1" in second.words
    assert {"request-1": first.id} == {i: c.id for i, c in desk.journal.requests(ORIGIN, ["request-1"]).items()}


def test_a_second_request_for_one_claim_is_not_lost(desk):
    """When Collect names two requests for one contact, both ids lead to its claim."""
    ticket = desk.claim("ann@acme.com")
    number = ticket.won[2]
    desk.record(ticket, sent(number, "request-1"), sent(number, "request-2"))
    assert sorted(desk.journal.requests(ORIGIN, ["request-1", "request-2"])) == ["request-1", "request-2"]
    assert desk.known()[0].request_id == "request-1"
    assert "also request request-2" in desk.journal.history(number)[-1].how


def test_evidence_is_kept(desk):
    """The raw answer is kept with its batch."""
    ticket = desk.claim("ann@acme.com")
    desk.journal.record(ticket, [Outcome(ticket.won[2], "unknown")], "answer", evidence="<thé answer>")
    with desk.journal._read() as db:
        kept = db.execute(select(t.evidence.c.batch, t.evidence.c.text)).all()
    assert [(ticket.batch, "<thé answer>")] == [tuple(row) for row in kept]


def test_late_news_of_a_sender(desk, clock):
    """After a take-over the sender's found request still counts; that nothing was sent no longer does."""
    ticket = desk.claim("ann@acme.com", "bob@acme.com", "eve@acme.com")
    clock.turn(61)
    desk.journal.take_over()
    ann, bob, eve = ticket.won.values()
    desk.record(ticket, sent(ann, "request-1"), Outcome(bob, "not_sent"), Outcome(eve, "refused"))
    assert desk.states() == ["sent", "unknown", "unknown"]
    assert "too late for not_sent" in desk.journal.history(bob)[-1].how


def test_a_doubt_reopens_what_was_settled_as_not_sent(desk, clock):
    """A sender that wakes after everybody gave it up, and does not know its outcome, holds its person again."""
    ticket = desk.claim("ann@acme.com")
    clock.turn(181)
    desk.journal.take_over()
    desk.settle(Outcome(ticket.won[2], "not_sent"))
    desk.record(ticket, Outcome(ticket.won[2], "unknown", "reset"))
    assert desk.states() == ["unknown"]
    assert {2} == set(desk.claim("ann@acme.com").lost)


def test_a_request_found_late_is_kept_even_when_the_person_was_asked_again(desk, clock):
    """A request that shows up after its person was freed and claimed again is kept, and either claim holds them."""
    first = desk.claim("ann@acme.com")
    clock.turn(181)
    desk.journal.take_over()
    desk.settle(Outcome(first.won[2], "not_sent"))
    second = desk.claim("ann@acme.com")
    desk.record(first, sent(first.won[2], "request-1"))
    assert desk.claim("ann@acme.com").lost[2].request_id == "request-1"
    desk.record(second, Outcome(second.won[2], "refused"))
    assert {2} == set(desk.claim("ann@acme.com").lost)
    desk.settle(Outcome(first.won[2], "cancelled"))
    assert {2} == set(desk.claim("ann@acme.com").won)


def test_a_waiting_claim_holds_when_the_first_is_freed(desk, clock):
    """Where two claims would hold a person, freeing the one that does leaves them held by the other."""
    first = desk.claim("ann@acme.com")
    clock.turn(181)
    desk.journal.take_over()
    desk.settle(Outcome(first.won[2], "not_sent"))
    second = desk.claim("ann@acme.com")
    desk.record(first, Outcome(first.won[2], "unknown"))
    desk.record(second, Outcome(second.won[2], "not_sent"))
    assert first.won[2] == desk.claim("ann@acme.com").lost[2].id


def test_release(desk):
    """A batch that is given back is not sent, and its people are free at once."""
    desk.journal.release(desk.claim("ann@acme.com", "bob@acme.com"))
    assert desk.states() == ["not_sent", "not_sent"]
    assert {2, 3} == set(desk.claim("ann@acme.com", "bob@acme.com").won)


def test_settling_is_all_or_nothing(desk):
    """When one of several decisions is refused, none of them is kept."""
    doubtful, intended = desk.put("ann@acme.com", "unknown"), desk.put("bob@acme.com", "intent")
    with pytest.raises(HeldElsewhere):
        desk.settle(sent(doubtful, "request-1"), sent(intended, "request-2"))
    assert desk.states() == ["unknown", "intent"]
    assert desk.journal.requests(ORIGIN, ["request-1", "request-2"]) == {}


@pytest.mark.slow
def test_settling_an_unheard_claim(desk):
    """A claim that the journal does not have is refused."""
    with pytest.raises(JournalError, match="no claim 77"):
        desk.settle(Outcome(77, "not_sent"))


def test_settling_twice_alike(desk):
    """Two that settle the same claim alike do not disturb each other."""
    number = desk.put("ann@acme.com", "unknown")
    desk.settle(sent(number, "request-1"))
    desk.settle(sent(number, "request-1"))
    assert desk.states() == ["sent"]


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
