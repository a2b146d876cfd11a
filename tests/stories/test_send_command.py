"""The command as its users run it: a process of its own, a workbook on disk, a Collect on a real socket."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest

from collect_xl.cli.exits import EXIT_CODES
from collect_xl.testing import faults
from support.books import emails, make_book, person, reorder, results
from support.waiting import until

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def book(tmp_path):
    """A workbook with 60 contacts."""
    return make_book(tmp_path / "clients.xlsx", 60)


def mailed(server) -> Counter[str]:
    return Counter(each.email for each in server.accepted)


@pytest.mark.parametrize("count", [1, 49, 50, 51, 120, 1000])
def test_every_result_stands_on_its_own_row(tmp_path, server, shell, count):
    """Each row gets the request that was made for its address, whatever the number of rows."""
    book = make_book(tmp_path / "clients.xlsx", count)

    done = shell.send(book)

    assert done.returncode == 0, done.stdout + done.stderr
    made = {each.email: each.request_id for each in server.accepted}
    shown = {row: result["Collect request ID"] for row, result in results(book).items()}
    assert {row: made[f"p{row}@example.com"] for row in range(2, count + 2)} == shown
    assert [50] * (count // 50) + [count % 50] * (count % 50 > 0) == [
        len(json.loads(call.body)["contacts"]) if isinstance(call.body, (str, bytes)) else len(call.body["contacts"])
        for call in server.posts
    ]


@pytest.mark.slow
def test_second_send_makes_no_call_and_changes_no_byte(shell, server, book):
    """A second send posts nobody and leaves the file as it is."""
    shell.send(book)
    before = book.read_bytes()

    done = shell.send(book)

    assert (done.returncode, len(server.posts)) == (0, 2)
    assert before == book.read_bytes()
    assert "60 already sent" in done.stdout


@pytest.mark.slow
def test_copies_renamed_and_sorted_books_post_nobody(shell, server, book, tmp_path):
    """A copy, another sheet's name, or another order of rows does not ask anybody again."""
    shell.send(book)
    copy = tmp_path / "copy.xlsx"
    shutil.copy(book, copy)
    turned = reorder(book, tmp_path / "sorted.xlsx", range(61, 1, -1))
    half = reorder(book, tmp_path / "half.xlsx", range(61, 1, -1), keep_results=False)

    assert [shell.send(each).returncode for each in (copy, turned, half)] == [0, 0, 0]
    assert len(server.posts) == 2
    made = {each.email: each.request_id for each in server.accepted}
    for each in (turned, half):
        assert [made[address] for address in emails(each).values()] == [
            result["Collect request ID"] for result in results(each).values()
        ]


@pytest.mark.slow
def test_renamed_sheet_posts_nobody(shell, server, tmp_path):
    """The sheet's name is no part of who a person is."""
    book = make_book(tmp_path / "a.xlsx", 3)
    shell.send(book)
    import openpyxl  # noqa: PLC0415

    opened = openpyxl.load_workbook(book)
    opened["Contacts"].title = "Clients"
    opened.save(tmp_path / "b.xlsx")

    done = shell.send(tmp_path / "b.xlsx")

    assert (done.returncode, len(server.posts)) == (0, 1), done.stdout + done.stderr


@pytest.mark.slow
def test_empty_journal_and_filled_book_post_nobody(shell, server, book, tmp_path):
    """A filled workbook is evidence for a computer whose journal knows nothing; a person must look at its rows."""
    shell.send(book)
    before = {row: result["Collect request ID"] for row, result in results(book).items()}

    done = shell.send(book, "--new-history", COLLECT_XL_HISTORY=str(tmp_path / "new.sqlite3"))

    assert (done.returncode, len(server.posts)) == (3, 2), done.stdout + done.stderr
    assert before == {row: result["Collect request ID"] for row, result in results(book).items()}
    assert "another computer" in results(book)[2]["Collect message"]


@pytest.mark.slow
def test_deleted_results_come_back(shell, server, book, tmp_path):
    """Results that a user deleted are restored without a call, and the message says so."""
    shell.send(book)
    bare = make_book(tmp_path / "bare.xlsx", 60)

    done = shell.send(bare)

    assert "did not show the results of earlier runs" in done.stdout
    assert len(server.posts) == 2
    assert results(book) == results(bare)


