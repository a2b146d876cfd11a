"""Send Collect requests from an Excel workbook, and write what happened beside each contact.

Sample usage::

    from pathlib import Path
    import collect_xl

    prepared = collect_xl.check(collect_xl.Paths(Path("clients.xlsx")))
    for problem in prepared.book.problems:
        print(problem)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from collect_xl import errors

if TYPE_CHECKING:
    from collect_xl.domain.rows import Choices
    from collect_xl.template import new_workbook
    from collect_xl.workbook.saved import open_saved as open_workbook
    from collect_xl.workbook.write_columns import add_columns
    from collect_xl.workflow.open import Paths, check, pick, refresh, send, settle

__all__ = [
    "Choices",
    "Paths",
    "add_columns",
    "check",
    "errors",
    "new_workbook",
    "open_workbook",
    "pick",
    "refresh",
    "send",
    "settle",
]

_HOMES = {
    "Choices": ("planning.eligibility", "Choices"),
    "Paths": ("workflow.open", "Paths"),
    "add_columns": ("workbook.write_columns", "add_columns"),
    "check": ("workflow.open", "check"),
    "new_workbook": ("template", "new_workbook"),
    "open_workbook": ("workbook.saved", "open_saved"),
    "pick": ("workflow.open", "pick"),
    "refresh": ("workflow.open", "refresh"),
    "send": ("workflow.open", "send"),
    "settle": ("workflow.open", "settle"),
}
"""Public name -> where it lives; loaded when it is first asked for, so that ``--help`` stays quick."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(f"{__name__}.{module}"), attribute)
