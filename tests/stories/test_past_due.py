"""A due date that has passed keeps a row from being sent, and takes nothing from a row that was sent."""

from __future__ import annotations

import openpyxl
import pytest

from support.books import HEADERS, make_book, person, results

LATER = "2090-12-31"
PAST = "2020-01-31"


@pytest.fixture
def book(tmp_path):
    """A workbook of three people with due dates of their own."""
    lines = [(*person(n), LATER) for n in (2, 3, 4)]
    return make_book(tmp_path / "a.xlsx", lines, headers=(*HEADERS, "Due date"))


def write(book, sheet: str, **cells: str) -> None:
    """Type into a sheet."""
    opened = openpyxl.load_workbook(book)
    for place, text in cells.items():
        opened[sheet][place] = text
    opened.save(book)
    opened.close()


def test_sent_row_whose_date_has_passed_is_already_sent(shell, server, book):
    """A row that was sent keeps its results when its date has passed, and needs nobody."""
    shell.send(book)
    before = results(book)
    write(book, "Contacts", D2=PAST)

    done = shell.send(book)

    assert (done.returncode, "3 already sent" in done.stdout) == (0, True), done.stdout
    assert results(book) == before
    assert len(server.accepted) == 3


def test_new_row_with_a_past_date_is_invalid(shell, server, book):
    """A row that is still to be sent is told by its cell, written as invalid, and its neighbours are sent."""
    write(book, "Contacts", D3=PAST)

    done = shell.send(book)

    assert done.returncode == 3
    assert "Contacts!D3 (Due date): found 2020-01-31; expected a date in the future" in done.stdout
    assert [each["Collect status"] for each in results(book).values()] == ["pending", "invalid", "pending"]
    assert [each.email for each in server.accepted] == ["p2@example.com", "p4@example.com"]


@pytest.mark.slow
def test_past_date_of_all_is_told_once_and_only_where_somebody_is_left(shell, server, tmp_path):
    """A past date on the options sheet is one problem for whoever is left to ask, and none once everybody was asked."""
    book = make_book(tmp_path / "a.xlsx", 3, options={"Due date": LATER})
    shell.send(book, "--rows", "2-3")
    write(book, "Options", B3=PAST)

    done = shell.send(book)

    assert (done.returncode, len(server.accepted)) == (3, 2)
    assert done.stdout.count("Options!B3 (Due date): found 2020-01-31") == 1
    assert [each["Collect status"] for each in results(book).values()] == ["pending", "pending", "invalid"]
    write(book, "Contacts", A4="", B4="", C4="")
    assert shell.send(book).returncode == 0


@pytest.mark.slow
def test_past_date_can_be_extended_and_undone(shell, server, book):
    """What was sent can be given more time, or taken back, whatever the sheet says of its date."""
    shell.send(book)
    write(book, "Contacts", D2=PAST, D3=PAST)

    assert shell.run("due", book, "--rows", "2", "--due", "2091-01-31", "--yes").returncode == 0
    assert shell.run("cancel", book, "--rows", "3", "--yes").returncode == 0
    done = shell.send(book)

    assert (done.returncode, len(server.accepted)) == (3, 3)  # row 3 is free again, but its date has passed
    assert "Contacts!D3" in done.stdout


@pytest.mark.slow
def test_a_time_that_the_clocks_skip_is_an_error(shell, server, book):
    """A due time in a gap of the clock is invalid, and the words name the two times that exist."""
    shell.run("check", book, "--online")
    write(book, "Contacts", D3="2090-03-26 02:30")

    done = shell.send(book)

    assert done.returncode == 3, done.stdout
    assert "2090-03-26 02:30:00, a time that the clocks of Europe/Paris skip on that day" in done.stdout
    assert "Type 01:30 or 03:30 instead." in done.stdout
    assert "skip on that day" in shell.run("check", book).stdout
