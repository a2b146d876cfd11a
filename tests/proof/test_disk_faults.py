"""The disk says no at the n-th call, for every n: nothing is sent without a claim, and the message names the disk."""

import re
from collections import Counter

import pytest

from support import power, strace
from support.books import results

PROMISE = "4 the disk fails"

# call -> how it may fail; + means from then on, as a full disk does
FAULTS = {
    "openat": ("EIO", "EROFS", "ENOSPC"),
    "pwrite64": ("ENOSPC+", "EIO"),
    "write": ("ENOSPC", "EIO"),
    "fsync": ("EIO", "ENOSPC+"),
    "fdatasync": ("EIO", "ENOSPC+"),
    "rename": ("EIO", "ENOSPC+", "EROFS+"),
}
NAMED = re.compile(
    r"No space left|Input/output error|Read-only file|disk|cannot be (written|opened|read|made)", re.IGNORECASE
)


def failing(trial, call, error, number):
    """Run a send whose n-th call of a kind fails; return its code and the path that it failed on."""
    out = trial.folder / "calls"
    options = [
        "-y",
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:error={error.strip('+')}:when={number}{error[len(error.strip('+')) :]}",
    ]
    code = strace.run_traced(trial, options, out, "send", trial.book, "--yes")
    injected = [line for line in out.read_text("utf-8").splitlines() if "(INJECTED)" in line]
    return code, injected[0] if injected else ""


def judge(trial, code, line):
    """Hold what a failing disk left against the promise."""
    asked = {f"mail:{email}" for email in trial.mailed}
    assert trial.doubles == [], trial.words
    assert asked <= power.held(trial.folder), trial.words
    assert len(results(trial.book)) == len(trial.lines())
    assert code in {0, 1, 4, 6, 7}, trial.words
    # Words that cannot be written cannot be read, and a file of the program itself is no file of the user.
    if str(trial.folder) in line and str(trial.log) not in line:
        assert "Unforeseen" not in trial.words, trial.words
        assert code == 0 or NAMED.search(trial.words), trial.words


@strace.NEEDED
@pytest.mark.parametrize("call", FAULTS)
def test_nth_call_fails(trials, figure, whole, call):
    """Whichever call fails, nobody is asked without a claim, the workbook opens, and the next run mends it."""
    with trials.new() as trial:
        out = trial.folder / "calls"
        assert strace.run_traced(trial, ["-e", f"trace={call}"], out, "send", trial.book, "--yes") == 0
        count = sum(f" {call}(" in line for line in out.read_text("utf-8").splitlines())
    cases = [(number, error) for number in range(1, count + 1) for error in FAULTS[call]]
    codes = Counter()
    for number, error in cases if whole else cases[:: max(1, len(cases) // 5)]:
        with trials.new() as trial:
            code, line = failing(trial, call, error, number)
            assert line, (call, number)
            judge(trial, code, line)
            trial.recover(trial.people)
            codes[code] += 1
    told = f"{codes.total()} faults at {count} calls, 0 doubles, 0 sends without a claim, 0 damaged workbooks"
    figure(PROMISE, f"the n-th `{call}` fails: {', '.join(FAULTS[call])}", told)
