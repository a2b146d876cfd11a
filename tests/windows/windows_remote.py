"""A process of the Windows Python that does what the test says: lines of JSON come in, and one goes out for each.

Each line has a piece of Python, which may leave what is asked for in ``answer``. It runs in the thread that also
answers COM, between two calls.
"""

from __future__ import annotations

import io
import json
import os
import queue
import sys
import threading
import traceback
from contextlib import redirect_stdout

import pythoncom
import win32event

_LONGEST_PAUSE = 1_000


def obey(names: dict[str, object]) -> None:
    """Do what comes in until nothing comes any more.

    Args:
        names: what the pieces of Python may use, and keep between two of them.
    """
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    came = win32event.CreateEvent(None, False, False, None)

    def listen() -> None:
        for line in sys.stdin:
            lines.put(line)
            win32event.SetEvent(came)
        lines.put("")
        win32event.SetEvent(came)

    threading.Thread(target=listen, daemon=True).start()
    out = sys.stdout
    _say(out, {"ready": os.getpid()})
    while True:
        win32event.MsgWaitForMultipleObjects([came], False, _LONGEST_PAUSE, win32event.QS_ALLINPUT)
        pythoncom.PumpWaitingMessages()
        while not lines.empty():
            line = lines.get()
            if not line:
                return
            _say(out, _done(json.loads(line), names))


def _done(asked: dict[str, object], names: dict[str, object]) -> dict[str, object]:
    names.update(asked["names"])
    names["answer"] = None
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            exec(asked["code"], names)
    except BaseException:  # noqa: BLE001  # whatever ended the piece is said where it came from
        return {"error": traceback.format_exc(), "printed": printed.getvalue()}
    return {"answer": names["answer"], "printed": printed.getvalue()}


def _say(out, message: dict[str, object]) -> None:
    out.write(json.dumps(message, default=str) + "\n")
    out.flush()
