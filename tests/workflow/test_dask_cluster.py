"""Many workbooks on a real Dask cluster of separate processes: nobody is asked twice, whichever of them dies."""

from __future__ import annotations

import itertools
import os
import signal
from collections import Counter
from importlib.util import find_spec

import pytest

from collect_xl.errors import UsageError
from collect_xl.journal import open_journal
from collect_xl.testing.faults import Hang
from collect_xl.workflow.dask_cluster import cluster_at
from support.books import make_book, person, results
from support.dask_cluster import DaskCluster
from support.waiting import until

pytestmark = [
    pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGKILL"),
]


@pytest.fixture
def inbox(tmp_path):
    """A folder with four workbooks of 120 people each."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for number in range(4):
        make_book(folder / f"{number}.xlsx", [person(n) for n in range(1000 * number, 1000 * number + 120)])
    return folder


@pytest.fixture
def cluster(shell, empty_postgres):
    """Two workers, each a process of its own, who know the key and one shared journal."""
    shell.environ |= {"COLLECT_XL_HISTORY": empty_postgres, "COLLECT_XL_LOOKUP_AFTER": "30"}
    open_journal(empty_postgres, who="ann on PC-7").close()
    secret = {name: shell.environ.pop(name) for name in ("COLLECT_API_KEY",)}
    with DaskCluster({**os.environ, "HOME": shell.environ["HOME"], **secret}) as made:
        yield made


def statuses(book) -> Counter[str]:
    return Counter(each["Collect status"] for each in results(book).values())


@pytest.mark.slow
def test_each_workbook_is_one_task(shell, server, cluster, inbox):
    """Two workers share the workbooks, ask everybody once, and find the key themselves: it does not travel."""
    assert "COLLECT_API_KEY" not in shell.environ

    done = shell.run("send", "inbox/*.xlsx", "--yes", "--scheduler", cluster.address)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 workbooks: 480 sent." in done.stdout
    assert len({each.email for each in server.accepted}) == len(server.accepted) == 480
    assert [statuses(book) for book in sorted(inbox.glob("?.xlsx"))] == [{"pending": 120}] * 4


@pytest.mark.slow
def test_worker_killed_while_it_sends(shell, server, cluster, inbox):
    """When a worker dies amid a call, another finishes its workbook: by the server's log nobody was asked twice."""
    server.on(Hang(created=True), nth=2)
    run = shell.start("send", "inbox/*.xlsx", "--yes", "--lookup", "--scheduler", cluster.address)
    until(lambda: len(server.posts) >= 2, run=run)
    victim = _sender_of(server.posts[1].body["contacts"][0]["email"], cluster)

    os.kill(victim, signal.SIGKILL)
    told, _ = run.communicate(timeout=120)

    assert run.returncode == 0, told
    assert len({each.email for each in server.accepted}) == len(server.accepted) == 480
    assert len(server.posts) == 12
    assert [statuses(book) for book in sorted(inbox.glob("?.xlsx"))] == [{"pending": 120}] * 4
    assert "asked meanwhile, or held back now." in told


def _sender_of(email: str, cluster: DaskCluster) -> int:
    """Return the process that works on the workbook of a person; it hangs, so it is still at it."""
    number = int(email.removeprefix("p").partition("@")[0]) // 1000
    found: list[int] = []

    def is_told() -> list[int]:
        # The other worker goes on to its next workbook meanwhile, so that this one is told by name.
        found[:] = [pid for pid, tasks in cluster.at_work().items() if any(_is_of(task, number) for task in tasks)]
        return found

    until(is_told)
    return found[0]


def _is_of(task: str, number: int) -> bool:
    return task.startswith("collect-xl-send-") and task.split("-")[3] == str(number)


@pytest.mark.slow
def test_one_budget_for_all_workers(shell, server, cluster, inbox):
    """However many workers there are, calls keep one pace, and the cap of a run holds for all of them."""
    times = []
    server.on(Hang(seconds=0.0), when=lambda call: bool(times.append(call.at)))

    done = shell.run(
        "send", "inbox/*.xlsx", "--yes", "--per-minute", 600, "--limit", 300, "--scheduler", cluster.address
    )

    assert done.returncode == 7, done.stdout + done.stderr
    assert len(server.accepted) == 300
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
    assert sum(gaps) > 0.1 * len(gaps) - 0.09


