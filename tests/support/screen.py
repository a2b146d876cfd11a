"""A screen that nobody looks at, and a Python that can open windows on it."""

from __future__ import annotations

import functools
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.waiting import SOON

PROJECT = Path(__file__).parents[2]
PYTHONS = (sys.executable, "/usr/bin/python3")
"""Debian's own has Tk (python3-tk) where the Python of the tests was built without."""


@contextmanager
def screen(size: str = "1024x768", dpi: int = 96, folder: Path | None = None) -> Iterator[str]:
    """Run Xvfb, and give the name of its display.

    Args:
        size: in pixels.
        dpi: how many of them make an inch.
        folder: where it keeps what it shows, as the file ``Xvfb_screen0``.
    """
    reading, writing = os.pipe()
    kept = ["-fbdir", str(folder)] if folder else []
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-dpi", str(dpi), "-nolisten", "tcp", *kept],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        if not select.select([told], [], [], SOON)[0]:
            server.kill()
        number = told.readline().strip()  # the end of the line, where Xvfb has died
        assert number, "Xvfb does not begin"
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(timeout=10)


@functools.cache
def python_with_tk() -> str | None:
    """Return a Python of ours or of the system that has Tk."""
    found = (each for each in PYTHONS if Path(each).exists() and _has_tk(each))
    return next(found, None)


def lacking() -> str:
    """Return what windows lack here; empty where they can be tested."""
    missing = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None]
    missing += [] if python_with_tk() else ["a Python with Tk"]
    return ", ".join(missing)


def paths() -> list[str]:
    """Return where a Python with Tk finds what the tests find."""
    import collect_xl  # noqa: PLC0415

    ours = [str(Path(collect_xl.__file__).parents[1]), str(PROJECT / "tests")]
    return [*ours, *(each for each in sys.path if "site-packages" in each)]


def _has_tk(python: str) -> bool:
    code = "import sys, tkinter; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
