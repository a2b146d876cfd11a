"""Due dates: what people type, the moment it means in the team's zone, and when that moment is past."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect_xl.domain.due_dates import UnclearDateError, days_of, instant, is_past, read_due, times_around_gap
from collect_xl.errors import AccountError

DAY = date(2026, 12, 31)


def local(*parts):
    return datetime(*parts)  # noqa: DTZ001  # the team's zone comes later


@pytest.mark.parametrize(
    ("text", "due"),
    [
        pytest.param("2026-12-31", DAY, id="iso"),
        pytest.param("2026-12-31T17:30", local(2026, 12, 31, 17, 30), id="iso-time"),
        pytest.param("2026-12-31 17:30:15", local(2026, 12, 31, 17, 30, 15), id="iso-blank"),
        pytest.param("2026-12-31T17:30:00.250", local(2026, 12, 31, 17, 30, 0, 250_000), id="iso-fraction"),
        pytest.param("2026-12-31T17:30:00z", datetime(2026, 12, 31, 17, 30, tzinfo=UTC), id="iso-zulu"),
        pytest.param(
            "2026-12-31T17:30+01:00",
            datetime(2026, 12, 31, 17, 30, tzinfo=timezone(timedelta(hours=1))),
            id="iso-offset",
        ),
        pytest.param("2026/12/31", DAY, id="year-first"),
        pytest.param("2026.1.2", date(2026, 1, 2), id="year-first-dots"),
        pytest.param("31/12/2026", DAY, id="day-first-by-value"),
        pytest.param("12/31/2026", DAY, id="month-first-by-value"),
        pytest.param("31-12-2026", DAY, id="dashes"),
        pytest.param("31.12.2026", DAY, id="dots"),
        pytest.param("3.4.2026", date(2026, 4, 3), id="dots-are-day-first"),
        pytest.param("05/05/2026", date(2026, 5, 5), id="both-readings-agree"),
        pytest.param("31/12/2026 17:30", local(2026, 12, 31, 17, 30), id="with-time"),
    ],
)
def test_texts_that_are_dates(text, due):
    """These texts can be read in one way only."""
    assert read_due(text) == due
    assert type(read_due(text)) is type(due)


@pytest.mark.parametrize(
    ("order", "due"),
    [pytest.param("DMY", date(2026, 4, 3), id="day"), pytest.param("MDY", date(2026, 3, 4), id="month")],
)
def test_order_decides_what_the_value_does_not(order, due):
    """With a date order, an ambiguous text has one meaning."""
    assert read_due("03/04/2026", order) == due


@pytest.mark.parametrize(
    ("text", "order"),
    [
        pytest.param("03/04/2026", None, id="two-readings"),
        pytest.param("31/12/2026", "MDY", id="against-month-first"),
        pytest.param("12/31/2026", "DMY", id="against-day-first"),
        pytest.param("31/12/2026", "YMD", id="against-year-first"),
        pytest.param("3.4.2026", "MDY", id="dots-against-month-first"),
        pytest.param("31/12/26", None, id="short-year"),
        pytest.param("2026-02-30", None, id="no-such-day"),
        pytest.param("30.02.2026", None, id="no-such-day-with-dots"),
        pytest.param("32/13/2026", None, id="no-such-month"),
        pytest.param("2026-12-31T25:00", None, id="no-such-hour"),
        pytest.param("31/12/2026 24:30", None, id="no-such-hour-after-slashes"),
        pytest.param("2026-12-31T10:00+25:00", None, id="no-such-offset"),
        pytest.param("0000-01-01", None, id="no-such-year"),
        pytest.param("31 December 2026", None, id="words"),
        pytest.param("20261231", None, id="digits"),
        pytest.param("31/12-2026", None, id="mixed-marks"),
        pytest.param("2026-W53", None, id="week"),
        pytest.param("next week", None, id="next-week"),
    ],
)
def test_texts_that_are_no_dates(text, order):
    """What is no date, is two, or goes against the date order, is refused with a remedy."""
    with pytest.raises(UnclearDateError) as caught:
        read_due(text, order)
    assert caught.value.expected
    assert caught.value.todo


@given(st.text(max_size=25) | st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}( \d\d:\d\d)?", fullmatch=True))
def test_any_text_is_read_or_refused(text):
    """No text fails otherwise than as unclear."""
    try:
        assert isinstance(read_due(text), date)
    except UnclearDateError as unclear:
        assert unclear.todo  # noqa: PT017  # both ends are fine, a third is not


@pytest.mark.parametrize(
    ("due", "zone", "text"),
    [
        pytest.param(date(2022, 7, 11), "Europe/Paris", "2022-07-11T21:59:00Z", id="documented-summer"),
        pytest.param(date(2020, 1, 29), "Europe/Paris", "2020-01-29T22:59:00Z", id="documented-winter"),
        pytest.param(local(2022, 7, 11), "Europe/Paris", "2022-07-11T21:59:00Z", id="midnight-is-a-date"),
        pytest.param(local(2022, 7, 11, 12, 30), "Europe/Paris", "2022-07-11T10:30:00Z", id="moment-of-the-team"),
        pytest.param(datetime(2022, 7, 11, tzinfo=UTC), "Europe/Paris", "2022-07-11T00:00:00Z", id="moment-with-zone"),
        pytest.param(date(2026, 1, 1), "Pacific/Kiritimati", "2026-01-01T09:59:00Z", id="far-east"),
        pytest.param(local(2026, 3, 29, 2, 30), "Europe/Paris", "2026-03-29T01:30:00Z", id="skipped-hour"),
        pytest.param(local(2026, 10, 25, 2, 30), "Europe/Paris", "2026-10-25T01:30:00Z", id="repeated-hour"),
        pytest.param(date(2026, 1, 1), "UTC", "2026-01-01T23:59:00Z", id="utc"),
    ],
)
def test_instant(due, zone, text):
    """A date is 23:59 in the team's zone; clocks that change favour the person who is asked."""
    assert instant(due, zone) == text


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime", "Europe", "a\x00b"])
def test_zone_that_is_none(zone):
    """A zone that this computer does not know is an error, never UTC by guess."""
    with pytest.raises(AccountError, match="time zone"):
        instant(DAY, zone)