@pytest.mark.slow
def test_edited_row_is_held_back_until_somebody_says_so(shell, server, book):
    """A row whose address was changed after it was sent is shown old and new, and sent only with ``--send-edited``."""
    shell.send(book)
    import openpyxl  # noqa: PLC0415

    opened = openpyxl.load_workbook(book)
    opened["Contacts"]["A5"] = "new@example.com"
    opened.save(book)

    for _ in range(2):
        done = shell.send(book)
        assert (done.returncode, len(server.posts)) == (3, 2)
        assert re.search("row 5: .*p5@example.com.*new@example.com", done.stdout)

    assert shell.send(book, "--send-edited").returncode == 0
    assert shell.send(book, "--send-edited").returncode == 0
    assert server.accepted[-1].email == "new@example.com"
    assert len(server.posts) == 3


@pytest.mark.slow
@pytest.mark.parametrize("answer_in", ["words", "JSON"])
def test_row_that_may_be_somebody_who_was_asked_is_held_back(shell, server, tmp_path, answer_in):
    """An address that was asked, now beside another contact's ID, waits for a person; every face has words for it."""
    shell.send(make_book(tmp_path / "first.xlsx", [person(2)]))
    other = server.account.add_contact("other@example.com")
    lines = [(other, *person(2))]
    book = make_book(tmp_path / "second.xlsx", lines, headers=("Contact ID", "Email", "First name", "Last name"))

    done = shell.send(book, "--receipt", "receipt.html", *(["--json"] if answer_in == "JSON" else []))

    assert (done.returncode, len(server.accepted)) == (3, 1), done.stderr
    assert "1 held back, perhaps the same person as another" in done.stdout + done.stderr
    row = results(book)[2]
    assert row["Collect status"] == "skipped"
    assert row["Collect message"].startswith("Held back: this may be the same person as p2@example.com")
    assert "Held back" in (tmp_path / "receipt.html").read_text("utf-8")


@pytest.mark.slow
def test_invalid_rows_are_told_by_cell_and_the_rest_is_sent(shell, server, tmp_path):
    """Every error names its cell; valid rows go out; the exit code says that some did not."""
    rows = [person(2), ("nobody(at)example.com", "A", "B"), person(4), (None, "C", "D"), person(2)]
    book = make_book(tmp_path / "clients.xlsx", rows)

    done = shell.send(book)

    assert done.returncode == 3
    assert "Contacts!A3" in done.stdout
    assert "Contacts!A5" in done.stdout
    shown = results(book)
    assert [shown[n]["Collect status"] for n in range(2, 7)] == [
        "pending",
        "invalid",
        "pending",
        "invalid",
        "duplicate",
    ]
    assert shown[3]["Collect message"] == (
        'Email cannot be "nobody(at)example.com". Type the whole address; it has no @.'
    )
    assert shown[6]["Collect message"] == (
        "The same person as p2@example.com in another row, asked once. "
        "Delete one of the two rows, or type another round."
    )
    assert mailed(server) == {"p2@example.com": 1, "p4@example.com": 1}


