"""Excel that is busy: what says so on each system, and how long it is worth waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from collect_xl.errors import CollectXlError, WorkbookBusy, WorkbookRefused

__all__ = ["PAUSES", "is_busy", "patiently", "was_rejected", "words_of"]

T = TypeVar("T")

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds between attempts: 13 in all, in which somebody may end what they type."""

_CODES = frozenset(
    {
        -2147418111,  # RPC_E_CALL_REJECTED: a box is open, or somebody is editing a cell
        -2147417846,  # RPC_E_SERVERCALL_RETRYLATER
        -2146777998,  # 0x800AC472, the same, said by Excel's object model
        -1712,  # macOS: the Apple event timed out
        -10000,  # macOS: the Apple event handler failed, which it does while a cell is edited
    }
)


def patiently(attempt: Callable[[], T], wait: Callable[[float], None], what: str) -> T:
    """Do something with Excel; again from its beginning while Excel is busy.

    Args:
        attempt: what to do; it may be done more than once, also where it says itself that Excel is busy.
        wait: waits so many seconds.
        what: what Excel would not do, for its refusal: ``let its cells be read``.

    Raises:
        WorkbookBusy: Excel was busy for as long as it was worth waiting.
        WorkbookRefused: Excel said no.
    """
    for pause in (*PAUSES, None):
        try:
            return attempt()
        except WorkbookBusy:
            if pause is None:
                raise
        except CollectXlError:
            raise
        except Exception as error:
            if not is_busy(error):
                raise WorkbookRefused(
                    f"Excel does not {what}. It says: {words_of(error)}",
                    tip="Close any box that Excel shows, and try again; if that does not help, start Excel anew.",
                ) from error
            if pause is None:
                raise WorkbookBusy(
                    "Excel is busy: a cell is being edited, or a box is open.",
                    tip="Press Enter or Escape in Excel, close the box, and try again.",
                ) from error
        wait(pause)
    raise AssertionError("the last attempt returns or raises")  # pragma: no cover


def is_busy(error: Exception) -> bool:
    """Tell whether an error of an engine means that Excel had no time; pywin32 and appscript each have their own."""
    if was_rejected(error):
        return True
    # xlwings returns None for an object of which Excel rejected the call once, and stumbles over it at the next step
    lost = isinstance(error, AttributeError | TypeError) and "NoneType" in str(error)
    # pywin32 says so of a property whose number it could not learn from an Excel that rejected the question
    unlearned = isinstance(error, AttributeError) and str(error).endswith("can not be set.")
    return lost or unlearned


def was_rejected(error: Exception) -> bool:
    """Tell whether Excel itself said that it had no time, or xlwings in its name."""
    return not _CODES.isdisjoint(_numbers(error)) or type(error).__name__ == "ExcelBusyError"


def words_of(error: Exception) -> str:
    """Return what Excel itself said, without numbers."""
    info = getattr(error, "excepinfo", None)
    said = info[2] if isinstance(info, tuple) and len(info) > 2 else None  # noqa: PLR2004  # pywin32's order
    return str(said or getattr(error, "errormessage", None) or error).strip() or type(error).__name__


def _numbers(error: Exception) -> Iterator[object]:
    yield getattr(error, "errornumber", None)  # appscript
    for each in error.args:
        if isinstance(each, tuple):
            yield from each
        elif isinstance(each, int):
            yield each
