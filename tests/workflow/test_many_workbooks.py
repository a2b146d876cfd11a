"""Several workbooks in one command: one preview, one yes, one summary, and each person once."""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from collect_xl.cli.answers import SendAnswers
from collect_xl.cli.books import Books, chosen, table
from collect_xl.cli.screen import Screen
from collect_xl.cli.send_many import run_many
from collect_xl.errors import CollectXlError, PlanChanged, UsageError
from collect_xl.testing.faults import DropAfterCreating, Hang, Status
from collect_xl.workflow import approved_run
from collect_xl.workflow.many_workbooks import Here
from collect_xl.workflow.open import Paths
from collect_xl.workflow.workbook_job import Job
from support.books import make_book, person, results
from support.waiting import until


@pytest.fixture
def inbox(tmp_path):
    """A folder with three workbooks: four people, three with one of the first, and two in a round of their own."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    make_book(folder / "a.xlsx", 4)
    make_book(folder / "b.xlsx", [person(5), person(11), person(12)])
    make_book(folder / "c.xlsx", [person(21), person(22)], options={"Round": "spring"})
    return folder


@pytest.fixture
def here(shell, monkeypatch):
    """This process, with the settings of the command."""
    for name, value in shell.environ.items():
        if name.startswith("COLLECT_"):
            monkeypatch.setenv(name, value)
    return Here()


def statuses(book) -> list[str]:
    return [each["Collect status"] for each in results(book).values()]


def mailed(server) -> list[str]:
    return [each.email for each in server.accepted]


def jobs_of(inbox) -> list[Job]:
    return [Job(Paths(path)) for path in sorted(inbox.glob("?.xlsx"))]


def approved(jobs, crew) -> list[Job]:
    """Return the jobs as they are after somebody has said yes to their preview."""
    return [replace(job, promised=shown.people) for job, shown in zip(jobs, crew.preview(jobs), strict=True)]


@pytest.mark.slow
def test_several_workbooks_are_sent_with_one_yes(shell, server, inbox):
    """All are sent, somebody who stands in two of them is asked once, and one table tells how each ended."""
    done = shell.run("send", "inbox/*.xlsx", "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(mailed(server)) == sorted(f"p{n}@example.com" for n in (2, 3, 4, 5, 11, 12, 21, 22))
    assert "9 people will be asked, from 3 workbooks." in done.stdout
    assert "3 workbooks: 8 sent." in done.stdout
    summary = done.stdout.rpartition("Sent  Unknown")[2].splitlines()
    assert "1 asked meanwhile, or held back now." in summary[2]
    assert [line.split()[:7] for line in summary[1:4]] == [
        ["4", "0", "0", "0", "0", "0", "inbox/a.xlsx"],
        ["2", "0", "0", "0", "0", "0", "inbox/b.xlsx"],
        ["2", "0", "0", "0", "0", "0", "inbox/c.xlsx"],
    ]
    assert [statuses(inbox / f"{name}.xlsx") for name in "abc"] == [["pending"] * n for n in (4, 3, 2)]
    assert shell.run("send", "inbox/*.xlsx", "--yes").returncode == 0
    assert len(server.accepted) == 8


@pytest.mark.slow
def test_failing_workbook_stops_no_other_and_is_told(shell, server, inbox):
    """A file that is none, a damaged one and one that is open are told with what to do; the others are sent."""
    (inbox / "b.xlsx").write_text("Dear colleague", encoding="utf-8")
    (inbox / "d.xlsx").write_bytes((inbox / "a.xlsx").read_bytes()[:500])
    shutil.copyfile(inbox / "a.xlsx", inbox / "e.xlsx")
    (inbox / "~$e.xlsx").write_text("Ann", encoding="utf-8")

    done = shell.run("send", "inbox/*.xlsx", "--yes")

    assert done.returncode == 6, done.stdout + done.stderr
    assert len(server.accepted) == 6
    summary = done.stdout.rpartition("Sent  Unknown")[2]
    for name, words in (("b", "not an Excel workbook"), ("d", "damaged"), ("e", "is open in Excel")):
        assert [line for line in summary.splitlines() if f"inbox/{name}.xlsx" in line and words in line], summary
    assert "5 workbooks: 6 sent; 3 failed or not begun." in done.stdout


@pytest.mark.slow
def test_limits_hold_for_all_workbooks_together(shell, server, inbox):
    """A cap is shared out in the order of the workbooks; what is left over is marked, and asked by the next run."""
    done = shell.run("send", "inbox/*.xlsx", "--yes", "--limit", 5)

    assert done.returncode == 7, done.stdout
    assert "5 people will be asked, from 3 workbooks. The caps leave 4 for the next run." in done.stdout
    assert "3 workbooks: 5 sent, 3 left for the next run." in done.stdout
    assert [statuses(inbox / f"{name}.xlsx") for name in "abc"] == [
        ["pending"] * 4, ["pending", "pending", "skipped"], ["skipped"] * 2
    ]  # fmt: skip
    assert len(server.accepted) == 5
    assert shell.run("send", "inbox/*.xlsx", "--yes", "--limit", 5).returncode == 0
    assert Counter(mailed(server)).most_common(1)[0][1] == 1
    assert len(server.accepted) == 8


@pytest.mark.slow
def test_day_is_shared_by_all_workbooks(shell, server, inbox):
    """The cap of a day holds for all workbooks together, too."""
    done = shell.run("send", "inbox/*.xlsx", "--yes", COLLECT_XL_DAILY_LIMIT="6")
    assert (done.returncode, len(server.accepted)) == (7, 6)
    done = shell.run("send", "inbox/*.xlsx", "--yes", COLLECT_XL_DAILY_LIMIT="6")
    assert (done.returncode, len(server.accepted)) == (7, 6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param((), 2, "No one can answer the question", id="nobody"),
        pytest.param(("--yes", "--abort-above", "8"), 2, "9 people would be asked", id="at-most"),
        pytest.param(("--yes", "--rows", "2"), 2, "go with one workbook", id="rows"),
        pytest.param(("--yes", "--plan", "0123456789"), 2, "go with one workbook", id="plan"),
        pytest.param(("--yes", "--output", "x.xlsx"), 2, "go with one workbook", id="output"),
        pytest.param(("--yes", "--first", "1"), 2, "go with one workbook", id="first"),
    ],
)
def test_what_sends_nothing(shell, server, inbox, words, code, said):
    """Without approval, above ``--abort-above`` and with words that mean one workbook, nothing is sent."""
    done = shell.run("send", "inbox/*.xlsx", *words)
    assert (done.returncode, server.posts) == (code, [])
    assert said in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "sent"), [("yes", 8), ("no", 0)])
def test_one_question_for_all(here, server, inbox, monkeypatch, typed, sent):  # fixtures
    """In a terminal one question tells the total, and only yes sends."""
    asked = []
    monkeypatch.setattr(Screen, "ask", lambda _, question: asked.append(question) or typed)
    jobs = jobs_of(inbox)
    approval = SendAnswers(yes=False, terminal=True)

    code = run_many(Books(tuple(job.book for job in jobs)), jobs, approval, Screen(), here)

    assert (code, asked, len(server.accepted)) == (
        0 if sent else 7,
        ["Send 9 requests as Sandbox & Co now? [y/N]"],
        sent,
    )


@pytest.mark.slow
def test_new_round_must_be_said(shell, server, inbox):
    """A workbook whose new round asks people again is left alone until the round is said; the others are sent."""
    assert shell.run("send", "inbox/a.xlsx", "--yes").returncode == 0
    make_book(inbox / "a.xlsx", 4, options={"Round": "again"})

    done = shell.run("send", "inbox/*.xlsx", "--yes")

    assert done.returncode == 2, done.stdout
    assert "--new-round" in done.stdout
    assert len(server.accepted) == 8
    assert shell.run("send", "inbox/*.xlsx", "--yes", "--new-round", "again").returncode == 0
    assert len(server.accepted) == 12


def test_preview_of_each_workbook_tells_its_groups_apart(here, inbox):
    """What the calls of each workbook say stands in the preview, and each group of them otherwise."""
    make_book(inbox / "a.xlsx", [("p@example.com", "2099-01-01"), ("q@example.com",)], headers=("Email", "Due date"))

    shown = {each.book.stem: each for each in here.preview(jobs_of(inbox))}

    assert shown["a"].groups[1:] == ("1: as above", "1: due as the campaign says")
    assert shown["a"].groups[0].startswith("2 groups; by default: campaign Yearly documents; no round; due 2099")
    assert shown["b"].groups == (
        "campaign Yearly documents; no round; due as the campaign says; Collect sends its messages",
    )


@pytest.mark.slow
def test_people_who_were_asked_in_another_round_since_the_preview(here, server, inbox):
    """A round that was confirmed in the preview is none for people who were asked in yet another one since."""
    for name in "ab":
        make_book(inbox / f"{name}.xlsx", 2, options={"Round": "first"} if name == "a" else {"Round": "second"})
    jobs = [replace(job, new_rounds=("second",)) for job in approved(jobs_of(inbox), here)]
    jobs = [job for job in jobs if job.book.stem in "ab"]

    ends = list(here.send(jobs, lambda _book, _event: None, threading.Event()))

    assert [end.finished is not None for end in ends] == [True, False]
    assert "more, or otherwise, would be asked than in the preview" in str(ends[1].error)
    assert len(server.accepted) == 2


@pytest.mark.slow
def test_workbook_that_changed_since_the_preview(here, server, inbox):
    """Whoever was not in the preview is not asked: that workbook is left alone, and the others are sent."""
    jobs = approved(jobs_of(inbox), here)
    make_book(inbox / "b.xlsx", [person(5), person(11), person(13)])

    ends = list(here.send(jobs, lambda _book, _event: None, threading.Event()))

    assert [type(end.error) for end in ends] == [type(None), PlanChanged, type(None)]
    assert len(server.accepted) == 6


def test_workbook_that_failed_after_it_was_sent(here, server, inbox, monkeypatch):
    """Whoever was asked before something broke is not told as left for the next run: how far it came is not known."""

    def broken(*_):
        raise RuntimeError

    jobs = approved(jobs_of(inbox)[:1], here)
    monkeypatch.setattr(approved_run, "finish", broken)
    (end,) = here.send(jobs, lambda _book, _event: None, threading.Event())

    assert (len(server.accepted), end.lost, type(end.error)) == (4, True, CollectXlError)


@pytest.mark.slow
def test_person_of_two_workbooks_is_no_change(here, inbox, server):
    """That somebody of the preview was asked from another workbook of the same run meanwhile is no surprise."""
    ends = list(here.send(approved(jobs_of(inbox), here), lambda _book, _event: None, threading.Event()))
    assert [(end.count("sent"), end.error) for end in ends] == [(4, None), (2, None), (2, None)]


@pytest.mark.slow
def test_questions_are_asked_once(shell, server, inbox):
    """Team, campaigns and a campaign's list are asked once for all workbooks of a run, as for a single one."""
    questions = {"GET /team": 1, "GET /campaigns": 2, "GET /requests": 3}  # pages until one is empty; three filters
    assert shell.run("check", "inbox/a.xlsx", "--online").returncode == 0
    assert Counter(call.route for call in server.calls) == questions
    server.calls.clear()
    assert shell.run("send", "inbox/*.xlsx", "--yes").returncode == 0
    assert Counter(call.route for call in server.calls) == {**questions, "POST /requests": 3}


