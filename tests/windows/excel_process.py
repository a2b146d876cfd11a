"""The process of the Excel that is served over COM: its windows, by which xlwings finds it, and its objects.

It is Wine, not Windows, and a stand-in, not Excel: it shows what our code, xlwings' own engine for Windows, pywin32 and
COM do together, not what Excel decides. Started by ``excel_stand_in.py``.
"""

from __future__ import annotations

import ctypes
from dataclasses import fields

import pythoncom
import win32api
import win32con
import win32gui

from support.excel_engine import SETTINGS, Engine
from support.excel_quirks import Quirks
from support.live_book import LiveBook
from windows import excel_filter, windows_remote
from windows.excel_com import CALLS, die, handed_out, refuse
from windows.excel_objects import Application, Window
from windows.wire_values import packed, unpacked

_ASKED_FOR_OBJECT, _NATIVE = 0x3D, -16
"""WM_GETOBJECT, with OBJID_NATIVEOM."""
_DISPATCH = "{00020400-0000-0000-C000-000000000046}"
_CLASSES = (("XLMAIN", win32con.WS_OVERLAPPEDWINDOW), ("XLDESK", win32con.WS_CHILD), ("EXCEL7", win32con.WS_CHILD))


class Guid(ctypes.Structure):
    """The name of an interface."""

    _fields_ = (("a", ctypes.c_ulong), ("b", ctypes.c_ushort), ("c", ctypes.c_ushort), ("d", ctypes.c_byte * 8))


class Windows:
    """The windows of this Excel, one for each workbook; each leads to its object."""

    def __init__(self, application) -> None:
        self.answers = True
        """Whether a window that is asked for Excel's object has one, as it has not in Protected View."""
        self._guid = Guid()
        ctypes.oledll.ole32.CLSIDFromString(_DISPATCH, ctypes.byref(self._guid))
        self._native = handed_out(Window(application)).QueryInterface(pythoncom.IID_IDispatch)
        self._hand_over = ctypes.windll.oleacc.LresultFromObject
        self._hand_over.restype = ctypes.c_ssize_t
        self._hand_over.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        self._module = win32api.GetModuleHandle(None)
        for name, _ in _CLASSES:
            kind = win32gui.WNDCLASS()
            kind.lpszClassName, kind.lpfnWndProc, kind.hInstance = name, self._message, self._module
            win32gui.RegisterClass(kind)

    def open(self, title: str) -> int:
        """Open a window, and return its handle."""
        parent, first = 0, 0
        for name, style in _CLASSES:
            parent = win32gui.CreateWindow(
                name, title, style | win32con.WS_VISIBLE, 0, 0, 400, 300, parent, 0, self._module, None
            )
            first = first or parent
        return first

    def close(self, window: int) -> None:
        """Close one."""
        win32gui.DestroyWindow(window)

    def _message(self, window, message, first, second):
        is_question = message == _ASKED_FOR_OBJECT and ctypes.c_int32(second & 0xFFFFFFFF).value == _NATIVE
        if is_question and self.answers:
            pointer = int(repr(self._native).split("obj at ")[1].rstrip(">"), 16)
            return self._hand_over(ctypes.byref(self._guid), first, pointer)
        return win32gui.DefWindowProc(window, message, first, second)


class Process:
    """What a test can do in this process, by name."""

    def __init__(self) -> None:
        self.excel = Engine().apps.add()
        self.windows = Windows(Application(self.excel))
        self._first_window = self.windows.open("Excel")
        self.reset()

    def reset(self) -> None:
        """Close all workbooks, and be as Excel is when it has just been started."""
        excel = self.excel
        excel.books._open.clear()
        usual = Quirks()
        for each in fields(Quirks):
            setattr(excel.quirks, each.name, getattr(usual, each.name))
        excel.settings.update(SETTINGS)
        excel.statuses.clear()
        excel.selection = None
        excel.hwnd = self._first_window
        for window in excel.other_windows:
            self.windows.close(window)
        excel.other_windows.clear()
        self.windows.answers = True
        CALLS.forget()

    def open_book(self, path: str) -> None:
        """Open a workbook, and begin to count calls."""
        self.excel.books.open(path)
        CALLS.forget()

    def new_book(self) -> LiveBook:
        """Open a workbook that was never saved, and return it as it is in a person's hands."""
        book = LiveBook(self.excel)
        CALLS.forget()
        return book

    def open_window(self, title: str) -> int:
        """Open another window of this Excel, in front of the first one, and return its handle."""
        window = self.windows.open(title)
        self.excel.other_windows.append(window)
        return window

    def names(self) -> dict[str, object]:
        """Return what pieces of Python of a test may use."""
        names = ("excel", "windows", "reset", "new_book", "open_book", "open_window")
        own = {name: getattr(self, name) for name in names}
        return {**own, "calls": CALLS, "die": die, "refuse": refuse, "packed": packed, "unpacked": unpacked}


def main() -> None:
    """Serve an Excel without a workbook, and do what the test says."""
    pythoncom.CoInitialize()
    excel_filter.register()
    windows_remote.obey(Process().names())


main()
