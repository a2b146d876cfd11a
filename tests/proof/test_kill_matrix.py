"""SIGKILL at every step of a run, of the journal, of each call and of the workbook's save; the server's log judges."""

import random
import re
import zipfile
from collections import Counter

import pytest

from collect_xl.testing import faults
from support import strace

SIGKILL = -9
PROMISE = "1, 2 nobody twice, nobody forgotten"
WRITES = "pwrite64,write,ftruncate,fsync,fdatasync,rename,unlink,fchmod,chmod,openat"


def _nothing(trial):
    del trial


def _first_rows(trial):
    assert trial.run("send", trial.book, "--yes", "--first", 2) == 0


def _lost_answers(trial):
    trial.server.on(faults.DropAfterCreating(), nth=1)
    trial.server.on(faults.DropBeforeCreating(), nth=2)
    assert trial.send() == 4


def _dead_run(trial):
    trial.server.on(faults.Hang(0.1), nth=2)
    assert trial.send(dies_at=45) == SIGKILL


def _all_progressed(trial):
    assert trial.send() == 0
    for request in trial.server.account.requests.values():
        request["status"] = "completed"


# what dies -> what happened before, its words, how many rows may be unknown after the next run, every how many-th step
SCENES = {
    "first send": (_nothing, ("send", "--yes"), 2, 1),
    "send into result columns": (_first_rows, ("send", "--yes"), 2, 6),
    "send after a crash": (_dead_run, ("send", "--yes"), 4, 12),
    "settle": (_lost_answers, ("settle", "--wait"), 4, 5),
    "refresh": (_all_progressed, ("refresh",), 0, 6),
}


def require_whole_book(trial):
    """The file is a whole workbook, and the one that the user had is still there."""
    for file in (trial.book, *trial.folder.glob("*.backup.xlsx")):
        with zipfile.ZipFile(file) as book:
            assert book.testzip() is None
    assert trial.original in {file.read_bytes() for file in trial.folder.glob("*.xlsx")}


def judge(trial, code, unknown):
    """Hold a run that died, or did not come to its step, against the promise; return whether it died."""
    assert code in {SIGKILL, 0, 4}, trial.words
    require_whole_book(trial)
    assert trial.doubles == []
    trial.recover(unknown)
    return code == SIGKILL


def steps_of(trials, before, words):
    """Return the names of the steps that a command takes when nothing stops it."""
    with trials.new() as trial:
        before(trial)
        trace = trial.folder / "trace"
        trial.run(words[0], trial.book, *words[1:], trace=trace)
        return trace.read_text("utf-8").splitlines()


@pytest.mark.parametrize("scene", SCENES)
def test_killed_at_every_step(trials, figure, whole, scene):
    """A run killed at any of its steps mails nobody twice, and leaves at most the batch in flight unknown."""
    before, words, unknown, stride = SCENES[scene]
    names = steps_of(trials, before, words)
    numbers = range(1, len(names) + 1, 1 if whole else stride)
    deaths = 0
    for number in numbers:
        with trials.new() as trial:
            before(trial)
            code = trial.run(words[0], trial.book, *words[1:], dies_at=number)
            deaths += judge(trial, code, unknown)
    assert deaths >= 0.9 * len(numbers)
    figure(
        PROMISE, f"SIGKILL at every step: {scene}", f"{deaths} kills at {len(numbers)} of {len(names)} steps, 0 doubles"
    )


def test_steps_are_those_of_the_story(trials):
    """The steps at which runs die are all there: commits, the bytes of each call and reply, the workbook's save."""
    names = Counter(re.sub(r"\d+", "n", name) for name in steps_of(trials, _nothing, ("send", "--yes")))
    assert names["commit: before"] >= 8
    for part in ("head: before", "body: before its first byte", "body: n of n bytes", "reply: after a piece"):
        assert names[f"call n, {part}"] >= 3
    for kind in ("write: half", "fsync: before", "replace: before", "replace: after"):
        assert names[f"file {kind}"] >= 2


@strace.NEEDED
def test_killed_at_every_call_that_writes(trials, figure, whole):
    """A run killed at any system call that writes to the disk mails nobody twice, and no file is left half written."""
    with trials.new() as trial:
        out = trial.folder / "calls"
        assert strace.run_traced(trial, ["-e", f"trace={WRITES}"], out, "send", trial.book, "--yes") == 0
        calls = Counter(re.search(r" (\w+)\(", line)[1] for line in out.read_text("utf-8").splitlines() if "(" in line)
    deaths = tries = 0
    for call, count in sorted(calls.items()):
        for number in range(1, count + 1, 1 if whole else max(1, count // 4)):
            with trials.new() as trial:
                options = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]
                code = strace.run_traced(trial, options, trial.folder / "calls", "send", trial.book, "--yes")
                deaths += judge(trial, code, trial.people)
                tries += 1
    assert deaths >= 0.9 * tries
    told = f"{deaths} kills at {len(calls)} kinds of calls, 0 doubles, 0 damaged files"
    figure(PROMISE, "SIGKILL at every system call that writes (strace)", told)


def test_killed_again_while_recovering(trials, figure, whole):
    """Runs killed at random steps again and again, recovering ones too, mail nobody twice."""
    moments = random.Random(2026)
    deaths = 0
    for _ in range(250 if whole else 8):
        with trials.new() as trial:
            killed = 0
            for _ in range(3):
                words = moments.choice([("send", "--yes"), ("send", "--yes"), ("settle", "--wait")])
                code = trial.run(words[0], trial.book, *words[1:], dies_at=moments.randrange(1, 112))
                assert code in {SIGKILL, 0, 4} or "There is no journal" in trial.words, trial.words
                assert trial.doubles == []
                killed += code == SIGKILL
            require_whole_book(trial)
            trial.recover(unknown=killed * trial.people)
            deaths += killed
    figure(PROMISE, "SIGKILL at random steps, up to three times in a row", f"{deaths} kills, 0 doubles")
