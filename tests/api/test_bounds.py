"""What is kept of a reply is bounded and storable; what had to be altered is no id; one odd entry spoils no other."""

import json
from datetime import UTC, datetime

import pytest

from collect_xl.api import bounds, replies, verdict
from collect_xl.api.wire import Reply

# a text of a reply -> what is kept of it
TEXTS = {
    "plain": ("Zoë & Co 公司 🎉", "Zoë & Co 公司 🎉"),
    "escape": ("a\x1b]52;c;eA==\x07b", "a ]52;c;eA== b"),
    "c1": ("a\x9b31mb", "a 31mb"),
    "nul": ("a\0b", "a b"),
    "lines": ("a\r\nb\u2028c\u2029d", "a b c d"),
    "overrides": ("a\u202egpj.exe\u202c", "a gpj.exe"),
    "isolates": ("\u2067a\u2069", "a"),
    "arabic-mark": ("a\u061cb", "a b"),
    "surrogate": ("a\ud800b", "a\ufffdb"),
    "no-xml": ("a\uffffb", "a b"),
    "joiners": ("👨\u200d👩", "👨\u200d👩"),
    "blanks": ("  a ", "  a "),
}


@pytest.mark.parametrize("name", TEXTS)
def test_cleaned(name):
    """What cannot be stored or would act on a terminal becomes a blank; all else stays as it is."""
    text, kept = TEXTS[name]
    assert bounds.cleaned(text) == kept


# an id as Collect may write it -> what is kept of it
IDS = {
    "usual": ("WmTjxAwe2kb6a3B9m", "WmTjxAwe2kb6a3B9m"),
    "number": (42, "42"),
    "longest": ("x" * 200, "x" * 200),
    "too-long": ("x" * 201, ""),
    "surrogate": ("a\ud800", ""),
    "override": ("a\u202e", ""),
    "line": ("a\n", ""),
    "with-the-key": ("x-(the API key)", ""),
    "401-digits": (10**401, "1" + "0" * 401),
    "rounded": (1e300, ""),
    "beyond-floats": (float(2**53), ""),
    "endless": (float("inf"), ""),
    "no-number": (float("nan"), ""),
}


@pytest.mark.parametrize("name", IDS)
def test_id(name):
    """An id is kept as it came or not at all, because an altered one might be another's."""
    written, kept = IDS[name]
    kept = kept if len(kept) <= 200 else ""
    [found] = replies.requests(replies.parse(json.dumps([{"_id": written}]).encode()))
    assert found.id == kept


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("portalUrl", "https://a.usecollect.com/" + "x" * 2_000, ""),
        ("portalUrl", "https://a.usecollect.com/\u202ex", "https://a.usecollect.com/ x"),
        ("status", "s" * 101, "s" * 99 + "…"),
        ("status", "a\x1b[31m", "a [31m"),
        ("campaignId", "c\0", ""),
    ],
)
def test_fields_of_a_request(field, value, kept):
    """A link that is too long is none, a longer status is cut, and both can be printed."""
    [found] = replies.requests([{"_id": "r", field: value}])
    names = {"portalUrl": "portal_url", "status": "status", "campaignId": "campaign"}
    assert getattr(found, names[field]) == kept


@pytest.mark.parametrize(
    "written",
    ["1999-12-31T23:59:59Z", "2200-01-01", "9999-12-31T23:59:59Z", 10**15, -1, 10**400, "0001-01-01", {"$date": {}}],
    ids=repr,
)
def test_moments_far_away(written):
    """A moment outside of Collect's own time is none, as request and as due date."""
    [found] = replies.requests([{"_id": "r", "createdAt": written, "dueDate": written}])
    assert (found.created, found.due) == (None, "")


def test_moments_at_the_edges():
    """The bounds themselves are kept."""
    assert bounds.moment("2000-01-01T00:00:00Z") == datetime(2000, 1, 1, tzinfo=UTC)
    assert bounds.moment("2199-12-31T23:59:59Z") == datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)


ODD = [
    {"_id": "\ud800"},
    {"_id": "x" * 5_000},
    {"_id": 10**401},
    {"_id": {"$oid": {"$oid": "x"}}},
    {"_id": "a\0"},
    [[]],
    None,
    {"contact": [{}], "createdAt": "9999-99-99"},
]


