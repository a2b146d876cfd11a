"""Journals for tests: real SQLite files, and a real PostgreSQL where one is installed."""

from __future__ import annotations

import itertools
import os

import pytest

from support.journal_server import binaries, running
from support.journals import Clock, Desk

_schemas = itertools.count(1)


@pytest.fixture(scope="session")
def postgres():
    """Yield the URL of a PostgreSQL server: the one that the environment names, else one of our own."""
    if url := os.environ.get("COLLECT_XL_TEST_POSTGRES"):
        yield url
        return
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with running(programs) as url:
        yield url


@pytest.fixture
def empty_postgres(postgres):
    """Return a URL under which nothing is kept yet."""
    psycopg = pytest.importorskip("psycopg")

    name = f"journal_{os.getpid()}_{next(_schemas)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{postgres}?options=-csearch_path%3D{name}"


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
