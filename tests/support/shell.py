"""The real command in a process of its own, pointed to a fake Collect."""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from collect_xl.journal import open_journal
from collect_xl.testing import FakeCollect
from support.journals import age_batches
from support.waiting import close, line_of

COMMAND = (sys.executable, "-m", "collect_xl")

TESTS = Path(__file__).parents[1]


class Shell:
    """Runs ``collect-xl`` as a user of this computer would.

    Args:
        folder: the user's home, with the journal in it.
        server: the Collect that everything is sent to.
        settle_after: the late window in seconds.
        begun: whether there is a journal, as after a person's first run at a terminal.
    """

    def __init__(self, folder: Path, server: FakeCollect, settle_after: float = 0.0, *, begun: bool = True) -> None:
        self.folder = folder
        self.server = server
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("COLLECT_")},
            "HOME": str(folder),
            "USERPROFILE": str(folder),
            "COLLECT_API_KEY": server.key,
            "COLLECT_API_URL": server.url,
            "COLLECT_XL_HISTORY": str(folder / "journal.sqlite3"),
            "COLLECT_XL_LOOKUP_AFTER": str(settle_after),
            "COLLECT_XL_LIST_LAG": "0.3",
            "NO_COLOR": "1",
        }
        self._started: list[subprocess.Popen[str]] = []
        if begun:
            open_journal(self.environ["COLLECT_XL_HISTORY"], who="ann on PC-7").close()

    def run(self, *words: object, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        Where the system can fork, the process is born from one that has imported everything, which takes a fifth of
        the time; what Python itself reads at its start (``PYTHON...``) needs a whole new one.
        """
        told = {**self.environ, **environ}
        arguments = [str(word) for word in words]
        if hasattr(os, "fork") and not any(name.startswith("PYTHON") for name in environ):
            return _born(arguments, told, self.folder, typed)
        return subprocess.run(
            [*COMMAND, *arguments],
            env=told,
            cwd=self.folder,
            input=typed,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def start(self, *words: object, **environ: str) -> subprocess.Popen[str]:
        """Start a command, in a process group of its own, and do not wait."""
        started = subprocess.Popen(
            [*COMMAND, *map(str, words)],
            env={**self.environ, **environ},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self._started.append(started)
        return started

    def pass_time(self, seconds: float) -> None:
        """Make the journal's batches so much older, as if that time had passed since."""
        with open_journal(self.environ["COLLECT_XL_HISTORY"], who="ann on PC-7") as journal:
            age_batches(journal, seconds)

    def end(self) -> None:
        """End what was started and has not ended, as where a test failed."""
        for process in self._started:
            process.kill()
            process.wait(timeout=30)
            process.stdout.close()

    def send(self, book: Path, *words: object, **environ: str) -> subprocess.CompletedProcess[str]:
        """Send without being asked."""
        return self.run("send", book, "--yes", *words, **environ)


@functools.cache
def _nursery() -> subprocess.Popen[str]:
    """Return the process that gives birth to runs, one for each worker of pytest."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.nursery"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))},
        start_new_session=True,
    )
    atexit.register(close, process)
    return process


def _born(words: list[str], environ: Mapping[str, str], folder: Path, typed: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / name for name in ("in", "out", "err")]
        for file, text in zip(files, (typed, "", ""), strict=True):
            file.write_text(text, encoding="utf-8")
        nursery = _nursery()
        nursery.stdin.write(json.dumps([words, dict(environ), str(folder), [str(file) for file in files]]) + "\n")
        nursery.stdin.flush()
        try:
            code = int(line_of(nursery, f"collect-xl {' '.join(words)}"))
        except BaseException:
            _nursery.cache_clear()  # that one is dead
            raise
        out, err = (file.read_text("utf-8", "replace") for file in files[1:])
    return subprocess.CompletedProcess(words, code, out, err)
