"""The progress window: a process of its own that shows the lines on its input; Stop is a line on its output.

It knows nothing of Excel, Collect or the journal, and the run does not depend on it: a window that cannot open, is
closed or dies changes nothing but what is seen.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from textwrap import shorten
from typing import IO, TYPE_CHECKING, Any

from collect_xl.addin.windows import body, button_row, open_window, paragraph, pixels, show

if TYPE_CHECKING:
    import tkinter as tk

MOST_ERRORS = 5
"""The last errors that are shown; all of them are in the sheet."""

LONGEST_ERROR = 160
"""Characters that are shown of each: whatever Collect says, Stop stays on a small screen."""

CLOSING = (
    "Closing this window does not stop the run. To stop it press Stop, here or in the Collect tab; to hide this window "
    "close it once more."
)
LEFT_ALONE = "The run stopped unexpectedly. Everything that was sent has been recorded. Press Send or Refresh status."


class ProgressWindow:
    """A bar, counts, the last errors, and Stop.

    Args:
        root: the window.
        lines: where the run says how it stands; None is its end.
        out: where ``stop`` is written.
    """

    def __init__(self, root: tk.Tk, lines: queue.SimpleQueue[str | None], out: IO[str]) -> None:
        self.root = root
        self._lines = lines
        self._out = out
        self._errors: list[str] = []
        self._build()
        self._read()

    def _build(self) -> None:
        from tkinter import ttk  # noqa: PLC0415  # there may be no Tk, which open_window has found out by now

        frame = body(self.root)
        self.title = paragraph(frame, "Sending ...", style="Title.TLabel")
        self.bar = ttk.Progressbar(frame, length=pixels(frame, 440), mode="determinate")
        self.bar.pack(fill="x", pady=(0, pixels(frame, 8)))
        self.counts = paragraph(frame)
        self.errors = paragraph(frame, style="Bad.TLabel")
        self.note = paragraph(frame, "You can go on working in Excel.", style="Quiet.TLabel")
        self.stop = ttk.Button(button_row(frame), text="Stop", command=self.ask_stop)
        self.stop.pack(side="right")
        self._was_closed_once = False
        self.root.protocol("WM_DELETE_WINDOW", self.close)

    def close(self) -> None:
        """Ask what is meant; closed once more, the window goes, and the run goes on."""
        if self._was_closed_once:
            self.root.destroy()
            return
        self._was_closed_once = True
        self.note.configure(text=CLOSING, style="Bad.TLabel")

    def ask_stop(self) -> None:
        """Ask the run to stop once the batch in flight is answered."""
        # A batch in flight cannot be called back, and pressing twice would not make it faster.
        self.stop.state(["disabled"])
        self.note.configure(text="Stopping after the batch that is on its way ...")
        self._out.write("stop\n")
        self._out.flush()
        self.root.title("Collect: stopping")

    def _read(self) -> None:
        while not self._lines.empty():
            line = self._lines.get_nowait()
            if line is None:
                self._left_alone()
                return
            if not self._show(json.loads(line)):
                return
        self.root.after(50, self._read)

    def _show(self, message: dict[str, Any]) -> bool:
        """Show a message of the run; return False once it has ended."""
        if message.get("end"):
            self.root.destroy()
            return False
        if "title" in message:
            self.title.configure(text=message["title"])
        if "total" in message:
            # A bar of no length would be full from the start.
            self.bar.configure(maximum=max(message["total"], 1))
        if "done" in message:
            self.bar.configure(value=message["done"])
        if "words" in message:
            self.counts.configure(text=message["words"])
        if message.get("error"):
            self._show_error(message["error"])
        return True

    def _show_error(self, error: str) -> None:
        self._errors.append(shorten(error, LONGEST_ERROR, placeholder=" ..."))
        del self._errors[:-MOST_ERRORS]
        self.errors.configure(text="\n".join(self._errors))

    def _left_alone(self) -> None:
        self._was_closed_once = True
        self.note.configure(text=LEFT_ALONE, style="Bad.TLabel")
        self.stop.configure(text="Close", command=self.root.destroy)
        self.stop.state(["!disabled"])


def main() -> int:
    """Show the window until the run ends; 3 where there are no windows."""
    root = open_window("Collect")
    if root is None:
        return 3
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin, lines), daemon=True).start()
    ProgressWindow(root, lines, sys.stdout)
    show(root)
    root.mainloop()
    return 0


def _listen(source: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in source:
        lines.put(line)
    lines.put(None)


if __name__ == "__main__":
    raise SystemExit(main())
