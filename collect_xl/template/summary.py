"""The summary: counts of the contacts' sheet as plain formulas, and the cells that the charts are drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.styles import Alignment

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

DONE = ("completed", "waiting", "cancelled", "canceled", "archived")
"""Statuses in which the client has nothing left to do (as ``chasing.DONE``)."""

LAST_DATED_ROW = 100_001
"""The day of the last refresh is looked for in so many rows: unlike a count, it takes time for each of them."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the sheet: what it is called, how it is counted, and what that gives before anything was sent."""

    row: int
    label: str
    formula: str
    value: str | int = 0
    format: str = "0"


class _Columns:
    """The columns of the contacts' sheet as formulas name them: whole, so that rows below the table count as well."""

    def __init__(self, sheet: str) -> None:
        self._sheet = "'" + sheet.replace("'", "''") + "'"

    def whole(self, key: str) -> str:
        letter = column_of(key)
        return f"{self._sheet}!${letter}:${letter}"

    def filled(self, key: str) -> str:
        """Return a condition of COUNTIFS: something stands in the column, and it is not the header."""
        return f'{self.whole(key)},"?*",{self.whole(key)},"<>"&{self._sheet}!${column_of(key)}$1'

    def dated(self, key: str) -> str:
        letter = column_of(key)
        return f"{self._sheet}!${letter}$2:${letter}${LAST_DATED_ROW}"


def summary_sheet(book: Workbook, words: Words, contacts: int) -> dict[str, str | int]:
    """Add the summary, and return what its formulas give while nothing was sent.

    Args:
        book: the workbook.
        words: its language.
        contacts: how many stand in it.
    """
    sheet = book.create_sheet(words.summary_sheet)
    _frame(sheet, words)
    columns = _Columns(words.contacts_sheet)
    lines = [*_as_of(columns, words), *_overview(columns, words), *_statuses(columns, words), *_days(columns)]
    counted = {KEY_ROWS["contacts"]: contacts, FIRST_STATUS: contacts}
    results: dict[str, str | int] = {}
    for line in lines:
        results |= _write(sheet, line, counted.get(line.row, line.value))
    results |= _no_news(sheet, words)
    results |= add_tiles(sheet, words, results)
    add_charts(sheet, words)
    return results


def _frame(sheet: Worksheet, words: Words) -> None:
    sheet.sheet_view.showGridLines = False
    for letter, width in (("A", 3), (LABEL, 46), (COUNT, 13), ("D", 3)):
        sheet.column_dimensions[letter].width = width
    for letter in "EFGHIJKLMNOPQRSTUV":  # under the charts, which would overlap on narrower ones
        sheet.column_dimensions[letter].width = 9.5
    sheet[f"{LABEL}1"], sheet[f"{LABEL}1"].font = words.summary_sheet, looks.TITLE
    sheet.row_dimensions[1].height = 34
    sheet.merge_cells("E1:V2")
    how = sheet["E1"]
    how.value, how.font = words.summary.how, looks.MUTED
    how.alignment = Alignment(wrap_text=True, vertical="center")
    headings = (
        (KEY_ROWS["contacts"], words.summary.overview),
        (FIRST_STATUS, words.summary.by_status),
        (FIRST_DAY, words.summary.due_soon),
    )
    for row, text in headings:
        heading = sheet[f"{LABEL}{row - 1}"]
        heading.value, heading.font = text, looks.HEADING
    looks.fit_page(sheet, "landscape", pages=1)


def _write(sheet: Worksheet, line: _Line, value: str | int) -> dict[str, str | int]:
    label, count = sheet[f"{LABEL}{line.row}"], sheet[f"{COUNT}{line.row}"]
    label.value, count.value = line.label, f"={line.formula}"
    label.font, count.font = looks.BODY, looks.NUMBER
    label.border = count.border = looks.RULE_BELOW
    count.number_format, count.alignment = line.format, Alignment(horizontal="right")
    results: dict[str, str | int] = {f"{COUNT}{line.row}": value}
    if line.label.startswith("="):
        label.number_format, label.alignment = looks.DATE, Alignment(horizontal="left")
        results[f"{LABEL}{line.row}"] = ""
    return results


def _no_news(sheet: Worksheet, words: Words) -> dict[str, str | int]:
    """Say in words, under the date, that there is none."""
    cell = sheet[f"{LABEL}4"]
    cell.value, cell.font = f'=IF({AS_OF}=0,"{words.summary.not_yet}","")', looks.MUTED
    cell.alignment = Alignment(vertical="top")
    return {f"{LABEL}4": words.summary.not_yet}


