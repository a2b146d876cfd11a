"""Ranges of the Excel that is none: reading, and writing with all that Excel makes of a text."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

from openpyxl.cell.cell import MergedCell
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.hyperlink import Hyperlink
from xlwings import base_classes

from support.excel_api import range_api
from support.excel_looks import Font
from support.excel_quirks import ERROR_CODES, REFUSED, ComError

if TYPE_CHECKING:
    from openpyxl.cell import Cell

    from support.excel_engine import Sheet

MAX_ROWS, MAX_COLUMNS = 2**20, 2**14
LONGEST_TIP = LONGEST_ADDRESS = 255
LONGEST_IN_BLOCK = 8_203
"""Characters of a text that Excel takes from outside as one of several cells; of one cell it takes 32,767."""
NO_DAY = dt.date(1899, 12, 30)
NUMBER = re.compile(r"\s*[-+]?\d+(\.\d+)?([eE][-+]?\d+)?%?\s*")


class Range(base_classes.Range):
    """Cells of a sheet, from a first one on."""

    def __init__(self, sheet: Sheet, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        self.sheet, self.options = sheet, {}
        self.row, self.column, self.shape = row, column, (rows, columns)
        self.coords = (sheet, row, column, rows, columns)
        self.has_array = False

    row = column = shape = coords = has_array = None  # properties of the base class

    def __len__(self):
        return self.shape[0] * self.shape[1]

    def __call__(self, *at):
        row, column = at if len(at) > 1 else (q + 1 for q in divmod(at[0] - 1, self.shape[1]))
        return Range(self.sheet, self.row + row - 1, self.column + column - 1)

    @property
    def _quirks(self):
        return self.sheet.meter.quirks

    @property
    def api(self):
        return range_api(self)

    @property
    def address(self):
        self.sheet.meter.call("address")
        return self._address()

    def _address(self) -> str:
        first = f"${get_column_letter(self.column)}${self.row}"
        if len(self) == 1:
            return first
        return f"{first}:${get_column_letter(self.last_column)}${self.last_row}"

    def get_address(self, row_absolute, col_absolute, external):
        return self.address

    @property
    def last_row(self):
        return self.row + self.shape[0] - 1

    @property
    def last_column(self):
        return self.column + self.shape[1] - 1

    def _rows(self) -> range:
        return range(self.row, min(self.last_row, max(self.sheet.page.max_row, self.row)) + 1)

    def _columns(self) -> range:
        return range(self.column, min(self.last_column, max(self.sheet.page.max_column, self.column)) + 1)

    def _span(self) -> tuple[range, range]:
        whole = self.shape[0] == MAX_ROWS or self.shape[1] == MAX_COLUMNS
        rows, columns = range(self.row, self.last_row + 1), range(self.column, self.last_column + 1)
        return (self._rows(), self._columns()) if whole else (rows, columns)

    def cells(self) -> Iterator[Cell]:
        """Yield the cells, made where there are none."""
        for row, column in itertools.product(*self._span()):
            yield self.sheet.page.cell(row, column)

    # reading

    def shown_texts(self):
        """Return what the cells show, as texts, in one call; one row comes as a flat list."""
        self.sheet.call("string_value")
        rows, columns = self._span()
        block = [[self._shown(row, column) for column in columns] for row in rows]
        return block[0][0] if len(self) == 1 else block[0] if len(block) == 1 else block

    def _shown(self, row: int, column: int) -> str:
        value = self._error(row, column) or self._read(row, column)
        return "" if value is None else str(value)

    @property
    def raw_value(self):
        self.sheet.call("read")
        rows, columns = self._span()
        block = [[self._read(row, column) for column in columns] for row in rows]
        if not self._quirks.mac:
            return block[0][0] if (len(rows), len(columns)) == (1, 1) else block
        if self.options and self.options.get("err_to_str"):
            if len(self) > 1:
                raise TypeError("'NoneType' object is not iterable")  # as _xlmac.py does
            return self._error(self.row, self.column) or block[0][0]
        return block[0][0] if len(self) == 1 else block[0] if len(block) == 1 else block

    def _read(self, row: int, column: int):
        error = self._error(row, column)
        if error:
            return None if self._quirks.mac else ERROR_CODES[error]
        cell = self.sheet.page._cells.get((row, column))
        value = None if cell is None else cell.value
        if cell is not None and cell.data_type == "f":
            value = self.sheet.result(row, column)
        return self._delivered(value, cell)

    def _error(self, row: int, column: int) -> str:
        cell = self.sheet.page._cells.get((row, column))
        if cell is None or cell.data_type not in {"e", "f"}:
            return ""
        value = self.sheet.result(row, column) if cell.data_type == "f" else cell.value
        return value if value in ERROR_CODES else ""

    def _delivered(self, value, cell):
        if isinstance(value, dt.datetime | bool) or value in (None, ""):
            return None if value == "" else value
        if isinstance(value, dt.date):
            return dt.datetime(value.year, value.month, value.day)
        if isinstance(value, dt.time):
            return dt.datetime.combine(NO_DAY, value)
        if isinstance(value, int | float):
            if self._quirks.decimals and not self._quirks.mac and re.search("[$€£]", cell.number_format):
                return Decimal(str(value))
            return float(value) if self._quirks.floats else value
        return value

    @property
    def formula(self):
        self.sheet.call("formula")
        rows, columns = self._span()
        block = tuple(tuple(self._formula(row, column) for column in columns) for row in rows)
        if len(self) == 1:
            return block[0][0]
        return list(block[0]) if self._quirks.mac and len(block) == 1 else block

    def _formula(self, row: int, column: int) -> str:
        cell = self.sheet.page._cells.get((row, column))
        value = None if cell is None or self._is_spilled(row, column) else cell.value
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, dt.date | dt.time):
            value = to_excel(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return "" if value is None else str(value)

    def _is_spilled(self, row: int, column: int) -> bool:
        if not self._quirks.spills:
            return False
        left, top, right, bottom = range_boundaries(self._quirks.spills)
        return top <= row <= bottom and left <= column <= right

    # writing

    def _may_change(self, cell) -> bool:
        page = self.sheet.page
        if not (page.protection.sheet and cell.protection.locked):
            return True
        if self._quirks.protected == "can not be set":
            raise AttributeError("Property '<unknown>.Value' can not be set.")
        if self._quirks.protected == "raise":
            words = "The cell or chart you're trying to change is on a protected sheet."
            raise ComError(REFUSED, words, -2146827284)
        return False

    @raw_value.setter
    def raw_value(self, data):
        self.sheet.meter.call("write")
        if not isinstance(data, list | tuple):
            data = [[data] * self.shape[1]] * self.shape[0]
        elif not isinstance(data[0], list | tuple):
            data = [data]
        self._refuse_long_texts(data)
        for offset, line in self._lines(data):
            for step, value in enumerate(line):
                self._put(self.row + offset, self.column + step, value)
        self.sheet.typed_beside(self)
        self.sheet.changed(self)

    def _refuse_long_texts(self, data):
        lengths = [len(text) for line in data for text in line if isinstance(text, str)]
        if len(self) > 1 and max(lengths, default=0) > LONGEST_IN_BLOCK and not self._quirks.mac:
            raise ComError(REFUSED, "Application-defined or object-defined error", -2146827284)

    def _lines(self, data):
        """Return what goes where: over hidden rows Excel repeats the first line, and leaves the hidden ones."""
        hidden = [self.sheet.is_hidden(self.row + offset) for offset in range(self.shape[0])]
        if self._quirks.filtered_writes and any(hidden) and not all(hidden):
            return [(offset, data[0]) for offset, gone in enumerate(hidden) if not gone]
        return list(enumerate(data[: self.shape[0]]))

    def _put(self, row: int, column: int, value) -> None:
        cell = self.sheet.page.cell(row, column)
        if isinstance(cell, MergedCell) or not self._may_change(cell):
            return
        if isinstance(value, str) and len(value) > 32_767:
            raise ComError(REFUSED, "text longer than 32,767 characters", -2146827284)
        self.sheet.forget(row, column)
        if isinstance(value, dt.datetime) and cell.number_format == "@":
            # a cell that is formatted as text takes nothing else
            value = f"{value.month}/{value.day}/{value.year}"
        if isinstance(value, str) and value:
            if self._quirks.apostrophes and cell.number_format == "@":
                value = value.removeprefix("'")
            put_text(cell, value, coerce=self._quirks.coerce)
        else:
            cell.value = None if value == "" else value
        if cell.value is None and not cell.has_style and cell.hyperlink is None:
            del self.sheet.page._cells[row, column]

    @formula.setter
    def formula(self, value):
        self.raw_value = value

    def clear_contents(self):
        self.sheet.meter.call("clear")
        for cell in list(self.cells()):
            self._put(cell.row, cell.column, None)
        self.sheet.changed(self)

    def clear(self):
        self.sheet.meter.call("clear")
        for cell in list(self.cells()):
            if self._may_change(cell):
                link, cell.value, cell.style = cell.hyperlink, None, "Normal"
                if link is not None:
                    cell._hyperlink = None
                    with suppress(ValueError):
                        self.sheet.page._hyperlinks.remove(link)
                del self.sheet.page._cells[cell.row, cell.column]

    @property
    def number_format(self):
        self.sheet.meter.call("number_format")
        found = {cell.number_format if cell else "General" for cell in self._known_cells()}
        return found.pop() if len(found) == 1 else None

    def _known_cells(self):
        return [self.sheet.page._cells.get(at) for at in itertools.product(*self._span())]

    @number_format.setter
    def number_format(self, value):
        self.sheet.meter.call("number_format=")
        if self.sheet.page.protection.sheet and self.sheet.page.protection.formatCells:  # True: not allowed
            if self._quirks.protected == "raise":
                raise ComError(REFUSED, "Unable to set the NumberFormat property of the Range class", -2146827284)
            return
        for cell in self.cells():
            if not isinstance(cell, MergedCell):
                cell.number_format = value

    @property
    def hyperlink(self):
        try:
            self.sheet.meter.call("hyperlink")
            link = self._first_link()
        except ComError:
            # as xlwings does, whatever Excel said
            raise Exception("The cell doesn't seem to contain a hyperlink!")  # noqa: B904, TRY002
        return link.target

    def _first_link(self):
        link = self.sheet.page.cell(self.row, self.column).hyperlink
        if link is None:
            raise ComError(REFUSED, "Invalid index.", -2147352565)
        return link

    def add_hyperlink(self, address, text_to_display=None, screen_tip=None):
        self.sheet.meter.call("add_hyperlink")
        cell = self.sheet.page.cell(self.row, self.column)
        if len(screen_tip or "") > LONGEST_TIP:
            raise ComError(REFUSED, "The value is out of range", -2146827284)
        if self._may_change(cell):
            cell.hyperlink = Hyperlink(ref=cell.coordinate, target=address, tooltip=screen_tip)
            put_text(cell, text_to_display or address, coerce=self._quirks.coerce)

    # looks

    @property
    def column_width(self):
        return self.sheet.page.column_dimensions[get_column_letter(self.column)].width

    @column_width.setter
    def column_width(self, value):
        self.sheet.meter.call("column_width=")
        if self.sheet.page.protection.sheet:
            raise ComError(REFUSED, "The sheet is protected.", -2146827284)
        for column in self._columns():
            self.sheet.page.column_dimensions[get_column_letter(column)].width = value

    @property
    def color(self):
        fill = self.sheet.page.cell(self.row, self.column).fill
        return tuple(bytes.fromhex(fill.fgColor.rgb[2:])) if fill.fill_type == "solid" else None

    @color.setter
    def color(self, value):
        fill = PatternFill() if value is None else PatternFill("solid", fgColor=bytes(value).hex())
        for cell in self.cells():
            cell.fill = fill

    @property
    def font(self):
        return Font(self)

    def autofit(self, axis=None):
        self.sheet.meter.call("autofit")

    @property
    def row_hidden(self):
        rows = self._rows()
        # on Windows xlwings asks for each row, in two calls
        for _ in rows if not self._quirks.mac else rows[:1]:
            self.sheet.meter.call("row_hidden")
            self.sheet.meter.call("row_hidden")
        states = {self.sheet.is_hidden(row) for row in rows}
        return states.pop() if len(states) == 1 else None

    def get_special_cells(self, cell_type, value_type):
        self.sheet.meter.call("special_cells")
        if self.sheet.page.protection.sheet:
            raise ComError(REFUSED, "You cannot use this command on a protected sheet.", -2146827284)
        rows = list(_runs(row for row in self._span()[0] if not self.sheet.is_hidden(row)))
        columns = list(_runs(column for column in self._span()[1] if not self.sheet.is_column_hidden(column)))
        found = [
            Range(self.sheet, down.start, right.start, len(down), len(right))
            for down, right in itertools.product(rows, columns)
        ]
        if not self._quirks.mac:
            for _ in found:
                self.sheet.meter.call("area")
        if not found and self._quirks.localised:
            raise ComError(REFUSED, "Keine Zellen gefunden.", -2146827284)
        return self._by_one_address(found) if self._quirks.mac else found

    def _by_one_address(self, areas: list[Range]) -> list[Range]:
        """Return areas as xlwings on macOS finds them: from one address, of which Excel tells 255 characters."""
        address = ",".join(each._address() for each in areas)[:LONGEST_ADDRESS]
        return [self.sheet.range(part) for part in address.split(",") if part]

    # what they belong to

    @property
    def merge_cells(self):
        self.sheet.meter.call("merge_cells")
        merged = [isinstance(cell, MergedCell) or self.sheet.merged_at(cell) is not None for cell in self.cells()]
        return all(merged) if all(merged) or not any(merged) else None

    @property
    def merge_area(self):
        area = self.sheet.merged_at(self.sheet.page.cell(self.row, self.column))
        return Range(self.sheet, area.min_row, area.min_col, *_size(area)) if area else self

    @property
    def table(self):
        self.sheet.meter.call("table")
        return next((each for each in self.sheet.tables if each.holds(self)), None)

    def select(self):
        if self.sheet.book.wb.active is not self.sheet.page:
            raise ComError(REFUSED, "Select method of Range class failed", -2146827284)
        self.sheet.book.app.selection = self


def _size(area) -> tuple[int, int]:
    return area.max_row - area.min_row + 1, area.max_col - area.min_col + 1


def put_text(cell, text: str, *, coerce: bool) -> None:
    """Put a text into a cell as Excel does: what looks like a number, a date or a formula becomes one."""
    if coerce and cell.number_format != "@":
        if text.startswith("'"):
            text = text[1:]
        else:
            value = _coerced(text)
            if value is not text or text.startswith("="):
                cell.value = value
                return
    cell.value, cell.data_type = text, "s"


def _coerced(text: str):
    if NUMBER.fullmatch(text):
        plain = text.strip()
        return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)
    if text.upper() in {"TRUE", "FALSE"}:
        return text.upper() == "TRUE"
    if re.fullmatch(r"\d{4}-\d\d?-\d\d?", text):
        with suppress(ValueError):
            return dt.datetime(*map(int, text.split("-")))
    return text


def _runs(numbers) -> Iterator[range]:
    for _, group in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        members = [number for _, number in group]
        yield range(members[0], members[-1] + 1)
