"""What maintainers expect of a repository: workflows that are safe and true, forms that ask for the right things."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[1]
GITHUB = PROJECT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
YAML_FILES = sorted([*GITHUB.rglob("*.yml"), PROJECT / ".pre-commit-config.yaml"])

OF_THE_RELEASE = ("gh ", "python -m build", "python -m venv", "test ", ".venv-wheel/bin/")
"""What only a release does, and so is on no other page."""


def read(path: Path) -> Any:
    """Return what a YAML file holds."""
    return yaml.safe_load(path.read_text("utf-8"))


def steps(path: Path) -> list[dict[str, Any]]:
    """Return the steps of all jobs of a workflow."""
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def commands(path: Path) -> list[str]:
    """Return the commands that a workflow runs, one a line."""
    scripts = [step["run"] for step in steps(path) if "run" in step]
    return [line.strip() for script in scripts for line in script.splitlines() if line.strip()]


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: path.name)
def test_yaml_files_can_be_read(path):
    """Each file is YAML with something in it."""
    assert read(path)


def test_there_is_something_to_look_at():
    """The tests below look at workflows, forms and more, and not at empty folders."""
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]
    assert len(FORMS) >= 2
    assert {"dependabot.yml", "SECURITY.md", "THREAT_MODEL.md"} <= {path.name for path in GITHUB.iterdir()}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_do_nothing_that_is_not_said(path):
    """A workflow has no rights of its own; a job names the ones it needs, and has an end."""
    workflow = read(path)

    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert job["permissions"], name
        assert job["timeout-minutes"] <= 90, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_keep_no_credentials(path):
    """An action is named by its commit, with its version beside it for people; a checkout leaves no token behind."""
    text = path.read_text("utf-8")
    uses = re.findall(r"uses: (.+)", text)

    assert uses
    assert [line for line in uses if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * len(checkouts)


def test_workflows_run_what_the_pages_say():
    """Each command is one of README, CONTRIBUTING, tests/README or .ci/run, so that one description holds."""
    pages = ["README.md", "CONTRIBUTING.md", "tests/README.md", ".ci/run"]
    described = "\n".join((PROJECT / page).read_text("utf-8") for page in pages).replace(".venv/bin/", "")
    lines = [line for path in WORKFLOWS for line in commands(path) if not line.startswith(OF_THE_RELEASE)]

    assert len(lines) >= 7
    assert [line for line in lines if line not in described] == []


def test_tests_run_on_each_python_and_system_that_is_promised():
    """Linux, Windows and macOS, and each Python from the oldest that installs the package."""
    matrix = read(GITHUB / "workflows" / "ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]

    assert [name.partition("-")[0] for name in matrix["os"]] == ["ubuntu", "windows", "macos"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert project["requires-python"] == f">={matrix['python'][0]}"


def test_a_linter_for_workflows_finds_nothing():
    """zizmor, which knows how workflows are attacked, has nothing to say."""
    zizmor = Path(sys.executable).with_name("zizmor")
    command = [zizmor, "--offline", "--no-progress", "--persona=pedantic", ".github"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_report_of_a_mistake_asks_for_what_is_needed():
    """Version, doctor and the support bundle are asked for, and people are warned of clients' data and keys."""
    for name in ("mistake.yml", "wrong_request.yml"):
        text = (GITHUB / "ISSUE_TEMPLATE" / name).read_text("utf-8")
        for words in ("collect-xl --version", "collect-xl doctor", "collect-xl log --diagnose"):
            assert words in text, name
        assert "API key" in text, name


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_forms_are_of_the_shape_that_is_shown(path):
    """A form has a name and a description, and each question an ID and a label of its own."""
    form = read(path)
    questions = [part for part in form["body"] if part["type"] != "markdown"]

    assert form["name"]
    assert form["description"]
    assert len({part["id"] for part in questions}) == len({part["attributes"]["label"] for part in questions})
    assert len({part["id"] for part in questions}) == len(questions) >= 2


def test_hooks_are_the_checks_of_every_change():
    """pre-commit runs the linters of .ci/run, in the versions that are installed."""
    hooks = read(PROJECT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    checks = (PROJECT / ".ci" / "run").read_text("utf-8")

    assert [hook["id"] for hook in hooks] == ["ruff-check", "ruff-format", "mypy", "lint-imports", "zizmor"]
    assert [hook["entry"] for hook in hooks if hook["entry"].split()[0] not in checks] == []


def test_the_changelog_has_the_usual_form():
    """Each version has a day or is unreleased; below it stand the usual heads, and entries by face."""
    text = (PROJECT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    heads = set(re.findall(r"^### (.+)$", text, re.MULTILINE))

    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - (\d{4}-\d\d-\d\d|unreleased)", version) for version in versions)
    assert heads <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for face in ("Workbook", "Excel", "Command line", "Several computers"):
        assert f"**{face}:**" in text


@pytest.mark.parametrize("name", ["pywin32", "pywin32-ctypes", "colorama", "tzdata", "appscript", "psutil"])
def test_what_only_windows_and_macos_need_is_pinned(name: str) -> None:
    """The constraints were taken on Linux; what other systems install beside is pinned all the same."""
    pinned = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in pinned if line.partition("==")[0] == name and line.partition("==")[2]]
