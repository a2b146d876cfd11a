"""People whom a list holds out: from its columns to the cells."""

from __future__ import annotations

import openpyxl
import pytest

from support.books import HEADERS, make_book, person, results


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers",
    [
        ("Do not contact", "Unsubscribed"),
        ("Skip", "Opted out on"),
        ("Ne pas contacter", "Désabonné le"),
        ("Nicht kontaktieren", "Abgemeldet am"),
        ("No contactar", "Dado de baja"),
        ("Non contattare", "Disiscritto"),
    ],
)
def test_people_who_must_not_be_asked(shell, server, tmp_path, headers):
    """A yes in one column and a date in another hold rows out in every language; the rest is asked."""
    marks = [("yes", None), (None, "2025-03-01"), ("no", None), (None, None)]
    rows = [(*person(number), *mark) for number, mark in enumerate(marks, 2)]
    book = make_book(tmp_path / "clients.xlsx", rows, headers=(*HEADERS, *headers))
    sent = shell.send(book)
    assert sent.returncode == 0, sent.stdout
    assert [each.email for each in server.accepted] == ["p4@example.com", "p5@example.com"]
    cells = results(book)
    assert [cells[row]["Collect status"] for row in (2, 3, 4, 5)] == ["skipped", "skipped", "pending", "pending"]
    assert cells[2]["Collect message"].startswith(f'Held out: {headers[0]} says "yes"')
    assert "2 held out by the list" in sent.stdout


@pytest.mark.slow
def test_a_mark_that_comes_later_leaves_results_alone(shell, server, tmp_path):
    """A row that was sent and is marked afterwards keeps its results; when the mark goes, nothing is sent again."""
    book = make_book(tmp_path / "clients.xlsx", [(*person(2), None)], headers=(*HEADERS, "Skip"))
    shell.send(book)
    before = results(book)
    opened = openpyxl.load_workbook(book)
    opened["Contacts"]["D2"] = "yes"
    opened.save(book)
    assert shell.send(book).returncode == 0
    assert results(book) == before
    assert len(server.accepted) == 1


def test_a_mark_that_cannot_be_read_needs_a_person(shell, server, tmp_path):
    """A formula whose result is not stored holds its row out, with code 3."""
    book = make_book(tmp_path / "clients.xlsx", [(*person(2), None), (*person(3), None)], headers=(*HEADERS, "Skip"))
    opened = openpyxl.load_workbook(book)
    opened["Contacts"]["D3"] = "=IF(A3=1,1,0)"
    opened.save(book)
    sent = shell.send(book)
    assert sent.returncode == 3
    assert [each.email for each in server.accepted] == ["p2@example.com"]


def test_a_typed_status_holds_out_in_words_that_fit(shell, server, tmp_path):
    """A word typed into Collect status holds the row out, and is not called another computer's."""
    book = make_book(tmp_path / "clients.xlsx", [(*person(2), "Email sent")], headers=(*HEADERS, "Collect status"))
    sent = shell.send(book)
    assert (sent.returncode, list(server.accepted)) == (3, [])
    assert "1 held out by a word typed into Collect status" in sent.stdout
    assert "another computer" not in sent.stdout
    assert results(book)[2]["Collect status"] == "Email sent"


@pytest.mark.slow
def test_a_receipt_of_people_who_were_held_out(shell, server, tmp_path):
    """The page about a run has a line for each row that the list held out, too."""
    rows = [(*person(2), "yes", None), (*person(3), None, "called"), (*person(4), None, None)]
    book = make_book(tmp_path / "clients.xlsx", rows, headers=(*HEADERS, "Skip", "Collect status"))
    page = tmp_path / "receipt.html"
    sent = shell.send(book, "--receipt", page)
    assert sent.returncode == 3, sent.stderr
    assert [each.email for each in server.accepted] == ["p4@example.com"]
    text = page.read_text("utf-8")
    assert "Skip says" in text
    assert "which no program wrote" in text
