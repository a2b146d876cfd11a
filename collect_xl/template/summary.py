"""The summary: counts of the contacts' sheet as plain formulas, and the cells that the charts are drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.styles import Alignment

from collect_xl.domain.statuses import DONE_IN_ORDER
from collect_xl.template import looks
from collect_xl.template.charts import add_charts
from collect_xl.template.grid import COUNT, DAYS, FIRST_DAY, FIRST_STATUS, KEY_ROWS, LABEL, STATUSES
from collect_xl.template.sheets import column_of
from collect_xl.template.tiles import add_tiles

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.words import Words

AS_OF = f"${COUNT}$3"

LAST_DATED_ROW = 100_001
"""How many rows the day of the last refresh is looked for in: unlike a count, it takes time for each of them."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the sheet: what it is called, and how it is counted."""

    row: int
    label: str
    formula: str
    format: str = "0"


class _Columns:
    """The columns of the contacts' sheet, as formulas name them."""

    def __init__(self, sheet: str) -> None:
        self._sheet = "'" + sheet.replace("'", "''") + "'"

    def whole(self, key: str) -> str:
        # Not only the table's cells: rows below it count as well.
        letter = column_of(key)
        return f"{self._sheet}!${letter}:${letter}"

    def filled(self, key: str) -> str:
        """Return a condition of COUNTIFS: the cell is neither blank nor the header."""
        return f'{self.whole(key)},"?*",{self.whole(key)},"<>"&{self._sheet}!${column_of(key)}$1'

    def dated(self, key: str) -> str:
        letter = column_of(key)
        return f"{self._sheet}!${letter}$2:${letter}${LAST_DATED_ROW}"


def summary_sheet(book: Workbook, words: Words, contacts: int) -> dict[str, str | int]:
    """Add the summary, and return what its formulas give while nothing was sent.

    Args:
        book: the workbook.
        words: its language.
        contacts: how many are in it.
    """
    sheet = book.create_sheet(words.summary_sheet)
    _frame(sheet, words)
    columns = _Columns(words.contacts_sheet)
    lines = [*_as_of(columns, words), *_overview(columns, words), *_statuses(columns, words), *_days(columns)]
    # Before anything was sent all counts are 0, except those of the contacts and of the contacts without a status.
    counts = {KEY_ROWS["contacts"]: contacts, FIRST_STATUS: contacts}
    results: dict[str, str | int] = {}
    for line in lines:
        results |= _write(sheet, line, counts.get(line.row, 0))
    results |= _nothing_sent_yet(sheet, words)
    results |= add_tiles(sheet, words, results)
    add_charts(sheet, words)
    return results


def _frame(sheet: Worksheet, words: Words) -> None:
    sheet.sheet_view.showGridLines = False
    for letter, width in (("A", 3), (LABEL, 46), (COUNT, 13), ("D", 3)):
        sheet.column_dimensions[letter].width = width
    # The charts are on these columns, and would overlap on narrower ones.
    for letter in "EFGHIJKLMNOPQRSTUV":
        sheet.column_dimensions[letter].width = 9.5
    title = sheet[f"{LABEL}1"]
    title.value = words.summary_sheet
    title.font = looks.TITLE
    sheet.row_dimensions[1].height = 34
    sheet.merge_cells("E1:V2")
    how = sheet["E1"]
    how.value = words.summary.how
    how.font = looks.MUTED
    how.alignment = Alignment(wrap_text=True, vertical="center")
    headings = (
        (KEY_ROWS["contacts"], words.summary.overview),
        (FIRST_STATUS, words.summary.by_status),
        (FIRST_DAY, words.summary.due_soon),
    )
    for row, text in headings:
        heading = sheet[f"{LABEL}{row - 1}"]
        heading.value = text
        heading.font = looks.HEADING
    looks.fit_page(sheet, "landscape", pages=1)


def _write(sheet: Worksheet, line: _Line, value: int) -> dict[str, str | int]:
    """Write a line, and return what its formulas give."""
    label = sheet[f"{LABEL}{line.row}"]
    label.value = line.label
    label.font = looks.BODY
    label.border = looks.RULE_BELOW
    count = sheet[f"{COUNT}{line.row}"]
    count.value = f"={line.formula}"
    count.font = looks.NUMBER
    count.border = looks.RULE_BELOW
    count.number_format = line.format
    count.alignment = Alignment(horizontal="right")
    results: dict[str, str | int] = {f"{COUNT}{line.row}": value}
    # The label of a day is a formula itself, which gives nothing while there is no date to count from.
    if line.label.startswith("="):
        label.number_format = looks.DATE
        label.alignment = Alignment(horizontal="left")
        results[f"{LABEL}{line.row}"] = ""
    return results


def _nothing_sent_yet(sheet: Worksheet, words: Words) -> dict[str, str | int]:
    """Write in words, under the date, that there is none yet."""
    cell = sheet[f"{LABEL}4"]
    cell.value = f'=IF({AS_OF}=0,"{words.summary.not_yet}","")'
    cell.font = looks.MUTED
    cell.alignment = Alignment(vertical="top")
    return {f"{LABEL}4": words.summary.not_yet}


