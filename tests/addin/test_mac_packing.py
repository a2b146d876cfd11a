"""What appscript itself makes of our boxes for macOS: how long it waits, and which button is the default."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.appscript_wheel import fetched

TESTS = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """Return the folder of appscript's code."""
    try:
        return fetched(tmp_path_factory.mktemp("appscript"))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"appscript's wheel cannot be fetched: {error.stderr[-200:]!r}")


@pytest.fixture(scope="module")
def events(code):
    """Return the events of a question, a message, and a call that says nothing of time; and what "never" is."""
    done = subprocess.run(
        [sys.executable, "-m", "support.appscript_wheel", str(code)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_boxes_wait_for_as_long_as_people_need(events):
    """A question and a message never time out, where appscript by itself gives up after a minute."""
    question, message, plain = events["sent"]

    assert [question["timeout"], message["timeout"]] == [events["never"]] * 2
    assert plain["timeout"] == 60 * 60
    assert question["waits"] is message["waits"] is True


def test_enter_and_escape_mean_cancel(events):
    """The event names Cancel as the default and as the button of Escape, and the other button by what it does."""
    question = events["sent"][0]

    assert question["btns"] == ["Cancel", "Send 253 requests"]
    assert (question["dflt"], question["cbtn"]) == ("Cancel", "Cancel")
    assert question["mesS"].startswith("Send 253 requests?")


def test_what_appscript_needs_is_pinned(code):
    """The constraints, which were written down on another system, hold for what macOS alone installs."""
    (metadata,) = code.parent.glob("appscript-*.dist-info/METADATA")
    needed = set(re.findall(r"^Requires-Dist: ([\w-]+)(?!.*extra ==)", metadata.read_text("utf-8"), re.MULTILINE))
    pinned = set(re.findall(r"^([\w.-]+)==", (TESTS.parent / "constraints.txt").read_text("utf-8"), re.MULTILINE))

    assert needed
    assert needed | {"appscript", "psutil"} <= pinned
