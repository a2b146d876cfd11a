"""A person at a terminal: reads what the command shows, and types."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import Self

from support.shell import COMMAND, Shell
from support.waiting import SOON

_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """A command that runs in a terminal of its own.

    Args:
        shell: whose computer it is.
        words: those of the command.
        columns: how wide the terminal is.
        environ: further variables.
    """

    def __init__(self, shell: Shell, *words: object, columns: int = 80, **environ: str) -> None:
        self._mine, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [*COMMAND, *map(str, words)],
            env={**shell.environ, "TERM": "xterm", "COLUMNS": str(columns), **environ},
            cwd=Path(shell.folder),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509  # no other way; no thread of ours runs
        )
        os.close(theirs)
        self._shown = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(timeout=30)
        os.close(self._mine)

    @property
    def shown(self) -> str:
        """All that the command has shown, without colours."""
        return _CONTROL.sub(b"", self._shown).decode(errors="replace")

    def until(self, words: str) -> None:
        """Read until the command shows some words."""
        end = time.monotonic() + SOON
        while words not in self.shown:
            assert time.monotonic() < end, f"{words!r} never came: {self.shown}"
            if not self._read():
                break
        assert words in self.shown, self.shown

    def type(self, text: str) -> None:
        """Type; the third character of ASCII is Ctrl-C."""
        os.write(self._mine, text.encode())

    def ends(self) -> int:
        """Read to the end, and return the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=SOON)

    def _read(self) -> bool:
        readable, _, _ = select.select([self._mine], [], [], SOON)
        try:
            read = os.read(self._mine, 65536) if readable else b""
        except OSError:  # Linux says so that no one has the other end open
            read = b""
        self._shown += read
        return bool(read)


def _take_terminal() -> None:
    """Make the terminal the one whose Ctrl-C reaches the command."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
