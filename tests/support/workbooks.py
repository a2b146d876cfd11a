"""Workbooks made with XlsxWriter: plain lists of contacts, and one with everything that a careless writer loses."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADERS = (
    "Contact ID",
    "Email",
    "First name",
    "Last name",
    "Company",
    "Tags",
    "Custom: ref",
    "Amount",
    "Due date",
    "Note",
)


def contacts(path: Path, rows: int, *, sheet: str = "Contacts") -> Path:
    """Write a list of contacts, ten columns wide, as Excel would: shared strings, numbers, dates."""
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet(sheet)
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    page.write_row(0, 0, HEADERS)
    for row in range(1, rows + 1):
        page.write_row(row, 0, (f"id{row:08}", f"person{row}@example{row % 97}.com", f"Ann{row % 500}"))
        page.write_row(row, 3, (f"Lee{row % 3000}", f"Company {row % 1000} Ltd", f"a; b{row % 7}", f"R-{row * 7}"))
        page.write_number(row, 7, row * 1.37)
        page.write_number(row, 8, 46_000 + row % 300, date)
        page.write_string(row, 9, f"note {row * 7919 % 1_000_003}")
    book.close()
    return path


def with_table(path: Path, rows: int = 5, **options: object) -> Path:
    """Write contacts as an Excel table that begins in B3."""
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("Contacts")
    data = [[f"person{row}@example.com", f"Name {row}"] for row in range(rows)]
    columns = [{"header": "Email"}, {"header": "Name"}]
    page.add_table(2, 1, 2 + rows, 2, {"data": data, "columns": columns, "name": "People", **options})
    book.close()
    return path


def plain(path: Path, lines: Sequence[Sequence[object]], **options: object) -> Path:
    """Write lines of values from A1 on, with an optional filter over them."""
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("Contacts")
    for number, line in enumerate(lines):
        for column, value in enumerate(line):
            if value is not None:
                page.write(number, column, value)
    if options.get("filtered"):
        page.autofilter(0, 0, len(lines) - 1, len(lines[0]) - 1)
    for area in options.get("merged", ()):
        page.merge_range(area, "merged")
    if options.get("protected"):
        page.protect()
    for place, address in options.get("links", {}).items():
        page.write_url(place, address)
    book.close()
    return path


def png(path: Path) -> Path:
    """Write a picture of one red pixel."""
    chunks = (
        (b"IHDR", struct.pack(">2I5B", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\xff\0\0")),
        (b"IEND", b""),
    )
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return path


def everything(path: Path, vba: Path | None = None) -> Path:
    """Write a workbook with one of everything that XlsxWriter can make.

    Args:
        path: ``.xlsm`` when there is a VBA project.
        vba: a ``vbaProject.bin``.
    """
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("Contacts")
    columns = [{"header": header} for header in ("Email", "Name", "Amount")]
    data = [[f"person{row}@example.com", f"Name {row}", row * 1.5] for row in range(10)]
    page.add_table("A1:C11", {"columns": columns, "data": data, "name": "People"})
    _add_rules(book, page)
    _add_drawings(book, page, path)
    _add_sheets(book)
    if vba:
        book.add_vba_project(str(vba))
    book.define_name("Everybody", "=Contacts!$A$2:$A$11")
    book.set_custom_property("Checked by", "Ann")
    book.close()
    return path


def _add_rules(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
    page.conditional_format("C2:C11", {"type": "data_bar", "data_bar_2010": True})
    page.conditional_format("C2:C11", {"type": "icon_set", "icon_style": "3_arrows"})
    page.conditional_format(
        "C2:C11", {"type": "cell", "criteria": ">", "value": 5, "format": book.add_format({"bold": True})}
    )
    page.data_validation("B2:B11", {"validate": "list", "source": "=Lists!$A$1:$A$3"})
    page.write_comment("A2", "the first one")
    page.freeze_panes(1, 0)
    page.set_header('&C&"Arial,Bold"People')
    page.ignore_errors({"number_stored_as_text": "A1:A9"})
    page.write_url("A14", "https://example.com/handbook?a=1&b=2", string="handbook")


def _add_drawings(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet, path: Path) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Contacts!$C$2:$C$11", "trendline": {"type": "linear"}})
    page.insert_chart("F2", chart)
    picture = png(path.with_suffix(".png"))
    page.insert_image("F20", str(picture))
    page.embed_image("A15", str(picture))
    page.set_background(str(picture))
    page.insert_textbox("F25", "Call before noon", {"textlink": "=$A$2"})
    page.insert_button("F30", {"macro": "Hello", "caption": "Press"})
    page.add_sparkline("B14", {"range": "Contacts!C2:C11", "markers": True})
    page.insert_checkbox("B15", True)


def _add_sheets(book: xlsxwriter.Workbook) -> None:
    lists = book.add_worksheet("Lists")
    lists.write_column("A1", ["yes", "no", "perhaps"])
    lists.write_dynamic_array_formula("C1:C3", "=SORT(A1:A3)", None, "no")
    lists.write_formula("E1", "=COUNTA(Contacts!A2:A11)", None, 10)
    lists.write_rich_string("F1", "plain ", book.add_format({"bold": True}), "bold", " again")
    lists.write_array_formula("G1:G3", "{=LEN(A1:A3)}", None, 3)
    hidden = book.add_worksheet("Secret")
    hidden.very_hidden()
    hidden.protect("sesame")
    book.add_chartsheet("Graph").set_chart(_pie(book))


def _pie(book: xlsxwriter.Workbook) -> xlsxwriter.chart.Chart:
    chart = book.add_chart({"type": "pie"})
    chart.add_series({"values": "=Contacts!$C$2:$C$11"})
    return chart
