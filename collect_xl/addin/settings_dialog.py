"""The button Settings, and the small window that asks for the user's own address; nothing is kept in a workbook."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from collect_xl.addin.button_context import Afterwards, ButtonContext
from collect_xl.addin.connect import key_door
from collect_xl.addin.key_dialog import DOT, ask_key
from collect_xl.addin.log import log_file
from collect_xl.addin.remedies import tip_of
from collect_xl.addin.windows import body, button_row, on_return, open_window, paragraph, pixels, show
from collect_xl.config.credentials import delete_key, key_status
from collect_xl.config.settings import ConfigName, Settings, config_file, load_settings, set_config
from collect_xl.errors import CollectXlError, KeyMissing, UsageError

if TYPE_CHECKING:
    import tkinter as tk

FIELDS: tuple[tuple[ConfigName, str, str], ...] = (
    ("me", "Your e-mail address", "Where Send a test to me goes."),
    (
        "history",
        "Journal",
        "The memory of who was asked. Empty: on this computer; postgresql://... for a team.",
    ),
    ("url", "Collect's address", "Leave it empty unless Collect gave you another one."),
)

ANOTHER_JOURNAL = (
    "Another send history knows nothing of what this one remembers: people who were asked may be asked again. Copy the "
    "memory first (collect-xl history merge). Press Save once more to use the other send history nevertheless."
)


def settings(context: ButtonContext) -> Afterwards:
    """Show the settings of this user until the window is closed.

    Raises:
        UsageError: this Python has no windows.
    """
    context.front.status(None)
    root = context.front.window()
    if root is None:
        raise UsageError(
            "This Python cannot open a window.",
            tip="Install Tk for it, or in a terminal run: python -m collect_xl key set (and config set)",
        )
    return lambda: show_settings(root)


def show_settings(root: tk.Tk | None) -> None:
    """Show the settings, and the window for the key where the user asks for it."""
    # The window for the key replaces the one of the settings, which opens again when the key is done.
    while root is not None and _wants_key(root):
        window = open_window("Collect")
        if window is not None:
            ask_key(window, key_door(load_settings(os.environ)))
        root = open_window("Collect")


def _wants_key(root: tk.Tk) -> bool:
    """Show the settings; return whether the user asked to change the key."""
    dialog = SettingsDialog(root, load_settings(os.environ))
    show(root)
    root.mainloop()
    return dialog.wants_key


def ask_address(root: tk.Tk, keep: Callable[[str], object], addresses: Sequence[str] = ()) -> str | None:
    """Ask for the user's own address and keep it; None when the user cancelled.

    Args:
        root: a window, from ``open_window``.
        keep: keeps the address; raises ``CollectXlError`` where it is none that can be.
        addresses: what the user may choose from.
    """
    dialog = AddressDialog(root, keep, addresses)
    show(root)
    root.mainloop()
    return dialog.address


class AddressDialog:
    """One field, which is kept once it holds an address."""

    def __init__(self, root: tk.Tk, keep: Callable[[str], object], addresses: Sequence[str] = ()) -> None:
        from tkinter import ttk  # noqa: PLC0415  # there may be no Tk, which open_window has found out by now

        self.root = root
        self._keep = keep
        self.address: str | None = None
        frame = body(root)
        paragraph(frame, "Your own e-mail address", style="Title.TLabel")
        paragraph(frame, "The test goes there, and nowhere else. It is asked once; Settings changes it.")
        self.entry = ttk.Combobox(frame, width=50, values=list(addresses))
        self.entry.pack(fill="x", pady=(0, pixels(frame, 8)))
        self.message = paragraph(frame, style="Bad.TLabel")
        row = button_row(frame)
        ttk.Button(row, text="OK", command=self.accept, default="active").pack(side="right")
        ttk.Button(row, text="Cancel", command=root.destroy).pack(side="right", padx=(0, pixels(frame, 8)))
        on_return(root, self.accept)
        root.bind("<Escape>", lambda _: root.destroy())
        self.entry.focus_set()

    def accept(self) -> None:
        """Keep what was typed, if it is an address."""
        address = self.entry.get().strip()
        if not address:
            return
        try:
            self._keep(address)
        except CollectXlError as error:
            self.message.configure(text=f"{error.message} {tip_of(error)}")
            return
        self.address = address
        self.root.destroy()


class SettingsDialog:
    """The key, three fields, and where things are."""

    def __init__(self, root: tk.Tk, kept: Settings) -> None:
        self.root = root
        self._kept = kept
        self.wants_key = False
        self._warned = False
        self.entries: dict[ConfigName, tk.Entry] = {}
        self._build()

    def _build(self) -> None:
        from tkinter import ttk  # noqa: PLC0415  # there may be no Tk, which open_window has found out by now

        frame = body(self.root)
        paragraph(frame, "Settings", style="Title.TLabel")
        self.key = paragraph(frame, self._key_words())
        row = button_row(frame)
        ttk.Button(row, text="Change the key ...", command=self.change_key).pack(side="left")
        ttk.Button(row, text="Forget the key", command=self.forget_key).pack(side="left", padx=pixels(frame, 8))
        ttk.Separator(frame).pack(fill="x", pady=pixels(frame, 12))
        for name, title, explanation in FIELDS:
            self._field(frame, name, title, explanation)
        self.message = paragraph(frame)
        where = f"collect-xl {version('collect-xl')}\nSettings: {config_file()}\nLog: {log_file()}"
        paragraph(frame, where, style="Quiet.TLabel")
        row = button_row(frame)
        ttk.Button(row, text="Save", command=self.save, default="active").pack(side="right")
        ttk.Button(row, text="Close", command=self.root.destroy).pack(side="right", padx=(0, pixels(frame, 8)))
        on_return(self.root, self._save_by_key)
        self.root.bind("<Escape>", lambda _: self.root.destroy())

    def _save_by_key(self) -> None:
        """Save on Enter, but another journal only by the button: a key may be pressed twice by mistake."""
        if not self._warned:
            self.save()

    def _field(self, frame: tk.Misc, name: ConfigName, title: str, explanation: str) -> None:
        from tkinter import ttk  # noqa: PLC0415

        ttk.Label(frame, text=title).pack(anchor="w")
        value = self._kept_value(name)
        # A database's address with a user in it holds a password, too.
        holds_password = "@" in value and "://" in value
        entry = ttk.Entry(frame, width=52, show=DOT if holds_password else "")
        entry.insert(0, value)
        entry.pack(fill="x")
        paragraph(frame, explanation, style="Quiet.TLabel")
        self.entries[name] = entry

    def _kept_value(self, name: ConfigName) -> str:
        values = {"me": self._kept.me, "history": self._kept.journal, "url": self._kept.api_url}
        return values[name] or ""

    def change_key(self) -> None:
        """Close, and let the window for the key open."""
        self.wants_key = True
        self.root.destroy()

    def forget_key(self) -> None:
        """Delete the key from the store of the system."""
        try:
            was_kept = delete_key(self._kept)
        except CollectXlError as error:
            self._say(error)
            return
        self.key.configure(text="The key is forgotten." if was_kept else "No key was kept.")

    def save(self) -> None:
        """Keep what was changed; another journal must be saved twice."""
        changed: dict[ConfigName, str] = {}
        for name, entry in self.entries.items():
            text = entry.get().strip()
            if text != self._kept_value(name):
                changed[name] = text
        # The first Save only warns: with an empty journal people who were asked would be asked again.
        if "history" in changed and not self._warned:
            self._warned = True
            self.message.configure(text=ANOTHER_JOURNAL, style="Bad.TLabel")
            return
        try:
            for name, text in changed.items():
                set_config(name, text)
            self._kept = load_settings(os.environ)
        except CollectXlError as error:
            self._say(error)
            return
        self._warned = False
        self.message.configure(text="Saved." if changed else "Nothing to save.", style="Good.TLabel")

    def _say(self, error: CollectXlError) -> None:
        self.message.configure(text=f"{error.message} {tip_of(error)}", style="Bad.TLabel")

    def _key_words(self) -> str:
        try:
            return f"The API key comes from {key_status(self._kept, os.environ)}."
        except KeyMissing:
            return "There is no API key yet."
        except CollectXlError as error:
            return error.message
