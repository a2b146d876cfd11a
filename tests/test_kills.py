"""Runs that die or sleep at any moment; judged by the server's log, not by ours."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter

import pytest

from collect_xl.sending import send
from collect_xl.testing import FakeCollect
from support.books import make_book, results
from support.people import row
from support.shell import Shell
from support.zygote import Zygote

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

KILLS = 50
PEOPLE = 250


def test_killed_runs_ask_everybody_once(tmp_path):
    """Fifty runs killed at random moments: nobody is asked twice, and after settling everybody has a true end state."""
    moments = random.Random(2026)
    kills = books = 0
    with FakeCollect() as server, Zygote(Shell(tmp_path, server, 0.3).environ, tmp_path / "log") as command:
        server.latency = 0.03
        begun = time.monotonic()
        assert command.run("send", make_book(tmp_path / "whole.xlsx", PEOPLE), "--yes") == 0
        whole = time.monotonic() - begun  # however slow this machine is now
        while kills < KILLS:
            books += 1
            book = make_book(tmp_path / f"clients{books}.xlsx", PEOPLE, options={"Round": f"r{books}"})
            made = len(server.accepted)
            code = -1
            while code < 0:
                pid = command.start("send", book, "--yes", "--new-round", f"r{books}")
                time.sleep(moments.uniform(0.0, 1.2 * whole))
                command.kill(pid, signal.SIGKILL)
                code = command.wait()
                kills += code < 0
            assert command.run("settle", book, "--wait") == 0, (tmp_path / "log").read_text()
            assert command.run("send", book, "--yes", "--new-round", f"r{books}") == 0, (tmp_path / "log").read_text()

            accepted = server.accepted[made:]
            assert {1} == set(Counter(each.email for each in accepted).values())
            assert len(accepted) == PEOPLE
            wanted = {each.email: each.request_id for each in accepted}
            shown = {f"p{row}@example.com": each["Collect request ID"] for row, each in results(book).items()}
            assert wanted == shown
    assert kills >= KILLS


def test_sender_that_sleeps_between_claim_and_call_does_not_post(tmp_path):
    """A process stopped between claim and POST leaves its rows to one that settles; waking it posts nothing."""
    with FakeCollect() as server:
        shell = Shell(tmp_path, server, 0.2)
        book = make_book(tmp_path / "clients.xlsx", 3)
        program = (
            "import os, signal, sys\n"
            "from collect_xl import journal\n"
            "from collect_xl.cli import main\n"
            "claim = journal.Journal.claim\n"
            "def claim_and_sleep(self, *args):\n"
            "    ticket = claim(self, *args)\n"
            "    os.kill(os.getpid(), signal.SIGSTOP)\n"
            "    return ticket\n"
            "journal.Journal.claim = claim_and_sleep\n"
            "from collect_xl import app, settings\n"
            "import dataclasses\n"
            "load = app.load_settings\n"
            "app.load_settings = lambda environ: dataclasses.replace(load(environ), lease=1.0, deadline=1.0)\n"
            "sys.argv = ['collect-xl', 'send', sys.argv[1], '--yes']\n"
            "main()\n"
        )
        import subprocess  # noqa: PLC0415
        import sys  # noqa: PLC0415

        sleeper = subprocess.Popen([sys.executable, "-c", program, book], env=shell.environ, stdout=subprocess.PIPE)
        os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED)
        copy = make_book(tmp_path / "copy.xlsx", 3)
        assert shell.send(copy).returncode == 8  # its lease still runs
        time.sleep(1.1)
        assert shell.run("settle", copy, "--wait").returncode == 0
        assert shell.send(copy).returncode == 0

        sleeper.send_signal(signal.SIGCONT)
        sleeper.communicate(timeout=60)

        assert {1} == set(Counter(each.email for each in server.accepted).values())
        assert len(server.accepted) == 3
        assert {"pending"} == {each["Collect status"] for each in results(book).values()}


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

    send(office.plan(rows), office.account, (office.client, office.journal, office.run()))

    assert [{"intent"}] == seen