def test_check_opens_no_socket_and_writes_nothing(shell, server, book):
    """A check leaves Collect, the journal and the workbook alone."""
    (shell.folder / "journal.sqlite3").unlink()
    before = book.read_bytes()

    done = shell.run("check", book)

    assert (0, [], before) == (done.returncode, server.calls, book.read_bytes())
    assert "not compared" in done.stdout
    assert not (shell.folder / "journal.sqlite3").exists()
    assert not re.search(r"^Plan \w{10}", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_check_online_shows_the_fingerprint_that_send_accepts(shell, server, book):
    """The plan that a check showed is the plan that its fingerprint approves, and no other."""
    shown = re.search(r"^Plan (\w{10})$", shell.run("check", book, "--online").stdout, re.MULTILINE)

    refused = shell.run("send", book, "--plan", shown[1], "--first", "3")
    done = shell.run("send", book, "--plan", shown[1])

    assert (refused.returncode, done.returncode) == (2, 0)
    assert len(server.accepted) == 60


def test_check_row_says_exactly_what_would_be_sent(shell, book):
    """``--row`` shows the contact and the options of that row in words."""
    done = shell.run("check", book, "--row", "7")

    assert re.search(r"^  Email +p7@example\.com$", done.stdout, re.MULTILINE)
    assert "p8@example.com" not in done.stdout


def test_dry_run_sends_claims_and_writes_nothing(shell, server, book):
    """A dry run shows the plan and does nothing else."""
    before = book.read_bytes()

    done = shell.run("send", book, "--dry-run")

    assert (0, [], before) == (done.returncode, server.calls, book.read_bytes())


def test_nobody_there_and_nothing_approved_sends_nothing(shell, server, book):
    """Without a terminal, something must have been approved."""
    done = shell.run("send", book)

    assert (done.returncode, len(server.posts)) == (2, 0)
    assert "--yes" in done.stderr


@pytest.mark.slow
def test_at_most_stops_a_larger_plan(shell, server, book):
    """A plan larger than ``--abort-above`` sends nothing."""
    done = shell.send(book, "--abort-above", "59")

    assert (done.returncode, len(server.posts)) == (2, 0)
    assert shell.send(book, "--abort-above", "60").returncode == 0


@pytest.mark.slow
def test_new_round_must_be_said_twice(shell, server, tmp_path):
    """People who were asked before are asked again only in a round that was said again."""
    shell.send(make_book(tmp_path / "a.xlsx", 3, options={"Round": "2026-10"}))
    book = make_book(tmp_path / "b.xlsx", 3, options={"Round": "2026-11"})

    guarded = shell.send(book)
    assert (guarded.returncode, len(server.posts)) == (2, 1)
    assert "2026-10" in guarded.stderr

    assert shell.send(book, "--new-round", "2026-11").returncode == 0
    assert {2} == set(mailed(server).values())


@pytest.mark.slow
def test_hidden_rows_wait(shell, server, tmp_path):
    """Hidden rows are not sent unless asked for, and are no failure."""
    book = make_book(tmp_path / "clients.xlsx", 4, hidden=(3, 4))

    done = shell.send(book)

    assert (done.returncode, len(server.accepted)) == (0, 2)
    assert "2 hidden" in done.stdout
    assert shell.send(book, "--include-hidden").returncode == 0
    assert len(server.accepted) == 4


@pytest.mark.slow
def test_chosen_rows_only(shell, server, book):
    """``--rows``, ``--first`` and ``--only-to`` cut what is sent."""
    shell.send(book, "--rows", "5-6,9")
    shell.send(book, "--first", "2")
    shell.send(book, "--only-to", "p60@example.com")

    numbers = [5, 6, 9, 2, 3, 60]
    assert [f"p{n}@example.com" for n in numbers] == [each.email for each in server.accepted]


@pytest.mark.slow
def test_output_leaves_the_workbook_alone(shell, book, tmp_path):
    """``--output`` writes the results into a copy."""
    before = book.read_bytes()

    shell.send(book, "--output", tmp_path / "out.xlsx")

    assert before == book.read_bytes()
    assert {"pending"} == {each["Collect status"] for each in results(tmp_path / "out.xlsx").values()}


@pytest.mark.slow
def test_json_is_one_object_a_row_and_a_summary(shell, book):
    """Nothing but JSON stands on standard output, and no portal link in it."""
    done = shell.send(book, "--json")

    *rows, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert list(range(2, 62)) == [row["row"] for row in rows]
    assert (summary["schema"], summary["counts"]["sent"], summary["exit"]) == (2, 60, 0)
    assert "portal" not in done.stdout


@pytest.mark.slow
def test_lost_answer_is_unknown_then_settled(shell, server, book):
    """A lost answer leaves ``unknown`` in the sheet and 4 as the exit code, until settle finds the requests."""
    server.on(faults.DropAfterCreating(), nth=1)

    assert shell.send(book).returncode == 4
    assert Counter(each["Collect status"] for each in results(book).values()) == {"unknown": 50, "pending": 10}

    assert shell.run("lookup", book).returncode == 0
    assert Counter(each["Collect status"] for each in results(book).values()) == {"pending": 60}
    assert {1} == set(mailed(server).values())


@pytest.mark.slow
def test_unknown_row_says_how_its_call_ended(shell, server, book):
    """What the network or a gateway did is told in our own words, and not as what Collect said."""
    server.on(faults.Status(500))
    shell.send(book, "--rows", "2")

    assert results(book)[2]["Collect message"].endswith(
        ", but the answer was lost: the server failed with 500 and may have acted before. Look up the unknown rows."
    )


@pytest.mark.slow
def test_settle_frees_what_never_arrived(shell, server, book):
    """What two listings do not show is told as not sent, and the next send asks it."""
    server.on(faults.DropBeforeCreating(), nth=1)
    shell.send(book)

    done = shell.run("lookup", book, "--wait")

    assert done.returncode == 0, done.stdout + done.stderr
    assert Counter(each["Collect status"] for each in results(book).values()) == {"skipped": 50, "pending": 10}
    assert shell.send(book).returncode == 0
    assert Counter(mailed(server).values()) == {1: 60}


@pytest.mark.slow
@pytest.mark.parametrize(("status", "code"), [(401, 3), (403, 3), (404, 3), (500, 4)])
def test_exit_code_of_a_refused_run(shell, server, book, status, code):
    """Rows that provably were refused are 3, whatever the refusal said; an unclear end is 4."""
    server.on(faults.Status(status))

    done = shell.send(book)

    assert done.returncode == code, done.stdout
    assert {each["Collect status"] for each in results(book).values()} == {"refused" if code == 3 else "unknown"}
    assert server.accepted == []


@pytest.mark.slow
def test_key_that_is_refused_during_a_run(shell, server, book):
    """A key that is refused during a run ends it at once; what came of its batch is not known, and said so."""
    server.on(faults.Status(401))
    server.on(faults.Status(401), route="GET /team", when=lambda _: bool(server.posts))

    done = shell.send(book)

    assert (done.returncode, len(server.posts)) == (4, 1)
    assert "fault 401. Whether Collect did a part of the batch, is not known." in done.stdout
    assert Counter(each["Collect status"] for each in results(book).values()) == {"unknown": 50, "skipped": 10}


@pytest.mark.slow
def test_single_rows_share_one_wait(shell, server, book):
    """Rows that are refused alone are proved together, also where the first one was long ago."""
    server.on(faults.Status(400))

    done = shell.send(book, COLLECT_XL_LIST_LAG="0.05")

    assert done.returncode == 3, done.stdout
    assert Counter(each["Collect status"] for each in results(book).values()) == {"refused": 60}


def test_wrong_key_is_told_before_anything(shell, server, book):
    """A wrong key is found by the first question, and nothing is sent."""
    done = shell.run("send", book, "--yes", COLLECT_API_KEY="wrong-key")

    assert (done.returncode, len(server.posts)) == (5, 0)
    assert "wrong-key" not in done.stdout + done.stderr
    assert "What to do" in done.stderr


@pytest.mark.slow
def test_no_key_names_the_remedy(shell, book):
    """Without a key the message names the environment variable."""
    done = shell.run("send", book, "--yes", COLLECT_API_KEY="", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")

    assert done.returncode == 5
    assert "COLLECT_API_KEY" in done.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"a,b\n1,2\n", "xlsx"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "xlsx"), (b"PK\x03\x04broken", "")],
    ids=["csv", "xls", "damaged"],
)
def test_what_is_no_workbook_is_six(shell, tmp_path, content, told):
    """A file of another kind ends with 6 and its remedy, and stays as it was."""
    path = tmp_path / "clients.xlsx"
    path.write_bytes(content)

    done = shell.send(path)

    assert done.returncode == 6, done.stdout + done.stderr
    assert told in done.stderr
    assert content == path.read_bytes()