@pytest.mark.slow
def test_run_that_stops_tells_what_was_not_begun(shell, server, inbox):
    """When Collect's answers are lost again and again, the workbooks after that are told as not begun."""
    make_book(inbox / "a.xlsx", [person(n) for n in range(100, 220)])
    server.on(DropAfterCreating(), nth=[1, 2])

    done = shell.run("send", "inbox/*.xlsx", "--yes")

    assert done.returncode == 4, done.stdout
    assert done.stdout.count("Not begun: the run stopped in a.xlsx") == 2
    assert len(server.posts) == 2
    assert "collect-xl lookup" in done.stdout
    assert shell.run("lookup", "inbox/*.xlsx").returncode == 0
    assert shell.run("send", "inbox/*.xlsx", "--yes").returncode == 0
    assert Counter(mailed(server)).most_common(1)[0][1] == 1
    assert len(server.accepted) == 120 + 3 + 2


@pytest.mark.slow
def test_stopped_between_two_workbooks(shell, server, inbox):
    """A run that is told to stop finishes the batch in flight and begins no other workbook."""
    server.on(Hang(0.7))
    run = shell.start("send", "inbox/*.xlsx", "--yes")
    until(lambda: server.posts, run=run)
    run.send_signal(signal.SIGTERM)
    told, _ = run.communicate(timeout=60)

    assert run.returncode == 7, told
    assert told.count("Not begun: stopped as asked") == 2
    assert (len(server.posts), len(server.accepted)) == (1, 4)
    assert statuses(inbox / "a.xlsx") == ["pending"] * 4


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 503])
def test_what_every_workbook_would_meet_ends_the_run(shell, server, inbox, status):
    """A key that is refused, or a Collect that is away, is not tried with every workbook."""
    server.on(Status(status), route="GET /team")

    done = shell.run("send", "inbox/*.xlsx", "--yes")

    assert (done.returncode, server.posts) == (5 if status == 401 else 1, [])
    assert len(server.calls) <= 6


