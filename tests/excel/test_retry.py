"""What says that Excel had no time, in the words of each engine, and what does not."""

from __future__ import annotations

import pytest

from collect_xl.errors import WorkbookRefused
from collect_xl.excel.retry import is_busy, patiently
from support.excel_quirks import EDITING, REFUSED, REJECTED, ComError


class CommandError(Exception):
    """What appscript raises on macOS."""

    def __init__(self, number):
        super().__init__(f"Command failed: OSERROR {number}")
        self.errornumber = number


class ExcelBusyError(Exception):
    """What xlwings raises for Windows when it was told to try once."""


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ComError(REJECTED, "Call was rejected by callee."), id="Windows rejects"),
        pytest.param(ComError(-2147417846, "The message filter indicated that it is busy."), id="Windows: later"),
        pytest.param(ComError(REFUSED, "Exception occurred.", EDITING), id="a cell is edited"),
        pytest.param(CommandError(-1712), id="macOS: timed out"),
        pytest.param(CommandError(-10000), id="macOS: a cell is edited"),
        pytest.param(ExcelBusyError(), id="xlwings gave up"),
        pytest.param(AttributeError("'NoneType' object has no attribute 'Range'"), id="xlwings lost the object"),
        pytest.param(TypeError("This object does not support enumeration"), id="pywin32 got no list"),
        pytest.param(AttributeError("Property '<unknown>.Value' can not be set."), id="pywin32 did not learn it"),
    ],
)
def test_excel_that_had_no_time(error):
    """Each is waited for."""
    assert is_busy(error)


def as_xlwings_says_it(error):
    """Return what xlwings makes of an error while it looks for a cell's link."""
    said = Exception("The cell doesn't seem to contain a hyperlink!")
    said.__context__ = error
    return said


def test_busy_excel_behind_another_error_is_waited_for():
    """The engine says that there is no link, whatever Excel said: only what it said itself counts."""
    assert is_busy(as_xlwings_says_it(ComError(REJECTED, "Call was rejected by callee.")))
    assert not is_busy(as_xlwings_says_it(ComError(REFUSED, "Invalid index.", -2147352565)))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ComError(REFUSED, "The sheet is protected.", -2146827284), id="protected"),
        pytest.param(CommandError(-1728), id="macOS: no such object"),
        pytest.param(CommandError(-1743), id="macOS: no leave"),
        pytest.param(AttributeError("Range.Foo"), id="no such property"),
        pytest.param(TypeError("unsupported operand"), id="a mistake of ours"),
    ],
)
def test_excel_that_said_no(error):
    """None is waited for: it would say the same again."""
    assert not is_busy(error)


@pytest.mark.parametrize("number", [-2147023174, -2147417848, -609])
def test_excel_that_was_closed(number):
    """An Excel that ended is said to be closed: no box in it can be closed, and no number helps."""

    def ask():
        raise ComError(number, "The RPC server is unavailable.") if number != -609 else CommandError(number)

    with pytest.raises(WorkbookRefused, match="Excel was closed"):
        patiently(ask, lambda _: None, "take results")
