"""Opens a window of the add-in and does with it what a person would; prints what the person saw, as JSON.

Run by a Python that has Tk, which may not be the one of the tests.
"""

from __future__ import annotations

import io
import json
import queue
import sys
import time

from collect_xl.addin import key_dialog as dialogs
from collect_xl.addin import progress_window as window
from collect_xl.addin import windows
from collect_xl.errors import KeyMissing, KeyRefused

LONGEST = 20.0
"""Seconds after which a window that does not answer has failed."""


def main() -> None:
    """Do one of the stories below, and print what was seen."""
    root = windows.open_window("Collect")
    sys.stdout.write(json.dumps(STORIES[sys.argv[1]](root)))


def until(root, happened):
    """Let the window work until something has happened."""
    end = time.monotonic() + LONGEST
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError
        root.update()


def prove(secret):
    """Know one key."""
    if secret != "right-key":
        raise KeyRefused(
            "Collect refused the API key (401).", tip="Copy the key, and store it with `collect-xl key set`."
        )
    return "ACME"


class Keys:
    """The window that asks for the key, with a store beside it."""

    def __init__(self, root, *, store=True, why=""):
        self.kept = []
        self._store = store
        self.dialog = dialogs.KeyDialog(root, dialogs.KeyDoor(prove, self._keep, "https://api.example.com/v1"), why)
        windows.show(root)
        self.root = root

    def _keep(self, secret):
        if not self._store:
            raise KeyMissing(
                "No secure credential store was found on this computer.", tip="Set COLLECT_API_KEY instead."
            )
        self.kept.append(secret)
        return "the store"

    def type(self, text):
        """Type a key."""
        self.dialog.entry.delete(0, "end")
        self.dialog.entry.insert(0, text)

    def check(self):
        """Press the button, and wait for the answer; return what is said then, and what the button says."""
        self.dialog.next()
        until(self.root, lambda: not self.dialog.go.instate(["disabled"]))
        return [str(self.dialog.message.cget("text")), str(self.dialog.go.cget("text"))]


def right_key(root):
    """Paste the right key, see the team, use it."""
    keys = Keys(root)
    shown = keys.dialog.entry.cget("show")
    keys.type(" right-key\n")
    seen = keys.check()
    before = list(keys.kept)
    keys.dialog.next()
    return {"shown": shown, "seen": seen, "kept before": before, "kept": keys.kept, "secret": keys.dialog.secret}


def wrong_key(root):
    """Paste a wrong key, then close the window."""
    keys = Keys(root, why="Collect refused the key.")
    keys.type("wrong-key")
    seen = keys.check()
    keys.dialog.cancel.invoke()
    return {"seen": seen, "kept": keys.kept, "secret": keys.dialog.secret}


def other_key_after_proof(root):
    """Prove a key, then type another one: it must be proved, too."""
    keys = Keys(root)
    keys.type("right-key")
    keys.check()
    keys.type("other-key")
    button = str(keys.dialog.go.cget("text"))
    seen = keys.check()
    return {"button": button, "seen": seen, "kept": keys.kept, "secret": keys.dialog.secret}


def no_store(root):
    """Use a key on a system that has no store for it."""
    keys = Keys(root, store=False)
    keys.type("right-key")
    keys.check()
    keys.dialog.next()
    said, before = str(keys.dialog.message.cget("text")), keys.dialog.secret
    keys.dialog.go.invoke()
    return {"said": said, "kept": keys.kept, "before": before, "secret": keys.dialog.secret}


def another_after_no_store(root):
    """Type another key after the first could not be kept, and press the button again."""
    keys = Keys(root, store=False)
    keys.type("right-key")
    keys.check()
    keys.dialog.next()
    keys.type("wrong-key")
    keys.dialog.go.invoke()
    return {"secret": keys.dialog.secret}


def empty(root):
    """Press the button without a key."""
    keys = Keys(root)
    keys.dialog.next()
    return {"disabled": bool(keys.dialog.go.instate(["disabled"])), "secret": keys.dialog.secret}


class Shown:
    """The progress window, and what the run tells it."""

    def __init__(self, root):
        self.root, self.lines, self.out = root, queue.SimpleQueue(), io.StringIO()
        self.window = window.ProgressWindow(root, self.lines, self.out)
        windows.show(root)

    def tell(self, **told):
        """Tell it something, and wait until it shows."""
        self.lines.put(json.dumps(told))
        until(self.root, self.lines.empty)

    def text(self, label):
        """Return what a label shows."""
        return str(getattr(self.window, label).cget("text"))


