"""Cells, areas, sheets and headers by the names that people see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from collect_xl.domain.a1 import column_name
from collect_xl.domain.model import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collect_xl.domain.a1 import Area
    from collect_xl.domain.model import CellValue


class Named(Protocol):
    """A sheet, as far as its name is concerned."""

    @property
    def name(self) -> str:
        """The sheet's name."""


Sheet = TypeVar("Sheet", bound=Named)


def cell_name(sheet: str, column: int, row: int) -> str:
    """Return a cell as people name it: ``Contacts!C7``."""
    return f"{sheet}!{column_name(column)}{row}"


def area_name(area: Area) -> str:
    """Return an area as people name it: ``B7:B9``."""
    return str(area)


def label_text(value: CellValue | None) -> str:
    """Return a header or a name as text, whatever the cell holds."""
    if isinstance(value, Fault):
        return value.shown
    return "" if value is None else str(value)


def is_blank(value: CellValue | None) -> bool:
    """Return whether a cell shows nothing but blanks."""
    return value is None or not label_text(value).strip()


def first_named(sheets: Sequence[Sheet], names: Sequence[str]) -> Sheet | None:
    """Return the sheet that has the first of these names that any sheet has.

    Case, and blanks around a name, make no difference.
    """
    by_name: dict[str, Sheet] = {}
    # of two names that differ by case or blanks only, the first sheet counts
    for sheet in sheets:
        by_name.setdefault(_comparable(sheet.name), sheet)
    for name in names:
        sheet_of_name = by_name.get(_comparable(name))
        if sheet_of_name is not None:
            return sheet_of_name
    return None


def sheets_beside(sheets: Sequence[Sheet], contacts: str, options: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a workbook's other sheets where none of them is the options sheet, else nothing.

    Args:
        sheets: all of them.
        contacts: the name of the contacts' sheet.
        options: the names that the options sheet may have.
    """
    if first_named(sheets, options) is not None:
        return ()
    return tuple(sheet.name for sheet in sheets if sheet.name != contacts)


def _comparable(name: str) -> str:
    return name.strip().casefold()
