"""The window that asks for the API key: masked, proved with Collect, and kept in the store of the system."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collect_xl.addin.remedies import tip_of
from collect_xl.addin.windows import body, button_row, on_return, paragraph, pixels, show
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
    """Ask for the key and return it; None when the user cancelled.

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
        self.root = root
        self.secret: str | None = None
        self._door = door
        self._proved: str | None = None
        # Tk may be used by the thread of the window alone, so the thread that asks Collect answers through a queue.
        self._answers: queue.SimpleQueue[tuple[str, str | CollectXlError]] = queue.SimpleQueue()
        self._build(why)

    def _build(self, why: str) -> None:
        import tkinter as tk  # noqa: PLC0415  # there may be no Tk, which open_window has found out by now
        from tkinter import ttk  # noqa: PLC0415

        frame = body(self.root)
        paragraph(frame, "Your Collect API key", style="Title.TLabel")
        if why:
            paragraph(frame, why, style="Bad.TLabel")
        paragraph(frame, HELP)
        # The text is watched, not the keyboard: the mouse can paste, too.
        self._text = tk.StringVar(self.root)
        self._text.trace_add("write", lambda *_: self._show_next_step())
        self.entry = ttk.Entry(frame, show=DOT, width=52, textvariable=self._text)
        self.entry.pack(fill="x", pady=(0, pixels(frame, 8)))
        self.message = paragraph(frame, f"For {self._door.origin}", style="Quiet.TLabel")
        row = button_row(frame)
        self.cancel = ttk.Button(row, text="Cancel", command=self.root.destroy)
        self.go = ttk.Button(row, text="Check the key", command=self.next, default="active")
        self.go.pack(side="right")
        self.cancel.pack(side="right", padx=(0, pixels(frame, 8)))
        on_return(self.root, self.next)
        self.root.bind("<Escape>", lambda _: self.root.destroy())
        self.entry.focus_set()

    def next(self) -> None:
        """Do what the button says."""
        key = self._typed_key()
        if not key or self.go.instate(["disabled"]):
            return
        if key == self._proved:
            self._keep(key)
        else:
            self._check(key)

    def _typed_key(self) -> str:
        return str(self.entry.get()).strip()

    def _check(self, key: str) -> None:
        self.go.state(["disabled"])
        self._say("Asking Collect whose key this is ...", "Quiet.TLabel")
        threading.Thread(target=self._ask_collect, args=(key,), daemon=True).start()
        self._wait()

    def _ask_collect(self, key: str) -> None:
        answer: str | CollectXlError
        try:
            answer = self._door.prove(key)
        except CollectXlError as error:
            answer = error
        except Exception as error:  # noqa: BLE001  # without an answer the window would wait for ever
            answer = CollectXlError(f"The key could not be checked ({type(error).__name__}).")
        self._answers.put((key, answer))

    def _wait(self) -> None:
        try:
            key, answer = self._answers.get_nowait()
        except queue.Empty:
            self.root.after(50, self._wait)
            return
        self.go.state(["!disabled"])
        if key != self._typed_key():
            # Another key was typed meanwhile: the answer is not about that one.
            self._show_next_step()
        elif isinstance(answer, CollectXlError):
            todo = AGAIN if isinstance(answer, KeyRefused) else tip_of(answer)
            self._say(f"{answer.message} {todo}", "Bad.TLabel")
        else:
            self._proved = key
            self._say(f"This is the key of the team {answer}.", "Good.TLabel")
            self._show_next_step()

    def _keep(self, key: str) -> None:
        try:
            self._door.keep(key)
        except CollectXlError as error:
            self._say(f"{error.message} The key is used now, and asked for again next time.", "Bad.TLabel")
            self.go.configure(text="Go on", command=lambda: self._use(key))
            on_return(self.root, lambda: self._use(key))
            return
        self._use(key)

    def _use(self, key: str) -> None:
        self.secret = key
        self.root.destroy()

    def _show_next_step(self) -> None:
        """Name on the button what it does to the key that is typed now."""
        # Only a key that Collect has accepted can be used.
        is_proved = self._proved is not None and self._typed_key() == self._proved
        self.go.configure(text="Use this team" if is_proved else "Check the key", command=self.next)
        # Return may still use the key that could not be kept, which is not the typed one any more.
        on_return(self.root, self.next)

    def _say(self, words: str, style: str) -> None:
        self.message.configure(text=words, style=style)
