"""Drafts that a killed run left are removed, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from collect_xl.ooxml import old_drafts
from collect_xl.ooxml.atomic_save import Draft
from collect_xl.ooxml.old_drafts import draft_name, sweep

KILLED = (
    "import os, signal, sys; from pathlib import Path; from collect_xl.ooxml.atomic_save import Draft\n"
    "with Draft(Path(sys.argv[1])) as draft: os.kill(os.getpid(), signal.SIGKILL)"
)
DEAD = 2**22 + 1
"""No process has this number."""


def of_process(number: int, computer: str = "") -> str:
    _, own, _, rest = draft_name().rsplit("-", 3)
    return f".~collect-xl-{computer or own}-{number}-{rest}"


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process as POSIX does")
def test_the_draft_of_a_killed_run_is_removed_by_the_next(tmp_path):
    """What a killed run left of a workbook is gone at the next write in its folder."""
    book = tmp_path / "clients.xlsx"
    subprocess.run([sys.executable, "-c", KILLED, str(book)], check=False)
    assert list(tmp_path.glob(".~*"))
    with Draft(book):
        assert len(list(tmp_path.glob(".~*"))) == 1
    assert not list(tmp_path.glob(".~*"))


@pytest.mark.skipif(sys.platform == "win32", reason="locks and links of POSIX")
def test_what_is_not_surely_ours_and_dead_stays(tmp_path):
    """Drafts of living runs and of other computers, links, folders and files of other names stay."""
    kept = {
        of_process(os.getpid()),
        of_process(DEAD, "00000000"),
        ".~collect-xl-notes.tmp",
        ".~lock.clients.xlsx#",
        "clients.tmp",
    }
    for name in kept:
        (tmp_path / name).touch()
    link, folder, hard = (of_process(DEAD) for _ in range(3))
    (tmp_path / link).symlink_to(tmp_path / "clients.tmp")
    (tmp_path / folder).mkdir()
    os.link(tmp_path / "clients.tmp", tmp_path / hard)
    (tmp_path / of_process(DEAD)).touch()
    with Draft(tmp_path / "clients.xlsx"):
        pass
    assert kept | {link, folder, hard} == {each.name for each in tmp_path.iterdir()}


@pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")
def test_a_draft_that_is_written_for_hours_stays(tmp_path, monkeypatch):
    """A draft whose run holds it is not removed, however old; without that sign of life it is."""
    book = tmp_path / "clients.xlsx"
    with Draft(book) as draft:
        old = time.time() - 2 * old_drafts._SETTLED
        os.utime(draft._path, (old, old))
        sweep(tmp_path)
        assert draft._path.exists()
    forgotten = tmp_path / of_process(os.getpid())
    forgotten.touch()
    os.utime(forgotten, (old, old))
    sweep(tmp_path)
    assert not forgotten.exists()
