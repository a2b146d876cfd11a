"""What all windows of the add-in share: they open in front of Excel, in the system's own look, where there is Tk."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tkinter as tk
    from tkinter import ttk

_PAD = 16
"""Pixels between a window's edge and what it holds; these and all others as on a screen of 96 to the inch."""

# Style, its colour on a light background, and on a dark one.
COLOURS = {
    "Good.TLabel": ("#1a6b2d", "#7fd494"),
    "Bad.TLabel": ("#a3140c", "#ff9a8f"),
    "Quiet.TLabel": ("#555555", "#b5b5b5"),
}
_MIDDLE = 3 * 0x8000
"""Half of the light that a screen gives, of three colours."""

_WIDTH = 440
_NARROWEST = 200
_ROW_GAP = 6
_LOWEST = 200
_TASKBAR = 80
_COMMON_SCALING = 96 / 72
"""Tk's pixels a point on a screen of 96 to the inch."""
_TOPMOST_FOR = 500
"""Milliseconds: long enough to be seen in front of Excel."""


def open_window(title: str) -> tk.Tk | None:
    """Return a hidden window; None where windows cannot be opened."""
    try:
        import tkinter as tk  # noqa: PLC0415  # Linux packages and some builds of Python leave Tk out

        be_sharp()
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
    _dress(root)
    return root


def show(root: tk.Tk) -> None:
    """Show a window in the middle of the screen, in front of Excel."""
    root.update_idletasks()
    screen_width, screen_height = root.winfo_screenwidth(), root.winfo_screenheight()
    width, height = root.winfo_reqwidth(), root.winfo_reqheight()
    most = screen_height - pixels(root, _TASKBAR)
    if height > most:
        # What is below the screen's edge could not be pressed.
        root.geometry(f"{width}x{most}")
        height = most
    left = max((screen_width - width) // 2, 0)
    top = max((screen_height - height) // 3, 0)
    root.geometry(f"+{left}+{top}")
    root.minsize(min(width, screen_width), min(height, pixels(root, _LOWEST)))
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


def pixels(widget: tk.Misc, number: int) -> int:
    """Return as many pixels as look like this number of them on a screen of 96 to the inch."""
    scaling = float(widget.tk.call("tk", "scaling"))
    # On macOS a pixel of Tk's is a point, whatever the screen.
    return round(number * max(scaling / _COMMON_SCALING, 1))


def body(root: tk.Tk) -> ttk.Frame:
    """Return the frame that holds all of a window."""
    from tkinter import ttk  # noqa: PLC0415

    frame = ttk.Frame(root, padding=pixels(root, _PAD))
    frame.pack(fill="both", expand=True)
    return frame


def paragraph(parent: tk.Misc, words: str = "", *, style: str = "TLabel") -> ttk.Label:
    """Return a label that wraps at the window's edge, packed under what is there."""
    from tkinter import ttk  # noqa: PLC0415

    label = ttk.Label(parent, text=words, wraplength=pixels(parent, _WIDTH), justify="left", style=style)
    label.pack(anchor="w", fill="x", pady=(0, pixels(parent, 8)))
    narrowest = pixels(parent, _NARROWEST)
    label.bind("<Configure>", lambda event: label.configure(wraplength=max(event.width, narrowest)))
    return label


def button_row(parent: tk.Misc, *, first: bool = False) -> ttk.Frame:
    """Return the row of buttons at the bottom of a window.

    Args:
        parent: what holds it.
        first: packed before what is above it, so that it stays in sight however low the window is.
    """
    from tkinter import ttk  # noqa: PLC0415

    row = ttk.Frame(parent)
    row.pack(fill="x", side="bottom" if first else "top", pady=(pixels(parent, 8), 0))
    return row


def on_return(root: tk.Tk, do: Callable[[], object]) -> None:
    """Let Enter do something, unless the keyboard is on a button: then it presses that one."""
    from tkinter import ttk  # noqa: PLC0415

    def press(_: object) -> None:
        focused = root.focus_get()
        if isinstance(focused, ttk.Button):
            focused.invoke()
        else:
            do()

    for key in ("<Return>", "<KP_Enter>"):
        root.bind(key, press)


def _dress(root: tk.Tk) -> None:
    """Set theme, fonts and colours."""
    from tkinter import ttk  # noqa: PLC0415
    from tkinter.font import Font  # noqa: PLC0415

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
    # Tk's own rows are as high as on a screen of 96 to the inch, and would cut letters in half.
    letters = Font(root=root, font="TkDefaultFont").metrics("linespace")
    style.configure("Treeview", rowheight=letters + pixels(root, _ROW_GAP))
    # macOS, where the user has chosen dark windows.
    is_dark = sum(root.winfo_rgb(background)) < _MIDDLE
    for label, (on_light, on_dark) in COLOURS.items():
        style.configure(label, foreground=on_dark if is_dark else on_light)


def be_sharp() -> None:
    """Ask Windows for real pixels instead of a blurred enlargement; before the first window or box of the process."""
    if sys.platform == "win32":
        with suppress(Exception):
            import ctypes  # noqa: PLC0415

            ctypes.windll.shcore.SetProcessDpiAwareness(1)
