"""Dates as the sheet shows them: the day of the team, old texts, and what is no date."""

# ruff: noqa: DTZ001  # a cell has no zone

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from collect_xl.domain.model import Row, RowResult
from collect_xl.results.as_you_go import with_written
from collect_xl.results.cell_changes import differing_cells
from collect_xl.results.shown_dates import moment_text, shown_cells, team_zone

ZONES = {  # zone -> what it makes of 22:59Z on the last of January, and of 22:59Z in summer
    "Europe/Paris": (date(2027, 1, 31), datetime(2027, 7, 2, 0, 59)),
    "America/New_York": (datetime(2027, 1, 31, 17, 59), datetime(2027, 7, 1, 18, 59)),
    "Pacific/Auckland": (datetime(2027, 2, 1, 11, 59), datetime(2027, 7, 2, 10, 59)),
}


@pytest.mark.parametrize(("zone", "shown"), ZONES.items(), ids=ZONES.keys())
def test_the_day_of_a_moment_is_the_teams(zone, shown):
    """22:59Z is the end of the same day in Paris, its afternoon in New York, and the next day in Auckland."""
    dues = ["2027-01-31T22:59:00Z", "2027-07-01T22:59:00Z"]

    assert tuple(shown_cells({"result.dueDate": due}, ZoneInfo(zone))["result.dueDate"] for due in dues) == shown


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        pytest.param("Europe/Paris", "2027-07-01T21:59:00Z", id="Paris in summer"),
        pytest.param("America/New_York", "2027-07-02T03:59:00Z", id="New York"),
        pytest.param("Pacific/Auckland", "2027-07-01T11:59:00Z", id="Auckland"),
    ],
)
def test_the_end_of_the_teams_day_is_a_whole_day(zone, due):
    """A due date at 23:59 of the team is a day without a time, in each zone, which equals a typed date."""
    shown = shown_cells({"result.dueDate": due}, ZoneInfo(zone))["result.dueDate"]

    assert (type(shown), shown) == (date, date(2027, 7, 1))


def test_what_was_sent_and_checked_shows_its_day_alone():
    """The day of a request is that of the team's clock; its time is in the send history."""
    late = moment_text(datetime(2026, 11, 28, 23, 30, tzinfo=UTC))
    shown = shown_cells({"result.sentOn": late, "result.checkedOn": late}, ZoneInfo("Europe/Paris"))

    assert shown == {"result.sentOn": date(2026, 11, 29), "result.checkedOn": date(2026, 11, 29)}


@pytest.mark.parametrize("text", ["soon", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2027-13-01", ""])
def test_what_is_no_date_stays_as_it_is(text):
    """What no Excel can show as a date is shown as Collect says it, and nothing else is touched."""
    cells = {"result.dueDate": text, "result.error": "2027-01-31T22:59:00Z"}

    assert shown_cells(cells, UTC) == cells


def test_a_day_without_a_time_is_shifted_by_no_zone():
    """A day is the same day everywhere."""
    shown = shown_cells({"result.dueDate": "2027-01-31"}, ZoneInfo("Pacific/Auckland"))

    assert shown == {"result.dueDate": date(2027, 1, 31)}


@pytest.mark.parametrize("zone", [None, "", "Nowhere/Land"])
def test_results_are_written_where_the_zone_is_not_known(zone):
    """A zone that this computer does not know keeps no result from being written."""
    assert team_zone(zone) is UTC


def test_old_texts_become_dates():
    """A day that an older version wrote as a text differs from the date; a real date is left alone."""
    day = date(2026, 11, 28)
    cells = {"result.sentOn": day}
    text, real = (
        Row(2, False, None, None, (), {"result.sentOn": "2026-11-28"}, dates=dates)
        for dates in ({}, {"result.sentOn": day})
    )

    assert (differing_cells(text, cells), differing_cells(real, cells)) == (cells, {})
    assert differing_cells(real, {"result.sentOn": ""}) == {"result.sentOn": ""}


def test_a_written_date_is_remembered():
    """After a write of ours the row shows the new date, and nothing of one that was emptied."""
    day = date(2026, 11, 28)
    row = Row(2, False, None, None, (), {"result.dueDate": "2026-12-31"}, dates={"result.dueDate": date(2026, 12, 31)})
    after = with_written(row, RowResult(2, (), {"result.sentOn": day, "result.dueDate": ""}))

    assert (after.dates, after.seen) == ({"result.sentOn": day}, {"result.sentOn": "2026-11-28"})