@pytest.mark.slow
def test_json_lines_name_their_workbook(shell, inbox):
    """With ``--json`` each line names its workbook, and the last one sums up."""
    (inbox / "d.xlsx").write_text("no", encoding="utf-8")

    done = shell.run("send", "inbox/*.xlsx", "--yes", "--json")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert Counter(line.get("book") for line in lines if "row" in line) == {
        "inbox/a.xlsx": 4, "inbox/b.xlsx": 3, "inbox/c.xlsx": 2
    }  # fmt: skip
    assert (lines[-1]["books"], lines[-1]["exit"]) == (4, 6)
    assert lines[-1]["counts"] == {"sent": 8, "unknown": 0, "refused": 0, "left": 0}
    assert [line["message"][:6] for line in lines if line.get("book") == "inbox/d.xlsx"] == ["d.xlsx"]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "refresh", "lookup"])
def test_other_commands_take_several_workbooks(shell, inbox, command):
    """Each workbook is worked on, one that fails is told, and the worst exit code is the command's."""
    assert shell.run("send", "inbox/*.xlsx", "--yes").returncode == 0
    assert shell.run(command, "inbox/a.xlsx", "inbox/c.xlsx").returncode == 0
    (inbox / "b.xlsx").write_text("no", encoding="utf-8")

    done = shell.run(command, "inbox/*.xlsx")

    assert done.returncode == 6, done.stdout
    ends = [line.split()[:2] for line in done.stdout.splitlines()[-3:]]
    assert ends == [["inbox/a.xlsx", "0"], ["inbox/b.xlsx", "6"], ["inbox/c.xlsx", "0"]]


