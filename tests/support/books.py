"""Workbooks with contacts and options, made for a test and read back by somebody else's library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import xlsxwriter

HEADERS = ("Email", "First name", "Last name")
RESULTS = ("Collect status", "Collect message", "Collect portal URL", "Collect request ID")


def make_book(
    path: Path,
    rows: int | Sequence[Sequence[object]],
    *,
    options: Mapping[str, object] | None = None,
    headers: Sequence[str] = HEADERS,
    hidden: Sequence[int] = (),
    sheet: str = "Contacts",
) -> Path:
    """Make a workbook; a number of rows makes so many people, ``p2@example.com`` in row 2 and so on.

    ``sheet`` is the name of the sheet with the contacts.
    """
    lines = [person(n) for n in range(2, rows + 2)] if isinstance(rows, int) else rows
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        page.write_row(0, 0, headers)
        for number, line in enumerate(lines, 1):
            for column, value in enumerate(line):
                if value is not None:
                    page.write(number, column, value)
        for number in hidden:
            page.set_row(number - 1, None, None, {"hidden": True})
        other = book.add_worksheet("Options")
        other.write_row(0, 0, ("Option", "Value"))
        for number, (name, value) in enumerate({"Campaign ID": "Yearly documents", **(options or {})}.items(), 1):
            other.write(number, 0, name)
            other.write(number, 1, value)
    return path


def person(row: int) -> tuple[str, str, str]:
    """Return the person of a row."""
    return f"p{row}@example.com", f"First{row}", f"Last{row}"


def results(path: Path, sheet: str = "Contacts", columns: Sequence[str] = RESULTS) -> dict[int, dict[str, str]]:
    """Return what stands in the result columns, or in others, by row and header, read by openpyxl."""
    book = openpyxl.load_workbook(path)
    try:
        lines = list(book[sheet].iter_rows(values_only=True))
    finally:
        book.close()
    header = next(i for i, line in enumerate(lines) if "Email" in line or "Contact ID" in line)
    places = {name: lines[header].index(name) for name in columns if name in lines[header]}
    return {
        number: {name: str(line[column] or "") for name, column in places.items()}
        for number, line in enumerate(lines[header + 1 :], header + 2)
    }


def emails(path: Path) -> dict[int, str]:
    """Return the address of each row."""
    book = openpyxl.load_workbook(path)
    try:
        lines = list(book["Contacts"].iter_rows(values_only=True))
    finally:
        book.close()
    column = lines[0].index("Email")
    return {number: str(line[column] or "") for number, line in enumerate(lines[1:], 2)}


def reorder(path: Path, out: Path, order: Sequence[int], *, keep_results: bool = True) -> Path:
    """Write a copy with the rows in another order, as a sort of the whole table would.

    Without ``keep_results`` only the columns of the contacts are sorted, and the results stay where they are.
    """
    book = openpyxl.load_workbook(path)
    sheet = book["Contacts"]
    width = sheet.max_column if keep_results else len(HEADERS)
    lines = {n: [sheet.cell(n, c).value for c in range(1, width + 1)] for n in range(2, sheet.max_row + 1)}
    for number, source in enumerate(order, 2):
        for column, value in enumerate(lines[source], 1):
            sheet.cell(number, column).value = value
    book.save(out)
    book.close()
    return out
