"""Buttons in an Excel that is busy, ends, or is not alone: no one is asked twice, and no results are lost.

It is Wine, not Windows, and a stand-in, not Excel: see ``excel_process.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from collect_xl.testing import faults
from support.books import make_book
from windows.excel_desk import USUAL_SETTINGS
from windows.excel_stand_in import Remote


@dataclass(frozen=True)
class Meanwhile(faults.Fault):
    """No fault: lets the test do something while a call is answered."""

    happens: Callable[[], object]

    def perform(self, call, world):
        """Let it happen, then do what the call asks."""
        self.happens()
        return super().perform(call, world)


@pytest.fixture
def opened(excel_desk, tmp_path):
    """Give a computer with three people in an open workbook."""
    excel_desk.open(make_book(tmp_path / "clients.xlsx", 3))
    return excel_desk


@pytest.fixture
def other_excel(stand_in):
    """Start another Excel."""
    made = Remote(stand_in.windows, "excel_process.py")
    made.do("answer = None")
    yield made
    made.end()


CALLS = (
    "Application.Hwnd", "Application.StatusBar=", "Workbook.FullName", "Range.Value", "Range.Value=", "Range.Formula",
    "Range.NumberFormat=", "Range.Hidden", "Hyperlinks.Add", "Hyperlink.TextToDisplay=", "Sheets._NewEnum",
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_send_goes_on_where_calls_are_rejected(opened, server, call):
    """Whichever calls Excel rejects, everybody is asked once, and each row has its result in the end."""
    excel_desk = opened
    excel_desk.excel(
        "def busy():\n"
        "    calls.rejected.update(range(len(calls.log) + 1, len(calls.log) + 3))\n"
        "calls.before[call] = (1, busy)",
        call=call,
    )

    told = excel_desk.press("send", answers=["yes"])

    assert len(server.accepted) == 3
    if excel_desk.column("D", (2, 3, 4)) != ["pending"] * 3:
        excel_desk.press("refresh")
    assert (told.code, excel_desk.column("D", (2, 3, 4))) == (0, ["pending"] * 3)
    assert excel_desk.excel("answer = list(calls.before)") == []
    assert excel_desk.settings == USUAL_SETTINGS
    excel_desk.press("send")
    assert len(server.accepted) == 3


def test_excel_that_stays_busy_sends_nothing(opened, server):
    """An Excel that is busy from the beginning is one box, which says what to do."""
    opened.excel("calls.rejects_all = True")
    words = ["send", "--wb=clients.xlsx", "--from_xl=1"]

    seen = opened.stand_in.button.do("answer = press(words, [], environ)", words=words, environ=dict(opened.environ))
    opened.excel("calls.forget()")

    assert (seen["code"], server.posts) == (1, [])
    assert "Press Enter or Escape in Excel" in seen["boxes"][-1][0]


def test_excel_that_is_busy_for_good_when_the_answer_comes(opened, server):
    """Results that cannot be written are kept: the next button writes them, and no one is asked again."""
    server.on(Meanwhile(lambda: opened.excel("calls.rejects_all = True")), nth=1)

    told = opened.press("send", answers=["yes"])
    opened.excel("calls.forget()")

    assert len(server.accepted) == 3
    assert "Excel is busy" in " ".join(told.said)
    assert opened.column("D", (2, 3, 4)) == [""] * 3
    opened.press("send")
    assert (opened.column("D", (2, 3, 4)), len(server.accepted)) == (["pending"] * 3, 3)


@pytest.mark.parametrize("call", ["Range.Value=", "Range.NumberFormat=", "Hyperlinks.Add"])
def test_excel_that_ends_while_results_are_written(opened, server, tmp_path, call):
    """Excel crashes in the middle of a write: a box says so, and a new Excel gets the results without a request."""
    opened.excel("calls.before[call] = (1, die)", call=call)

    told = opened.press("send", answers=["yes"])

    assert len(server.accepted) == 3
    assert told.said[-1]
    opened.stand_in.begin()
    opened.open(tmp_path / "clients.xlsx")
    opened.press("send")
    assert (opened.column("D", (2, 3, 4)), len(server.accepted)) == (["pending"] * 3, 3)


def test_protected_sheet_sends_nothing(opened, server):
    """Whose results could not be written back is not asked."""
    opened.excel("excel.books.active.wb['Contacts'].protection.sheet = True")

    told = opened.press("send")

    assert (told.code, server.posts) == (1, [])
    assert "protected" in told.said[0]


def test_workbook_in_a_cloud_is_warned_of(opened, server):
    """Its place is the address that Excel has; no path is looked for, and the question warns that others share it."""
    opened.excel("excel.quirks.cloud = True")

    told = opened.press("send", answers=["no"])

    assert "This workbook is shared with others" in told.asked[0]
    assert server.posts == []


@pytest.mark.parametrize("said", ["Collect is starting ...", "FALSE", "Ready"])
def test_status_bar_is_excels_own_in_the_end(opened, said):
    """Neither VBA's words about starting nor Excel's own, given as a text, stay in the status bar."""
    opened.excel("excel.settings['status_bar'] = said", said=said)

    opened.press("check")

    assert opened.settings == USUAL_SETTINGS


def test_excel_of_the_pressed_button_is_taken(opened, other_excel, tmp_path, server):
    """Two Excels have a workbook of one name: the one in which the button was pressed gets the results."""
    (tmp_path / "other").mkdir()
    path = make_book(tmp_path / "other" / "clients.xlsx", 1)
    other_excel.do("open_book(path)", path=opened.stand_in.windows.windows_path(path))

    opened.press("send-first", answers=["yes"])

    assert (opened.column("D", [2]), other_excel.do("answer = sum(calls.counts.values())")) == (["pending"], 0)


def test_two_of_one_name_are_not_guessed(opened, other_excel, tmp_path, server):
    """Where the window is gone, and two workbooks have the name, none is taken."""
    (tmp_path / "other").mkdir()
    path = make_book(tmp_path / "other" / "clients.xlsx", 1)
    other_excel.do("open_book(path)", path=opened.stand_in.windows.windows_path(path))
    words = ["send", "--wb=clients.xlsx", "--from_xl=1", "--hwnd=1"]

    seen = opened.stand_in.button.do("answer = press(words, [], environ)", words=words, environ=dict(opened.environ))

    assert (seen["code"], server.posts) == (1, [])
    assert seen["boxes"][0][0].startswith("2 workbooks called clients.xlsx are open.")


HINDRANCES = {
    "it hangs": "import time; time.sleep(8)",
    "it gives no object, as in Protected View": "windows.answers = False",
    "it is busy": "calls.rejects_all = True",
    "it has no workbook": "answer = None",
}


@pytest.mark.parametrize("hindrance", HINDRANCES.values(), ids=HINDRANCES.keys())
def test_other_excel_is_no_hindrance(opened, other_excel, server, hindrance):
    """Another Excel, whatever is wrong with it, is not asked where the button's own window is there."""
    other_excel.begin(hindrance)

    opened.press("send", answers=["yes"])

    other_excel.finish()
    assert len(server.accepted) == 3
    assert opened.column("D", (2, 3, 4)) == ["pending"] * 3


def test_second_press_while_a_run_is_on(opened, server, stand_in):
    """While a run is on, another press sends nothing, says whose run it is, and leaves Excel as it is."""
    other = Remote(stand_in.windows, "button_process.py")
    hwnd = opened.excel("answer = excel.hwnd")
    words = ["send", "--wb=clients.xlsx", "--from_xl=1", f"--hwnd={hwnd}"]
    seen = []

    def again():
        seen.append(other.do("answer = press(words, [], environ)", words=words, environ=dict(opened.environ)))

    server.on(Meanwhile(again), nth=1)
    try:
        opened.press("send", answers=["yes"])
    finally:
        other.end()

    assert seen[0]["boxes"][0][0].startswith("A run is still on. clients.xlsx is being worked on by")
    assert len(server.accepted) == 3
    assert opened.settings == USUAL_SETTINGS