def test_campaign_that_is_closed_is_five(shell, server, tmp_path):
    """A closed campaign is told before anything is sent."""
    done = shell.send(make_book(tmp_path / "a.xlsx", 2, options={"Campaign ID": "Last year"}))

    assert (done.returncode, len(server.posts)) == (5, 0)
    assert "closed" in done.stderr


@pytest.mark.slow
def test_interrupted_run_finishes_its_batch_and_says_so(shell, server, tmp_path):
    """SIGTERM ends a run between two batches, with the results written and 7 as the exit code."""
    book = make_book(tmp_path / "clients.xlsx", 400)
    server.on(faults.Hang(0.3))
    run = shell.start("send", book, "--yes")
    until(lambda: server.posts, run=run)

    run.send_signal(signal.SIGTERM)
    told, _ = run.communicate(timeout=60)

    assert run.returncode == 7, told
    asked = len(server.accepted)
    assert 0 < asked < 400
    assert asked == sum(each["Collect status"] == "pending" for each in results(book).values())
    assert {"skipped"} == {each["Collect status"] for row, each in results(book).items() if row > asked + 1}


@pytest.mark.slow
def test_two_sends_at_once_on_one_file(shell, server, tmp_path):
    """Of two sends on one file one works; the other ends with 8 and says who holds it."""
    book = make_book(tmp_path / "clients.xlsx", 200)
    server.on(faults.Hang(0.2))
    first = shell.start("send", book, "--yes")
    until(lambda: server.posts, run=first)
    first.send_signal(signal.SIGSTOP)

    second = shell.send(book)

    first.send_signal(signal.SIGCONT)
    told, _ = first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 8), told + second.stderr
    assert "(run " in second.stderr
    assert Counter(mailed(server).values()) == {1: 200}


