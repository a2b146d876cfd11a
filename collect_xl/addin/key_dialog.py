"""The window that asks for the API key: masked, proved with Collect, and kept in the store of the system."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collect_xl.addin.windows import PAD, button_row, paragraph, show
from collect_xl.addin.words import for_buttons
from collect_xl.errors import CollectXlError, KeyRefused

if TYPE_CHECKING:
    import tkinter as tk

DOT = "\N{BULLET}"
HELP = (
    "Copy it from the bottom of your profile page in Collect, and paste it here. It is kept in the store of your "
    "operating system, never in the workbook."
)
AGAIN = "Copy it again from the bottom of your profile page in Collect."


@dataclass(frozen=True, slots=True)
class KeyDoor:
    """What the window does with a key."""

    prove: Callable[[str], str]
    """Ask Collect whose key it is, and return the team's name; raises ``CollectXlError``."""
    keep: Callable[[str], str]
    """Keep it, and return where; raises ``CollectXlError`` where there is no store."""
    origin: str
    """The address of the API, which the key is kept for."""


def ask_key(root: tk.Tk, door: KeyDoor, why: str = "") -> str | None:
    """Ask for the key and return it once it is proved and the team was seen; None when somebody cancelled.

    Args:
        root: a window, from ``open_window``.
        door: what is done with the key.
        why: why it is asked for, where that is not plain.
    """
    dialog = KeyDialog(root, door, why)
    show(root)
    root.mainloop()
    return dialog.secret


class KeyDialog:
    """Two steps: *Check the key* shows whose it is, *Use this team* keeps it.

    The team's name is shown before anything is kept, since a key of the wrong team would ask people in its name.
    """

    def __init__(self, root: tk.Tk, door: KeyDoor, why: str) -> None:
        self.root, self._door = root, door
        self.secret: str | None = None
        self._proved: str | None = None
        self._answers: queue.SimpleQueue[tuple[str, str | CollectXlError]] = queue.SimpleQueue()
        self._build(why)

    def _build(self, why: str) -> None:
        import tkinter as tk  # noqa: PLC0415  # there may be no Tk, which open_window has found out by now
        from tkinter import ttk  # noqa: PLC0415

        frame = ttk.Frame(self.root, padding=PAD)
        frame.pack(fill="both", expand=True)
        paragraph(frame, "Your Collect API key", style="Title.TLabel")
        if why:
            paragraph(frame, why, style="Bad.TLabel")
        paragraph(frame, HELP)
        text = tk.StringVar(self.root)
        text.trace_add("write", lambda *_: self._typed())  # a paste by mouse is no key
        self.entry = ttk.Entry(frame, show=DOT, width=52, textvariable=text)
        self.entry.pack(fill="x", pady=(0, 8))
        self._text = text
        self.said = paragraph(frame, f"For {self._door.origin}", style="Quiet.TLabel")
        row = button_row(frame)
        self.cancel = ttk.Button(row, text="Cancel", command=self.root.destroy)
        self.go = ttk.Button(row, text="Check the key", command=self.next, default="active")
        self.go.pack(side="right")
        self.cancel.pack(side="right", padx=(0, 8))
        self.root.bind("<Return>", lambda _: self.next())
        self.root.bind("<Escape>", lambda _: self.root.destroy())
        self.entry.focus_set()

    def next(self) -> None:
        """Do what the button says."""
        typed = self.entry.get().strip()
        if not typed or self.go.instate(["disabled"]):
            return
        if typed == self._proved:
            self._keep(typed)
        else:
            self._ask(typed)

    def _ask(self, typed: str) -> None:
        self.go.state(["disabled"])
        self._say("Asking Collect whose key this is ...", "Quiet.TLabel")
        threading.Thread(target=self._prove, args=(typed,), daemon=True).start()
        self._wait()

    def _prove(self, typed: str) -> None:
        try:
            self._answers.put((typed, self._door.prove(typed)))
        except CollectXlError as error:
            self._answers.put((typed, error))
        except Exception as error:  # noqa: BLE001  # a window that waits for ever is worse than a word too few
            self._answers.put((typed, CollectXlError(f"The key could not be checked ({type(error).__name__}).")))

    def _wait(self) -> None:
        try:
            typed, answer = self._answers.get_nowait()
        except queue.Empty:
            self.root.after(50, self._wait)
            return
        self.go.state(["!disabled"])
        if typed != self.entry.get().strip():
            self._typed()
        elif isinstance(answer, CollectXlError):
            todo = AGAIN if isinstance(answer, KeyRefused) else for_buttons(answer.tip)
            self._say(f"{answer.message} {todo}", "Bad.TLabel")
        else:
            self._proved = typed
            self._say(f"This is the key of the team {answer}.", "Good.TLabel")
            self._typed()

    def _keep(self, typed: str) -> None:
        try:
            self._door.keep(typed)
        except CollectXlError as error:
            self._say(f"{error.message} The key is used now, and asked for again next time.", "Bad.TLabel")
            self.go.configure(text="Go on", command=lambda: self._use(typed))
            self.root.bind("<Return>", lambda _: self._use(typed))
            return
        self._use(typed)

    def _use(self, typed: str) -> None:
        self.secret = typed
        self.root.destroy()

    def _typed(self) -> None:
        """Say what the button does to what stands there now: only the key that was proved can be used."""
        is_proved = self._proved is not None and self.entry.get().strip() == self._proved
        self.go.configure(text="Use this team" if is_proved else "Check the key", command=self.next)
        self.root.bind("<Return>", lambda _: self.next())  # not the key that could not be kept, once another is typed

    def _say(self, words: str, style: str) -> None:
        self.said.configure(text=words, style=style)
