"""The summary: counts of the contacts' sheet as plain formulas, and the cells that the charts are drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.formatting.rule import DataBarRule
from openpyxl.styles import Alignment, Font

from collect_xl.domain.status_colours import COLOURS, OTHER_COLOUR, STATUS_COLOURS
from collect_xl.domain.statuses import DONE_IN_ORDER
from collect_xl.template import looks
from collect_xl.template.charts import add_charts
from collect_xl.template.grid import (
    AS_OF_ROW,
    BAR,
    CHART_COUNT,
    CHART_LABEL,
    COUNT,
    DAYS,
    FIRST_COUNT,
    FIRST_DAY,
    GROUPS,
    HEADING_ROWS,
    LABEL,
    LAST_COUNT,
    RATE_ROWS,
    STATUS_ROWS,
    STATUSES,
)
from collect_xl.template.sheets import column_of
from collect_xl.template.tiles import add_tiles, tile_cell

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.words import Words

AS_OF = f"${COUNT}${AS_OF_ROW}"
QUIET_ZERO = "0;-0;\u2013"
"""A figure, and a dash in the place of a zero."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the sheet: what it is called, and how it is counted."""

    row: int
    label: str
    formula: str


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
    results = _as_of(sheet, columns, words)
    for line in _statuses(columns, words):
        results |= _write(sheet, line, contacts if line.row == STATUS_ROWS["not_sent"] else 0)
    _draw_bars(sheet)
    results |= add_tiles(sheet, words, _figures(columns), {"contacts": contacts})
    results |= _chart_cells(sheet, columns, words)
    add_charts(sheet, words)
    return results


def _frame(sheet: Worksheet, words: Words) -> None:
    sheet.sheet_view.showGridLines = False
    for letter, width in (("A", 3), (LABEL, 40), (COUNT, 12), (BAR, 22)):
        sheet.column_dimensions[letter].width = width
    # The charts are on these columns, and would overlap on narrower ones.
    sheet.column_dimensions["E"].width = 3
    for letter in "FGHIJKLMNOPQRSTUVW":
        sheet.column_dimensions[letter].width = 9.5
    for letter in (CHART_LABEL, CHART_COUNT):
        sheet.column_dimensions[letter].hidden = True
    title = sheet[f"{LABEL}1"]
    title.value = words.summary_sheet
    title.font = looks.TITLE
    sheet.row_dimensions[1].height = 34
    sheet.merge_cells("F1:W2")
    how = sheet["F1"]
    how.value = words.summary.how
    how.font = looks.MUTED
    how.alignment = Alignment(wrap_text=True, vertical="center")
    for group, row in HEADING_ROWS.items():
        heading = sheet[f"{LABEL}{row}"]
        heading.value = getattr(words.summary, group)
        heading.font = looks.HEADING
    looks.fit_page(sheet, "landscape", pages=1)


def _write(sheet: Worksheet, line: _Line, value: int) -> dict[str, str | int]:
    """Write a line, and return what its formula gives."""
    label = sheet[f"{LABEL}{line.row}"]
    label.value = line.label
    label.font = looks.BODY
    label.border = looks.RULE_BELOW
    count = sheet[f"{COUNT}{line.row}"]
    count.value = f"={line.formula}"
    count.font = Font(name="Calibri", size=11, bold=True, color=looks.INK)
    count.border = looks.RULE_BELOW
    count.number_format = QUIET_ZERO
    count.alignment = Alignment(horizontal="left")
    bar = sheet[f"{BAR}{line.row}"]
    bar.value = f"={COUNT}{line.row}"
    # The figure is beside it; programs that draw no bars must not repeat it either.
    bar.number_format = ";;;"
    bar.border = looks.RULE_BELOW
    return {f"{COUNT}{line.row}": value, f"{BAR}{line.row}": value}


def _draw_bars(sheet: Worksheet) -> None:
    """Draw a bar beside each count, in the colour of its status, as long as its share of the longest."""
    longest = f"MAX(${COUNT}${FIRST_COUNT}:${COUNT}${LAST_COUNT},1)"
    for status, row in STATUS_ROWS.items():
        _, _, colour = COLOURS[STATUS_COLOURS.get(status, OTHER_COLOUR if status == "other" else "grey")]
        rule = DataBarRule(  # type: ignore[no-untyped-call]  # the stubs lack its types
            start_type="num",
            start_value=0,
            end_type="formula",
            end_value=longest,
            color=f"FF{colour}",
            showValue=False,
            minLength=0,
            maxLength=100,
        )
        sheet.conditional_formatting.add(f"{BAR}{row}", rule)