@pytest.mark.slow
def test_two_sends_at_once_on_two_copies(shell, server, tmp_path):
    """Two copies that are sent at the same time ask everybody once."""
    books = [make_book(tmp_path / f"{name}.xlsx", 300) for name in "ab"]
    server.latency = 0.05

    runs = [shell.start("send", book, "--yes") for book in books]
    told = [run.communicate(timeout=60)[0] for run in runs]

    assert Counter(mailed(server).values()) == {1: 300}, told
    assert {run.returncode for run in runs} <= {0, 8}, told


@pytest.mark.slow
def test_log_names_no_people(shell, server, book):
    """The log has the run and its batches, and no address, key or link."""
    shell.send(book, "--log-file", shell.folder / "run.log")

    log = (shell.folder / "run.log").read_text()
    assert "batch=1/2" in log
    assert not re.search(r"@|portal|" + server.key, log)


def test_readme_tells_every_command_and_exit_code(shell):
    """README names every command and exit code in the program's own words, and its page of details every command."""
    readme, details = ((PROJECT / page).read_text("utf-8") for page in ("README.md", "collect_xl/cli/README.md"))
    listed = shell.run("--help").stdout.partition("Begin:")[2].partition("Examples:")[0]
    commands = re.findall(r"^  (\w+) ", listed, re.MULTILINE)

    assert len(commands) >= 8
    assert {"refresh", "overdue", "due", "cancel"} <= set(commands)
    assert [name for name in commands if f"collect-xl {name}" not in readme] == []
    assert [name for name in commands if f"`collect-xl {name}" not in details] == []
    assert [code for code, words in EXIT_CODES if f"| {code} | {words} |" not in readme] == []


@pytest.mark.slow
def test_cron_line_of_the_readme_runs_in_crons_environment(shell, server, book, tmp_path):
    """The recipe for cron works with HOME, a key file and a path of two folders alone, once a journal is there."""
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text(server.key)
    bare = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C", "SHELL": "/bin/sh"}
    ours = {"COLLECT_API_KEY_FILE": str(key), "COLLECT_API_URL": server.url, "COLLECT_XL_LOOKUP_AFTER": "0"}
    shell.environ = {**bare, **ours}

    line = re.search(
        r"^15 2 \* \* \* .*collect-xl (send .*)$", (PROJECT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    recipe = [str(book) if word == "$HOME/clients.xlsx" else word for word in shlex.split(line[1])]
    assert "--yes" in recipe
    assert shell.run(*recipe).returncode == 6
    assert shell.run(*recipe, "--first", "1", "--new-history").returncode == 0

    done = shell.run(*recipe)

    assert (done.returncode, len(server.accepted)) == (0, 60), done.stdout + done.stderr
