"""Lines of texts on their way into open Excel: what a cell can hold, what may be rewritten, which rows go together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time

from collect_xl.domain.model import ResultValue
from collect_xl.excel.typed_cells import cell_value, is_formula
from collect_xl.ooxml.cell_text import MAX_TEXT

Line = Sequence[ResultValue | None]
"""A text or a date for each column of a row; None for a cell that must stay as it is."""

_NOT_SHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")
"""Control characters but line breaks and tabs, and halves of pairs: no cell shows them."""


def cell_text(text: str) -> str:
    """Return a text as a cell can hold it.

    It is without what no cell shows, and cut at what Excel keeps.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = _NOT_SHOWN.sub("", lines)
    if len(plain) <= MAX_TEXT // 2:
        return plain
    return _cut(plain)


def _cut(text: str) -> str:
    """Return as much of a text as Excel keeps, without half a pair at its end."""
    units = text.encode("utf-16-le")[: 2 * MAX_TEXT]
    return units.decode("utf-16-le", "ignore")


def quoted(value: ResultValue) -> ResultValue:
    """Return a text that stays one in a cell of any format; a date as it is."""
    return f"'{value}" if value and isinstance(value, str) else value


def rewritable(value: object, formula: str, *, dates: bool = False) -> ResultValue | None:
    """Return the text of a cell that can be written again without a change.

    None for what must stay untouched.

    Args:
        value: what it shows.
        formula: its formula, or its text.
        dates: whether dates can be written again, too.
    """
    if value is None and not formula:
        return ""
    if isinstance(value, str) and value == formula:
        return value
    if dates and isinstance(value, datetime) and not is_formula(formula, value):
        return value
    return None


def complete_line(line: Line) -> list[ResultValue] | None:
    """Return a line in which every cell has a text or a date.

    None for a line in which a cell must stay as it is.
    """
    values = [value for value in line if value is not None]
    is_complete = len(values) == len(line)
    return values if is_complete else None


def shows(values: Sequence[object], line: Line) -> bool:
    """Return whether cells that show these values show the texts of a line."""
    for value, text in zip(values, line, strict=True):
        if text is None:
            continue
        if isinstance(text, date):
            if not _shows_date(value, text):
                return False
            continue
        shown_text = "" if value is None else value
        # Excel may take an apostrophe at the beginning for the sign of a text, which it does not show.
        if shown_text not in (text, text.removeprefix("'")):
            return False
    return True


def _shows_date(value: object, expected: date) -> bool:
    """Return whether a cell shows a date, as such or, where Excel took no other, as its text."""
    if isinstance(value, str):
        return value == date_text(expected)
    # Midnight has no time of its own.
    has_time = isinstance(expected, datetime) and expected.time() != time.min
    day = date(expected.year, expected.month, expected.day)
    return cell_value(value) == (expected if has_time else day)


def date_text(value: date) -> str:
    """Return a date as the text that a cell gets which takes no date."""
    return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()


def bridged(changed: Sequence[int], lines: Mapping[int, Line], *, longest: int) -> Iterator[list[int]]:
    """Yield groups of changed rows, with rows between that can be written along.

    Args:
        changed: the rows that change, ascending.
        lines: row -> what it has to show.
        longest: how many rows between two changed ones are written along at the most.
    """
    group = list(changed[:1])
    for row in changed[1:]:
        between = range(group[-1] + 1, row)
        if len(between) <= longest and _can_be_written_along(between, lines):
            group += [*between, row]
        else:
            yield group
            group = [row]
    yield group


def _can_be_written_along(rows: Iterable[int], lines: Mapping[int, Line]) -> bool:
    """Return whether unchanged rows may be written with what they show."""
    # a cell that must stay as it is, such as a formula, would become the text that it shows
    return all(None not in lines[row] for row in rows)


def runs(numbers: Sequence[int]) -> Iterator[range]:
    """Yield the stretches of ascending numbers that follow each other."""
    start = 0
    for place, number in enumerate(numbers, 1):
        is_last = place == len(numbers)
        if is_last or numbers[place] != number + 1:
            yield range(numbers[start], number + 1)
            start = place


def near_each_other(rows: Sequence[int], longest: int) -> Iterator[Sequence[int]]:
    """Yield ascending rows in parts whose first and last row are no farther apart than this."""
    if not rows:
        return
    if rows[-1] - rows[0] <= longest:
        yield rows
        return
    middle = len(rows) // 2
    yield from near_each_other(rows[:middle], longest)
    yield from near_each_other(rows[middle:], longest)


def column_groups(columns: Mapping[str, int]) -> list[dict[str, int]]:
    """Return fields and columns in groups of neighbours, from left to right."""
    field_of = {column: field for field, column in columns.items()}
    groups: list[dict[str, int]] = []
    for neighbours in runs(sorted(field_of)):
        group = {field_of[column]: column for column in neighbours}
        groups.append(group)
    return groups
