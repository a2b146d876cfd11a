"""The add-in's windows with the Tk of Windows, on a screen that nobody looks at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support import screen

TESTS = Path(__file__).parents[1]

STORIES = ("right_key", "progress", "closed", "settings", "unfinished")
"""Each opens a window, does in it what a person would, and closes it."""


@pytest.mark.parametrize("story", STORIES)
def test_window_opens_and_closes(windows_python, story):
    """The window is shown, does what it is asked, and ends with its process."""
    if not windows_python.display:
        pytest.skip(f"missing: {screen.lacking()}")
    environ = {"PYTHONPATH": windows_python.windows_path(TESTS)}

    done = windows_python.run(["-m", "support.window_driver", story], environ)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
