"""What programs read: with --json standard output is JSON to the last line, also when nothing came of it."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from collect_xl.testing import faults
from support.books import make_book
from support.shell import COMMAND


@pytest.fixture
def book(tmp_path):
    """A workbook of two people."""
    return make_book(tmp_path / "a.xlsx", 2)


def last(done) -> dict:
    """Return the last object; every line must be one."""
    return [json.loads(line) for line in done.stdout.splitlines()][-1]


def test_errors_are_objects(shell, server, book, tmp_path):
    """An error that ends a command is told as an object with its exit code and what to do, and in words beside it."""
    server.on(faults.Status(401), route="GET /team")
    for words, code in (
        (("send", book, "--yes"), 5),
        (("send", book), 5),
        (("refresh", book), 5),
        (("send", tmp_path / "none.xlsx", "--yes"), 6),
        (("cancel", book, "--yes"), 2),
        (("send", book, "--rows", "x"), 2),
        (("send", book, "--no-such-word"), 2),
    ):
        done = shell.run(*words, "--json")
        told = last(done)
        assert (done.returncode, told["exit"], told["schema"]) == (code, code, 1), done.stdout + done.stderr
        assert told["error"]
        assert done.stderr
        assert code == 2 or told["tip"]


def test_missing_approval_is_an_object(shell, book):
    """Nobody to ask and nothing approved: an object says so."""
    told = last(shell.run("send", book, "--json"))

    assert (told["exit"], "Nobody is there" in told["error"], "--yes" in told["tip"]) == (2, True, True)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["send", "cancel --rows 2", "send --test-to {me}"])
def test_a_no_is_an_object(shell, server, book, words):
    """What a person declines is told as an object with exit code 7, while the question stands elsewhere."""
    pty = pytest.importorskip("pty")
    if words.startswith("cancel"):
        shell.send(book)
    verb, *rest = words.format(me=server.account.users[0]["email"]).split()
    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"n\n")
    command = [*COMMAND, verb, book, *rest, "--json"]
    with subprocess.Popen(
        command, env=shell.environ, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        os.close(terminal)
        out, err = run.communicate(timeout=60)
    os.close(keyboard)

    assert (run.returncode, [json.loads(line)["exit"] for line in out.splitlines()]) == (7, [7])
    assert "[y/N]" in err


@pytest.mark.parametrize("words", [("check",), ("send", "--dry-run")], ids=["check", "dry run"])
def test_check_tells_what_could_not_be_delivered(shell, server, book, words):
    """Rows whose request Collect could not deliver are told by a check, too, and need a person: 3."""
    shell.send(book)
    next(iter(server.account.requests.values()))["status"] = "error"
    shell.run("refresh", book)

    done = shell.run(*words, book)

    assert done.returncode == 3
    assert "Collect could not deliver 1 request: row 2." in done.stdout
