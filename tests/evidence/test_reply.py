"""Requests of an answer go to the rows they were made for, or to nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect_xl.domain.identity import mail_key
from collect_xl.domain.model import PostAnswer, RemoteRequest
from collect_xl.evidence.reply import Matched, Sent, match


def answer(*requests, contacts=(), errors=()):
    return PostAnswer("accepted", "", requests=requests, contacts=tuple(contacts), errors=tuple(errors))


def made(request_id, contact_id="", email=""):
    return RemoteRequest(request_id, contact_id=contact_id, email=email)


ANN, BOB = Sent(2, "", "ann@example.org"), Sent(3, "BobsId", "")


# what was sent, what came back -> row: id of its request
CERTAIN = {
    "by-address": ([ANN], answer(made("r1", "k1", "ann@example.org")), {2: "r1"}),
    "by-address-in-capitals": ([ANN], answer(made("r1", "k1", " ANN@Example.ORG ")), {2: "r1"}),
    "by-address-in-other-unicode": (
        [Sent(2, "", "jos\u00e9@example.org")],
        answer(made("r1", "k1", "jose\u0301@example.org")),
        {2: "r1"},
    ),
    "by-id": ([BOB], answer(made("r1", "BobsId", "whoever@example.org")), {3: "r1"}),
    "by-id-in-other-case": ([BOB], answer(made("r1", "bobsid")), {}),
    "shuffled": (
        [ANN, BOB],
        answer(made("r2", "BobsId", "b@example.org"), made("r1", "k1", ANN.email)),
        {2: "r1", 3: "r2"},
    ),
    "fewer": ([ANN, BOB], answer(made("r2", "BobsId")), {3: "r2"}),
    "id-before-address": (
        [Sent(2, "", "b@example.org"), BOB],
        answer(made("r1", "BobsId", "b@example.org")),
        {3: "r1"},
    ),
    "both-known": ([Sent(2, "AnnsId", "ann@example.org")], answer(made("r1", "AnnsId", "old@example.org")), {2: "r1"}),
    "address-of-another-contact": ([Sent(2, "AnnsId", "ann@example.org")], answer(made("r1", "Other", ANN.email)), {}),
    "address-without-an-id": ([Sent(2, "AnnsId", "ann@example.org")], answer(made("r1", "", ANN.email)), {2: "r1"}),
    "echo-tells-the-address": ([ANN], answer(made("r1", "k1"), contacts=[("k1", "Ann@example.org")]), {2: "r1"}),
    "echo-tells-the-id": (
        [BOB],
        answer(made("r1", "", "b@example.org"), contacts=[("BobsId", "b@example.org")]),
        {3: "r1"},
    ),
    "told-twice": ([ANN], answer(made("r1", "k1", ANN.email), made("r1", "k1", ANN.email)), {2: "r1"}),
    "two-requests-for-one-row": ([ANN], answer(made("r1", "k1", ANN.email), made("r2", "k1", ANN.email)), {}),
    "two-rows-for-one-request": ([ANN, Sent(5, "", "ANN@example.org")], answer(made("r1", "k1", ANN.email)), {}),
    "one-id-for-two-people": ([ANN, BOB], answer(made("r1", "k1", ANN.email), made("r1", "BobsId")), {}),
    "without-a-request-id": ([ANN], answer(made("", "k1", ANN.email)), {}),
    "strangers": ([ANN], answer(made("r1", "k1", ANN.email), made("r2", "k2", "x@example.org")), {2: "r1"}),
    "nobody": ([ANN], answer(), {}),
    "part-of-an-address": ([ANN], answer(made("r1", "k1", "joann@example.org")), {}),
    "empty-everything": ([Sent(2, "", "")], answer(made("r1")), {}),
}


@pytest.mark.parametrize("name", CERTAIN)
def test_certain(name):
    """A row gets a request only where both have nobody else; every other request is unexplained."""
    sent, told, expected = CERTAIN[name]
    found = match(sent, told)
    assert {row: request.id for row, request in found.by_row.items()} == expected
    assert set(found.unexplained) == set(told.requests) - set(found.by_row.values())


# what was sent, what came back -> row: id of its probable request
PROBABLE = {
    "one-and-one": ([ANN], answer(made("r1", "k1", "other@example.org")), {2: "r1"}),
    "one-and-one-beside-certain-ones": (
        [ANN, BOB],
        answer(made("r1", "k1", "other@example.org"), made("r2", "BobsId")),
        {2: "r1"},
    ),
    "one-row-two-requests": ([ANN], answer(made("r1", "k1", "x@example.org"), made("r2", "k2", "y@example.org")), {}),
    "two-rows-one-request": ([ANN, BOB], answer(made("r1", "k1", "x@example.org")), {}),
    "row-that-is-blamed": ([ANN], answer(made("r1", "k1", "x@example.org"), errors=["ann@example.org: no"]), {}),
    "request-without-an-id": ([ANN], answer(made("", "k1", "x@example.org")), {}),
    "ambiguous-request": ([ANN, Sent(5, "", ANN.email)], answer(made("r1", "k1", ANN.email)), {}),
    "all-certain": ([ANN], answer(made("r1", "k1", ANN.email)), {}),
}


@pytest.mark.parametrize("name", PROBABLE)
def test_probable(name):
    """One row and one request that are left over are probably a pair, which is said and never taken for certain."""
    sent, told, expected = PROBABLE[name]
    found = match(sent, told)
    assert {row: request.id for row, request in found.probable.items()} == expected
    assert not found.probable.keys() & found.by_row.keys()


THREE = [ANN, BOB, Sent(9, "", "cy@example.org")]

# complaint -> the row that it names, None when it is the batch's
BLAME = {
    "Could not send to ann@example.org.": 2,
    "ann@example.org": 2,
    "<ANN@EXAMPLE.ORG> bounced": 2,
    "mailto:ann@example.org?subject=x": 2,
    '{"email": "Ann@example.org", "reason": "no"}': 2,
    '{"error": {"details": [{"contact": {"email": "ann@example.org"}}]}}': 2,
    '{"ann@example.org": "no"}': 2,
    '{"contactId": "BobsId"}': 3,
    "contact BobsId: not found": 3,
    "contact bobsid: not found": None,
    "contact xBobsId: not found": None,
    "joann@example.org": None,
    "jo.ann@example.org": None,
    "ann@example.org.uk": None,
    "ann@example.organisation": None,
    '{"index": 2}': 9,
    '[{"position": 0, "text": "no"}]': 2,
    '{"index": 3}': None,
    '{"index": -1}': None,
    '{"index": true}': None,
    '{"index": [0, 1], "x": {"index": 0, "y": {"index": 1}}}': None,
    "index 2": None,
    "ann@example.org and BobsId": None,
    "something went wrong": None,
    "7": None,
    "": None,
    "[" * 50_000: None,
}


@pytest.mark.parametrize("text", BLAME, ids=lambda text: text[:40])
def test_blame(text):
    """A complaint belongs to the one row that it names by id, address or number; else it is the batch's."""
    found = match(THREE, answer(errors=[text]))
    expected = ({}, (text,)) if BLAME[text] is None else ({BLAME[text]: text}, ())
    assert (found.blamed, found.batch_errors) == expected


