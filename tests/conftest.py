"""Every test starts with a clean environment and folders of its own, and says whether it starts processes."""

from __future__ import annotations

import itertools
import os
import signal
from importlib.metadata import version
from pathlib import Path

import pytest

from collect_xl.testing import FakeCollect
from support.absences import VARIABLE, UnknownAbsenceError, allowed_absences, is_allowed
from support.figures import figure, is_whole, pytest_addoption, pytest_terminal_summary, whole  # noqa: F401  # pytest finds them here
from support.journal_server import binaries, running
from support.office import Office
from support.processes import allow_processes, mark_starters, no_process
from support.shell import Shell

OURS = ("COLLECT_", "PYTHON_KEYRING")
KEPT = ("COLLECT_XL_CORPUS", VARIABLE)
WHOLE = 7200
"""Seconds that one proof may take when all of it is run."""
_schemas = itertools.count(1)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as below nohup, or in a shell's background: for Ctrl-C's tests
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    """Run tests that are named on the command line, slow or not: only the rest is left to the everyday selection."""
    try:
        allowed_absences(os.environ)
    except UnknownAbsenceError as error:
        raise pytest.UsageError(str(error)) from None
    marks_were_chosen = any(str(word).startswith("-m") for word in config.invocation_params.args)
    if not marks_were_chosen and all(".py" in each for each in config.args):
        config.option.markexpr = ""


def pytest_report_header() -> str:
    """Say which collect_xl is under test: the wheel's or the checkout's."""
    import collect_xl  # noqa: PLC0415

    names = ("marshmallow", "requests", "SQLAlchemy", "openpyxl")
    return f"collect_xl: {Path(collect_xl.__file__).parent}; " + ", ".join(f"{name} {version(name)}" for name in names)


def pytest_collection_modifyitems(config, items):
    """Mark what starts processes and what is proof; of the proof only ``-m proof`` runs what is marked ``whole``."""
    mark_starters(items)
    for item in items:
        if item.path.parent.name == "proof":
            for mark in ("slow", "proof", "process"):
                item.add_marker(mark)
            if is_whole(config):
                item.add_marker(pytest.mark.timeout(WHOLE))
    left = [item for item in items if item.get_closest_marker("whole") and not is_whole(config)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure where what it needs may not be absent (``COLLECT_XL_NO_SKIP``)."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and not is_allowed(str(report.longrepr), os.environ):
        report.outcome = "failed"
        report.longrepr = f"skipped, and {VARIABLE} does not allow it: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Let a test start no process unless it is marked so."""
    with no_process(item):
        return (yield)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory):
    """Give each test a folder: a counter is quicker than a look for the next free name."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count(1))


@pytest.fixture(autouse=True)
def _clean_environment(_homes, monkeypatch):
    """Hide the user's own key, settings, journal and proxies."""
    home = next(_homes)
    home.mkdir()
    for name in os.environ:
        if name not in KEPT and (name.upper() in PROXIES or name.startswith(OURS)):
            monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def office(tmp_path):
    """A fake Collect, a journal, and a client of each."""
    with Office(tmp_path) as made:
        yield made


@pytest.fixture
def server():
    """A Collect of this test's own."""
    with FakeCollect() as made:
        yield made


@pytest.fixture
def shell(tmp_path, server):
    """The command, pointed to it."""
    made = Shell(tmp_path, server)
    yield made
    made.end()


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
        allow_processes()  # the session's last test may start none, and the server must be stopped


@pytest.fixture
def empty_postgres(postgres):
    """Return a URL under which nothing is kept yet."""
    psycopg = pytest.importorskip("psycopg")

    name = f"journal_{os.getpid()}_{next(_schemas)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{postgres}?options=-csearch_path%3D{name}"
