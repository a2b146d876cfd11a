"""A run in a process of its own, driven word by word: told what to do, it answers.

``claim ADDRESS...`` answers the addresses won; ``mine``; ``sent``; ``take_over``; ``quit``.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import TYPE_CHECKING, Any, Self

from collect_xl.domain.ports import Run, ToClaim
from collect_xl.journal import open_journal
from support.journals import SCOPE, keys_of, sent

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from collect_xl.domain.ports import Ticket
    from collect_xl.journal import Journal

_PATIENCE = 120.0
_PRELOADED = ["collect_xl.journal", "sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.dialects.postgresql.psycopg"]


class Agent:
    """The driver's end.

    Args:
        place: the journal.
        name: of the run.
        lease: seconds.
        deadline: seconds.
    """

    def __init__(self, place: str, name: str, lease: float = 60, deadline: float = 120) -> None:
        # A server that has imported everything forks the runs: eight of them begin at once instead of one by one.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        self._line, theirs = context.Pipe()
        run = (theirs, place, name, lease, deadline, dict(os.environ))
        self._process = context.Process(target=main, args=run, daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._line.close()
        self._process.close()

    def tell(self, *words: str) -> None:
        """Tell the run what to do."""
        self._line.send(words)

    def answer(self) -> Any:
        """Return what the run answers."""
        assert self._line.poll(_PATIENCE), "the run does not answer"
        return self._line.recv()

    def ask(self, *words: str) -> Any:
        """Tell the run what to do and return its answer."""
        self.tell(*words)
        return self.answer()

    def kill(self) -> None:
        """Kill the run, so that it can do nothing any more."""
        self._process.kill()
        self._process.join(_PATIENCE)
        assert not self._process.is_alive(), "the run does not die"

    def stop(self) -> None:
        """Stop the run in its tracks, as a sleeping laptop does."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let a stopped run go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process.pid
        os.kill(self._process.pid, number)


def main(  # what a process is started with
    line: Connection, place: str, name: str, lease: float, deadline: float, environment: dict[str, str]
) -> None:
    """Be the run, until told to quit."""
    os.environ.update(environment)  # the server has that of the test that started it
    with open_journal(place, who=name, lease=lease, deadline=deadline) as journal:
        run = Run(name, name, "clients.xlsx")
        journal.begin(run)
        line.send("ready")
        ticket: Ticket | None = None
        while (words := line.recv()) != ("quit",):
            if words[0] == "claim":
                rows = [ToClaim(row, keys_of(person)) for row, person in enumerate(words)]
                ticket = journal.claim(run, SCOPE, rows[1:], None)
                line.send([words[row] for row in ticket.won])
            else:
                line.send(_do(journal, words[0], name, ticket))
    line.send("closed")


def _do(journal: Journal, word: str, name: str, ticket: Ticket | None) -> object:
    if word == "take_over":
        return journal.take_over()
    assert ticket
    if word == "mine":
        return journal.still_mine(ticket)
    journal.record(ticket, [sent(claim, f"{name}-{claim}") for claim in ticket.won.values()], "answer")
    return "kept"
