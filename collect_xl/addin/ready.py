"""What a started Python says of itself before it is relied on: whether all that a button needs can be imported."""

from __future__ import annotations

import importlib
import json
import sys
from importlib.metadata import PackageNotFoundError, version

from collect_xl.addin.buttons import BUTTONS
from collect_xl.excel.find_workbook import tame
from collect_xl.excel.native_calls import take_own_type_cache

READY = "--ready"
"""The harmless word, in place of a button's."""

_BUTTON_MODULES = {button.function.partition(":")[0] for button in BUTTONS}

NEEDED = (
    *sorted(_BUTTON_MODULES),
    "collect_xl.addin.ribbon",
    "collect_xl.excel.open_workbook",
    "keyring",
    "requests",
    "sqlalchemy",
    "sqlite3",
    "ssl",
    "xlwings",
)
"""What buttons import sooner or later; compiled parts that a half-installed Python lacks show here."""

_WINDOWS = ("pythoncom", "win32com.client")
"""pywin32, through which xlwings talks to Excel for Windows."""


def say_ready() -> int:
    """Print one line of JSON; return 0 when everything can be imported."""
    take_own_type_cache()
    needed = NEEDED
    if sys.platform == "win32":
        needed = (*NEEDED, *_WINDOWS)
    trouble = {}
    for name in needed:
        words = _trouble(name)
        if words:
            trouble[name] = words
    # xlwings is loaded now, and when Python ends it would end an Excel of the user's.
    tame()
    report = {
        "collect-xl": _version("collect-xl"),
        "xlwings": _version("xlwings"),
        "windows": not _trouble("tkinter"),
        "trouble": trouble,
    }
    sys.stdout.write(json.dumps(report) + "\n")
    return 1 if trouble else 0


def _trouble(name: str) -> str:
    """Return why a module cannot be imported; empty when it can."""
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001  # a broken package may fail in any way
        return f"{type(error).__name__}: {error}"
    return ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
