"""The time before which nothing is sent."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.domain.rows import Choices
from collect_xl.errors import UsageError
from collect_xl.workflow import open as app
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import HowToSend
from collect_xl.workflow.start_time import StartTime, await_start, require_start, start_time
from support.books import make_book
from support.fronts import Yes

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
PARIS = "Europe/Paris"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-12-01 08:00", "2026-12-01T07:00", id="in the team's zone"),
        pytest.param("2026-12-01T08:00:30", "2026-12-01T07:00:30", id="with seconds"),
        pytest.param("2026-12-01 08:00Z", "2026-12-01T08:00", id="with a zone of its own"),
        pytest.param("2026-12-01 08:00-05:00", "2026-12-01T13:00", id="with an offset"),
        pytest.param("2026-12-01", "2026-11-30T23:00", id="a day begins at its midnight"),
        pytest.param("2026-12-01 00:00", "2026-11-30T23:00", id="midnight is midnight"),
        pytest.param("13.12.2026 08:00", "2026-12-13T07:00", id="as a due date is typed"),
        pytest.param("2027-03-28 02:30", "2027-03-28T01:30", id="an hour that clocks skip"),
        pytest.param("2027-10-31 02:30", "2027-10-31T01:30", id="an hour that clocks repeat, the later one"),
        pytest.param("2026-11-01 08:00", "2026-11-01T07:00", id="a time that has passed"),
    ],
)
def test_time_in_the_teams_zone(text, moment):
    """A time is read as due dates are, in the team's zone; a day is its beginning, not its end."""
    assert start_time(text, PARIS, NOW).moment == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["tomorrow", "03/04/2027", "8:00", "", "2026-13-01", "2062-12-01", "9999-12-31"])
def test_unclear_time_is_refused(text):
    """A text that is no time, could be two, or lies more than a year ahead is refused in words."""
    with pytest.raises(UsageError, match="The start"):
        start_time(text, PARIS, NOW)


class Days:
    """A clock that a wait turns, and that may stand still and jump, as on a computer that sleeps."""

    def __init__(self, sleeps=0.0):
        self.now, self.sleeps, self.told = NOW, sleeps, []

    def wait(self, seconds, stop):
        """Let that much pass, and whatever the computer sleeps."""
        self.now += timedelta(seconds=seconds + self.sleeps)
        return stop.is_set()


def test_wait_tells_what_is_left_every_second():
    """The wait ends not a moment before the time, and tells the seconds that are left."""
    days, start = Days(), StartTime(NOW + timedelta(seconds=2.5), PARIS)

    assert await_start(start, days.told.append, threading.Event(), now=lambda: days.now, wait=days.wait)

    assert days.told == [2.5, 1.5, 0.5]
    assert days.now >= start.moment


def test_sleep_of_the_computer_counts():
    """A computer that sleeps through the time goes on when it wakes, by the clock on the wall."""
    days, start = Days(sleeps=9000.0), StartTime(NOW + timedelta(hours=2), PARIS)

    assert await_start(start, days.told.append, threading.Event(), now=lambda: days.now, wait=days.wait)
    assert len(days.told) == 1


def test_stop_ends_the_wait():
    """Ctrl-C ends the wait at once, also in the very second in which it is over."""
    days, stop = Days(), threading.Event()
    stop.set()

    for seconds in (3600.0, 0.5, 0.0):
        start = StartTime(NOW + timedelta(seconds=seconds), PARIS)
        assert not await_start(start, days.told.append, stop, now=lambda: NOW, wait=days.wait)


def test_words_name_the_zone():
    """People read the time in the team's zone, and which zone that is."""
    assert start_time("2026-12-01 08:00Z", PARIS, NOW).words == "2026-12-01 09:00 (Europe/Paris)"


def test_time_that_has_come_is_no_obstacle():
    """From its moment on a start holds nothing back."""
    require_start(StartTime(NOW, PARIS), NOW)
    require_start(None, NOW)


def test_core_sends_nothing_before_the_time(server, tmp_path, monkeypatch):
    """A face that does not wait, or waits wrongly, sends nothing: the core itself looks at the clock."""
    for name, value in (("API_KEY", server.key), ("API_URL", server.url), ("XL_HISTORY", str(tmp_path / "j.sqlite3"))):
        monkeypatch.setenv(f"COLLECT_{name}", value)
    book = make_book(tmp_path / "clients.xlsx", 2)
    how = HowToSend(start=StartTime(datetime.now(UTC) + timedelta(hours=1), PARIS))

    with app.opened(app.Paths(book), app.WRITE) as session, pytest.raises(UsageError, match=r"It is not .* yet"):
        stories.send(session, app.collect_of(session), Choices(), Yes(), how=how)

    assert server.posts == []
