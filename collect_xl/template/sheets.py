"""The sheets that people fill in: contacts as an Excel table, options as lines, and the hidden lists between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableStyleInfo

from collect_xl.domain.headings import (
    DATE_ORDER,
    DATE_RESULTS,
    OPTION_FIELDS,
    RESULT_FIELDS,
    RESULT_WIDTHS,
    SKIP,
    is_result,
)
from collect_xl.domain.status_colours import COLOURS, OTHER_COLOUR, STATUS_COLOURS
from collect_xl.template import looks
from collect_xl.template.validations import validate
from collect_xl.workbook.lists import LISTS, LISTS_SHEET, MOST_LISTED

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.words import Words

TABLE = "Contacts"
"""The table's name, in every language."""
LAST_ROW = 1_048_576

# The columns that people fill in, and their widths in characters.
WIDTHS = {
    "email": 27.0,
    "firstName": 13.0,
    "lastName": 15.0,
    "company": 18.0,
    "dueDate": 13.0,
    "tags": 20.0,
    "contactId": 22.0,
    "assignedTo": 26.0,
    SKIP.key: 19.0,
}
_PERSON = ("email", "firstName", "lastName", "company", "dueDate")
_IN_SIGHT = (*_PERSON, "result.status", "result.error", "result.portalUrl")
"""What a laptop shows without scrolling: the person of a row, its status, and what to do."""
_BEHIND = (*WIDTHS, *(result.key for result in RESULT_FIELDS))
COLUMNS = tuple(dict.fromkeys((*_IN_SIGHT, *_BEHIND)))
"""The fields of the table from left to right."""
_BEHIND_LINK = COLUMNS[len(_IN_SIGHT)]
"""The column that cuts off the links: its texts keep their distance."""
OPTIONS = (*(option.key for option in OPTION_FIELDS), DATE_ORDER.key)
"""The lines of the options sheet, from row 2 on."""

OPTION_WIDTHS = (34.0, 34.0, 78.0)


@dataclass(frozen=True, slots=True)
class Filling:
    """What the workbook holds already: nothing in a template, people in a sample."""

    contacts: Sequence[Mapping[str, str | date]] = ()
    """Field key -> value, one for each row."""
    options: Mapping[str, str | date] = field(default_factory=dict)


NOTHING = Filling()


def column_of(key: str) -> str:
    """Return the letters of a field's column on the contacts sheet."""
    return get_column_letter(COLUMNS.index(key) + 1)


def contacts_sheet(book: Workbook, words: Words, filling: Filling) -> None:
    """Add the contacts: a table with one blank row, which grows as people type."""
    sheet = book.create_sheet(words.contacts_sheet)
    for index, key in enumerate(COLUMNS, 1):
        _contact_column(sheet, index, key, words)
    # A table must have at least one row below its header.
    contacts: Sequence[Mapping[str, str | date]] = filling.contacts or [{}]
    for number, contact in enumerate(contacts, 2):
        _contact_row(sheet, number, contact)
    last_column = get_column_letter(len(COLUMNS))
    table = Table(displayName=TABLE, ref=f"A1:{last_column}{len(contacts) + 1}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium2", showRowStripes=True)
    sheet.add_table(table)
    sheet.freeze_panes = "B2"
    _colour_statuses(sheet)
    sheet.row_dimensions[1].height = 22
    sheet.print_title_rows = "1:1"
    sheet.print_title_cols = "A:A"
    looks.fit_page(sheet, "landscape", pages=0, wide=2)


def _contact_column(sheet: Worksheet, index: int, key: str, words: Words) -> None:
    letter = get_column_letter(index)
    holds_results = is_result(key)
    head = sheet.cell(1, index, words.header(key))
    head.alignment = looks.CELL
    # The header has colours of its own, since not every program draws a table's style.
    head.fill = looks.fill(looks.QUIET if holds_results else looks.ACCENT)
    head.font = looks.WHITE_BOLD
    column = sheet.column_dimensions[letter]
    column.width = WIDTHS.get(key) or RESULT_WIDTHS[key]
    # The whole column has the format, so that rows added later have it, too.
    column.number_format = _format(key)
    column.alignment = _alignment(key)
    validate(sheet, key, f"{letter}2:{letter}{LAST_ROW}", words)


