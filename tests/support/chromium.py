"""A real Chromium without a window: what it makes of a page, and whom the page asks for anything."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from support.programs import output_of

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (  # what a browser does of its own accord is none of the page's doing
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
)
ITS_OWN = (".google.com", ".googleapis.com", ".gvt1.com", ".gstatic.com")
"""Hosts that Chromium asks unbidden."""


def chromium() -> str:
    """Return the browser's name; skip the test where there is none."""
    found = next((name for name in NAMES if shutil.which(name)), None)
    if found is None:
        pytest.skip("Chromium is not installed")
    return found


class Ear:
    """A proxy that answers nothing and remembers what it was asked for."""

    def __enter__(self) -> Self:
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=10)

    @property
    def place(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def _listen(self) -> None:
        while True:
            try:
                asked, _ = self._socket.accept()
            except OSError:
                return
            with asked:
                first = _first_words(asked)
                self.asked.append(first[1] if len(first) > 1 else "")


def _first_words(asked: socket.socket) -> list[str]:
    asked.settimeout(5)
    with suppress(OSError):  # a connection kept in reserve, over which nothing was asked
        return asked.recv(4096).decode(errors="replace").split(" ")
    return []


def _host(asked: str) -> str:
    """Return the host of an address, or of the ``host:port`` that a tunnel is asked for."""
    return (urlsplit(asked if "//" in asked else f"//{asked}").hostname or "").lower()


def opened(page: Path) -> tuple[str, list[str]]:
    """Open a page; return the document as it stands after all scripts, and the addresses that it asked for."""
    with Ear() as ear, tempfile.TemporaryDirectory() as profile:
        command = [
            chromium(),
            *QUIET,
            f"--user-data-dir={profile}",
            f"--proxy-server=http://{ear.place}",
            "--proxy-bypass-list=<-loopback>",
            "--virtual-time-budget=3000",
            "--dump-dom",
            page.as_uri(),
        ]
        return output_of(command), [each for each in ear.asked if not _host(each).endswith(ITS_OWN)]
