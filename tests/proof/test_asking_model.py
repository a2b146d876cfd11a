"""The law of asking against a Collect in memory: whatever it does, however runs die and meet, nobody is asked twice.

A failure names its case, which its number alone makes, with all that happened. To play it again:
``MODEL_CASE=10007 .venv/bin/pytest tests/proof/test_asking_model.py``.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from support.model_case import Case

PROMISE = "1, 2 asking"
PARTS = 8
"""The proof is cut into parts, so that several workers can run it."""
CASE = os.environ.get("MODEL_CASE", "")
"""The only case to play."""


def play(number: int, folder: Path, *, plain: bool) -> Counter:
    """Play a case; return how it ended."""
    folder.mkdir()
    case = Case(number, folder, plain=plain)
    try:
        case.play()
        ends = Counter(case.states().values())
        made = sum(1 for each in case.world.requests if each.claim is not None)
        return ends + Counter({"runs": case.processes, "calls": case.world.posts, "requests": made})
    finally:
        case.close()


def told_of(ends: Counter, cases: int) -> str:
    """Return the figures of some cases in words."""
    worked = ", ".join(f"{ends[name]:,} {name}" for name in ("runs", "calls", "requests"))
    states = ", ".join(f"{ends[name]:,} {name}" for name in ("sent", "refused", "unknown"))
    return f"{cases:,} cases, {worked}: {states}"


def numbers_of(part: int, size: int) -> range:
    """Return the numbers of the cases of a part."""
    if CASE:
        return range(int(CASE), int(CASE) + 1) if part == 1 else range(0)
    return range(part * 10_000, part * 10_000 + size)


@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_nobody_is_asked_twice(tmp_path, figure, whole, part):
    """Half-done answers, late lists, colleagues, merges, deaths: nobody twice, no row freed or bound untruly."""
    ends = Counter()
    numbers = numbers_of(part, 260 if whole else 30)
    for number in numbers:
        ends += play(number, tmp_path / str(number), plain=False)
    told = told_of(ends, len(numbers))
    tried = f"a Collect in memory on a turned clock, with colleagues, merges and two keys, part {part} of {PARTS}"
    figure(PROMISE, tried, f"{told}; 0 doubles, 0 rows freed that were made, 0 bound to others")


@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_nobody_is_forgotten(tmp_path, figure, whole, part):
    """Where only the network and Collect itself fail, everybody whom Collect takes is sent in the end, once."""
    ends = Counter()
    numbers = numbers_of(part, 60 if whole else 10)
    for number in numbers:
        ends += play(number, tmp_path / str(number), plain=True)
    told = told_of(ends, len(numbers))
    tried = f"a Collect in memory on a turned clock, nobody else at work, part {part} of {PARTS}"
    figure(PROMISE, tried, f"{told}; 0 doubles, nobody forgotten")