def _format(key: str) -> str:
    return looks.DATE if key == "dueDate" or key in DATE_RESULTS else looks.TEXT


def _alignment(key: str) -> Alignment:
    # Dates at the left, too: at the right they would touch the next column.
    is_date = _format(key) == looks.DATE
    is_behind_link = key == _BEHIND_LINK
    at_left = "left" if is_date or is_behind_link else None
    return Alignment(horizontal=at_left, vertical="center", indent=int(is_behind_link))


def _contact_row(sheet: Worksheet, number: int, person: Mapping[str, str | date]) -> None:
    for index, key in enumerate(COLUMNS, 1):
        cell = sheet.cell(number, index, person.get(key))
        cell.number_format = _format(key)
        cell.alignment = _alignment(key)


def _colour_statuses(sheet: Worksheet) -> None:
    letter = column_of("result.status")
    cells = f"{letter}2:{letter}{LAST_ROW}"
    colours = {}
    for status, colour in STATUS_COLOURS.items():
        colours[f'${letter}2="{status}"'] = colour
    # The first rule that fits holds, so the last one is left for words that the account's owner has made.
    colours[f"LEN(${letter}2)>0"] = OTHER_COLOUR
    for formula, colour in colours.items():
        background, ink, _ = COLOURS[colour]
        style = DifferentialStyle(font=Font(color=ink, bold=True), fill=looks.fill(background))
        sheet.conditional_formatting.add(cells, Rule(type="expression", dxf=style, formula=[formula]))


def options_sheet(book: Workbook, words: Words, filling: Filling) -> None:
    """Add the options: name, value and what it is for."""
    sheet = book.create_sheet(words.options_sheet)
    heads = zip(words.option_heads, OPTION_WIDTHS, strict=True)
    for index, (head, width) in enumerate(heads, 1):
        cell = sheet.cell(1, index, head)
        cell.font = looks.WHITE_BOLD
        cell.fill = looks.fill(looks.ACCENT)
        cell.alignment = looks.ROOMY
        sheet.column_dimensions[get_column_letter(index)].width = width
    for number, key in enumerate(OPTIONS, 2):
        _option_row(sheet, number, key, words, filling.options.get(key))
    sheet.row_dimensions[1].height = 24
    sheet.freeze_panes = "A2"
    looks.fit_page(sheet, "landscape", pages=0)


def _option_row(sheet: Worksheet, number: int, key: str, words: Words, value: str | date | None) -> None:
    name_cell = sheet.cell(number, 1, words.header(key))
    name_cell.font = Font(name="Calibri", size=11, bold=True, color=looks.INK)
    value_cell = sheet.cell(number, 2, value)
    value_cell.font = looks.BODY
    value_cell.number_format = _format(key)
    value_cell.fill = looks.fill("FFFBEA")
    help_cell = sheet.cell(number, 3, words.help[key])
    help_cell.font = looks.MUTED
    for cell in (name_cell, value_cell, help_cell):
        cell.alignment = looks.ROOMY
        cell.border = looks.RULE_BELOW
    sheet.row_dimensions[number].height = 32
    validate(sheet, key, f"B{number}", words)


def lists_sheet(book: Workbook) -> None:
    """Add the hidden lists, empty until campaigns and people are picked."""
    sheet = book.create_sheet(LISTS_SHEET)
    sheet.sheet_state = "hidden"
    for index, column in enumerate(LISTS, 1):
        letter = get_column_letter(index)
        sheet.cell(1, index, column.header).font = Font(name="Calibri", size=11, bold=True)
        sheet.column_dimensions[letter].width = 30
        sheet.column_dimensions[letter].number_format = looks.TEXT
        if column.name:
            book.defined_names[column.name] = DefinedName(column.name, attr_text=_filled_area(letter))


def _filled_area(letter: str) -> str:
    """Return a formula for the filled cells of a list."""
    # A fixed area would show its blank cells in each drop-down, below the entries.
    area = f"'{LISTS_SHEET}'!${letter}$2:${letter}${MOST_LISTED + 1}"
    return f"'{LISTS_SHEET}'!${letter}$2:INDEX({area},MAX(1,COUNTA({area})))"
