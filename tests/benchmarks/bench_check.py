"""What a check costs and where: reading, validating and planning, with time and peak memory.

Run it with: python tests/benchmarks/bench_check.py [ROWS]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from collect_xl.workbook.saved import SavedWorkbook

HEADERS = (
    "Email",
    "First name",
    "Last name",
    "Company",
    "Tags",
    "Custom: ref",
    "Round",
    "Due date",
    "Campaign ID",
    "City",
)
DUE = date(datetime.now(tz=UTC).year + 1, 6, 1)
WRITE = "write"
BUDGET = (10.0, 250)
"""Seconds and MB for 100,000 contacts in all."""


def write_book(path: str, rows: int) -> None:
    """Write contacts as a company might keep them: unique people, repeated companies and options."""
    import xlsxwriter  # noqa: PLC0415  # not in the process that is measured

    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet("Contacts"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADERS)
        for at in range(1, rows + 1):
            person = (
                f"person{at}@client{at % 977}.example.com",
                f"Ann{at % 991}",
                f"Smith {at}",
                f"Company {at % 5000}",
            )
            sheet.write_row(at, 0, (*person, "VIP; 2026", at, f"Q{at % 4}"))
            sheet.write_datetime(at, 7, DUE.replace(day=1 + at % 28), day)
            sheet.write_row(at, 8, ("xvr6", f"City {at % 300}"))


def measure(path: str, what: str) -> None:
    """Do one thing in this process, and print its CPU seconds (others may be at work) and the process's peak memory."""
    from collect_xl.workbook.saved import open_saved  # noqa: PLC0415  # counts as a cost of the process, not of the task

    book = open_saved(path)
    started = time.process_time()
    found = TASKS[what](book)
    took = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    sys.stdout.write(f"{took} {peak} {found}\n")


def read(book: SavedWorkbook) -> int:
    """Read every row."""
    return sum(1 for _ in book.rows())


def validate(book: SavedWorkbook) -> int:
    """Read and validate every row, keeping all that comes of it."""
    from collect_xl.validation import Checker  # noqa: PLC0415

    checker = Checker(book.layout(), book.options())
    return len([checker.check(row) for row in book.rows()])


def plan(book: SavedWorkbook) -> int:
    """Do all that ``collect-xl check`` does before it prints."""
    from collect_xl.domain.rows import Choices  # noqa: PLC0415
    from collect_xl.planning.eligibility import assess_rows  # noqa: PLC0415
    from collect_xl.planning.history import NOTHING_KNOWN  # noqa: PLC0415
    from collect_xl.planning.plan import make_plan  # noqa: PLC0415
    from collect_xl.validation import Checker  # noqa: PLC0415

    checker = Checker(book.layout(), book.options())
    rows = tuple(checker.check(row) for row in book.rows())
    return sum(len(batch.rows) for batch in make_plan(assess_rows(rows, None, NOTHING_KNOWN), Choices(), None).batches)


def shortcut(book: SavedWorkbook) -> int:
    """Compare the fields asked directly with ``Schema.load``, on the same rows: how many per cent of its time."""
    from collect_xl.validation.contact import contact_schema  # noqa: PLC0415
    from collect_xl.validation.reader import Reader  # noqa: PLC0415

    schema = contact_schema(book.layout().columns)
    rows = [row.cells for row in islice(book.rows(), 20_000)]
    took = []
    for load in (Reader(schema).read, schema.load):
        started = time.process_time()
        for cells in rows:
            load(cells)
        took.append(time.process_time() - started)
    return round(100 * took[0] / took[1])


TASKS: dict[str, Callable[[SavedWorkbook], int]] = {
    "reading": read,
    "reading + validating": validate,
    "reading + validating + planning": plan,
    "fields alone, in % of Schema.load": shortcut,
}


def main(rows: int) -> None:
    """Measure each task in a process of its own and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "contacts.xlsx")
        # In a process of its own: a child's peak memory starts at what its parent holds.
        subprocess.run([sys.executable, __file__, path, WRITE, str(rows)], check=True)
        say(f"{rows:,} contacts x {len(HEADERS)} columns; budget of 100,000: {BUDGET[0]:g} s, {BUDGET[1]} MB\n")
        say(f"{'':36}{'CPU s':>9}{'peak MB':>9}{'result':>9}\n")
        for what in TASKS:
            done = subprocess.run([sys.executable, __file__, path, what], capture_output=True, text=True, check=True)
            took, peak, found = map(float, done.stdout.split())
            say(f"{what:36}{took:9.2f}{peak:9.0f}{found:9.0f}\n")


def say(text: str) -> None:
    """Show it at once, as a measurement may take long."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [book, what, count] if what == WRITE:
            write_book(book, int(count))
        case [book, what]:
            measure(book, what)
        case count:
            main(int(count[0]) if count else 100_000)
