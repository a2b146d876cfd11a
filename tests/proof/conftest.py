"""What the proofs share: runs that are born quickly, on a computer and a Collect of their own."""

import os

import pytest

from support.trials import Trials


@pytest.fixture(autouse=True)
def _no_coverage(monkeypatch):
    """Keep coverage out of the runs that are killed: its files and system calls would be among those counted."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture
def trials(tmp_path):
    """Computers and servers for one trial after another."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork and SIGKILL")
    with Trials(tmp_path) as made:
        yield made