def _as_of(columns: _Columns, words: Words) -> Iterator[_Line]:
    """Yield the newest day in the sheet, as the number 20261231."""
    # No formula asks the clock: that would make cells volatile, and Excel would ask to save on closing.
    newest_sent = _newest(columns.dated("result.sentOn"))
    newest_checked = _newest(columns.dated("result.checkedOn"))
    formula = f"IFERROR(MAX({newest_sent},{newest_checked}),0)"
    yield _Line(3, words.summary.as_of, formula, format=r"0000\-00\-00;;\-")


def _newest(cells: str) -> str:
    """Return the newest of days that are written as text."""
    # The 0 before each makes a number of a blank cell, too.
    return f'SUMPRODUCT(MAX(("0"&SUBSTITUTE({cells},"-",""))+0))'


def _overview(columns: _Columns, words: Words) -> Iterator[_Line]:
    email = columns.whole("email")
    with_email = columns.filled("email")
    with_id = columns.filled("contactId")
    with_request = columns.filled("result.requestId")
    status = columns.whole("result.status")
    sent = f"{COUNT}{KEY_ROWS['sent']}"
    completed = f"{COUNT}{KEY_ROWS['completed']}"
    counts = {
        # With an address, or with an ID; those that have both are counted once.
        "contacts": f'COUNTIFS({with_email})+COUNTIFS({with_id})-COUNTIFS({with_id},{email},"?*")',
        "sent": f'COUNTIFS({with_request},{status},"<>cancelled",{status},"<>canceled")',
        "pending": _count_of("pending"),
        "waiting": _count_of("waiting"),
        "overdue": _count_of("due"),
        "failed": f"{_count_of('error')}+{_count_of('refused')}+{_count_of('invalid')}",
        "completed": _count_of("completed"),
        "still_open": f"MAX(0,{sent}-{completed})",
        "due_within": f"SUM({COUNT}{FIRST_DAY}:{COUNT}{FIRST_DAY + DAYS - 1})",
        "rate": f"IF({sent}=0,0,{completed}/{sent})",
    }
    for name, formula in counts.items():
        label = getattr(words.summary, name)
        yield _Line(KEY_ROWS[name], label, formula, format="0%" if name == "rate" else "0")


def _count_of(status: str) -> str:
    """Return the cell that counts a status."""
    return f"{COUNT}{FIRST_STATUS + 1 + STATUSES.index(status)}"


def _statuses(columns: _Columns, words: Words) -> Iterator[_Line]:
    status = columns.whole("result.status")
    last = FIRST_STATUS + len(STATUSES)
    any_word = f"COUNTIFS({columns.filled('result.status')})"
    yield _Line(FIRST_STATUS, words.summary.not_sent, f"MAX(0,{COUNT}{KEY_ROWS['contacts']}-{any_word})")
    for row, word in enumerate(STATUSES, FIRST_STATUS + 1):
        formula = f'COUNTIFS({status},"{word}")'
        # Collect itself has both spellings.
        if word == "cancelled":
            formula += f'+COUNTIFS({status},"canceled")'
        yield _Line(row, word, formula)
    counted = f"SUM({COUNT}{FIRST_STATUS + 1}:{COUNT}{last})"
    yield _Line(last + 1, words.summary.other, f"MAX(0,{any_word}-{counted})")


def _days(columns: _Columns) -> Iterator[_Line]:
    for step in range(DAYS):
        row = FIRST_DAY + step
        day = f"DATE(INT({AS_OF}/10000),MOD(INT({AS_OF}/100),100),MOD({AS_OF},100)+{step})"
        label_cell = f"{LABEL}{row}"
        count = f'IF({label_cell}="",0,{_due_on(label_cell, columns)})'
        yield _Line(row, f'=IF({AS_OF}=0,"",{day})', count)


def _due_on(day: str, columns: _Columns) -> str:
    """Return how many open requests end on a day of their team.

    The sheet gives moments in UTC. West of Greenwich, as far as Hawaii, a day that ends at 23:59 ends there before
    10:00 of the next day; east of it, as far as New Zealand, after 10:00 of the same day.
    """
    due = columns.whole("result.dueDate")
    status = columns.whole("result.status")
    still_open = "".join(f',{status},"<>{word}"' for word in DONE_IN_ORDER)
    same_day = _text(day)
    next_day = _text(f"{day}+1")
    # A day without a time, from 10:00 to 24:00 of the day, and before 10:00 of the next one.
    moments = (same_day, f'{same_day}&"T1*"', f'{same_day}&"T2*"', f'{next_day}&"T0*"')
    counts = [f"COUNTIFS({due},{moment}{still_open})" for moment in moments]
    return "+".join(counts)


def _text(day: str) -> str:
    """Return a day as ``2026-12-31``."""
    # Not by TEXT(), whose patterns are written in the user's language.
    return f'YEAR({day})&"-"&RIGHT("0"&MONTH({day}),2)&"-"&RIGHT("0"&DAY({day}),2)'
