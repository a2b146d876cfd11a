"""Starts the command hundreds of times a minute: a process that has imported everything forks for each run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

CODE = """
import contextlib, io, json, os, pathlib, sys, tempfile
import collect_xl.cli, collect_xl.cli.demo
with contextlib.redirect_stdout(io.StringIO()), tempfile.TemporaryDirectory() as folder:
    collect_xl.cli.demo.run_demo(pathlib.Path(folder))  # imports whatever a run imports
for line in sys.stdin:
    words, environ, log = json.loads(line)
    pid = os.fork()
    if pid == 0:
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(out, 1), os.dup2(out, 2), os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(environ)
        sys.argv = ["collect-xl", *words]
        collect_xl.cli.main()
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Zygote:
    """Runs the command in forked children, so that a run costs milliseconds instead of a second."""

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self.environ = dict(environ)
        self.log = log
        self._process = subprocess.Popen(
            [sys.executable, "-c", CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environ,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def start(self, *words: object) -> int:
        """Start a run, and return its process number."""
        line = json.dumps([[str(word) for word in words], self.environ, str(self.log)])
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def wait(self) -> int:
        """Wait for the run, and return its exit code; a killed one has a negative code."""
        return int(self._process.stdout.readline())

    def run(self, *words: object) -> int:
        """Run a command to its end."""
        self.start(*words)
        return self.wait()

    def kill(self, pid: int, signal_number: int) -> None:
        """Send a signal, unless the run has ended already."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal_number)
