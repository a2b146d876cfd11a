"""People who share an address, or have several spellings of one: through planning, claims and sending on a journal."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import pytest

from collect_xl.domain.rows import Choices
from collect_xl.followup.cancel import CANCEL, change
from collect_xl.planning.asked_elsewhere import ask_elsewhere
from collect_xl.planning.eligibility import assess_rows
from collect_xl.planning.history import load
from collect_xl.planning.plan import Plan, make_plan
from collect_xl.testing import faults
from collect_xl.testing.spellings import punycode_domain
from support.office import SHORT, Office
from support.people import row

SHARED = "office@accountant.example"


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, tmp_path):
    """A fake Collect, and a journal of each kind."""
    made = Office(tmp_path)
    if request.param == "postgresql":
        made.path = request.getfixturevalue("empty_postgres")
    with made:
        yield made


@pytest.fixture
def clients(office):
    """IDs of two clients whose address is their accountant's."""
    return [office.server.account.add_contact(SHARED, firstName=name) for name in ("Ann", "Bob")]


def requests_of(office) -> dict[str, str]:
    """Return which contact each request was made for."""
    return {each.request_id: each.contact_id for each in office.server.accepted}


def plan_of(office, rows) -> Plan:
    """Plan rows with what the journal knows of them and of the requests that they show."""
    shown = [each.seen["result.requestId"] for each in rows if each.seen]
    known = load(office.journal, office.account, [office.server.campaign], shown)
    return make_plan(assess_rows(rows, office.account, known), Choices(), office.account)


def own_requests(office, rows) -> dict[int, str]:
    """Return for each row that is left out as sent the contact of the request that is told for it."""
    owners = requests_of(office)
    plan = plan_of(office, rows)
    assert plan.size == 0
    assert {each.reason for each in plan.left_out} == {"sent"}
    return {each.row: owners[each.claim.request_id] for each in plan.left_out}


@pytest.mark.parametrize("second", [SHARED, None], ids=["A1: both with the address", "A2: one by ID alone"])
def test_two_clients_with_one_address_are_both_asked(office, clients, second):
    """Each of two contact IDs is asked once, and each row has its own client's request, again and again."""
    ann, bob = clients
    campaign = office.server.campaign
    rows = [row(2, SHARED, id=ann, campaign=campaign), row(3, second, id=bob, campaign=campaign)]

    report = office.send(rows)

    assert report.rows("sent") == (2, 3)
    assert Counter(each.contact_id for each in office.server.accepted) == {ann: 1, bob: 1}
    assert own_requests(office, rows) == {2: ann, 3: bob}
    request_of = {contact: request for request, contact in requests_of(office).items()}
    shown = [
        replace(each, seen={"result.requestId": request_of[contact], "result.status": "pending"})
        for each, contact in zip(rows, clients, strict=True)
    ]
    assert own_requests(office, shown) == {2: ann, 3: bob}
    assert office.send(rows).states == {}


def test_cancelling_one_client_leaves_the_other(office, clients):
    """Cancelling the second client's row cancels that client's request alone, and frees that client alone."""
    ann, bob = clients
    rows = [row(n, SHARED, id=each, campaign=office.server.campaign) for n, each in enumerate(clients, 2)]
    office.send(rows)
    claims = {each.row: each.claim for each in plan_of(office, rows).left_out}

    change(office.context(), {3: claims[3]}, CANCEL, threading.Event())

    shown = {each["contact"]["_id"]: each["status"] for each in office.server.account.requests.values()}
    assert shown == {ann: "pending", bob: "cancelled"}
    plan = plan_of(office, rows)
    assert [each.number for batch in plan.batches for each in batch.rows] == [3]


def test_row_that_copies_anothers_request_does_not_keep_it(office, clients):
    """A row of one client that shows the other's request is told its own."""
    ann, bob = clients
    rows = [row(n, SHARED, id=each, campaign=office.server.campaign) for n, each in enumerate(clients, 2)]
    office.send(rows)
    of_ann = next(request for request, contact in requests_of(office).items() if contact == ann)
    copied = [replace(each, seen={"result.requestId": of_ann}) for each in rows]

    assert own_requests(office, copied) == {2: ann, 3: bob}


def test_id_given_to_a_row_sent_by_address_is_held_back(office):
    """A row sent by address that is given another ID later is held back, with words."""
    campaign = office.server.campaign
    office.send([row(2, "p2@example.com", campaign=campaign)])

    plan = plan_of(office, [row(2, "p2@example.com", id="another", campaign=campaign)])

    assert (plan.size, [each.reason for each in plan.left_out]) == (0, ["ask"])
    assert "Held back" in plan.left_out[0].words


