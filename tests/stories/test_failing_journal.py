"""A journal that fails while people are mailed: words, exit code and sheet say what was sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from collect_xl.testing import FakeCollect, faults
from support.books import make_book, results
from support.shell import Shell


@dataclass(frozen=True, slots=True)
class LosesTheJournal(faults.Fault):
    """Makes all requests; meanwhile the journal is deleted."""

    journal: Path

    def perform(self, call, world):
        """Delete the file, then do what the call asks."""
        self.journal.unlink()
        return world.perform(call)


@pytest.mark.slow
def test_journal_that_is_deleted_during_a_run(tmp_path):
    """Everybody who was mailed has the request on the row; the end counts them, and does not say "nothing was sent"."""
    with FakeCollect() as server:
        shell = Shell(tmp_path, server)
        journal = Path(shell.environ["COLLECT_XL_HISTORY"])
        server.on(LosesTheJournal(journal), nth=2)
        book = make_book(tmp_path / "clients.xlsx", 120)

        run = shell.send(book)

        requests = [cells["Collect request ID"] for cells in results(book).values()]
        mailed = [each.request_id for each in server.accepted]
    assert (len(mailed), sorted(filter(None, requests))) == (100, sorted(mailed))
    assert run.returncode == 4
    assert "50 sent" in run.stdout
    assert re.search(r"Unknown +50 ", run.stdout)
    assert "Nothing was sent" not in run.stdout + run.stderr
