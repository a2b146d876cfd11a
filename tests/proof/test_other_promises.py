"""Promises that need no crash: knobs, odd answers, what is checked is what is sent, exit codes, dry runs."""

import json
import signal
import sqlite3
import time
import zlib
from collections import Counter
from contextlib import closing

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect_xl.api.client import CollectClient
from collect_xl.domain.model import Blank, Rejected, Row, SheetRow
from collect_xl.domain.rows import Choices
from collect_xl.planning.eligibility import assess_rows
from collect_xl.planning.history import NOTHING_KNOWN
from collect_xl.planning.plan import make_plan
from collect_xl.testing import FakeCollect, faults
from support import strace
from support.books import make_book
from support.checking import ALL_COLUMNS, CELLS, checker
from support.fault_answers import MADE
from support.fault_server import FaultServer, answer
from support.office import Office
from support.people import row
from support.waiting import until

OTHERS = [field for field in ALL_COLUMNS if field != "email" and not field.startswith("result.")]
LINE = st.builds(
    lambda email, cells: {"email": email, **cells},
    st.integers(0, 999_999).flatmap(lambda n: CELLS if n % 4 == 0 else st.just(f"p{n}@b.co")),
    st.dictionaries(st.sampled_from(OTHERS), CELLS, max_size=2),
)


def test_deadline_holds(figure):
    """A server that drips is left at the deadline, whatever comes between; the time is told, not judged to the tick."""

    def drips(visit):
        visit.read()
        visit.drip(answer(200, MADE + b" " * 5000))

    begun = time.monotonic()
    with FaultServer(drips) as server:
        found = CollectClient(server.url, "key", read_timeout=30.0, deadline=1.0).post("{}", lambda: True)
        took = time.monotonic() - begun
    assert (found.verdict, took >= 1.0, server.finished) == ("lost", True, False)
    figure("8 knobs", "a server that drips, deadline 1 s", f"left after {took:.1f} s")


ODD_ANSWERS = {
    "fewer": faults.Fewer(2),
    "shuffled": faults.Shuffled(),
    "capitals": faults.OtherCase(),
    "other addresses": faults.OtherEmail(),
    "each twice": faults.Reshaped(lambda body: {**body, "requests": body["requests"] * 2}),
    "a stranger's": faults.Reshaped(
        lambda body: {
            **body,
            "requests": [*body["requests"], {"_id": "foreign", "contact": {"_id": "x", "email": "x@y.example"}}],
        }
    ),
    "without ids": faults.Reshaped(
        lambda body: {**body, "requests": [{**each, "_id": None} for each in body["requests"]]}
    ),
    **{
        f"errors, {shape}": faults.Complains(shape)
        for shape in ("text", "email", "nested", "index", "nameless", "alone")
    },
}


def test_odd_answers(tmp_path, figure):
    """Of an answer with fewer, shuffled, foreign or doubled items every id is kept, and none stands on a wrong row."""
    rows_told = Counter()
    for name, fault in ODD_ANSWERS.items():
        with Office(tmp_path / name) as office:
            office.server.on(fault)
            rows = [row(n, f"p{n}@example.com", campaign=office.server.campaign) for n in range(2, 8)]
            report = office.send(rows)
            made = {each.request_id: each.email for each in office.server.accepted}
            claims = office.journal.claims(office.account.origin, office.account.team.id, office.server.campaign)
            for claim in claims:
                if claim.state == "sent":
                    assert f"mail:{made[claim.request_id]}" in claim.keys, name
            with closing(sqlite3.connect(office.path)) as db:
                kept = "".join(zlib.decompress(text).decode() for (text,) in db.execute("SELECT text FROM evidence"))
            told = [each for each in made if name not in {"fewer", "without ids"}]  # ids that the answer held
            assert [each for each in told if each not in kept] == [], name
            rows_told.update(report.states.values())
            assert len(office.server.posts) == 1
    told = ", ".join(f"{count} {state}" for state, count in sorted(rows_told.items()))
    figure(
        "12 odd answers", f"{len(ODD_ANSWERS)} kinds of answers, 6 rows each", f"{told}; 0 on a wrong row, 0 ids lost"
    )


