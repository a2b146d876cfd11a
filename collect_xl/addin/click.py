"""Who pressed which button, where: the words that VBA puts on the command line, and the rows that are selected."""

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
_AREA = re.compile(r"\$?([A-Z]{0,3})\$?(\d{0,7})(?::\$?([A-Z]{0,3})\$?(\d{0,7}))?", re.IGNORECASE)


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
    """Rows that somebody selected on a sheet."""

    sheet: str
    rows: tuple[range, ...]

    def numbers(self, last: int) -> frozenset[int]:
        """Return the rows' numbers up to the last one that matters; a whole column is a million rows."""
        return frozenset(row for each in self.rows for row in range(each.start, min(each.stop, last + 1)))


def parse_click(words: Sequence[str]) -> Click:
    """Return what a command line means; only the first ``=`` separates, since workbooks may have it in their names.

    Raises:
        UsageError: the button is none of ours, or a word is not understood.
    """
    buttons = {button.id: button for button in BUTTONS}
    if not words or words[0] not in buttons:
        asked = words[0] if words else "no button"
        message = f"The add-in asked for {asked!r}, which this collect-xl does not know."
        raise UsageError(message, tip="The add-in is older or newer than collect-xl. Run: collect-xl addin install")
    said = {name: value for name, _, value in (word.partition("=") for word in words[1:])}
    hwnd = said.get("--hwnd", "").strip()
    return Click(
        buttons[words[0]],
        said.get("--wb", ""),
        int(hwnd) if hwnd.isascii() and hwnd.isdigit() and int(hwnd) else None,
        said.get("--selection", "").strip(),
    )


def parse_selection(text: str) -> Selection | None:
    """Return the rows that ``Contacts!$A$5:$C$9,$A$12`` selects; None where the text is no selection."""
    sheet, mark, areas = text.rpartition("!")
    if not mark:
        return None
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    found = [_rows(area) for area in areas.split(",")]
    rows = tuple(each for each in found if each is not None)
    return Selection(sheet, rows) if len(rows) == len(found) else None


def read_selection(book: xw.Book, said: str) -> Selection:
    """Return the rows that are selected: as VBA said when the button was pressed, else as Excel says now.

    Raises:
        UsageError: no cells are selected.
    """
    found = parse_selection(said) or _selected_now(book)
    if found is None:
        raise UsageError("No cells are selected.", tip="Select one or more rows, and press the button again.")
    return found


def _selected_now(book: xw.Book) -> Selection | None:
    try:
        cells = book.app.selection
        return parse_selection(f"{cells.sheet.name}!{cells.address}") if cells is not None else None
    except Exception:  # noqa: BLE001  # a chart or a picture is selected: each engine says so in its own way
        return None


def _rows(area: str) -> range | None:
    hit = _AREA.fullmatch(area.strip())
    if hit is None or not any(hit.groups()):
        return None
    first, last = hit[2], hit[4] or (hit[2] if hit[3] is None else "")
    if not first or not last:
        return range(1, _LAST_ROW + 1)
    return range(min(int(first), int(last)), max(int(first), int(last)) + 1)
