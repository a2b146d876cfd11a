"""A real Chromium without a window: what it makes of a page, and whom the page asks for anything."""

from __future__ import annotations

import json
import re
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
    with Ear() as ear:
        seen = _run(ear, page)
        return seen, [each for each in ear.asked if not _host(each).endswith(ITS_OWN)]


MEASURING = """<!DOCTYPE html><iframe id="shown" style="border: 0; width: {width}px; height: 900px"></iframe><script>
const frame = document.getElementById("shown");
frame.onload = () => {{
  const shown = frame.contentDocument;
  const row = shown.querySelector("tbody tr:not(.group)");
  document.title = shown.documentElement.scrollWidth + " " + getComputedStyle(row).display;
}};
frame.srcdoc = {page};
</script>"""
"""Headless windows are never as narrow as a phone; a frame is."""


def measured(page: Path, width: int) -> tuple[int, str]:
    """Return how wide a page is in a window so wide, and how its rows are laid out."""
    outer = page.with_name("measuring.html")
    text = json.dumps(page.read_text("utf-8")).replace("</", "<\\/")
    outer.write_text(MEASURING.format(width=width, page=text), encoding="utf-8")
    with Ear() as ear:
        seen = _run(ear, outer)
    found = re.search(r"<title>(\d+) ([\w-]+)</title>", seen)
    assert found, seen[:2000]
    return int(found[1]), found[2]


PAINTED = """<!DOCTYPE html><iframe id="shown"></iframe><script>
const frame = document.getElementById("shown");
frame.onload = () => {{
  const shown = getComputedStyle(frame.contentDocument.body);
  document.title = shown.backgroundColor + " " + shown.color;
}};
frame.srcdoc = {page};
</script>"""


def painted(page: Path, *, dark: bool) -> tuple[int, int]:
    """Return how bright the page's paper and its ink are, from 0 to 255, for a reader who likes it dark or not."""
    outer = page.with_name("painting.html")
    text = json.dumps(page.read_text("utf-8")).replace("</", "<\\/")
    outer.write_text(PAINTED.format(page=text), encoding="utf-8")
    with Ear() as ear:
        seen = _run(ear, outer, *(["--force-dark-mode"] if dark else []))
    found = re.search(r"<title>rgb\((\d+), .*\) rgb\((\d+), .*\)</title>", seen)
    assert found, seen[:2000]
    return int(found[1]), int(found[2])


def pages_on_paper(page: Path) -> int:
    """Return how many sheets of paper a page takes."""
    paper = page.with_suffix(".pdf")
    with Ear() as ear:
        _run(ear, page, f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    return len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes()))


def _run(ear: Ear, page: Path, *flags: str) -> str:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        return output_of(
            [
                chromium(),
                *QUIET,
                *flags,
                f"--user-data-dir={profile}",
                f"--proxy-server=http://{ear.place}",
                "--proxy-bypass-list=<-loopback>",
                "--virtual-time-budget=3000",
                "--dump-dom",
                page.as_uri(),
            ]
        )
