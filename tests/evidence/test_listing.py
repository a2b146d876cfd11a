"""What one list says of open claims: each rule by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.domain.model import Claim, Listing, RemoteRequest
from collect_xl.domain.ports import NO_BASE, Base, Unsettled
from collect_xl.evidence.listing import View, blindness, look, sent_outcome, window
from support.people import claim

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATE = timedelta(minutes=10)
A, B = "a@example.com", "b@example.com"
SINCE_LIST_3 = Base(3)


def open_claim(number: int, *own: str, batch: int = 1, learned: tuple[str, ...] = (), round_: str = "") -> Claim:
    """Return an unknown claim for a row with these keys."""
    made = claim(number, [*own, *learned], "unknown", round_=round_)
    return replace(made, own=own, batch=batch, why="answered")


def batch_of(*claims: Claim, base: Base = SINCE_LIST_3, at: datetime = NOON) -> Unsettled:
    return Unsettled(claims[0].batch, claims[0].scope, claims, at, at, 0.0, base=base)


def view_of(*requests: RemoteRequest, **more) -> View:
    """Return a list of requests, with what is known of them by name."""
    listing = Listing(requests, complete=True, started=NOON, ended=NOON, server_offset=0.0)
    known = {"bound": {}, "listed": {}, "claims": (), "pairs": {}, "key_print": lambda salt: f"{salt}'s print"}
    return View(**{"listing": listing, **known, **more})


def request(number: int, email: str = A, created: datetime | None = NOON, **more: str) -> RemoteRequest:
    return RemoteRequest(f"R{number}", email=email, created=created, **more)


def test_what_is_new_and_of_the_person_is_the_calls_result():
    """A request of one of the call's people that no list showed before is the result of that call."""
    findings = look([batch_of(open_claim(1, f"mail:{A}"))], view_of(request(1)), LATE)

    assert findings.found == {1: request(1)}


@pytest.mark.parametrize("hours", [-47, 0, 47])
def test_time_says_nothing_of_what_is_new(hours):
    """A new request is the call's, whatever its time says, within two days."""
    made = request(1, created=NOON + timedelta(hours=hours))

    assert look([batch_of(open_claim(1, f"mail:{A}"))], view_of(made), LATE).found == {1: made}


@pytest.mark.parametrize(("first", "is_new"), [(None, True), (2, False), (3, False), (4, True)])
def test_base_is_the_number_of_a_list(first, is_new):
    """Only what the last list before the claim, or an earlier one, has shown was there before."""
    listed = {} if first is None else {"R1": first}

    findings = look([batch_of(open_claim(1, f"mail:{A}"))], view_of(request(1), listed=listed), LATE)

    assert (findings.found, findings.missing) == (({1: request(1)}, set()) if is_new else ({}, {1}))


def test_without_a_base_the_window_of_time_decides():
    """A claim of an older journal binds what was made around its call, and nothing else."""
    batches = [batch_of(open_claim(1, f"mail:{A}"), base=NO_BASE)]
    early = request(1, created=NOON - timedelta(hours=1))

    assert look(batches, view_of(request(1), listed={"R1": 1}), LATE).found == {1: request(1)}
    assert look(batches, view_of(early), LATE).missing == {1}


def test_without_base_and_time_a_person_is_asked():
    """Without a base a request whose time cannot be read may be an older one."""
    batches = [batch_of(open_claim(1, f"mail:{A}"), base=NO_BASE)]

    assert look(batches, view_of(request(1, created=None)), LATE).doubtful[1].why == "older"


def test_with_a_base_no_time_is_needed():
    """With a base a request without a time is bound: lists have told that it is new."""
    made = request(1, created=None)

    assert look([batch_of(open_claim(1, f"mail:{A}"))], view_of(made), LATE).found == {1: made}


