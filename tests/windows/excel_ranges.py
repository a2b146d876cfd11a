"""Excel's ranges and what belongs to them: tables, links and looks, on the cells of ``support/excel_*.py``."""

from __future__ import annotations

from datetime import datetime

from openpyxl.worksheet.hyperlink import Hyperlink as Link

from support.excel_cells import Range as Cells
from support.excel_cells import put_text
from windows.excel_com import Collection, Members, Served, number_of, refuse

LONGEST_TIP = 255
_VISIBLE_CELLS = 12
_NO_COLOUR = -4142


class Areas(Collection):
    """The parts of a range."""


class Range(Served):
    """Cells; several areas of them where a filter left gaps."""

    HasArray = False

    def __init__(self, sheet, cells, parts=()) -> None:
        self.Worksheet = self.Parent = sheet
        self.cells, self.parts = cells, list(parts) or [cells]

    @property
    def kind(self):
        return "Range"

    def _of(self, cells):
        return Range(self.Worksheet, cells)

    Application = property(lambda self: self.Worksheet.Application)
    Row = property(lambda self: self.cells.row)
    Column = property(lambda self: self.cells.column)
    Count = property(lambda self: sum(len(part) for part in self.parts))
    Cells = property(lambda self: self)
    Rows = property(lambda self: RowsOf(self.Worksheet, self.cells))
    Columns = property(lambda self: ColumnsOf(self.Worksheet, self.cells))
    EntireRow = property(lambda self: RowsOf(self.Worksheet, self.cells, whole=True))
    EntireColumn = property(lambda self: ColumnsOf(self.Worksheet, self.cells))
    Areas = property(lambda self: Areas(self.Application, lambda: [self._of(part) for part in self.parts]))
    Hyperlinks = property(lambda self: Hyperlinks(self))  # noqa: PLW0108  # the class below has the same name
    Font = property(lambda self: Font(self.cells))
    Interior = property(lambda self: Interior(self.cells))
    MergeArea = property(lambda self: self._of(self.cells.merge_area))
    MergeCells = property(lambda self: self.cells.merge_cells)
    Value2 = property(lambda self: number_of(self.cells.raw_value), lambda self, value: self._put(value))

    def Address(self, *_):
        self.cells.sheet.meter.call("address")
        return ",".join(part._address() for part in self.parts)

    @property
    def Value(self):
        return self.cells.raw_value

    @Value.setter
    def Value(self, value):
        self._put(value)

    def _put(self, value):
        if isinstance(value, tuple):
            self.cells.raw_value = [[_kept(each) for each in line] for line in value]
        else:
            self.cells.raw_value = _kept(value)

    @property
    def Formula(self):
        return self.cells.formula

    @Formula.setter
    def Formula(self, value):
        self._put(value)

    @property
    def NumberFormat(self):
        return self.cells.number_format

    @NumberFormat.setter
    def NumberFormat(self, value):
        self.cells.number_format = value

    @property
    def ColumnWidth(self):
        return self.cells.column_width

    @ColumnWidth.setter
    def ColumnWidth(self, value):
        self.cells.column_width = value

    @property
    def ListObject(self):
        table = self.cells.table
        return None if table is None else ListObject(self.Worksheet, table)

    def Item(self, row, column=None):
        if column is None:
            row, column = (each + 1 for each in divmod(int(row) - 1, self.cells.shape[1]))
        return self._of(self.cells(int(row), int(column)))

    def _Default(self, *at):
        return self.Item(*at) if at else self.Value

    def Resize(self, rows=None, columns=None):
        height, width = int(rows or self.cells.shape[0]), int(columns or self.cells.shape[1])
        return self._of(Cells(self.cells.sheet, self.cells.row, self.cells.column, height, width))

    def SpecialCells(self, kind, *_):
        assert int(kind) == _VISIBLE_CELLS, "This Excel finds visible cells only."
        found = self.cells.get_special_cells("visible", None)
        if not found:
            refuse("No cells were found.")
        return Range(self.Worksheet, found[0], found)

    def ClearContents(self):
        self.cells.clear_contents()
        return True

    def Clear(self):
        self.cells.clear()
        return True

    def Select(self):
        self.cells.select()
        return True


