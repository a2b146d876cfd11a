"""Which rows of an open sheet are hidden, by hand or by a filter, with as few calls as each system allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from collect_xl.domain.a1 import Area
from collect_xl.excel.native_calls import area_of, row_counts, rows_hidden, speaks_apple_events
from collect_xl.excel.retry import PassOverRefusals
from collect_xl.excel.text_lines import runs
from collect_xl.workbook.labels import area_name

if TYPE_CHECKING:
    from collect_xl.excel.open_sheet import OpenSheet

_LONGEST_ADDRESS = 240
"""Excel's addresses have 255 characters at most."""
_SIGNS = 5
"""The comma and the dollar signs in each part of such an address."""

MOST_BLANK_PARTS = 6
"""Stretches of blank rows for which it is asked whether they are hidden."""


def hidden_rows(sheet: OpenSheet, area: Area) -> frozenset[int]:
    """Return the rows of an area that are hidden."""
    if speaks_apple_events(sheet.cells(area).api):
        return _hidden_on_macos(sheet, area)
    return _hidden_on_windows(sheet, area)


def _hidden_on_windows(sheet: OpenSheet, area: Area) -> frozenset[int]:
    is_hidden = rows_hidden(sheet.cells(area))
    if is_hidden is not None:
        return frozenset(_rows(area)) if is_hidden else frozenset()
    # Some are. Each call takes up to a millisecond, and a filter may leave thousands of gaps: so that Excel counts.
    with PassOverRefusals():
        counted = _hidden_by_counting(sheet, area)
        if counted is not None:
            return counted
    return _hidden_by_areas(sheet, area, _visible(sheet, area))


def _hidden_by_counting(sheet: OpenSheet, area: Area) -> frozenset[int] | None:
    """Return the rows whose cells Excel counts, but not among those that are seen; None where it does not count."""
    first_row = area_name(area._replace(bottom=area.top))
    first_column = area_name(area._replace(right=area.left))
    each_row = f"OFFSET({first_row},ROW({first_column})-{area.top},0)"
    number = area.bottom - area.top + 1
    # 103 counts what is filled and not hidden, in whatever way.
    seen = row_counts(sheet.sheet, f"SUBTOTAL(103,{each_row})", number)
    filled = row_counts(sheet.sheet, f'COUNTIF({each_row},"<>")', number)
    if seen is None or filled is None:
        return None
    hidden: set[int] = set()
    blank: set[int] = set()
    for row, (is_seen, is_filled) in enumerate(zip(seen, filled, strict=True), area.top):
        if not is_seen:
            (hidden if is_filled else blank).add(row)
    return frozenset(hidden | _hidden_blanks(sheet, area, blank))


def _hidden_blanks(sheet: OpenSheet, area: Area, blank: set[int]) -> set[int]:
    """Return which blank rows count as hidden: doubtful ones do."""
    parts = list(runs(sorted(blank)))
    # A blank row has no contact, so that calling it hidden holds no one back; it is only written apart from others.
    if len(parts) > MOST_BLANK_PARTS:
        return blank
    hidden: set[int] = set()
    for part in parts:
        if rows_hidden(sheet.cells(area._replace(top=part.start, bottom=part.stop - 1))) is not False:
            hidden.update(part)
    return hidden


def _hidden_on_macos(sheet: OpenSheet, area: Area) -> frozenset[int]:
    visible = _visible(sheet, area)
    if visible and area.top < area.bottom and _address_length(visible) > _LONGEST_ADDRESS:
        # macOS cuts the address of many areas off silently, and rows would count as hidden
        middle = (area.top + area.bottom) // 2
        first = _hidden_on_macos(sheet, area._replace(bottom=middle))
        return first | _hidden_on_macos(sheet, area._replace(top=middle + 1))
    return _hidden_by_areas(sheet, area, visible)


def _hidden_by_areas(sheet: OpenSheet, area: Area, visible: Iterable[Area]) -> frozenset[int]:
    parts = list(visible)
    if not parts:
        return frozenset(_hidden_among(sheet, area))
    return frozenset(_rows(area)).difference(*(_rows(part) for part in parts))


def _visible(sheet: OpenSheet, area: Area) -> list[Area]:
    """Return the visible parts of an area; nothing where Excel does not say."""
    # refused on a protected sheet; or there are none, which xlwings understands in English only
    with PassOverRefusals():
        cells: Any = sheet.cells(area).get_special_cells("visible")
        return [area_of(part) for part in cells]
    return []


def _hidden_among(sheet: OpenSheet, area: Area) -> Iterator[int]:
    """Yield the hidden rows, asked for by halves."""
    is_hidden = rows_hidden(sheet.cells(area))
    if is_hidden:
        yield from _rows(area)
    elif is_hidden is None and area.top < area.bottom:
        middle = (area.top + area.bottom) // 2
        yield from _hidden_among(sheet, area._replace(bottom=middle))
        yield from _hidden_among(sheet, area._replace(top=middle + 1))


def _rows(area: Area) -> range:
    return range(area.top, area.bottom + 1)


def _address_length(parts: Iterable[Area]) -> int:
    return sum(len(area_name(part)) + _SIGNS for part in parts)
