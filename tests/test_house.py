"""The house rules that no linter knows: imports go one way, every test says what it shows, start-up is light."""

from __future__ import annotations

import ast
import itertools
import pydoc
import re
import shlex
import subprocess
import sys
import tomllib
from collections import Counter
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

import collect_xl

PROJECT = Path(__file__).parents[1]
PACKAGE = Path(collect_xl.__file__).parent
SLOW = ("requests", "sqlalchemy", "openpyxl", "xlwings", "marshmallow", "keyring", "rich.progress", "email_validator")
"""Imports of 0.1 s and more, which ``--help`` can do without."""


def test_imports_go_one_way():
    """The core knows neither Excel nor HTTP nor SQL, and no room knows one above it (contracts of pyproject.toml)."""
    command = [Path(sys.executable).with_name("lint-imports")]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert (done.returncode, "0 broken" in done.stdout) == (0, True), done.stdout


@pytest.mark.slow
def test_every_test_says_what_it_shows():
    """Every test has a docstring."""
    silent = [
        f"{path.relative_to(PROJECT)}:{node.lineno} {node.name}"
        for path in sorted((PROJECT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert silent == []


@pytest.mark.slow
def test_every_file_says_its_purpose_and_stays_a_room():
    """Every file of the package begins with its purpose and has at most 400 lines."""
    files = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}

    assert [str(path) for path, text in files.items() if text and not ast.get_docstring(ast.parse(text))] == []
    assert [str(path) for path, text in files.items() if text.count("\n") > 400] == []


def test_help_starts_without_heavy_imports():
    """``collect-xl --help`` imports nothing that takes long."""
    code = f"import sys; import collect_xl.cli; print([name for name in {SLOW!r} if name in sys.modules])"

    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


@pytest.mark.slow
def test_only_the_front_prints_and_exits():
    """Nothing below the command line prints or exits."""
    below = [path for path in PACKAGE.rglob("*.py") if "cli" not in path.parts]
    calls = [
        f"{path}:{node.lineno}"
        for path in below
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "exit", "quit", "sys.exit", "os._exit"}
    ]

    assert calls == []


def test_nothing_committed_names_a_path_of_a_machine_or_a_registry():
    """No committed text names a developer's path or the host of a package registry."""
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("no git checkout")
    words = re.compile(r"(?<![\w.])/(root|work|farm)/|(index-url|find-links|registry) *[=:]|files\.python" r"hosted")
    texts = [
        PROJECT / name
        for name in tracked.stdout.split("\n")
        if name.endswith((".py", ".md", ".toml", ".txt", ".yml", ".yaml", "run"))
    ]

    assert [str(path) for path in texts if path.exists() and words.search(path.read_text("utf-8"))] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "tests/README.md"])
def test_written_test_commands_are_understood(page):
    """Each way to run pytest that a page names has options that pytest knows, typed as they stand there."""
    lines = re.findall(r"^.*bin/(pytest\b[^#`\n]*)", (PROJECT / page).read_text("utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        command = [sys.executable, "-m", *shlex.split(line), "--markers"]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"


def test_patterns_match_in_every_release_of_python():
    """No group is repeated possessively: before 3.11.5 such a pattern matches nothing (gh-106052); ``(?>...)`` does."""
    wrong = [
        f"{path.name}:{number}"
        for path in PACKAGE.rglob("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(r"\)[*+?]\+", re.sub(r"\[(?:\\.|[^\]\\])*\]", "", line))
    ]
    assert wrong == []


def test_public_face_is_sorted_and_complete():
    """``__all__`` is sorted, and every name of it is there."""
    assert sorted(collect_xl.__all__) == list(collect_xl.__all__)
    assert [name for name in collect_xl.__all__ if not hasattr(collect_xl, name)] == []


def test_public_names_lead_somewhere_and_explain_themselves():
    """``dir`` shows exactly the public names; each leads to an object with a docstring, and ``help`` can show it."""
    assert dir(collect_xl) == list(collect_xl.__all__)
    silent = [name for name in collect_xl.__all__ if name != "__version__" and not getattr(collect_xl, name).__doc__]

    assert silent == []
    assert collect_xl.__version__ == version("collect-xl")
    assert "Send what the workbook asks for" in pydoc.render_doc(collect_xl.send, renderer=pydoc.plaintext)


def test_paths_of_the_map_exist():
    """Every file that the map of CONTRIBUTING.md names is there: a newcomer who follows it arrives."""
    page = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| ") and "`" in line]
    paths = [path for line in lines for path in re.findall(r"`([\w/]+\.py)`", line)]

    assert len(lines) >= 15
    assert [path for path in paths if not (PROJECT / path).is_file()] == []


def test_names_of_modules_are_unique():
    """A module's name stands once in the package, so that a reader finds it at the first guess."""
    folders = [path for path in PACKAGE.rglob("*.py") if not path.name.startswith("__")]
    names = Counter(path.stem for path in folders if path.parent.name not in {"cli", "addin"})

    assert [name for name, count in names.items() if count > 1] == []


def test_package_says_that_it_is_typed():
    """Type checkers of users see our types."""
    spec = find_spec("collect_xl")

    assert spec is not None
    assert (PACKAGE / "py.typed").exists()


FIRST_FIXED = {
    "certifi": "2024.7.4",  # a root that is not trusted any more
    "distributed": "2026.1",  # a page of the scheduler that ran what it was given
    "filelock": "3.20.3",  # locks that followed links, and emptied what these led to
    "idna": "3.7",  # a name that took minutes
    "Jinja2": "3.1.6",  # a way out of the sandbox
    "marshmallow": "4.1.2",  # many errors that took quadratic time
    "requests": "2.32.4",  # a password of .netrc for another server
    "tornado": "6.5",  # a log without end
    "urllib3": "2.6.3",  # bodies that inflate without end, and redirects that were followed
}
"""Package -> the first release with the fix; an older one must not satisfy what we ask for."""


def test_floors_lie_above_known_security_fixes():
    """No release with a known hole satisfies the requirements, and the pinned ones satisfy them."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    floors = {}
    for each in wanted:
        match = re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", each)
        if match:
            floors[match[1]] = match[2]
    pinned = dict(line.split("==") for line in (PROJECT / "constraints.txt").read_text("utf-8").split() if "==" in line)
    for name, fixed in FIRST_FIXED.items():
        assert _numbers(floors[name]) >= _numbers(fixed), name
        assert _numbers(pinned[name]) >= _numbers(floors[name]), name


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))
