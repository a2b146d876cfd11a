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


@pytest.mark.parametrize("missing", ["collect_xl.addin.ribbon", "collect_xl.excel.find_workbook"])
def test_import_that_fails_is_told(tmp_path, missing):
    """The words name what is missing and the next step, and the details stand in a log."""
    done = subprocess.run(
        [sys.executable, "-c", START.format(missing=missing)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Collect could not be started. Nothing was done.")
    assert missing in done.stderr
    assert "collect-xl doctor" in done.stderr
    assert "Traceback" in Path(tmp_path, "collect_xl_start.log").read_text("utf-8")
