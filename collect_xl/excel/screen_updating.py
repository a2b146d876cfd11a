"""Excel without redrawing and calculating while many cells are written, and with its own settings afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from collect_xl.excel.retry import PAUSES

if TYPE_CHECKING:
    import xlwings as xw

_PAUSED = {"screen_updating": False, "calculation": "manual"}


class ScreenUpdating:
    """Settings of an Excel that are changed for a while.

    The user's own are remembered until Excel has taken them back.

    Args:
        book: a workbook that is open in it.
        wait: waits that many seconds.
    """

    def __init__(self, book: xw.Book, wait: Callable[[float], None]) -> None:
        self._book = book
        self._wait = wait
        self._before: dict[str, object] = {}

    @contextmanager
    def paused(self, *, worth_it: bool) -> Iterator[None]:
        """Pause the updates for a while, where that is worth the calls it takes."""
        if worth_it:
            self._pause()
        try:
            yield
        finally:
            self._restore()

    def _pause(self) -> None:
        # an Excel that goes on updating only takes longer
        with suppress(Exception):
            app = self._book.app
            for name, value in _PAUSED.items():
                # what a busy Excel did not take back the last time is still the user's own setting, so it stays
                self._before.setdefault(name, getattr(app, name))
                setattr(app, name, value)

    def _restore(self) -> None:
        """Give the settings back.

        What a busy Excel does not take now is tried again after the next write.
        """
        for name, value in list(self._before.items()):
            if self._given_back(name, value):
                del self._before[name]

    def _given_back(self, name: str, value: object) -> bool:
        """Set a setting; return whether Excel took it before the last pause."""
        for pause in (*PAUSES, None):
            try:
                setattr(self._book.app, name, value)
            except Exception:  # noqa: BLE001  # busy, in the words of each engine
                if pause is not None:
                    self._wait(pause)
            else:
                return True
        return False
