"""An Excel with one workbook open, in this process or for one that VBA would start; a list answers its alerts."""

from __future__ import annotations

import atexit
import importlib.abc
import importlib.util
import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xlwings as xw

    from support.excel_engine import Excel

VARIABLE = "COLLECT_XL_TEST_EXCEL"
"""Names the file in which the test says what Excel holds, and in which Excel says what it was told."""


LONGEST = 150.0
"""Seconds for a button's whole process; the longest takes ten on an idle computer."""

SETTINGS = ("screen_updating", "calculation", "status_bar")
"""What a run must give back."""


class ButtonExcel:
    """An Excel whose buttons are pressed in this process.

    Args:
        excel: a running one, of the tests' engine.
    """

    def __init__(self, excel: Excel) -> None:
        self.excel = excel

    def press(self, button: str, book: xw.Book, *more: str, answers: Sequence[str] = ()) -> Told:
        """Press a button of an open workbook."""
        from collect_xl.addin.ribbon import main  # noqa: PLC0415

        self.excel.person.shown.clear()
        self.excel.statuses.clear()
        self.excel.person.answers[:] = answers
        code = main(words(button, book.name, *more))
        assert self.excel.person.answers == [], "Excel was not asked all that it has an answer for."
        return told_of(self.excel, code)

    @property
    def selected(self) -> str:
        """The address of the selected cells."""
        chosen = self.excel.selection
        return f"{chosen.sheet.name}!{chosen.address.replace('$', '')}" if chosen is not None else ""


def words(button: str, name: str, *more: str) -> list[str]:
    """Return what follows ``PYTHON -I -m collect_xl.addin``."""
    return [button, f"--wb={name}", "--from_xl=1", "--hwnd=4711", *more]


def told_of(excel: Excel, code: int, output: str = "") -> Told:
    """Return what an Excel was told."""
    alerts = [[prompt, buttons, mode] for prompt, _, buttons, mode in excel.person.shown]
    return Told(code, output, alerts, list(excel.statuses), {name: excel.settings[name] for name in SETTINGS})


@dataclass
class Told:
    """What a button's process left behind."""

    code: int
    output: str
    alerts: list[list[str]] = field(default_factory=list)
    status: list[object] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)

    @property
    def said(self) -> list[str]:
        """The words of the alerts."""
        return [words for words, _, _ in self.alerts]

    @property
    def asked(self) -> list[str]:
        """The words of the boxes that asked something."""
        return [words for words, buttons, _ in self.alerts if buttons == "question"]


class ButtonProcess:
    """Starts the very command line that VBA starts: ``PYTHON -I -m collect_xl.addin BUTTON --wb=... --from_xl=1``.

    Production has no door for a test's Excel. The interpreter is one of a virtual environment made for the test, whose
    site-packages bring the engine: ``-I`` reads them as it does those of any installation.

    Args:
        folder: where the environment is made.
        environ: what Excel's process hands on.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._state = folder / "excel.json"
        self._environ = {**environ, VARIABLE: str(self._state)}
        self._started: list[subprocess.Popen[str]] = []
        venv.create(folder / "venv", with_pip=False, symlinks=True)
        bin_, python = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        self.base = sys.executable
        """The Python that the environment is made of."""
        self.python = folder / "venv" / bin_ / python
        site = sysconfig.get_path("purelib", vars={"base": str(folder / "venv"), "platbase": str(folder / "venv")})
        paths = [each for each in sys.path if each and Path(each).is_dir() and "site-packages" in each]
        paths += [str(Path(__file__).parents[1]), *_checkout()]
        lines = [
            *dict.fromkeys(paths),
            f"import os; {VARIABLE!r} in os.environ and __import__('support.excel').excel.bring()",
        ]
        Path(site, "excel_of_the_test.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def command(self, button: str, book: Path, *more: str) -> list[str]:
        """Return the command line."""
        return [str(self.python), "-I", "-m", "collect_xl.addin", *words(button, book.name, *more)]

    def press(self, button: str, book: Path, *more: str, answers: Sequence[str] = (), **environ: str) -> Told:
        """Press a button in an Excel that has the workbook open, and wait for its process."""
        return self.wait(self.start(button, book, *more, answers=answers, **environ))

    def start(
        self, button: str, book: Path, *more: str, answers: Sequence[str] = (), **environ: str
    ) -> subprocess.Popen[str]:
        """Press a button, and do not wait: as VBA does."""
        return self.run(self.command(button, book, *more), book, answers=answers, **environ)

    def collect_xl(self, *words: object, book: Path) -> Told:
        """Run a command in a terminal beside an Excel that has the workbook open."""
        return self.wait(self.run([str(self.python), "-m", "collect_xl", *map(str, words)], book))

    def run(
        self, command: Sequence[str], book: Path, *, answers: Sequence[str] = (), **environ: str
    ) -> subprocess.Popen[str]:
        """Start a process beside an Excel that has the workbook open."""
        self._state.write_text(json.dumps({"book": str(book), "answers": list(answers)}))
        started = subprocess.Popen(
            command,
            env={**self._environ, **environ},
            cwd=book.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started.append(started)
        return started

    def wait(
        self,
        process: subprocess.Popen[str],
        meanwhile: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> Told:
        """Wait for a button's end, doing something again and again meanwhile, as an impatient person does."""
        end = time.monotonic() + LONGEST
        while process.returncode is None:
            try:
                output, _ = process.communicate(timeout=0.4 if meanwhile else LONGEST)
            except subprocess.TimeoutExpired:
                assert meanwhile, f"the button has not ended within {LONGEST:.0f} s"
                assert time.monotonic() < end, f"the button has not ended within {LONGEST:.0f} s"
                subprocess.run(meanwhile, env=environ, check=False, timeout=30)
        told = json.loads(self._state.read_text())
        return Told(
            process.returncode, output, told.get("alerts", []), told.get("status", []), told.get("settings", {})
        )

    def end(self) -> None:
        """End what was started and has not ended, as where a test failed, and the windows that it opened."""
        for process in self._started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)
            process.stdout.close()


def _checkout() -> list[str]:
    import collect_xl  # noqa: PLC0415

    return [str(Path(collect_xl.__file__).parents[1])]


def bring() -> None:
    """Let Excel be there as soon as xlwings is imported."""
    if not any(isinstance(each, _Bringer) for each in sys.meta_path):  # lib and lib64 may be one folder, read twice
        sys.meta_path.insert(0, _Bringer())


class _Bringer(importlib.abc.MetaPathFinder):
    def find_spec(self, name, *_):
        if name != "xlwings":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            _begin(Path(os.environ[VARIABLE]))

        spec.loader.exec_module = exec_module
        return spec


def _begin(state: Path) -> None:
    """Open the workbook that the test named, and when the process ends save it and say what Excel was told."""
    from support.excel_engine import running_excel  # noqa: PLC0415

    asked = json.loads(state.read_text())
    stack = ExitStack()
    excel = stack.enter_context(running_excel())
    excel.person.answers += asked["answers"]
    book = excel.open(Path(asked["book"]))

    def end() -> None:
        book.save()
        state.write_text(json.dumps(asdict(told_of(excel, 0))))
        stack.close()

    atexit.register(end)
