"""Whatever a server answers, to any question: values within their bounds, or said to be unreadable."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from collect_xl.api import replies, verdict
from collect_xl.api.item_replies import items_of
from collect_xl.api.wire import Reply, http_date
from collect_xl.domain.portal_urls import may_link
from support.odd_json import BODIES, DEEP

UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
LONGEST = 2_000


def items_of_any(data):
    """Read a body as the answer about the items of whatever request it names."""
    return items_of({**data, "_id": "r1"} if isinstance(data, dict) else data, "r1")


READERS = {
    "GET /team": replies.team,
    "GET /campaigns/{id}": replies.campaign,
    "GET /campaigns/{id} items": replies.items,
    "GET /campaigns": replies.campaigns,
    "GET /users": replies.users,
    "GET /requests": replies.requests,
    "GET /requests/{id}": replies.request,
    "GET /requests/{id} items": items_of_any,
    "POST /requests": replies.post_reply,
    "PATCH /request": replies.patch_reply,
    "complaints": replies.complaints,
}
EVERYDAY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
HARD = settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))


def texts(value):
    """Yield every text in a value, and hold its moments against their bounds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, datetime):
        assert datetime(2000, 1, 1, tzinfo=UTC) <= value < datetime(2200, 1, 1, tzinfo=UTC)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from texts(list(value.items()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


def hold(value):
    """Hold each text of a value against what can be stored, shown and sent."""
    for text in texts(value):
        text.encode()
        assert (len(text) <= LONGEST, UNFIT.search(text)) == (True, None)
        may_link(text)


def read_everywhere(body):
    """Read a body as the answer to each question, and to both calls that change something."""
    for read in READERS.values():
        try:
            hold(read(replies.parse(body)))
        except replies.UnreadableError:
            continue
    for status in (200, 400, 404, 500):
        reply = Reply(status, {}, body)
        made = verdict.of_reply(reply)
        hold((made.words, made.requests, made.contacts, made.errors))
        assert "\0" not in made.body.encode().decode()
        hold(verdict.of_patch_reply(reply, "r1"))


@pytest.mark.parametrize("body", DEEP, ids=lambda body: f"{body[:9]}-{len(body)}")
def test_deep_replies(body):
    """A reply that is nested as deep as Python goes, or deeper, is read or unreadable."""
    read_everywhere(body.encode())


@pytest.mark.slow
@EVERYDAY
@given(BODIES)
@example(b'[{"_id": %d}]' % 10**401)
@example(b'[{"_id": 1e999, "createdAt": NaN, "dueDate": Infinity}]')
@example(b'[{"_id": "\\ud800", "name": "\\u202e\\ud800"}]')
def test_any_reply(body):
    """Any bytes give values within their bounds, or are said to be unreadable; no other error is raised."""
    read_everywhere(body)


@EVERYDAY
@given(
    st.text() | st.text("0123456789 :+-GMTSunFriDecJan,()²") | st.sampled_from(["9" * 5_000, "1 Jan 0001 00:00 +9999"])
)
def test_any_header(text):
    """Any date or wish to wait is a sane number or none."""
    seconds = verdict.retry_after({"Retry-After": text, "Date": text})
    assert seconds is None or 0 <= seconds <= 366 * 86_400
    date = http_date(text)
    assert date is None or date.tzinfo is not None


@pytest.mark.proof
@pytest.mark.whole
@pytest.mark.slow
@pytest.mark.timeout(7_200)  # seconds, on a busy machine
@HARD
@given(BODIES)
def test_any_reply_tried_hard(body):
    """The same, with twenty thousand replies."""
    read_everywhere(body)
