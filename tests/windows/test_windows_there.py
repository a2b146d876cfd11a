"""The add-in's windows with the Tk of Windows, on a screen that nobody looks at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support import screen

TESTS = Path(__file__).parents[1]

STORIES = ("right_key", "progress", "closed", "settings", "unfinished")
"""Each opens a window, does in it what a person would, and closes it."""


@pytest.fixture(scope="module")
def screen_of_wine():
    """The display of a virtual screen."""
    if missing := screen.lacking():
        pytest.skip(f"missing: {missing}")
    with screen.screen() as name:
        yield name


@pytest.mark.parametrize("story", STORIES)
def test_window_opens_and_closes(windows_python, screen_of_wine, story):
    """The window is shown, does what it is asked, and ends with its process."""
    environ = {"DISPLAY": screen_of_wine, "PYTHONPATH": windows_python.windows_path(TESTS)}

    done = windows_python.run(["-m", "support.window_driver", story], environ)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
