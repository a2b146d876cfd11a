"""How cells look in the Excel that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.styles import Font as OpenpyxlFont
from xlwings import base_classes

if TYPE_CHECKING:
    from support.excel_cells import Range


class Font(base_classes.Font):
    """How the texts of a range look."""

    def __init__(self, cells: Range) -> None:
        self.cells = cells

    def _set(self, **looks) -> None:
        self.cells.sheet.meter.call("font=")
        for cell in self.cells.cells():
            kept = {name: getattr(cell.font, name) for name in ("name", "sz", "b", "i", "color")}
            cell.font = OpenpyxlFont(**(kept | looks))

    @property
    def _first(self):
        return self.cells.sheet.page.cell(self.cells.row, self.cells.column).font

    @property
    def bold(self):
        return bool(self._first.b)

    @bold.setter
    def bold(self, value):
        self._set(b=value)

    @property
    def color(self):
        color = self._first.color
        return tuple(bytes.fromhex(color.rgb[2:])) if color is not None and isinstance(color.rgb, str) else None

    @color.setter
    def color(self, value):
        self._set(color=bytes(value).hex())
