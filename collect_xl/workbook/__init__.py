"""All that knows spreadsheets: workbooks read, and given back with a few more columns and nothing else changed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collect_xl.workbook.adding import Added, add_columns
    from collect_xl.workbook.links import Link
    from collect_xl.workbook.live import LiveWorkbook, open_live
    from collect_xl.workbook.saved import SavedWorkbook, open_saved

__all__ = ["Added", "Link", "LiveWorkbook", "SavedWorkbook", "add_columns", "open_live", "open_saved"]

_HOMES = {
    "Added": "adding",
    "Link": "links",
    "LiveWorkbook": "live",
    "SavedWorkbook": "saved",
    "add_columns": "adding",
    "open_live": "live",
    "open_saved": "saved",
}
"""Public name -> the module that has it; loaded when it is first asked for, so that ``--help`` stays quick."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
