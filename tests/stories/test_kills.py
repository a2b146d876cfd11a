"""Runs that die or sleep at a chosen moment; judged by the server's log. Every other moment: ``tests/proof``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import pytest

from collect_xl.sending.run import send
from collect_xl.testing import FakeCollect, faults
from support.books import make_book, results
from support.people import row
from support.shell import Shell
from support.strace import is_stopped
from support.waiting import until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


@pytest.mark.slow
def test_next_send_finds_what_a_killed_run_had_asked(tmp_path):
    """The very next send finds in Collect's list what a run died over, and sends the rest and none of it again."""
    with FakeCollect() as server:
        shell = Shell(tmp_path, server)
        book = make_book(tmp_path / "clients.xlsx", 60)
        server.on(faults.Hang(), nth=1)
        run = shell.start("send", book, "--yes")
        until(lambda: server.posts, "the first POST")
        run.kill()
        run.communicate(timeout=60)

        done = shell.send(book)

        assert done.returncode == 0, done.stdout
        made = {each.email: each.request_id for each in server.accepted}
        assert len(server.accepted) == len(made) == 60
        rows = {number: each["Collect request ID"] for number, each in results(book).items()}
        assert rows == {number: made[f"p{number}@example.com"] for number in range(2, 62)}


@pytest.mark.slow
def test_next_send_leaves_unknown_what_no_list_shows(tmp_path):
    """What a run died over and Collect's list does not show yet is told as unknown by the next send, and not sent."""
    with FakeCollect() as server:
        shell = Shell(tmp_path, server)
        book = make_book(tmp_path / "clients.xlsx", 60)
        server.on(faults.Hang(), nth=1)
        run = shell.start("send", book, "--yes")
        until(lambda: server.posts, "the first POST")
        run.kill()
        run.communicate(timeout=60)

        server.list_lag = 3600.0
        done = shell.send(book)

        assert done.returncode == 4, done.stdout
        assert Counter(each["Collect status"] for each in results(book).values()) == {"unknown": 50, "pending": 10}
        server.list_lag = 0.0
        assert shell.run("lookup", book).returncode == 0
        assert {"pending"} == {each["Collect status"] for each in results(book).values()}
        assert len(server.accepted) == 60


SLEEPER = """
import dataclasses, os, signal, sys
from collect_xl import journal
from collect_xl.workflow import open as app
from collect_xl.cli import main
claim, load, lease = journal.Journal.claim, app.load_settings, float(sys.argv[1])
def claim_and_sleep(self, *args):
    ticket = claim(self, *args)
    os.kill(os.getpid(), signal.SIGSTOP)
    return ticket
journal.Journal.claim = claim_and_sleep
app.load_settings = lambda environ: dataclasses.replace(load(environ), lease=lease, deadline=1.0)
sys.argv = ["collect-xl", "send", sys.argv[2], "--yes"]
main()
"""


@contextmanager
def sleeper(shell, book, lease):
    """A run that sleeps from its claim on, until it is woken."""
    command = [sys.executable, "-c", SLEEPER, str(lease), book]
    with subprocess.Popen(command, env=shell.environ, stdout=subprocess.DEVNULL) as process:
        try:
            until(lambda: is_stopped(process.pid), "the run sleeps after its claim")
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_sender_that_slept_past_its_lease_does_not_post(tmp_path):
    """A process stopped between claim and POST leaves its rows to one that settles; waking it posts nothing."""
    with FakeCollect() as server:
        shell = Shell(tmp_path, server, 0.2)
        book, copy = (make_book(tmp_path / name, 3) for name in ("clients.xlsx", "copy.xlsx"))
        with sleeper(shell, book, lease=0.5) as process:
            time.sleep(0.6)
            assert shell.run("lookup", copy, "--wait").returncode == 0
            assert shell.send(copy).returncode == 0

            process.send_signal(signal.SIGCONT)
            process.wait(timeout=60)

        assert [each.email for each in server.accepted] == [f"p{n}@example.com" for n in (2, 3, 4)]
        assert {each["Collect status"] for each in results(book).values()} == {"pending"}


@pytest.mark.slow
def test_living_claim_is_left_alone(tmp_path):
    """While the lease of a stopped process runs, its rows are nobody else's, and the other run ends with 8."""
    with FakeCollect() as server:
        shell = Shell(tmp_path, server)
        book, copy = (make_book(tmp_path / name, 3) for name in ("clients.xlsx", "copy.xlsx"))
        with sleeper(shell, book, lease=600.0):
            done = shell.send(copy)

        assert (done.returncode, server.posts) == (8, [])
        assert "Another run is sending" in done.stdout


def test_claim_is_on_disk_before_the_call(office, monkeypatch):
    """When the first byte of a POST arrives, the journal on the disk already holds its people."""
    seen = []
    post = office.client.post

    def watched(body, guard):
        other = office.open_journal()
        seen.append(
            {each.state for each in other.claims(office.account.origin, office.account.team.id, office.server.campaign)}
        )
        return post(body, guard)

    monkeypatch.setattr(office.client, "post", watched)
    rows = [row(n, f"p{n}@example.com", campaign=office.server.campaign) for n in range(2, 5)]

    send(office.plan(rows), office.context())

    assert [{"intent"}] == seen
