"""What ``check`` tells without the network: all that a send would refuse, in the same words."""

from __future__ import annotations

import openpyxl
import pytest

import collect_xl
from collect_xl.workflow.run_lock import hold
from support.books import HEADERS, make_book, person


def formula_in_results(path):
    """Put a formula where a result belongs."""
    book = make_book(path, [(*person(2), None)], headers=(*HEADERS, "Collect status"))
    opened = openpyxl.load_workbook(book)
    opened["Contacts"]["D2"] = '=IF(A2="","","x")'
    opened.save(book)
    return book


def open_in_excel(path):
    """Lay Excel's own mark beside a workbook, as while it is open there."""
    book = make_book(path, 2)
    book.with_name(f"~${book.name}").write_bytes(b"\x03Ann".ljust(165))
    return book


@pytest.mark.slow
@pytest.mark.parametrize("made", [formula_in_results, open_in_excel])
def test_what_only_the_write_would_find(shell, server, tmp_path, made):
    """What a send refuses before it asks anyone, check tells in the same words, with the same code."""
    book = made(tmp_path / "clients.xlsx")
    before = book.read_bytes()
    checked = shell.run("check", book)
    sent = shell.send(book)
    assert sent.returncode == checked.returncode == 6
    (error,) = [line for line in sent.stderr.splitlines() if line.startswith("Error: ")]
    assert error.removeprefix("Error: ") in checked.stderr
    (todo,) = [line for line in sent.stderr.splitlines() if line.startswith("What to do: ")]
    assert todo in checked.stderr
    assert "Left out" in checked.stdout or "will be asked" in checked.stdout
    assert book.read_bytes() == before
    assert list(server.accepted) == []


def test_the_python_check_says_it_too(shell, tmp_path, monkeypatch):
    """The Python interface hands the refusal over, beside the plan."""
    for name, value in shell.environ.items():
        monkeypatch.setenv(name, value)
    prepared = collect_xl.check(formula_in_results(tmp_path / "clients.xlsx"))
    assert prepared.refusal is not None
    assert "D2" in prepared.refusal.message
    assert collect_xl.check(make_book(tmp_path / "right.xlsx", 2)).refusal is None


@pytest.fixture
def book(tmp_path):
    """A workbook of two people."""
    return make_book(tmp_path / "two.xlsx", 2)


@pytest.mark.slow
def test_check_tells_that_there_is_no_key(shell, book):
    """Without an API key a check says what a send would say, and its code is still that of the workbook."""
    checked = shell.run("check", book, COLLECT_API_KEY="")
    sent = shell.send(book, COLLECT_API_KEY="")

    assert (checked.returncode, sent.returncode) == (0, 5)
    error = next(line for line in sent.stderr.splitlines() if line.startswith("Error: "))
    assert f"Nothing can be sent now: {error.removeprefix('Error: ')}" in checked.stdout


@pytest.mark.slow
def test_check_tells_of_a_run_that_is_on(shell, book):
    """While another run holds the workbook a check says so, in the words of a send, and holds nothing itself."""
    with hold(shell.folder / "books", book, "eve on PC-9 (run 1)"):
        checked = shell.run("check", book)
        sent = shell.send(book)
    assert (checked.returncode, sent.returncode) == (0, 8)
    for told in (checked.stdout, sent.stderr):
        assert f"{book.name} is being worked on by eve on PC-9 (run 1)." in told
    assert shell.send(book).returncode == 0
