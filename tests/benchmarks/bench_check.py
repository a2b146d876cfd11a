"""What a check costs and where: reading, validating and planning, with time and peak memory, beside python-calamine.

Run it with: python tests/benchmarks/bench_check.py [ROWS]

Every figure is the least of some rounds, each in a process of its own. Seconds are those of the process's CPU, as
others may be at work on the machine; the two that are compared take turns, so that both meet the same load.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
ROUNDS = 3
GOAL = (3.5, 160)
"""Seconds and MB of a whole check of 100,000 contacts."""
READING_GOAL = (2.0, 40)
"""How many times python-calamine's time reading may take, and MB."""


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
    """Do one thing in this process, and print its CPU seconds, the process's peak memory and the result.

    Python searches for garbage as seldom as in a command.
    """
    from collect_xl.domain.garbage import search_garbage_seldom  # noqa: PLC0415  # not in the process that writes

    search_garbage_seldom()
    module, task = COMPARED[what] if what in COMPARED else ("collect_xl.workbook.saved", TASKS[what])
    subject: Any = path
    imported = import_module(module)  # a cost of the process, not of the task
    if what in TASKS:
        subject = imported.open_saved(path)
    started = time.process_time()
    result = task(subject)
    took = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    sys.stdout.write(f"{took} {peak} {result}\n")


def open_and_read(path: str) -> int:
    """Read every contact's fields with their values, the opening of the file included."""
    from collect_xl.workbook.saved import open_saved  # noqa: PLC0415

    return sum(len(row.cells) for row in open_saved(path).rows())


def read_by_calamine(path: str) -> int:
    """Read every value through python-calamine, the opening of the file included."""
    import python_calamine  # noqa: PLC0415

    return sum(map(len, python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()))


def read(book: SavedWorkbook) -> int:
    """Read every row."""
    return sum(1 for _ in book.rows())


def validate(book: SavedWorkbook) -> int:
    """Read and validate every row, keeping all that comes of it."""
    from collect_xl.validation import Checker  # noqa: PLC0415

    checker = Checker(book.layout(), book.options())
    return len(checker.check_all(book.rows()))


def plan(book: SavedWorkbook) -> int:
    """Do all that ``collect-xl check`` does before it prints."""
    from collect_xl.domain.garbage import pause_garbage_search  # noqa: PLC0415
    from collect_xl.domain.rows import Choices  # noqa: PLC0415
    from collect_xl.planning.eligibility import assess_rows  # noqa: PLC0415
    from collect_xl.planning.history import NOTHING_KNOWN  # noqa: PLC0415
    from collect_xl.planning.plan import make_plan  # noqa: PLC0415
    from collect_xl.validation import Checker  # noqa: PLC0415

    checker = Checker(book.layout(), book.options())
    rows = checker.check_all(book.rows())
    with pause_garbage_search():  # as the session does
        assessment = assess_rows(rows, None, NOTHING_KNOWN)
    return sum(len(batch.rows) for batch in make_plan(assessment, Choices(), None).batches)


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
OURS, CALAMINE = "opening + reading with values", "the same by python-calamine"
COMPARED: dict[str, tuple[str, Callable[[str], int]]] = {
    OURS: ("collect_xl.workbook.saved", open_and_read),
    CALAMINE: ("python_calamine", read_by_calamine),
}
"""What is measured from the opening of the file on, and the module that is loaded before."""


def main(rows: int) -> None:
    """Measure each task in processes of its own and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "contacts.xlsx")
        # In a process of its own: a child's peak memory starts at what its parent holds.
        subprocess.run([sys.executable, __file__, path, WRITE, str(rows)], check=True)
        say(f"{rows:,} contacts x {len(HEADERS)} columns; goal for 100,000: {GOAL[0]:g} s, {GOAL[1]} MB in all\n")
        say(f"{'':36}{'CPU s':>9}{'peak MB':>9}{'result':>9}\n")
        for what in TASKS:
            show(what, [measured(path, what) for _ in range(ROUNDS)])
        rounds = [(measured(path, OURS), measured(path, CALAMINE)) for _ in range(ROUNDS)]
        ours = show(OURS, [each[0] for each in rounds])
        calamine = show(CALAMINE, [each[1] for each in rounds])
        times, megabytes = READING_GOAL
        say(f"{ours / calamine:.2f} times python-calamine's time; goal: {times:g} times, {megabytes} MB\n")


def measured(path: str, what: str) -> tuple[float, float, float]:
    """Return seconds, MB and result of a task in a process of its own."""
    done = subprocess.run([sys.executable, __file__, path, what], capture_output=True, text=True, check=True)
    took, peak, result = map(float, done.stdout.split())
    return took, peak, result


def show(what: str, rounds: list[tuple[float, float, float]]) -> float:
    """Print the best of some rounds, and return its seconds."""
    took, peak, result = min(rounds)
    say(f"{what:36}{took:9.2f}{peak:9.0f}{result:9.0f}\n")
    return took


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
