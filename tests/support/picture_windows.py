"""Opens a window of the add-in with the words on its input, says so, and keeps it open until it is ended.

Run by a Python that has Tk: ``python -m support.picture_windows progress`` or ``question``.
"""

from __future__ import annotations

import io
import json
import queue
import sys

from collect_xl.addin import progress_window, windows

DRAWN = 1500
"""Milliseconds after which a window is on the screen."""


def progress(root, words):
    """Show a run that is on its way."""
    lines = queue.SimpleQueue()
    progress_window.ProgressWindow(root, lines, io.StringIO())
    windows.show(root)
    lines.put(json.dumps(words))
    root.after(DRAWN, say_so)
    root.mainloop()


def question(root, words):
    """Show the question before a send, which Excel shows in a box of its own."""
    from tkinter import messagebox  # noqa: PLC0415  # there is Tk, as the window shows

    root.after(DRAWN, say_so)
    messagebox.askyesno("Collect", words["question"], parent=root, default="no")


def say_so():
    """Tell who waits for it that the window is there."""
    sys.stdout.write("drawn\n")
    sys.stdout.flush()


if __name__ == "__main__":
    {"progress": progress, "question": question}[sys.argv[1]](windows.open_window("Collect"), json.load(sys.stdin))