class RowsOf(Range):
    """The rows of cells, which count as one each."""

    def __init__(self, sheet, cells, *, whole=False) -> None:
        super().__init__(sheet, cells)
        self._whole = whole

    Count = property(lambda self: self.cells.shape[0])
    Rows = property(lambda self: self)

    def Item(self, row, *_):
        return RowsOf(
            self.Worksheet,
            Cells(self.cells.sheet, self.cells.row + int(row) - 1, self.cells.column, 1, self.cells.shape[1]),
            whole=self._whole,
        )

    @property
    def Hidden(self):
        if not self._whole:
            refuse("Unable to get the Hidden property of the Range class")
        sheet = self.cells.sheet
        sheet.call("EntireRow.Hidden")
        states = {sheet.is_hidden(row) for row in range(self.cells.row, self.cells.last_row + 1)}
        return states.pop() if len(states) == 1 else None


class ColumnsOf(Range):
    """The columns of cells, which count as one each."""

    Count = property(lambda self: self.cells.shape[1])
    Columns = property(lambda self: self)


class ListObject(Served):
    """A table."""

    def __init__(self, sheet, table) -> None:
        self._sheet, self._table = sheet, table

    Name = property(lambda self: self._table.name)
    Range = property(lambda self: Range(self._sheet, self._table.range))
    ShowHeaders = property(lambda self: self._table.show_headers)
    ShowTotals = property(lambda self: self._table.show_totals)

    def Resize(self, cells):
        class Impl:
            impl = cells.cells

        self._table.resize(Impl)


class Hyperlinks(Served):
    """The links of a range."""

    def __init__(self, cells) -> None:
        self._cells = cells

    def _all(self):
        page = self._cells.cells.sheet.page
        at = (self._cells.Row, self._cells.Column)
        cell = page._cells.get(at)
        return [Hyperlink(self._cells, cell)] if cell is not None and cell.hyperlink is not None else []

    Count = property(lambda self: len(self._all()))

    def Item(self, key):
        links = self._all()
        return links[int(key) - 1] if int(key) <= len(links) else refuse("Invalid index.", -2147352565)

    _Default = Item

    @property
    def _NewEnum(self):
        return Members(self._all())

    def Add(self, anchor, address, *_):
        anchor.cells.sheet.meter.call("add_hyperlink")
        cell = anchor.cells.sheet.page.cell(anchor.Row, anchor.Column)
        anchor.cells._may_change(cell)
        cell.hyperlink = Link(ref=cell.coordinate, target=address)
        if cell.value is None:
            put_text(cell, address, coerce=True)
        return Hyperlink(anchor, cell)


class Hyperlink(Served):
    """A link."""

    def __init__(self, cells, cell) -> None:
        self._cells, self._cell = cells, cell

    @property
    def Address(self):
        self._cells.cells.sheet.meter.call("hyperlink")
        return self._cell.hyperlink.target

    @property
    def TextToDisplay(self):
        return str(self._cell.value)

    @TextToDisplay.setter
    def TextToDisplay(self, value):
        put_text(self._cell, value, coerce=True)

    @property
    def ScreenTip(self):
        return self._cell.hyperlink.tooltip

    @ScreenTip.setter
    def ScreenTip(self, value):
        if len(value) > LONGEST_TIP:
            refuse("The value is out of range")
        self._cell.hyperlink.tooltip = value


class Font(Served):
    """How texts look."""

    Name, Size = "Calibri", 11.0

    def __init__(self, cells) -> None:
        self._font = cells.font

    @property
    def Bold(self):
        return self._font.bold

    @Bold.setter
    def Bold(self, value):
        self._font.bold = bool(value)

    @property
    def Color(self):
        return _number(self._font.color or (0, 0, 0))

    @Color.setter
    def Color(self, value):
        self._font.color = _colour(value)


class Interior(Served):
    """What cells are filled with."""

    def __init__(self, cells) -> None:
        self._cells = cells

    ColorIndex = property(lambda self: _NO_COLOUR if self._cells.color is None else 1)

    @property
    def Color(self):
        return float(_number(self._cells.color or (255, 255, 255)))

    @Color.setter
    def Color(self, value):
        self._cells.color = _colour(value)


def _number(colour):
    red, green, blue = colour
    return red + green * 256 + blue * 65536


def _colour(number):
    value = int(number)
    return value % 256, value // 256 % 256, value // 65536


def _kept(value):
    """Return what a cell keeps of a value that came over COM: of a moment neither a zone nor pywin32's own type."""
    if not isinstance(value, datetime):
        return value
    return datetime(*value.timetuple()[:6])  # noqa: DTZ001  # a cell has no zone