def progress(root):
    """Watch a run, press Stop, see it end."""
    shown = Shown(root)
    shown.tell(title="Sending 120 requests", total=120)
    for number in range(7):
        shown.tell(done=50, words="50 of 120 done", error=f"Row {number}: refused.")
    seen = {name: shown.text(name) for name in ("title", "counts", "errors")}
    bar = [float(shown.window.bar.cget("maximum")), float(shown.window.bar.cget("value"))]
    shown.window.stop.invoke()
    shown.window.stop.invoke()
    note = shown.text("note")
    shown.window.close()
    seen["closing"] = shown.text("note")
    shown.lines.put(json.dumps({"end": True}))
    root.mainloop()
    return {**seen, "bar": bar, "out": shown.out.getvalue(), "note": note}


def closed(root):
    """Close the window of a run, and close it once more."""
    shown = Shown(root)
    shown.window.close()
    said = shown.text("note")
    shown.window.close()
    root.mainloop()  # ends at once, since the window is gone
    return {"said": said, "out": shown.out.getvalue()}


def talkative(root):
    """Watch a run whose errors are long ones."""
    shown = Shown(root)
    for number in range(7):
        shown.tell(error=f"Row {number}: refused, because" + " Collect says very much about it" * 30)
    root.update()
    return {"height": root.winfo_height(), "first": shown.text("errors").split("\n")[0]}


def dark(root):
    """Read the lines of a window on a light and on a dark background; return how much each stands out."""
    from tkinter import ttk  # noqa: PLC0415  # there is Tk, as the window shows

    seen, style = {}, ttk.Style(root)
    for background in ("#ffffff", "#2d2d2d"):
        style.configure("TFrame", background=background)
        windows._dress(root)
        for label in windows.COLOURS:
            seen[f"{label} on {background}"] = contrast(root, style.lookup(label, "foreground"), background)
    return seen


def contrast(root, *colours):
    """Return the contrast of two colours as WCAG 2 counts it."""
    lights = []
    for colour in colours:
        parts = [value / 0xFFFF for value in root.winfo_rgb(colour)]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def left_alone(root):
    """See what is said when the run dies."""
    shown = Shown(root)
    shown.lines.put(None)
    until(root, lambda: str(shown.window.stop.cget("text")) == "Close")
    said = shown.text("note")
    shown.window.stop.invoke()
    return {"said": said, "out": shown.out.getvalue()}


class Settled:
    """The window of the settings."""

    def __init__(self, root, kept):
        from collect_xl.addin import settings_dialog as preferences  # noqa: PLC0415  # loads much that other windows do without

        self.root, self.dialog = root, preferences.SettingsDialog(root, kept)
        windows.show(root)

    def type(self, name, text):
        """Type into a field."""
        self.dialog.entries[name].delete(0, "end")
        self.dialog.entries[name].insert(0, text)

    def save(self):
        """Press Save; return what is said then."""
        self.dialog.save()
        return str(self.dialog.message.cget("text"))


def settings(root):
    """Look at the settings, save nothing, an address, a wrong one, and another journal."""
    from collect_xl.config.settings import load_settings  # noqa: PLC0415

    window = Settled(root, load_settings())
    key, nothing = str(window.dialog.key.cget("text")), window.save()
    window.type("me", "nobody")
    wrong, before = window.save(), load_settings().me
    window.type("me", "ann@example.com")
    right = window.save()
    window.type("history", "postgresql://db.example/collect")
    first, kept = window.save(), load_settings().journal
    second = window.save()
    after = load_settings()
    window.dialog.change_key()
    seen = {"key": key, "nothing": nothing, "wrong": wrong, "before": before, "right": right, "first": first}
    more = {"kept": kept, "second": second, "journal": after.journal, "me": after.me}
    return {**seen, **more, "wants key": window.dialog.wants_key}


def address(root):
    """Give an address that is nobody's, then one's own."""
    from collect_xl.addin import settings_dialog as preferences  # noqa: PLC0415

    kept = []

    def keep(text):
        if text != "ann@example.com":
            raise KeyMissing("Nobody of the team has it.")
        kept.append(text)

    dialog = preferences.AddressDialog(root, keep, ["ann@example.com", "bob@example.com"])
    windows.show(root)
    offered = list(dialog.entry.cget("values"))
    dialog.accept()
    dialog.entry.insert(0, "ann@example")
    dialog.accept()
    said, before = str(dialog.message.cget("text")), dialog.address
    dialog.entry.insert("end", ".com")
    dialog.accept()
    return {"offered": offered, "said": said, "before": before, "address": dialog.address, "kept": kept}


