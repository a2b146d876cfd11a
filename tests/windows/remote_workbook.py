"""A workbook that is open in the Excel over COM, taken by our own code in the button's process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from collect_xl.workbook.interface import Workbook
from support.contract_facts import PLAIN, Extras
from windows.wire_values import packed, unpacked

if TYPE_CHECKING:
    from collect_xl.domain.model import Layout, OptionCell, RowResult, SheetRow, Written
    from support.contract_facts import Grid
    from windows.excel_stand_in import ExcelDesk


class ComBook:
    """A workbook that a person has open in Excel, with the sheets ``Contacts`` and, when asked for, ``Options``.

    Args:
        desk: the computer.
    """

    def __init__(self, desk: ExcelDesk) -> None:
        self.desk = desk
        desk.excel("book = new_book()")

    def fill(
        self, contacts: Grid, extras: Extras = PLAIN, *, hidden: Sequence[int] = (), options: Grid | None = None
    ) -> None:
        """Give the sheets this content, as a person does, at any time."""
        given = packed((contacts, extras, list(hidden), options))
        self.desk.excel(
            "contacts, extras, hidden, options = unpacked(given)\n"
            "book.fill(contacts, extras, hidden=hidden, options=options)",
            given=given,
        )

    def open(self, **sheets: str) -> RemoteWorkbook:
        """Let our own code find it through COM, and take it."""
        names = [sheets.get("contacts_sheet"), sheets.get("options_sheet")]
        return RemoteWorkbook(self.desk, self.desk.ask("take", "clients.xlsx", tuple(names)))

    def shown(self, sheet: str = "Contacts") -> Grid:
        """Return what a sheet shows now, without blank columns at its right."""
        return unpacked(self.desk.excel("answer = packed(book.shown(sheet))", sheet=sheet))

    def person(self, code: str, **names: object):
        """Do something with ``page``, the sheet of the contacts, or with ``excel``, as a person does."""
        return self.desk.excel(f"page = book.page\n{code}", **names)


class RemoteWorkbook(Workbook):
    """Our own ``LiveWorkbook``, which is in another process.

    Args:
        desk: the computer.
        number: what the other process calls it.
    """

    def __init__(self, desk: ExcelDesk, number: int) -> None:
        self._desk = desk
        self._number = number
        self.name = "clients.xlsx"

    def _ask(self, method: str, *arguments: object):
        return self._desk.ask("of_taken", self._number, method, arguments)

    def layout(self) -> Layout:
        """Return where header and columns are."""
        return self._ask("layout")

    def options(self) -> tuple[OptionCell, ...]:
        """Return the named lines of the options sheet."""
        return self._ask("options")

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the header."""
        yield from self._ask("rows")

    def probe(self) -> tuple[str, ...]:
        """Raise what ``write`` would meet."""
        return self._ask("probe")

    def write(self, results: Sequence[RowResult]) -> Written:
        """Put each result on its own row."""
        return self._ask("write", list(results))

    def add_links(self) -> tuple[str, ...]:
        """Make links of the addresses that were written."""
        return self._ask("add_links")
