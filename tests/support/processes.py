"""Which tests start processes: they are marked ``process``, and a process that starts in any other test is an error.

Those without the mark are quick and need nothing but Python, so they are run on each Python that is promised.
"""

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
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

STARTERS = (
    *((os, name) for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "execv", "execve")),
    (subprocess.Popen, "__init__"),
    (
        importlib.import_module("_winapi" if os.name == "nt" else "_posixsubprocess"),
        "CreateProcess" if os.name == "nt" else "fork_exec",
    ),
)
"""What starts a process, and where it is found."""


class ProcessStartedError(Exception):
    """A test that is not marked has started a process."""


@contextmanager
def _no_starters(test: str) -> Iterator[None]:
    """Put a refusal in place of all that starts processes.

    It is no audit hook: Python would run that in the middle of ``sys.settrace``, too, and two threads that begin to
    be measured at once would then fail.
    """

    def refuse(*_arguments: object, **_options: object) -> None:
        raise ProcessStartedError(f"{test} starts a process: give it the mark {MARK!r} (support/processes.py)")

    kept = [(place, name, getattr(place, name)) for place, name in STARTERS if hasattr(place, name)]
    for place, name, _ in kept:
        setattr(place, name, refuse)
    _refused.extend(kept)
    try:
        yield
    finally:
        allow_processes()


_refused: list[tuple[object, str, object]] = []
"""What is refused at present, with what was there."""


@contextmanager
def no_process(item: pytest.Item) -> Iterator[None]:
    """Let a test that is not marked start no process."""
    # Slow tests and proofs are never part of the run without processes, so that they need no mark.
    may_start_some = any(item.get_closest_marker(mark) for mark in (MARK, "slow", "proof"))
    with nullcontext() if may_start_some else _no_starters(item.nodeid):
        yield


def allow_processes() -> None:
    """Let the end of a session's fixture start processes, whichever test was the last."""
    while _refused:
        place, name, starter = _refused.pop()
        setattr(place, name, starter)


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
