"""An Excel that is none: an engine for xlwings on openpyxl, which misbehaves as Excel does when it is told to.

Registered through the public ``xw.engines.add``, so that everything above it is xlwings as users have it::

    with running_excel() as excel:
        book = excel.open(path)  # an xw.Book
        excel.quirks.protected = "ignore"
        ...
        assert excel.meter.count <= 8

What counts as a call is whatever makes xlwings speak to Excel about cells, tables, sheets or settings. Working out
which cells a range has does not count.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import xlwings as xw
from openpyxl.utils import get_column_letter, range_boundaries
from xlwings import base_classes

from collect_xl.addin import boxes
from support.excel_api import book_api, sheet_api
from support.excel_cells import MAX_COLUMNS, MAX_ROWS, Range
from support.excel_person import Person
from support.excel_quirks import KNOWN_CODES, REFUSED, ComError, Meter, Quirks
from support.excel_tables import Tables

__all__ = ["ComError", "Excel", "Quirks", "running_excel"]

CLOUD = "https://acme-my.sharepoint.com/personal/ann/Documents/"
_PIDS = itertools.count(90001)


@contextmanager
def running_excel() -> Iterator[Excel]:
    """Start an Excel, and make it the one that xlwings speaks to; afterwards it is gone without a trace."""
    before = xw.engines.active
    engine = xw.Engine(impl=Engine())
    xw.engines.add(engine)
    engine.activate()
    excel = engine.impl.apps.add()
    clock, boxes.clock = boxes.clock, excel.person.clock
    box, boxes.SYSTEMS[sys.platform] = boxes.SYSTEMS.get(sys.platform), _box
    processes = sys.modules.get("win32process")
    sys.modules["win32process"] = SimpleNamespace(GetWindowThreadProcessId=engine.impl.apps.thread_and_process)
    try:
        yield excel
    finally:
        del sys.modules["win32process"]
        if processes is not None:
            sys.modules["win32process"] = processes
        boxes.clock = clock
        del boxes.SYSTEMS[sys.platform]
        if box is not None:
            boxes.SYSTEMS[sys.platform] = box
        xw.engines.engines.remove(engine)
        del xw.engines.engines_by_name[engine.name]
        xw.engines.active = before


def _box(app: xw.App, box: boxes.Box) -> bool:
    return app.impl.person.box(app, box)


class Engine:
    """What xlwings asks an engine for."""

    name, type = "excel", "desktop"

    def __init__(self) -> None:
        self.apps = Apps(self)

    @staticmethod
    def prepare_xl_data_element(x, options):
        return "" if x is None else x

    @staticmethod
    def clean_value_data(data, datetime_builder, empty_as, number_builder, err_to_str):
        def clean(value):
            if value in ("", None):
                return empty_as
            if number_builder is not None and isinstance(value, float):
                return number_builder(value)
            if isinstance(value, int) and not isinstance(value, bool) and value in KNOWN_CODES:
                return KNOWN_CODES[value] if err_to_str else None
            return value

        return [[clean(value) for value in row] for row in data]


class Apps(base_classes.Apps):
    """The Excels that run."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self._running = engine, []

    def add(self, spec=None, add_book=None, xl=None, visible=None):
        self._running.insert(0, Excel(self))
        return self._running[0]

    def thread_and_process(self, window):
        """Answer as Windows does: which process a window belongs to, or none where it is gone."""
        return 0, next((app.pid for app in self._running if window in (app.hwnd, *app.other_windows)), 0)

    def keys(self):
        return [app.pid for app in self._running]

    def __iter__(self):
        return iter(list(self._running))

    def __len__(self):
        return len(self._running)

    def __getitem__(self, pid):
        return next(app for app in self._running if app.pid == pid)


SETTINGS = {
    "screen_updating": True,
    "display_alerts": True,
    "enable_events": True,
    "interactive": True,
    "calculation": "automatic",
    "visible": True,
    "status_bar": False,
}


