"""The windows, opened on a screen and used as a person would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from collect_xl.addin import progress
from collect_xl.addin.progress import ANSWER_EVERY, ResponsiveEvent, WindowProcess
from support import screen


@pytest.fixture
def use(display):
    """Use a window; gives what was seen."""

    def do(story, display=display):
        done = subprocess.run(
            [screen.python_with_tk(), "-m", "support.window_driver", story],
            env={**os.environ, "DISPLAY": display, "PYTHONPATH": os.pathsep.join(screen.paths())},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return do


@pytest.fixture(scope="module")
def sharp_display(display):
    """The display of a screen at 200 %."""
    with screen.screen("2048x1536", dpi=192) as name:
        yield name


@pytest.fixture(scope="module")
def low_display(display):
    """The display of a projector at 200 %."""
    with screen.screen("1280x720", dpi=192) as name:
        yield name


@pytest.mark.slow
def test_windows_are_as_large_as_their_letters(use, sharp_display):
    """At 200 % all of a window is twice as large as at 100 %, and no line of the list is cut."""
    plain, sharp = use("sizes"), use("sizes", sharp_display)

    assert plain["line"] >= plain["letters"]
    assert sharp["line"] >= sharp["letters"] > 1.5 * plain["letters"]
    for part in ("row", "who", "padding", "wrap"):
        assert sharp[part] == pytest.approx(2 * plain[part], rel=0.05), part


@pytest.mark.slow
def test_windows_can_be_made_larger(use):
    """A list grows with its window, and its texts wrap at the new edge."""
    seen = use("resized")

    assert seen["resizable"] == [1, 1]
    assert seen["who after"] > seen["who before"]
    assert seen["wrap after"] > seen["wrap before"]


@pytest.mark.slow
def test_buttons_stay_in_sight_on_a_low_screen(use, low_display):
    """On a screen that is lower than the list its buttons are seen nevertheless."""
    seen = use("low", low_display)

    assert seen["bottom of the buttons"] <= seen["height of the screen"]


@pytest.mark.slow
def test_enter_presses_the_button_that_has_the_keyboard(use):
    """Enter on Cancel cancels, and elsewhere does what the window is for; another journal needs the button."""
    assert use("enter_on_cancel") == {"asked": 0, "gone": True}
    seen = use("enter_in_settings")
    assert (seen["me"], seen["journal"]) == ("ann@example.com", None)


def test_key_is_proved_before_it_is_kept(use):
    """The key is masked, Collect says whose it is, and only a second press keeps it."""
    seen = use("right_key")

    assert seen["shown"] == "\N{BULLET}"
    assert seen["seen"] == ["This is the key of the team ACME.", "Use this team"]
    assert (seen["kept before"], seen["kept"], seen["secret"]) == ([], ["right-key"], "right-key")


def test_wrong_key_is_not_kept(use):
    """A key that Collect refuses is said so, in words for a window, and is not kept."""
    seen = use("wrong_key")

    assert "Collect refused the API key" in seen["seen"][0]
    assert "collect-xl" not in seen["seen"][0]
    assert (seen["seen"][1], seen["kept"], seen["secret"]) == ("Check the key", [], None)


def test_other_key_must_be_proved_too(use):
    """A key that is typed after another was proved is not kept unseen."""
    seen = use("other_key_after_proof")

    assert seen["button"] == "Check the key"
    assert "refused" in seen["seen"][0]
    assert (seen["kept"], seen["secret"]) == ([], None)


def test_key_without_a_store_is_used_once(use):
    """Where the system keeps no keys, the key serves this time, and the window says so."""
    seen = use("no_store")

    assert "asked for again next time" in seen["said"]
    assert (seen["kept"], seen["before"], seen["secret"]) == ([], None, "right-key")


def test_key_that_was_not_kept_is_not_used_for_another(use):
    """Who types another key after that has it checked; the first one is not used in its place."""
    assert use("another_after_no_store") == {"secret": None}


def test_nothing_typed_asks_nobody(use):
    """The button does nothing without a key."""
    assert use("empty") == {"disabled": False, "secret": None}


def test_progress_is_shown_and_stop_is_said_once(use):
    """The window shows bar, counts and the last five errors; Stop is said once, and the run's end closes it."""
    seen = use("progress")

    assert (seen["title"], seen["counts"], seen["bar"]) == ("Sending 120 requests", "50 of 120 done", [120.0, 50.0])
    assert seen["errors"].split("\n") == [f"Row {number}: refused." for number in range(2, 7)]
    assert seen["out"] == "stop\n"
    assert "Stopping" in seen["note"]


def test_closing_the_window_asks_what_is_meant(use):
    """The first time it says that the run goes on, and where Stop is; the second time the window goes."""
    seen = use("closed")

    assert "does not stop the run" in seen["said"]
    assert "Collect tab" in seen["said"]
    assert seen["out"] == ""


