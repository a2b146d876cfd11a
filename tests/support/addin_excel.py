"""An Excel in memory (pyOpenVBA) that runs the add-in's own VBA, with a Windows or a macOS around it that records."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.exceptions import VBARuntimeError
from pyopenvba.interpreter import NOTHING, VBAObject, _preprocess, member, method

__all__ = ["AddinExcel", "addin_excel", "windows_words"]


class Control(VBAObject):
    """What the ribbon hands to a callback."""

    vba_type_name = "IRibbonControl"

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag

    @member
    def Tag(self) -> str:  # noqa: N802  # VBA's names
        return self.tag


class Environment(VBAObject):
    """Variables of the process."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: dict[str, str] = {}

    def vba_get(self, name, args=(), named=None):  # noqa: ARG002  # pyOpenVBA's signature
        return self.variables[args[0]]

    def vba_set(self, name, value, args=(), named=None, *, by_ref=False):  # noqa: ARG002
        self.variables[args[0]] = value


class Shell(VBAObject):
    """``WScript.Shell``."""

    def __init__(self, excel: AddinExcel) -> None:
        super().__init__()
        self.excel = excel

    @method
    def Environment(self, kind):  # noqa: ARG002, N802
        return self.excel.variables

    @method
    def Run(self, command, style, wait):  # noqa: N802
        if self.excel.policy:
            raise VBARuntimeError(70, self.excel.policy)
        self.excel.started.append((command, int(style), bool(wait)))
        return 0


class FileSystem(VBAObject):
    """``Scripting.FileSystemObject``."""

    def __init__(self, excel: AddinExcel) -> None:
        super().__init__()
        self.excel = excel

    @method
    def FileExists(self, path):  # noqa: N802
        return path not in self.excel.missing


class AddinExcel:
    """Excel with the add-in loaded and, at first, no workbook open."""

    def __init__(self, addin: Path) -> None:
        self.app = ExcelApplication.open(addin)
        self.addin = self.app.workbooks()[0]
        self.variables = Environment()
        self.started: list[tuple[str, int, bool]] = []
        self.scripts: list[tuple[str, ...]] = []
        self.missing: set[str] = set()
        self.policy = ""
        self.answer: str | None = ""
        self.instead: dict[str, object] = {"hwnd": 4711, "activeprotectedviewwindow": NOTHING}
        self._pin()

    def open(self, name: str) -> VBAObject:
        """Open a workbook of that name, in front."""
        book = self.app.add_workbook()
        book.name = name
        return book

    def press(self, callback: str, tag: str) -> None:
        """Press a button, as the ribbon does."""
        self.app.run(callback.rpartition(".")[2], Control(tag))

    @property
    def told(self) -> list[str]:
        """What message boxes said."""
        return [text for _, text, _, _ in self.app.interpreter.dialogs]

    def words(self) -> list[str]:
        """Return the words of the only program that was started on Windows."""
        ((line, _, _),) = self.started
        return windows_words(line, self.variables.variables)

    def _pin(self) -> None:
        application, host = self.app.application, self.app.interpreter.host
        application._this_workbook = self.addin
        application.active_book = None
        kept = application.vba_get
        application.vba_get = lambda name, *rest, **named: (
            self.instead[name.lower()] if name.lower() in self.instead else kept(name, *rest, **named)
        )
        objects = {"wscript.shell": Shell(self), "scripting.filesystemobject": FileSystem(self)}
        host.create = lambda name: objects[name.lower()]
        knows, calls = host.has_global_member, host.call_global
        host.has_global_member = lambda name: name.lower() == "applescripttask" or knows(name)
        host.call_global = lambda name, args, named: (
            self._script(*args) if name.lower() == "applescripttask" else calls(name, args, named)
        )

    def _script(self, file: str, handler: str, parameter: str) -> str:
        self.scripts.append((file, handler, parameter))
        if self.answer is None:
            raise VBARuntimeError(5, "no such script")
        return self.answer


@contextmanager
def addin_excel(addin: Path, *, mac: bool = False) -> Iterator[AddinExcel]:
    """Give an Excel of one system; which one decides what the compiler of VBA sees."""
    before = _preprocess.DEFAULT_CONSTANTS["Mac"]
    _preprocess.DEFAULT_CONSTANTS["Mac"] = mac
    try:
        yield AddinExcel(addin)
    finally:
        _preprocess.DEFAULT_CONSTANTS["Mac"] = before


def windows_words(line: str, variables: dict[str, str]) -> list[str]:
    """Return the words that ``WScript.Shell.Run`` hands to a program: variables replaced once, then split."""
    known = {"PATH": "C:\\surprise", **variables}
    expanded = re.sub(r"%([^%]+)%", lambda found: known.get(found[1], found[0]), line)
    reader = shlex.shlex(expanded.replace("\\", "\\\\").replace('\\\\"', '\\"'), posix=True, punctuation_chars="")
    reader.whitespace_split, reader.commenters, reader.quotes = True, "", '"'
    return list(reader)
