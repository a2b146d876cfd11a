"""SIGKILL at every step of a run, of the journal, of each call and of the workbook's save; the server's log judges."""

import io
import random
import re
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from collect_xl.testing import faults
from support import strace

SIGKILL = -9
PROMISE = "1, 2 nobody twice, nobody forgotten"
STYLES = "xl/styles.xml"
OURS = {"xl/worksheets/sheet1.xml", "xl/worksheets/_rels/sheet1.xml.rels", STYLES}
"""Parts of the workbook that results and their colours go into; every other one stays byte for byte."""
DXFS = re.compile(rb"<dxfs[^>]*/>|<dxfs.*?</dxfs>", re.DOTALL)
"""The differential styles, which alone among the styles get more."""
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


def _half_done_refusal(trial):
    trial.server.on(faults.CreatesFirst(1, 400), nth=1)


def _bad_row(trial):
    trial.server.on(faults.BadRow("p1.1@example.com"))


def _put_right(trial):
    trial.server._rules.clear()


def _all_progressed(trial):
    assert trial.send() == 0
    for request in trial.server.account.requests.values():
        request["status"] = "completed"


@dataclass(frozen=True, slots=True)
class Scene:
    """What dies: a command on a saved workbook, or on one that is open in Excel."""

    before: Callable
    words: tuple[str, ...]
    unknown: int
    """How many rows may be unknown after the next run."""
    stride: int
    """Every how many-th step is tried in the everyday run."""
    third: int = 0
    """Which third of the steps, from 1 (each holds about one batch); 0 for all."""
    later: float = 0.0
    """Seconds that pass after its death: between two processes lists prove nothing within a minute of a refusal."""
    after: Callable = _nothing
    """What is put right after its death."""
    ends: frozenset[int] = frozenset({0, 4})
    """Exit codes of a run that comes to its end."""
    excel: str = ""
    """Whether the workbook is open in an Excel that lives on, or that dies with the run and takes along what it has not
    saved; empty: it is saved, and closed."""

    @contextmanager
    def set(self, trials):
        """Give a trial in which everything has happened that happened before."""
        with trials.new() as trial:
            trial.live = bool(self.excel)
            self.before(trial)
            yield trial

    def numbers(self, count, *, whole):
        """Return the numbers of the steps at which it dies, of so many."""
        first, last = ((self.third - 1) * count // 3, self.third * count // 3) if self.third else (0, count)
        return range(first + 1, last + 1, 1 if whole else self.stride)

    def play(self, trial, **more):
        """Run the command, perhaps to its death."""
        more |= {"excel_dies": True} if self.excel == "dies, too" else {}
        return trial.run(self.words[0], trial.book, *self.words[1:], **more)


SEND = ("send", "--yes")
SCENES = {
    "first send, first third": Scene(_nothing, SEND, 2, 1, third=1),
    "first send, middle third": Scene(_nothing, SEND, 2, 1, third=2),
    "first send, last third": Scene(_nothing, SEND, 2, 1, third=3),
    "send that waits for the proof of a refusal": Scene(_half_done_refusal, SEND, 4, 11, later=90.0),
    "send of single rows, one of which is refused": Scene(
        _bad_row, SEND, 4, 23, later=90.0, after=_put_right, ends=frozenset({3})
    ),
    "send into result columns": Scene(_first_rows, SEND, 2, 6),
    "send after a crash": Scene(_dead_run, SEND, 4, 12),
    "settle": Scene(_lost_answers, ("lookup", "--wait"), 4, 5),
    "refresh": Scene(_all_progressed, ("refresh",), 0, 6),
    "first send, open in Excel": Scene(_nothing, SEND, 2, 8, excel="lives on"),
    "first send, open in an Excel that dies, too": Scene(_nothing, SEND, 2, 11, excel="dies, too"),
    "send after a crash, open in Excel": Scene(_dead_run, SEND, 4, 17, excel="lives on"),
    "refresh, open in Excel": Scene(_all_progressed, ("refresh",), 0, 17, excel="lives on"),
}


def require_whole_book(trial):
    """The file is a whole workbook, of which nothing but the sheet with results has changed; the user's own is kept."""
    for file in (trial.book, *trial.folder.glob("*.backup.xlsx")):
        with zipfile.ZipFile(file) as book:
            assert book.testzip() is None
    if not trial.live:  # an open workbook is saved by Excel, as Excel saves
        assert trial.original in {file.read_bytes() for file in trial.folder.glob("*.xlsx")}
        before, after = parts(trial.original), parts(trial.book.read_bytes())
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        assert changed <= OURS, changed
        assert DXFS.sub(b"", after[STYLES]) == DXFS.sub(b"", before[STYLES])


def parts(content):
    """Return the parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name) for name in book.namelist()}


def judge(trial, code, unknown, scene=SCENES["first send, first third"]):
    """Hold a run that died, or did not come to its step, against the promise; return whether it died."""
    assert code in {SIGKILL, *scene.ends}, trial.words
    require_whole_book(trial)
    assert trial.doubles == []
    scene.after(trial)
    if scene.later:
        trial.pass_time(scene.later)
    trial.recover(unknown)
    return code == SIGKILL


def steps_of(trials, scene):
    """Return the names of the steps that a command takes when nothing stops it."""
    with scene.set(trials) as trial:
        trace = trial.folder / "trace"
        scene.play(trial, trace=trace)
        return trace.read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", SCENES)
def test_killed_at_every_step(trials, figure, whole, name):
    """A run killed at any of its steps mails nobody twice, and leaves at most the batch in flight unknown."""
    scene = SCENES[name]
    names = steps_of(trials, scene)
    numbers = scene.numbers(len(names), whole=whole)
    deaths = 0
    for number in numbers:
        with scene.set(trials) as trial:
            deaths += judge(trial, scene.play(trial, dies_at=number), scene.unknown, scene)
    assert deaths >= 0.9 * len(numbers)
    figure(
        PROMISE, f"SIGKILL at every step: {name}", f"{deaths} kills at {len(numbers)} of {len(names)} steps, 0 doubles"
    )


def test_steps_are_those_of_the_story(trials):
    """The steps at which runs die are all there: commits, the bytes of each call and reply, the workbook's save."""
    names = Counter(re.sub(r"\d+", "n", name) for name in steps_of(trials, SCENES["first send, first third"]))
    assert names["commit: before"] >= 8
    for part in ("head: before", "body: before its first byte", "body: n of n bytes", "reply: after a piece"):
        assert names[f"call n, {part}"] >= 3
    for kind in ("write: half", "fsync: before", "replace: before", "replace: after"):
        assert names[f"file {kind}"] >= 2
    names = Counter(re.sub(r"\d+", "n", name) for name in steps_of(trials, SCENES["first send, open in Excel"]))
    assert names["commit: before"] >= 8
    for kind in ("write", "number_format=", "add_hyperlink"):
        assert names[f"excel {kind}: before"] >= 3


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


def test_killed_at_random_times(trials, figure, whole):
    """A run killed by the clock, wherever it is, mails nobody twice, and leaves at most the batch in flight unknown."""
    moments = random.Random(2026)
    with trials.new() as trial:
        trial.run("key", "status")  # waits until the first import is over
        begun = time.monotonic()
        assert trial.send() == 0
        longest = time.monotonic() - begun
    deaths, wanted = 0, 100 if whole else 10
    for _ in range(10 * wanted):
        with trials.new() as trial:
            pid = trial.start("send", trial.book, "--yes")
            moment = moments.uniform(0.0, longest)
            time.sleep(moment)
            trial.kill(pid)
            died = judge(trial, trial.wait(pid), trial.people)
        deaths += died
        longest = longest if died else moment  # that run was over by then: the first one was slow, or the machine is
        if deaths == wanted:
            break
    assert deaths == wanted
    figure(PROMISE, "SIGKILL at random times", f"{deaths} kills, 0 doubles")


def test_killed_again_while_recovering(trials, figure, whole):
    """Runs killed at random steps again and again, recovering ones too, mail nobody twice."""
    moments = random.Random(2026)
    deaths = 0
    for _ in range(80 if whole else 8):
        with trials.new() as trial:
            killed = 0
            for _ in range(3):
                words = moments.choice([("send", "--yes"), ("send", "--yes"), ("lookup", "--wait")])
                code = trial.run(words[0], trial.book, *words[1:], dies_at=moments.randrange(1, 112))
                assert code in {SIGKILL, 0, 4} or "There is no send history" in trial.words, trial.words
                assert trial.doubles == []
                killed += code == SIGKILL
            require_whole_book(trial)
            trial.recover(unknown=killed * trial.people)
            deaths += killed
    figure(PROMISE, "SIGKILL at random steps, up to three times in a row", f"{deaths} kills, 0 doubles")