class Excel(base_classes.App):
    """One running Excel."""

    hwnd, path, startup_path = 4711, "", ""
    engine = pid = books = selection = api = None  # properties of the base class

    def __init__(self, apps: Apps) -> None:
        self.apps, self.engine, self.pid = apps, apps.engine, next(_PIDS)
        self.other_windows: list[int] = []
        """Those of its other workbooks; ``hwnd`` is the one in front, the only one that xlwings knows."""
        self.quirks = Quirks()
        self.meter = Meter(self.quirks)
        self.books = Books(self)
        self.selection = None
        self.api = self
        self.person = Person(lambda: [self.hwnd] if self.hwnd else [], self.meter)
        self.settings = dict(SETTINGS)
        self.statuses: list[object] = []
        """What the status bar showed, one after the other."""

    def open(self, path: Path) -> xw.Book:
        """Open a workbook as a person does, and return what xlwings makes of it."""
        return xw.Book(impl=self.books.open(str(path)))

    def alert(self, prompt, title, buttons, mode, callback):
        raise AssertionError("xlwings' own box has Yes as its default, and on macOS a time-out")

    @property
    def version(self):
        self.meter.call("version")
        return "16.0"

    def activate(self, steal_focus=False):
        pass

    def calculate(self):
        self.meter.call("calculate")

    def quit(self):
        self.apps._running.remove(self)

    kill = quit


def _setting(name: str) -> property:
    def read(self):
        self.meter.call(name)
        return self.settings[name]

    def write(self, value):
        self.meter.call(f"{name}=")
        self.settings[name] = value
        if name == "status_bar":
            self.statuses.append(value)

    return property(read, write)


for _name in SETTINGS:
    setattr(Excel, _name, _setting(_name))


class Books(base_classes.Books):
    """The open workbooks, the one in front first."""

    app = api = None

    def __init__(self, app: Excel) -> None:
        self.app, self.api, self._open = app, self, []

    @property
    def active(self):
        return self._open[0]

    def add(self):
        return self._in_front(Book(self, openpyxl.Workbook(), None, f"Book{len(self) + 1}"))

    def open(self, fullname, *_, **__):
        path = Path(fullname)
        macros = path.suffix.lower() in {".xlsm", ".xltm"}
        results = openpyxl.load_workbook(path, data_only=True)
        return self._in_front(Book(self, openpyxl.load_workbook(path, keep_vba=macros), path, path.name, results))

    def _in_front(self, book):
        self._open.insert(0, book)
        return book

    def __call__(self, key):
        self.app.meter.call("books")
        found = [book for at, book in enumerate(self._open, 1) if key == at or str(key).lower() == book.name.lower()]
        if not found:
            raise KeyError(key)
        return found[0]

    def __len__(self):
        self.app.meter.answers()
        return len(self._open)

    def __iter__(self):
        self.app.meter.answers()
        self.app.meter.list()
        return iter(list(self._open))


class Book(base_classes.Book):
    """An open workbook; ``results`` has what its formulas showed when it was last saved."""

    name = app = sheets = None

    def __init__(self, books: Books, wb: openpyxl.Workbook, path: Path | None, name: str, results=None) -> None:
        self.books, self.wb, self.saved_at, self.name, self.results = books, wb, path, name, results
        self.app = books.app
        self.pivots: dict[str, dict[str, str]] = {}
        """Sheet -> name of a pivot table -> the cells that it fills."""
        self.rich: dict[str, frozenset[str]] = {}
        """Sheet -> its cells that are data types or pictures."""
        self.sheets = Sheets(self)

    @property
    def api(self):
        return book_api(self)

    @property
    def address(self) -> str:
        """What Excel itself has for its full name."""
        return CLOUD + self.name if self.app.quirks.cloud else str(self.saved_at or self.name)

    @property
    def fullname(self):
        """Do as xlwings: never an address, but a sheet is read, and folders of the workbook's choice are searched."""
        if "://" not in self.address:
            return self.address
        raise AssertionError("xlwings searches the disk, and other hosts, for the place of a workbook in a cloud")

    def activate(self):
        self.books._open.remove(self)
        self.books._in_front(self)

    def close(self):
        self.books._open.remove(self)

    def save(self, path=None, password=None):
        self.app.meter.call("save")
        self.saved_at = Path(path or self.saved_at or f"{self.name}.xlsx").resolve()
        self.name = self.saved_at.name
        self.wb.save(self.saved_at)


class Sheets(base_classes.Sheets):
    """The sheets of a workbook."""

    api = None

    def __init__(self, book: Book) -> None:
        self.book, self.api = book, book.wb

    @property
    def active(self):
        return Sheet(self.book, self.book.wb.active)

    def __call__(self, key):
        meter = self.book.app.meter
        meter.call("sheets")
        if meter.loses_proxy():
            return Sheet(self.book, None)
        pages = self.book.wb.worksheets
        found = [page for at, page in enumerate(pages, 1) if key == at or str(key).lower() == page.title.lower()]
        if not found:
            raise ComError(REFUSED, "Invalid index.", -2147352565)
        return Sheet(self.book, found[0])

    def __len__(self):
        return len(self.book.wb.worksheets)

    def __iter__(self):
        self.book.app.meter.call("sheets")
        self.book.app.meter.list()
        loses = self.book.app.meter.loses_proxy
        return iter([Sheet(self.book, None if loses() else page) for page in self.book.wb.worksheets])

    def add(self, before=None, after=None, name=None):
        index = after.index if after else before.index - 1 if before else 0
        return Sheet(self.book, self.book.wb.create_sheet(name, index))


