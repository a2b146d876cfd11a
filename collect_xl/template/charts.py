"""The charts of the summary: native Excel charts over its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.chart import BarChart, DoughnutChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.title import Title, title_maker
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import CharacterProperties
from openpyxl.utils import column_index_from_string

from collect_xl.domain.status_colours import COLOURS
from collect_xl.template import looks
from collect_xl.template.grid import (
    CHART_COUNT,
    CHART_LABEL,
    DAYS,
    FIRST_DAY,
    FIRST_GROUP,
    LAST_COUNT,
    RATE_ROWS,
    TILE_COLUMNS,
    TILE_FIRST,
    TILES,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.words import Words

LABELS = column_index_from_string(CHART_LABEL)
COUNTS = column_index_from_string(CHART_COUNT)
_HALF = TILE_COLUMNS * len(TILES) // 2
"""How many columns a chart covers."""

RATE = ("green", "grey")
DAY_AND_MONTH = "d mmm"
"""The name of the month, which each system spells in its language: in figures 12-03 would be two days."""


def add_charts(sheet: Worksheet, words: Words) -> None:
    """Draw the completion rate, and the next due dates."""
    rate = _Series(
        words.summary.rate,
        first=RATE_ROWS["completed"],
        last=RATE_ROWS["still_open"],
        colours=RATE,
    )
    due_soon = _Series(
        words.summary.due_soon,
        first=FIRST_DAY,
        last=FIRST_DAY + DAYS - 1,
        colours=("amber",) * DAYS,
    )
    _add(sheet, _doughnut(sheet, rate), left=TILE_FIRST)
    _add(sheet, _columns(sheet, due_soon), left=TILE_FIRST + _HALF)


def _add(sheet: Worksheet, chart: BarChart | DoughnutChart, left: int) -> None:
    """Put a chart beside the table, under three tiles."""
    # By cells and not by centimetres: columns are as wide as the user's font makes them.
    first = AnchorMarker(col=left - 1, row=FIRST_GROUP - 1)
    last = AnchorMarker(col=left - 1 + _HALF, row=LAST_COUNT - 1)
    chart.anchor = TwoCellAnchor(editAs="oneCell", _from=first, to=last)  # type: ignore[assignment]  # stubs: a cell
    sheet.add_chart(chart)


@dataclass(frozen=True, slots=True)
class _Series:
    """What a chart is drawn from: rows of the summary, and their colours."""

    title: str
    first: int
    last: int
    colours: Sequence[str]


def _columns(sheet: Worksheet, series: _Series) -> BarChart:
    chart = BarChart()
    chart.type = "col"
    chart.gapWidth = 45
    _fill(chart, sheet, series)
    chart.legend = None
    chart.x_axis.delete = False
    chart.x_axis.scaling.orientation = "minMax"
    # The counts are written on the columns, so their axis would only repeat them.
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    chart.x_axis.number_format = DAY_AND_MONTH
    chart.x_axis.tickLblPos = "low"
    return chart


def _doughnut(sheet: Worksheet, series: _Series) -> DoughnutChart:
    chart = DoughnutChart(holeSize=62)
    _fill(chart, sheet, series)
    chart.legend = Legend()
    chart.legend.position = "r"
    chart.dataLabels.showPercent = True
    chart.dataLabels.showVal = False
    return chart


def _fill(chart: BarChart | DoughnutChart, sheet: Worksheet, series: _Series) -> None:
    """Give a chart its cells, its title, and the colours of its points."""
    chart.add_data(Reference(sheet, min_col=COUNTS, min_row=series.first, max_row=series.last))
    chart.set_categories(Reference(sheet, min_col=LABELS, min_row=series.first, max_row=series.last))
    chart.title = _title(series.title)
    chart.style = 10
    chart.roundedCorners = False
    # The cells are hidden: each of their figures is in the chart, or in a tile.
    chart.visible_cells_only = False
    for index, colour in enumerate(series.colours):
        _, _, bar_colour = COLOURS[colour]
        look = GraphicalProperties(solidFill=bar_colour)
        look.line.noFill = True
        chart.series[0].dPt.append(DataPoint(idx=index, spPr=look))
    chart.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    chart.dataLabels.showPercent = False


def _title(text: str) -> Title:
    title = title_maker(text)
    title.overlay = False
    if title.tx and title.tx.rich:
        first_run = title.tx.rich.p[0].r[0]
        first_run.rPr = CharacterProperties(sz=1300, b=True, solidFill=looks.ACCENT)
    return title