def test_odd_entries_spoil_no_other():
    """Each entry that cannot be read is one without an id; the others of the list are all read."""
    entries = [{"_id": f"r{number}", "status": "pending"} for number in range(len(ODD))]
    mixed = [entry for pair in zip(entries, ODD, strict=True) for entry in pair]
    found = replies.requests(replies.parse(json.dumps(mixed).encode()))
    expected = [name for entry in entries for name in (entry["_id"], "")]
    assert [request.id for request in found] == expected


def test_number_that_python_refuses():
    """A number of more digits than Python reads does not keep the rest of the reply from being read."""
    body = b'[{"_id": "r1", "order": %s}, {"_id": "r2", "big": 1e999, "none": NaN}]' % (b"9" * 5_000)
    assert [request.id for request in replies.requests(replies.parse(body))] == ["r1", "r2"]


@pytest.mark.parametrize("depth", [60, 2_000, 200_000])
@pytest.mark.parametrize(
    ("start", "end"), [("[", "]"), ('{"[": ', "}"), ('["]\\"[", ', "]")], ids=["list", "dict", "mixed"]
)
def test_deep_field_spoils_no_other(depth, start, end):
    """A field that is nested too deeply to be read does not keep the rest of the list from being read."""
    deep = start * depth + "1" + end * depth
    body = f'[{{"_id": "r1", "contact": {deep}, "status": "open"}}, {{"_id": "r2"}}, {{"_id": {deep}}}]'
    found = replies.requests(replies.parse(body.encode()))
    assert [(request.id, request.status) for request in found] == [("r1", "open"), ("r2", ""), ("", "")]


@pytest.mark.parametrize(
    "body", ["[" * 5_000, "[" * 5_000 + "]" * 4_999, "[" * 5_000 + "]" * 5_001, '["' + "[" * 5_000]
)
def test_deep_and_broken(body):
    """Deep brackets that do not fit together are no JSON."""
    with pytest.raises(replies.UnreadableError):
        replies.parse(body.encode())


def test_complaints_are_bounded():
    """Complaints are kept up to a number and a length, and what was left out is said."""
    found = replies.complaints({"errors": [{"message": "x " * 5_000}] * 5_000})
    assert (len(found), max(map(len, found))) == (101, 2_000)
    assert (found[0].endswith("…"), found[-1]) == (True, "and 4,900 more complaints, which are not kept")


def test_complaint_is_not_cut_inside_an_address():
    """The part of an address that a cut leaves might be another person's address."""
    [found] = replies.complaints({"errors": ["x" * 1_970 + " not sent: ann@example.community"]})
    assert found == "x" * 1_970 + " not sent: …"


def test_complaint_without_blanks_is_still_told():
    """A language without blanks is cut like any other, and not taken for one endless address."""
    [found] = replies.complaints({"errors": ["请求" * 2_000]})
    assert (found[:2], len(found) > 1_500) == ("请求", True)


def test_complaints_are_clean():
    """A complaint cannot act on a terminal, whatever shape it has."""
    found = replies.complaints(
        {"errors": ["\x1b]8;;https://evil.example\x07x", {"message": "\u202ea\ud800", "n": 1e999}]}
    )
    assert found == ("]8;;https://evil.example x", '{"message": " a\ufffd", "n": Infinity}')


def test_plain_refusal_is_bounded():
    """A refusal that is a long plain text is cut like any complaint."""
    found = verdict.of_reply(Reply(400, {}, b"no " * 6_000 + b"end"))
    assert [len(text) <= 2_000 and text.endswith("…") for text in found.errors] == [True]


def test_items_users_and_names():
    """Names and addresses of campaigns, items and users are in bounds, too."""
    campaign = {"_id": "c", "name": "n" * 300, "documents": [{"itemId": "i\ud800", "id": "i", "name": "\ud800"}, 3]}
    assert replies.items(campaign) == {"i": "\ufffd"}
    assert replies.campaigns([campaign])[0].name == "n" * 199 + "…"
    assert [user.email for user in replies.users([{"_id": "u", "email": "a" * 400}, {"_id": "\0"}])] == [""]
    assert replies.team({"_id": "t", "name": "\u202eA\n", "tz": "Europe/Paris\n"}).name == "A"
