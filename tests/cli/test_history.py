"""The commands around the main job: journal, key, config, sandbox."""

from __future__ import annotations

import os
import re
import signal

import pytest

from support.books import make_book


@pytest.mark.slow
def test_lost_journal_is_restored_from_its_backup(shell, server, tmp_path):
    """After a restore everybody whom the backup knew is known again."""
    shell.send(make_book(tmp_path / "a.xlsx", 3))
    assert shell.run("history", "backup", "copy.sqlite3").returncode == 0
    (tmp_path / "journal.sqlite3").unlink()

    done = shell.run("history", "restore", "copy.sqlite3")

    assert done.returncode == 0, done.stderr
    assert shell.send(make_book(tmp_path / "b.xlsx", 3)).returncode == 0
    assert len(server.accepted) == 3


def test_backup_replaces_older_backups_and_nothing_else(shell, tmp_path):
    """A workbook, named as the backup by mistake, stays as it is; an older backup is replaced."""
    book = make_book(tmp_path / "a.xlsx", 3)
    before = book.read_bytes()

    done = shell.run("history", "backup", book)

    assert (done.returncode, book.read_bytes() == before) == (6, True), done.stderr
    assert "is no send history" in done.stderr
    assert [shell.run("history", "backup", "copy.sqlite3").returncode for _ in range(2)] == [0, 0]


@pytest.mark.slow
def test_colleagues_journal_is_merged(shell, server, tmp_path):
    """Whom a colleague's journal knows is not asked again after a merge."""
    theirs = {"COLLECT_XL_HISTORY": str(tmp_path / "theirs.sqlite3")}
    shell.send(make_book(tmp_path / "a.xlsx", 3), "--new-history", **theirs)

    done = shell.run("history", "merge", "theirs.sqlite3")

    assert (done.returncode, done.stdout) == (0, "3 claims were added.\n")
    assert shell.send(make_book(tmp_path / "b.xlsx", 4)).returncode == 0
    assert [each.email for each in server.accepted] == [f"p{n}@example.com" for n in (2, 3, 4, 5)]


@pytest.mark.slow
def test_damaged_journal_sends_nothing(shell, server, tmp_path):
    """A journal that cannot be read fails closed, and names the remedy."""
    book = make_book(tmp_path / "a.xlsx", 3)
    shell.send(book)
    (tmp_path / "journal.sqlite3").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    for name in ("journal.sqlite3-wal", "journal.sqlite3-shm"):
        (tmp_path / name).unlink(missing_ok=True)

    done = shell.send(make_book(tmp_path / "b.xlsx", 5))

    assert (done.returncode, len(server.posts)) == (6, 1)
    assert "history restore" in done.stderr


@pytest.mark.slow
def test_config_is_read_by_every_run(shell, server, tmp_path):
    """The journal's place and the address that were set once are used when the environment is silent."""
    assert shell.run("config", "set", "history", tmp_path / "mine" / "j.sqlite3").returncode == 0
    assert shell.run("config", "set", "url", server.url).returncode == 0
    for name in ("COLLECT_XL_HISTORY", "COLLECT_API_URL"):
        del shell.environ[name]

    done = shell.send(make_book(tmp_path / "a.xlsx", 2), "--new-history")

    assert (done.returncode, len(server.accepted)) == (0, 2), done.stdout + done.stderr
    assert (tmp_path / "mine" / "j.sqlite3").exists()


def test_journal_that_cannot_be_is_not_kept(shell):
    """A place in which no journal can be kept is told when it is set, not by every later command."""
    done = shell.run("config", "set", "history", "nonsense://")

    assert done.returncode == 6, done.stdout
    assert "postgresql:// URL" in done.stderr


def test_key_status_names_the_source_and_never_the_key(shell, server):
    """Where the key comes from is told, the key never."""
    done = shell.run("key", "status")

    assert (done.returncode, "COLLECT_API_KEY" in done.stdout, server.key in done.stdout) == (0, True, False)


@pytest.mark.slow
def test_key_is_not_kept_where_there_is_no_store(shell):
    """Without a store that is fit for keys nothing is kept, and the environment variable is named."""
    del shell.environ["COLLECT_API_KEY"]

    done = shell.run(
        "key", "set", "--stdin", typed="secret-key\n", PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring"
    )

    assert done.returncode == 5
    assert "COLLECT_API_KEY" in done.stderr
    assert "secret-key" not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_sandbox_prints_what_points_to_it(shell, tmp_path):
    """The variables that the sandbox prints make a send reach it, until it is stopped."""
    sandbox = shell.start("sandbox", "--folder", tmp_path / "sandbox", PYTHONUNBUFFERED="1")
    try:
        lines = [sandbox.stdout.readline() for _ in range(6)]
        variables = dict(re.findall(r"export (\w+)=(\S+)", "".join(lines)))
        done = shell.run("send", make_book(tmp_path / "a.xlsx", 2), "--yes", **variables)
    finally:
        sandbox.send_signal(signal.SIGINT)
        told, _ = sandbox.communicate(timeout=30)

    assert set(variables) == {"COLLECT_API_KEY", "COLLECT_API_URL", "COLLECT_XL_HISTORY", "COLLECT_XL_LIST_LAG"}
    assert (done.returncode, sandbox.returncode) == (0, 0), done.stdout + done.stderr
    assert "accepted 2 requests" in told


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["send"], id="no workbook"),
        pytest.param(["send", "a.xlsx", "--rows", "a-b"], id="rows in letters"),
        pytest.param(["send", "a.xlsx", "--first", "0"], id="first of none"),
        pytest.param(["nonsense"], id="no such command"),
        pytest.param(["config", "set", "colour", "red"], id="no such setting"),
        pytest.param(["check", "a.xlsx", "--row", "99"], id="no such row"),
    ],
)
def test_words_that_do_not_fit_are_two(shell, tmp_path, words):
    """A command whose words do not fit ends with 2 and sends nothing."""
    make_book(tmp_path / "a.xlsx", 2)

    assert shell.run(*words).returncode == 2


def test_absent_workbook_is_six(shell):
    """A workbook that is not there ends with 6, and its name is told."""
    done = shell.send(shell.folder / "nowhere.xlsx")

    assert done.returncode == 6
    assert "nowhere.xlsx" in done.stderr


def test_plain_http_to_another_machine_is_refused(shell, tmp_path):
    """The key never goes over the network unprotected."""
    done = shell.run("send", make_book(tmp_path / "a.xlsx", 2), "--yes", COLLECT_API_URL="http://collect.example/v1")

    assert done.returncode == 2
    assert "http" in done.stderr
