"""The charts of the summary: native Excel charts over its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.chart import BarChart, DoughnutChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.title import Title, title_maker
from openpyxl.drawing.text import CharacterProperties

from collect_xl.template import looks
from collect_xl.template.grid import DAYS, FIRST_DAY, FIRST_STATUS, KEY_ROWS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.words import Words

LABELS, COUNTS = 2, 3
"""The columns of the summary."""
WIDTH = 16.6
"""Centimetres."""

OVERVIEW = ("blue", "blue", "amber", "red", "red", "green")
"""The bars from *sent* to *completed*."""
RATE = ("green", "grey")


def add_charts(sheet: Worksheet, words: Words) -> None:
    """Draw the outcome, the completion rate, every status, and what is due in the next days."""
    says = words.summary
    first, last = KEY_ROWS["sent"], KEY_ROWS["completed"]
    sheet.add_chart(_bars(sheet, says.overview, (first, last), OVERVIEW, lying=True), "E6")
    sheet.add_chart(_rate(sheet, says.rate), "N6")
    last = FIRST_STATUS + len(STATUSES) + 1
    colours = ("grey", *(looks.STATUS_COLOURS[word] for word in STATUSES), looks.OTHER_COLOUR)
    sheet.add_chart(_bars(sheet, says.by_status, (FIRST_STATUS, last), colours, lying=True, height=11), "E22")
    sheet.add_chart(_bars(sheet, says.due_soon, (FIRST_DAY, FIRST_DAY + DAYS - 1), ("amber",) * DAYS, height=11), "N22")


def _bars(
    sheet: Worksheet,
    title: str,
    rows: tuple[int, int],
    colours: Sequence[str],
    *,
    lying: bool = False,
    height: int = 8,
) -> BarChart:
    chart = BarChart()
    chart.type, chart.gapWidth = "bar" if lying else "col", 45
    _fill(chart, sheet, title, rows, colours)
    chart.x_axis.delete, chart.y_axis.delete = False, True  # the counts stand on the bars
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    chart.x_axis.scaling.orientation = "maxMin" if lying else "minMax"  # the first one on top
    chart.x_axis.number_format, chart.x_axis.tickLblPos = "mm-dd", "low"
    chart.height = height
    return chart


def _rate(sheet: Worksheet, title: str) -> DoughnutChart:
    chart = DoughnutChart(holeSize=62)
    _fill(chart, sheet, title, (KEY_ROWS["completed"], KEY_ROWS["still_open"]), RATE)
    chart.height, chart.legend = 8, Legend()
    chart.legend.position = "r"
    chart.dataLabels.showPercent, chart.dataLabels.showVal = True, False
    return chart


def _fill(
    chart: BarChart | DoughnutChart, sheet: Worksheet, title: str, rows: tuple[int, int], colours: Sequence[str]
) -> None:
    first, last = rows
    chart.add_data(Reference(sheet, min_col=COUNTS, min_row=first, max_row=last))
    chart.set_categories(Reference(sheet, min_col=LABELS, min_row=first, max_row=last))
    chart.title, chart.style, chart.roundedCorners = _title(title), 10, False
    chart.width = WIDTH  # type: ignore[assignment]  # the stubs know whole centimetres only
    if isinstance(chart, BarChart):
        chart.legend = None
    for index, colour in enumerate(colours):
        look = GraphicalProperties(solidFill=looks.COLOURS[colour][2])
        look.line.noFill = True
        point = DataPoint(idx=index, spPr=look)
        chart.series[0].dPt.append(point)
    chart.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    chart.dataLabels.showPercent = False


def _title(text: str) -> Title:
    made = title_maker(text)
    made.overlay = False
    if made.tx and made.tx.rich:
        made.tx.rich.p[0].r[0].rPr = CharacterProperties(sz=1300, b=True, solidFill=looks.ACCENT)
    return made
