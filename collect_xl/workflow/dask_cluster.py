"""The jobs of many workbooks on an existing Dask cluster: one task a workbook, scheduled by Dask alone.

A worker that dies takes nothing with it: Dask gives its workbook to another, the journal tells that one what was sent.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from importlib.metadata import version
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from collect_xl.domain.events import BatchEnded, Event
from collect_xl.errors import CollectXlError, HeldElsewhere, UsageError
from collect_xl.remedies import Remedy
from collect_xl.workflow import workbook_job as job
from collect_xl.workflow.answer_cache import Answers
from collect_xl.workflow.many_workbooks import OnEvent, ends_all, not_begun
from collect_xl.workflow.workbook_job import End, Job, Shown

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["Cluster", "cluster_at", "require_shared"]

SCHEMES = ("tcp", "tls", "ws", "wss", "ucx")
"""How a scheduler's address may begin; Dask itself tries others for twenty seconds. One without any means tcp."""
PATIENCE = 10
"""Seconds to wait for the scheduler."""
LONELY = 5
"""Seconds after which the user reads that there are no workers; an adaptive cluster starts some when it has work."""
LOOK = 0.3
"""Seconds between two looks at whether the user said stop."""

HELD = (1.0, 3.0)
"""Seconds to wait for a workbook that is held: by a worker that has just died, and is still being cleared away."""

Result = TypeVar("Result")


def require_shared(journal: str | None) -> None:
    """Raise ``UsageError`` when a journal cannot be shared by the computers of a cluster."""
    if not (journal or "").startswith("postgresql"):
        raise UsageError(
            "A cluster needs one send history that all its computers share; this one is a file. Nothing was sent.",
            remedies=(Remedy.SHARE_JOURNAL, Remedy.MERGE_JOURNAL),
        )


