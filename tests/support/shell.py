"""The real command in a process of its own, pointed to a fake Collect."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from collect_xl.testing import FakeCollect

COMMAND = (sys.executable, "-m", "collect_xl")


class Shell:
    """Runs ``collect-xl`` as a user of this computer would.

    Args:
        folder: the user's home, with the journal in it.
        server: the Collect that everything is sent to.
        settle_after: the late window in seconds.
    """

    def __init__(self, folder: Path, server: FakeCollect, settle_after: float = 0.0) -> None:
        self.folder = folder
        self.server = server
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("COLLECT_")},
            "HOME": str(folder),
            "USERPROFILE": str(folder),
            "COLLECT_API_KEY": server.key,
            "COLLECT_API_URL": server.url,
            "COLLECT_XL_JOURNAL": str(folder / "journal.sqlite3"),
            "COLLECT_XL_SETTLE_AFTER": str(settle_after),
            "NO_COLOR": "1",
        }

    def run(self, *words: object, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *map(str, words)],
            env={**self.environ, **environ},
            cwd=self.folder,
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, *words: object, **environ: str) -> subprocess.Popen[str]:
        """Start a command, in a process group of its own, and do not wait."""
        return subprocess.Popen(
            [*COMMAND, *map(str, words)],
            env={**self.environ, **environ},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def send(self, book: Path, *words: object) -> subprocess.CompletedProcess[str]:
        """Send without being asked."""
        return self.run("send", book, "--yes", *words)