def test_dry_run_of_several_opens_no_socket(shell, server, inbox):
    """A dry run shows the plan of each and asks nobody anything."""
    done = shell.run("send", "inbox/*.xlsx", "--dry-run")
    assert (done.returncode, server.calls) == (0, [])
    assert done.stdout.count("people will be asked.") == 3


def test_which_workbooks_are_meant(tmp_path, monkeypatch):
    """Patterns are resolved here, names with brackets are names, each file counts once, and copies are passed over."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.xlsx", "a.backup.xlsx", "~$a.xlsx", "b [2026].xlsx", "c.backup.xlsx"):
        Path(name).touch()
    found = chosen([Path("*.xlsx"), Path("./a.xlsx")])
    assert [path.name for path in found.paths] == ["a.xlsx", "b [2026].xlsx", "c.backup.xlsx"]
    assert [path.name for path in found.passed_over] == ["a.backup.xlsx", "~$a.xlsx"]
    assert chosen([Path("b [2026].xlsx")]).only == Path("b [2026].xlsx")
    assert chosen([Path("a.backup.xlsx")]) == Books((Path("a.backup.xlsx"),))
    assert chosen([Path("absent.xlsx")]).only == Path("absent.xlsx")
    with pytest.raises(UsageError, match="No workbook fits"):
        chosen([Path("d*.xlsx")])
    with pytest.raises(UsageError, match="No workbook is meant"):
        chosen([Path("~*.xlsx")])


def test_tables_cut_nothing_off():
    """Numbers stand to the right, words to the left, and the last column runs on."""
    lines = [("10", "a.xlsx", "x" * 200), ("9", "long name.xlsx", "")]
    assert list(table(("Sent", "Workbook", "Error"), lines)) == [
        "Sent  Workbook        Error",
        f"  10  a.xlsx          {'x' * 200}",
        "   9  long name.xlsx",
    ]
