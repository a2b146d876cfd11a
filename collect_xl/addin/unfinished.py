"""The button that lists what is unfinished: rows to be sent, to wait for or to look after, with a way to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from collect_xl.addin.button_context import Afterwards, ButtonContext, opened_book
from collect_xl.addin.check import person_cell, select, show_row
from collect_xl.addin.remedies import tip_of
from collect_xl.addin.windows import body, button_row, on_return, paragraph, pixels, show
from collect_xl.domain.model import Claim, Rejected, Row
from collect_xl.domain.rows import LeftOut, by_row, filled
from collect_xl.domain.statuses import FINISHED
from collect_xl.errors import CollectXlError, WorkbookBusy
from collect_xl.excel.find_workbook import find_book
from collect_xl.workflow import stories
from collect_xl.workflow.open import READ
from collect_xl.workflow.session import EVERYONE, Session
from collect_xl.workflow.steps import open_requests

if TYPE_CHECKING:
    import tkinter as tk

_NOT_LISTED = FINISHED | {"duplicate"}
"""What a row is not listed for: its request is finished, or another row stands for the same person."""

MOST_LINES = 12
"""Rows that an alert lists where there are no windows."""

LOOK_EVERY = 5_000
"""Milliseconds between looks whether the workbook is still open."""

HEADINGS = (("row", "Row", 60), ("who", "Who", 240), ("status", "Status", 150), ("due", "Due", 110))


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A row about which something is left to do."""

    row: int
    who: str
    status: str
    due: str


def unfinished(context: ButtonContext) -> Afterwards | None:
    """List the rows that are not completed, as of the last refresh, and go to the row that is chosen."""
    with opened_book(context, READ) as session:
        found = unfinished_rows(session)
        cells = {each.row: person_cell(session.book, each.row) for each in found}
    context.front.status(None)
    if not found:
        context.front.tell("Everything is completed, as of the last refresh.")
        return None
    root = context.front.window()
    if root is None:
        select(context.book, cells[found[0].row])
        context.front.tell(_list_words(found))
        return None
    # The list may stay open for hours, so that it holds nothing of Excel but the names.
    place = OpenPlace(context.book.name, context.click.hwnd, cells)
    return lambda: show_list(root, found, place)


def show_list(root: tk.Tk, found: Sequence[Unfinished], place: OpenPlace) -> None:
    """Show the list until it, or the workbook, is closed."""
    ListWindow(root, found, place)
    show(root)
    root.mainloop()


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """Cells of a workbook that is open in Excel, which is looked for each time and not held."""

    workbook: str
    hwnd: int | None
    cells: Mapping[int, str]
    """Row -> a cell of it, such as ``Contacts!B7``."""

    def go(self, row: int) -> str:
        """Show a row in Excel; return why it cannot be shown, or nothing."""
        try:
            book = find_book(self.workbook, self.hwnd)
            # The list is in front of Excel; a system that does not let us change that is no reason to stop.
            with suppress(Exception):
                book.app.activate(steal_focus=True)
            return show_row(book, self.cells[row])
        except CollectXlError as error:
            return f"{error.message} {tip_of(error)}"

    def is_gone(self) -> bool:
        """Return whether the workbook is not open any more."""
        try:
            find_book(self.workbook, self.hwnd, _no_wait)
        except WorkbookBusy:
            return False
        except CollectXlError:
            return True
        return False


def _no_wait(_: float) -> None:
    """Ask again at once: the next look comes soon."""


def unfinished_rows(session: Session) -> list[Unfinished]:
    """Return what is unfinished, in sheet order: by Collect's status where a row was sent, else by why it was not."""
    requests = open_requests(session)
    left_out = by_row(stories.check(session, EVERYONE).plan.left_out)
    unfinished = []
    for row in filled(session.book.rows):
        each = _unfinished(row, requests.get(row.number), left_out.get(row.number))
        if each is not None:
            unfinished.append(each)
    return unfinished


