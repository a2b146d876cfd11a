"""``collect-xl demo`` and ``sandbox``: the whole job on a fake server, apart from the user's key and journal."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collect_xl.cli.answers import SendAnswers
from collect_xl.cli.exits import ATTENTION
from collect_xl.cli.option_values import stop_on_signals
from collect_xl.cli.refresh import run_refresh
from collect_xl.cli.screen import Screen
from collect_xl.cli.send_one import Order, run_send
from collect_xl.domain.rows import Choices
from collect_xl.journal import open_journal
from collect_xl.resources import shipped
from collect_xl.testing import FakeCollect, furnish, let_age
from collect_xl.testing.ageing import CAMPAIGNS
from collect_xl.workflow.open import Paths, who_runs

SAMPLE = "sample_workbooks/clients_120.xlsx"
OURS = (
    *("COLLECT_API_KEY", "COLLECT_API_KEY_FILE", "COLLECT_API_URL", "COLLECT_XL_HISTORY"),
    *("COLLECT_XL_LIMIT", "COLLECT_XL_DAILY_LIMIT", "COLLECT_XL_PER_MINUTE", "COLLECT_XL_LIST_LAG"),
)
"""The variables that lead to a real account, or that bound it: none of them may be seen by the demo."""

_DONE = (0, ATTENTION)
"""Exit codes of a demo that went well: some rows are wrong on purpose, and one e-mail does not arrive."""

_MEANINGS = {
    "pending": "pending",
    "waiting": "waiting for you to look at what came in",
    "completed": "completed",
    "due": "due",
    "error": "not delivered",
}
"""The statuses of a demo, in words."""

LIST_LAG = "1"
"""Seconds; the lists of the fake server lag behind by nothing."""


def run_demo(folder: Path | None) -> int:
    """Copy the sample, send it to a server that lives as long as the command, refresh it, and say what is next."""
    screen = Screen(next_steps=False)
    book = _copy_sample(folder)
    screen.say(f"A copy of the sample with 120 contacts: {book}")
    with tempfile.TemporaryDirectory(prefix="collect-xl-demo-") as journal, FakeCollect() as server:
        furnish(server.account)
        screen.say("A Collect server made for this demo listens on this computer. No one gets an e-mail.")
        screen.say("")
        with _pointed_to(server.url, server.key, Path(journal) / "journal.sqlite3"):
            code = run_send(Order(Paths(book), Choices(), SendAnswers(yes=True, terminal=False)), screen)
            if code in _DONE:
                code = _refresh_later(server, book, screen)
    screen.say("")
    screen.say(f"Open the filled workbook: {book}")
    screen.say("Next, a workbook for your own contacts:")
    screen.say(f"  {_command()} new clients.xlsx")
    return 0 if code in _DONE else code


def _refresh_later(server: FakeCollect, book: Path, screen: Screen) -> int:
    """Let the contacts of the demo get on with their requests, and write how these stand then."""
    let_age(server)
    screen.say("")
    screen.say("Some days later (in this demo: at once), a refresh asks Collect how the requests stand.")
    code = run_refresh(Paths(book), screen)
    statuses = Counter(request["status"] for request in server.account.requests.values())
    counts = [f"{statuses[status]} {meaning}" for status, meaning in _MEANINGS.items() if statuses[status]]
    screen.say(f"The sheet shows now: {', '.join(counts)}.")
    return code


def run_sandbox(port: int, folder: Path | None, *, lively: bool = False) -> int:
    """Run the fake server until Ctrl-C, and print what points this tool to it.

    Args:
        port: 0 takes a free one.
        folder: where its journal is kept; None makes one.
        lively: whether requests get on between two looks.
    """
    screen = Screen()
    place = folder or Path(tempfile.mkdtemp(prefix="collect-xl-sandbox-"))
    place.mkdir(parents=True, exist_ok=True)
    with FakeCollect(port=port) as server, stop_on_signals() as stop:
        furnish(server.account)
        if lively:
            let_age(server)
        screen.say("A fake Collect server is running. In another terminal:")
        journal = place.resolve() / "journal.sqlite3"
        open_journal(str(journal), who=who_runs()).close()  # a run in the night finds it there
        variables = {"API_KEY": server.key, "API_URL": server.url, "XL_HISTORY": journal, "XL_LIST_LAG": LIST_LAG}
        for name, value in variables.items():
            screen.say(f"{'set' if os.name == 'nt' else 'export'} COLLECT_{name}={value}")
        screen.say("Ctrl-C ends it.")
        screen.say(f"Its open campaigns: {', '.join(CAMPAIGNS)}.")
        if lively:
            screen.say(
                "Requests get on: each refresh finds more of them waiting, completed or due, and one undelivered."
            )
        else:
            screen.say("Requests stay as they are sent; with --lively each refresh finds them further along.")
        stop.wait()
        screen.say(f"It accepted {len(server.accepted)} requests.")
    return 0


def _command() -> str:
    """Return how this program is called here, so that the next command can be pasted."""
    typed = Path(sys.argv[0])
    # What is not in the path, as right after an installation into .venv, is called as it was now.
    if shutil.which("collect-xl") or typed.stem != "collect-xl":
        return "collect-xl"
    return str(typed)


def _copy_sample(folder: Path | None) -> Path:
    """Put a copy where nothing is overwritten."""
    place = folder or _fresh(Path.cwd() / "collect-xl-demo")
    place.mkdir(parents=True, exist_ok=True)
    book = _fresh(place / "clients.xlsx")
    # "x" makes a new file only: a link that leads nowhere would else choose where it is made
    with shipped(SAMPLE).open("rb") as sample, book.open("xb") as copy:
        shutil.copyfileobj(sample, copy)
    return book


def _fresh(wanted: Path) -> Path:
    candidates = (wanted, *(wanted.with_stem(f"{wanted.stem}-{number}") for number in range(2, 1000)))
    return next((each for each in candidates if not os.path.lexists(each)), wanted)


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
