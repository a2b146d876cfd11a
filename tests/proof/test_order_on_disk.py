"""A claim is on the disk before the first byte of its POST: told by the system calls, and by power that goes."""

import re
import tempfile
from pathlib import Path

from support import power, strace

PROMISE = "3 power loss"
ADDRESS = re.compile(rb'"email": ?"([^"]+)"')


def traced_calls(trial):
    """Return all that a send asked the system for."""
    out = trial.folder / "calls"
    assert strace.run_traced(trial, power.OPTIONS, out, "send", trial.book, "--yes") == 0, trial.words
    assert len(trial.mailed) == trial.batches * trial.people
    return power.bodies(power.calls_of(out))


@strace.NEEDED
def test_claim_is_synced_before_the_first_byte(trials, figure):
    """Before any body of a POST leaves, whatever was written to the journal is synced, in each of 200 batches."""
    with trials.new(batches=200, people=1) as trial:
        unsynced, synced, posted = set(), 0, 0
        for call, is_body in traced_calls(trial):
            if call.name == "pwrite64" and call.path.endswith((".sqlite3", "-wal")):  # -shm is made anew after a crash
                unsynced.add(call.path)
            elif call.name in {"fsync", "fdatasync"} and call.path in unsynced:
                unsynced.discard(call.path)
                synced += 1
            elif is_body:
                assert (unsynced, synced > 0) == (set(), True), call
                posted, synced = posted + 1, 0
        assert posted == 200
        figure(
            PROMISE,
            "order of fsync and POST (strace)",
            f"claim synced before the first byte in {posted} of 200 batches",
        )


@strace.NEEDED
def test_power_may_go_at_any_moment(trials, figure, whole):
    """Whenever the power goes, and whatever unsynced writes it takes, the journal holds everybody whose POST began."""
    with trials.new(batches=24 if whole else 4, people=2) as trial:
        disk, asked, losses = power.Disk(), set(), 0
        for call, is_body in traced_calls(trial):
            if is_body:
                asked |= {f"mail:{each.decode()}" for each in ADDRESS.findall(call.data)}
            disk.take(call)
            if not is_body and "journal.sqlite3" not in call.path:
                continue
            unsynced = max((len(each) for each in disk.pending.values()), default=0)
            for kept in {0, unsynced // 2, unsynced}:
                with tempfile.TemporaryDirectory() as folder:
                    disk.after_power_loss(Path(folder), kept=kept)
                    assert asked <= power.held(Path(folder)), (call.name, kept)
                losses += 1
        assert len(asked) == trial.batches * trial.people
        told = f"{losses} losses replayed, the send history was whole and held everybody who had been asked in each"
        figure(PROMISE, "power goes at each write, unsynced writes lost, half kept, kept", told)