def _unfinished(row: Row | Rejected, claim: Claim | None, left_out: LeftOut | None) -> Unfinished | None:
    # What the journal knows counts more than the cells, which anybody may have changed.
    if claim is not None:
        status = claim.status or "pending"
        due = claim.due
    else:
        status = row.seen.get("result.status", "")
        due = row.seen.get("result.dueDate", "")
    reason = left_out.reason if left_out is not None else ""
    if status.casefold() in _NOT_LISTED or reason in _NOT_LISTED:
        return None
    if not status:
        status = "to be sent" if reason in {"", "sent"} else reason
    day = due[: len("YYYY-MM-DD")]
    return Unfinished(row.number, _who(row), status, day)


def _who(row: Row | Rejected) -> str:
    if isinstance(row, Row):
        return row.contact.called
    return " ".join(part for part in row.anchor[:2] if part)


def _list_words(rows: Sequence[Unfinished]) -> str:
    lines = [f"{len(rows)} not completed, as of the last refresh:", ""]
    lines += [f"Row {each.row}: {each.who}, {each.status}" for each in rows[:MOST_LINES]]
    if len(rows) > MOST_LINES:
        lines.append(f"... and {len(rows) - MOST_LINES} more.")
    return "\n".join(lines)


class Place(Protocol):
    """Where the rows of a list are."""

    def go(self, row: int) -> str:
        """Show a row; return why it cannot be shown, or nothing."""

    def is_gone(self) -> bool:
        """Return whether there are no rows to go to any more."""


class ListWindow:
    """The list; a double click, or Enter, goes to the row in Excel."""

    def __init__(self, root: tk.Tk, found: Sequence[Unfinished], place: Place) -> None:
        from tkinter import ttk  # noqa: PLC0415  # there may be no Tk, which open_window has found out by now

        self.root, self._place = root, place
        frame = body(root)
        paragraph(frame, f"{len(found)} not completed", style="Title.TLabel")
        paragraph(frame, "As of the last refresh. Double-click a row to go there.", style="Quiet.TLabel")
        row = button_row(frame, first=True)
        self.table = self._table(frame, found)
        self.message = paragraph(frame, style="Bad.TLabel")
        ttk.Button(row, text="Go to row", command=self.go, default="active").pack(side="right")
        ttk.Button(row, text="Close", command=root.destroy).pack(side="right", padx=(0, pixels(frame, 8)))
        self.table.bind("<Double-1>", lambda _: self.go())
        on_return(root, self.go)
        root.bind("<Escape>", lambda _: root.destroy())
        root.after(LOOK_EVERY, self._look)

    def _look(self) -> None:
        """Close the list of a workbook that was closed."""
        if self._place.is_gone():
            self.root.destroy()
            return
        self.root.after(LOOK_EVERY, self._look)

    @staticmethod
    def _table(frame: tk.Misc, found: Sequence[Unfinished]):  # type: ignore[no-untyped-def]  # noqa: ANN205  # Tk's types are for checkers alone
        from tkinter import ttk  # noqa: PLC0415

        holder = ttk.Frame(frame)
        holder.pack(fill="both", expand=True)
        table = ttk.Treeview(holder, columns=[name for name, _, _ in HEADINGS], show="headings", height=14)
        for name, title, width in HEADINGS:
            table.heading(name, text=title, anchor="w")
            table.column(name, width=pixels(frame, width), anchor="w", stretch=name == "who")
        for each in found:
            table.insert("", "end", iid=str(each.row), values=(each.row, each.who, each.status, each.due))
        bar = ttk.Scrollbar(holder, command=table.yview)
        table.configure(yscrollcommand=bar.set)
        table.pack(side="left", fill="both", expand=True)
        bar.pack(side="right", fill="y")
        table.selection_set(str(found[0].row))
        table.focus_set()
        return table

    def go(self) -> None:
        """Go to the chosen row."""
        for chosen in self.table.selection():
            self.message.configure(text=self._place.go(int(chosen)))
