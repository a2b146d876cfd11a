"""Tests that start processes are marked: in all others a process is an error."""

from __future__ import annotations

import importlib
import os

import pytest

from support.processes import ProcessStartedError, allow_processes


@pytest.mark.parametrize(
    ("module", "name"),
    [("subprocess", "run"), ("os", "system"), ("os", "fork"), ("multiprocessing.util", "spawnv_passfds")],
)
@pytest.mark.skipif(os.name != "posix", reason="names of POSIX")
def test_a_test_without_the_mark_starts_no_process(module, name):
    """Whichever way a process is started in such a test, it is refused, and the test is named."""
    arguments = {"run": (["true"],), "system": ("true",), "fork": (), "spawnv_passfds": (b"/bin/true", [b"true"], [])}
    starter = getattr(importlib.import_module(module), name)

    with pytest.raises(ProcessStartedError, match="test_a_test_without_the_mark"):
        starter(*arguments[name])


def test_the_end_of_a_fixture_may_start_some():
    """Once they are allowed again, all starters are what they were."""
    allow_processes()

    assert os.system("true") == 0  # a process that ends at once
