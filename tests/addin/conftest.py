"""A screen for windows, and an Excel with a workbook open, pointed to a Collect of the test's own."""

from __future__ import annotations

import pytest

from support import screen
from support.excel import ButtonExcel
from support.excel_engine import running_excel


@pytest.fixture(scope="session")
def display():
    """The display of a virtual screen."""
    if missing := screen.lacking():
        pytest.skip(f"missing: {missing}")
    with screen.screen() as name:
        yield name


@pytest.fixture
def user(server, monkeypatch, tmp_path):
    """A user's environment, without a screen: it leads to the Collect of the test."""
    environ = {
        "COLLECT_API_KEY": server.key,
        "COLLECT_API_URL": server.url,
        "COLLECT_XL_HISTORY": str(tmp_path / "journal.sqlite3"),
        "COLLECT_XL_LOOKUP_AFTER": "0",
    }
    monkeypatch.delenv("DISPLAY", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return environ


@pytest.fixture
def running(user):
    """An Excel of the tests' engine."""
    with running_excel() as made:
        yield made


@pytest.fixture
def excel(running):
    """Its buttons."""
    return ButtonExcel(running)
