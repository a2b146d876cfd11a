"""``--live``: the commands on the workbook that is open in Excel, without any macro."""

from __future__ import annotations

import os

import pytest

from support.books import make_book, person, results
from support.excel import ButtonProcess


@pytest.fixture
def terminal(server, monkeypatch, tmp_path):
    """A terminal beside an Excel."""
    monkeypatch.setenv("COLLECT_API_KEY", server.key)
    monkeypatch.setenv("COLLECT_API_URL", server.url)
    monkeypatch.setenv("COLLECT_XL_HISTORY", str(tmp_path / "journal.sqlite3"))
    place = tmp_path / "excel"
    place.mkdir()
    made = ButtonProcess(place, os.environ)
    yield made
    made.end()


@pytest.mark.slow
def test_send_fills_the_open_workbook(terminal, server, tmp_path):
    """Without a name the workbook in front is sent, batch by batch, and Excel is as it was before."""
    book = make_book(tmp_path / "clients.xlsx", 60)

    told = terminal.collect_xl("send", "--live", "--yes", "--new-history", book=book)

    assert told.code == 0, told.output
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}
    assert len(server.posts) == 2
    assert any("50 of 60 done" in str(line) for line in told.status)
    assert told.settings == {"screen_updating": True, "calculation": "automatic", "status_bar": False}
    assert told.alerts == []


@pytest.mark.slow
def test_check_marks_the_open_workbook(terminal, server, tmp_path):
    """What is wrong stands beside its row, as after a press of Check."""
    book = make_book(tmp_path / "clients.xlsx", [person(2), ("bad", "", "")])

    told = terminal.collect_xl("check", "clients.xlsx", "--live", book=book)

    assert told.code == 3, told.output
    assert {row: each.get("Collect status") for row, each in results(book).items()} == {2: "", 3: "invalid"}
    assert server.posts == []


@pytest.mark.slow
def test_refresh_writes_into_the_open_workbook(terminal, server, tmp_path):
    """Later statuses come into the open workbook."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    terminal.collect_xl("send", "--live", "--yes", "--new-history", book=book)
    server.account.requests[server.accepted[0].request_id]["status"] = "completed"

    told = terminal.collect_xl("refresh", "--live", book=book)

    assert told.code == 0, told.output
    assert [each["Collect status"] for each in results(book).values()] == ["completed", "pending"]


@pytest.mark.slow
def test_items_come_into_the_open_workbook(terminal, server, tmp_path):
    """Columns for what came in and what is missing are added to the open workbook, one for each item where asked."""
    server.account.add_item(server.campaign, "Passport")
    server.account.add_item(server.campaign, "About you", "forms")
    book = make_book(tmp_path / "clients.xlsx", 2)
    terminal.collect_xl("send", "--live", "--yes", "--new-history", book=book)
    server.account.set_item(server.accepted[0].request_id, "Passport", "waiting")

    done = terminal.collect_xl("refresh", "--live", "--all-items", book=book)

    assert done.code == 0, done.output
    columns = ("Collect progress", "Collect missing", "Item: Passport", "Item: About you")
    shown = [tuple(line.values()) for line in results(book, columns=columns).values()]
    assert shown == [("1 of 2", "About you", "waiting", "missing"), ("0 of 2", "Passport; About you", *["missing"] * 2)]


@pytest.mark.slow
def test_another_name_is_no_open_workbook(terminal, server, tmp_path):
    """A name that no open workbook has is said so; another workbook is never taken in its place."""
    told = terminal.collect_xl("send", "other.xlsx", "--live", "--yes", book=make_book(tmp_path / "clients.xlsx", 1))

    assert (told.code, server.posts) == (6, [])
    assert "No workbook called other.xlsx is open." in told.output


def test_without_excel(shell):
    """Where there is no Excel the command says so, and names the way without it."""
    done = shell.run("send", "--live", "--yes")

    assert done.returncode == 6
    assert "There is no Excel on this system." in done.stderr


def test_workbook_must_be_named_without_live(shell):
    """Only with --live may the name be left out."""
    done = shell.run("check")

    assert done.returncode == 2
    assert "--live" in done.stderr