@pytest.mark.parametrize(
    ("due", "zone", "past"),
    [
        pytest.param(date(2026, 6, 15), "Europe/Paris", False, id="today"),
        pytest.param(date(2026, 6, 14), "Europe/Paris", True, id="yesterday"),
        pytest.param(date(2026, 6, 15), "Pacific/Kiritimati", True, id="over-there-it-is-tomorrow"),
        pytest.param(date(2026, 6, 15), None, False, id="zone-unknown-today"),
        pytest.param(date(2026, 6, 14), None, True, id="zone-unknown-past-everywhere"),
        pytest.param(local(2026, 6, 15, 1), None, False, id="zone-unknown-still-to-come-somewhere"),
        pytest.param(datetime(2026, 6, 15, 11, 59, tzinfo=UTC), None, True, id="moment-a-minute-ago"),
        pytest.param(date.min, None, True, id="first-day-there-is"),
        pytest.param(date.max, None, False, id="last-day-there-is"),
        pytest.param(datetime.max.replace(tzinfo=UTC), "Europe/Paris", False, id="last-moment-there-is"),
    ],
)
def test_past(due, zone, past):
    """A due date is past when its moment is; without a zone, when it is past everywhere on earth."""
    assert is_past(due, datetime(2026, 6, 15, 12, 0, tzinfo=UTC), zone) is past


@pytest.mark.parametrize("text", ["9999-12-31", "9999-12-31T23:59-12:00", "2200-01-01", "0999/12/31", "31.12.0001"])
def test_years_that_cannot_be_meant(text):
    """A year that no request is due in is told in words, before it meets the end of the calendar."""
    with pytest.raises(UnclearDateError, match="in the years 1900 to 2199"):
        read_due(text)


def test_days_have_an_end():
    """Any number of days can be asked for; a century is as good as more."""
    assert [days_of(count).days for count in (-1, 45, 10**9, 10**400)] == [0, 45, 36_525, 36_525]


@pytest.mark.parametrize(
    ("due", "zone", "around"),
    [
        pytest.param(local(2027, 3, 28, 2, 30), "Europe/Paris", (time(1, 30), time(3, 30)), id="paris"),
        pytest.param(local(2027, 3, 14, 2, 0), "America/New_York", (time(1, 0), time(3, 0)), id="first-minute"),
        pytest.param(local(2027, 10, 3, 2, 15), "Australia/Lord_Howe", (time(1, 45), time(2, 45)), id="half-an-hour"),
        pytest.param(local(2027, 3, 28, 3, 0), "Europe/Paris", None, id="after"),
        pytest.param(local(2027, 10, 31, 2, 30), "Europe/Paris", None, id="twice"),
        pytest.param(local(2027, 3, 28, 2, 30), "UTC", None, id="no-change"),
        pytest.param(date(2027, 3, 28), "Europe/Paris", None, id="a-day"),
        pytest.param(local(2027, 3, 28), "Asia/Beirut", None, id="midnight-means-the-day"),
        pytest.param(datetime(2027, 3, 28, 2, 30, tzinfo=UTC), "Europe/Paris", None, id="a-moment"),
        pytest.param(local(9999, 12, 31, 23), "Europe/Paris", None, id="last"),
    ],
)
def test_times_that_the_clocks_skip(due, zone, around):
    """A time in a gap of the clock does not exist, and the times on both sides of the gap do; any other exists."""
    assert times_around_gap(due, zone) == around


def test_order_that_makes_no_date_of_a_text_is_named():
    """A day that cannot be a month is not taken for one, where the options say that months are first."""
    with pytest.raises(UnclearDateError, match="month first, as the option Date order says"):
        read_due("31/12/2026", "MDY")
