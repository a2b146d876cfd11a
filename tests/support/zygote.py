"""Starts the command hundreds of times a minute: a process that has imported everything forks for each run.

A run can be told to die at its n-th step (``steps``), or to stop before its first one until somebody wakes it, so that
``strace`` can take hold of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import functools
import gc
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import typer.main

import collect_xl.cli
from collect_xl import journal
from collect_xl.workflow import open as app
from support.waiting import close, line_of

if TYPE_CHECKING:
    from support.excel_engine import Excel

TESTS = Path(__file__).parents[1]

_PR_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)


class Zygote:
    """Runs the command in forked children, so that a run costs milliseconds instead of a second.

    Args:
        environ: what the runs see, unless they are told otherwise.
        log: where they write what they would print.
    """

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self.environ = dict(environ)
        self.log = log
        self._last, self._said = 0, ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**self.environ, "PYTHONPATH": str(TESTS)},
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        close(self._process)

    def start(  # noqa: PLR0913  # the ways to die are keywords
        self,
        *words: object,
        environ: Mapping[str, str] | None = None,
        log: Path | None = None,
        dies_at: int = 0,
        trace: Path | None = None,
        stopped: bool = False,
        sleeps: bool = False,
        excel: Path | None = None,
        excel_dies: bool = False,
    ) -> int:
        """Start a run, and return its process number.

        Args:
            words: of the command.
            environ: what it sees; None for the usual.
            log: where its words go; None for the usual place.
            dies_at: the step at which it kills itself, from 1; 0 for none.
            trace: where the names of its steps go.
            stopped: whether it stops before it begins.
            sleeps: whether it stops right after its claim, with a lease of half a second.
            excel: a workbook that is open in an Excel beside it, and saved in the end; None for no Excel.
            excel_dies: whether that Excel dies with the run and takes along what it has not saved; else it lives on.
        """
        self._said = f"collect-xl {' '.join(map(str, words))} (its words: {log or self.log})"
        self._last = self._tell(
            {
                "words": [str(word) for word in words],
                "environ": dict(environ or self.environ),
                "log": str(log or self.log),
                "dies_at": dies_at,
                "trace": str(trace) if trace else None,
                "stopped": stopped,
                "sleeps": sleeps,
                "excel": str(excel) if excel else None,
                "excel_dies": excel_dies,
            }
        )
        return self._last

    def wait(self, pid: int = 0) -> int:
        """Wait for a run, the last one by default, and return its exit code; a killed one has a negative code."""
        return self._tell({"wait": pid or self._last})

    def run(self, *words: object, **more: object) -> int:
        """Run a command to its end."""
        return self.wait(self.start(*words, **more))

    def kill(self, pid: int, signal_number: int) -> None:
        """Send a signal, unless the run has ended already."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal_number)

    def _tell(self, what: Mapping[str, object]) -> int:
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return int(line_of(self._process, self._said))


def _give_birth(told: dict) -> int:
    if told["excel"]:
        import support.excel_engine  # noqa: F401, PLC0415  # for all that are born from now on
    pid = os.fork()
    if pid:
        if told["stopped"]:
            os.waitid(os.P_PID, pid, os.WSTOPPED)
        return pid
    out = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1), os.dup2(out, 2), os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(told["environ"])
    sys.argv = ["collect-xl", *told["words"]]
    if told["stopped"]:
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
    excel = _begin_excel(Path(told["excel"])) if told["excel"] else None
    if told["dies_at"] or told["trace"]:
        from support import steps  # noqa: PLC0415  # only where it is asked for

        step = steps.Steps(told["dies_at"], told["trace"])
        steps.install(step, excel)
        if excel and not told["excel_dies"]:
            step.last_act = excel.books.active.save
    if told["sleeps"]:
        _sleep_after_claiming()
    code: object = 1
    try:
        collect_xl.cli.main()
    except SystemExit as ended:
        code = ended.code
    if excel:
        excel.books.active.save()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)  # taking an interpreter of this size down takes longer than the run


def _begin_excel(book: Path) -> Excel:
    """Open a workbook in an Excel that is none, and that this run is to find."""
    from support.excel_engine import running_excel  # noqa: PLC0415

    begun = running_excel()
    excel = begun.__enter__()
    excel.begun = begun  # as long as the process lives
    excel.open(book)
    return excel


def _sleep_after_claiming() -> None:
    claim, load = journal.Journal.claim, app.load_settings

    def claim_and_sleep(*args, **more):
        ticket = claim(*args, **more)
        os.kill(os.getpid(), signal.SIGSTOP)
        return ticket

    journal.Journal.claim = claim_and_sleep
    app.load_settings = lambda environ: dataclasses.replace(load(environ), lease=0.5, deadline=1.0)


def main() -> None:
    """Import whatever a run imports, then give birth to runs until nobody asks any more."""
    typer.main.get_command = functools.cache(typer.main.get_command)  # the same words of the same commands for all
    with contextlib.redirect_stdout(io.StringIO()), tempfile.TemporaryDirectory() as folder:
        collect_xl.cli.app(["demo", "--folder", folder], standalone_mode=False)
    gc.collect()
    gc.freeze()  # runs share this memory until they write to it
    for line in sys.stdin:
        told = json.loads(line)
        answer = os.waitstatus_to_exitcode(os.waitpid(told["wait"], 0)[1]) if "wait" in told else _give_birth(told)
        print(answer, flush=True)  # noqa: T201  # the line to the driver


if __name__ == "__main__":
    main()
