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
from openpyxl.drawing.text import CharacterProperties

from collect_xl.domain.status_colours import COLOURS, OTHER_COLOUR, STATUS_COLOURS
from collect_xl.template import looks
from collect_xl.template.grid import DAYS, FIRST_DAY, FIRST_STATUS, KEY_ROWS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.words import Words

LABELS = 2
COUNTS = 3
"""The columns of the summary."""
WIDTH = 16.6
"""Centimetres."""

OVERVIEW = ("blue", "blue", "amber", "red", "red", "green")
"""The bars from *sent* to *completed*."""
RATE = ("green", "grey")


def add_charts(sheet: Worksheet, words: Words) -> None:
    """Draw the outcome, the completion rate, each status, and the next due dates."""
    status_colours = [STATUS_COLOURS[word] for word in STATUSES]
    overview = _Series(
        words.summary.overview,
        first=KEY_ROWS["sent"],
        last=KEY_ROWS["completed"],
        colours=OVERVIEW,
    )
    rate = _Series(
        words.summary.rate,
        first=KEY_ROWS["completed"],
        last=KEY_ROWS["still_open"],
        colours=RATE,
    )
    by_status = _Series(
        words.summary.by_status,
        first=FIRST_STATUS,
        last=FIRST_STATUS + len(STATUSES) + 1,
        colours=("grey", *status_colours, OTHER_COLOUR),
    )
    due_soon = _Series(
        words.summary.due_soon,
        first=FIRST_DAY,
        last=FIRST_DAY + DAYS - 1,
        colours=("amber",) * DAYS,
    )
    sheet.add_chart(_horizontal_bars(sheet, overview, height=8), "E6")
    sheet.add_chart(_doughnut(sheet, rate), "N6")
    sheet.add_chart(_horizontal_bars(sheet, by_status, height=11), "E22")
    sheet.add_chart(_columns(sheet, due_soon, height=11), "N22")


@dataclass(frozen=True, slots=True)
class _Series:
    """What a chart is drawn from: rows of the summary, and their colours."""

    title: str
    first: int
    last: int
    colours: Sequence[str]


def _horizontal_bars(sheet: Worksheet, series: _Series, height: int) -> BarChart:
    chart = _bars(sheet, series, height)
    chart.type = "bar"
    # Excel draws the first bar at the bottom, unless the axis is turned round.
    chart.x_axis.scaling.orientation = "maxMin"
    return chart


def _columns(sheet: Worksheet, series: _Series, height: int) -> BarChart:
    chart = _bars(sheet, series, height)
    chart.type = "col"
    chart.x_axis.scaling.orientation = "minMax"
    return chart


def _bars(sheet: Worksheet, series: _Series, height: int) -> BarChart:
    chart = BarChart()
    chart.gapWidth = 45
    _fill(chart, sheet, series)
    chart.legend = None
    chart.x_axis.delete = False
    # The counts are written on the bars, so their axis would only repeat them.
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    chart.x_axis.number_format = "mm-dd"
    chart.x_axis.tickLblPos = "low"
    chart.height = height
    return chart


def _doughnut(sheet: Worksheet, series: _Series) -> DoughnutChart:
    chart = DoughnutChart(holeSize=62)
    _fill(chart, sheet, series)
    chart.height = 8
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
    chart.width = WIDTH  # type: ignore[assignment]  # the stubs know whole centimetres only
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
