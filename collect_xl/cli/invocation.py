"""The command that runs in this process and the workbook in hand, for logs, JSON lines and commands to paste."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collect_xl.workflow.open import Paths


@dataclass(slots=True)
class Invocation:
    """What the command line does now; there is one for each process."""

    command: str = ""
    book: str = ""
    """The workbook as it was named; empty where a command has none."""
    pasted: str = ""
    """The workbook with its options as a shell takes it; empty where it is not known or is open in Excel."""
    begun: float = field(default_factory=time.monotonic)
    at_end: list[Callable[[int], None]] = field(default_factory=list)
    """Called with the exit code, when it is known."""

    def begin(self) -> None:
        """Start with nothing, as a process does."""
        self.command = self.book = self.pasted = ""
        self.begun = time.monotonic()
        self.at_end = []

    def work_on(self, paths: Paths) -> None:
        """Note which workbook is in hand from here on."""
        self.book = str(paths.book)
        self.pasted = "" if paths.live else _pasted(paths)

    def work_on_several(self) -> None:
        """Note that what follows is about all workbooks of the command."""
        self.book = self.pasted = ""

    def end(self, code: int) -> None:
        """Let everyone who waits for the exit code have it."""
        waiting, self.at_end = self.at_end, []
        for hear in waiting:
            hear(code)


CURRENT = Invocation()
"""The command of this process."""


def quoted(word: str) -> str:
    """Return a word as the shell of this system takes it."""
    return subprocess.list2cmdline([word]) if os.name == "nt" else shlex.quote(word)


def _pasted(paths: Paths) -> str:
    # A name that begins with a dash would be taken for an option.
    book = str(paths.book)
    words = [quoted(f".{os.sep}{book}" if book.startswith("-") else book)]
    sheets = (("--contacts-sheet", paths.contacts_sheet), ("--options-sheet", paths.options_sheet))
    for option, sheet in sheets:
        if sheet is not None:
            words += [option, quoted(sheet)]
    return " ".join(words)
