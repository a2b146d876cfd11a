"""Excel's object model, as far as collect_xl and xlwings ask for it, on the cells of ``support/excel_*.py``."""

from __future__ import annotations

from openpyxl.worksheet.hyperlink import Hyperlink as Link

from support.excel_api import evaluated
from support.excel_cells import MAX_COLUMNS, MAX_ROWS, put_text
from support.excel_cells import Range as Cells
from windows.excel_com import Members, Served, number_of, refuse

LONGEST_TEXT = 255
"""Characters of an address or a formula that Excel takes from outside."""
_VISIBLE_CELLS = 12
_NO_COLOUR = -4142
_CALCULATION = {"automatic": -4105, "manual": -4135, "semiautomatic": 2}


class Collection(Served):
    """Several objects, by number or name."""

    def __init__(self, application, items, parent=None) -> None:
        self.Application, self._items, self.Parent = application, items, parent

    @property
    def Count(self):
        return len(self._items())

    def Item(self, key):
        items = self._items()
        if isinstance(key, str):
            return (
                next(each for each in items if each.Name.casefold() == key.casefold())
                if any(each.Name.casefold() == key.casefold() for each in items)
                else refuse("Invalid index.", -2147352565)
            )
        if not 1 <= int(key) <= len(items):
            refuse("Invalid index.", -2147352565)
        return items[int(key) - 1]

    _Default = Item

    @property
    def _NewEnum(self):
        return Members(self._items())


class Workbooks(Collection):
    """The open workbooks."""


class Sheets(Collection):
    """The sheets of a workbook."""


class ListObjects(Collection):
    """The tables of a sheet."""


class PivotTables(Collection):
    """The pivot tables of a sheet."""


class Areas(Collection):
    """The parts of a range."""


class PivotTable(Served):
    """A pivot table."""

    def __init__(self, name, cells) -> None:
        self.Name, self.TableRange1 = name, cells


class Window(Served):
    """A window of Excel; what another program gets when it asks a window of Excel for its object."""

    def __init__(self, application, hwnd=0, caption="") -> None:
        self.Application, self.Hwnd, self.Caption = application, hwnd, caption


def _setting(name):
    return property(lambda self: getattr(self.excel, name), lambda self, value: setattr(self.excel, name, value))


class Application(Served):
    """Excel itself."""

    Name, Path, StartupPath, UserName, Ready, CutCopyMode = "Microsoft Excel", "", "", "Ann", True, 0
    ScreenUpdating = _setting("screen_updating")
    DisplayAlerts = _setting("display_alerts")
    EnableEvents = _setting("enable_events")
    Interactive = _setting("interactive")
    StatusBar = _setting("status_bar")
    Visible = _setting("visible")
    Version = _setting("version")

    def __init__(self, excel) -> None:
        self.excel = excel
        self.Application = self
        self.Workbooks = Workbooks(self, lambda: [Workbook(self, book) for book in excel.books])
        self.ProtectedViewWindows = Collection(self, list)

    @property
    def Hwnd(self):
        return self.excel.hwnd

    @property
    def Calculation(self):
        return _CALCULATION[self.excel.calculation]

    @Calculation.setter
    def Calculation(self, value):
        names = {number: name for name, number in _CALCULATION.items()}
        self.excel.calculation = names[int(value)]

    @property
    def ActiveWorkbook(self):
        return Workbook(self, self.excel.books.active) if len(self.excel.books) else None

    @property
    def ActiveSheet(self):
        return self.ActiveWorkbook.ActiveSheet

    @property
    def Selection(self):
        chosen = self.excel.selection
        return None if chosen is None else Range(Worksheet(Workbook(self, chosen.sheet.book), chosen.sheet), chosen)

    def Intersect(self, first, second):
        parts = [part for one in first.parts for other in second.parts for part in _common(one, other)]
        return Range(first.Worksheet, parts[0], parts) if parts else None


def _common(one, other):
    top, left = max(one.row, other.row), max(one.column, other.column)
    bottom, right = min(one.last_row, other.last_row), min(one.last_column, other.last_column)
    return [Cells(one.sheet, top, left, bottom - top + 1, right - left + 1)] if top <= bottom and left <= right else []


class Workbook(Served):
    """An open workbook."""

    ReadOnly, Path = False, ""

    def __init__(self, application, book) -> None:
        self.Application = self.Parent = application
        self._book = book
        self.Name, self.Saved = book.name, True
        self.Worksheets = self.Sheets = Sheets(
            application, lambda: [Worksheet(self, sheet) for sheet in book.sheets], self
        )

    @property
    def FullName(self):
        return self._book.address

    @property
    def ActiveSheet(self):
        return Worksheet(self, self._book.sheets.active)

    def Activate(self):
        self._book.activate()


class Worksheet(Served):
    """A sheet."""

    def __init__(self, book, sheet) -> None:
        self.Parent, self.Application, self.sheet = book, book.Application, sheet

    Name = property(lambda self: self.sheet.name)
    Index = property(lambda self: self.sheet.index)
    Visible = property(lambda self: self.sheet.visible)
    ProtectContents = property(lambda self: self._asked("protected") or bool(self.sheet.page.protection.sheet))
    Cells = property(lambda self: Range(self, Cells(self.sheet, 1, 1, MAX_ROWS, MAX_COLUMNS)))
    Rows = property(lambda self: RowsOf(self, Cells(self.sheet, 1, 1, MAX_ROWS, MAX_COLUMNS)))
    UsedRange = property(lambda self: Range(self, self.sheet.used_range))

    def _asked(self, name):
        self.sheet.call(name)

    @property
    def ListObjects(self):
        tables = self.sheet.tables
        return ListObjects(self.Application, lambda: [ListObject(self, table) for table in tables])

    @property
    def Hyperlinks(self):
        return Hyperlinks(Range(self, Cells(self.sheet, 1, 1, MAX_ROWS, MAX_COLUMNS)))

    def PivotTables(self, *_):
        pivots = getattr(self.sheet.book, "pivots", {}).get(self.sheet.page.title, {})
        named = [PivotTable(name, Range(self, self.sheet.range(at))) for name, at in pivots.items()]
        return PivotTables(self.Application, lambda: named)

    def Range(self, first, last=None):
        if isinstance(first, str):
            if len(first) > LONGEST_TEXT:
                refuse("Method 'Range' of object '_Worksheet' failed")
            return Range(self, self.sheet.range(first))
        if last is None:
            return first
        parts = (first.cells, last.cells)
        top, left = min(each.row for each in parts), min(each.column for each in parts)
        bottom, right = max(each.last_row for each in parts), max(each.last_column for each in parts)
        return Range(self, Cells(self.sheet, top, left, bottom - top + 1, right - left + 1))

    def Evaluate(self, formula):
        if len(formula) > LONGEST_TEXT:
            return -2146826273
        return evaluated(self.sheet, formula)

    def Activate(self):
        self.sheet.activate()

    Select = Activate


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
        self.cells.raw_value = [list(line) for line in value] if isinstance(value, tuple) else value

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
        if len(value) > LONGEST_TEXT:
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
