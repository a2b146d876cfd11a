"""The journal told to people, and to support without people."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from collect_xl.testing import FakeCollect, faults
from support.books import make_book
from support.shell import Shell


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """Send three people, of whom the answer for the last two is lost, settle those; then one of another workbook."""
    with FakeCollect() as server:
        shell = Shell(tmp_path_factory.mktemp("sent"), server)
        book = make_book(shell.folder / "clients.xlsx", 3, options={"Round": "2026-11"})
        shell.send(book, "--rows", "2")
        server.on(faults.DropAfterCreating(), nth=2)
        shell.send(book)
        shell.run("lookup", book)
        shell.send(make_book(shell.folder / "other.xlsx", [("x@example.com", "X", "Y")]))
        yield shell


def told(shell, *words) -> list[dict]:
    done = shell.run("log", *words, "--json")
    assert done.returncode == 0, done.stderr
    *lines, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert summary["counts"]["rows"] == len(lines)
    return lines


@pytest.mark.slow
def test_each_person_is_told_of_once(sent):
    """Who was asked, when, in which round, from which workbook and row, and by which request stands on one line."""
    lines = told(sent, "clients.xlsx")

    people = [(line["row"], [each for each in line["people"] if "@" in each]) for line in lines]
    assert people == [(row, [f"p{row}@example.com"]) for row in (2, 3, 4)]
    made = {each.email: each.request_id for each in sent.server.accepted if each.email != "x@example.com"}
    assert made == {line["people"][0]: line["request_id"] for line in lines}
    assert {(str(sent.folder / "clients.xlsx"), "2026-11", "sent", sent.server.campaign)} == {
        (line["book"], line["round"], line["state"], line["campaign"]) for line in lines
    }
    assert all(" on " in line["by"] and line["at"] for line in lines)
    assert "portal" not in json.dumps(lines)


@pytest.mark.slow
def test_history_says_how_an_unknown_was_settled(sent):
    """From claim to look-up each step is told with its time, its teller and how it is known."""
    line = told(sent)[2]

    steps = [(step["from"], step["to"], step["how"].partition(":")[0]) for step in line["history"]]
    expected = [("", "intent", "claimed"), ("intent", "unknown", "POST"), ("unknown", "sent", "found in a list")]
    assert steps == expected
    assert all(step["by"] and step["at"] for step in line["history"])


def test_table_names_people_and_how_they_came_out(sent):
    """The table has a line for each person, with the campaign's name and how the state is known."""
    for words, last in ((("log",), ""), (("log", "--wide"), r" .*found in a list \(")):
        lines = sent.run(*words).stdout.splitlines()
        assert len(lines) == 5
        assert re.search(rf"sent +p3@example\.com +Yearly documents / 2026-11 +clients\.xlsx:3{last}", lines[2])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_log_fits_a_terminal_of_80_columns(sent):
    """In a terminal the five columns that matter stand on one line of 80 columns."""
    from support.terminal import Terminal  # noqa: PLC0415  # no terminals of POSIX on Windows

    with Terminal(sent, "log") as terminal:
        assert terminal.ends() == 0
    lines = terminal.shown.splitlines()
    assert (len(lines), max(map(len, lines)) <= 80) == (5, True), terminal.shown


TOMORROW = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        pytest.param(["other.xlsx"], [2], id="workbook"),
        pytest.param(
            ["--campaign", "yearly documents", "--state", "sent", "--since", "2020-01-01"], [2, 3, 4, 2], id="all"
        ),
        pytest.param(["--campaign", "Last year"], [], id="another campaign"),
        pytest.param(["--state", "unknown"], [], id="another state"),
        pytest.param(["--since", TOMORROW], [], id="later"),
    ],
)
def test_filters_cut_what_is_told(sent, words, rows):
    """Workbook, campaign, state and time choose lines; what does not fit is not told."""
    assert rows == [line["row"] for line in told(sent, *words)]


def test_run_chooses_its_lines(sent):
    """A run's lines are those that it claimed."""
    everything = told(sent)

    assert everything[1:3] == told(sent, "--run", everything[1]["run"])


def test_log_without_a_journal_says_so_and_makes_none(shell):
    """Where nothing was ever sent the log says that, and leaves the disk alone."""
    for file in shell.folder.iterdir():
        file.unlink()

    done = shell.run("log", "clients.xlsx")

    assert (done.returncode, "has nothing like that" in done.stdout) == (0, True)
    assert list(shell.folder.iterdir()) == []


CANARY = "Zanzibar"


@pytest.mark.slow
def test_bundle_names_nobody(shell, server, tmp_path):
    """The bundle for support tells versions, settings, states and events, and no person, key, link, folder or user."""
    folder = tmp_path / f"{CANARY} folder"
    folder.mkdir()
    shell.environ |= {"LOGNAME": CANARY, "USER": CANARY, "COLLECT_XL_HISTORY": str(folder / f"{CANARY}.sqlite3")}
    server.on(faults.DropAfterCreating(), nth=2)
    server.on(faults.Status(400, body={"message": f"{CANARY}@example.com is bad, see https://x/{CANARY}"}), nth=3)
    rows = [(f"{CANARY}{n}@example.com", CANARY, CANARY) for n in range(3)]
    options = {"Round": CANARY}
    book = make_book(folder / f"{CANARY}.xlsx", rows, options=options)
    assert [shell.send(book, "--new-history", "--rows", row).returncode for row in (2, 3, 4)] == [0, 4, 3]

    done = shell.run("log", "--diagnose", "bundle.zip")

    assert done.returncode == 0, done.stderr
    raw = (shell.folder / "bundle.zip").read_bytes()
    with zipfile.ZipFile(shell.folder / "bundle.zip") as bundle:
        parts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    whole = "".join(parts.values())
    portals = {each["portalUrl"] for each in server.account.requests.values()}
    assert CANARY.casefold() in json.dumps(told(shell)).casefold()  # the journal itself names her
    for secret in (CANARY, "@", "://x", server.key, server.url, str(tmp_path), *portals, server.account.team["name"]):
        assert secret.casefold() not in whole.casefold()
        assert secret.encode() not in raw or secret == "@"
    journal = json.loads(parts["journal.json"])
    assert sum(journal["states"].values()) == 3
    events = [event for run in journal["runs"] for batch in run["batches"] for event in batch["rows"][0]["events"]]
    assert {"claimed", "POST", "POST 400", "absent from two", "found in a list"} == {how for *_, how in events}
    versions = {name.casefold() for name in json.loads(parts["versions.json"])}
    assert {"collect-xl", "sqlalchemy", "python"} <= versions  # how a package spells itself depends on its release


def test_bundle_overwrites_nothing(sent):
    """A file that is there already, such as a workbook, is left as it is."""
    before = (sent.folder / "clients.xlsx").read_bytes()

    done = sent.run("log", "--diagnose", "clients.xlsx")

    assert (done.returncode, before) == (2, (sent.folder / "clients.xlsx").read_bytes())
    assert "exists already" in done.stderr
