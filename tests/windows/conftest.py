"""A Windows under Wine for the tests of this folder."""

from __future__ import annotations

import pytest

from support.processes import allow_processes
from windows.desk import Desk
from windows.excel_desk import excel_desk, stand_in, windows_without_screen  # noqa: F401  # pytest finds them here
from windows.laboratory import laboratory
from windows.workshop import LaboratoryError, absent_tool


def pytest_collection_modifyitems(items):
    """Mark the tests that run under Wine: they are slow, and start processes."""
    for item in items:
        if "windows_python" in getattr(item, "fixturenames", ()):
            for mark in ("windows", "slow", "process"):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def windows_python(tmp_path_factory):
    """A Windows with Python and this checkout, without anybody's settings."""
    if missing := absent_tool():
        pytest.skip(f"missing: {missing}")
    try:
        with laboratory(tmp_path_factory.mktemp("windows")) as made:
            yield made
            allow_processes()  # the session's last test may start none, and Windows must be shut down
    except LaboratoryError as error:
        pytest.skip(str(error))


@pytest.fixture
def desk(windows_python, server, tmp_path):
    """A user of this Windows with a folder of odd letters, and a Collect."""
    folder = tmp_path / "Łukasz & Żółć 100%"
    folder.mkdir()
    return Desk(windows_python, server, folder)
