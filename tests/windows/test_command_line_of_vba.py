"""The very command line that VBA starts, with Windows' own boxes: who sends, and who only ends a cell.

It is Wine, not Windows, and a stand-in, not Excel: see ``excel_process.py``. The keys are posted to the box, since no
person sits there; which button they mean is up to ``MessageBoxW`` of Wine.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from collect_xl.addin.boxes import SOON
from support.books import make_book
from support.waiting import until
from windows.excel_desk import USUAL_SETTINGS
from windows.excel_stand_in import ExcelDesk

FIND = """
import win32con, win32gui
box = win32gui.FindWindow("#32770", "Collect")
answer = None
if box and win32gui.IsWindowVisible(box):
    children = []
    win32gui.EnumChildWindows(box, lambda child, _: children.append(child), None)
    buttons = [child for child in children if win32gui.GetClassName(child) == "Button"]
    default = [
        win32gui.GetDlgCtrlID(child)
        for child in buttons
        if win32gui.GetWindowLong(child, win32con.GWL_STYLE) & 0xF == win32con.BS_DEFPUSHBUTTON
    ]
    answer = [list(map(win32gui.GetWindowText, children)), default, win32gui.GetWindow(box, win32con.GW_OWNER)]
"""
KEY = """
import win32con, win32gui
win32gui.PostMessage(win32gui.FindWindow("#32770", "Collect"), win32con.WM_KEYDOWN, key, 0)
"""
CLICK = """
import win32con, win32gui
win32gui.PostMessage(win32gui.GetDlgItem(win32gui.FindWindow("#32770", "Collect"), button), win32con.BM_CLICK, 0, 0)
"""
OK, CANCEL = 1, 2
RETURN, ESCAPE = 0x0D, 0x1B


@dataclass
class Pressed:
    """A button's process, and the boxes that it shows."""

    desk: ExcelDesk
    process: object

    def box(self) -> tuple[str, list[int], int]:
        """Wait for a box; return its words, its default buttons and the window that it belongs to."""
        seen = []
        until(lambda: seen.append(self.desk.excel(FIND)) or seen[-1], "a box", run=self.process, pause=0.1)
        texts, default, owner = seen[-1]
        return max(texts, key=len), default, owner

    def key(self, key: int) -> None:
        """Press a key in the box."""
        self.desk.excel(KEY, key=key)

    def click(self, button: int) -> None:
        """Click a button of the box."""
        self.desk.excel(CLICK, button=button)

    def code(self) -> int:
        """Wait for the end, and return the process' exit code."""
        return self.process.wait(120)


@pytest.fixture
def press(excel_desk, tmp_path, stand_in):
    """Press a button as VBA does: a process of ``pythonw``, which nothing waits for."""
    started = []

    def do(button: str, book: str = "clients.xlsx") -> Pressed:
        excel_desk.open(make_book(tmp_path / "clients.xlsx", 2))
        hwnd = excel_desk.excel("answer = excel.hwnd")
        program = stand_in.windows.python.with_name("pythonw.exe")
        words = ["-I", "-m", "collect_xl.addin", button, f"--wb={book}", "--from_xl=1", f"--hwnd={hwnd}"]
        started.append(stand_in.windows.start([program, *words], env=dict(excel_desk.environ)))
        return Pressed(excel_desk, started[-1])

    yield do
    for process in started:
        process.kill()
        process.wait(30)
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()


def test_enter_and_escape_send_nothing(press, excel_desk, server):
    """The question belongs to Excel's window, and Cancel is its default: Enter, as it ends a cell, sends nothing."""
    pressed = press("send")

    words, default, owner = pressed.box()
    pressed.key(RETURN)

    assert words.startswith("Send 2 requests?") or "OK: Send 2 requests." in words
    assert (default, owner) == ([CANCEL], excel_desk.excel("answer = excel.hwnd"))
    assert (pressed.code(), server.posts) == (0, [])
    assert excel_desk.settings == USUAL_SETTINGS


def test_click_sends(press, excel_desk, server):
    """OK, clicked when the question can have been read, sends; a box says how it ended, and Excel is as before."""
    pressed = press("send")
    pressed.box()
    time.sleep(SOON + 0.3)

    pressed.click(OK)
    until(lambda: server.posts, "the run", run=pressed.process)
    words, _, _ = pressed.box()
    pressed.key(ESCAPE)

    assert "2" in words
    assert (pressed.code(), len(server.accepted)) == (0, 2)
    assert excel_desk.column("D", (2, 3)) == ["pending"] * 2
    assert excel_desk.settings == USUAL_SETTINGS


def test_error_is_one_box(press):
    """A workbook that is not open any more is one box, and no traceback."""
    pressed = press("check", book="other.xlsx")

    words, _, _ = pressed.box()
    pressed.key(RETURN)

    assert "No workbook called other.xlsx is open." in words
    assert pressed.code() == 1