def test_two_new_requests_of_one_person_are_asked_about():
    """Of two new requests of one person neither is taken for ours."""
    findings = look([batch_of(open_claim(1, f"mail:{A}"))], view_of(request(1), request(2)), LATE)

    assert (findings.found, findings.doubtful[1].why, len(findings.doubtful[1].requests)) == ({}, "several", 2)


@pytest.mark.parametrize("state", ["intent", "unknown"])
def test_another_open_claim_of_the_person_is_asked_about(state):
    """While another claim of the person is open, in any round, a new request may be of that one."""
    mine = open_claim(1, f"mail:{A}")
    other = replace(open_claim(2, f"mail:{A}", batch=2, round_="spring"), state=state)

    findings = look([batch_of(mine)], view_of(request(1), claims=(mine, other)), LATE)

    assert (findings.found, findings.doubtful[1].why) == ({}, "two claims")


def test_open_claims_of_others_do_not_block():
    """Requests of other open claims are theirs; ours is absent all the same."""
    mine, other = open_claim(1, f"mail:{A}"), open_claim(2, f"mail:{B}", batch=2)

    findings = look([batch_of(mine), batch_of(other)], view_of(request(1, B), claims=(mine, other)), LATE)

    assert (findings.found, findings.missing, findings.blocked) == ({2: request(1, B)}, {1}, {})


@pytest.mark.parametrize("hours", [-49, 49])
def test_request_that_is_far_off_is_asked_about(hours):
    """What was created more than two days off is not bound by a list alone."""
    made = request(1, created=NOON + timedelta(hours=hours))

    assert look([batch_of(open_claim(1, f"mail:{A}"))], view_of(made), LATE).doubtful[1].why == "far off"


def test_address_of_two_contacts_is_asked_about():
    """A request by an address that two contacts have is not bound to either."""
    pairs = {
        "id:X": frozenset({f"mail:{A}"}),
        "id:Y": frozenset({f"mail:{A}"}),
        f"mail:{A}": frozenset({"id:X", "id:Y"}),
    }

    findings = look([batch_of(open_claim(1, "id:X"))], view_of(request(1), pairs=pairs), LATE)

    assert findings.doubtful[1].why == "which contact"


def test_another_id_with_the_same_address_is_another_person():
    """A request of another contact ID is not ours, though the address is the same."""
    made = request(1, contact_id="Y")

    findings = look([batch_of(open_claim(1, "id:X", f"mail:{A}"))], view_of(made), LATE)

    assert findings.found == {}
    assert findings.blocked == {1: (made,)}


def test_stranger_blocks_every_row_by_address():
    """A new request of nobody we know keeps rows by address from being absent: Collect may have spelt it anew."""
    sought = batch_of(open_claim(1, f"mail:{A}"), open_claim(2, f"mail:{B}"))
    stranger = request(1, "c@example.com")

    assert look([sought], view_of(stranger), LATE).blocked == {1: (stranger,), 2: (stranger,)}


def test_stranger_blocks_a_row_by_id_only_where_it_may_be_it():
    """A row by ID is blocked by a stranger of its address, or when Collect shows its ID no more."""
    shown = request(9, "x@example.com", contact_id="X")
    stranger = request(1, "c@example.com", contact_id="C")
    of_address = request(2, A, contact_id="D")
    known = {"listed": {"R9": 1}}
    batches = [batch_of(open_claim(1, "id:X", f"mail:{A}"))]

    assert look(batches, view_of(shown, stranger, **known), LATE).missing == {1}
    assert look(batches, view_of(shown, of_address, **known), LATE).blocked == {1: (of_address,)}
    assert look(batches, view_of(stranger), LATE).blocked == {1: (stranger,)}


@pytest.mark.parametrize("why", ["not named", "other name"])
def test_stranger_blocks_a_row_that_an_accepted_call_does_not_name(why):
    """Collect accepted the call: whatever appeared may be the row's, by ID or by address."""
    shown = request(9, "x@example.com", contact_id="X")
    stranger = request(1, "c@example.com", contact_id="C")
    row = replace(open_claim(1, "id:X"), why=why)

    assert look([batch_of(row)], view_of(shown, stranger, listed={"R9": 1}), LATE).blocked == {1: (stranger,)}


