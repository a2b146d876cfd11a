"""The index of tests/README.md is true: it names the test of each module that has none of its name, and each helper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import collect_xl

TESTS = Path(__file__).parent
PACKAGE = Path(collect_xl.__file__).parent
INDEX = (TESTS / "README.md").read_text("utf-8")


def modules() -> set[tuple[str, str]]:
    """Return folder and name of each module; what a package says in its ``__init__`` is tested with its modules."""
    paths = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if "shipped" not in path.parts)
    return {(path.parent.as_posix(), path.stem) for path in paths if not path.stem.startswith("__")}


def listed() -> dict[tuple[str, str], list[str]]:
    """Return the tests that the index names for each module without a test file of its name."""
    rows = re.findall(r"^\| ([\w.]+) \| ([\w, ]+) \| ([\w/., ]+\.py) \|$", INDEX, re.MULTILINE)
    return {(folder, name): tests.split(", ") for folder, names, tests in rows for name in names.split(", ")}


def has_test_of_its_name(folder: str, name: str) -> bool:
    """Return whether a module's test is found by the module's name."""
    return (TESTS / folder / f"test_{name}.py").exists()


def test_every_module_has_its_test():
    """A module has a test file of its name, or a line in the index of tests/README.md says where it is tested."""
    missing = {each for each in modules() if not has_test_of_its_name(*each)} - set(listed())

    assert sorted(missing) == []


@pytest.mark.slow
def test_the_index_names_what_is_there():
    """The index lists no module that is gone or has a test of its own by now, and no test that is gone."""
    gone = {each for each in listed() if each not in modules() or has_test_of_its_name(*each)}
    tests = {test for tests in listed().values() for test in tests}

    assert sorted(gone) == []
    assert sorted(test for test in tests if not (TESTS / test).exists()) == []


def test_every_helper_is_listed_once():
    """Each file of tests/support stands in the index with a line of its own."""
    files = sorted(path.name for path in (TESTS / "support").glob("*.py"))
    rows = re.findall(r"^\| [\w ]*\| `(\w+\.py)` \| .+ \|$", INDEX, re.MULTILINE)

    assert sorted(rows) == files