def test_claim_holds_back_what_planning_did_not_know(office):
    """A run whose plan is older than another run's send does not claim who may be the same person."""
    campaign = office.server.campaign
    plan = office.plan([row(2, "p2@example.com", id="another", campaign=campaign)])
    office.send([row(2, "p2@example.com", campaign=campaign)])

    report = office.send_plan(plan)

    assert (tuple(report.held), len(office.server.posts)) == ((2,), 1)


def test_colleague_asked_another_spelling(office):
    """A3: who was asked in Collect under the domain's other spelling is not asked again."""
    campaign = office.server.campaign
    office.server.account.send({"campaignId": campaign, "contacts": [{"email": "u@xn--mnchen-3ya.de"}]})
    rows = [row(2, "u@münchen.de", campaign=campaign)]
    (opened,) = [each for each in office.account.campaigns if each.id == campaign]
    elsewhere = ask_elsewhere(office.context(), [opened], Choices(), {}, SHORT)
    known = load(office.journal, office.account, [campaign], ())

    plan = make_plan(assess_rows(rows, office.account, known), Choices(), office.account, elsewhere=elsewhere.requests)

    assert (plan.size, [each.reason for each in plan.left_out]) == (0, ["asked elsewhere"])


def test_colleague_who_asks_while_the_preview_stands(office):
    """Who appears in a list that is read again, under another spelling, is left out before the call."""
    campaign = office.server.campaign
    plan = office.plan([row(2, "u@münchen.de", campaign=campaign), row(3, "v@example.com", campaign=campaign)])
    terms = office.terms()
    office.server.account.send({"campaignId": campaign, "contacts": [{"email": "u@xn--mnchen-3ya.de"}]})
    read = terms.lists[campaign]
    old = replace(terms, lists={campaign: replace(read, read_at=read.read_at - 121)})

    report = office.send_plan(plan, terms=old)

    assert (report.rows("sent"), [call.body["contacts"] for call in office.server.posts]) == (
        (3,),
        [[{"email": "v@example.com"}]],
    )
    assert set(report.elsewhere) >= {(campaign, "mail:u@xn--mnchen-3ya.de")}


@pytest.mark.parametrize("lost", [False, True], ids=["in the reply", "in the list"])
def test_server_echoes_another_spelling(office, lost):
    """A4: a request that Collect shows under the domain's other spelling is the row's."""
    spelt = faults.OtherSpelling(punycode_domain)
    office.server.on(spelt, route="GET /requests")
    office.server.on(faults.DropAfterCreating() if lost else spelt)
    rows = [row(2, "u@münchen.de", campaign=office.server.campaign)]

    office.send(rows)
    office.settle()

    assert [(each.state, each.request_id) for each in office.claims()] == [
        ("sent", office.server.accepted[0].request_id)
    ]


def test_sharp_s_is_not_two(office):
    """A5: ``straße`` and ``strasse`` are two domains and two people, and each is asked."""
    campaign = office.server.campaign
    rows = [row(2, "u@straße.de", campaign=campaign), row(3, "u@strasse.de", campaign=campaign)]

    assert office.send(rows).rows("sent") == (2, 3)
    assert office.mailed == ["u@straße.de", "u@strasse.de"]


def with_placeholder(body):
    """Return a reply or list in which every contact has the same ID."""
    if isinstance(body, list):
        return [with_placeholder(each) for each in body]
    if not isinstance(body, dict):
        return body
    return {
        key: {**value, "_id": "undefined"} if key == "contact" else with_placeholder(value)
        for key, value in body.items()
    }


def test_contacts_without_ids_of_their_own(office):
    """A6: where every contact has the same ``_id`` each row keeps its own request, and none becomes a duplicate."""
    for route in ("POST /requests", "GET /requests"):
        office.server.on(faults.Reshaped(with_placeholder), route=route)
    rows = [row(n, f"p{n}@example.com", campaign=office.server.campaign) for n in range(2, 6)]

    report = office.send(rows)
    office.lists(office.context())

    assert report.rows("sent") == (2, 3, 4, 5)
    assert "id:undefined" not in office.journal.aliases(office.account.origin, office.account.team.id)
    plan = plan_of(office, rows)
    assert {each.row: each.reason for each in plan.left_out} == dict.fromkeys(range(2, 6), "sent")
    assert len({each.claim.request_id for each in plan.left_out}) == 4
