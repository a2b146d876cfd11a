"""Portal addresses in open Excel: texts first, links when a run is over, and never a link to somebody else's portal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import Area
from collect_xl.domain.model import RowResult
from collect_xl.excel.retry import PAUSES, is_busy
from collect_xl.ooxml.hyperlinks import linkable

if TYPE_CHECKING:
    from collect_xl.excel.open_rows import Contacts
    from collect_xl.excel.open_sheet import Lines

__all__ = ["MOST_LINKS", "URL", "PortalLinks"]

MOST_LINKS = 1_000
"""Links that are made in one run: each takes Excel four calls."""

URL = "result.portalUrl"
_TIP = "Open the portal"
"""Excel's own tip repeats the address, and fails for addresses longer than 195 characters (xlwings #1249, #1867)."""


class PortalLinks:
    """The links that a run owes to its sheet."""

    def __init__(self) -> None:
        self._owed: dict[tuple[int, tuple[str, ...]], RowResult] = {}
        self._stale: set[tuple[int, tuple[str, ...]]] = set()
        """Rows that had another address, so that a link may lead there."""
        self._made = 0

    def owed(self) -> list[RowResult]:
        """Return the results whose addresses are to become links, by row."""
        return sorted(self._owed.values(), key=lambda result: result.row)

    def before_writing(self, results: Mapping[int, RowResult], shown: Sequence[object]) -> None:
        """Take note of addresses that are about to be written.

        Args:
            results: row as it is now -> result.
            shown: what the column of the addresses shows in these rows, in order of the rows.
        """
        for (_, result), old in zip(sorted(results.items()), shown, strict=True):
            text = result.cells.get(URL)
            if text is None:
                continue
            if old not in {None, text}:
                self._stale.add((result.row, result.anchor))
            elif old is None and result.link and linkable(text):
                self._owed[result.row, result.anchor] = result

    def after_writing(self, contacts: Contacts, results: Mapping[int, RowResult]) -> None:
        """Replace the links behind addresses that were another one before; Excel keeps links when texts change."""
        for row, result in sorted(results.items()):
            key, text = (result.row, result.anchor), result.cells.get(URL)
            if key in self._stale and text is not None:  # still so after an attempt that a busy Excel broke off
                wanted = result.link and linkable(text)
                self._replace(contacts, row, text if wanted else "", text)
                self._stale.remove(key)

    @staticmethod
    def _replace(contacts: Contacts, row: int, address: str, text: str) -> None:
        """Let a cell's link go where its new text goes, or remove it."""
        column = contacts.columns[URL]
        cell = contacts.sheet.cells(Area(column, row, column, row))
        try:
            old: object = cell.hyperlink
        except Exception as error:
            if is_busy(error):
                raise
            return  # there is none
        if not old or old == address:
            return
        if address:
            cell.add_hyperlink(address, text_to_display=text, screen_tip=_TIP)
            return
        cell.clear()  # the only way that xlwings has; the cell's looks go as well
        cell.number_format = "@"
        cell.raw_value = text

    def add(
        self, contacts: Contacts, rows: Mapping[int, RowResult], shown: Lines, wait: Callable[[float], None]
    ) -> tuple[str, ...]:
        """Make the links that are owed, while their cells show the addresses.

        Args:
            contacts: where.
            rows: row as it is now -> result with an address.
            shown: what the column of the addresses shows in these rows, in order of the rows.
            wait: waits so many seconds for an Excel that is busy.

        Returns:
            sentences for the user.
        """
        self._owed.clear()
        column, left, busy = contacts.columns[URL], 0, False
        for (row, result), (text,) in zip(sorted(rows.items()), shown, strict=True):
            address = result.cells.get(URL)
            if not address or text != address:
                continue
            made = not busy and self._made < MOST_LINKS and self._link(contacts, row, column, address, wait)
            busy = busy or made is None  # who does not answer for one cell is not waited for at each of a thousand
            self._made += bool(made)
            left += not made
        why = f"{MOST_LINKS:,} links are the most in a run" if self._made >= MOST_LINKS else "Excel did not take a link"
        return (f"Portal addresses that are texts, not links: {left:,}, because {why}.",) if left else ()

    @staticmethod
    def _link(contacts: Contacts, row: int, column: int, address: str, wait: Callable[[float], None]) -> bool | None:
        """Make a link; tell whether Excel took it, None when it had no time."""
        cell = contacts.sheet.cells(Area(column, row, column, row))
        for pause in PAUSES:
            try:
                if cell.value != address:  # somebody sorts while links are made: this row is another's by now
                    return False
                cell.add_hyperlink(address, text_to_display=address, screen_tip=_TIP)
            except Exception as error:  # noqa: BLE001  # a link is worth no error: the address is there as text
                if not is_busy(error):
                    return False
                wait(pause)
            else:
                return True
        return None
