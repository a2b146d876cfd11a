"""The tests can fail: each line that keeps people safe is taken away, and a named test notices."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from mutants import MUTANTS, PROJECT, copied, is_caught, mutated, runs_well

PROMISE = "21 tests can fail"
EVERY_DAY = 3
"""How many are tried in the everyday run."""


def test_every_removal_is_possible():
    """Every listed line stands in its file exactly once, and every test that is to notice exists."""
    assert len(MUTANTS) >= 25
    for each in MUTANTS:
        assert mutated(each, (PROJECT / "collect_xl" / each.file).read_text("utf-8"))
        file, _, name = each.caught_by.partition("::")
        assert not name or f"def {name}(" in (PROJECT / "tests" / file).read_text("utf-8"), each.caught_by


@pytest.mark.whole
def test_every_removal_is_noticed(figure):
    """Each removal turns its test red, and all these tests are green without one."""
    with copied() as project:
        assert runs_well(project, *sorted({each.caught_by for each in MUTANTS}))
        survivors = [each.what for each in MUTANTS if not is_caught(each, project)]
    assert survivors == []
    figure(
        PROMISE,
        "one line of safety removed (tests/proof/mutants.py)",
        f"{len(MUTANTS)} of {len(MUTANTS)} caught, each by a named test",
    )


def test_some_removals_are_noticed():
    """Of the removals those that show within seconds turn their tests red."""
    with copied() as project:
        quick = [
            each for each in MUTANTS if each.caught_by.startswith(("followup/test_lookup.py", "journal/test_claims.py"))
        ]
        assert [each.what for each in quick[:EVERY_DAY] if not is_caught(each, project)] == []
