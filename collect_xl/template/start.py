"""The first sheet: what this is, five steps, what a list looks like, and what each status means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.styles import Alignment, Font

from collect_xl.domain.status_colours import COLOURS, STATUS_COLOURS
from collect_xl.template import looks

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.words import Words

WIDTHS = (3.0, 28.0, 18.0, 18.0, 26.0, 22.0)
FIRST = 2
LAST = 6
"""The columns that texts are written over."""
LINE = 15.5
"""Points of a line of text."""
CHARACTERS = 112
"""How many fit side by side in the columns from first to last."""

EXAMPLE_FIELDS = ("email", "firstName", "lastName", "company", "tags")
EXAMPLE = (
    ("ann.abara@example.com", "Ann", "Abara", "Alder Accounting", "retail"),
    ("bashir@example.com", "Bashir", "Bauer", "Birch & Sons", "retail; 2026"),
    ("chloe.costa@example.com", "Chloé", "Costa", "", ""),
)


def start_sheet(book: Workbook, words: Words) -> None:
    """Add the sheet that explains all others."""
    sheet = book.create_sheet(words.start_sheet)
    sheet.sheet_view.showGridLines = False
    for index, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEF"[index]].width = width
    sheet.cell(1, FIRST, words.title).font = looks.TITLE
    sheet.row_dimensions[1].height = 34
    row = _paragraph(sheet, 2, words.what) + 1
    row = _steps(sheet, row, words)
    row = _heading(sheet, row, words.ribbon_title)
    row = _paragraph(sheet, row, words.ribbon) + 1
    row = _statuses(sheet, row, words)
    _example(sheet, row, words)
    looks.fit_page(sheet, "portrait", pages=1)


def _heading(sheet: Worksheet, row: int, text: str) -> int:
    sheet.cell(row, FIRST, text).font = looks.HEADING
    sheet.row_dimensions[row].height = 24
    return row + 1


def _paragraph(sheet: Worksheet, row: int, text: str, first: int = FIRST, characters: int = CHARACTERS) -> int:
    """Write a text over the whole width, and return the next row."""
    sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=LAST)
    cell = sheet.cell(row, first, text)
    cell.font = looks.BODY
    cell.alignment = looks.WRAPPED
    # Excel does not fit the height of merged cells to their text.
    lines = len(text) // characters + 1
    sheet.row_dimensions[row].height = LINE * lines + 2
    return row + 1


def _steps(sheet: Worksheet, row: int, words: Words) -> int:
    row = _heading(sheet, row, words.steps_title)
    for number, step in enumerate(words.steps, 1):
        mark = sheet.cell(row, 1, number)
        mark.font = Font(name="Calibri", size=11, bold=True, color=looks.ACCENT)
        mark.alignment = Alignment(horizontal="center", vertical="top")
        row = _paragraph(sheet, row, step)
    return row + 1


def _statuses(sheet: Worksheet, row: int, words: Words) -> int:
    row = _heading(sheet, row, words.statuses_title)
    for status, meaning in words.statuses.items():
        background, ink, _ = COLOURS[STATUS_COLOURS[status]]
        cell = sheet.cell(row, FIRST, status)
        cell.font = Font(name="Calibri", size=11, bold=True, color=ink)
        cell.fill = looks.fill(background)
        cell.alignment = looks.INDENTED
        next_row = _paragraph(sheet, row, meaning, FIRST + 1, CHARACTERS - 10)
        sheet.cell(row, FIRST + 1).alignment = looks.INDENTED
        row = next_row
    return row + 1


def _example(sheet: Worksheet, row: int, words: Words) -> None:
    row = _heading(sheet, row, words.example_title)
    for column, key in enumerate(EXAMPLE_FIELDS, FIRST):
        head = sheet.cell(row, column, words.header(key))
        head.font = looks.WHITE_BOLD
        head.fill = looks.fill("7C93B5")
    for number, line in enumerate(EXAMPLE, row + 1):
        for column, text in enumerate(line, FIRST):
            cell = sheet.cell(number, column, text or None)
            cell.font = looks.BODY
            cell.fill = looks.fill("F4F6F9")
            cell.border = looks.RULE_BELOW
    _paragraph(sheet, row + len(EXAMPLE) + 1, words.example)
