"""What all windows of the add-in share: they open in front of Excel, in the system's own look, where there is Tk."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tkinter as tk
    from tkinter import ttk

PAD = 16
"""Pixels between a window's edge and what it holds."""

COLOURS = {  # on a light background, on a dark one
    "Good.TLabel": ("#1a6b2d", "#7fd494"),
    "Bad.TLabel": ("#a3140c", "#ff9a8f"),
    "Quiet.TLabel": ("#555555", "#b5b5b5"),
}
_MIDDLE = 3 * 0x8000
"""Half of the light that a screen gives, of three colours."""

_WIDTH = 440


def open_window(title: str) -> tk.Tk | None:
    """Return a window, not shown yet; None where this Python or this session has no windows."""
    try:
        import tkinter as tk  # noqa: PLC0415  # Linux packages and some builds of Python leave Tk out

        _be_sharp()
        root = tk.Tk()
    except (ImportError, RuntimeError):
        return None
    except Exception as error:
        if type(error).__name__ == "TclError":  # no screen
            return None
        raise
    root.withdraw()
    root.title(title)
    root.resizable(width=False, height=False)
    _dress(root)
    return root


def show(root: tk.Tk) -> None:
    """Show a window in the middle of the screen, in front of Excel once, and let it be covered afterwards."""
    root.update_idletasks()
    left = (root.winfo_screenwidth() - root.winfo_reqwidth()) // 2
    top = (root.winfo_screenheight() - root.winfo_reqheight()) // 3
    root.geometry(f"+{max(left, 0)}+{max(top, 0)}")
    root.deiconify()
    root.update()  # what is not on the screen yet cannot be given the keyboard
    root.lift()
    root.attributes("-topmost", True)  # Tk's own words
    root.after(500, lambda: root.attributes("-topmost", False))
    (root.focus_lastfor() or root).focus_force()  # the field that was chosen, not the window around it


def paragraph(parent: tk.Misc, words: str = "", *, style: str = "TLabel") -> ttk.Label:
    """Return a label that wraps, packed under what is there."""
    from tkinter import ttk  # noqa: PLC0415

    label = ttk.Label(parent, text=words, wraplength=_WIDTH, justify="left", style=style)
    label.pack(anchor="w", fill="x", pady=(0, 8))
    return label


def button_row(parent: tk.Misc) -> ttk.Frame:
    """Return the row at the bottom of a window, whose buttons stand at the right."""
    from tkinter import ttk  # noqa: PLC0415

    row = ttk.Frame(parent)
    row.pack(fill="x", pady=(8, 0))
    return row


def _dress(root: tk.Tk) -> None:
    from tkinter import ttk  # noqa: PLC0415

    style = ttk.Style(root)
    if style.theme_use() == "default":  # X11, whose default looks like 1990
        style.theme_use("clam")
    background = style.lookup("TFrame", "background") or root.cget("background")
    root.configure(background=background)
    if style.theme_use() == "clam":  # elsewhere the system paints its own bar
        style.configure("TProgressbar", background="#2f6fb2", troughcolor="#c9c6c0")
    style.configure("Title.TLabel", font=("TkDefaultFont", 14, "bold"))
    dark = sum(root.winfo_rgb(background)) < _MIDDLE  # macOS, where the user wants it so
    for label, colours in COLOURS.items():
        style.configure(label, foreground=colours[dark])


def _be_sharp() -> None:
    """Ask Windows for real pixels, instead of a window that is blown up and blurred."""
    if sys.platform == "win32":
        with suppress(Exception):
            import ctypes  # noqa: PLC0415

            ctypes.windll.shcore.SetProcessDpiAwareness(1)
