"""The very command line that VBA starts, in a process of its own, against Excel's engine and a Collect on a socket."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass

import pytest

from collect_xl.testing import faults
from support import screen
from support.books import make_book, results
from support.excel import ButtonProcess
from support.waiting import until

WHAT = (
    "Send 120 requests as Sandbox & Co?\n\n"
    'Sandbox & Co team: send 120 requests in 3 batches for campaign Yearly documents, round "2026-11".'
)


@pytest.fixture
def process(user, tmp_path):
    """Excel's process, that starts buttons."""
    place = tmp_path / "excel"
    place.mkdir()
    made = ButtonProcess(place, os.environ)
    yield made
    made.end()


@pytest.mark.slow
def test_send_fills_120_rows_in_three_batches(process, server, tmp_path):
    """One question, one yes: three calls, every row filled, Excel as it was before, one alert at the end."""
    book = make_book(tmp_path / "clients.xlsx", 120, options={"Round": "2026-11"})

    told = process.press("send", book, answers=["yes"])

    assert (told.code, told.output) == (0, "")
    (question,) = told.asked
    assert question.startswith(f"{WHAT}\n\n120 people will get an e-mail.\n\nDue as the campaign says.\n\n")
    assert "which is not Collect's own address" in question
    assert question.endswith("\n\nOK: Send 120 requests. Cancel: nothing is done.")
    assert told.said[1:] == ["120 sent. Results are in the Collect columns."]
    assert len(server.posts) == 3
    filled = results(book)
    assert {row: each["Collect status"] for row, each in filled.items()} == dict.fromkeys(range(2, 122), "pending")
    mailed = {each.email: each.request_id for each in server.accepted}
    assert {row: each["Collect request ID"] for row, each in filled.items()} == {
        row: mailed[f"p{row}@example.com"] for row in range(2, 122)
    }
    assert told.settings == {"screen_updating": True, "calculation": "automatic", "status_bar": False}
    assert any("50 of 120 done (50 sent), about" in str(line) for line in told.status)


@pytest.mark.slow
def test_name_with_signs_finds_its_workbook(process, server, tmp_path):
    """A workbook may have an equals sign, blanks, accents and a per cent sign in its name."""
    book = make_book(tmp_path / "a=b & Łukasz 100 %.xlsx", 1)

    assert process.press("send", book, answers=["yes"]).said[-1].startswith("1 sent.")
    assert len(server.accepted) == 1


@pytest.mark.slow
def test_key_is_asked_for_in_a_window(process, server, tmp_path, display):
    """Without a key a masked window asks for it, and the run goes on with it; no terminal is needed."""
    book = make_book(tmp_path / "clients.xlsx", 3)
    if screen.python_with_tk() != process.base:  # then there is no window, and the alert says what to do
        assert "Install Tk" in process.press("send", book, COLLECT_API_KEY="").said[0]
        return
    started = process.start("send", book, answers=["yes"], COLLECT_API_KEY="", DISPLAY=display)
    window = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "^Collect$"]
    environ = {**os.environ, "DISPLAY": display}

    subprocess.run(window, env=environ, check=True, timeout=60, stdout=subprocess.DEVNULL)
    subprocess.run(["xdotool", "type", "--delay", "10", server.key], env=environ, check=True, timeout=60)
    told = process.wait(started, meanwhile=["xdotool", "key", "Return"], environ=environ)

    assert told.said[-1].startswith("3 sent.")
    assert len(server.accepted) == 3


@pytest.mark.slow
def test_stop_ends_a_run_between_two_batches(process, server, tmp_path, display):
    """Stop lets the batch on its way come to its end; no other is begun, and every row says what became of it."""
    if screen.python_with_tk() != process.base:  # then there is no window, and no button to press
        return
    book, gate = make_book(tmp_path / "clients.xlsx", 120), threading.Event()
    server.on(Held(gate), nth=1)
    environ = {**os.environ, "DISPLAY": display}
    found = ["xdotool", "search", "--sync", "--onlyvisible", "--name"]

    started = process.start("send", book, answers=["yes"], DISPLAY=display)
    subprocess.run([*found, "^Collect$", "key", "Tab", "key", "space"], env=environ, check=True, timeout=60)
    subprocess.run([*found, "^Collect: stopping$"], env=environ, check=True, timeout=60, stdout=subprocess.DEVNULL)
    gate.set()
    told = process.wait(started)

    assert len(server.posts) == 1
    assert told.said[-1].startswith("50 sent, 70 not reached.")
    assert "Stopped as asked" in told.said[-1]
    shown = [each["Collect status"] for each in results(book).values()]
    assert (shown.count("pending"), shown.count("skipped")) == (50, 70)


@dataclass(frozen=True)
class Held(faults.Fault):
    """Answers once the test lets it."""

    gate: threading.Event

    def perform(self, call, world):
        """Do what the call asks, and wait."""
        answer = super().perform(call, world)
        self.gate.wait(60)
        return answer


@pytest.mark.slow
def test_killed_button_leaves_unknown_rows_that_look_up_finds(process, server, tmp_path):
    """A process killed with a batch on its way forgets no person: the next press says so and asks no person twice."""
    book, gate = make_book(tmp_path / "clients.xlsx", 2), threading.Event()
    server.on(Held(gate), nth=1)
    started = process.start("send", book, answers=["yes"])
    until(lambda: server.posts, run=started)
    started.kill()
    started.communicate(timeout=60)
    gate.set()

    told = process.press("look-up", book)

    assert told.said == ["2 were sent, 0 were not sent, 0 still unknown."]
    assert len(server.accepted) == 2
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}
