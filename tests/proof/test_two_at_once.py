"""Eight runs at once: on one workbook, on copies of it, on one PostgreSQL from two homes; and what sleeps or dies."""

import os
import re
import shutil
import signal
import time
from collections import Counter

import pytest

from support.journal_server import binaries, running
from support.strace import is_stopped
from support.waiting import until

PROMISE = "9 two at once"
RUNS = 8


def begin_together(trial, starts):
    """Start runs that stop before they begin, wake them all, and return their exit codes."""
    pids = [start() for start in starts]
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    return [trial.wait(pid) for pid in pids]


def test_one_workbook(trials, figure, whole):
    """Of eight runs on one workbook one sends; the others end with 8 and say who holds it; nobody is asked twice."""
    rounds, codes = 100 if whole else 2, Counter()
    for _ in range(rounds):
        with trials.new() as trial:
            trial.server.latency = 0.02
            codes.update(begin_together(trial, [lambda t=trial: t.start("send", t.book, "--yes", stopped=True)] * RUNS))
            assert "clients.xlsx is being worked on by" in trial.words, trial.words
            assert trial.doubles == []
            trial.recover(unknown=0)
    assert set(codes) == {0, 8}
    figure(PROMISE, "8 processes on one workbook", f"{rounds} rounds, {codes[8]} runs told who holds it, 0 doubles")


def test_copies_of_a_workbook(trials, figure, whole):
    """Eight runs on copies of one workbook share the people out: each is asked once, by one of them."""
    rounds = 100 if whole else 2
    for _ in range(rounds):
        with trials.new(batches=4) as trial:
            trial.server.latency = 0.02
            copies = [shutil.copy(trial.book, trial.folder / f"copy{number}.xlsx") for number in range(RUNS)]
            starts = [lambda book=book, t=trial: t.start("send", book, "--yes", stopped=True) for book in copies]
            codes = begin_together(trial, starts)
            assert set(codes) <= {0, 8}, trial.words
            assert trial.doubles == []
            trial.recover(unknown=0)
    figure(PROMISE, "8 processes on 8 copies of a workbook", f"{rounds} rounds, everybody asked once, 0 doubles")


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL server of our own."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with running(programs) as url:
        yield url


def test_one_journal_from_two_homes(trials, figure, whole, postgres):
    """Eight runs of two users with homes of their own, on copies and one PostgreSQL, ask everybody once."""
    psycopg = pytest.importorskip("psycopg")
    rounds = 30 if whole else 2
    for number in range(rounds):
        schema = f"two_homes_{os.getpid()}_{number}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
        with trials.new(batches=4) as trial:
            trial.server.latency = 0.02
            trial.environ["COLLECT_XL_HISTORY"] = f"{postgres}?options=-csearch_path%3D{schema}"
            starts = []
            for each in range(RUNS):
                home = trial.folder / f"home{each % 2}"
                home.mkdir(exist_ok=True)
                book = shutil.copy(trial.book, home / f"copy{each}.xlsx")
                environ = {**trial.environ, "HOME": str(home), "USER": f"user{each % 2}", "LOGNAME": f"user{each % 2}"}
                starts.append(
                    lambda book=book, environ=environ, t=trial: t.start(
                        "send", book, "--yes", stopped=True, environ=environ
                    )
                )
            assert set(begin_together(trial, starts)) <= {0, 8}, trial.words
            assert trial.doubles == []
            trial.recover(unknown=0)
    told = f"{rounds} rounds, everybody asked once, 0 doubles"
    figure(PROMISE, "8 processes of 2 homes on one PostgreSQL send history", told)


def test_dead_holder(trials, figure):
    """What a killed holder had claimed is never free to the next run, from another copy too: found, else unknown."""
    for step in (r"body: before its first byte", r"body: (\d+) of \1 bytes"):
        with trials.new() as trial:
            trace = trial.folder / "trace"
            copy = shutil.copy(trial.book, trial.folder / "copy.xlsx")
            with trials.new() as other:
                other.send(trace=trace)
            number = next(n for n, name in enumerate(trace.read_text("utf-8").splitlines(), 1) if re.search(step, name))
            assert trial.send(dies_at=number) == -signal.SIGKILL
            asked = len(trial.server.accepted)
            assert trial.run("send", copy, "--yes") == (0 if asked else 4), trial.words
            assert len(trial.server.accepted) == asked + 4
            trial.recover(unknown=2)
    figure(PROMISE, "a holder is killed, a copy is sent", "its batch found or unknown, the others sent, 0 doubles")


@pytest.mark.parametrize("others", ["settle and send", "do nothing"])
def test_sleeper(trials, figure, others):
    """A process stopped for longer than its lease posts nothing on waking, whatever others did meanwhile."""
    with trials.new(batches=1) as trial:
        copy = shutil.copy(trial.book, trial.folder / "copy.xlsx")
        pid = trial.start("send", trial.book, "--yes", sleeps=True)
        until(lambda pid=pid: is_stopped(pid), "the run sleeps after its claim")
        time.sleep(0.6)
        if others == "settle and send":
            assert trial.run("lookup", copy, "--wait") == 0, trial.words
            assert trial.run("send", copy, "--yes") == 0, trial.words
        asked = len(trial.server.accepted)
        os.kill(pid, signal.SIGCONT)
        trial.wait(pid)
        assert (len(trial.server.accepted), asked) == (asked, trial.people if others == "settle and send" else 0)
        trial.recover(unknown=0)
    figure(PROMISE, f"SIGSTOP past the lease; others {others}", "0 posts on waking, 0 doubles")
