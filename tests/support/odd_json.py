"""JSON that no server should send: any value under the names that Collect uses, and bytes that are no JSON."""

from __future__ import annotations

import json

from hypothesis import strategies as st

KEYS = (
    *("_id", "id", "itemId", "name", "tz", "status", "email", "campaignId", "contact", "createdAt", "dueDate"),
    *("portalUrl", "requests", "contacts", "request", "errors", "error", "message", "documents", "$oid", "$date"),
    *("users", "campaigns"),
)
TEXTS = (
    st.text(max_size=20)
    | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Cn"]), max_size=8)
    | st.sampled_from(
        ["https://[x", "https://a.usecollect.com\\@b/", "9999-12-31T23:59:59Z", "2024-01-01", "é" * 3_000, "1" * 401]
    )
)
NUMBERS = (
    st.integers()
    | st.integers(-(10**500), 10**500)
    | st.sampled_from([10**401, -(10**401), 10**4_000, 2**63, 1e308, float("inf"), float("-inf"), float("nan")])
    | st.floats()
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8)
        | st.dictionaries(TEXTS, inner, max_size=2)
    ),
    max_leaves=20,
)
REPLIES = (
    JSON
    | st.lists(st.dictionaries(st.sampled_from(KEYS), JSON), max_size=4)
    | st.fixed_dictionaries(
        {"requests": st.lists(st.dictionaries(st.sampled_from(KEYS), JSON), max_size=4)},
        optional={"errors": JSON, "contacts": JSON, "request": JSON},
    )
)
DEEP = [
    start * depth + end * depth for start, end in (("[", "]"), ('{"$oid":', "}")) for depth in (50, 400, 900, 5_000)
]
DEEP += ['{"requests":[' + "[" * 300 + "]" * 300 + '],"errors":[' + "[" * 600 + "]" * 600 + "]}"]
DEEP += ['{"_id":' + '{"$date":' * 800 + "1" + "}" * 801]


@st.composite
def damaged(draw):
    """Return the bytes of a JSON value with some of them changed."""
    body = bytearray(json.dumps(draw(REPLIES)).encode())
    for _ in range(draw(st.integers(0, 3))):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body)


BODIES = (
    st.builds(lambda value: json.dumps(value).encode(), REPLIES)
    | damaged()
    | st.binary()
    | st.sampled_from(DEEP).map(str.encode)
)
