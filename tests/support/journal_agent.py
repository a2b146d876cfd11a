"""A run in a process of its own, driven line by line: told what to do on its input, it answers on its output.

``claim ADDRESS...`` answers the addresses won; ``mine``; ``sent``; ``unknown``; ``take_over``; ``quit``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self


class Agent:
    """The driver's end.

    Args:
        place: the journal.
        name: of the run.
        lease: seconds.
        deadline: seconds.
    """

    def __init__(self, place: str, name: str, lease: float = 60, deadline: float = 120) -> None:
        tests = str(Path(__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, __file__, place, name, str(lease), str(deadline)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONPATH": tests},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def tell(self, *words: str) -> None:
        """Tell the run what to do."""
        assert self._process.stdin
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Return what the run answers."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"the run ended: {self._process.poll()}"
        return json.loads(line)

    def ask(self, *words: str) -> Any:
        """Tell the run what to do and return its answer."""
        self.tell(*words)
        return self.answer()

    def kill(self) -> None:
        """Kill the run as a power cut of its process would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Stop the run in its tracks, as a sleeping laptop does."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let a stopped run go on."""
        self._process.send_signal(signal.SIGCONT)


def main(place: str, name: str, lease: str, deadline: str) -> None:
    """Be the run."""
    from collect_xl.journal import open_journal  # noqa: PLC0415  # the driver's end needs none of it
    from collect_xl.model import Outcome  # noqa: PLC0415
    from collect_xl.ports import Run, ToClaim  # noqa: PLC0415
    from support.journals import SCOPE, keys_of, sent  # noqa: PLC0415  # on the path only here

    journal = open_journal(place, who=name, lease=float(lease), deadline=float(deadline))
    run = Run(name, name, "clients.xlsx")
    journal.begin(run)
    _say("ready")
    for line in sys.stdin:
        word, *people = line.split()
        if word == "claim":
            rows = [ToClaim(row, keys_of(person)) for row, person in enumerate(people)]
            ticket = journal.claim(run, SCOPE, rows, None)
            _say([people[row] for row in ticket.won])
        elif word == "mine":
            _say(journal.still_mine(ticket))
        elif word == "sent":
            outcomes = [sent(claim, f"{name}-{claim}") for claim in ticket.won.values()]
            journal.record(ticket, outcomes, "answer")
            _say("kept")
        elif word == "unknown":
            journal.record(ticket, [Outcome(claim, "unknown") for claim in ticket.won.values()], "reset")
            _say("kept")
        elif word == "take_over":
            _say(journal.take_over())
        else:
            break
    journal.close()
    _say("closed")


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