@contextmanager
def cluster_at(address: str, tell: Callable[[str], None]) -> Iterator[Cluster]:
    """Connect to a scheduler, ``tcp://host:8786``, for the time of a run.

    Args:
        address: of the scheduler.
        tell: called with what keeps the cluster from beginning.

    Raises:
        UsageError: ``distributed`` is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client  # noqa: PLC0415  # slow, and optional
    except ModuleNotFoundError as error:
        raise UsageError(
            "Sending on a cluster needs Dask, which is not installed.", tip='Install it: pip install "collect-xl[dask]"'
        ) from error
    no_workers = UsageError(
        f"No Dask scheduler answers at {address}. Nothing was sent.", tip="Check the address: tcp://host:8786"
    )
    scheme, found, _ = address.partition("://")
    if found and scheme not in SCHEMES:
        raise no_workers
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise no_workers from error
    with client, client.as_current():
        yield Cluster(client, address, tell)


class Cluster:
    """A Dask cluster, whose workers reach the workbooks under the same paths, the journal, and Collect.

    Each worker finds the API key and the journal's password in its own environment or store: neither travels.

    Args:
        client: of the cluster.
        address: of its scheduler, for words.
        tell: called, once, when there are no workers.
    """

    def __init__(self, client: Client, address: str, tell: Callable[[str], None]) -> None:
        self._client, self._address, self._tell = client, address, tell
        self._lonely_at = time.monotonic() + LONELY
        self._run = secrets.token_hex(6)

    def preview(self, jobs: Sequence[Job]) -> Iterator[Shown]:
        """Yield what each workbook would send, as the workers find out."""
        for each, future in self._done(_preview, jobs, threading.Event()):
            yield _result(future, lambda error, each=each: Shown(each.book, error=error))  # type: ignore[misc]

    def send(self, jobs: Sequence[Job], on_event: OnEvent, stop: threading.Event) -> Iterator[End]:
        """Send what was approved of each workbook; what runs when the run is stopped ends after its batch."""
        del on_event  # what a worker does shows on Dask's own dashboard
        for each, future in self._done(_send, jobs, stop):
            end = _result(future, lambda error, each=each: End(each.book, error=error, lost=True))  # type: ignore[misc]
            if ends_all(end):
                stop.set()
            yield end

    def _done(
        self, task: Callable[[Job, str, str], Result], jobs: Sequence[Job], stop: threading.Event
    ) -> Iterator[tuple[Job, Future[Any]]]:
        """Hand out the jobs, and yield each with its outcome, as they end."""
        from distributed import Event as Flag  # noqa: PLC0415  # slow, and optional
        from distributed import wait  # noqa: PLC0415

        flag = Flag(_flag(self._run), client=self._client)
        reported = False
        release = version("collect-xl")
        # retries=0: a task that raised is not tried again; one whose worker died is, by the scheduler's own rule.
        name = f"collect-xl{task.__name__.replace('_', '-')}"
        waiting: dict[Future[Any], Job] = {
            self._client.submit(
                task, each, self._run, release, pure=False, retries=0, key=f"{name}-{number}-{self._run}"
            ): each
            for number, each in enumerate(jobs)
        }
        while waiting:
            if stop.is_set() and not reported:
                reported = True
                with suppress(Exception):  # a scheduler that is gone gives nothing out any more
                    flag.set()
            with suppress(TimeoutError, CancelledError):  # cancelled is what a lost scheduler leaves behind: done, too
                wait(list(waiting), timeout=LOOK, return_when="FIRST_COMPLETED")
            self._tell_if_lonely()
            for future in [each for each in waiting if each.done()]:
                yield waiting.pop(future), future
                future.release()  # a result that is still wanted would be computed again when its worker dies

    def _tell_if_lonely(self) -> None:
        """Say once that there are no workers: Dask itself waits for workers silently."""
        if time.monotonic() < self._lonely_at:
            return
        self._lonely_at = inf
        with suppress(Exception):  # its tasks report a scheduler that is gone
            if not self._client.nthreads():
                self._tell(
                    "The Dask cluster has no workers yet; waiting for the first. Start one with the command "
                    f"dask worker {self._address}, or press Ctrl-C to end."
                )


def _result(future: Future[Any], failed: Callable[[CollectXlError], Result]) -> Result:
    """Return what a task returned; a task that the cluster could not do to its end becomes an error of its workbook."""
    try:
        result: Result = future.result()
    except Exception as error:  # noqa: BLE001  # the cluster's own, or of a worker that lacks this package
        words = f"The cluster lost this workbook ({type(error).__name__}): how far it came only the send history tells."
        tip = "Look at the workers' logs, then run the same command again: no one is asked twice."
        return failed(CollectXlError(words, tip=tip))
    return result


_remembered: dict[str, Answers] = {}
"""On a worker: run -> what Collect answered for its workbooks."""


def _preview(each: Job, run: str, release: str) -> Shown:
    """On a worker: look at one workbook."""
    if wrong := _wrong_release(release):
        return Shown(each.book, error=wrong)
    return job.preview(each, _answers(run))


def _send(each: Job, run: str, release: str) -> End:
    """On a worker: send one workbook, unless the run was stopped before."""
    if wrong := _wrong_release(release):
        return End(each.book, error=wrong)
    if _is_stopped(run):
        return not_begun(each, "the run was stopped")
    stop = threading.Event()

    def on_event(event: Event) -> None:
        if isinstance(event, BatchEnded) and _is_stopped(run):
            stop.set()

    end = job.send(each, _answers(run), on_event=on_event, stop=stop)
    for pause in HELD:
        if not isinstance(end.error, HeldElsewhere):
            break
        time.sleep(pause)
        end = job.send(each, _answers(run), on_event=on_event, stop=stop)
    return end


def _answers(run: str) -> Answers:
    """Return what Collect answered in this run; its answers to an earlier one are forgotten."""
    if run not in _remembered:
        _remembered.clear()
    return _remembered.setdefault(run, {})


def _is_stopped(run: str) -> bool:
    from distributed import Event as Flag  # noqa: PLC0415

    try:
        return bool(Flag(_flag(run)).is_set())
    except Exception:  # noqa: BLE001  # a scheduler that is gone stops no one in the middle of a workbook
        return False


def _flag(run: str) -> str:
    return f"collect-xl-stop-{run}"


def _wrong_release(release: str) -> CollectXlError | None:
    """Return what is wrong when a worker has another release: it might read the same workbook otherwise."""
    here = version("collect-xl")
    if here == release:
        return None
    message = f"The worker has collect-xl {here}, and this computer {release}. Nothing was sent."
    return UsageError(message, tip="Install the same release everywhere.")
