"""How the template looks: colours, fonts and widths, so that its sheets and charts are of one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

ACCENT = "1F5FBF"
INK = "1F2937"
QUIET = "5B6472"

TITLE = Font(name="Calibri", size=20, bold=True, color=ACCENT)
HEADING = Font(name="Calibri", size=13, bold=True, color=ACCENT)
BODY = Font(name="Calibri", size=11, color=INK)
MUTED = Font(name="Calibri", size=10, italic=True, color=QUIET)
NUMBER = Font(name="Calibri", size=12, bold=True, color=INK)

WRAPPED = Alignment(wrap_text=True, vertical="top")
INDENTED = Alignment(horizontal="left", wrap_text=True, vertical="top", indent=1)
ROOMY = Alignment(horizontal="left", wrap_text=True, vertical="center", indent=1)
CELL = Alignment(vertical="center")
RULE_BELOW = Border(bottom=Side(style="thin", color="D5DAE1"))

TEXT = "@"
DATE = "mm-dd-yy"
"""Number formats: text keeps leading zeros; the date is the built-in format 14, which each reader's system spells."""

PAPER = 9
"""A4."""

WHITE_BOLD = Font(name="Calibri", size=11, bold=True, color="FFFFFF")
"""The font of a table's header."""


def fill(colour: str) -> PatternFill:
    """Return a plain background."""
    return PatternFill("solid", start_color=colour, end_color=colour)


def fit_page(sheet: Worksheet, orientation: Literal["portrait", "landscape"], *, pages: int, wide: int = 1) -> None:
    """Fit a sheet to a number of pages; 0 for as many as it takes."""
    sheet.page_setup.orientation = orientation
    sheet.page_setup.fitToWidth = wide
    sheet.page_setup.fitToHeight = pages
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    # Excel prints it on Letter where that is in the printer.
    sheet.page_setup.paperSize = PAPER
    sheet.oddFooter = HeaderFooterItem(left=_HeaderFooterPart(text="&A"), right=_HeaderFooterPart(text="&P / &N"))
