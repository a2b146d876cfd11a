"""Caps and pace: whoever is left for the next run is told, and asked by it; nobody is asked beyond."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime

import pytest

from collect_xl.domain.events import Waiting
from collect_xl.domain.ports import DayCap
from collect_xl.planning.limits import Caps, Room, day_start
from collect_xl.testing.faults import Fault
from support.books import make_book, results
from support.people import row

TODAY = DayCap(4, datetime(2020, 1, 1, tzinfo=UTC))


def statuses(book) -> list[str]:
    return [each["Collect status"] for each in results(book).values()]


def mailed(server) -> list[str]:
    return [each.email for each in server.accepted]


@pytest.mark.slow
def test_rest_of_a_capped_run_is_told_and_sent_by_the_next(shell, server, tmp_path):
    """A run asks as many as it may, says so with 7, marks the others, and the next run asks exactly these."""
    book = make_book(tmp_path / "clients.xlsx", 8)

    done = shell.send(book, "--limit", 5)

    assert done.returncode == 7, done.stdout
    assert "5 people will be asked." in done.stdout
    assert "Sent      5" in done.stdout
    assert "Not sent  3   3 left for the next run (rows 7-9)" in done.stdout
    assert "At most 5 people are asked in one run: 3 rows are left for the next run." in done.stdout
    assert statuses(book) == ["pending"] * 5 + ["skipped"] * 3
    assert results(book)[9]["Collect message"].startswith("Left for the next run")

    done = shell.send(book, "--limit", 5)

    assert done.returncode == 0, done.stdout
    assert statuses(book) == ["pending"] * 8
    assert mailed(server) == [f"p{n}@example.com" for n in range(2, 10)]


@pytest.mark.slow
def test_cap_of_a_day_counts_across_runs_and_workbooks(shell, server, tmp_path):
    """What was asked today, by any run and from any workbook, counts; also what was taken back since."""
    first, second = make_book(tmp_path / "a.xlsx", 3), make_book(tmp_path / "b.xlsx", 6)
    company = {"COLLECT_XL_DAILY_LIMIT": "5"}
    assert shell.run("send", first, "--yes", **company).returncode == 0
    assert shell.run("cancel", first, "--rows", "2", "--yes").returncode == 0

    done = shell.run("send", second, "--yes", **company)

    assert done.returncode == 7, done.stdout
    assert "At most 5 people are asked in one day, and 3 were asked today" in done.stdout
    assert len(server.accepted) == 5
    done = shell.run("send", second, "--yes", "--json", **company)
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, summary["stopped"], summary["counts"]["sent"], summary["counts"]["left"]) == (
        7,
        "cap",
        0,
        2,
    )
    assert len(server.accepted) == 5
    assert shell.send(second).returncode == 0
    assert sorted(set(mailed(server))) == [f"p{n}@example.com" for n in range(2, 8)]


@pytest.mark.slow
def test_what_a_company_sets_cannot_be_raised(shell, server, tmp_path):
    """The lower of setting and word counts; the environment goes before what the user keeps."""
    book = make_book(tmp_path / "clients.xlsx", 6)
    assert shell.run("config", "set", "limit", "4").returncode == 0
    assert shell.run("send", book, "--yes", "--limit", 5).returncode == 7
    assert len(server.accepted) == 4
    assert shell.run("send", book, "--yes", "--limit", 5, COLLECT_XL_LIMIT="1").returncode == 7
    assert len(server.accepted) == 5


@pytest.mark.parametrize("name", ["COLLECT_XL_LIMIT", "COLLECT_XL_DAILY_LIMIT", "COLLECT_XL_PER_MINUTE"])
@pytest.mark.parametrize("text", ["ten", "-1", "1.5"])
def test_limit_that_is_no_number_is_no_lack_of_limits(shell, server, tmp_path, name, text):
    """A limit that cannot be read ends the run before anything is sent."""
    done = shell.run("send", make_book(tmp_path / "clients.xlsx", 2), "--yes", **{name: text})

    assert (done.returncode, server.calls) == (2, [])
    assert name in done.stderr


@pytest.mark.slow
def test_capped_plan_is_what_is_approved(shell, server, tmp_path):
    """The fingerprint is that of what would be sent under the cap, the same in check and send."""
    book = make_book(tmp_path / "clients.xlsx", 6)
    shown = shell.run("check", book, "--online", "--limit", 2).stdout
    assert "2 people will be asked." in shown
    plan = shown.split("Plan ")[1].split()[0]

    assert shell.run("send", book, "--plan", plan).returncode == 2
    assert shell.run("send", book, "--plan", plan, "--limit", 2).returncode == 7
    assert len(server.accepted) == 2


def test_room_that_others_took_meanwhile(office):
    """Room that somebody else took since the plan was made is not used twice: the rest is left for the next run."""
    rows = [row(n, f"p{n}@example.com", campaign=office.server.campaign) for n in range(2, 8)]
    office.send(rows[:3])

    room = Room(6, "At most 4 people are asked in one day", TODAY)
    report = office.send(rows, terms=office.terms(room=room))

    assert (report.stopped, report.rows("sent"), report.beyond) == ("cap", (5,), [6, 7])
    assert len(office.mailed) == 4


@pytest.mark.slow
def test_calls_keep_their_pace(shell, server, tmp_path):
    """However many calls a run needs, each waits for its turn: with 600 a minute ten calls take a second."""
    times = []
    for route in ("GET /team", "GET /campaigns", "GET /requests", "POST /requests"):
        server.on(Fault(), route=route, when=lambda _: bool(times.append(time.monotonic())))

    done = shell.send(make_book(tmp_path / "clients.xlsx", 120), "--per-minute", 600)

    assert done.returncode == 0, done.stdout
    assert len(times) == len(server.calls) >= 8
    assert times[-1] - times[0] > 0.1 * (len(times) - 1) - 0.09
    assert len(set(mailed(server))) == 120


def test_waiting_for_a_turn_holds_nobody(office, monkeypatch):
    """A sender that waits for its turn has claimed nobody yet, and can be stopped while it waits."""
    stop, told = threading.Event(), []

    def on_event(event):
        told.append(event)
        stop.set()

    rows = [row(2, "p2@example.com", campaign=office.server.campaign)]
    plan, terms = office.plan(rows), office.terms()
    monkeypatch.setattr(office.client, "turn", lambda: 3600.0)

    report = office.send_plan(plan, terms=terms, on_event=on_event, stop=stop)

    assert (report.stopped, report.states, office.states()) == ("asked", {}, {})
    assert [type(event) for event in told] == [Waiting]


def test_day_begins_in_the_zone_of_the_team():
    """A day begins at the team's midnight, wherever the computer stands."""
    now = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert day_start(now, "America/New_York") == datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    assert day_start(now, "Asia/Tokyo") == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_lower_of_two_caps_counts():
    """Each cap is lowered for itself; none is none."""
    assert Caps(10, None, 5).lowered(Caps(20, 7, 3)) == Caps(10, 7, 3)
    assert Caps().lowered(Caps()) == Caps()
