"""The boxes of the systems: what each key means, and that no box is shown twice."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from collect_xl.addin import boxes
from collect_xl.addin.boxes import Box, mac_box, show, windows_box
from collect_xl.errors import WorkbookRefused
from support.excel_person import TIMED_OUT, Additions, AppleError, Person
from support.excel_quirks import Meter, Quirks

QUESTION = Box("Send 253 requests?", "question", "Send 253 requests")
WINDOW = 4711
KEYS = {"yes": True, "no": False, "enter": False, "enter late": False, "escape": False}


@pytest.fixture
def person():
    """A person before an Excel with one window."""
    return Person(lambda: [WINDOW], Meter(Quirks()))


@pytest.fixture(params=["Windows", "macOS"])
def ask(request, person):
    """Ask her on each system."""
    app = SimpleNamespace(hwnd=WINDOW, pid=815)
    if request.param == "Windows":
        return lambda: windows_box(app, QUESTION, person.message_box)
    return lambda: mac_box(app, QUESTION, lambda _: Additions(person))


@pytest.mark.parametrize(("key", "is_yes"), KEYS.items(), ids=KEYS.keys())
def test_only_the_button_itself_means_yes(ask, person, key, is_yes):
    """Enter and Escape mean no, however long the box has been there."""
    person.answers = [key]

    assert ask() is is_yes
    assert len(person.shown) == 1


def test_letter_answers_nothing(ask, person):
    """A letter that was meant for a cell presses no button."""
    person.answers = ["y", "no"]

    assert ask() is False


def test_box_says_what_its_buttons_do(ask, person):
    """The question stands first; on Windows, whose buttons have no words of their own, it says what OK does."""
    ask()

    assert person.shown[0][0].startswith("Send 253 requests?")


def test_answer_after_lunch_counts(ask, person):
    """No box times out, so that none is shown again and no answer is lost."""
    person.answers = ["lunch"]

    assert ask() is True
    assert len(person.shown) == 1


def test_window_that_is_gone(person):
    """A box whose window was closed is shown without it, once; one that Windows never shows is an error."""
    gone = SimpleNamespace(hwnd=815)

    assert windows_box(gone, QUESTION, person.message_box) is True
    assert len(person.shown) == 1
    with pytest.raises(WorkbookRefused):
        windows_box(gone, QUESTION, lambda *_: 0)


def test_message_is_no_question(person):
    """A message has one button, and is no yes."""
    app = SimpleNamespace(hwnd=WINDOW, pid=815)

    assert windows_box(app, Box("Done.", "warning"), person.message_box) is False
    assert mac_box(app, Box("Done.", "information"), lambda _: Additions(person)) is False
    assert [(buttons, mode) for _, _, buttons, mode in person.shown] == [("ok", "critical"), ("ok", "info")]


def test_box_that_failed_is_not_shown_again(monkeypatch):
    """A time-out of the system leaves open whether the box was seen: it is an error, not another box."""
    shown = []

    def fail(app, box):
        shown.append(box)
        raise AppleError(TIMED_OUT, "Apple event timed out.")

    monkeypatch.setattr(boxes, "SYSTEMS", {boxes.sys.platform: fail})

    with pytest.raises(WorkbookRefused, match="timed out"):
        show(None, QUESTION)
    assert shown == [QUESTION]


@pytest.mark.parametrize(("seconds", "answer"), [(0.2, "too soon"), (30, "yes")])
def test_yes_before_anyone_could_read(monkeypatch, seconds, answer):
    """A yes in the first moment is none."""
    times = iter([100.0, 100.0 + seconds])
    monkeypatch.setattr(boxes, "clock", lambda: next(times))
    monkeypatch.setattr(boxes, "SYSTEMS", {boxes.sys.platform: lambda *_: True})

    assert show(None, QUESTION) == answer
