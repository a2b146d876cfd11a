"""Fixtures: an Excel over COM with the buttons beside it, on the laboratory's Windows Python."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from support.processes import allow_processes
from windows.excel_stand_in import ExcelDesk, StandIn
from windows.laboratory import LEFT_ALONE, WindowsPython
from windows.workshop import linked_copy, wine_environment

SILENT = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

USUAL_SETTINGS = {
    "screen_updating": True,
    "calculation": "automatic",
    "status_bar": False,
    "enable_events": True,
    "display_alerts": True,
}
"""Excel's, before a run and after it."""


@pytest.fixture(scope="session")
def windows_without_screen(windows_python, tmp_path_factory) -> Iterator[WindowsPython]:
    """Another Windows, whose windows are there but drawn nowhere: an Excel is found by its windows."""
    prefix = tmp_path_factory.mktemp("excel") / "prefix"
    linked_copy(windows_python.prefix, prefix)
    made = replace(windows_python, prefix=prefix, display="")
    environment = wine_environment(prefix)
    drawing = ["add", r"HKCU\Software\Wine\Drivers", "/v", "Graphics", "/d", "null", "/f"]
    try:
        subprocess.run(["wineserver", f"--persistent={LEFT_ALONE}"], env=environment, check=True, timeout=60, **SILENT)
        subprocess.run(["wine", "reg", *drawing], env=environment, check=True, timeout=120, **SILENT)
        yield made
        allow_processes()  # the session's last test may start none, and Windows must be shut down
    finally:
        for word in ("--kill", "--wait"):
            subprocess.run(["wineserver", word], env=environment, check=False, timeout=60, **SILENT)


@pytest.fixture(scope="session")
def stand_in(windows_without_screen) -> Iterator[StandIn]:
    """Both processes; started once, since that takes seconds under Wine."""
    made = StandIn(windows_without_screen)
    yield made
    made.end()


@pytest.fixture
def excel_desk(stand_in, tmp_path, server) -> ExcelDesk:
    """A computer with nothing open in its Excel."""
    stand_in.begin()
    return ExcelDesk(stand_in, tmp_path, server)
