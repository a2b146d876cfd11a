"""Excel's object model, as far as collect_xl and xlwings ask for it, on the cells of ``support/excel_*.py``."""

from __future__ import annotations

from support.excel_api import evaluated
from support.excel_cells import MAX_COLUMNS, MAX_ROWS
from support.excel_cells import Range as Cells
from windows.excel_com import Collection, Served, refuse
from windows.excel_ranges import Hyperlinks, ListObject, Range, RowsOf

LONGEST_TEXT = 255
"""Characters of an address or a formula that Excel takes from outside."""
_CALCULATION = {"automatic": -4105, "manual": -4135, "semiautomatic": 2}


class Workbooks(Collection):
    """The open workbooks."""


class Sheets(Collection):
    """The sheets of a workbook."""


class ListObjects(Collection):
    """The tables of a sheet."""


class PivotTables(Collection):
    """The pivot tables of a sheet."""


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
