"""Reading a workbook and writing four columns back: time and peak memory, beside other libraries and beside the floor.

Run it with: python tests/benchmarks/bench_workbook.py [ROWS ...]

Every figure is taken in a process of its own, so that memory is that task's alone. Seconds are those of the process's
CPU (others may be at work on the machine); the floor is inflating and deflating the sheet with zlib at level 6, what
any writer must do at least: of the sheet as it is before each of the two writes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from zipfile import ZipFile

SIZES = (1_000, 10_000, 100_000)
"""Rows; 1,000,000 may be asked for, and takes openpyxl 6 GB."""
MOST_FOR_OPENPYXL = 100_000
COLUMNS = ("Collect status", "Collect request ID", "Collect portal URL", "Collect message")
SHEET = "xl/worksheets/sheet1.xml"


def lines(rows: int):
    """Yield results for each row."""
    for row in range(2, rows + 2):
        yield row, ("sent", f"REQ-{row:08}", f"https://portal.example.com/r/{row:08}?a=1&b=2", None)


def make(path: str, rows: int) -> None:
    """Write the workbook that all tasks work on."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from support.workbooks import contacts  # noqa: PLC0415  # each process loads what it measures

    contacts(Path(path), rows)


def read_cells(path: str, _rows: int) -> int:
    """Read every cell's bytes through the tokenizer."""
    from collect_xl.ooxml.package import Package  # noqa: PLC0415
    from collect_xl.ooxml.row_cells import cells  # noqa: PLC0415
    from collect_xl.ooxml.tokenizer import SheetStream  # noqa: PLC0415

    with Package.open(path) as package:
        part = package.sheet("Contacts").part
        return sum(len(cells(row.body)) for row in SheetStream(package.stream(part), part).rows())


def read_values(path: str, _rows: int) -> int:
    """Read every contact's fields with their values."""
    from collect_xl.workbook.saved import open_saved  # noqa: PLC0415

    return sum(len(row.cells) for row in open_saved(path).rows())


def read_openpyxl(path: str, _rows: int) -> int:
    """Read every value through openpyxl's read-only mode."""
    import openpyxl  # noqa: PLC0415

    book = openpyxl.load_workbook(path, read_only=True)
    count = sum(len(row) for row in book.active.iter_rows(values_only=True))
    book.close()
    return count


def read_openpyxl_whole(path: str, _rows: int) -> int:
    """Read every value through openpyxl's normal mode."""
    import openpyxl  # noqa: PLC0415

    return sum(len(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True))


def read_calamine(path: str, _rows: int) -> int:
    """Read every value through python-calamine."""
    import python_calamine  # noqa: PLC0415

    return sum(map(len, python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()))


def write(path: str, rows: int) -> int:
    """Add four columns, one of them of links."""
    from collect_xl.workbook.write_columns import add_columns  # noqa: PLC0415

    return len(add_columns(path, "Contacts", 1, COLUMNS, lines(rows), f"{path}.new.xlsx").columns)


def write_again(path: str, rows: int) -> int:
    """Write the same four columns once more, over those that are there."""
    from collect_xl.workbook.write_columns import add_columns  # noqa: PLC0415

    add_columns(path, "Contacts", 1, COLUMNS, ((row, ("completed", *more[1:])) for row, more in lines(rows)))
    return rows


def write_openpyxl(path: str, rows: int) -> int:
    """Add four columns by openpyxl's load and save."""
    import openpyxl  # noqa: PLC0415

    book = openpyxl.load_workbook(path)
    sheet = book.active
    for row, values in lines(rows):
        for column, value in enumerate(values, start=11):
            if value:
                sheet.cell(row, column).value = value
    book.save(f"{path}.openpyxl.xlsx")
    return rows


def floor(path: str, _rows: int) -> int:
    """Inflate the sheet and deflate it again, chunk by chunk."""
    deflater, size = zlib.compressobj(6, zlib.DEFLATED, -15), 0
    with ZipFile(path) as archive, archive.open(SHEET) as sheet:
        while chunk := sheet.read(1 << 18):
            size += len(deflater.compress(chunk))
    return size + len(deflater.flush())


NEW, AGAIN = "write: four new columns", "write: four columns that exist"
FLOOR, FLOOR_AGAIN = "floor: inflate and deflate the sheet", "floor: the same with the columns that exist"
TASKS = {  # what is printed -> the task, and what it is compared with
    "read: tokenizer": (read_cells, "read: openpyxl read-only"),
    "read: contacts with values": (read_values, "read: openpyxl read-only"),
    "read: openpyxl read-only": (read_openpyxl, None),
    "read: openpyxl normal": (read_openpyxl_whole, None),
    "read: python-calamine": (read_calamine, None),
    NEW: (write, "write: openpyxl load and save"),
    AGAIN: (write_again, "write: openpyxl load and save"),
    "write: openpyxl load and save": (write_openpyxl, None),
    FLOOR: (floor, None),
    FLOOR_AGAIN: (floor, None),
}
FLOORS = {NEW: FLOOR, AGAIN: FLOOR_AGAIN}


def measure(task: str, path: str, rows: int) -> None:
    """Do one task in this process, and print its seconds and the peak of its memory in MB."""
    started = time.process_time()
    TASKS[task][0](path, rows)
    took = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    sys.stdout.write(f"{took} {peak}")


def measured(task: str, path: Path, rows: int) -> tuple[float, float]:
    """Return seconds and MB of a task in a process of its own."""
    command = [sys.executable, __file__, task, str(path), str(rows)]
    seconds, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(peak)


def table(rows: int) -> None:
    """Measure all tasks at one size, and print a line for each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.xlsx"
        # in a process of its own, too: a child's peak is never below its parent's
        subprocess.run([sys.executable, __file__, "make", str(path), str(rows)], check=True)
        figures = {}
        for task in TASKS:
            if rows > MOST_FOR_OPENPYXL and "openpyxl" in task:
                continue
            target = Path(f"{path}.new.xlsx") if "that exist" in task else path
            figures[task] = measured(task, target, rows)
    print(f"\n{rows:,} rows x 10 columns{'':23}seconds       MB")
    for task, (seconds, peak) in figures.items():
        print(f"  {task:40}{seconds:8.2f} {peak:8.0f}{compared(task, figures)}")


def compared(task: str, figures: dict[str, tuple[float, float]]) -> str:
    """Return how many times faster a task is than what it is compared with, and how far above the floor a write is."""
    other = figures.get(TASKS[task][1] or "")
    faster = f"   {other[0] / figures[task][0]:5.1f} times as fast as openpyxl" if other else ""
    above = f", {figures[task][0] / figures[FLOORS[task]][0]:.1f} times the floor" if task in FLOORS else ""
    return faster + above


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", path, rows]:
            make(path, int(rows))
        case [task, path, rows] if task in TASKS:
            measure(task, path, int(rows))
        case sizes:
            for size in map(int, sizes or SIZES):
                table(size)
