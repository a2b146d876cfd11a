"""Excel that is busy: what says so on each system, and how long it is worth waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from collect_xl.errors import CollectXlError, WorkbookBusy, WorkbookRefused

T = TypeVar("T")

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds between attempts: 13 in all, in which the user may end what they type."""
_MESSAGE = 2
"""Where the words are in pywin32's ``excepinfo``."""

_CODES = frozenset(
    {
        -2147418111,  # RPC_E_CALL_REJECTED: a box is open, or a cell is being edited
        -2147417846,  # RPC_E_SERVERCALL_RETRYLATER
        -2146777998,  # 0x800AC472, the same, said by Excel's object model
        -1712,  # macOS: the Apple event timed out
        -10000,  # macOS: the Apple event handler failed, which it does while a cell is edited
    }
)

_GONE = frozenset(
    {
        -2147023174,  # the RPC server is unavailable: Excel has ended
        -2147023170,  # the remote procedure call failed: Excel ended while it was asked
        -2147417848,  # RPC_E_DISCONNECTED: the object is cut off from its Excel
        -2147417856,  # RPC_E_SERVER_DIED
        -609,  # macOS: the connection is invalid
        -600,  # macOS: no such program runs
    }
)


_BAD_INDEX = -2147352565
"""DISP_E_BADINDEX: a collection has no such member."""


def patiently(attempt: Callable[[], T], wait: Callable[[float], None], what: str) -> T:
    """Do something with Excel; again from its beginning while Excel is busy.

    Args:
        attempt: what to do; it may be done more than once, also where it says itself that Excel is busy.
        wait: waits that many seconds.
        what: what Excel would not do, for its refusal: ``let its cells be read``.

    Raises:
        WorkbookBusy: Excel was busy for as long as it was worth waiting.
        WorkbookRefused: Excel said no.
    """
    for pause in PAUSES:
        try:
            return _attempted(attempt, what)
        except WorkbookBusy:
            wait(pause)
    return _attempted(attempt, what)


def _attempted(attempt: Callable[[], T], what: str) -> T:
    """Do something once, with what the engine raises in our own words."""
    try:
        return attempt()
    except CollectXlError:
        # said in our own words already
        raise
    except Exception as error:
        if was_closed(error):
            raise WorkbookRefused(
                "Excel was closed, or has ended.", tip="Open the workbook in Excel, and try again."
            ) from error
        if is_busy(error):
            raise _busy() from error
        raise WorkbookRefused(
            f"Excel does not {what}. It says: {words_of(error)}",
            tip="Close any box that Excel shows, and try again; if that does not help, restart Excel.",
        ) from error


def _busy() -> WorkbookBusy:
    return WorkbookBusy(
        "Excel is busy: a cell is being edited, or a box is open.",
        tip="Press Enter or Escape in Excel, close the box, and try again.",
    )


def listed(collection: Iterable[T]) -> list[T]:
    """Return the members of a collection of Excel's.

    Raises:
        WorkbookBusy: Excel rejected the listing.
    """
    try:
        # Not of the collection itself, whose length would cost a call.
        return list(iter(collection))
    except Exception as error:
        # pywin32 then asks for a member 0, which no collection has: a listing fails so for no other reason.
        if any(_BAD_INDEX in _numbers(each) for each in _chain(error)):
            raise _busy() from error
        raise


class PassOverRefusals:
    """A block of which Excel may refuse any call.

    That Excel is busy is no refusal, and goes on as an error.

    Sample usage::

        with PassOverRefusals():
            cells.number_format = "@"
    """

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return isinstance(error, Exception) and not is_busy(error)


def is_busy(error: Exception) -> bool:
    """Return whether an error of an engine means that Excel had no time.

    pywin32 and appscript each have errors of their own.
    """
    if was_rejected(error) or isinstance(error, WorkbookBusy):
        return True
    # xlwings returns None for an object of which Excel rejected the call once, and stumbles over it at the next step
    is_lost = isinstance(error, AttributeError | TypeError) and "NoneType" in str(error)
    # pywin32 says so of a collection of which Excel rejected the first question
    is_not_listed = isinstance(error, TypeError) and "does not support enumeration" in str(error)
    return is_lost or is_not_listed or is_not_settable(error)


def is_not_settable(error: BaseException | None) -> bool:
    """Return whether pywin32 says that a property cannot be set.

    It says so where it could not learn the property's number from an Excel that rejected the question, and where a
    protected sheet refused the value.
    """
    return isinstance(error, AttributeError) and str(error).endswith("can not be set.")


def was_rejected(error: BaseException) -> bool:
    """Return whether Excel itself said that it had no time, or xlwings in its name.

    xlwings makes an error of its own of whatever Excel says where a cell has no link, so that what came before an
    error counts as well.
    """
    return any(map(_says_busy, _chain(error)))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and those during whose handling it was raised."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _says_busy(error: BaseException) -> bool:
    return type(error).__name__ == "ExcelBusyError" or not _CODES.isdisjoint(_numbers(error))


def was_closed(error: BaseException) -> bool:
    """Return whether there is no Excel any more that could answer."""
    return any(not _GONE.isdisjoint(_numbers(each)) for each in _chain(error))


def words_of(error: Exception) -> str:
    """Return what Excel itself said, without numbers."""
    message = _com_message(error) or getattr(error, "errormessage", None) or error
    return str(message).strip() or type(error).__name__


def _com_message(error: Exception) -> object:
    """Return the words in an error of COM, as pywin32 has them."""
    info = getattr(error, "excepinfo", None)
    if isinstance(info, tuple) and len(info) > _MESSAGE:
        return info[_MESSAGE]
    return None


def _numbers(error: BaseException) -> Iterator[object]:
    """Yield the numbers that an engine's error carries."""
    yield getattr(error, "errornumber", None)  # appscript
    for argument in error.args:
        if isinstance(argument, tuple):
            yield from argument
        elif isinstance(argument, int):
            yield argument
