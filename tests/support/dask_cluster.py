"""A Dask ``LocalCluster`` with a process group of its own, so that whatever hangs in it can be ended as a whole.

Dask waits without a bound for workers that it retires, and for their processes. Here all of that happens in another
process, to which the tests talk by lines, and which does not outlive ``LONGEST``.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any, Self

LONGEST = 300
"""Seconds after which a cluster ends itself, even when nobody is left to end it."""

PATIENCE = 90.0
"""Seconds to wait for an answer of the cluster."""


class DaskCluster:
    """Some workers, each a process of its own, and their scheduler.

    Args:
        environ: what scheduler and workers see.
        workers: how many.
    """

    def __init__(self, environ: Mapping[str, str], workers: int = 2) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(workers)],
            env={**environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        try:
            self.address, self.workers = self._answer()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def at_work(self) -> dict[int, list[str]]:
        """Return the keys of the tasks that each of the first workers has, by process number."""
        at_work = self._ask("at work")
        return {pid: at_work.get(worker, []) for worker, pid in self.workers.items()}

    def shut_down(self) -> None:
        """End scheduler and workers, as an administrator would."""
        self._ask("shut down")

    def is_at_work(self) -> bool:
        """Tell whether a process of the first workers lives."""
        return any(_lives(pid) for pid in self.workers.values())

    def end(self) -> None:
        """End every process of the cluster, whatever it is doing."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=30)
        self._reader.join(timeout=30)  # the pipe ends with the last process that holds it
        self._process.stdin.close()
        self._process.stdout.close()

    def _ask(self, word: str) -> Any:
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        line = self._lines.get(timeout=PATIENCE)
        assert line, "the cluster has ended"
        return json.loads(line)

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    """Be the cluster, until nobody asks any more."""
    import distributed  # noqa: PLC0415  # slow, and only for this process

    signal.alarm(LONGEST)
    cluster = distributed.LocalCluster(
        n_workers=int(sys.argv[1]), threads_per_worker=1, processes=True, dashboard_address=":0"
    )
    client = distributed.Client(cluster.scheduler_address, set_as_default=False)
    _say([client.scheduler.address, client.run(os.getpid)])
    for line in sys.stdin:
        if line.strip() == "at work":
            _say({worker: [str(task) for task in tasks] for worker, tasks in client.processing().items()})
        else:
            client.shutdown()
            _say("done")
    os.killpg(0, signal.SIGKILL)


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
