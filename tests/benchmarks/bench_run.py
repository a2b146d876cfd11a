"""What a run costs of its own: CPU of ``send`` against a Collect that answers at once, in another process.

Run it with: python tests/benchmarks/bench_run.py [CONTACTS ...]

Each figure is the whole process, with Python's start and all imports, as the first line shows them alone. Every send is
made three times, each on a journal, a workbook and a Collect of its own; the least counts, since others may be at work.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COUNTS = (1_000, 10_000)
REPEATS = 3
SERVE = "serve"
NOT_OF_A_USER = ("COLLECT_", "PYTHONDONTWRITEBYTECODE")
"""Variables that would change what is measured: an installed package is compiled once, and not at each start."""
BUDGET = {"send, 10,000 contacts": 3.0, "send, nothing to do, 10,000 contacts": 2.0}
"""CPU seconds that are not to be exceeded, on the kind of machine that the budgets are measured on."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took."""

    cpu: float
    """Seconds, user and system."""
    peak: float
    """MB."""


def serve() -> None:
    """Be a Collect until nobody listens any more, and say where."""
    from collect_xl.testing import FakeCollect  # noqa: PLC0415  # not in the process that measures

    with FakeCollect() as server:
        sys.stdout.write(f"{server.url} {server.key}\n")
        sys.stdout.flush()
        sys.stdin.read()


@contextmanager
def company(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of a computer without a journal, beside a Collect in another process."""
    with subprocess.Popen(
        [sys.executable, __file__, SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        url, key = server.stdout.readline().split()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OF_A_USER)}
        ours = {
            "HOME": str(folder),
            "COLLECT_API_URL": url,
            "COLLECT_API_KEY": key,
            "COLLECT_XL_HISTORY": str(folder / "journal.sqlite3"),
        }
        yield {**kept, **ours}
        server.stdin.close()


def write_book(path: Path, contacts: int) -> None:
    """Write as many people as wanted, each with a company and tags, and the campaign."""
    import xlsxwriter  # noqa: PLC0415  # as above

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        sheet.write_row(0, 0, ("Email", "First name", "Last name", "Company", "Tags"))
        for at in range(1, contacts + 1):
            person = (f"person{at}@client{at % 977}.example.com", f"Ann{at % 991}", f"Smith {at}")
            sheet.write_row(at, 0, (*person, f"Company {at % 5000}", "VIP; 2026"))
        options = book.add_worksheet("Options")
        options.write_row(0, 0, ("Option", "Value"))
        options.write_row(1, 0, ("Campaign ID", "Yearly documents"))


def cost_of(words: list[str], environ: Mapping[str, str]) -> Cost:
    """Run the command to its end, and return what the system says that it took."""
    with tempfile.TemporaryFile() as printed:
        command = [sys.executable, "-m", "collect_xl", *words]
        process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        words_of_run = printed.read().decode("utf-8", "replace")
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}:\n{words_of_run[-2000:]}")
    peak = usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    return Cost(usage.ru_utime + usage.ru_stime, peak)


def measure(contacts: int) -> dict[str, Cost]:
    """Return the least cost of a send, and of one that finds that everybody was sent a request."""
    sends, repeats = [], []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as name, company(Path(name)) as environ:
            book = Path(name) / "clients.xlsx"
            write_book(book, contacts)
            words = ["send", str(book), "--yes", "--new-history"]
            sends.append(cost_of(words, environ))
            repeats.append(cost_of(words, environ))
    return {
        f"send, {contacts:,} contacts": min(sends, key=lambda each: each.cpu),
        f"send, nothing to do, {contacts:,} contacts": min(repeats, key=lambda each: each.cpu),
    }


def main(counts: list[int]) -> None:
    """Measure and print the table, line by line."""
    say(f"{'':42}{'CPU s':>8}{'budget':>8}{'peak MB':>9}\n")
    show("collect-xl --help", min((cost_of(["--help"], os.environ) for _ in range(REPEATS)), key=lambda each: each.cpu))
    for contacts in counts:
        for what, cost in measure(contacts).items():
            show(what, cost)


def show(what: str, cost: Cost) -> None:
    """Print one line of the table."""
    budget = f"{BUDGET[what]:.1f}" if what in BUDGET else ""
    say(f"{what:42}{cost.cpu:8.2f}{budget:>8}{cost.peak:9.0f}\n")


def say(text: str) -> None:
    """Show it at once, as a measurement may take long."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [what] if what == SERVE:
            serve()
        case counts:
            main([int(count) for count in counts] or list(COUNTS))