def test_long_errors_leave_room_for_stop(use):
    """However much Collect says, the window fits a small screen; the whole text stands in the sheet."""
    seen = use("talkative")

    assert seen["height"] < 500
    assert seen["first"].startswith("Row 2: refused, because Collect says")
    assert seen["first"].endswith(" ...")


def test_words_can_be_read_on_any_background(use):
    """Errors, good news and hints stand out from a light and from a dark window, as WCAG asks (4.5 to 1)."""
    assert {name: value for name, value in use("dark").items() if value < 4.5} == {}


def test_window_of_a_run_that_died_says_so(use):
    """A run that was killed leaves a window that says where the truth is, and that can be closed."""
    seen = use("left_alone")

    assert "has been recorded" in seen["said"]
    assert seen["out"] == ""


@pytest.mark.slow
def test_settings_are_kept_for_this_user(use, monkeypatch):
    """Fields are saved where all of collect-xl finds them; a wrong one is said; the key is named, never shown."""
    monkeypatch.setenv("COLLECT_API_KEY", "secret-key")

    seen = use("settings")

    assert seen["key"] == "The API key comes from the environment variable COLLECT_API_KEY."
    assert (seen["nothing"], seen["right"], seen["wants key"]) == ("Nothing to save.", "Saved.", True)
    assert ("no e-mail address" in seen["wrong"], seen["before"], seen["me"]) == (True, None, "ann@example.com")


@pytest.mark.slow
def test_another_journal_must_be_said_twice(use):
    """With an empty journal people can be asked again: the first Save only warns."""
    seen = use("settings")

    assert "people who were asked may be asked again" in seen["first"]
    assert (seen["kept"], seen["second"]) == (None, "Saved.")
    assert seen["journal"] == "postgresql://db.example/collect"


def test_own_address_is_one_of_the_team(use):
    """The window offers the team's addresses, and keeps none that is refused."""
    seen = use("address")

    assert seen["offered"] == ["ann@example.com", "bob@example.com"]
    assert ("Nobody of the team" in seen["said"], seen["before"]) == (True, None)
    assert (seen["address"], seen["kept"]) == ("ann@example.com", ["ann@example.com"])


@pytest.mark.slow
def test_list_goes_to_the_chosen_row(use):
    """Each unfinished row is a line, the chosen one is gone to, and the list of a closed workbook closes."""
    seen = use("unfinished")

    assert seen["lines"][0] == ["3", "p3@example.com", "pending", "2026-12-31"]
    assert (seen["gone"], seen["said"]) == ([3, 7], "Row 7 is hidden.")


def test_stop_reaches_the_run(display, monkeypatch):
    """A press of Stop in the window's own process sets the run's stop, and the end of the run closes the window."""
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("COLLECT_API_KEY", "secret-key")
    if screen.python_with_tk() != sys.executable:  # then no window opens: see the next test
        return
    stop = threading.Event()

    with WindowProcess(stop) as shown:
        shown.tell({"title": "Sending 120 requests", "total": 120})
        shown.tell({"done": 50, "words": "50 of 120 done"})
        found = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "^Collect$"]
        subprocess.run([*found, "key", "Tab", "key", "space"], check=True, timeout=60, capture_output=True)
        assert stop.wait(60)
        environ = Path(f"/proc/{shown._process.pid}/environ").read_bytes()

    assert b"secret-key" not in environ
    assert shown._process.returncode == 0


def test_waiting_run_answers_windows(monkeypatch):
    """While a run waits, Windows is answered, or a workbook that is opened meanwhile would hang; Stop ends the wait."""
    answered = []
    monkeypatch.setitem(sys.modules, "pythoncom", SimpleNamespace(PumpWaitingMessages=lambda: answered.append(1)))
    stop = ResponsiveEvent()

    assert stop.wait(3 * ANSWER_EVERY) is False
    assert len(answered) > 1
    threading.Timer(0.05, stop.set).start()
    assert stop.wait(60) is True
    assert stop.wait(0) is True


def test_run_without_windows_goes_on(monkeypatch):
    """Without a screen no window opens, and telling it something harms nothing."""
    monkeypatch.delenv("DISPLAY", raising=False)
    stop = threading.Event()

    with WindowProcess(stop) as shown:
        shown._process.wait(60)
        for _ in range(3):
            shown.tell({"done": 50})

    assert shown._process.returncode == 3
    assert not stop.is_set()


def test_window_that_hangs_holds_nothing_up(monkeypatch):
    """A window that takes no more lines is not waited for, neither while the run goes on nor at its end."""
    monkeypatch.setattr(progress, "WINDOW", ("-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(progress, "PATIENCE", 0.2)
    ended = threading.Event()

    def run():
        with WindowProcess(threading.Event()) as shown:
            for _ in range(200):
                shown.tell({"error": "x" * 1_000})
        ended.set()

    threading.Thread(target=run, daemon=True).start()

    assert ended.wait(30)


def test_run_without_an_interpreter_goes_on(monkeypatch):
    """A window's process that cannot even be started is no reason to stop."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with WindowProcess(threading.Event()) as shown:
        shown.tell({"done": 50})

    assert progress.WINDOW[0] == "-I"
