"""What ``check`` tells without the network: all that a send would refuse, in the same words."""

from __future__ import annotations

import os
import sys

import openpyxl
import pytest

import collect_xl
from collect_xl.errors import CollectXlError
from collect_xl.journal import refuse_journal
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


def told_by_both(shell, book, **environ):
    """Run a check and a send; return their codes, and what the send was refused for where the check says it too."""
    checked = shell.run("check", book, **environ)
    sent = shell.send(book, **environ)
    error = next(line for line in sent.stderr.splitlines() if line.startswith("Error: "))
    words = error.removeprefix("Error: ")
    assert f"Nothing can be sent now: {words}" in checked.stdout
    assert checked.stdout.count("Nothing can be sent now") == 1
    return checked.returncode, sent.returncode, words


def test_check_tells_that_there_is_no_send_history(shell, book):
    """A check that no one watches says what such a send would be refused for, and begins no history."""
    history = shell.folder / "new" / "history.sqlite3"
    checked, sent, words = told_by_both(shell, book, COLLECT_XL_HISTORY=str(history))
    assert (checked, sent) == (0, 6)
    assert words.startswith(f"There is no send history at {history} yet")
    assert not history.parent.exists()


def test_check_tells_of_a_place_where_no_send_history_can_be_made(shell, book):
    """A file in the place of the history's folder is told of, whether or not a history may be begun."""
    (shell.folder / "file").touch()
    history = str(shell.folder / "file" / "sub" / "history.sqlite3")
    checked = shell.run("check", book, COLLECT_XL_HISTORY=history)
    sent = shell.send(book, "--new-history", COLLECT_XL_HISTORY=history)
    assert (checked.returncode, sent.returncode) == (0, 6)
    assert "Nothing can be sent now: There is no send history at" in checked.stdout
    for new, words in ((False, "There is no send history"), (True, "cannot be made: ")):
        with pytest.raises(CollectXlError, match=words):
            refuse_journal(history, new=new)
    assert "cannot be made: " in sent.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="only administrators make links on Windows")
@pytest.mark.parametrize("name", ["books", "runs"])
def test_check_tells_of_a_folder_of_locks_that_is_a_link(shell, book, name):
    """Locks are not made behind a link; the check says so, too."""
    elsewhere = shell.folder / "elsewhere"
    elsewhere.mkdir()
    (shell.folder / name).symlink_to(elsewhere)
    checked, sent, words = told_by_both(shell, book)
    assert (checked, sent) == (0, 6)
    assert f"{name} is a link, not a folder." in words
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root can give a folder away")
@pytest.mark.parametrize("name", ["books", "runs"])
def test_check_tells_of_a_folder_of_locks_that_is_another_users(shell, book, name):
    """Another user's folder of locks is told of."""
    (shell.folder / name).mkdir()
    os.chown(shell.folder / name, 4321, 4321)
    checked, sent, words = told_by_both(shell, book)
    assert (checked, sent) == (0, 6)
    assert f"{name} belongs to another user." in words
