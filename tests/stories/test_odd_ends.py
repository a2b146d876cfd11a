"""How the command ends where something around it is odd: words that limit nothing, signals, readers that go away."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.testing import faults
from support.books import make_book, person, results
from support.shell import COMMAND
from support.waiting import SOON, until


@pytest.fixture
def book(tmp_path):
    """A workbook with three contacts."""
    return make_book(tmp_path / "clients.xlsx", 3)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        pytest.param("--only-to", "", id="an empty limit is no limit"),
        pytest.param("--only-to", "example.com", id="a domain without its @"),
        pytest.param("--only-to", "@example.com,", id="half a list"),
        pytest.param("--rows", "", id="no rows"),
        pytest.param("--rows", "5-2", id="a range from its end"),
        pytest.param("--rows", "0-3", id="a row that no sheet has"),
        pytest.param("--rows", "2-99999999", id="more rows than a sheet has"),
        pytest.param("--rows", "\u00b2", id="a digit that is no number"),
        pytest.param("--rows", "900-910", id="rows below the contacts"),
        pytest.param("--rows", "1 1", id="two numbers with a blank, which are not row 11"),
        pytest.param("--rows", "2,3 - 4 5", id="a blank between digits in a range"),
    ],
)
def test_limits_that_limit_nothing_are_two(shell, server, book, option, text):
    """A limit that cannot be what was meant sends nothing, and is never taken for no limit."""
    done = shell.send(book, option, text)

    assert (done.returncode, server.posts) == (2, []), done.stdout
    assert option in done.stderr
    assert "What to do" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--yes", "4"), ("--yes", "1"), ("--yes", "0")])
def test_number_after_yes_is_the_exact_count(shell, server, book, words):
    """A plan with another number of people than the one that was approved sends nothing, not even a smaller one."""
    done = shell.run("send", book, *words)

    assert (done.returncode, server.posts) == (2, []), done.stdout
    assert f"--yes {words[1]} approves {words[1]}, and 3 would be asked now" in " ".join(done.stderr.split())
    assert shell.run("send", "--yes", "3", book).returncode == 0
    assert len(server.accepted) == 3
    assert shell.run("send", book, "--yes", "3").returncode == 2


def test_number_without_a_yes_is_no_workbook(shell, server, book):
    """A number among the workbooks is refused in words; so are two numbers behind a yes."""
    for words in ((book, "1"), (book, "--yes", "1", "2")):
        done = shell.run("send", *words)
        assert (done.returncode, server.posts) == (2, []), done.stdout
        assert "number" in done.stderr


def test_blanks_around_rows_are_no_matter(shell, server, book):
    """Blanks beside commas and dashes are read as they are meant."""
    done = shell.send(book, "--rows", " 2 , 3 - 3 ")

    sent = [row for row, cells in results(book).items() if cells["Collect request ID"]]
    assert (done.returncode, sent) == (0, [2, 3]), done.stdout


def test_log_that_cannot_be_written_is_six(shell, server, book):
    """Where the log cannot be kept nothing is sent."""
    done = shell.send(book, "--log-file", shell.folder / "no such folder" / "run.log")

    assert (done.returncode, server.posts) == (6, [])
    assert "run.log" in done.stderr


@pytest.mark.slow
def test_closed_input_is_nobody(shell, server, book):
    """A service without any standard input counts as nobody there."""
    command = subprocess.list2cmdline([*COMMAND, "send", str(book)])
    done = subprocess.run(
        f"exec {command} <&-", shell=True, env=shell.environ, capture_output=True, text=True, check=False, timeout=120
    )

    assert (done.returncode, server.posts) == (2, []), done.stderr


@pytest.mark.slow
def test_names_that_the_terminal_cannot_show_end_no_run(shell, tmp_path):
    """Letters that the output has no code for are written otherwise."""
    done = shell.run("send", make_book(tmp_path / "客户.xlsx", 2), "--yes", PYTHONIOENCODING="ascii")

    assert done.returncode == 0, done.stderr
    assert "\\u5ba2" in done.stdout


@pytest.mark.slow
def test_termination_before_the_first_batch_is_seven(shell, server, book):
    """A run that is stopped while it still asks who we are ends with 7 and sends nothing."""
    server.latency = 1.0
    run = shell.start("send", book, "--yes")
    until(lambda: server.calls, run=run)

    run.send_signal(signal.SIGTERM)
    told, _ = run.communicate(timeout=60)

    assert (run.returncode, server.posts) == (7, []), told
    assert "What to do" in told


@pytest.mark.slow
def test_reader_that_goes_away_does_not_end_the_run(shell, server, tmp_path):
    """A pipe that nobody reads any more costs no result: everything is sent, recorded and written."""
    book = make_book(tmp_path / "clients.xlsx", 120)
    server.on(faults.Hang(0.2))
    run = shell.start("send", book, "--yes")
    until(lambda: server.posts, run=run)

    run.stdout.close()

    assert run.wait(timeout=60) == 0
    assert {"pending"} == {each["Collect status"] for each in results(book).values()}


@pytest.mark.slow
def test_rows_left_out_on_purpose_are_no_failure(shell, tmp_path):
    """A wrong row that is hidden, or that was not chosen, does not spoil the run of the others."""
    rows = [person(2), ("nobody(at)example.com", "A", "B")]
    hidden = make_book(tmp_path / "hidden.xlsx", rows, hidden=(3,))
    other = make_book(tmp_path / "other.xlsx", rows)

    assert [shell.send(hidden).returncode, shell.send(other, "--rows", "2").returncode] == [0, 0]
    assert shell.send(other).returncode == 3


@pytest.mark.slow
def test_workbook_that_is_gone_at_the_end_is_six(shell, server, book):
    """Results that found no row any more end with 6; the next run on the workbook writes them."""
    kept = book.read_bytes()
    server.on(faults.Hang(1.0))
    run = shell.start("send", book, "--yes")
    until(lambda: server.posts, run=run)

    book.write_bytes(b"a,b\n1,2\n")
    told, _ = run.communicate(timeout=60)

    assert run.returncode == 6, told
    book.write_bytes(kept)
    assert (shell.send(book).returncode, len(server.posts)) == (0, 1)
    assert {"pending"} == {each["Collect status"] for each in results(book).values()}


@pytest.mark.slow
@pytest.mark.parametrize("status", ["closed", "archived"])
def test_campaign_that_was_closed_since_can_be_settled(shell, server, book, status):
    """Unknown rows are looked up although their campaign takes no new requests any more."""
    server.on(faults.DropAfterCreating(), nth=1)
    assert shell.send(book).returncode == 4
    server.account.campaigns[server.campaign]["status"] = status

    done = shell.run("lookup", book)

    assert done.returncode == 0, done.stdout + done.stderr
    assert {"pending"} == {each["Collect status"] for each in results(book).values()}


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--rows", "3"), ()], ids=["not chosen", "hidden"])
def test_result_stands_on_the_row_that_was_sent(shell, tmp_path, words):
    """A twin that was left out does not take the result of the row that was sent, now or later."""
    book = make_book(tmp_path / "twins.xlsx", [person(2), person(2)], hidden=() if words else (2,))

    for _ in range(2):
        assert shell.send(book, *words).returncode == 0
        assert [each["Collect request ID"] != "" for each in results(book).values()] == [False, True]


def test_dry_run_as_json_tells_every_row(shell, server, tmp_path):
    """A dry run for programs says of every row whether it would be sent, and nothing else on standard output."""
    book = make_book(tmp_path / "clients.xlsx", [person(2), ("bad", "", ""), person(2)])

    done = shell.run("send", book, "--dry-run", "--json")

    *rows, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["row"], each["status"]) for each in rows] == [(2, "planned"), (3, "invalid"), (4, "duplicate")]
    assert (summary["schema"], summary["counts"]["planned"], summary["exit"]) == (2, 1, done.returncode)
    assert server.calls == []


@pytest.mark.slow
def test_check_of_one_row_says_by_its_code_whether_the_row_is_well(shell, tmp_path):
    """``check --row`` of a wrong row ends with 3, of a good one with 0, and tells a wrong options sheet first."""
    book = make_book(tmp_path / "clients.xlsx", [person(2), ("bad", "", "")])
    wrong = make_book(tmp_path / "wrong.xlsx", 1, options={"Due date": "2020-01-01"})

    codes = [shell.run("check", book, "--row", row).returncode for row in (2, 3)]
    done = shell.run("check", wrong, "--row", "2")

    assert (codes, done.returncode) == ([0, 3], 3)
    assert "Options!B3" in done.stdout


@pytest.mark.slow
def test_libraries_say_nothing(shell, book):
    """Where Collect cannot be reached the words are ours alone."""
    done = shell.run("send", book, "--yes", COLLECT_API_URL="http://127.0.0.1:9/v1")

    assert (done.returncode, done.stdout) == (1, "")
    assert [line.partition(":")[0] for line in done.stderr.splitlines() if line] == ["Error", "What to do"]


IN_ITS_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches this process
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("typed", "code"), [(b"\x03", 7), (b"\x04", 7), (b"\n", 7), (b"y\n", 0)])
def test_terminal_is_asked_after_everything_was_shown(shell, server, book, typed, code):
    """Ctrl-C, the end of input and anything but yes send nothing; even ``--quiet`` shows what the question is about."""
    import pty  # noqa: PLC0415  # not on Windows

    leader, follower = pty.openpty()
    command = [sys.executable, "-c", IN_ITS_TERMINAL, *COMMAND, "send", str(book), "--quiet"]
    with subprocess.Popen(
        command,
        env=shell.environ,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    ) as run:
        os.close(follower)
        shown = _read_until(leader, b"[y/N]")
        time.sleep(0.2)
        os.write(leader, typed)
        _read_until(leader, None)
        os.close(leader)

    assert (run.returncode, len(server.accepted)) == (code, 0 if code else 3)
    assert b"Yearly documents" in shown
    assert b"3 people" in shown


def _read_until(file: int, words: bytes | None) -> bytes:
    """Read from a terminal until some words come, or to its end; a program that says nothing any more has hung."""
    shown = b""
    while words is None or words not in shown:
        assert select.select([file], [], [], SOON)[0], f"nothing more came after {shown!r}"
        try:
            piece = os.read(file, 4096)
        except OSError:  # Linux says so that the other end has gone
            break
        if not piece:
            break
        shown += piece
    return shown


@pytest.mark.slow
def test_output_that_replaces_another_workbook_keeps_a_copy_of_it(shell, book, tmp_path):
    """``--output`` onto a file that is there already loses nothing of it, and a new file gets no copy."""
    other = make_book(tmp_path / "other.xlsx", 7)
    before = other.read_bytes()

    for out in ("other.xlsx", "new.xlsx"):
        assert shell.send(book, "--output", tmp_path / out).returncode == 0

    assert (tmp_path / "other.backup.xlsx").read_bytes() == before
    assert not (tmp_path / "new.backup.xlsx").exists()


@pytest.mark.slow
def test_output_keeps_a_copy_of_whatever_is_not_its_own(shell, book, tmp_path):
    """An unrelated workbook is kept under a number where its copy's name is taken; last night's output is not."""
    other = make_book(tmp_path / "other.xlsx", 7)
    before = other.read_bytes()
    (tmp_path / "other.backup.xlsx").write_bytes(b"of long ago")

    for _ in range(2):
        assert shell.send(book, "--output", other).returncode == 0

    assert (tmp_path / "other.backup 2.xlsx").read_bytes() == before
    assert len(list(tmp_path.glob("other.backup*"))) == 2


def test_log_does_not_write_into_a_workbook(shell, server, book, tmp_path):
    """A log file that is something else is left as it is, and nothing is sent."""
    other = make_book(tmp_path / "other.xlsx", 7)
    before = other.read_bytes()

    done = shell.send(book, "--log-file", other)

    assert (done.returncode, server.posts, other.read_bytes() == before) == (2, [], True)
    assert "is no log" in done.stderr


def test_workbook_that_is_open_elsewhere_is_not_sent(shell, server, book):
    """What could not be written back is not asked: an open workbook ends with 6 before anybody is."""
    book.with_name(f"~${book.name}").write_bytes(b"\0" * 165)  # as Excel marks it

    done = shell.send(book)

    assert (done.returncode, server.posts) == (6, []), done.stdout


def test_wrong_options_sheet_sends_nothing(shell, server, tmp_path):
    """While anything is wrong on the options sheet nobody is asked with options that nobody meant."""
    book = make_book(tmp_path / "clients.xlsx", 2, options={"Send message": "perhaps"})

    done = shell.send(book)

    assert (done.returncode, server.posts) == (3, []), done.stdout
    assert "Options!B3" in done.stdout


@pytest.mark.slow
def test_due_date_is_judged_in_the_zone_of_the_team(shell, server, tmp_path):
    """A day that has not ended everywhere, but where the team is, is past as soon as the team is known."""
    server.account.team["tz"] = "Pacific/Kiritimati"  # where days end first
    day = f"{datetime.now(UTC) - timedelta(hours=12):%Y-%m-%d}"  # where they end last
    book = make_book(tmp_path / "clients.xlsx", 2, options={"Due date": day})

    assert shell.run("check", book).returncode == 0
    assert (shell.send(book).returncode, server.posts) == (3, [])


@pytest.mark.slow
def test_signed_workbook_is_written_only_with_force(shell, server, book):
    """A signature that writing would break keeps everybody from being asked, until somebody says ``--force``."""
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("_xmlsignatures/sig1.xml", "<x/>")
    refused = shell.send(book)
    assert (refused.returncode, server.posts) == (6, [])
    assert "--force" in refused.stderr

    done = shell.send(book, "--force")
    assert done.returncode == 0, done.stderr
    assert {row["Collect status"] for row in results(book).values()} == {"pending"}
    assert shell.run("refresh", book).returncode == 6
    assert shell.run("refresh", book, "--force").returncode == 0
    assert shell.run("lookup", book, "--force").returncode == 0