def unfinished(root):
    """Look at the list, go to its first row, then to another one."""
    from collect_xl.addin import unfinished as listing  # noqa: PLC0415

    place = Place()
    found = [listing.Unfinished(row, f"p{row}@example.com", "pending", "2026-12-31") for row in (3, 7)]
    listing.LOOK_EVERY = 50
    window = listing.ListWindow(root, found, place)
    windows.show(root)
    lines = [[str(cell) for cell in window.table.item(line)["values"]] for line in window.table.get_children()]
    window.go()
    window.table.selection_set("7")
    window.go()
    said = str(window.message.cget("text"))
    place.is_open = False
    root.mainloop()  # ends by itself, since the workbook is closed
    return {"lines": lines, "gone": place.gone, "said": said}


def listed(root, rows=40):
    """Show a list."""
    from collect_xl.addin import unfinished as listing  # noqa: PLC0415

    found = [listing.Unfinished(row, f"p{row}@example.com", "pending", "2026-12-31") for row in range(2, rows)]
    window = listing.ListWindow(root, found, Place())
    windows.show(root)
    root.update()
    return window


def sizes(root):
    """Measure a window."""
    from tkinter import ttk  # noqa: PLC0415
    from tkinter.font import Font  # noqa: PLC0415

    table, style = listed(root).table, ttk.Style(root)
    (frame,) = root.winfo_children()
    label = windows.paragraph(frame, "some words")
    return {
        "line": int(style.lookup("Treeview", "rowheight")),
        "letters": Font(root=root, font="TkDefaultFont").metrics("linespace"),
        "row": table.column("row", "width"),
        "who": table.column("who", "width"),
        "padding": int(str(frame.cget("padding")[0])),
        "wrap": int(str(label.cget("wraplength"))),
    }


def resized(root):
    """Make a list wider."""
    window = listed(root)
    before, wrap = window.table.column("who", "width"), int(str(window.message.cget("wraplength")))
    root.geometry(f"{root.winfo_width() + 200}x{root.winfo_height() + 100}")
    until(root, lambda: window.table.column("who", "width") > before)
    until(root, lambda: int(str(window.message.cget("wraplength"))) > wrap)
    after = {
        "who after": window.table.column("who", "width"),
        "wrap after": int(str(window.message.cget("wraplength"))),
    }
    return {"resizable": list(map(int, root.resizable())), "who before": before, "wrap before": wrap, **after}


def low(root):
    """Show a list on a screen that is lower than it."""
    from tkinter import ttk  # noqa: PLC0415

    listed(root)
    (frame,) = root.winfo_children()
    buttons = [
        each for part in frame.winfo_children() for each in part.winfo_children() if isinstance(each, ttk.Button)
    ]
    bottoms = [each.winfo_rooty() + each.winfo_height() for each in buttons]
    return {"bottom of the buttons": max(bottoms), "height of the screen": root.winfo_screenheight()}


def press_return(root, widget):
    """Give the keyboard to something, and press Enter."""
    widget.focus_force()
    root.update()
    widget.event_generate("<Return>")


def enter_on_cancel(root):
    """Go to Cancel with Tab, and press Enter."""
    keys = Keys(root)
    asked = []
    keys.dialog._check = asked.append
    keys.type("some-key")
    press_return(root, keys.dialog.cancel)
    return {"asked": len(asked), "gone": not root.children}


def enter_in_settings(root):
    """Type an address and press Enter; type another journal and press Enter twice."""
    from collect_xl.config.settings import load_settings  # noqa: PLC0415

    window = Settled(root, load_settings())
    window.type("me", "ann@example.com")
    press_return(root, window.dialog.entries["me"])
    window.type("history", "postgresql://db.example/collect")
    for _ in range(2):
        press_return(root, window.dialog.entries["history"])
    kept = load_settings()
    return {"me": kept.me, "journal": kept.journal}


class Place:
    """A workbook that is open in an Excel of the test."""

    def __init__(self):
        self.gone, self.is_open = [], True

    def go(self, row):
        """Go to a row; the seventh is filtered out."""
        self.gone.append(row)
        return "Row 7 is hidden." if row == 7 else ""

    def is_gone(self):
        """Tell whether the workbook was closed."""
        return not self.is_open


STORIES = {
    story.__name__: story
    for story in (
        right_key,
        wrong_key,
        other_key_after_proof,
        no_store,
        another_after_no_store,
        empty,
        progress,
        closed,
        talkative,
        dark,
        left_alone,
        settings,
        address,
        unfinished,
        sizes,
        resized,
        low,
        enter_on_cancel,
        enter_in_settings,
    )
}

if __name__ == "__main__":
    main()
