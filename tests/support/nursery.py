"""A process that has imported everything, and forks for each run of the command; ``shell`` talks to it by lines.

A run costs its own work that way, and neither a start of Python nor its end.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import io
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import typer.main

import collect_xl.cli
import collect_xl.cli.demo

LONGEST = 300
"""Seconds after which a run that hangs ends, instead of the whole suite."""


def main() -> None:
    """Give birth to a run for each line: its words, its environment, its folder and its three streams as files."""
    typer.main.get_command = functools.cache(typer.main.get_command)  # the same words of the same commands for all
    typer.main.get_command(collect_xl.cli.app)
    with contextlib.redirect_stdout(io.StringIO()), tempfile.TemporaryDirectory() as folder:
        collect_xl.cli.demo.run_demo(Path(folder))  # imports whatever a run imports
    gc.collect()
    gc.freeze()  # runs share this memory until they write to it
    for line in sys.stdin:
        words, environ, folder, files = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _be_the_run(words, environ, folder, files)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201  # the line to the shell


def _be_the_run(words: Sequence[str], environ: dict[str, str], folder: str, files: Sequence[str]) -> None:
    signal.alarm(LONGEST)
    for number, (name, flags) in enumerate(zip(files, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        os.dup2(os.open(name, flags), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["collect-xl", *words]
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115  # open until the end
    code: object = 1
    try:
        collect_xl.cli.main()
    except SystemExit as ended:
        code = ended.code or 0
    # What Python does at its end, but for taking down an interpreter of this size: that takes longer than most runs.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
