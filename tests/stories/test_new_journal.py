"""A run that nobody looks at never begins a journal by itself: a lost memory is told from a first run by a person."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest

from support.books import make_book, results
from support.shell import COMMAND

pty = pytest.importorskip("pty", reason="terminals are looked at where Python can make one")


@pytest.fixture
def book(tmp_path):
    """A workbook of two people."""
    return make_book(tmp_path / "a.xlsx", 2)


@pytest.fixture
def fresh(shell, tmp_path):
    """A computer, user or container that has no journal yet."""
    (tmp_path / "journal.sqlite3").unlink()
    return shell


UNATTENDED = (
    "send {book} --yes",
    "send {book} --plan 0123456789",
    "send {book}",
    "send {book} --test-to ann@example.com --yes",
    "lookup {book}",
    "lookup {book} --assume sent --yes",
    "refresh {book}",
    "overdue {book} --online",
    "cancel {book} --rows 2 --yes",
    "due {book} --rows 2 --due 2090-01-01 --yes",
    "takeover {book} --round Q4 --yes",
)


@pytest.mark.parametrize("words", UNATTENDED)
def test_unattended_run_begins_no_journal(fresh, server, book, tmp_path, words):
    """Without a journal an unattended run ends with 6 and the remedies; nothing is asked, made or sent."""
    before = book.read_bytes()

    done = fresh.run(*shlex.split(words.format(book=book)))

    assert done.returncode == 6, done.stdout + done.stderr
    told = " ".join(done.stderr.split())
    assert "There is no send history at" in told
    takeover = f"takeover {shlex.quote(str(book))} --round"
    assert all(remedy in told for remedy in ("history restore", takeover, "--new-history"))
    assert (server.calls, (tmp_path / "journal.sqlite3").exists()) == ([], False)
    assert book.read_bytes() == before


def test_new_journal_is_begun_when_that_is_said(fresh, server, book):
    """Said once it is made; after that the word is neither needed nor harmful."""
    assert fresh.send(book, "--new-history").returncode == 0
    assert fresh.send(book).returncode == 0
    assert fresh.send(book, "--new-history").returncode == 0

    assert len(server.accepted) == 2


@pytest.mark.slow
def test_adopting_may_begin_a_journal(shell, server, book, tmp_path):
    """In a container with a fresh home the rows are taken over with the same word, and sent no more."""
    shell.send(book)
    (tmp_path / "journal.sqlite3").unlink()

    done = shell.run("takeover", book, "--round", "", "--yes", "--new-history")

    assert done.returncode == 0, done.stdout + done.stderr
    assert (shell.send(book).returncode, len(server.accepted)) == (0, 2)


def test_unattended_check_online_makes_none(fresh, book, tmp_path):
    """A check that nobody looks at works without a journal, and makes none: the send after it is no less careful."""
    done = fresh.run("check", book, "--online")

    assert (done.returncode, "send 2 requests" in done.stdout) == (0, True), done.stderr
    assert not (tmp_path / "journal.sqlite3").exists()
    assert fresh.send(book).returncode == 6


def test_dry_run_needs_no_journal(fresh, book, tmp_path):
    """A dry run keeps nothing, so that it needs nothing."""
    assert fresh.run("send", book, "--dry-run").returncode == 0
    assert not (tmp_path / "journal.sqlite3").exists()


def test_empty_file_is_no_journal(fresh, server, book, tmp_path):
    """A file that a run left empty when it died is as good as none."""
    (tmp_path / "journal.sqlite3").touch()

    assert (fresh.send(book).returncode, server.posts) == (6, [])


@pytest.mark.slow
def test_somebody_at_a_terminal_begins_a_journal(fresh, server, book, tmp_path):
    """At a terminal the preview is seen and asked about, so that no further word is needed."""
    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"y\n")
    with subprocess.Popen([*COMMAND, "send", book], env=fresh.environ, stdin=terminal, stdout=subprocess.PIPE) as run:
        os.close(terminal)
        run.communicate(timeout=60)
    os.close(keyboard)

    assert (run.returncode, len(server.accepted)) == (0, 2)
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}


@pytest.mark.slow
def test_yes_at_a_terminal_is_a_run_that_nobody_looks_at(fresh, server, book):
    """A yes in advance means that nobody sees the preview, wherever it is typed."""
    keyboard, terminal = pty.openpty()
    command = [*COMMAND, "send", book, "--yes"]
    with subprocess.Popen(command, env=fresh.environ, stdin=terminal, stderr=subprocess.PIPE) as run:
        os.close(terminal)
        run.communicate(timeout=60)
    os.close(keyboard)

    assert (run.returncode, server.posts) == (6, [])