def test_what_is_checked_is_what_is_sent(figure, whole):
    """A row that passes the check makes a body with one person; one that does not is in no body."""
    ends = Counter()
    check = checker(columns=ALL_COLUMNS)

    @settings(
        max_examples=10_000 if whole else 500,
        deadline=None,
        database=None,
        derandomize=not whole,
        suppress_health_check=list(HealthCheck),
    )
    @given(LINE)
    def hold(cells):
        found = check.check(SheetRow(2, False, cells))
        plan = make_plan(assess_rows([found], None, NOTHING_KNOWN), Choices(), None)
        bodies = [json.loads(batch.only([2]).body) for batch in plan.batches]
        ends[type(found).__name__] += 1
        match found:
            case Row():
                assert [len(body["contacts"]) for body in bodies] in ([1], []), plan.left_out
                assert bodies or plan.left_out
            case Rejected() | Blank():
                assert bodies == []

    hold()
    told = f"{ends.total():,} rows: {ends['Row']:,} sendable, {ends['Rejected']:,} refused, 0 sent that were refused"
    figure("13 check = send", "generated rows of every type of cell", told)


def outcomes(trials):
    """Yield each documented outcome: its name, the code that it ended with, the code that is documented."""
    with trials.new() as trial:
        yield "sent", trial.send(), 0
        yield "nothing to do", trial.send(), 0
        yield "no such option", trial.run("send", trial.book, "--nonsense"), 2
        yield "too many", trial.run("send", trial.book, "--abort-above", "x"), 2
    with trials.new() as trial:
        yield "nobody said yes", trial.run("send", trial.book), 2
        yield "larger than --abort-above", trial.run("send", trial.book, "--yes", "--abort-above", 1), 2
        trial.server.on(faults.DropAfterCreating(), nth=1)
        yield "unknown", trial.send(), 4
    with trials.new() as trial:
        make_book(trial.book, [("ann@example.com", "Ann"), ("no address", "Bob")])
        yield "invalid", trial.send(), 3
    with trials.new() as trial:
        trial.server.on(faults.Status(400))
        yield "refused", trial.send(), 3
    with trials.new() as trial:
        trial.environ["COLLECT_API_KEY"] = "wrong-key-of-somebody"
        yield "wrong key", trial.send(), 5
    with trials.new() as trial:
        make_book(trial.book, 2, options={"Campaign ID": "Last year"})
        yield "closed campaign", trial.send(), 5
    with trials.new() as trial:
        trial.book.write_text("no workbook")
        yield "no workbook", trial.send(), 6
    with trials.new() as trial:
        (trial.folder / "journal.sqlite3").write_text("no journal, but long enough to be looked at" * 9)
        yield "no send history", trial.send(), 6
    with trials.new() as trial:
        trial.server.on(faults.Hang(1.0), nth=1)
        pid = trial.start("send", trial.book, "--yes")
        until(lambda server=trial.server: server.posts, "the first POST")
        trial.environ["COLLECT_API_KEY"] = trial.server.key
        yield "another run", trial.run("send", trial.book, "--yes"), 8
        trial.wait(pid)
    with trials.new() as trial:
        trial.server.on(faults.Hang(1.0), nth=1)
        pid = trial.start("send", trial.book, "--yes")
        until(lambda server=trial.server: server.posts, "the first POST")
        trials.zygote.kill(pid, signal.SIGINT)
        yield "stopped", trial.wait(pid), 7
    with FakeCollect() as gone, trials.new() as trial:
        gone.close()
        trial.environ["COLLECT_API_URL"] = gone.url
        yield "unreachable", trial.send(), 1


def test_exit_codes(trials, figure):
    """Every documented code ends the outcome that it is documented for."""
    ends = list(outcomes(trials))
    assert [(name, code, wanted) for name, code, wanted in ends if code != wanted] == []
    assert {code for _, code, _ in ends} == set(range(9))
    figure("18 honest exit codes", "each outcome, in a process", f"{len(ends)} outcomes, codes 0 to 8 as documented")


@strace.NEEDED
def test_dry_runs_make_no_call(trials, figure):
    """A check and a dry run open no socket at all, told by the system calls."""
    with trials.new() as trial:
        sockets = 0
        for words in (("check", trial.book), ("send", trial.book, "--dry-run"), ("check", trial.book, "--row", "2")):
            out = trial.folder / "calls"
            assert strace.run_traced(trial, ["-e", "trace=socket,connect"], out, *words) == 0, trial.words
            sockets += sum("(AF_INET" in line for line in out.read_text("utf-8").splitlines())
        assert sockets == 0
        assert strace.run_traced(trial, ["-e", "trace=socket"], out, "check", trial.book, "--online") == 0
        assert "AF_INET" in out.read_text("utf-8")
    figure("20 dry run makes no call", "check, check --row, send --dry-run under strace", "0 sockets")
