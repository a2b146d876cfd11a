"""What the cells of a workbook may hold: cleaned, or refused in words that name the cell and the remedy."""

from __future__ import annotations

from collect_xl.validation.checker import Checker

__all__ = ["Checker"]