@pytest.mark.slow
def test_stopped_run_begins_no_other_workbook(shell, server, cluster, inbox):
    """Ctrl-C lets the batches in flight end, and the workbooks that were not begun are told."""
    server.latency = 0.3
    run = shell.start("send", "inbox/*.xlsx", "--yes", "--scheduler", cluster.address)
    until(lambda: server.posts, run=run)
    run.send_signal(signal.SIGINT)
    told, _ = run.communicate(timeout=120)

    assert run.returncode == 7, told
    assert "Not begun: the run was stopped" in told
    assert " unknown" not in told.splitlines()[-1]
    assert len({each.email for each in server.accepted}) == len(server.accepted) < 480


@pytest.mark.slow
def test_cluster_without_workers_is_told(shell, server, empty_postgres, inbox):
    """Where nobody works, that is said instead of waiting in silence; Ctrl-C ends it, and nothing was sent."""
    shell.environ["COLLECT_XL_HISTORY"] = empty_postgres
    open_journal(empty_postgres, who="ann on PC-7").close()
    with DaskCluster({**os.environ}, workers=0) as cluster:
        run = shell.start("send", "inbox/*.xlsx", "--yes", "--scheduler", cluster.address)
        said = ""
        while "has no workers yet" not in said and (line := run.stdout.readline()):
            said += line
        run.send_signal(signal.SIGINT)
        rest, _ = run.communicate(timeout=60)

    assert f"dask worker {cluster.address}" in said + rest
    assert (run.returncode, server.posts) == (7, [])
    assert "Traceback" not in said + rest


def test_journal_in_a_file_is_refused(shell, server, tmp_path):
    """Workers cannot share a file: the remedy is said, and nothing is sent."""
    done = shell.run("send", make_book(tmp_path / "a.xlsx", 2), "--yes", "--scheduler", "tcp://127.0.0.1:1")

    assert (done.returncode, server.calls) == (2, [])
    assert "collect-xl config set history postgresql://" in done.stderr


@pytest.mark.slow
def test_address_of_no_scheduler(shell, server, tmp_path):
    """Where an address cannot be a scheduler's, nothing is sent."""
    shell.environ["COLLECT_XL_HISTORY"] = "postgresql://tester@127.0.0.1:1/db"
    done = shell.run("send", make_book(tmp_path / "a.xlsx", 2), "--yes", "--scheduler", "nonsense://127.0.0.1:1")

    assert (done.returncode, server.calls) == (2, [])
    assert "No Dask scheduler answers" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1"])
def test_scheduler_that_is_not_there(monkeypatch, address):
    """Where no scheduler answers, that is said when patience is over."""
    monkeypatch.setattr("collect_xl.workflow.dask_cluster.PATIENCE", 0.5)
    with pytest.raises(UsageError, match="No Dask scheduler answers"), cluster_at(address, print):
        pass


@pytest.mark.slow
def test_scheduler_that_dies(shell, server, cluster, inbox):
    """When the whole cluster goes away amid a run, each workbook is told as lost; the next run asks only the rest."""
    server.latency = 0.3
    run = shell.start("send", "inbox/*.xlsx", "--yes", "--lookup", "--scheduler", cluster.address)
    until(lambda: len(server.posts) >= 2, run=run)
    cluster.shut_down()
    told, _ = run.communicate(timeout=120)

    assert run.returncode == 1, told
    assert "how far it came only the send history tells" in told
    until(lambda: not cluster.is_at_work())  # what a worker has begun it ends, though nobody hears of it
    server.latency = 0.0
    shell.environ["COLLECT_API_KEY"] = server.key
    done = shell.run("send", "inbox/*.xlsx", "--yes", "--lookup")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len({each.email for each in server.accepted}) == len(server.accepted) == 480