def _as_of(sheet: Worksheet, columns: _Columns, words: Words) -> dict[str, str | int]:
    """Write the newest day in the sheet, and in words that there is none yet."""
    # No formula asks the clock: that would make cells volatile, and Excel would ask to save on closing.
    newest = f"MAX({columns.whole('result.sentOn')},{columns.whole('result.checkedOn')})"
    label = sheet[f"{LABEL}{AS_OF_ROW}"]
    label.value = words.summary.as_of
    label.font = looks.BODY
    day = sheet[f"{COUNT}{AS_OF_ROW}"]
    day.value = f'=IF({newest}=0,"",{newest})'
    day.font = looks.NUMBER
    day.number_format = looks.DATE
    day.alignment = Alignment(horizontal="left")
    cell = sheet[f"{LABEL}{AS_OF_ROW + 1}"]
    cell.value = f'=IF({AS_OF}="","{words.summary.nothing_yet}","")'
    cell.font = looks.MUTED
    cell.alignment = Alignment(vertical="top")
    return {f"{COUNT}{AS_OF_ROW}": "", f"{LABEL}{AS_OF_ROW + 1}": words.summary.nothing_yet}


def _figures(columns: _Columns) -> dict[str, str]:
    """Return the formula of each tile."""
    email = columns.whole("email")
    with_email = columns.filled("email")
    with_id = columns.filled("contactId")
    with_request = columns.filled("result.requestId")
    status = columns.whole("result.status")
    sent = tile_cell("sent")
    completed = _count_of("completed")
    return {
        # With an address, or with an ID; those that have both are counted once.
        "contacts": f'COUNTIFS({with_email})+COUNTIFS({with_id})-COUNTIFS({with_id},{email},"?*")',
        "sent": f'COUNTIFS({with_request},{status},"<>cancelled",{status},"<>canceled")',
        "needs_you": _sum_of("needs_you"),
        "with_client": _sum_of("pending"),
        "due_within": f"SUM(${CHART_COUNT}${FIRST_DAY}:${CHART_COUNT}${FIRST_DAY + DAYS - 1})",
        "rate": f"IF({sent}=0,0,{completed}/{sent})",
    }


def _sum_of(group: str) -> str:
    """Return the sum of a group of statuses."""
    rows = [STATUS_ROWS[status] for status in GROUPS[group]]
    return f"SUM(${COUNT}${rows[0]}:${COUNT}${rows[-1]})"


def _count_of(status: str) -> str:
    """Return the cell that counts a status."""
    return f"${COUNT}${STATUS_ROWS[status]}"


def _statuses(columns: _Columns, words: Words) -> Iterator[_Line]:
    status = columns.whole("result.status")
    any_word = f"COUNTIFS({columns.filled('result.status')})"
    for word in STATUSES:
        formula = f'COUNTIFS({status},"{word}")'
        # Collect itself has both spellings.
        if word == "cancelled":
            formula += f'+COUNTIFS({status},"canceled")'
        yield _Line(STATUS_ROWS[word], word, formula)
    counted = "-".join(_count_of(word) for word in STATUSES)
    yield _Line(STATUS_ROWS["other"], words.summary.other, f"MAX(0,{any_word}-{counted})")
    not_sent = f"MAX(0,{tile_cell('contacts')}-{any_word})"
    yield _Line(STATUS_ROWS["not_sent"], words.summary.not_sent, not_sent)


def _chart_cells(sheet: Worksheet, columns: _Columns, words: Words) -> dict[str, str | int]:
    """Write the cells that only the charts are drawn from, and return what their formulas give."""
    completed = _count_of("completed")
    cells = {
        f"{CHART_LABEL}{RATE_ROWS['completed']}": words.summary.completed,
        f"{CHART_COUNT}{RATE_ROWS['completed']}": f"={completed}",
        f"{CHART_LABEL}{RATE_ROWS['still_open']}": words.summary.still_open,
        f"{CHART_COUNT}{RATE_ROWS['still_open']}": f"=MAX(0,{tile_cell('sent')}-{completed})",
    }
    results: dict[str, str | int] = {f"{CHART_COUNT}{row}": 0 for row in RATE_ROWS.values()}
    for step in range(DAYS):
        row = FIRST_DAY + step
        day = f"{CHART_LABEL}{row}"
        cells[day] = f'=IF({AS_OF}="","",INT({AS_OF})+{step})'
        cells[f"{CHART_COUNT}{row}"] = f'=IF({day}="",0,{_due_on(day, columns)})'
        sheet[day].number_format = looks.DATE
        # A day on which nothing is due needs no figure on its column.
        sheet[f"{CHART_COUNT}{row}"].number_format = "#"
        results |= {day: "", f"{CHART_COUNT}{row}": 0}
    for place, value in cells.items():
        sheet[place].value = value
    return results


def _due_on(day: str, columns: _Columns) -> str:
    """Return how many open requests end on a day of their team."""
    due = columns.whole("result.dueDate")
    status = columns.whole("result.status")
    still_open = "".join(f',{status},"<>{word}"' for word in DONE_IN_ORDER)
    return f'COUNTIFS({due},">="&{day},{due},"<"&{day}+1{still_open})'
