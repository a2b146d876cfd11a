"""Portal addresses in open Excel: texts first, links when a run is over, and never one to another person's portal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from collect_xl.domain.model import RowResult
from collect_xl.excel.retry import PAUSES, PassOverRefusals, is_busy
from collect_xl.ooxml.hyperlinks import linkable

if TYPE_CHECKING:
    import xlwings as xw

    from collect_xl.excel.open_rows import Contacts
    from collect_xl.excel.open_sheet import Lines

MOST_LINKS = 1_000
"""Links that are made in one run: each takes Excel four calls."""

URL = "result.portalUrl"
_TIP = "Open the portal"
"""Excel's own tip repeats the address, and fails for addresses longer than 195 characters (xlwings #1249, #1867)."""

Key = tuple[int, tuple[str, ...]]
"""A row as it was read, and its anchor."""
Attempt = Literal["made", "refused", "busy"]


class PortalLinks:
    """The links that a run owes to its sheet."""

    def __init__(self) -> None:
        self._owed: dict[Key, RowResult] = {}
        self._stale: set[Key] = set()
        """Rows that had another address, so that a link may lead there."""
        self._made = 0

    def owed(self) -> list[RowResult]:
        """Return the results whose addresses become links, by row."""
        return sorted(self._owed.values(), key=lambda result: result.row)

    def before_writing(self, results: Mapping[int, RowResult], addresses: Sequence[object]) -> None:
        """Take note of addresses that are about to be written.

        Args:
            results: row as it is now -> result.
            addresses: what the column of the addresses shows in these rows, in order of the rows.
        """
        for row, old in zip(sorted(results), addresses, strict=True):
            result = results[row]
            text = _url_of(result)
            if text is None or old == text:
                continue
            # Excel keeps the link behind a text that changes: it would lead to the portal of another person
            if old is not None:
                self._stale.add(_key(result))
            elif result.link and linkable(text):
                self._owed[_key(result)] = result

    def after_writing(self, contacts: Contacts, results: Mapping[int, RowResult]) -> None:
        """Replace the links behind addresses that were another one before; Excel keeps links when texts change."""
        for row, result in sorted(results.items()):
            text = _url_of(result)
            # a key stays among the stale ones through an attempt that a busy Excel broke off
            if text is not None and _key(result) in self._stale:
                may_link = result.link and linkable(text)
                _replace_link(contacts, row, text if may_link else "", text)
                self._stale.remove(_key(result))

    def add(
        self, contacts: Contacts, rows: Mapping[int, RowResult], addresses: Lines, wait: Callable[[float], None]
    ) -> tuple[str, ...]:
        """Make the links that are owed, while their cells show the addresses.

        Args:
            contacts: where.
            rows: row as it is now -> result with an address.
            addresses: what the column of the addresses shows in these rows, in order of the rows.
            wait: waits that many seconds for an Excel that is busy.

        Returns:
            sentences for the user.
        """
        self._owed.clear()
        column = contacts.columns[URL]
        left = 0
        is_waited_for = True
        for row, (text,) in zip(sorted(rows), addresses, strict=True):
            address = _url_of(rows[row])
            if not address or text != address:
                continue
            if not is_waited_for or self._made >= MOST_LINKS:
                left += 1
                continue
            attempt = _make_link(contacts.sheet.cell(column, row), address, wait)
            if attempt == "made":
                self._made += 1
            else:
                left += 1
            # an Excel that has no time for one cell is not waited for at each of a thousand
            is_waited_for = attempt != "busy"
        return _texts_left(left, all_made=self._made >= MOST_LINKS)


def _url_of(result: RowResult) -> str | None:
    """Return the address that a result has; None where it leaves the cell as it is."""
    value = result.cells.get(URL)
    return value if isinstance(value, str) else None


def _key(result: RowResult) -> Key:
    return result.row, result.anchor


def _texts_left(left: int, *, all_made: bool) -> tuple[str, ...]:
    """Return the sentence about addresses that stay texts.

    Args:
        left: how many.
        all_made: whether the run has made as many links as it may.
    """
    if not left:
        return ()
    reason = f"{MOST_LINKS:,} links are the most in a run" if all_made else "Excel did not take a link"
    return (f"Portal addresses that are texts, not links: {left:,}, because {reason}.",)


def _replace_link(contacts: Contacts, row: int, address: str, text: str) -> None:
    """Let a cell's link go to an address, or remove it where there is none."""
    cell = contacts.sheet.cell(contacts.columns[URL], row)
    old: object = None
    # a cell without a link has an error instead of one
    with PassOverRefusals():
        old = cell.hyperlink
    if not old or old == address:
        return
    if address:
        cell.add_hyperlink(address, text_to_display=text, screen_tip=_TIP)
        return
    # the only way to remove a link that xlwings has; the cell's looks go as well, so its format is set again
    cell.clear()
    cell.number_format = "@"
    cell.raw_value = text


def _make_link(cell: xw.Range, address: str, wait: Callable[[float], None]) -> Attempt:
    """Make a link of the address in a cell, and return how the attempt ended."""
    for pause in PAUSES:
        try:
            # when the user sorts while links are made, this row is another person's by now
            if cell.value != address:
                return "refused"
            cell.add_hyperlink(address, text_to_display=address, screen_tip=_TIP)
        except Exception as error:  # noqa: BLE001  # a link is worth no error: the address is there as text
            if not is_busy(error):
                return "refused"
            wait(pause)
        else:
            return "made"
    return "busy"
