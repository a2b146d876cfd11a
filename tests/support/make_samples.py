"""Make the workbooks of ``sample_workbooks/``: ``python tests/support/make_samples.py`` from the project's root."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter

FOLDER = Path(__file__).parents[2] / "sample_workbooks"
FIRST = ("Ann", "Bashir", "Chloé", "Dmitri", "Élodie", "Farah", "Goran", "Hana", "Ines", "Jörg", "Kofi", "Łucja")
LAST = ("Abara", "Bauer", "Costa", "Dubois", "Evans", "Fischer", "García", "Hansen", "Ito", "Jensen")
COMPANIES = ("Alder Accounting", "Birch & Sons", "Cedar Lending", "Dogwood HR", "Elm Care")
HEADERS = ("Email", "First name", "Last name", "Company", "Tags", "Custom: client_ref", "Due date", "Phone")
WRONG = {  # row of the sheet -> what is wrong in it
    9: {"Email": "bashir.evans(at)example.com"},
    27: {"Email": None},
    58: {"Email": "kofi.garcia@example"},
    74: {"Due date": date(2020, 1, 31)},
    101: {"Email": "ann.abara.2@example.com"},  # row 2 has it, too
}
OPTIONS = (
    ("Campaign ID", "Yearly documents", "The campaign's id or its name"),
    ("Round", "first", "Type a new word to ask the same people again"),
    ("Due date", None, "Blank: as the campaign says"),
    ("Send message", "yes", "no: Collect sends no messages of its own"),
)


def person(row: int) -> dict[str, object]:
    """Return the contact of a row of the sheet, in which every person has an address of her own."""
    first, last = FIRST[(row - 2) % len(FIRST)], LAST[(row - 2) // len(FIRST)]
    plain = {"Chloé": "chloe", "Élodie": "elodie", "Jörg": "joerg", "Łucja": "lucja", "García": "garcia"}
    local = ".".join(plain.get(name, name.lower()) for name in (first, last))
    return {
        "Email": f"{local}.{row}@example.com",
        "First name": first,
        "Last name": last,
        "Company": COMPANIES[row % len(COMPANIES)],
        "Tags": "retail; 2026" if row % 3 else "business",
        "Custom: client_ref": f"{row * 37:05d}",
        "Phone": f"+44 20 7946 {row:04d}",
        **WRONG.get(row, {}),
    }


def contacts(book: xlsxwriter.Workbook, rows: int) -> None:
    """Write the contacts as an Excel table, with text columns so that leading zeros live."""
    sheet = book.add_worksheet("Contacts")
    text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
    for row in range(2, rows + 2):
        for column, value in enumerate(person(row).get(header) for header in HEADERS):
            if isinstance(value, date):
                sheet.write_datetime(row - 1, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
            elif value is not None:
                sheet.write_string(row - 1, column, str(value), text)
    sheet.add_table(0, 0, rows, len(HEADERS) - 1, {"name": "Contacts", "columns": [{"header": h} for h in HEADERS]})
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, len(HEADERS) - 1, 16)
    sheet.freeze_panes(1, 0)


def options(book: xlsxwriter.Workbook) -> None:
    """Write the options sheet."""
    sheet = book.add_worksheet("Options")
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    for column, header in enumerate(("Option", "Value", "Help")):
        sheet.write_string(0, column, header, bold)
    for row, line in enumerate(OPTIONS, 1):
        for column, value in enumerate(line):
            if value is not None:
                sheet.write_string(row, column, value, text if column == 1 else None)
    sheet.set_column(0, 1, 18)
    sheet.set_column(2, 2, 50)


def make(path: Path, rows: int) -> None:
    """Make a workbook of so many contacts; made twice, the bytes are equal."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
        contacts(book, rows)
        options(book)


if __name__ == "__main__":
    make(FOLDER / "clients_120.xlsx", 120)
