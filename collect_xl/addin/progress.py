"""How a run is watched: Excel's status bar after every batch, and a window of its own where there is one."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Self

from collect_xl.addin.words import status_words, time_left
from collect_xl.domain.amounts import word_for
from collect_xl.domain.events import BatchApart, BatchEnded, BatchStarted, Event, RowsHeld, Waiting
from collect_xl.domain.model import ClaimState, Outcome
from collect_xl.excel.native_calls import answer_windows

WINDOW = ("-I", "-m", "collect_xl.addin.progress_window")
SECRETS = ("COLLECT_API_KEY", "COLLECT_API_KEY_FILE")
"""The window needs no key, and gets none."""
_NO_MORE_LINES = ""
PATIENCE = 5.0
"""Seconds that the window gets to close at the end of the run; one that hangs is killed then."""


STOP_LOOKOUT = "looks whether Stop was pressed in the ribbon"
ANSWER_EVERY = 0.1
"""Seconds for which a waiting run does not listen to Windows."""
LOOK_EVERY = 0.2
"""Seconds between looks whether the ribbon's Stop was pressed."""


class ResponsiveEvent(threading.Event):
    """An event by whose waits Windows is not kept waiting."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or as many seconds; return whether it is set."""
        end = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            answer_windows()
            left = ANSWER_EVERY if end is None else min(end - time.monotonic(), ANSWER_EVERY)
            if left <= 0:
                break
            super().wait(left)
        return self.is_set()


@contextmanager
def watched(total: int, status: Callable[[str], None], stop_file: Path) -> Iterator[Progress]:
    """Show a run in the status bar, and in a window where one opens.

    Args:
        total: number of requests that will be sent.
        status: takes the line for the status bar.
        stop_file: is there once Stop was pressed in the ribbon, which works without any window.
    """
    stop = ResponsiveEvent()
    with WindowProcess(stop) as window, _watched_file(stop_file, stop):
        yield Progress(total, status, window.tell, stop)


@contextmanager
def _watched_file(file: Path, stop: threading.Event) -> Iterator[None]:
    """Set ``stop`` once a file is there, which is deleted in the end."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY):
            if file.exists():
                stop.set()
                return

    thread = threading.Thread(target=look, name=STOP_LOOKOUT, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with suppress(OSError):
            file.unlink(missing_ok=True)


class Progress:
    """Turns the events of a run into a line and a bar.

    Args:
        total: number of requests that will be sent.
        status: takes the line for the status bar.
        window: takes what the window shows.
        stop: set when Stop was pressed.
        clock: seconds.
    """

    def __init__(
        self,
        total: int,
        status: Callable[[str], None],
        window: Callable[[Mapping[str, Any]], None],
        stop: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stop = stop
        self._total = total
        self._status = status
        self._window = window
        self._clock = clock
        self._began = clock()
        self._states: dict[int, ClaimState] = {}
        self._show("")
        requests = word_for(total, "request")
        self._window({"title": f"Sending {total} {requests}", "total": total})

    def on_event(self, event: Event) -> None:
        """Show a step of the run."""
        match event:
            case BatchStarted(number=number, of=of):
                self._show(f"batch {number} of {of} is on its way")
            case BatchEnded(outcomes=outcomes):
                for row, outcome in outcomes.items():
                    self._states[row] = outcome.state
                elapsed = self._clock() - self._began
                self._show(time_left(len(self._states), self._total, elapsed))
                self._show_errors(outcomes)
            case BatchApart(rows=rows):
                self._show(f"Collect refused {rows} rows together: sending them one by one")
            case RowsHeld(rows=rows, holder=holder):
                self._window({"error": f"{len(rows)} rows are left to another run ({holder})."})
            case Waiting(seconds=seconds, why=why):
                self._show(f"{why.rstrip('.')}. Waiting {seconds:.0f} s")

    def _show(self, step: str) -> None:
        """Show the counts so far, and the step that is on."""
        done = len(self._states)
        words = status_words(done, self._total, Counter(self._states.values()), step)
        self._status(words)
        self._window({"done": done, "words": words.removeprefix("Collect: ")})

    def _show_errors(self, outcomes: Mapping[int, Outcome]) -> None:
        errors: dict[int, str] = {}
        for row, outcome in outcomes.items():
            if outcome.state != "sent" and outcome.words:
                errors[row] = outcome.words
        reasons = set(errors.values())
        # A batch that fails for one reason is one line: a line a row would push all earlier errors out of the window.
        if len(reasons) == 1 and len(errors) > 1:
            words = reasons.pop()
            self._window({"error": f"{len(errors)} rows from {min(errors)} to {max(errors)}: {words}"})
            return
        for row, words in errors.items():
            self._window({"error": f"Row {row}: {words}"})


class WindowProcess:
    """The window's process; it may hang, close early or die, and the run goes on.

    Args:
        stop: set when its Stop button was pressed.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._process = _start()
            for work in (self._read_stop, self._write_lines):
                threading.Thread(target=work, args=(self._process,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.tell({"end": True})
        if self._process is None:
            return
        self._lines.put(_NO_MORE_LINES)
        try:
            self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            # A window that hangs must not keep the run from ending.
            self._process.kill()
            self._process.wait()

    def tell(self, message: Mapping[str, Any]) -> None:
        """Show a message, if the window is open."""
        # A thread of its own writes it: a hanging window leaves the pipe full, and writing would then stop the run.
        if self._process is not None:
            self._lines.put(json.dumps(message) + "\n")

    def _write_lines(self, process: subprocess.Popen[str]) -> None:
        with suppress(OSError), process.stdin or nullcontext() as window:
            if window is None:
                return
            line = self._lines.get()
            while line != _NO_MORE_LINES:
                window.write(line)
                window.flush()
                line = self._lines.get()

    def _read_stop(self, process: subprocess.Popen[str]) -> None:
        with process.stdout or nullcontext(()) as lines:
            for line in lines:
                if line.strip() == "stop":
                    self._stop.set()


def _start() -> subprocess.Popen[str]:
    environ = {name: value for name, value in os.environ.items() if name not in SECRETS}
    return subprocess.Popen(  # noqa: S603  # our own interpreter, our own module
        [sys.executable, *WINDOW],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=environ,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
