"""The end of a run: what was sent, what was not and why, where it is, and the next command; quiet and the log."""

from __future__ import annotations

import re
import shlex

import pytest

from collect_xl.testing import faults
from support.books import make_book

PEOPLE = [(f"p{n}@example.com", "Ann", f"No{n}") for n in range(2, 6)]


@pytest.fixture
def book(shell):
    """A workbook of four people, one of them twice, and a wrong row; its name must be quoted."""
    return make_book(shell.folder / "my clients.xlsx", [*PEOPLE, ("wrong", "X", "Y"), PEOPLE[0]])


def end_of(done) -> dict[str, str]:
    """Return the lines about the end, by their first word."""
    pairs = re.findall(r"^(Sent|Unknown|Not sent|Written|Run|Next) +(.*)$", done.stdout, re.MULTILINE)
    return dict(pairs)


def test_end_says_all_and_what_is_next(shell, book):
    """Counts, reasons with rows, the file as it was named, the run, and what to do."""
    done = shell.run("send", book.name, "--yes")

    end = end_of(done)
    assert done.returncode == 3
    assert (end["Sent"], end["Not sent"]) == ("4", "2   1 invalid (row 6)")
    assert "\n              1 duplicate (row 7)\n" in done.stdout
    assert end["Written"] == "my clients.xlsx (6 rows)"
    assert end["Next"] == "correct the 2 rows, then: collect-xl send 'my clients.xlsx'"
    assert re.fullmatch(r"\d{8}-\d{6}-\w+", end["Run"])


@pytest.mark.slow
def test_next_command_can_be_pasted(shell, server, book):
    """After a lost answer the next command looks the rows up, in this very workbook and sheet."""
    server.on(faults.DropAfterCreating(), nth=1)
    done = shell.run("send", book.name, "--yes", "--contacts-sheet", "Contacts")

    end = end_of(done)
    assert (done.returncode, end["Unknown"]) == (4, "4   rows 2-5; never sent again without proof")
    program, *words = shlex.split(end["Next"].rpartition(": ")[2])
    assert (program, words[0]) == ("collect-xl", "lookup")
    assert shell.run(*words).returncode == 0


@pytest.mark.slow
def test_all_well_leads_to_the_refresh(shell):
    """Where nothing is left to do, the next command is the one for tomorrow."""
    make_book(shell.folder / "-odd.xlsx", 2)

    end = end_of(shell.run("send", "./-odd.xlsx", "--yes"))
    assert (end["Sent"], "Not sent" in end) == ("2", False)
    assert shell.run(*shlex.split(end["Next"])[1:]).returncode == 0


@pytest.mark.slow
def test_quiet_says_nothing_when_all_is_well(shell, tmp_path):
    """Exit code 0 with ``--quiet`` prints nothing at all, with one workbook and with several, in send and refresh."""
    one = make_book(tmp_path / "a.xlsx", 2)
    two = make_book(tmp_path / "b.xlsx", [("x@example.com", "X", "Y")])
    for words in (("send", one, "--yes"), ("refresh", one), ("send", one, two, "--yes"), ("refresh", one, two)):
        done = shell.run(*words, "--quiet")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), words


@pytest.mark.slow
def test_quiet_says_what_is_wrong(shell, server, book):
    """Another exit code prints warnings, counts and the next command, and nothing of a run's course."""
    done = shell.run("send", book, "--yes", "--quiet")

    assert done.returncode == 3
    assert {"Sent", "Not sent", "Next"} <= set(end_of(done))
    assert "problem found" in done.stdout
    assert "Batch" not in done.stdout
    server.on(faults.Status(401), route="GET /team")
    refused = shell.run("send", book, "--yes", "--quiet")
    assert (refused.returncode, refused.stdout, "401" in refused.stderr) == (5, "", True)


@pytest.mark.slow
def test_log_has_a_start_and_an_end(shell, server, book):
    """The log has command, version and workbook, each error and the exit code, with zones; rows as spans; no person."""
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
    log = shell.folder / "run.log"
    shell.run("send", book.name, "--yes", "--log-file", log)
    shell.run("send", "none.xlsx", "--yes", "--log-file", log)
    shell.run(
        "send",
        book.name,
        "--yes",
        "--abort-above",
        "0",
        "--rows",
        "2",
        "--new-round",
        "p2@example.com",
        "--log-file",
        log,
    )
    server.on(faults.Status(401), route="GET /team")
    shell.run("send", book.name, "--yes", "--log-file", log)

    lines = log.read_text().splitlines()
    assert [line for line in lines if not re.match(rf"{stamp} (INFO|WARNING|ERROR) ", line)] == []
    starts = [line for line in lines if re.search(r" INFO start version=\S+ command=send workbook=", line)]
    ends = [re.search(r" INFO end exit=(\d) seconds=\d+\.\d$", line) for line in lines]
    assert len(starts) == 4
    assert [found.group(1) for found in ends if found][::3] == ["3", "5"]
    assert any("batch=1/1 rows=2-5" in line for line in lines)
    assert any(re.search(r" ERROR exit=6 .*none\.xlsx", line) for line in lines)
    assert any(" ERROR exit=5 " in line for line in lines)
    assert "@" not in log.read_text()


def test_row_speaks_in_the_words_of_the_sheet(shell):
    """``check --row`` has the sheet's headers, the campaign's name and the team's local time."""
    headers = ("E-mail address", "Given name", "Surname")
    options = {"Due date": "2031-01-31", "Send message": "no"}
    book = make_book(shell.folder / "a.xlsx", [("p2@example.com", "Ann", "Old")], headers=headers, options=options)

    done = shell.run("check", book, "--row", "2", "--online")

    pairs = dict(re.findall(r"^  (\S.*?)  +(\S.*)$", done.stdout, re.MULTILINE))
    assert done.returncode == 0, done.stderr
    assert (pairs["E-mail address"], pairs["Given name"], pairs["Surname"]) == ("p2@example.com", "Ann", "Old")
    assert (pairs["Campaign"], pairs["Send message"]) == ("Yearly documents", "no")
    assert pairs["Due date"] == "2031-01-31 23:59 (Europe/Paris)"


def test_overdue_begins_with_the_total(shell, book):
    """The total comes first, then columns with names, and nothing is wider than 80 columns."""
    shell.send(book)

    lines = shell.run("overdue", book, "--within", "300").stdout.splitlines()
    assert lines[0] == "4 to call about: 4 due soon. Times of Europe/Paris."
    assert lines[1].split() == ["Row", "Why", "Due", "Status", "Name", "Address"]
    assert "Ann No3" in lines[3]
    assert max(map(len, lines)) <= 80
