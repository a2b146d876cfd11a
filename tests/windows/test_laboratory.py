"""The Windows of these tests is one: its Python, its packages, its paths, and nobody's settings."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def canonical(name):
    """Return a package's name in the one form in which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_python_is_one_for_windows(windows_python):
    """The interpreter says that it runs on Windows, imports what only Windows has, and has our version installed."""
    from importlib.metadata import version  # noqa: PLC0415

    printed = windows_python.script(
        "import sys, win32api, pythoncom, winreg, xlwings, tkinter, sqlite3, ssl, ctypes\n"
        "from importlib.metadata import version\n"
        "print(sys.platform, sys.version_info[:2], version('collect-xl'))"
    )

    assert printed.split() == ["win32", "(3,", "11)", version("collect-xl")]


def test_all_that_windows_needs_is_pinned(windows_python):
    """The constraints, which were written down on another system, hold for what Windows alone installs."""
    lines = (PROJECT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {canonical(line.partition("==")[0]) for line in lines}
    installed = {canonical(wheel.name.partition("-")[0]) for wheel in windows_python.wheels.glob("*.whl")}

    assert {"pywin32", "colorama"} <= installed
    assert sorted(installed - pinned) == []


def test_paths_are_translated_both_ways(windows_python, tmp_path):
    """A file of this system is found by Windows under its other name, and back, with any letters."""
    file = tmp_path / "Żółć 名簿.txt"
    file.write_text("found", "utf-8")

    printed = windows_python.script("import sys; print(open(sys.argv[1]).read(), sys.argv[1])", file)

    content, _, name = printed.strip().partition(" ")
    assert (content, windows_python.posix_path(name)) == ("found", file)
    inside = windows_python.drive / "users" / "x.txt"
    assert windows_python.posix_path(windows_python.windows_path(inside)) == inside


def test_nothing_of_the_user_gets_in(windows_python, monkeypatch):
    """Neither variables nor folders of whoever runs the tests are seen."""
    monkeypatch.setenv("COLLECT_API_KEY", "secret")

    printed = windows_python.script("import os, pathlib; print(os.environ.get('COLLECT_API_KEY'), pathlib.Path.home())")

    assert printed.split(maxsplit=1)[0] == "None"
    home = windows_python.posix_path(printed.split(maxsplit=1)[1].strip())
    assert home.is_relative_to(windows_python.drive)
    assert not [each for each in home.rglob("*") if each.is_symlink()]


def test_end_and_input_of_a_program_come_through(windows_python):
    """Exit codes, standard input and both outputs are those of the program."""
    done = windows_python.run(
        ["-c", "import sys; text = input(); print(text[::-1]); print('err', file=sys.stderr); sys.exit(7)"],
        input="abc\n",
    )

    assert (done.returncode, done.stdout, done.stderr) == (7, "cba\n", "err\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Wine is for other systems")
def test_what_is_missing_is_named(monkeypatch):
    """Where a tool is absent the reason of the skip names Wine, so that the list of absences can allow it."""
    from windows.workshop import absent_tool  # noqa: PLC0415

    monkeypatch.setenv("PATH", str(Path(__file__).parent))

    assert "Wine" in absent_tool()