class Sheet(base_classes.Sheet):
    """A sheet; without a page it is what a rejected call leaves behind."""

    book = None

    def __init__(self, book: Book, page) -> None:
        self.book, self.page, self.meter = book, page, book.app.meter
        self._found_as = page.title if page is not None else ""

    @property
    def api(self):
        return sheet_api(self)

    def call(self, name: str) -> None:
        """Count a call; a deleted sheet takes none, nor on macOS one that has another name by now."""
        self.meter.call(name)
        if self.page not in self.book.wb.worksheets:
            raise ComError(REFUSED, "Object required", -2146827864)
        if self.meter.quirks.mac and self.page.title != self._found_as:
            raise ComError(-1728, "Object not found")

    @property
    def name(self):
        self.meter.call("name")
        if self.page is None:
            raise AttributeError("'NoneType' object has no attribute 'Name'")
        return self.page.title

    @name.setter
    def name(self, value):
        self.page.title = value

    @property
    def index(self):
        return self.book.wb.worksheets.index(self.page) + 1

    @property
    def visible(self):
        self.meter.call("visible")
        state = self.page.sheet_state
        return state == "visible" if self.meter.quirks.mac else {"visible": -1, "hidden": 0, "veryHidden": 2}[state]

    def activate(self):
        self.book.wb.active = self.page

    select = activate

    def delete(self):
        self.book.wb.remove(self.page)

    @property
    def tables(self):
        return Tables(self)

    @property
    def cells(self):
        return Range(self, 1, 1, MAX_ROWS, MAX_COLUMNS)

    @property
    def used_range(self):
        self.meter.call("used_range")
        page = self.page
        width, height = page.max_column - page.min_column + 1, page.max_row - page.min_row + 1
        return Range(self, page.min_row, page.min_column, height, width)

    def range(self, first, last=None):
        if isinstance(first, tuple) and len(first) == 4:
            return Range(self, *first)
        left, top, right, bottom = self._box(first)
        if last is not None:
            _, _, right, bottom = self._box(last)
        return Range(self, top, left, bottom - top + 1, right - left + 1)

    def _box(self, at) -> tuple[int, int, int, int]:
        if isinstance(at, Range):
            return at.column, at.row, at.last_column, at.last_row
        if isinstance(at, tuple):
            return at[1], at[0], at[1], at[0]
        reference = str(at).replace("$", "")
        if not re.fullmatch(r"[A-Z]{0,3}\d*(:[A-Z]{0,3}\d*)?", reference, re.IGNORECASE):
            raise ComError(REFUSED, f"no range {at!r}", -2146827284)
        left, top, right, bottom = range_boundaries(reference)
        return left or 1, top or 1, right or MAX_COLUMNS, bottom or MAX_ROWS

    def result(self, row: int, column: int):
        """Return what a formula showed when the workbook was last saved."""
        results = self.book.results
        if results is None or self.page.title not in results.sheetnames:
            return None
        return results[self.page.title].cell(row, column).value

    def forget(self, row: int, column: int) -> None:
        """Forget what a formula showed: its cell is written."""
        results = self.book.results
        if results is not None and self.page.title in results.sheetnames:
            results[self.page.title].cell(row, column).value = None

    def is_hidden(self, row: int) -> bool:
        """Tell whether a row is hidden, by hand or by a filter."""
        return row in self.page.row_dimensions and bool(self.page.row_dimensions[row].hidden)

    def is_column_hidden(self, column: int) -> bool:
        """Tell whether a column is hidden."""
        letters = get_column_letter(column)
        return letters in self.page.column_dimensions and bool(self.page.column_dimensions[letters].hidden)

    def merged_at(self, cell):
        """Return the merged area that a cell belongs to."""
        return next((area for area in self.page.merged_cells.ranges if cell.coordinate in area), None)

    def changed(self, cells: Range) -> None:
        """Run the workbook's macro for a change, as Excel does before it answers."""
        macro = self.meter.quirks.macro
        if macro is not None and self.book.app.settings["enable_events"]:
            macro(cells)

    def typed_beside(self, cells: Range) -> None:
        """Let tables grow by themselves to what was typed beside them, where Excel does that."""
        if self.meter.quirks.tables == "by themselves":
            for table in self.tables:
                table.take_in(cells)