def test_blame_through_the_echo():
    """A complaint that names an id we did not send finds its row through the echoed pairs."""
    found = match(THREE, answer(contacts=[("AnnsId", "ann@example.org")], errors=["AnnsId is blocked"]))
    assert found.blamed == {2: "AnnsId is blocked"}


def test_blame_of_a_longer_address():
    """The address that stands there is blamed, not another that ends like it."""
    sent = [Sent(2, "", "bob@example.org"), Sent(3, None, "o'bob@example.org")]
    assert match(sent, answer(errors=["o'bob@example.org bounced"])).blamed == {3: "o'bob@example.org bounced"}


def test_blame_by_number_spares_rows_with_a_request():
    """A number may count from 0 or from 1; it blames nobody who has a request."""
    found = match(THREE, answer(made("r1", "k1", ANN.email), errors=['{"index": 0}']))
    assert (found.blamed, found.batch_errors) == ({}, ('{"index": 0}',))


def test_several_complaints_about_one_row():
    """Several complaints about a row are told together."""
    assert match(THREE, answer(errors=["BobsId: a", "BobsId: b"])).blamed == {3: "BobsId: a; BobsId: b"}


def test_nothing_sent():
    """An answer to nothing explains nothing."""
    assert match([], answer(made("r1"), errors=["x"])) == Matched({}, {}, ("x",), (made("r1"),), {})


IDS = st.sampled_from(["", "A", "B", "C"])
MAILS = st.sampled_from(["", "a@x.org", "A@x.org", "b@x.org", "c@x.org"])
PEOPLE = st.tuples(IDS, MAILS)


@given(
    st.lists(PEOPLE, max_size=5),
    st.lists(st.tuples(st.sampled_from(["", "r1", "r2", "r3"]), IDS, MAILS), max_size=5),
    st.lists(PEOPLE.filter(all), max_size=3),
    st.randoms(use_true_random=False),
)
def test_never_by_position_and_never_twice(people, requests, contacts, order):
    """Order changes nothing; no request serves two rows; no row gets a request of somebody who is surely another."""
    sent = [Sent(number, contact_id or None, email or None) for number, (contact_id, email) in enumerate(people)]
    told = [made(*each) for each in requests]
    found = match(sent, answer(*told, contacts=contacts))
    again = match(order.sample(sent, len(sent)), answer(*order.sample(told, len(told)), contacts=contacts))
    assert (found.by_row, found.probable, set(found.unexplained)) == (
        again.by_row,
        again.probable,
        set(again.unexplained),
    )
    ids = [request.id for request in found.by_row.values()]
    assert (len(set(ids)), "" in ids) == (len(ids), False)
    for row, request in found.by_row.items():
        mine = sent[row]
        if mine.contact_id and request.contact_id:
            assert mine.contact_id == request.contact_id
        elif not contacts:
            assert mail_key(mine.email) == mail_key(request.email)
