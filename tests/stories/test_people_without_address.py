"""Lists that people really have, from the command to the cells: rows without address, second lists, prepared rows."""

from __future__ import annotations

import pytest

from support.books import make_book, results

HEADERS = ("Full name", "Phone", "Email")


@pytest.mark.slow
def test_people_without_address_are_counted(shell, server, tmp_path):
    """A person without address is invalid, in the middle of the list and at its end; the others are asked."""
    rows = [("Ann", "1", "ann@x.org"), ("Bob", "2", None), ("Cyd", "3", "cyd@x.org"), ("Dee", "4", None)]
    book = make_book(tmp_path / "clients.xlsx", rows, headers=HEADERS)
    checked = shell.run("check", book)
    assert checked.returncode == 3
    assert "Contacts!C3 (Email): found no e-mail address" in checked.stdout
    assert "Contacts!C5 (Email): found no e-mail address" in checked.stdout
    sent = shell.send(book)
    assert sent.returncode == 3
    assert [line["Collect status"] for line in results(book).values()] == ["pending", "invalid", "pending", "invalid"]


def test_a_list_without_any_address_is_not_nothing_to_do(shell, tmp_path):
    """A list with an empty column of addresses ends with code 3 and names its rows."""
    book = make_book(tmp_path / "vendors.xlsx", [(f"Vendor {n}", n, None) for n in range(20)], headers=HEADERS)
    checked = shell.run("check", book)
    assert checked.returncode == 3
    assert "20 invalid" in checked.stdout


@pytest.mark.slow
@pytest.mark.parametrize("title", [None, "Left us, do not contact"])
def test_a_second_list_is_not_asked(shell, server, tmp_path, title):
    """A header that is met again below the list stops the run before anyone is asked."""
    below = [(title, None, None), HEADERS, ("Eve", "5", "eve@x.org")]
    book = make_book(tmp_path / "clients.xlsx", [("Ann", "1", "ann@x.org"), *below], headers=HEADERS)
    for words in (("check",), ("send", "--yes")):
        ended = shell.run(words[0], book, *words[1:])
        assert ended.returncode == 6
        assert "the header is met again in row 4" in ended.stderr
    assert server.accepted == []


def test_people_below_a_blank_row_are_named(shell, tmp_path):
    """The preview names people who stand below a blank row or a title: they may be another list."""
    rows = [("Ann", "1", "ann@x.org"), (None, None, None), ("Bob", "2", "bob@x.org"), ("Cyd", "3", "cyd@x.org")]
    book = make_book(tmp_path / "clients.xlsx", rows, headers=HEADERS)
    checked = shell.run("check", book)
    assert checked.returncode == 0
    assert "below a blank row" in checked.stdout
    assert "row 4 (bob@x.org)" in checked.stdout
    assert "row 5 (cyd@x.org)" in checked.stdout
