"""What Excel itself answers beside xlwings: as COM does on Windows, as appscript does on macOS."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

from openpyxl.utils import range_boundaries

from support.excel_quirks import REFUSED, ComError

if TYPE_CHECKING:
    from support.excel_cells import Range
    from support.excel_engine import Book, Sheet

VALUE_ERROR = -2146826273
_EACH_ROW = re.compile(
    r'(?P<name>SUBTOTAL|COUNTIF)\((?:103,)?OFFSET\((?P<first>\w+(?::\w+)?),ROW\((?P<rows>\w+(?::\w+)?)\)-(?P<top>\d+),0\)(?:,"<>")?\)'
)
"""The only formulas that this Excel calculates: what is seen, or filled, in each row of a block."""


class Question:
    """A property, which appscript asks for with ``get``."""

    __module__ = "appscript.reference"

    def __init__(self, answer) -> None:
        self._answer = answer

    def get(self):
        """Ask."""
        return self._answer()


class Reference:
    """An object of appscript's; what it has are questions."""

    __module__ = "appscript.reference"

    def __init__(self, **answers) -> None:
        for name, answer in answers.items():
            setattr(self, name, Question(answer))


def book_api(book: Book):
    """Return the workbook itself."""
    meter = book.app.meter

    def full_name():
        meter.call("full_name")
        return book.address

    return Reference(full_name=full_name) if meter.quirks.mac else Lazy(FullName=full_name)


def sheet_api(sheet: Sheet):
    """Return the sheet itself."""

    def protected():
        sheet.call("protected")
        return bool(sheet.page.protection.sheet)

    def pivots():
        sheet.call("PivotTables")
        return sheet.book.pivots.get(sheet.page.title, {}).items()

    if sheet.meter.quirks.mac:
        return Reference(
            protect_contents=protected,
            pivot_tables=lambda: [
                SimpleNamespace(
                    name=Question(lambda name=name: name),
                    table_range1=SimpleNamespace(get_address=lambda area=area: absolute(area)),
                )
                for name, area in pivots()
            ],
        )
    return Lazy(
        Evaluate=lambda: lambda formula: evaluated(sheet, formula),
        ProtectContents=protected,
        PivotTables=lambda: (
            lambda: [
                SimpleNamespace(Name=name, TableRange1=SimpleNamespace(Address=absolute(area)))
                for name, area in pivots()
            ]
        ),
    )


def absolute(area: str) -> str:
    """Return an area as Excel writes it."""
    return re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", area)


def range_api(cells: Range):
    """Return the range itself; xlwings writes nothing where there is none."""
    sheet = cells.sheet

    def hidden():
        sheet.call("EntireRow.Hidden")
        states = {sheet.is_hidden(row) for row in range(cells.row, cells.last_row + 1)}
        return states.pop() if len(states) == 1 else None

    def rich():
        sheet.call("HasRichDataType")
        if sheet.meter.quirks.before_data_types:
            raise AttributeError("<unknown>.HasRichDataType")
        marked = sheet.book.rich.get(sheet.page.title, frozenset())
        states = {cell.coordinate in marked for cell in cells.cells()}
        return states.pop() if len(states) == 1 else None

    if sheet.meter.quirks.mac:
        return Reference(string_value=cells.shown_texts)
    return Lazy(EntireRow=lambda: Lazy(Hidden=hidden), HasRichDataType=rich)


class Lazy:
    """An object of COM: each property is asked for when it is read."""

    def __init__(self, **answers) -> None:
        self._answers = answers

    def __getattr__(self, name):
        return self._answers[name]()


def evaluated(sheet: Sheet, formula: str):
    """Return what a formula gives, as a column of numbers."""
    sheet.call("Evaluate")
    quirk = sheet.meter.quirks.evaluate
    if quirk == "refuses":
        raise ComError(REFUSED, "Unable to get the Evaluate property", -2146827284)
    found = _EACH_ROW.fullmatch(formula)
    assert found, f"This Excel does not calculate {formula}."
    assert len(formula) <= 255, "Excel takes 255 characters."
    if quirk == "an error":
        return VALUE_ERROR
    left, top, right, _ = range_boundaries(found["first"])
    _, first, _, last = range_boundaries(found["rows"])
    assert first == top == int(found["top"])
    if quirk == "errors":
        return tuple((VALUE_ERROR,) for _ in range(first, last + 1))
    seen_only = found["name"] == "SUBTOTAL"
    return tuple((_count(sheet, row, left, right, seen_only=seen_only),) for row in range(first, last + 1))


def _count(sheet: Sheet, row: int, left: int, right: int, *, seen_only: bool) -> float:
    if seen_only and sheet.is_hidden(row):
        return 0.0
    cells = (sheet.page._cells.get((row, column)) for column in range(left, right + 1))
    return float(sum(cell is not None and cell.value is not None for cell in cells))
