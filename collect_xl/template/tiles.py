"""The tiles of the summary: the figures that people look at first, large and in the colour of their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from collect_xl.domain.status_colours import COLOURS
from collect_xl.template import looks
from collect_xl.template.grid import COUNT, KEY_ROWS, TILE_COLUMNS, TILE_FIRST, TILE_ROW, TILES

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.words import Words

GAP = Side(style="thick", color="FFFFFF")
HEIGHTS = (22, 38)
"""Points of the line of words and of the line of figures."""


def add_tiles(sheet: Worksheet, words: Words, counts: Mapping[str, str | int]) -> dict[str, str | int]:
    """Draw a tile for each figure, and return what its formula gives.

    Args:
        sheet: the summary, its counts in place.
        words: its language.
        counts: what the formula of each counting cell gives.
    """
    results = {}
    first = TILE_FIRST
    for key, colour in TILES.items():
        counting_cell = f"{COUNT}{KEY_ROWS[key]}"
        background, ink, _ = COLOURS[colour]
        label_font = Font(name="Calibri", size=11, color=ink)
        figure_font = Font(name="Calibri", size=24, bold=True, color=ink)
        _line(sheet, TILE_ROW, first, getattr(words.summary, key), label_font)
        _line(sheet, TILE_ROW + 1, first, f"={counting_cell}", figure_font)
        _paint(sheet, first, background)
        figure = f"{get_column_letter(first)}{TILE_ROW + 1}"
        sheet[figure].number_format = sheet[counting_cell].number_format
        results[figure] = counts[counting_cell]
        first += TILE_COLUMNS
    for row, height in enumerate(HEIGHTS, TILE_ROW):
        sheet.row_dimensions[row].height = height
    return results


def _line(sheet: Worksheet, row: int, first: int, value: str, font: Font) -> None:
    last = first + TILE_COLUMNS - 1
    sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)
    cell = sheet.cell(row, first, value)
    cell.font = font
    cell.alignment = Alignment(horizontal="center", vertical="center")


def _paint(sheet: Worksheet, first: int, background: str) -> None:
    last = first + TILE_COLUMNS - 1
    for row in (TILE_ROW, TILE_ROW + 1):
        for column in range(first, last + 1):
            cell = sheet.cell(row, column)
            cell.fill = looks.fill(background)
            # A stripe of the page's own white separates two tiles.
            cell.border = Border(right=GAP if column == last else None)
