"""Collect's replies are read with tolerance: the inconsistencies of ``collect_api.md`` section 15, one by one."""

import time
from datetime import UTC, datetime

import pytest

from collect_xl.api import bounds, replies
from collect_xl.domain.model import Campaign, RemoteRequest, Team, User

FULL = {
    "_id": "nw42",
    "campaignId": "xvr6",
    "createdAt": "2022-07-04T07:20:06Z",
    "dueDate": "2022-07-11T21:59:00Z",
    "portalUrl": "https://app.usecollect.com/portal/uGFR/nw42",
    "status": "pending",
    "privacy": "private",
    "contact": {"_id": "WmTj", "email": "a@example.com", "nbRequest": 5, "tag": ["x"], "custom": [{"value": 1}]},
    "branding": {"useBranding": False},
    "order": "1,",
}
READ = RemoteRequest(
    id="nw42",
    campaign="xvr6",
    contact_id="WmTj",
    email="a@example.com",
    status="pending",
    portal_url="https://app.usecollect.com/portal/uGFR/nw42",
    created=datetime(2022, 7, 4, 7, 20, 6, tzinfo=UTC),
    due="2022-07-11T21:59:00Z",
)

# a date as Collect may write it -> what it means
MOMENTS = {
    "seed": ("2022-07-04T07:20:06Z", datetime(2022, 7, 4, 7, 20, 6, tzinfo=UTC)),
    "generation-b": ("2022-05-22 13:40:26 UTC", datetime(2022, 5, 22, 13, 40, 26, tzinfo=UTC)),
    "old": ("2018-11-22T13:28:08.215Z", datetime(2018, 11, 22, 13, 28, 8, 215000, tzinfo=UTC)),
    "team": ("2024-05-04T09:42:00+00:00", datetime(2024, 5, 4, 9, 42, tzinfo=UTC)),
    "other-zone": ("2024-05-04T11:42:00+02:00", datetime(2024, 5, 4, 9, 42, tzinfo=UTC)),
    "no-zone": ("2024-05-04T09:42:00", datetime(2024, 5, 4, 9, 42, tzinfo=UTC)),
    "date-only": ("2024-05-04", datetime(2024, 5, 4, tzinfo=UTC)),
    "blanks-around": (" 2024-05-04T09:42:00Z\n", datetime(2024, 5, 4, 9, 42, tzinfo=UTC)),
    "milliseconds": (1714815720000, datetime(2024, 5, 4, 9, 42, tzinfo=UTC)),
    "meteor": ({"$date": 1714815720000}, datetime(2024, 5, 4, 9, 42, tzinfo=UTC)),
    "null": (None, None),
    "empty": ("", None),
    "words": ("next Tuesday", None),
    "utc-alone": ("UTC", None),
    "year-0": ("0000-00-00T00:00:00Z", None),
    "edge-of-time": ("0001-01-01T00:00:00+14:00", None),
    "boolean": (True, None),
    "huge": (10**30, None),
    "list": (["2024-05-04"], None),
    "dict": ({}, None),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_moment(name):
    """A date in any form that was seen is a moment in UTC; anything else is none."""
    written, meant = MOMENTS[name]
    found = bounds.moment(written)
    assert (found, found.tzinfo if found else None) == (meant, UTC if meant else None)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change its zone for a test")
def test_moment_without_a_zone_elsewhere(monkeypatch):
    """A time without a zone is UTC on every computer, wherever it stands."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert bounds.moment("2024-05-04T09:42:00") == datetime(2024, 5, 4, 9, 42, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_request():
    """A request is read with all that we use, and unknown keys do no harm."""
    assert replies.requests([FULL]) == (READ,)


# change to a full entry -> what is read otherwise than from it
VARIANTS = {
    "no-due-date": ({"dueDate": None}, {"due": ""}),
    "due-in-another-zone": ({"dueDate": "2022-07-11T23:59:00+02:00"}, {"due": "2022-07-11T21:59:00Z"}),
    "due-is-words": ({"dueDate": "whenever"}, {"due": ""}),
    "created-is-null": ({"createdAt": None}, {"created": None}),
    "custom-status": ({"status": "with the notary"}, {"status": "with the notary"}),
    "canceled": ({"status": "canceled"}, {"status": "canceled"}),
    "id-is-a-number": ({"_id": 42}, {"id": "42"}),
    "id-is-a-float": ({"_id": 42.0}, {"id": "42"}),
    "id-is-mongo's": ({"_id": {"$oid": "5f"}}, {"id": "5f"}),
    "id-is-a-list": ({"_id": ["x"]}, {"id": ""}),
    "id-is-true": ({"_id": True}, {"id": ""}),
    "contact-is-an-id": ({"contact": "WmTj"}, {"email": ""}),
    "contact-is-null": ({"contact": None}, {"contact_id": "", "email": ""}),
    "contact-is-a-list": ({"contact": [1]}, {"contact_id": "", "email": ""}),
    "contact-without-id": ({"contact": {"email": "b@example.com"}}, {"contact_id": "", "email": "b@example.com"}),
    "contact-with-plain-id": (
        {"contact": {"id": 7, "email": " b@example.com "}},
        {"contact_id": "7", "email": "b@example.com"},
    ),
    "contact-email-null": ({"contact": {"_id": "WmTj", "email": None}}, {"email": ""}),
    "portal-is-an-object": ({"portalUrl": {"url": "x"}}, {"portal_url": ""}),
    "status-is-null": ({"status": None}, {"status": ""}),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_request_in_other_shapes(name):
    """An entry of odd shape is read as far as it can be, and nothing is made up."""
    change, otherwise = VARIANTS[name]
    expected = {field: getattr(READ, field) for field in READ.__dataclass_fields__} | otherwise
    assert replies.requests([{**FULL, **change}]) == (RemoteRequest(**expected),)


@pytest.mark.parametrize("key", FULL)
def test_request_with_a_key_missing(key):
    """Any key may be absent; the rest is read all the same."""
    [found] = replies.requests([{name: value for name, value in FULL.items() if name != key}])
    differing = [field for field in READ.__dataclass_fields__ if getattr(found, field) != getattr(READ, field)]
    assert len(differing) <= (2 if key == "contact" else 1)


@pytest.mark.parametrize("entry", ["r1", 5, None, [], True, {}], ids=repr)
def test_entries_that_are_no_objects(entry):
    """A bare text is an id; what cannot be read stays as an entry without one, so that it is not forgotten."""
    assert [each.id for each in replies.requests([entry, FULL])] == [{"r1": "r1", "5": "5"}.get(str(entry), ""), "nw42"]


# what `errors` may be -> the complaints it makes
COMPLAINTS = {
    "missing": ({}, ()),
    "null": ({"errors": None}, ()),
    "empty": ({"errors": []}, ()),
    "texts": ({"errors": ["a", "b"]}, ("a", "b")),
    "one-text": ({"errors": "a"}, ("a",)),
    "objects": ({"errors": [{"message": "nö", "email": "a@b.c"}]}, ('{"email": "a@b.c", "message": "nö"}',)),
    "one-object": ({"errors": {"a@b.c": "no"}}, ('{"a@b.c": "no"}',)),
    "nested": ({"errors": [["a", {"b": [1]}]]}, ('["a", {"b": [1]}]',)),
    "numbers": ({"errors": [7, 0]}, ("7", "0")),
    "gaps": ({"errors": [None, "", {}, [], "a"]}, ("a",)),
    "error": ({"error": "no"}, ("no",)),
    "message": ({"message": "no"}, ("no",)),
    "errors-before-message": ({"errors": ["a"], "message": "b"}, ("a",)),
    "list-alone": ([{"message": "no"}, "a"], ('{"message": "no"}', "a")),
    "text-alone": ("no", ("no",)),
    "nothing": (None, ()),
}


@pytest.mark.parametrize("name", COMPLAINTS)
def test_complaints(name):
    """Complaints of any shape become texts that show all they hold."""
    reply, expected = COMPLAINTS[name]
    assert replies.complaints(reply) == expected


def test_post_reply():
    """Pairs of contact and address come from requests and from the echo, which mixes ids and objects."""
    reply = {"requests": [FULL], "contacts": ["WmTj", {"_id": "ngxh", "email": "b@example.com"}, None, {"_id": "x"}]}
    found = replies.post_reply(reply)
    assert (found.requests, found.errors) == ((READ,), ())
    assert found.contacts == (("WmTj", "a@example.com"), ("ngxh", "b@example.com"))


@pytest.mark.parametrize(
    "reply", [None, [], "x", 1, {}, {"requests": None}, {"requests": {}}, {"requests": "x"}], ids=repr
)
def test_post_reply_without_a_list(reply):
    """A reply without a list of requests is unreadable, whatever else it is."""
    with pytest.raises(replies.UnreadableError):
        replies.post_reply(reply)


# reply to GET /team -> the team
TEAMS = {
    "documented": (
        {"_id": "t1", "name": "A", "tz": "America/New_York", "plan": {"end": "x"}},
        Team("t1", "A", "America/New_York"),
    ),
    "old": ({"_id": "t1", "name": "A", "conso": {}}, Team("t1", "A", "UTC")),
    "unknown-zone": ({"_id": "t1", "name": "A", "tz": "Mars/Base"}, Team("t1", "A", "Mars/Base")),
    "zone-is-a-path": ({"_id": "t1", "name": "A", "tz": "../../etc/passwd"}, Team("t1", "A", "../../etc/passwd")),
    "zone-is-empty": ({"_id": "t1", "tz": ""}, Team("t1", "", "UTC")),
    "zone-is-null": ({"_id": 7, "name": None, "tz": None}, Team("7", "", "UTC")),
}


@pytest.mark.parametrize("name", TEAMS)
def test_team(name):
    """A team has its id, and UTC where Collect names no zone; an unknown one is kept, for an error to name it."""
    reply, expected = TEAMS[name]
    assert replies.team(reply) == expected


@pytest.mark.parametrize("reply", [None, [], {}, {"_id": ""}, {"_id": None}, {"name": "A"}], ids=repr)
def test_team_without_an_id(reply):
    """A team without an id is none, because identities are made of it."""
    with pytest.raises(replies.UnreadableError):
        replies.team(reply)


def test_campaigns_and_users():
    """Lists are read entry by entry; entries without an id are left out, as nothing can be done with them."""
    campaigns = [{"_id": "c1", "name": "N", "status": "open", "count": {}}, {"_id": "c2", "name": "M"}, {"name": "x"}]
    assert replies.campaigns(campaigns) == (Campaign("c1", "N", "open"), Campaign("c2", "M", ""))
    assert replies.users([{"_id": "u1", "email": "a@b.c", "role": "admin"}, {}]) == (User("u1", "a@b.c"),)
    assert replies.campaign({"_id": "c1", "documents": [{"order": "1,"}]}) == Campaign("c1", "", "")


@pytest.mark.parametrize("read", [replies.campaigns, replies.users, replies.requests])
@pytest.mark.parametrize("reply", [None, "x", 1, {}, {"data": []}], ids=repr)
def test_no_list(read, reply):
    """What is no list is unreadable, and not an empty list: absence would prove too much."""
    with pytest.raises(replies.UnreadableError):
        read(reply)
