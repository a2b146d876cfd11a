"""A user of the tests' Windows: a folder, a fake Collect, and the command with words that come as they are written."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from collect_xl.testing import FakeCollect
from windows.laboratory import WindowsPython, end

HOLDING = """
import ctypes, sys
from ctypes import wintypes
create = ctypes.windll.kernel32.CreateFileW
create.restype = wintypes.HANDLE
read_write, open_existing = 0xC0000000, 3
print("ready", flush=True)
sys.stdin.readline()
handle = create(sys.argv[1], read_write, int(sys.argv[2]), None, open_existing, 128, None)
print("held" if handle != wintypes.HANDLE(-1).value else "refused", flush=True)
sys.stdin.read()
"""
"""Opens a file as another program would, when a line comes, and keeps it until its input ends."""

SHARED_WITH_NOBODY, SHARED_WITH_READERS = 0, 1
"""How another program has a file open."""

SEVERAL = """
import contextlib, io, json, sys
from collect_xl.cli import _code
from collect_xl.workflow import approved_run, stories
print("ready", flush=True)
for words in json.loads(sys.stdin.readline()):
    sys.argv = ["collect-xl", *words]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = _code()
    print(json.dumps([code, " ".join(said.getvalue().split())]), flush=True)
"""
"""Runs commands one after the other in one process: under Wine each start takes seconds."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One user's folder, and what the command reads from the environment."""

    windows: WindowsPython
    server: FakeCollect
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead to the fake Collect and to a send history in the folder."""
        return {
            "COLLECT_API_KEY": self.server.key,
            "COLLECT_API_URL": self.server.url,
            "COLLECT_XL_HISTORY": self.windows.windows_path(self.folder / "history" / "journal.sqlite3"),
            "COLLECT_XL_LOOKUP_AFTER": "0",
            "COLLECT_XL_LIST_LAG": "0.3",
            "NO_COLOR": "1",
        }

    def run(self, *words: str | Path, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return self.windows.run(["-m", "collect_xl", *words], {**self.environ, **environ}, typed, cwd=self.folder)

    def start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        """Start the command, and do not wait."""
        return self.windows.start([self.windows.python, "-m", "collect_xl", *words], self.environ, self.folder)

    @contextmanager
    def ready(self) -> Iterator[Callable[..., list[tuple[int, str]]]]:
        """Start a process that has imported the command, and return what runs commands in it, once.

        What must happen while Collect is waited for may not begin with the start of a Python.
        """
        process = self.windows.start([self.windows.python, "-X", "utf8", "-c", SEVERAL], self.environ, self.folder)

        def run(*commands: Sequence[str]) -> list[tuple[int, str]]:
            process.stdin.write(json.dumps(commands).encode() + b"\n")
            process.stdin.flush()
            return [tuple(json.loads(process.stdout.readline())) for _ in commands]

        try:
            assert process.stdout.readline().split() == [b"ready"], process.stderr.read()
            yield run
        finally:
            end(process)

    def several(self, *commands: Sequence[str]) -> list[tuple[int, str]]:
        """Run commands in one process; return the exit code of each, and what it said, in one line."""
        with self.ready() as run:
            return run(*commands)

    @contextmanager
    def holder(self, file: Path, sharing: int) -> Iterator[Callable[[], None]]:
        """Start another Windows program, and return what lets it open a file and keep it."""
        process = self.windows.start([self.windows.python, "-c", HOLDING, file, str(sharing)])

        def hold() -> None:
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert process.stdout.readline().split() == [b"held"]

        try:
            assert process.stdout.readline().split() == [b"ready"], process.stderr.read()
            yield hold
        finally:
            end(process)

    def own_folder(self, *parts: str) -> Path:
        """Return a folder below this Windows user's ``AppData``."""
        return self.windows.home.joinpath("AppData", *parts)


def in_words(done: subprocess.CompletedProcess[str]) -> str:
    """Return all that a command said, in one line."""
    return " ".join(f"{done.stdout} {done.stderr}".split())
