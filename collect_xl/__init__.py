"""Send Collect requests from an Excel workbook, and write what happened beside each contact.

Sample usage::

    import collect_xl

    prepared = collect_xl.check("clients.xlsx")
    for problem in prepared.problems:
        print(problem)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from collect_xl import errors

if TYPE_CHECKING:
    from collect_xl.domain.rows import Choices
    from collect_xl.followup.takeover import Adoption
    from collect_xl.ooxml.add_columns import Added
    from collect_xl.planning.approval import Approval
    from collect_xl.planning.limits import Caps
    from collect_xl.public import (
        LoadedLists,
        Sheets,
        cancel,
        change_due_date,
        check,
        fetch,
        load_lists,
        lookup,
        overdue,
        refresh,
        send,
        send_trial,
        take_over,
    )
    from collect_xl.results.row_ends import RowEnd
    from collect_xl.sending.trial import Trial, TrialEnd
    from collect_xl.template import new_workbook
    from collect_xl.workbook.write_columns import add_columns
    from collect_xl.workflow.book import Finished, Prepared
    from collect_xl.workflow.dialogue import ChangeFinished, LookedUp, Overdue, RefreshEnd, TakeOverEnd
    from collect_xl.workflow.fetch_story import FetchEnd

    __version__: str

__all__ = [
    "Added",
    "Adoption",
    "Approval",
    "Caps",
    "ChangeFinished",
    "Choices",
    "FetchEnd",
    "Finished",
    "LoadedLists",
    "LookedUp",
    "Overdue",
    "Prepared",
    "RefreshEnd",
    "RowEnd",
    "Sheets",
    "TakeOverEnd",
    "Trial",
    "TrialEnd",
    "__version__",
    "add_columns",
    "cancel",
    "change_due_date",
    "check",
    "errors",
    "fetch",
    "load_lists",
    "lookup",
    "new_workbook",
    "overdue",
    "refresh",
    "send",
    "send_trial",
    "take_over",
]

_HOMES = {
    "Added": "ooxml.add_columns",
    "Adoption": "followup.takeover",
    "Approval": "planning.approval",
    "Caps": "planning.limits",
    "ChangeFinished": "workflow.dialogue",
    "Choices": "domain.rows",
    "FetchEnd": "workflow.fetch_story",
    "Finished": "workflow.book",
    "LoadedLists": "public",
    "LookedUp": "workflow.dialogue",
    "Overdue": "workflow.dialogue",
    "Prepared": "workflow.book",
    "RefreshEnd": "workflow.dialogue",
    "RowEnd": "results.row_ends",
    "Sheets": "public",
    "TakeOverEnd": "workflow.dialogue",
    "Trial": "sending.trial",
    "TrialEnd": "sending.trial",
    "add_columns": "workbook.write_columns",
    "cancel": "public",
    "change_due_date": "public",
    "check": "public",
    "fetch": "public",
    "load_lists": "public",
    "lookup": "public",
    "new_workbook": "template",
    "overdue": "public",
    "refresh": "public",
    "send": "public",
    "send_trial": "public",
    "take_over": "public",
}
"""Public name -> the module that has it; loaded when it is first asked for, so that ``--help`` stays quick."""


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("importlib.metadata").version("collect-xl")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
