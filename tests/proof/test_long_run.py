"""A long run: thousands of people, many batches, faults now and then, and a kill every so often."""

import random
import re
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from collect_xl.testing import faults
from support.power import held

PROMISE = "19 long run"
SIGKILL = -9
FAULTS = (
    faults.DropAfterCreating(),
    faults.DropBeforeCreating(),
    faults.Status(500, created=True),
    faults.Status(503),
    faults.Html(created=True),
    faults.Fewer(3),
    faults.Shuffled(),
)


def memory_of(pid):
    """Return what a process keeps in memory of its own, in megabytes; 0 when it is gone."""
    with suppress(OSError, TypeError):
        return int(re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("utf-8"))[1]) / 1024
    return 0.0


def watched(trial, *words, **more):
    """Run a command; return its code, and what it kept in memory in the second and in the last quarter of its POSTs."""
    begun, pid = len(trial.server.posts), trial.start(*words, **more)
    seen = []
    while memory := memory_of(pid):
        seen.append((len(trial.server.posts) - begun, memory))
        time.sleep(0.02)
    code = trial.wait(pid)
    last = max((posts for posts, _ in seen), default=0)
    early = [memory for posts, memory in seen if last / 4 <= posts < last / 2]
    late = [memory for posts, memory in seen if last * 3 / 4 <= posts < last]  # the write-back comes after the last
    return code, (max(early), max(late)) if last > 16 and early and late else None


def test_long_run(trials, figure, whole):
    """Killed and disturbed all the way, a long run asks everybody once, and neither memory nor journal grows."""
    batches, kills = (200, 20) if whole else (20, 3)
    chance, deaths = random.Random(2026), 0
    with trials.new(batches=batches, people=50) as trial:
        for number in chance.sample(range(1, 3 * batches), 3 * batches // 20):
            trial.server.on(chance.choice(FAULTS), nth=number)
        for _ in range(3 * kills):  # each gets as far as its share of the work
            deaths += trial.send(dies_at=40 + chance.randrange(int(21 * batches * 1.5 / kills))) == SIGKILL
            assert trial.doubles == []
            settled = trial.run("lookup", trial.book, "--wait")
            assert settled in {0, 4}, trial.words[-2000:]
            if deaths == kills:
                break
        assert deaths == kills
        grown = None
        for _ in range(60):
            code, memory = watched(trial, "send", trial.book, "--yes")
            grown = memory or grown
            if code == 0:
                break
            trial.run("lookup", trial.book, "--wait")
        assert trial.doubles == []
        shown = trial.shown()
        states = Counter(each["Collect status"] for each in shown.values())
        wanted = {each.email: each.request_id for each in trial.server.accepted}
        assert {
            email: each["Collect request ID"] for email, each in shown.items() if each["Collect request ID"]
        } == wanted
        assert states == {"pending": batches * 50}, (states, trial.words[-2000:])
        assert len(held(trial.folder)) >= batches * 50
        size = sum(file.stat().st_size for file in trial.folder.glob("journal.sqlite3")) / (batches * 50)
        assert size < 1024
        assert not whole or grown is None or grown[1] <= 1.1 * grown[0] + 2, grown
        flat = f", memory {grown[0]:.0f} MB, later {grown[1]:.0f} MB" if grown else ""
        told = f"{deaths} kills, {len(trial.server.posts)} POSTs, 0 doubles{flat}, send history {size:.0f} bytes a row"
    figure(PROMISE, f"{batches * 50:,} contacts in {batches} batches, faults in 5 % of the calls", told)
