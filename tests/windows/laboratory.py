"""A Windows under Wine with a Python and this checkout in it: runs programs there and translates paths."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from support import screen
from windows.workshop import installed_wheel, linked_copy, prepared, python_folder, wine_environment

SECONDS = 500.0
"""What a program may take."""

LEFT_ALONE = 900
"""Seconds after which a Windows ends that no program uses, as where the tests were killed."""


@dataclass(frozen=True, slots=True)
class WindowsPython:
    """A Wine prefix of one test session; nothing in it outlives the session."""

    prefix: Path
    """Holds drive C and the registry."""
    wheel: Path
    """This checkout as it is installed there."""
    wheels: Path
    """What it depends on, as wheels for Windows."""
    display: str = ""
    """The screen of its windows; empty where they are shown nowhere."""

    @property
    def drive(self) -> Path:
        """Where drive C lies on this system."""
        return self.prefix / "drive_c"

    @property
    def python(self) -> Path:
        """``python.exe``; ``pythonw.exe`` is beside it."""
        return python_folder(self.prefix) / "python.exe"

    @property
    def home(self) -> Path:
        """The Windows user's own folder, with ``AppData`` in it."""
        folders = (each for each in (self.drive / "users").iterdir() if each.name != "Public")
        return next(folders)

    def windows_path(self, path: Path) -> str:
        r"""Return how Windows calls a file: ``C:\...`` in the prefix, else ``Z:\...``."""
        absolute = path.absolute()
        if absolute.is_relative_to(self.drive):
            return str(PureWindowsPath("C:/", *absolute.relative_to(self.drive).parts))
        return str(PureWindowsPath("Z:/", *absolute.parts[1:]))

    def posix_path(self, name: str) -> Path:
        """Return how this system calls a file that Windows names in full."""
        path = PureWindowsPath(name)
        roots = {"c:": self.drive, "z:": Path("/")}
        return roots[path.drive.lower()].joinpath(*path.parts[1:])

    def start(
        self, words: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a Windows program with pipes at its three ends.

        Args:
            words: the program and its arguments; each ``Path`` is given as Windows calls it.
            env: variables beside those of an empty environment, such as ``DISPLAY``.
            cwd: drive C unless given.
        """
        line = [self.windows_path(word) if isinstance(word, Path) else word for word in words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            ["wine", *line],
            env={**wine_environment(self.prefix), "DISPLAY": self.display, **(env or {})},
            cwd=cwd or self.drive,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )

    def run(
        self,
        args: Sequence[str | Path],
        env: Mapping[str, str] | None = None,
        input: str = "",  # noqa: A002  # as subprocess.run calls it
        *,
        cwd: Path | None = None,
        program: Path | str | None = None,
        seconds: float = SECONDS,
    ) -> subprocess.CompletedProcess[str]:
        r"""Run Python to its end, and return what it wrote, read as UTF-8; what is none comes as ``\xNN``.

        Args:
            args: what follows ``python.exe``; each ``Path`` is given as Windows calls it.
            env: variables beside those of an empty environment.
            input: what it reads.
            cwd: drive C unless given.
            program: another program than Python.
            seconds: after these it is killed, and the test fails.
        """
        words = [program or self.python, *args]
        process = self.start(words, env, cwd)
        try:
            out, err = process.communicate(input.encode(), seconds)
        except subprocess.TimeoutExpired as late:
            # What it has started may hold the pipes for longer, so that their end is not waited for.
            end(process)
            so_far = _text(late.output or b"")
            raise AssertionError(f"{words}: not at its end after {seconds} s: {so_far}") from None
        return subprocess.CompletedProcess(words, process.returncode, _text(out), _text(err))

    def script(self, text: str, *args: str | Path, env: Mapping[str, str] | None = None) -> str:
        """Run Python code that must succeed, and return what it printed."""
        done = self.run(["-X", "utf8", "-c", text, *args], env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def laboratory(folder: Path) -> Iterator[WindowsPython]:
    """Make a Windows for one test session, and end whatever runs there afterwards.

    Args:
        folder: is empty; the prefix goes there.

    Raises:
        LaboratoryError: it cannot be made here.
    """
    made = prepared()
    prefix = folder / "prefix"
    linked_copy(made / "prefix", prefix)
    wheel = installed_wheel(prefix, folder)
    with nullcontext("") if screen.lacking() else screen.screen() as display:
        windows = WindowsPython(prefix, wheel, made / "wheels", display)
        try:
            _boot(windows)
            yield windows
        finally:
            _in_background(windows, ["wineserver", "--kill"], may_fail=True)
            _in_background(windows, ["wineserver", "--wait"], may_fail=True)


def _boot(windows: WindowsPython) -> None:
    """Start all that Windows starts by itself: later it would hold the pipes of the program that made it begin."""
    _in_background(windows, ["wineserver", f"--persistent={LEFT_ALONE}"])
    _in_background(windows, ["wineboot"])
    desktop = "import ctypes; ctypes.windll.user32.GetDesktopWindow()"
    _in_background(windows, ["wine", windows.windows_path(windows.python), "-c", desktop])


def _in_background(windows: WindowsPython, words: Sequence[str], *, may_fail: bool = False) -> None:
    """Run a program that is given no pipe."""
    nowhere = subprocess.DEVNULL
    environ = {**wine_environment(windows.prefix), "DISPLAY": windows.display}
    subprocess.run(
        words, env=environ, check=not may_fail, timeout=SECONDS, stdin=nowhere, stdout=nowhere, stderr=nowhere
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that is not waited for any longer, and let go of its pipes."""
    process.kill()
    process.wait(10)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _text(content: bytes) -> str:
    return content.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
