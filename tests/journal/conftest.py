"""Journals for tests: real SQLite files, and a real PostgreSQL where one is installed."""

from __future__ import annotations

import pytest

from support.journals import Clock, Desk


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Return where a new journal is to be made, for each kind of database."""
    if request.param == "sqlite":
        return str(tmp_path / "data" / "journal.sqlite3")
    return request.getfixturevalue("empty_postgres")


@pytest.fixture
def file(tmp_path):
    """Return where a new journal file is to be made."""
    return tmp_path / "data" / "journal.sqlite3"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk(place, clock):
    """Return a run on a new journal of each kind."""
    with Desk(place, clock) as opened:
        yield opened


@pytest.fixture(autouse=True)
def own_data_folder(monkeypatch, tmp_path):
    """Keep the user's own data folder out of every test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
