"""An Excel served over COM and a button beside it, each a process of the Windows Python, in the hands of a test.

It is Wine, not Windows, and a stand-in, not Excel: see ``excel_process.py`` and ``button_process.py``.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from windows.wire_values import packed, unpacked

if TYPE_CHECKING:
    from collect_xl.testing import FakeCollect
    from windows.laboratory import WindowsPython

HERE = Path(__file__).parent
LONGEST = 120.0
"""Seconds for one thing that a process is asked to do; the longest takes some on an idle computer."""
LOOK_EVERY = 0.2
MOST_AT_ONCE = 65_536


class RemoteError(Exception):
    """What was asked for failed in the other process, or that process has ended."""


class Remote:
    """A process of the Windows Python that does what a test says, by lines of JSON (``windows_remote.py``).

    Args:
        windows: where it runs.
        script: what it runs.
    """

    def __init__(self, windows: WindowsPython, script: str) -> None:
        tests = windows.windows_path(HERE.parent)
        words = [windows.python, "-X", "utf8", HERE / script]
        self._process = windows.start(words, env={"PYTHONPATH": tests, "PYTHONDONTWRITEBYTECODE": "1"})
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self.errors = ""
        """What it wrote on its standard error."""
        self._is_ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._is_ready = False

    def _read(self) -> None:
        """Take what the process writes until it ends; what it has started may hold the pipes for longer."""
        out, err = self._process.stdout.fileno(), self._process.stderr.fileno()
        left = b""
        open_ends = [out, err]
        while open_ends and not self._is_ended:
            ready, _, _ = select.select(open_ends, [], [], LOOK_EVERY)
            if not ready and self._process.poll() is not None:
                break
            for end in ready:
                written = os.read(end, MOST_AT_ONCE)
                if not written:
                    open_ends.remove(end)
                elif end == err:
                    self.errors += written.decode("utf-8", "replace")
                else:
                    *lines, left = (left + written).split(b"\n")
                    for line in lines:
                        self._lines.put(line)
        self._lines.put(b"")

    def _answer(self) -> dict:
        try:
            line = self._lines.get(timeout=LONGEST)
        except Empty:
            self.end()
            raise RemoteError(f"no answer within {LONGEST:.0f} s: {self.errors}") from None
        if not line:
            raise RemoteError(f"the process has ended: {self.errors}")
        return json.loads(line)

    def do(self, code: str, **names: object):
        """Run a piece of Python there, and return what it left in ``answer``."""
        self.begin(code, **names)
        return self.finish()

    def begin(self, code: str, **names: object) -> None:
        """Let it run a piece of Python, and do not wait."""
        if not self._is_ready:
            self._answer()
            self._is_ready = True
        with suppress(OSError):
            self._process.stdin.write(json.dumps({"code": code, "names": names}).encode() + b"\n")
            self._process.stdin.flush()

    def finish(self):
        """Wait for the end of what was begun, and return its answer."""
        outcome = self._answer()
        if "error" in outcome:
            raise RemoteError(f"{outcome['error']}\n{outcome['printed']}\n{self.errors}")
        return outcome["answer"]

    def end(self) -> None:
        """End the process, and wait until it has."""
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=30)
        self._is_ended = True
        self._reader.join(timeout=10)
        self._process.stdout.close()
        self._process.stderr.close()


@dataclass(frozen=True, slots=True)
class Told:
    """What a button left behind."""

    code: int
    said: list[str]
    """The words of all boxes."""
    asked: list[str]
    """The words of those that asked something."""
    browsed: list[str]
    """The pages that it opened."""
    unasked: list[str]
    """Answers for which nothing was asked."""


@dataclass
class StandIn:
    """The two processes; they stay for many tests, each of which starts with nothing open.

    Args:
        windows: where they run.
    """

    windows: WindowsPython
    excel: Remote = field(init=False)
    button: Remote = field(init=False)

    def __post_init__(self) -> None:
        self.excel = Remote(self.windows, "excel_process.py")
        self.button = Remote(self.windows, "button_process.py")

    def begin(self) -> None:
        """Start again from nothing, with a new Excel where the old one has ended."""
        self.button.do("let_go()")
        try:
            self.excel.do("reset()")
        except RemoteError:
            # It has ended, as a test wanted, and perhaps a moment ago.
            self.excel.end()
            self.excel = Remote(self.windows, "excel_process.py")
            self.excel.do("reset()")

    def end(self) -> None:
        """End both."""
        self.button.end()
        self.excel.end()


@dataclass
class ExcelDesk:
    """A person's computer: an Excel, the buttons of the Collect tab, and a Collect to which they lead.

    Args:
        stand_in: the processes.
        folder: for workbooks and the send history.
        server: the Collect.
    """

    stand_in: StandIn
    folder: Path
    server: FakeCollect
    more: dict[str, str] = field(default_factory=dict)
    """Variables of the button's process beside the usual ones."""
    book: str = ""
    """The name of the workbook that was opened last."""

    @property
    def environ(self) -> Mapping[str, str]:
        """What the button's process gets from Excel."""
        path = self.stand_in.windows.windows_path
        return {
            "COLLECT_API_KEY": self.server.key,
            "COLLECT_API_URL": self.server.url,
            "COLLECT_XL_HISTORY": path(self.folder / "history.sqlite3"),
            "COLLECT_XL_LOOKUP_AFTER": "0",
            "WIN_PD_OVERRIDE_LOCAL_APPDATA": path(self.folder / "local"),
            "WIN_PD_OVERRIDE_APPDATA": path(self.folder / "roaming"),
            **self.more,
        }

    def open(self, path: Path) -> None:
        """Open a workbook in Excel."""
        self.book = path.name
        self.excel("open_book(path)", path=self.stand_in.windows.windows_path(path))

    def excel(self, code: str, **names: object):
        """Do something in Excel's process: what a person does there, or what goes wrong there."""
        return self.stand_in.excel.do(code, **names)

    def own(self, code: str, **names: object):
        """Run our own code in the button's process."""
        return self.stand_in.button.do(code, environ=dict(self.environ), **names)

    def ask(self, function: str, *arguments: object):
        """Call a function of the button's process, and return its answer or raise its error."""
        asked = packed((function, arguments, dict(self.environ)))
        answer, error = unpacked(self.stand_in.button.do("answer = ask(asked)", asked=asked))
        if error is not None:
            raise error
        return answer

    def press(self, button: str, *more: str, answers: Sequence[str] = (), book: str = "") -> Told:
        """Press a button, and wait for its end."""
        self.begin_press(button, *more, answers=answers, book=book)
        return self.end_press()

    def begin_press(self, button: str, *more: str, answers: Sequence[str] = (), book: str = "") -> None:
        """Press a button, and do not wait."""
        hwnd = self.excel("answer = excel.hwnd")
        words = [button, f"--wb={book or self.book}", "--from_xl=1", f"--hwnd={hwnd}", *more]
        self.stand_in.button.begin(
            "answer = press(words, answers, environ)", words=words, answers=list(answers), environ=dict(self.environ)
        )

    def end_press(self) -> Told:
        """Wait for the end of a button's story."""
        seen = self.stand_in.button.finish()
        boxes = seen["boxes"]
        return Told(
            code=seen["code"],
            said=[words for words, *_ in boxes],
            asked=[words for words, _, buttons, _ in boxes if buttons == "question"],
            browsed=seen["browsed"],
            unasked=seen["unasked"],
        )

    def cells(self, area: str, sheet: str = "Contacts") -> list[list[object]]:
        """Return what cells hold, as openpyxl has it."""
        code = "answer = [[cell.value for cell in line] for line in excel.books.active.wb[sheet][area]]"
        return self.excel(code, area=area, sheet=sheet)

    def column(self, letter: str, rows: Sequence[int]) -> list[object]:
        """Return what some cells of a column hold, blank ones as an empty text."""
        return [value or "" for ((value,),) in (self.cells(f"{letter}{row}:{letter}{row}") for row in rows)]

    @property
    def settings(self) -> dict[str, object]:
        """What a run must give back."""
        return self.excel(
            "answer = {name: excel.settings[name] for name in "
            "('screen_updating', 'calculation', 'status_bar', 'enable_events', 'display_alerts')}"
        )

    @property
    def calls(self) -> dict[str, int]:
        """What Excel was asked since its workbook was opened: kind of object and member -> how often."""
        return self.excel("answer = dict(calls.counts)")

    @property
    def log(self) -> list[str]:
        """What came in from other processes, in order."""
        return self.excel("answer = list(calls.log)")
