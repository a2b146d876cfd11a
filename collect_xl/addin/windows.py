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

# Style, its colour on a light background, and on a dark one.
COLOURS = {
    "Good.TLabel": ("#1a6b2d", "#7fd494"),
    "Bad.TLabel": ("#a3140c", "#ff9a8f"),
    "Quiet.TLabel": ("#555555", "#b5b5b5"),
}
_MIDDLE = 3 * 0x8000
"""Half of the light that a screen gives, of three colours."""

_WIDTH = 440
_TOPMOST_FOR = 500
"""Milliseconds: long enough to be seen in front of Excel."""


def open_window(title: str) -> tk.Tk | None:
    """Return a hidden window; None where windows cannot be opened."""
    try:
        import tkinter as tk  # noqa: PLC0415  # Linux packages and some builds of Python leave Tk out

        _be_sharp()
        root = tk.Tk()
    except (ImportError, RuntimeError):
        return None
    except Exception as error:
        # No screen. The class is compared by name, since tkinter is not imported where Tk is missing.
        if type(error).__name__ == "TclError":
            return None
        raise
    root.withdraw()
    root.title(title)
    root.resizable(width=False, height=False)
    _dress(root)
    return root


def show(root: tk.Tk) -> None:
    """Show a window in the middle of the screen, in front of Excel."""
    root.update_idletasks()
    left = max((root.winfo_screenwidth() - root.winfo_reqwidth()) // 2, 0)
    top = max((root.winfo_screenheight() - root.winfo_reqheight()) // 3, 0)
    root.geometry(f"+{left}+{top}")
    root.deiconify()
    # What is not on the screen yet cannot be given the keyboard.
    root.update()
    root.lift()
    # In front once; afterwards the user may cover it.
    root.attributes("-topmost", True)
    root.after(_TOPMOST_FOR, lambda: root.attributes("-topmost", False))
    # The keyboard goes to the field that was chosen, not to the window around it.
    focused = root.focus_lastfor() or root
    focused.focus_force()


def paragraph(parent: tk.Misc, words: str = "", *, style: str = "TLabel") -> ttk.Label:
    """Return a label that wraps, packed under what is there."""
    from tkinter import ttk  # noqa: PLC0415

    label = ttk.Label(parent, text=words, wraplength=_WIDTH, justify="left", style=style)
    label.pack(anchor="w", fill="x", pady=(0, 8))
    return label


def button_row(parent: tk.Misc) -> ttk.Frame:
    """Return the row of buttons at the bottom of a window."""
    from tkinter import ttk  # noqa: PLC0415

    row = ttk.Frame(parent)
    row.pack(fill="x", pady=(8, 0))
    return row


def _dress(root: tk.Tk) -> None:
    """Set theme, fonts and colours."""
    from tkinter import ttk  # noqa: PLC0415

    style = ttk.Style(root)
    # X11, whose default theme looks like 1990.
    if style.theme_use() == "default":
        style.theme_use("clam")
    background = style.lookup("TFrame", "background") or root.cget("background")
    root.configure(background=background)
    # With other themes the system paints its own bar.
    if style.theme_use() == "clam":
        style.configure("TProgressbar", background="#2f6fb2", troughcolor="#c9c6c0")
    style.configure("Title.TLabel", font=("TkDefaultFont", 14, "bold"))
    # macOS, where the user has chosen dark windows.
    is_dark = sum(root.winfo_rgb(background)) < _MIDDLE
    for label, (on_light, on_dark) in COLOURS.items():
        style.configure(label, foreground=on_dark if is_dark else on_light)


def _be_sharp() -> None:
    """Ask Windows for real pixels instead of a blurred enlargement."""
    if sys.platform == "win32":
        with suppress(Exception):
            import ctypes  # noqa: PLC0415

            ctypes.windll.shcore.SetProcessDpiAwareness(1)
