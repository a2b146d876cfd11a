"""xlwings kept from what it would do to people's Excel behind our back: end programs, run macros, wait for ever."""

from __future__ import annotations

import atexit
import sys

__all__ = ["tame"]

_ENGINES = ("xlwings._xlwindows", "xlwings._xlmac")


def tame() -> None:
    """Take xlwings' own ends and retries away; to be called right after xlwings was imported.

    When Python ends, xlwings kills every Excel for Windows in which it sees no workbook (one that is just opening a
    large file, or that another program uses), and on macOS runs a macro called ``CleanUp``, whosever that is. While
    somebody edits a cell, it repeats a call to Excel for Windows without a pause and without an end, or takes nothing
    for the answer; after this such a call fails, and ``busy.patiently`` decides.
    """
    for name in _ENGINES:
        engine = sys.modules.get(name)
        if engine is None:
            continue
        if cleanup := getattr(engine, "cleanup", None):
            atexit.unregister(cleanup)
        vars(engine)["N_COM_ATTEMPTS"] = 1
