"""Which button was pressed, and where: the words that VBA puts on the command line, and the selected rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collect_xl.addin.buttons import BUTTONS, Button
from collect_xl.errors import UsageError

if TYPE_CHECKING:
    import xlwings as xw

_LAST_ROW = 2**20

_AREA = re.compile(
    r"\$?(?P<column>[A-Z]{0,3})\$?(?P<row>\d{0,7})"
    r"(?::\$?(?P<last_column>[A-Z]{0,3})\$?(?P<last_row>\d{0,7}))?",
    re.IGNORECASE,
)
"""``$A$5``, ``$A$5:$C$9``, ``$5:$7`` or ``$A:$C``; the second half is absent where one cell is selected."""


@dataclass(frozen=True, slots=True)
class Click:
    """A button that was pressed in a workbook."""

    button: Button
    workbook: str = ""
    """The workbook's name as Excel knows it; empty for the one in front."""
    hwnd: int | None = None
    """Excel's main window on Windows: several Excels may run."""
    selection: str = ""
    """``Contacts!$A$5:$C$9,$A$12``, where VBA said it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected rows of a sheet."""

    sheet: str
    rows: tuple[range, ...]

    def numbers(self, last: int) -> frozenset[int]:
        """Return the rows' numbers, none beyond ``last``."""
        numbers: set[int] = set()
        for area in self.rows:
            # A selected column is a million rows, of which only those with contacts matter.
            numbers.update(range(area.start, min(area.stop, last + 1)))
        return frozenset(numbers)


def parse_click(words: Sequence[str]) -> Click:
    """Return what a command line means.

    Raises:
        UsageError: the button is none of ours, or a word is not understood.
    """
    buttons: dict[str, Button] = {button.id: button for button in BUTTONS}
    button_id = words[0] if words else "no button"
    button = buttons.get(button_id)
    if button is None:
        message = f"The add-in asked for {button_id!r}, which this collect-xl does not know."
        raise UsageError(message, tip="The add-in is older or newer than collect-xl. Run: collect-xl addin install")
    options: dict[str, str] = {}
    for word in words[1:]:
        # Only the first equals sign separates: a workbook may have others in its name.
        name, _, value = word.partition("=")
        options[name] = value
    return Click(
        button,
        workbook=options.get("--wb", ""),
        hwnd=_window_handle(options.get("--hwnd", "")),
        selection=options.get("--selection", "").strip(),
    )


def _window_handle(text: str) -> int | None:
    """Return the number of Excel's window; None for nonsense."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit():
        return None
    # On macOS windows have no number, and VBA says 0.
    return int(digits) or None


def parse_selection(text: str) -> Selection | None:
    """Return the rows that ``Contacts!$A$5:$C$9,$A$12`` selects; None where the text is no selection."""
    sheet, mark, addresses = text.rpartition("!")
    if not mark:
        return None
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    areas: list[range] = []
    for address in addresses.split(","):
        rows = _rows(address)
        # One area that is not understood makes all of them doubtful: too few rows are worse than none.
        if rows is None:
            return None
        areas.append(rows)
    return Selection(sheet, tuple(areas))


def read_selection(book: xw.Book, selection: str) -> Selection:
    """Return the rows that are selected.

    Args:
        book: the workbook, whose Excel is asked where VBA said nothing.
        selection: as VBA put it on the command line.

    Raises:
        UsageError: no cells are selected.
    """
    # What VBA said counts: since the button was pressed, the user may have selected something else.
    selected = parse_selection(selection) or _selected_now(book)
    if selected is None:
        raise UsageError("No cells are selected.", tip="Select one or more rows, and press the button again.")
    return selected


def _selected_now(book: xw.Book) -> Selection | None:
    try:
        cells = book.app.selection
        if cells is None:
            return None
        return parse_selection(f"{cells.sheet.name}!{cells.address}")
    except Exception:  # noqa: BLE001  # a chart or a picture is selected: each engine says so in its own way
        return None


def _rows(address: str) -> range | None:
    match = _AREA.fullmatch(address.strip())
    if match is None or not any(match.groups()):
        return None
    first = match["row"]
    last = match["last_row"]
    if match["last_column"] is None:
        last = first
    # Without a row's number the address names whole columns.
    if not first or not last:
        return range(1, _LAST_ROW + 1)
    top, bottom = sorted((int(first), int(last)))
    return range(top, bottom + 1)
