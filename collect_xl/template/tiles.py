"""The tiles of the summary: the figures that people look at first, large and in the colour of their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter

from collect_xl.domain.status_colours import COLOURS
from collect_xl.template import looks
from collect_xl.template.grid import TILE_COLUMNS, TILE_FIRST, TILE_ROW, TILES

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.words import Words

GAP = Side(style="thick", color="FFFFFF")
HEIGHTS = (22, 38)
"""Points of the line of words and of the line of figures."""


def tile_cell(name: str) -> str:
    """Return the cell of a tile's figure, such as ``$E$4``."""
    column = TILE_FIRST + list(TILES).index(name) * TILE_COLUMNS
    return f"${get_column_letter(column)}${TILE_ROW + 1}"


def add_tiles(
    sheet: Worksheet, words: Words, formulas: Mapping[str, str], values: Mapping[str, int]
) -> dict[str, str | int]:
    """Draw a tile for each figure, and return what its formula gives.

    Args:
        sheet: the summary.
        words: its language.
        formulas: what each tile counts.
        values: what the formulas give as long as nothing was sent; 0 where a tile is absent.
    """
    results: dict[str, str | int] = {}
    for number, (name, colour) in enumerate(TILES.items()):
        first = TILE_FIRST + number * TILE_COLUMNS
        cell = tile_cell(name)
        _, quiet_ink, _ = COLOURS["grey"]
        _line(sheet, TILE_ROW, first, getattr(words.summary, name), Font(name="Calibri", size=11, color=quiet_ink))
        figure = Font(name="Calibri", size=24, bold=True, color=quiet_ink)
        _line(sheet, TILE_ROW + 1, first, f"={formulas[name]}", figure)
        _paint(sheet, first, colour, cell)
        plain_cell = cell.replace("$", "")
        sheet[plain_cell].number_format = "0%" if name == "rate" else "0"
        results[plain_cell] = values.get(name, 0)
    for row, height in enumerate(HEIGHTS, TILE_ROW):
        sheet.row_dimensions[row].height = height
    return results


def _line(sheet: Worksheet, row: int, first: int, value: str, font: Font) -> None:
    last = first + TILE_COLUMNS - 1
    sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)
    cell = sheet.cell(row, first, value)
    cell.font = font
    cell.alignment = Alignment(horizontal="center", vertical="center")


def _paint(sheet: Worksheet, first: int, colour: str, figure: str) -> None:
    """Give a tile its colours: those of its meaning only where there is something to count."""
    last = first + TILE_COLUMNS - 1
    quiet, _, _ = COLOURS["grey"]
    for row in (TILE_ROW, TILE_ROW + 1):
        for column in range(first, last + 1):
            cell = sheet.cell(row, column)
            cell.fill = looks.fill(quiet)
            # A stripe of the page's own white separates two tiles.
            cell.border = Border(right=GAP if column == last else None)
    background, ink, _ = COLOURS[colour]
    style = DifferentialStyle(font=Font(color=ink), fill=looks.fill(background))
    area = f"{get_column_letter(first)}{TILE_ROW}:{get_column_letter(last)}{TILE_ROW + 1}"
    sheet.conditional_formatting.add(area, Rule(type="expression", dxf=style, formula=[f"{figure}>0"]))
