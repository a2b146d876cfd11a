"""A trial: one computer, one Collect, one workbook, on which runs are let die; and what must hold afterwards."""

from __future__ import annotations

import itertools
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Self

from collect_xl.journal import open_journal
from collect_xl.testing import FakeCollect
from support.books import make_book, results
from support.journals import age_batches
from support.shell import Shell
from support.zygote import Zygote

LATE = 0.2
"""Seconds in which a request may still turn up."""

FREED = 7
"""Exit code of a run whose lists proved that an earlier call was never done; the next one sends its rows."""

FIRST_DAY = date(2099, 1, 1)
LIVE = {"check", "send", "refresh"}
"""Commands that work on a workbook which is open in Excel."""

HEADERS = ("Email", "First name", "Last name", "Due date")


class Trials:
    """Gives birth to runs; every trial has a home, a journal, a server and a workbook of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with FakeCollect() as nobody:
            environ = Shell(self.folder, nobody, LATE).environ
        self.zygote = self._stack.enter_context(Zygote(environ, self.folder / "log"))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def new(self, batches: int = 3, people: int = 2, late: float = LATE, key: str = "sandbox-key") -> Iterator[Trial]:
        """Begin a trial with a workbook of so many batches (one a due date) of so many people."""
        folder = self.folder / f"trial{next(self._numbers)}"
        folder.mkdir()
        with FakeCollect(key=key) as server:
            yield Trial(folder, server, self.zygote, (batches, people), late)


class Trial:
    """One workbook on one computer, and the Collect that counts."""

    def __init__(self, folder: Path, server: FakeCollect, zygote: Zygote, size: tuple[int, int], late: float) -> None:
        self.folder, self.server = folder, server
        self.environ = Shell(folder, server, late, begun=False).environ  # making it is a step, too
        self.batches, self.people = size
        self.book = make_book(folder / "clients.xlsx", self.lines(), headers=HEADERS)
        self.original = self.book.read_bytes()
        self.log = folder / "log"
        self._zygote = zygote
        self.live = False
        """Whether the workbook is open in Excel, for the commands that work on an open one."""

    @property
    def words(self) -> str:
        """Everything that the runs said."""
        return self.log.read_text("utf-8") if self.log.exists() else ""

    @property
    def mailed(self) -> Counter[str]:
        """How often each person was mailed, by the server's own log."""
        return Counter(each.email for each in self.server.accepted)

    @property
    def doubles(self) -> list[str]:
        """Who was mailed more than once."""
        return [email for email, times in self.mailed.items() if times > 1]

    def lines(self) -> list[tuple[str, ...]]:
        """Return the rows of the sheet."""
        return [
            (f"p{batch}.{person}@example.com", "First", "Last", f"{FIRST_DAY + timedelta(batch)}")
            for batch in range(self.batches)
            for person in range(self.people)
        ]

    def start(self, *words: object, **more: object) -> int:
        """Start a run, and return its process number; a send may begin the journal."""
        begins = ("--new-history",) if words[0] == "send" else ()
        if self.live and words[0] in LIVE:
            begins, more = (*begins, "--live"), {"excel": self.book, **more}
        return self._zygote.start(*words, *begins, **{"environ": self.environ, "log": self.log, **more})

    def wait(self, pid: int) -> int:
        """Wait for a run."""
        return self._zygote.wait(pid)

    def kill(self, pid: int) -> None:
        """Kill a run."""
        self._zygote.kill(pid, signal.SIGKILL)

    def run(self, *words: object, **more: object) -> int:
        """Run a command to its end."""
        return self.wait(self.start(*words, **more))

    def send(self, **more: object) -> int:
        """Send the workbook."""
        return self.run("send", self.book, "--yes", **more)

    def pass_time(self, seconds: float) -> None:
        """Make the journal's batches so much older, as if that time had passed since; there may be no journal yet."""
        if Path(self.environ["COLLECT_XL_HISTORY"]).exists():
            with open_journal(self.environ["COLLECT_XL_HISTORY"], who="ann on PC-7") as journal:
                age_batches(journal, seconds)

    def shown(self) -> Mapping[str, dict[str, str]]:
        """Return what stands beside each person."""
        return {line[0]: each for line, each in zip(self.lines(), results(self.book).values(), strict=True)}

    def recover(self, unknown: int) -> None:
        """Do what a user does after a crash, and hold what comes of it against what the server knows.

        Args:
            unknown: how many rows may be unknown after the next run.
        """
        code = self.send()
        if code == FREED:
            code = self.send()
        assert code in {0, 4}, self.words
        assert self.doubles == []
        open_rows = [each for each in self.shown().values() if each["Collect status"] == "unknown"]
        ends = {each["Collect status"] for each in self.shown().values()}
        seen = {str(each["status"]) for each in self.server.account.requests.values()}
        assert (ends <= seen | {"pending", "unknown"}, len(open_rows) <= unknown, (code == 4) == bool(open_rows)) == (
            (True, True, True)
        ), self.words
        if code == 4:
            assert self.run("lookup", self.book, "--wait") == 0, self.words
            assert self.doubles == []
            assert self.send() == 0, self.words
        self.require_truth()

    def require_truth(self) -> None:
        """Everybody was mailed once, and beside each person stands the request that the server made for them."""
        wanted = {each.email: each.request_id for each in self.server.accepted}
        assert self.doubles == []
        assert {line[0] for line in self.lines()} == set(wanted), self.words
        assert {email: each["Collect request ID"] for email, each in self.shown().items()} == wanted, self.words
