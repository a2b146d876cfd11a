"""A Python in which collect-xl cannot be loaded says so, although it has neither terminal nor window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

START = """
import runpy, sys
sys.modules[{missing!r}] = None
sys.argv[1:] = ["check", "--wb=a.xlsx", "--hwnd=0"]
runpy.run_module("collect_xl.addin", run_name="__main__", alter_sys=True)
"""


def start_without(missing, folder):
    """Press a button in a Python without a module, with a folder for temporary files."""
    return subprocess.run(
        [sys.executable, "-c", START.format(missing=missing)],
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("missing", ["collect_xl.addin.ribbon", "collect_xl.excel.find_workbook"])
def test_import_that_fails_is_told(tmp_path, missing):
    """The words name what is missing and the next step, and the details stand in a log."""
    done = start_without(missing, tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("Collect could not be started. Nothing was done.")
    assert missing in done.stderr
    assert "collect-xl doctor" in done.stderr
    assert "Traceback" in Path(tmp_path, "collect_xl_start.log").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="only administrators make links on Windows")
@pytest.mark.parametrize("put", [lambda log, target: log.symlink_to(target), lambda log, _: os.mkfifo(log)])
def test_what_another_user_puts_in_the_place_of_the_log(tmp_path, put):
    """A link there is not followed, a pipe is not waited for; the words are shown without the details."""
    target = tmp_path / "mine.txt"
    target.write_text("mine")
    put(tmp_path / "collect_xl_start.log", target)
    done = start_without("collect_xl.addin.ribbon", tmp_path)
    assert done.stderr.startswith("Collect could not be started. Nothing was done.")
    assert target.read_text() == "mine"