def test_old_stranger_blocks_nobody():
    """What was listed before the claim, or called not ours by a person, blocks nothing."""
    findings = look([batch_of(open_claim(1, f"mail:{A}"))], view_of(request(1, B), listed={"R1": 0}), LATE)

    assert (findings.missing, findings.blocked) == ({1}, {})


def test_bound_request_is_not_found_again():
    """A request that belongs to another claim is no evidence, and blocks nothing."""
    findings = look([batch_of(open_claim(1, f"mail:{A}"))], view_of(request(1), bound={"R1": claim(7, ["id:Z"])}), LATE)

    assert (findings.found, findings.missing, findings.blocked) == ({}, {1}, {})


def test_merged_contact_is_found_by_its_present_id():
    """A request that Collect shows under a learned ID of the claim is the claim's."""
    made = RemoteRequest("R1", contact_id="NEW", created=NOON)

    findings = look([batch_of(open_claim(1, "id:OLD", learned=("id:NEW",)))], view_of(made), LATE)

    assert findings.found == {1: made}


@pytest.mark.parametrize("offset", [-300.0, 0.0, 300.0], ids=["server behind", "equal", "server ahead"])
def test_window_is_told_by_the_servers_clock(offset):
    """Clocks that are minutes apart are compared through the server's Date header."""
    batch = replace(batch_of(open_claim(1, f"mail:{A}")), server_offset=offset)
    since, until = window(batch, view_of().listing, timedelta(seconds=10))

    assert since < (NOON + timedelta(seconds=offset)).timestamp() < until
    assert until - since == 20


def test_outcome_of_a_found_request_teaches_its_keys():
    """What is found names the contact: its ID and its address in canonical form join the claim."""
    found = sent_outcome(1, request(1, "U@münchen.de", contact_id="X"), "found in list")

    assert (found.state, found.why, found.keys) == ("sent", "found in list", ("id:X", "mail:u@xn--mnchen-3ya.de"))


# What a list must be to prove absence


def test_list_that_can_see():
    """A complete list, read with the key that posted, that shows what answers named, can prove absence."""
    named = replace(claim(2, ["id:Z"], request="R2"), batch=2)
    base = Base(3, "salt:salt's print")

    assert blindness(batch_of(open_claim(1, f"mail:{A}"), base=base), view_of(request(2), claims=(named,))) == ""


def test_list_that_was_broken_off_sees_nothing():
    """A list that was not read to its end proves no absence."""
    view = view_of()
    broken = replace(view, listing=replace(view.listing, complete=False))

    assert blindness(batch_of(open_claim(1, f"mail:{A}")), broken) == "broken off"


def test_list_of_another_key_sees_nothing():
    """Another key than that which posted may not see its requests; without a print it cannot be told."""
    batch = batch_of(open_claim(1, f"mail:{A}"), base=Base(3, "salt:another print"))

    assert blindness(batch, view_of()) == "other key"
    assert blindness(replace(batch, base=Base(3)), view_of()) == ""


@pytest.mark.parametrize(
    ("batch", "why", "blind"),
    [
        pytest.param(1, "", "lagging", id="an answer of this batch named it"),
        pytest.param(2, "", "lagging", id="an answer of a later batch named it"),
        pytest.param(0, "", "", id="an earlier batch's may be deleted"),
        pytest.param(2, "found in list", "", id="no answer named it"),
        pytest.param(2, "taken over", "", id="taken over"),
        pytest.param(2, "person said", "", id="a person's word"),
    ],
)
def test_list_that_lags_sees_nothing(batch, why, blind):
    """A list that lacks an ID which an answer named since the batch's claim is behind."""
    named = replace(claim(2, ["id:Z"], request="R2"), batch=batch, why=why)

    assert blindness(batch_of(open_claim(1, f"mail:{A}")), view_of(claims=(named,))) == blind
