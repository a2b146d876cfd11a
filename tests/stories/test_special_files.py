"""Pipes, sockets, devices, folders, odd names and other users' files end in words: never a wait, never our mistake."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from collect_xl.errors import CollectXlError
from collect_xl.journal.leases import RunLocks
from collect_xl.workbook.saved import open_saved
from support.books import make_book, results
from support.contract import results_of, sent
from support.other_user import let_others_in
from support.shell import COMMAND

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="special files and rights of POSIX"),
    pytest.mark.timeout(120),
]
needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root can become another user")
process = pytest.mark.process

KINDS = ("pipe", "socket", "folder", "loop", "long", "device")


def special(folder: Path, kind: str, name: str = "odd.xlsx") -> Path:
    path = folder / name
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(str(path))
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to(path)
        case "long":
            return folder / f"{'n' * 300}.xlsx"
        case _:
            return Path("/dev/zero")
    return path


def in_words(done):
    text = done.stdout + done.stderr
    assert "Unforeseen" not in text
    assert "Traceback" not in text
    assert done.returncode not in {0, 1}
    return text


@pytest.mark.slow
@process
@pytest.mark.parametrize("kind", KINDS)
def test_a_workbook_that_is_none(shell, tmp_path, kind):
    """Whatever stands in a workbook's place is refused in words, by itself and among others."""
    odd = special(tmp_path, kind)
    good = make_book(tmp_path / "good.xlsx", 1)
    for words in (("check", odd), ("send", odd, "--yes"), ("refresh", odd), ("check", good, odd)):
        assert "cannot be read" in in_words(shell.run(*words))


@pytest.mark.slow
@process
@pytest.mark.parametrize("kind", KINDS)
def test_other_places_that_are_none(shell, tmp_path, kind):
    """Output, receipt, key, journal and backup are refused in words, before anything is sent."""
    odd = special(tmp_path, kind)
    good = make_book(tmp_path / "good.xlsx", 1)
    for words in (("--output", odd), ("--receipt", odd)):
        in_words(shell.send(good, *words))
    in_words(shell.send(good, COLLECT_XL_HISTORY=str(odd)))
    in_words(shell.send(good, COLLECT_API_KEY="", COLLECT_API_KEY_FILE=str(odd)))
    for word in ("backup", "restore", "merge"):
        in_words(shell.run("history", word, odd))
    assert shell.server.accepted == []


@process
@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "loop"])
def test_settings_that_are_no_file(shell, tmp_path, kind):
    """A settings file that is none is told in words."""
    folder = tmp_path / ".config" / "collect-xl"
    folder.mkdir(parents=True)
    special(folder, kind, "config.toml")
    assert "config.toml cannot be read" in in_words(shell.run("check", make_book(tmp_path / "good.xlsx", 1)))


@pytest.mark.slow
@process
def test_a_name_that_is_no_text(shell, tmp_path):
    """A workbook whose name is not UTF-8 is checked, sent, refreshed and found in the log like any other."""
    book = Path(os.fsdecode(os.fsencode(tmp_path) + b"/cl\xffients.xlsx"))
    shutil.copy(make_book(tmp_path / "good.xlsx", 2), book)
    receipt = os.fsdecode(os.fsencode(tmp_path) + b"/r\xff.html")
    assert shell.send(book, "--receipt", receipt, "--json").returncode == 0
    assert all(each["Collect status"] for each in results(book).values())
    for words in (("check", book), ("refresh", book), ("lookup", book)):
        assert shell.run(*words).returncode == 0
    assert len(shell.run("log", book, "--json").stdout.splitlines()) == 3


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "loop"])
def test_a_workbook_that_is_replaced_during_the_run(tmp_path, kind):
    """Results find no workbook where something else took its place meanwhile; they are counted as lost, at once."""
    path = make_book(tmp_path / "clients.xlsx", 2)
    workbook = open_saved(path)
    workbook.probe()
    outcome = results_of(workbook, {2: sent(2)})
    path.unlink()
    special(tmp_path, kind, path.name)
    assert workbook.write(outcome).lost == (2,)


@needs_root
@process
def test_the_runs_folder_of_another_user(tmp_path):
    """Runs that cannot be seen are told, and none of them is called dead."""
    runs = tmp_path / "data" / "runs"
    runs.mkdir(parents=True, mode=0o700)
    (runs / "one.lock").touch()
    let_others_in(tmp_path)
    tmp_path.chmod(0o755)
    code = (
        "import os, sys; from pathlib import Path; from collect_xl.errors import DiskError\n"
        "from collect_xl.journal.leases import RunLocks\n"
        "os.setgroups([]); os.setgid(5555); os.setuid(5555)\n"
        "locks = RunLocks(Path(sys.argv[1])); print(sorted(locks.dead(['one'])))\n"
        "for look in (locks.known, lambda: locks.hold('two')):\n"
        "    try: look()\n"
        "    except DiskError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(runs)], capture_output=True, text=True, check=True)
    nothing, unseen, not_ours = done.stdout.splitlines()
    assert nothing == "[]"
    assert "cannot be read: Permission denied, so that runs at work cannot be seen" in unseen
    assert "runs belongs to another user" in not_ours


@needs_root
def test_a_runs_folder_that_root_may_enter(tmp_path):
    """Root takes no lock in another user's folder, where that user could not remove it."""
    os.chown(tmp_path, 4321, 4321)
    with pytest.raises(CollectXlError, match="belongs to another user"):
        RunLocks(tmp_path).hold("one")


@process
def test_the_demo_overwrites_nothing(shell, tmp_path):
    """The demo's workbook takes no other file's place, and is made behind no link."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "clients.xlsx").write_bytes(b"a user's own")
    (folder / "clients-2.xlsx").symlink_to(tmp_path / "nowhere")
    assert shell.run("demo", "--folder", folder).returncode == 0
    assert (folder / "clients.xlsx").read_bytes() == b"a user's own"
    assert not (tmp_path / "nowhere").exists()
    assert (folder / "clients-3.xlsx").exists()


@pytest.mark.slow
@process
def test_what_the_system_refuses_elsewhere(shell, tmp_path):
    """An error of the system that has no words of its own still names the file, and is not called our mistake."""
    (tmp_path / "file").touch()
    done = subprocess.run(
        [*COMMAND, "demo", "--folder", str(tmp_path / "file")],
        env=shell.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert f"The system refused: File exists ({tmp_path / 'file'})" in in_words(done)
