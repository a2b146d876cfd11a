"""``collect-xl demo`` and ``sandbox``: the whole job on a fake server, apart from the user's key and journal."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collect_xl.cli.answers import SendAnswers
from collect_xl.cli.option_values import stop_on_signals
from collect_xl.cli.screen import Screen
from collect_xl.cli.send_one import Order, run_send
from collect_xl.domain.rows import Choices
from collect_xl.journal import open_journal
from collect_xl.resources import shipped
from collect_xl.testing import FakeCollect
from collect_xl.workflow.open import Paths, who_runs

SAMPLE = "sample_workbooks/clients_120.xlsx"
OURS = (
    *("COLLECT_API_KEY", "COLLECT_API_KEY_FILE", "COLLECT_API_URL", "COLLECT_XL_HISTORY"),
    *("COLLECT_XL_LIMIT", "COLLECT_XL_DAILY_LIMIT", "COLLECT_XL_PER_MINUTE", "COLLECT_XL_LIST_LAG"),
)
"""The variables that lead to a real account, or that bound it: none of them may be seen by the demo."""

LIST_LAG = "1"
"""Seconds; the lists of the fake server lag behind by nothing."""


def run_demo(folder: Path | None) -> int:
    """Copy the sample, send it to a server that lives as long as the command, and say where the result lies."""
    screen = Screen()
    book = _copy_sample(folder)
    screen.say(f"A copy of the sample with 120 contacts: {book}")
    with tempfile.TemporaryDirectory(prefix="collect-xl-demo-") as journal, FakeCollect() as server:
        screen.say("A Collect server made for this demo listens on this computer. Nobody gets an e-mail.\n")
        with _pointed_to(server.url, server.key, Path(journal) / "journal.sqlite3"):
            code = run_send(Order(Paths(book), Choices(), SendAnswers(yes=True, terminal=False)), screen)
        screen.say(f"\nThe server accepted {len(server.accepted)} requests. Open the filled workbook: {book}")
    return 0 if code == 3 else code  # noqa: PLR2004  # some rows are wrong on purpose


def run_sandbox(port: int, folder: Path | None) -> int:
    """Run the fake server until Ctrl-C, and print what points this tool to it."""
    screen = Screen()
    place = folder or Path(tempfile.mkdtemp(prefix="collect-xl-sandbox-"))
    place.mkdir(parents=True, exist_ok=True)
    with FakeCollect(port=port) as server, stop_on_signals() as stop:
        screen.say("A fake Collect server is running. In another terminal:")
        journal = place.resolve() / "journal.sqlite3"
        open_journal(str(journal), who=who_runs()).close()  # a run in the night finds it there
        variables = {"API_KEY": server.key, "API_URL": server.url, "XL_JOURNAL": journal, "XL_LIST_LAG": LIST_LAG}
        for name, value in variables.items():
            screen.say(f"{'set' if os.name == 'nt' else 'export'} COLLECT_{name}={value}")
        screen.say("Ctrl-C ends it.")
        stop.wait()
        screen.say(f"It accepted {len(server.accepted)} requests.")
    return 0


def _copy_sample(folder: Path | None) -> Path:
    """Put a copy where nothing is overwritten."""
    place = folder or _fresh(Path.cwd() / "collect-xl-demo")
    place.mkdir(parents=True, exist_ok=True)
    book = place / "clients.xlsx"
    shutil.copyfile(shipped(SAMPLE), book)
    return book


def _fresh(wanted: Path) -> Path:
    candidates = (wanted, *(wanted.with_name(f"{wanted.name}-{number}") for number in range(2, 1000)))
    return next((each for each in candidates if not each.exists()), wanted)


@contextmanager
def _pointed_to(url: str, key: str, journal: Path) -> Iterator[None]:
    """Point this process to the demo's server and journal, whatever the user's own settings are."""
    before = {name: os.environ.pop(name, None) for name in OURS}
    ours = {"COLLECT_API_KEY": key, "COLLECT_API_URL": url, "COLLECT_XL_HISTORY": str(journal)}
    os.environ.update({**ours, "COLLECT_XL_LIST_LAG": LIST_LAG})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
