"""Which tests start processes: they are marked ``process``, and a process that starts in any other test is an error.

Those without the mark are quick and need nothing but Python, so they are run on each Python that is promised.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest

MARK = "process"

FIXTURES = frozenset({"shell", "trials", "postgres", "empty_postgres", "display", "running"})
"""They start a process for whoever asks for them."""

MODULES = frozenset({"subprocess", "multiprocessing", "pty"})
"""A test file that imports one of them starts processes..."""

SUPPORT = frozenset(
    {
        "support.chromium",
        "support.dask_cluster",
        "support.excel",
        "support.journal_agent",
        "support.machines",
        "support.paper",
        "support.programs",
        "support.screen",
        "support.shell",
        "support.spreadsheet",
        "support.strace",
        "support.trials",
        "support.zygote",
    }
)
"""... and so does one that imports anything of these."""

FILES = frozenset({"test_doctor.py", "test_live.py", "test_many_workbooks.py", "test_ribbon.py"})
"""These start the add-in's Python, a window, or a command, through the code that they test."""

EVENTS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec"})
"""What Python's audit hooks call it."""


class ProcessStartedError(Exception):
    """A test that is not marked has started a process."""


class _Guard:
    """Refuses processes while a test without the mark is at work; an audit hook stays for the life of Python."""

    def __init__(self) -> None:
        self.test = ""
        """The test that may start none; empty where all may."""
        self._is_installed = False

    def install(self) -> None:
        """Begin to listen."""
        if not self._is_installed:
            sys.addaudithook(self._hear)
            self._is_installed = True

    def _hear(self, event: str, _arguments: object) -> None:
        if self.test and event in EVENTS:
            raise ProcessStartedError(f"{self.test} starts a process: give it the mark {MARK!r} (support/processes.py)")


_guard = _Guard()


@contextmanager
def no_process(item: pytest.Item) -> Iterator[None]:
    """Let a test that is not marked start no process."""
    _guard.install()
    # Slow tests and proofs are never part of the run without processes, so that they need no mark.
    may_start_some = any(item.get_closest_marker(mark) for mark in (MARK, "slow", "proof"))
    _guard.test = "" if may_start_some else item.nodeid
    try:
        yield
    finally:
        _guard.test = ""


def allow_processes() -> None:
    """Let the end of a session's fixture start processes, whichever test was the last."""
    _guard.test = ""


def mark_starters(items: list[pytest.Item]) -> None:
    """Mark the tests that ask for a process by a fixture, by their file's imports or by their database."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        is_starter = item.path.name in FILES or _is_starter(inspect.getmodule(item.obj))
        if names & FIXTURES or "postgresql" in item.name or is_starter:
            item.add_marker(MARK)


def _is_starter(module: ModuleType | None) -> bool:
    for value in vars(module).values() if module else ():
        if isinstance(value, ModuleType):
            if value.__name__ in MODULES | SUPPORT:
                return True
        elif getattr(value, "__module__", None) in MODULES | SUPPORT:
            return True
    return False
