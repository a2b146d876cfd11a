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
from typing import Any, Self

from collect_xl.addin.words import for_buttons, status_words, time_left
from collect_xl.domain.events import BatchEnded, BatchHalved, BatchStarted, Event, RowsHeld, Waiting
from collect_xl.domain.model import ClaimState

WINDOW = ("-I", "-m", "collect_xl.addin.progress_window")
SECRETS = ("COLLECT_API_KEY", "COLLECT_API_KEY_FILE")
"""The window needs no key, and gets none."""
PATIENCE = 5.0
"""Seconds in which a window closes that is told to; one that hangs is ended then."""


@contextmanager
def watched(total: int, status: Callable[[str], None]) -> Iterator[Progress]:
    """Watch a run: the status bar always, the window where it opens; it closes when the run ends, however it ends."""
    stop = threading.Event()
    with WindowProcess(stop) as window:
        yield Progress(total, status, window.tell, stop)


class Progress:
    """Turns the events of a run into a line and a bar.

    Args:
        total: how many requests are to be sent.
        status: takes the line for the status bar.
        window: takes what the window shows.
        stop: set when somebody pressed Stop.
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
        self._total, self._status, self._window, self._clock = total, status, window, clock
        self._began = clock()
        self._states: dict[int, ClaimState] = {}
        self._tell("")
        self._window({"title": f"Sending {total} request{'' if total == 1 else 's'}", "total": total})

    def on_event(self, event: Event) -> None:
        """Show a step of the run."""
        match event:
            case BatchStarted(number=number, of=of):
                self._tell(f"batch {number} of {of} is on its way")
            case BatchEnded(outcomes=outcomes):
                self._states |= {row: outcome.state for row, outcome in outcomes.items()}
                self._tell(time_left(len(self._states), self._total, self._clock() - self._began))
                self._errors(event)
            case BatchHalved(rows=rows):
                self._tell(f"Collect refused {rows} rows together: looking for the one that is wrong")
            case RowsHeld(rows=rows, holder=holder):
                self._window({"error": f"{len(rows)} rows are left to another run ({holder})."})
            case Waiting(seconds=seconds, why=why):
                self._tell(f"{why.rstrip('.')}. Waiting {seconds:.0f} s")

    def _tell(self, more: str) -> None:
        words = status_words(len(self._states), self._total, Counter(self._states.values()), more)
        self._status(words)
        self._window({"done": len(self._states), "words": words.removeprefix("Collect: ")})

    def _errors(self, event: BatchEnded) -> None:
        wrong = {row: each.words for row, each in event.outcomes.items() if each.state != "sent" and each.words}
        if len(set(wrong.values())) == 1 and len(wrong) > 1:  # the whole batch, for one reason
            words = next(iter(wrong.values()))
            self._window({"error": f"{len(wrong)} rows from {min(wrong)} to {max(wrong)}: {for_buttons(words)}"})
            return
        for row, words in wrong.items():
            self._window({"error": f"Row {row}: {for_buttons(words)}"})


class WindowProcess:
    """The window's process, which may never open, hang, close early or die: the run does not care.

    Args:
        stop: set when its Stop button was pressed.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._process = _started()
            for work in (self._listen, self._speak):
                threading.Thread(target=work, args=(self._process,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.tell({"end": True})
        if self._process is None:
            return
        self._lines.put("")
        try:
            self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:  # a window that hangs must not keep the run from ending
            self._process.kill()
            self._process.wait()

    def tell(self, told: Mapping[str, Any]) -> None:
        """Show something, if the window is there; it is never waited for, since a full pipe would stop the run."""
        if self._process is not None:
            self._lines.put(json.dumps(told) + "\n")

    def _speak(self, process: subprocess.Popen[str]) -> None:
        with suppress(OSError), process.stdin or nullcontext() as window:
            while window and (line := self._lines.get()):
                window.write(line)
                window.flush()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        with process.stdout or nullcontext(()) as lines:
            for line in lines:
                if line.strip() == "stop":
                    self._stop.set()


def _started() -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  # our own interpreter, our own module
        [sys.executable, *WINDOW],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={name: value for name, value in os.environ.items() if name not in SECRETS},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
