"""The steps of a run, counted inside the process that runs the real command, so that it can die at each of them.

Nothing of this is in the package: the functions of Python through which a run reaches disk and network are wrapped in
the process that is to die, and the command that runs then is the real one.
"""

from __future__ import annotations

import io
import itertools
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.excel_engine import Excel

PIECE = 600
"""Bytes of a reply that are handed on at once, so that a run can die in the middle of one."""


class Steps:
    """Counts steps, writes their names down, and kills its own process at one of them.

    Args:
        dies_at: the number of the fatal step, from 1; 0 for none.
        trace: where the names go; None for nowhere.
    """

    def __init__(self, dies_at: int, trace: str | None) -> None:
        self._dies_at = dies_at
        self._count = 0
        self.last_act: Callable[[], object] = lambda: None
        """What the world around a run still does when the run dies."""
        self._trace = Path(trace).open("a", buffering=1, encoding="utf-8") if trace else None  # noqa: SIM115  # until death

    def __call__(self, name: str) -> None:
        """Take a step."""
        self._count += 1
        if self._trace:
            self._trace.write(name + "\n")
        if self._count == self._dies_at:
            self.last_act()
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, work):
        """Return a function with a step before and a step after it."""

        def wrapped(*args, **kwargs):
            self(f"{name}: before")
            result = work(*args, **kwargs)
            self(f"{name}: after")
            return result

        return wrapped


def install(step: Steps, excel: Excel | None = None) -> None:
    """Wrap what a run does to the journal, to Collect and to the workbook, saved or open in Excel."""
    _wrap_commits(step)
    _wrap_network(step)
    if excel:
        _wrap_calls(step, excel)
    else:
        _wrap_saving(step)


def _wrap_commits(step: Steps) -> None:
    from sqlalchemy.engine.default import DefaultDialect  # noqa: PLC0415

    commit = DefaultDialect.do_commit
    changes: dict[int, int] = {}

    def do_commit(self, connection):
        inner = getattr(connection, "driver_connection", connection)
        total = getattr(inner, "total_changes", -1)
        if total == changes.get(id(inner), 0):  # a transaction that only read
            return commit(self, connection)
        changes[id(inner)] = total
        return step.around("commit", commit)(self, connection)

    DefaultDialect.do_commit = do_commit


def _wrap_network(step: Steps) -> None:
    send, connect, receive = socket.socket.sendall, socket.socket.connect, socket.socket.recv_into
    posting: dict[int, list[str]] = {}  # socket -> which POST, and what of it has gone out
    posts = iter(range(1, 1_000_000))

    def sendall(self, data, *flags):
        data = bytes(data)
        if data.startswith((b"POST ", b"PATCH ")):
            posting[id(self)] = [f"call {next(posts)}", "head"]
            return step.around(f"{posting[id(self)][0]}, head", send)(self, data, *flags)
        if id(self) not in posting or not data:
            return send(self, data, *flags)
        name = f"{posting[id(self)][0]}, body"
        cuts = sorted({0, 1, len(data) // 2, len(data) - 1, len(data)})
        step(f"{name}: before its first byte")
        for start, end in itertools.pairwise(cuts):
            send(self, data[start:end], *flags)
            step(f"{name}: {end} of {len(data)} bytes")
        return None

    def connect_to(self, address):
        posting.pop(id(self), None)  # ids are used again
        return connect(self, address)

    def recv_into(self, buffer, nbytes=0, flags=0):
        if id(self) not in posting:
            return receive(self, buffer, nbytes, flags)
        name = posting[id(self)][0]
        step(f"{name}, reply: before a piece")
        count = receive(self, memoryview(buffer)[: 1 if posting[id(self)][1] == "head" else PIECE])
        posting[id(self)][1] = "reply"
        step(f"{name}, reply: after a piece")
        return count

    socket.socket.sendall, socket.socket.connect, socket.socket.recv_into = sendall, connect_to, recv_into


def _wrap_calls(step: Steps, excel: Excel) -> None:
    call = excel.meter.call

    def stepped(name):
        step(f"excel {name}: before")
        call(name)

    excel.meter.call = stepped


def _wrap_saving(step: Steps) -> None:
    open_file, of_handle = os.open, os.fdopen
    for name in ("fsync", "replace", "chmod", "chown"):
        setattr(os, name, step.around(f"file {name}", getattr(os, name)))

    def opened(path, flags, *args, **kwargs):
        if not flags & os.O_CREAT or not str(path).endswith((".tmp", ".sqlite3")):
            return open_file(path, flags, *args, **kwargs)
        return step.around(f"file open {Path(path).suffix}", open_file)(path, flags, *args, **kwargs)

    class Raw(io.FileIO):
        """A file each of whose writes can be the last, half-way through."""

        def write(self, data):
            half = len(data) // 2
            step("file write: before")
            super().write(memoryview(data)[:half])
            step("file write: half")
            super().write(memoryview(data)[half:])
            step("file write: after")
            return len(data)

    def fdopen(handle, mode="r", buffering=-1, *args, **kwargs):
        if mode != "w+b":
            return of_handle(handle, mode, buffering, *args, **kwargs)
        return io.BufferedRandom(Raw(handle, "r+"), buffering)

    os.open, os.fdopen = opened, fdopen