def _as_of(columns: _Columns, words: Words) -> Iterator[_Line]:
    """Yield the newest day that the sheet tells of, as the number 20261231: no formula asks the clock."""
    newest = ",".join(
        f'SUMPRODUCT(MAX(("0"&SUBSTITUTE({columns.dated(key)},"-",""))+0))'
        for key in ("result.sentOn", "result.checkedOn")
    )
    yield _Line(3, words.summary.as_of, f"IFERROR(MAX({newest}),0)", format=r"0000\-00\-00;;\-")


def _overview(columns: _Columns, words: Words) -> Iterator[_Line]:
    rows = {name: f"{COUNT}{row}" for name, row in KEY_ROWS.items()}
    email, contact_id, status = columns.whole("email"), columns.filled("contactId"), columns.whole("result.status")
    counts = {
        "contacts": f'COUNTIFS({columns.filled("email")})+COUNTIFS({contact_id})-COUNTIFS({contact_id},{email},"?*")',
        "sent": f'COUNTIFS({columns.filled("result.requestId")},{status},"<>cancelled",{status},"<>canceled")',
        "pending": _status("pending"),
        "waiting": _status("waiting"),
        "overdue": _status("due"),
        "failed": "+".join(map(_status, ("error", "refused", "invalid"))),
        "completed": _status("completed"),
        "still_open": f"MAX(0,{rows['sent']}-{rows['completed']})",
        "due_within": f"SUM({COUNT}{FIRST_DAY}:{COUNT}{FIRST_DAY + DAYS - 1})",
        "rate": f"IF({rows['sent']}=0,0,{rows['completed']}/{rows['sent']})",
    }
    for name, formula in counts.items():
        label = getattr(words.summary, name)
        yield _Line(KEY_ROWS[name], label, formula, format="0%" if name == "rate" else "0")


def _status(word: str) -> str:
    return f"{COUNT}{FIRST_STATUS + 1 + STATUSES.index(word)}"


def _statuses(columns: _Columns, words: Words) -> Iterator[_Line]:
    status = columns.whole("result.status")
    last = FIRST_STATUS + len(STATUSES)
    any_word = f"COUNTIFS({columns.filled('result.status')})"
    yield _Line(FIRST_STATUS, words.summary.not_sent, f"MAX(0,{COUNT}{KEY_ROWS['contacts']}-{any_word})")
    for row, word in enumerate(STATUSES, FIRST_STATUS + 1):
        spellings = (word, "canceled") if word == "cancelled" else (word,)
        yield _Line(row, word, "+".join(f'COUNTIFS({status},"{each}")' for each in spellings))
    known = f"SUM({COUNT}{FIRST_STATUS + 1}:{COUNT}{last})"
    yield _Line(last + 1, words.summary.other, f"MAX(0,{any_word}-{known})")


def _days(columns: _Columns) -> Iterator[_Line]:
    for step in range(DAYS):
        row = FIRST_DAY + step
        day = f"DATE(INT({AS_OF}/10000),MOD(INT({AS_OF}/100),100),MOD({AS_OF},100)+{step})"
        at = f"{LABEL}{row}"
        yield _Line(row, f'=IF({AS_OF}=0,"",{day})', f'IF({at}="",0,{_due_on(at, columns)})')


def _due_on(day: str, columns: _Columns) -> str:
    """Return how many open requests end on a day of their team.

    The sheet tells moments in UTC. West of Greenwich, as far as Hawaii, a day that ends at 23:59 ends there before
    10:00 of the next day; east of it, as far as New Zealand, after 10:00 of the same day.
    """
    due, status = columns.whole("result.dueDate"), columns.whole("result.status")
    still_open = "".join(f',{status},"<>{word}"' for word in DONE)
    moments = (_text(day), _text(day) + '&"T1*"', _text(day) + '&"T2*"', _text(f"{day}+1") + '&"T0*"')
    return "+".join(f"COUNTIFS({due},{each}{still_open})" for each in moments)


def _text(day: str) -> str:
    """Return a day as ``2026-12-31``; not by TEXT(), whose patterns are written in the user's language."""
    return f'YEAR({day})&"-"&RIGHT("0"&MONTH({day}),2)&"-"&RIGHT("0"&DAY({day}),2)'
